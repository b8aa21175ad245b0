import { FileIcon } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { type Area, areaBetween, type Corners, moved, type Point } from '../../lib/picture-edit.ts'
import type { SheetItem } from '../../viewmodel/media/types.ts'
import { bytes } from '../../words/format.ts'
import { useWords } from '../ui/hooks.ts'
import { Spinner } from '../ui/parts.tsx'

/**
 * One of them, large; while covering, a finger or the mouse marks what is to be unrecognisable; while straightening, the corners of the
 * sheet are moved by it, or by the arrow keys.
 */
export function SheetPreview(props: {
  item: SheetItem
  covering: boolean
  onArea(area: Area): void
  corners: Corners | undefined
  onCorners(corners: Corners): void
}) {
  const { item, covering, corners } = props
  const words = useWords().media.sheet
  const [from, setFrom] = useState<{ x: number; y: number } | undefined>(undefined)
  const [marked, setMarked] = useState<Area | undefined>(undefined)
  const pointOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height }
  }
  const over = () => {
    setFrom(undefined)
    setMarked(undefined)
  }
  if (!item.picture)
    return (
      <div className="sheet-file">
        <FileIcon aria-hidden="true" />
        <span>
          <b>{item.file.name}</b>
          <small className="muted">{bytes(item.file.size)}</small>
        </span>
      </div>
    )
  return (
    <div className="sheet-preview">
      {item.url ? (
        <span
          className={covering ? 'sheet-picture covering' : 'sheet-picture'}
          data-testid="sheet-picture"
          data-covered={item.edit.filter(({ kind }) => kind === 'cover').length}
          data-steps={item.edit.length}
          onPointerDown={(event) => {
            if (!covering) return
            event.preventDefault()
            event.currentTarget.setPointerCapture(event.pointerId)
            setFrom(pointOf(event))
          }}
          onPointerMove={(event) => from && setMarked(areaBetween(from, pointOf(event)))}
          onPointerUp={(event) => {
            const area = from && areaBetween(from, pointOf(event))
            if (area) props.onArea(area)
            over()
          }}
          onPointerCancel={over}
        >
          <img src={item.url} alt={item.file.name} draggable={false} />
          {corners && <CornerHandles corners={corners} onChange={props.onCorners} />}
          {marked && (
            <span
              className="sheet-mark"
              style={{
                insetInlineStart: `${marked.x * 100}%`,
                insetBlockStart: `${marked.y * 100}%`,
                width: `${marked.width * 100}%`,
                height: `${marked.height * 100}%`,
              }}
            />
          )}
        </span>
      ) : (
        <Spinner label={words.drawing} />
      )}
    </div>
  )
}

const STEP = 0.01
const KEYS: Record<string, Point> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
}

function CornerHandles(props: { corners: Corners; onChange(corners: Corners): void }) {
  const { corners } = props
  const words = useWords().media.sheet
  const [held, setHeld] = useState<number | undefined>(undefined)
  const pointOf = (event: PointerEvent<HTMLElement>): Point => {
    const box = event.currentTarget.parentElement!.getBoundingClientRect()
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height }
  }
  const onKey = (event: KeyboardEvent, at: number) => {
    const by = KEYS[event.key]
    if (!by) return
    event.preventDefault()
    const { x, y } = corners[at]!
    props.onChange(moved(corners, at, { x: x + by.x, y: y + by.y }))
  }
  return (
    <>
      <svg className="sheet-corners" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <polygon points={corners.map(({ x, y }) => `${x},${y}`).join(' ')} />
      </svg>
      {corners.map((corner, at) => (
        <button
          key={words.corner[at]}
          type="button"
          className="sheet-corner"
          aria-label={words.corner[at]}
          data-testid={`sheet-corner-${at}`}
          style={{ insetInlineStart: `${corner.x * 100}%`, insetBlockStart: `${corner.y * 100}%` }}
          onKeyDown={(event) => onKey(event, at)}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId)
            setHeld(at)
          }}
          onPointerMove={(event) => held === at && props.onChange(moved(corners, at, pointOf(event)))}
          onPointerUp={() => setHeld(undefined)}
          onPointerCancel={() => setHeld(undefined)}
        />
      ))}
    </>
  )
}
