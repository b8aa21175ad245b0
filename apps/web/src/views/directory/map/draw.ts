/** Draws the map on a canvas: sea, land, borders, towns, and what was found. */
import corridor from './corridor.json' with { type: 'json' }
import {
  type Cluster,
  decodeLine,
  type Label,
  type Limits,
  type MapView,
  metresPerPixel,
  placeLabels,
  type Size,
  type Spot,
  scaleBar,
  spotOf,
  toPixel,
} from './geometry.ts'

/** Paths are drawn in millionths of the world, which a canvas keeps exactly enough. */
const UNIT = 1_000_000

interface BaseMap {
  land: Path2D
  around: Path2D
  borders: Path2D
  departments: Path2D
  towns: ReadonlyArray<Spot & { name: string; people: number; own: boolean }>
}

function pathOf(lines: readonly string[], closed: boolean): Path2D {
  const path = new Path2D()
  for (const line of lines) {
    decodeLine(line, corridor.scale).forEach(({ x, y }, at) => {
      if (at === 0) path.moveTo(x * UNIT, y * UNIT)
      else path.lineTo(x * UNIT, y * UNIT)
    })
    if (closed) path.closePath()
  }
  return path
}

let made: BaseMap | undefined

function baseMap(): BaseMap {
  made ??= {
    land: pathOf(corridor.land, true),
    around: pathOf(corridor.around, true),
    borders: pathOf(corridor.borders, false),
    departments: pathOf(corridor.departments, false),
    towns: (corridor.towns as [string, number, number, number, string][]).map(
      ([name, latitude, longitude, people, country]) => ({
        ...spotOf(latitude, longitude),
        name,
        people,
        own: country === 'GT' || country === 'HN',
      }),
    ),
  }
  return made
}

const { frame } = corridor
export const limits: Limits = {
  low: spotOf(frame.north, frame.west),
  high: spotOf(frame.south, frame.east),
  minScale: 8_000,
  // Nearer than this the coast is a few straight lines: what is drawn would claim more than is known.
  maxScale: 3_000_000,
}

/** Puerto Barrios to San Pedro Sula, where nothing else says what to show. */
export const corridorSpots: readonly Spot[] = [spotOf(16, -89.4), spotOf(14.9, -87.4)]

export interface Colours {
  sea: string
  land: string
  around: string
  line: string
  border: string
  label: string
  halo: string
  mark: string
  onMark: string
  chosen: string
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const value = (name: string) => style.getPropertyValue(name).trim()
  return {
    sea: value('--map-sea'),
    land: value('--map-land'),
    around: value('--map-around'),
    line: value('--map-line'),
    border: value('--map-border'),
    label: value('--map-label'),
    halo: value('--map-land'),
    mark: value('--accent'),
    onMark: value('--on-accent'),
    chosen: value('--map-chosen'),
  }
}

export interface Drawing {
  clusters: readonly Cluster[]
  /** the position of what is selected */
  chosen?: Spot
  /** where the person is, and how exactly that is known */
  me?: Spot & { accuracy: number }
}

/** Towns are named from the size at which there is room for them. */
function leastPeople(metres: number): number {
  if (metres > 900) return 120_000
  if (metres > 450) return 30_000
  if (metres > 220) return 8_000
  return metres > 110 ? 2_500 : 0
}

export const markRadius = (count: number): number =>
  count === 1 ? 9 : 13 + Math.min(9, Math.log10(count) * 4)

export function draw(
  canvas: HTMLCanvasElement,
  view: MapView,
  size: Size,
  colours: Colours,
  drawing: Drawing,
): void {
  const context = canvas.getContext('2d')
  if (!context) return
  const density = canvas.width / size.width
  const base = baseMap()
  context.setTransform(density, 0, 0, density, 0, 0)
  context.fillStyle = colours.sea
  context.fillRect(0, 0, size.width, size.height)
  drawLand(context, base, view, size, density, colours)
  context.setTransform(density, 0, 0, density, 0, 0)
  const marks = drawing.clusters.map((cluster) => ({
    ...toPixel(cluster, view, size),
    count: cluster.members.length,
    radius: markRadius(cluster.members.length),
  }))
  drawTowns(context, base, view, size, colours, marks)
  if (drawing.me) drawMe(context, drawing.me, view, size, colours)
  for (const mark of marks) drawMark(context, mark, colours)
  if (drawing.chosen) drawChosen(context, toPixel(drawing.chosen, view, size), colours)
}

function drawLand(
  context: CanvasRenderingContext2D,
  base: BaseMap,
  view: MapView,
  size: Size,
  density: number,
  colours: Colours,
): void {
  const factor = (view.scale / UNIT) * density
  context.setTransform(
    factor,
    0,
    0,
    factor,
    (size.width / 2 - view.x * view.scale) * density,
    (size.height / 2 - view.y * view.scale) * density,
  )
  const width = (pixels: number) => (pixels * UNIT) / view.scale
  context.lineJoin = 'round'
  context.fillStyle = colours.around
  context.fill(base.around)
  context.fillStyle = colours.land
  context.fill(base.land)
  context.strokeStyle = colours.line
  context.lineWidth = width(0.9)
  context.stroke(base.land)
  context.lineWidth = width(0.8)
  context.setLineDash([width(3), width(3)])
  context.stroke(base.departments)
  context.strokeStyle = colours.border
  context.lineWidth = width(1.8)
  context.setLineDash([width(9), width(3), width(2), width(3)])
  context.stroke(base.borders)
  context.setLineDash([])
}

const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'

function drawTowns(
  context: CanvasRenderingContext2D,
  base: BaseMap,
  view: MapView,
  size: Size,
  colours: Colours,
  marks: ReadonlyArray<Spot & { radius: number }>,
): void {
  const least = leastPeople(metresPerPixel(view))
  const wanted: Array<Label & { dot: Spot }> = []
  for (const town of base.towns) {
    if (town.people < least) continue
    const dot = toPixel(town, view, size)
    if (dot.x < -120 || dot.y < -20 || dot.x > size.width + 20 || dot.y > size.height + 20) continue
    const fontSize = town.people > 100_000 ? 14 : 12
    context.font = `${town.people > 100_000 ? 600 : 400} ${fontSize}px ${FONT}`
    const width = context.measureText(town.name).width
    wanted.push({ text: town.name, x: dot.x + 7, y: dot.y, width, size: fontSize, dot })
  }
  const taken = marks.map(({ x, y, radius }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }))
  context.textBaseline = 'middle'
  context.lineJoin = 'round'
  for (const label of placeLabels(wanted, taken, size)) {
    context.beginPath()
    context.arc(label.x - 7, label.y, 2.2, 0, Math.PI * 2)
    context.fillStyle = colours.label
    context.fill()
    context.font = `${label.size === 14 ? 600 : 400} ${label.size}px ${FONT}`
    context.strokeStyle = colours.halo
    context.lineWidth = 3
    context.strokeText(label.text, label.x, label.y)
    context.fillText(label.text, label.x, label.y)
  }
}

function drawMark(
  context: CanvasRenderingContext2D,
  mark: Spot & { count: number; radius: number },
  colours: Colours,
): void {
  context.beginPath()
  context.arc(mark.x, mark.y, mark.radius, 0, Math.PI * 2)
  context.fillStyle = colours.mark
  context.fill()
  context.lineWidth = 2.5
  context.strokeStyle = colours.halo
  context.stroke()
  if (mark.count === 1) return
  context.fillStyle = colours.onMark
  context.font = `700 12px ${FONT}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(
    mark.count > 9_999 ? `${Math.round(mark.count / 1000)}k` : String(mark.count),
    mark.x,
    mark.y + 0.5,
  )
  context.textAlign = 'start'
}

function drawChosen(context: CanvasRenderingContext2D, { x, y }: Spot, colours: Colours): void {
  context.beginPath()
  context.moveTo(x, y)
  context.bezierCurveTo(x - 4, y - 10, x - 13, y - 14, x - 13, y - 24)
  context.arc(x, y - 24, 13, Math.PI, 0)
  context.bezierCurveTo(x + 13, y - 14, x + 4, y - 10, x, y)
  context.fillStyle = colours.chosen
  context.fill()
  context.lineWidth = 2
  context.strokeStyle = colours.halo
  context.stroke()
  context.beginPath()
  context.arc(x, y - 24, 4.5, 0, Math.PI * 2)
  context.fillStyle = colours.halo
  context.fill()
}

function drawMe(
  context: CanvasRenderingContext2D,
  me: Spot & { accuracy: number },
  view: MapView,
  size: Size,
  colours: Colours,
): void {
  const { x, y } = toPixel(me, view, size)
  const radius = Math.max(9, me.accuracy / metresPerPixel(view))
  context.beginPath()
  context.arc(x, y, radius, 0, Math.PI * 2)
  context.globalAlpha = 0.2
  context.fillStyle = colours.chosen
  context.fill()
  context.globalAlpha = 1
  context.beginPath()
  context.arc(x, y, 6, 0, Math.PI * 2)
  context.fill()
  context.lineWidth = 2
  context.strokeStyle = colours.halo
  context.stroke()
}

export const barOf = (view: MapView) => scaleBar(metresPerPixel(view), 110)
