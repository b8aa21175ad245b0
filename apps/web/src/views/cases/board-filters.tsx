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
import { Select } from '../ui/choice.tsx'
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
        <Select
          label={words.cases.filters.channel}
          quiet
          testId="board-room"
          value={choice.room ?? ''}
          choices={[
            { value: '', label: words.cases.filters.anyChannel },
            ...channels.map((one) => ({ value: one.roomId, label: one.label })),
          ]}
          onChange={(room) => onChange({ room: room || undefined })}
        />
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
      <Select
        label={words.cases.filters.kind}
        testId="filter-kind"
        value={choice.kind ?? ''}
        choices={[
          { value: '', label: words.cases.filters.anyKind },
          ...caseKindKeys.map((kind) => ({ value: kind, label: label(caseKinds[kind].label) })),
        ]}
        onChange={(kind) => onChange({ kind: (kind || undefined) as CaseKind | undefined })}
      />
      <Select
        label={words.cases.filters.priority}
        testId="filter-priority"
        value={choice.priority ?? ''}
        choices={[
          { value: '', label: words.cases.filters.anyPriority },
          ...(Object.keys(priorities) as Priority[]).map((one) => ({
            value: one,
            label: label(priorities[one]),
          })),
        ]}
        onChange={(priority) => onChange({ priority: (priority || undefined) as Priority | undefined })}
      />
      <Select
        label={words.cases.filters.flag}
        testId="filter-flag"
        value={choice.flag ?? ''}
        choices={[
          { value: '', label: words.cases.filters.anyFlag },
          ...flags.map((one) => ({ value: one, label: words.cases.flags[one] })),
        ]}
        onChange={(flag) => onChange({ flag: (flag || undefined) as CaseFlag | undefined })}
      />
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
