import { caseStatuses } from '@enlace/coordination'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { GroupedVirtuoso, Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import { type Arrow, type BoardColumn, moveFocus } from '../../viewmodel/cases/board-columns.ts'
import type { BoardRow } from '../../viewmodel/cases/types.ts'
import { useLabel, useWords } from '../ui/hooks.ts'
import { CaseTile } from './case-tile.tsx'

const ARROWS: readonly string[] = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End']

interface LanesProps {
  columns: readonly BoardColumn[]
  layout: 'columns' | 'list'
  now: number
  selected: ReadonlySet<string>
  mayAcknowledge(row: BoardRow): boolean
  onOpen(id: string): void
  onToggle(id: string): void
  onAcknowledge(id: string): void
  onEnd(): void
}

/** Columns side by side, or one list in groups. Only what is in view is drawn, so that ten thousand cases stay smooth. */
export function BoardLanes(props: LanesProps) {
  const { columns, layout } = props
  const words = useWords()
  const label = useLabel()
  const root = useRef<HTMLDivElement>(null)
  const lists = useRef(new Map<string, VirtuosoHandle>())
  const [current, setCurrent] = useState<string | undefined>(undefined)
  const pending = useRef<string | undefined>(undefined)
  const rows = useMemo(() => columns.flatMap((column) => [...column.rows]), [columns])
  const here = current !== undefined && rows.some((row) => row.id === current) ? current : rows[0]?.id

  const focusTile = (id: string): boolean => {
    const tile = root.current?.querySelector<HTMLElement>(`[data-tile-open="${CSS.escape(id)}"]`)
    tile?.focus()
    return tile !== null && tile !== undefined
  }
  // A tile that was out of view is drawn after the list has scrolled to it.
  useEffect(() => {
    if (pending.current !== undefined && focusTile(pending.current)) pending.current = undefined
  })

  function goTo(id: string): void {
    setCurrent(id)
    const column = columns.find((one) => one.rows.some((row) => row.id === id))
    if (!column) return
    const index = column.rows.findIndex((row) => row.id === id)
    if (layout === 'columns') {
      document
        .getElementById(`lane-${column.status}`)
        ?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
      lists.current.get(column.status)?.scrollIntoView({ index, done: () => void focusTile(id) })
    } else {
      const before = columns.slice(0, columns.indexOf(column)).reduce((sum, one) => sum + one.rows.length, 0)
      lists.current.get('all')?.scrollIntoView({ index: before + index, done: () => void focusTile(id) })
    }
    if (!focusTile(id)) pending.current = id
  }

  function onKey(event: KeyboardEvent): void {
    const open = (event.target as HTMLElement).closest<HTMLElement>('[data-tile-open]')
    const id = open?.dataset['tileOpen']
    if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    if (ARROWS.includes(event.key)) {
      event.preventDefault()
      const next = moveFocus(columns, id, event.key as Arrow, layout)
      if (next !== undefined) goTo(next)
    } else if (event.key === 'x' || event.key === 'X') props.onToggle(id)
    else if (event.key === 'a' || event.key === 'A') props.onAcknowledge(id)
  }

  const tile = (row: BoardRow) => (
    <CaseTile
      row={row}
      now={props.now}
      selected={props.selected.has(row.id)}
      current={row.id === here}
      mayAcknowledge={props.mayAcknowledge(row)}
      onOpen={props.onOpen}
      onToggle={props.onToggle}
      onAcknowledge={props.onAcknowledge}
    />
  )

  const keep = (key: string) => (handle: VirtuosoHandle | null) => {
    if (handle) lists.current.set(key, handle)
    else lists.current.delete(key)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the tiles inside, each a button of its own
    <div ref={root} className={`lanes lanes-${layout}`} data-testid="board" onKeyDown={onKey}>
      <p className="visually-hidden">{words.cases.keyboard}</p>
      {layout === 'columns' ? (
        columns.map((column) => (
          <section
            key={column.status}
            id={`lane-${column.status}`}
            className="lane"
            data-testid="board-column"
            data-status={column.status}
            aria-label={label(caseStatuses[column.status])}
          >
            <LaneHead column={column} />
            <div className="lane-list">
              <Virtuoso
                ref={keep(column.status)}
                data={column.rows as BoardRow[]}
                computeItemKey={(_index, row) => row.id}
                increaseViewportBy={300}
                endReached={props.onEnd}
                itemContent={(_index, row) => tile(row)}
              />
            </div>
          </section>
        ))
      ) : (
        <GroupedVirtuoso
          ref={keep('all')}
          groupCounts={columns.map((column) => column.rows.length)}
          groupContent={(index) => <LaneHead column={columns[index]!} />}
          increaseViewportBy={400}
          endReached={props.onEnd}
          itemContent={(index) => (rows[index] ? tile(rows[index]) : null)}
        />
      )}
    </div>
  )
}

function LaneHead(props: { column: BoardColumn | undefined }) {
  const label = useLabel()
  const words = useWords()
  if (!props.column) return null
  const { status, rows } = props.column
  return (
    <h3 className="lane-head" data-testid="board-group" data-status={status}>
      <span>{label(caseStatuses[status])}</span>
      <span className="lane-count">
        <span aria-hidden="true">{rows.length}</span>
        <span className="visually-hidden">{words.cases.count(rows.length)}</span>
      </span>
    </h3>
  )
}
