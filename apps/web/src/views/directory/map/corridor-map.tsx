import { Locate, Minus, Navigation2, Plus } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { decimal } from '../../../words/format.ts'
import { useLanguage, useWords } from '../../ui/hooks.ts'
import { IconButton } from '../../ui/parts.tsx'
import { barOf, coloursOf, corridorSpots, draw, limits, markRadius } from './draw.ts'
import {
  type Cluster,
  clusterLevel,
  clustersOf,
  fitting,
  fromPixel,
  latitudeOf,
  limited,
  longitudeOf,
  type MapView,
  type Size,
  type Spot,
  spotOf,
  toPixel,
  zoomed,
} from './geometry.ts'

const FIT_PADDING = 56
/** A single place is shown with the towns around it. */
const FIT_SCALE = 260_000
const STEP_PIXELS = 90
const ZOOM_STEP = 1.6
const HIT_PIXELS = 8
const DRAG_PIXELS = 5

export interface MapProps {
  /** latitude, longitude, one after the other; NaN where no place is known */
  positions: Float32Array
  /** position in `positions` of what is selected */
  selected?: number | undefined
  me?: { latitude: number; longitude: number; accuracy: number } | undefined
  /** one mark was chosen: what stands there, as positions in `positions` */
  onChoose(members: number[]): void
  /** instead: any place is chosen, where a tap was or in the middle */
  onPick?(at: { latitude: number; longitude: number }): void
  /** id of what says the same in words */
  describedBy?: string
}

/** The corridor and what was found, drawn here: no picture of it comes from anywhere else. */
export function CorridorMap(props: MapProps) {
  const { positions, selected, me } = props
  const words = useWords().directory.map
  const language = useLanguage()
  const canvas = useRef<HTMLCanvasElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState<Size | undefined>(undefined)
  const [view, setView] = useState<MapView | undefined>(undefined)
  const [scheme, setScheme] = useState(0)
  const help = useId()

  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect
      if (width > 0 && height > 0) setSize({ width, height })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const changed = () => setScheme((before) => before + 1)
    dark.addEventListener('change', changed)
    return () => dark.removeEventListener('change', changed)
  }, [])

  const points = useMemo(() => {
    const spots = new Float64Array(positions.length)
    for (let at = 0; at < positions.length; at += 2) {
      const { x, y } = spotOf(positions[at]!, positions[at + 1]!)
      spots[at] = x
      spots[at + 1] = y
    }
    return spots
  }, [positions])
  const spotAt = (at: number): Spot | undefined => {
    const [x, y] = [points[at * 2], points[at * 2 + 1]]
    return x === undefined || y === undefined || Number.isNaN(x) ? undefined : { x, y }
  }

  const fit = () => {
    if (!size) return
    const spots: Spot[] = me ? [spotOf(me.latitude, me.longitude)] : []
    for (let at = 0; at < points.length / 2; at++) {
      const spot = spotAt(at)
      if (spot) spots.push(spot)
    }
    const next = fitting(spots.length > 0 ? spots : corridorSpots, size, FIT_PADDING, FIT_SCALE)
    if (next) setView(limited(next, limits, size))
  }
  // Another answer is shown whole; what somebody moved stays until then.
  useEffect(() => {
    // Whoever chooses a place keeps what they see.
    if (!props.onPick || !view) fit()
  }, [points, size?.width, size?.height, me?.latitude, me?.longitude])
  // What was selected in the list comes into view.
  const chosen = selected === undefined ? undefined : spotAt(selected)
  useEffect(() => {
    if (!chosen || !size || !view) return
    const { x, y } = toPixel(chosen, view, size)
    const isSeen = x > 30 && y > 60 && x < size.width - 30 && y < size.height - 30
    if (!isSeen) setView(limited({ ...view, x: chosen.x, y: chosen.y }, limits, size))
  }, [chosen?.x, chosen?.y])

  const level = view ? clusterLevel(view.scale) : 0
  const clusters = useMemo(() => clustersOf(points, level), [points, level])

  useEffect(() => {
    const element = canvas.current
    if (!element || !size || !view) return
    const handle = requestAnimationFrame(() => {
      const density = Math.min(window.devicePixelRatio || 1, 2)
      const [width, height] = [Math.round(size.width * density), Math.round(size.height * density)]
      if (element.width !== width || element.height !== height) {
        element.width = width
        element.height = height
      }
      draw(element, view, size, coloursOf(element), {
        clusters,
        ...(chosen ? { chosen } : {}),
        ...(me ? { me: { ...spotOf(me.latitude, me.longitude), accuracy: me.accuracy } } : {}),
      })
    })
    return () => cancelAnimationFrame(handle)
  }, [view, size, clusters, chosen?.x, chosen?.y, me, scheme])

  const change = (make: (view: MapView, size: Size) => MapView) =>
    setView((before) => (before && size ? make(before, size) : before))
  const move = (x: number, y: number) =>
    change((before, within) =>
      limited({ ...before, x: before.x + x / before.scale, y: before.y + y / before.scale }, limits, within),
    )
  const zoom = (factor: number, pixel?: Spot) =>
    change((before, within) =>
      zoomed(before, factor, pixel ?? { x: within.width / 2, y: within.height / 2 }, limits, within),
    )

  function choose(cluster: Cluster): void {
    if (!size || !view) return
    const spots = cluster.members.flatMap((at) => spotAt(at) ?? [])
    const next = fitting(spots, size, FIT_PADDING, limits.maxScale)
    // All at one place, or nothing nearer to see: then they are named.
    const oneSpot = spots.every(({ x, y }) => x === spots[0]!.x && y === spots[0]!.y)
    if (oneSpot || !next || view.scale >= limits.maxScale / 2) props.onChoose(cluster.members)
    else setView(limited({ ...next, scale: Math.max(next.scale, view.scale * ZOOM_STEP) }, limits, size))
  }

  const pointers = usePointers({ move, zoom, onTap: tap })
  function tap(pixel: Spot): void {
    if (!view || !size) return
    if (props.onPick) {
      pick(fromPixel(pixel, view, size))
      return
    }
    let best: { cluster: Cluster; away: number } | undefined
    for (const cluster of clusters) {
      const { x, y } = toPixel(cluster, view, size)
      const away = Math.hypot(x - pixel.x, y - pixel.y) - markRadius(cluster.members.length)
      if (away <= HIT_PIXELS && (!best || away < best.away)) best = { cluster, away }
    }
    if (best) choose(best.cluster)
    else props.onChoose([])
  }

  // React's own wheel listener may not keep the page from scrolling.
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const box = element.getBoundingClientRect()
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0018)), {
        x: event.clientX - box.left,
        y: event.clientY - box.top,
      })
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  }, [size])

  function key(event: KeyboardEvent): void {
    const steps: Record<string, () => void> = {
      ArrowLeft: () => move(-STEP_PIXELS, 0),
      ArrowRight: () => move(STEP_PIXELS, 0),
      ArrowUp: () => move(0, -STEP_PIXELS),
      ArrowDown: () => move(0, STEP_PIXELS),
      '+': () => zoom(ZOOM_STEP),
      '=': () => zoom(ZOOM_STEP),
      '-': () => zoom(1 / ZOOM_STEP),
      Home: fit,
      '0': fit,
      // What is nearest to the middle, as a tap on it would.
      Enter: () => size && nearestToMiddle(),
    }
    const step = steps[event.key]
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    step()
  }
  function pick({ x, y }: Spot): void {
    props.onPick?.({ latitude: latitudeOf(y), longitude: longitudeOf(x) })
  }
  function nearestToMiddle(): void {
    if (!view) return
    if (props.onPick) {
      pick(view)
      return
    }
    const [nearest] = [...clusters].sort(
      (a, b) => Math.hypot(a.x - view.x, a.y - view.y) - Math.hypot(b.x - view.x, b.y - view.y),
    )
    if (nearest) choose(nearest)
  }

  const bar = view && barOf(view)
  return (
    <div className="map" data-testid="directory-map" data-marks={clusters.length}>
      <div
        ref={frame}
        className="map-window"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved and zoomed with the keyboard
        tabIndex={0}
        role="application"
        aria-label={words.label}
        aria-describedby={props.describedBy ? `${help} ${props.describedBy}` : help}
        onKeyDown={key}
        {...pointers}
      >
        <canvas ref={canvas} />
      </div>
      <p id={help} className="visually-hidden">
        {words.help}
      </p>
      <div className="map-buttons">
        <IconButton label={words.zoomIn} testId="map-zoom-in" onClick={() => zoom(ZOOM_STEP)}>
          <Plus />
        </IconButton>
        <IconButton label={words.zoomOut} testId="map-zoom-out" onClick={() => zoom(1 / ZOOM_STEP)}>
          <Minus />
        </IconButton>
        <IconButton label={words.fit} testId="map-fit" onClick={fit}>
          <Locate />
        </IconButton>
      </div>
      <div className="map-foot" aria-hidden="true">
        <span className="map-north" title={words.north}>
          <Navigation2 />N
        </span>
        {bar && (
          <span className="map-scale" style={{ inlineSize: bar.width }}>
            {bar.metres >= 1000 ? `${decimal(bar.metres / 1000, language)} km` : `${bar.metres} m`}
          </span>
        )}
      </div>
      <p className="map-source">{words.source}</p>
    </div>
  )
}

/** One finger or the mouse moves, two fingers zoom, a tap chooses, two taps come nearer. */
function usePointers(on: {
  move(x: number, y: number): void
  zoom(factor: number, pixel: Spot): void
  onTap(pixel: Spot): void
}) {
  const down = useRef(new Map<number, Spot>())
  const start = useRef<(Spot & { moved: boolean }) | undefined>(undefined)
  const spotOfEvent = (event: PointerEvent): Spot => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const lift = (event: PointerEvent) => {
    const began = start.current
    down.current.delete(event.pointerId)
    if (down.current.size > 0) return
    start.current = undefined
    if (event.type === 'pointerup' && began && !began.moved) on.onTap(spotOfEvent(event))
  }
  return {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      const spot = spotOfEvent(event)
      start.current = down.current.size === 0 ? { ...spot, moved: false } : { ...spot, moved: true }
      down.current.set(event.pointerId, spot)
    },
    onPointerMove(event: PointerEvent) {
      const before = down.current.get(event.pointerId)
      if (!before) return
      const spot = spotOfEvent(event)
      const others = [...down.current].filter(([id]) => id !== event.pointerId)
      const began = start.current
      if (began && !began.moved && Math.hypot(spot.x - began.x, spot.y - began.y) < DRAG_PIXELS) return
      if (began) began.moved = true
      if (others.length === 0) on.move(before.x - spot.x, before.y - spot.y)
      else {
        const other = others[0]![1]
        const [was, is] = [
          Math.hypot(before.x - other.x, before.y - other.y),
          Math.hypot(spot.x - other.x, spot.y - other.y),
        ]
        if (was > 0) on.zoom(is / was, { x: (spot.x + other.x) / 2, y: (spot.y + other.y) / 2 })
      }
      down.current.set(event.pointerId, spot)
    },
    onPointerUp: lift,
    onPointerCancel: lift,
    onDoubleClick(event: React.MouseEvent) {
      const box = event.currentTarget.getBoundingClientRect()
      on.zoom(ZOOM_STEP, { x: event.clientX - box.left, y: event.clientY - box.top })
    },
  }
}
