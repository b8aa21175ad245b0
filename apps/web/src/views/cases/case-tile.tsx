import { CheckCheck } from 'lucide-react'
import { memo } from 'react'
import type { BoardRow } from '../../viewmodel/cases/types.ts'
import { useWords } from '../ui/hooks.ts'
import { DueText, FlagMarks, KindWord, Parties, PriorityMark } from './case-parts.tsx'
import { CasePerson } from './case-person.tsx'

export const CaseTile = memo(function CaseTile(props: {
  row: BoardRow
  now: number
  selected: boolean
  /** whether the keyboard is here: only this tile is in the tab order */
  current: boolean
  mayAcknowledge: boolean
  onOpen(id: string): void
  onToggle(id: string): void
  onAcknowledge(id: string): void
}) {
  const words = useWords()
  const { row, now, selected } = props
  return (
    <article
      className={`tile tile-${row.priority} ${selected ? 'selected' : ''}`}
      data-testid="case-tile"
      data-case-id={row.id}
      data-reference={row.reference}
      data-status={row.status}
    >
      <div className="tile-head">
        <label className="tile-check">
          <input
            type="checkbox"
            data-testid="case-select"
            tabIndex={-1}
            checked={selected}
            aria-label={`${words.cases.select} ${row.reference}`}
            onChange={() => props.onToggle(row.id)}
          />
        </label>
        <button
          type="button"
          className="tile-open"
          data-tile-open={row.id}
          data-testid="case-open"
          tabIndex={props.current ? 0 : -1}
          onClick={() => props.onOpen(row.id)}
        >
          <strong className="case-reference">{row.reference}</strong>
          <span className="tile-kind">
            <KindWord kind={row.kind} />
          </span>
        </button>
        <PriorityMark priority={row.priority} short />
      </div>
      <CasePerson caseId={row.id} />
      <Parties row={row} />
      <DueText row={row} now={now} />
      <FlagMarks flags={row.flags} />
      {props.mayAcknowledge && (
        <button
          type="button"
          className="button small tile-acknowledge"
          data-testid="case-acknowledge"
          tabIndex={-1}
          onClick={() => props.onAcknowledge(row.id)}
        >
          <CheckCheck aria-hidden="true" />
          {words.cases.bulk.acknowledge(1)}
          <span className="visually-hidden"> {row.reference}</span>
        </button>
      )}
    </article>
  )
})
