import {
  type CaseFlag,
  type CaseKind,
  caseKindKeys,
  caseKinds,
  type Priority,
  priorities,
} from '@enlace/coordination'
import { ListFilter, Search } from 'lucide-react'
import { useState } from 'react'
import type { BoardChoice, BoardCounts, BoardTab } from '../../viewmodel/cases/types.ts'
import { useLabel, useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'
import { useTopicChannels } from './new-case-button.tsx'

const tabs: readonly BoardTab[] = ['mine', 'institution', 'overdue', 'room', 'all']
const flags: readonly CaseFlag[] = ['overdue', 'almost_due', 'escalated', 'possible_duplicate']

export function BoardTabs(props: {
  tab: BoardTab
  counts: BoardCounts | undefined
  onChoose(tab: BoardTab): void
}) {
  const words = useWords()
  const { counts } = props
  const countOf: Partial<Record<BoardTab, number | undefined>> = {
    mine: counts?.mine,
    institution: counts?.institution,
    overdue: counts?.overdue,
  }
  return (
    <div className="tabs" role="tablist" aria-label={words.cases.tabs.label}>
      {tabs.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          aria-selected={tab === props.tab}
          data-testid={`board-tab-${tab}`}
          className="tab"
          onClick={() => props.onChoose(tab)}
        >
          {words.cases.tabs[tab]}
          {countOf[tab] !== undefined && (
            <span className={`tab-count ${tab === 'overdue' && countOf[tab] ? 'late' : ''}`}>
              {countOf[tab]}
            </span>
          )}
        </button>
      ))}
    </div>
  )
}

export function filtersIn(choice: BoardChoice): number {
  return [choice.kind, choice.priority, choice.flag].filter(Boolean).length + Number(choice.ended)
}

/** The search of a reference is always at hand; the rest opens in a sheet, so that a phone shows cases and not controls. */
export function BoardFilters(props: { choice: BoardChoice; onChange(change: Partial<BoardChoice>): void }) {
  const words = useWords()
  const [open, setOpen] = useState(false)
  const { choice, onChange } = props
  const channels = useTopicChannels()
  const active = filtersIn(choice)
  return (
    <div className="board-filters">
      {choice.tab === 'room' && (
        <select
          className="select"
          aria-label={words.cases.filters.channel}
          data-testid="board-room"
          value={choice.room ?? ''}
          onChange={(event) => onChange({ room: event.target.value || undefined })}
        >
          <option value="">{words.cases.filters.anyChannel}</option>
          {channels.map((one) => (
            <option key={one.roomId} value={one.roomId}>
              {one.label}
            </option>
          ))}
        </select>
      )}
      <label className="board-search">
        <Search aria-hidden="true" />
        <input
          type="search"
          data-testid="board-reference"
          aria-label={words.cases.filters.reference}
          placeholder={words.cases.filters.reference}
          value={choice.reference}
          maxLength={40}
          autoComplete="off"
          autoCapitalize="characters"
          onChange={(event) => onChange({ reference: event.target.value })}
        />
      </label>
      <button
        type="button"
        className={`button ${active > 0 ? 'chosen' : ''}`}
        data-testid="board-filters"
        onClick={() => setOpen(true)}
      >
        <ListFilter aria-hidden="true" />
        {active > 0 ? words.cases.filters.active(active) : words.cases.filters.title}
      </button>
      {open && <FilterSheet choice={choice} onChange={onChange} onClose={() => setOpen(false)} />}
    </div>
  )
}

function FilterSheet(props: {
  choice: BoardChoice
  onChange(change: Partial<BoardChoice>): void
  onClose(): void
}) {
  const words = useWords()
  const label = useLabel()
  const { choice, onChange } = props
  return (
    <Dialog title={words.cases.filters.title} onClose={props.onClose} testId="board-filter-sheet">
      <label className="field">
        <span>{words.cases.filters.kind}</span>
        <select
          className="select"
          data-testid="filter-kind"
          value={choice.kind ?? ''}
          onChange={(event) => onChange({ kind: (event.target.value || undefined) as CaseKind | undefined })}
        >
          <option value="">{words.cases.filters.anyKind}</option>
          {caseKindKeys.map((kind) => (
            <option key={kind} value={kind}>
              {label(caseKinds[kind].label)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{words.cases.filters.priority}</span>
        <select
          className="select"
          data-testid="filter-priority"
          value={choice.priority ?? ''}
          onChange={(event) =>
            onChange({ priority: (event.target.value || undefined) as Priority | undefined })
          }
        >
          <option value="">{words.cases.filters.anyPriority}</option>
          {(Object.keys(priorities) as Priority[]).map((one) => (
            <option key={one} value={one}>
              {label(priorities[one])}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{words.cases.filters.flag}</span>
        <select
          className="select"
          data-testid="filter-flag"
          value={choice.flag ?? ''}
          onChange={(event) => onChange({ flag: (event.target.value || undefined) as CaseFlag | undefined })}
        >
          <option value="">{words.cases.filters.anyFlag}</option>
          {flags.map((one) => (
            <option key={one} value={one}>
              {words.cases.flags[one]}
            </option>
          ))}
        </select>
      </label>
      <label className="check-line">
        <input
          type="checkbox"
          data-testid="filter-ended"
          checked={choice.ended}
          onChange={(event) => onChange({ ended: event.target.checked })}
        />
        <span>{words.cases.filters.ended}</span>
      </label>
      <div className="row-actions">
        <button type="button" className="button primary" data-testid="filter-done" onClick={props.onClose}>
          {words.close}
        </button>
        <button
          type="button"
          className="button"
          data-testid="filter-clear"
          onClick={() =>
            onChange({ kind: undefined, priority: undefined, flag: undefined, ended: false, reference: '' })
          }
        >
          {words.cases.filters.clear}
        </button>
      </div>
    </Dialog>
  )
}
