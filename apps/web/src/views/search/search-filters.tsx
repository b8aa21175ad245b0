import { foldText } from '@enlace/directory/text'
import { Calendar, Check, FileText, Hash, User, X } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { isNarrowed } from '../../viewmodel/search/asked.ts'
import { type SearchFilters, searchSpans } from '../../viewmodel/search/types.ts'
import { localDateText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Flag } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'

const MOST_PEOPLE = 8

/** Who, where, when, and whether there is a document: a chip for each, that opens below the row. */
export function SearchFilterBar(props: { filters: SearchFilters; narrow(filters: SearchFilters): void }) {
  const { filters, narrow } = props
  const { channels } = useShell()
  const words = useWords().search.filters
  const language = useLanguage()
  const people = usePeople()
  const name = useChannelName()
  const [open, setOpen] = useState<'who' | 'channel' | 'date' | undefined>(undefined)
  const panel = useId()
  const { corridors } = useStore(channels.state)
  const all = corridors.flatMap((corridor) => corridor.channels)
  const channel = all.find((one) => one.roomId === filters.roomId)
  const day = (date: string | undefined) => (date ? localDateText(date, language) : '')
  const date = filters.span
    ? words.spans[filters.span]
    : filters.from || filters.to
      ? words.between(day(filters.from), day(filters.to))
      : undefined
  const set = (change: SearchFilters) => {
    narrow({ ...filters, ...change })
    setOpen(undefined)
  }
  const chip = (
    which: 'who' | 'channel' | 'date',
    icon: ReactNode,
    chosen: string | undefined,
    without: SearchFilters,
  ) => (
    <span className="filter-chip" key={which}>
      <button
        type="button"
        className="chip"
        data-testid={`search-filter-${which}`}
        aria-expanded={open === which}
        aria-controls={open === which ? panel : undefined}
        aria-pressed={chosen !== undefined}
        onClick={() => setOpen(open === which ? undefined : which)}
      >
        {icon}
        <span className="chip-word">{chosen ?? words[which]}</span>
      </button>
      {chosen !== undefined && (
        <button
          type="button"
          className="chip-off"
          aria-label={words.remove(chosen)}
          title={words.remove(chosen)}
          onClick={() => set(without)}
        >
          <X aria-hidden="true" />
        </button>
      )}
    </span>
  )
  return (
    <div className="search-filters">
      <fieldset className="search-chips">
        <legend className="visually-hidden">{words.label}</legend>
        {chip(
          'who',
          <User aria-hidden="true" />,
          filters.sender && people.person(filters.sender, filters.roomId).name,
          { sender: undefined },
        )}
        {chip('channel', <Hash aria-hidden="true" />, channel && name(channel), { roomId: undefined })}
        {chip('date', <Calendar aria-hidden="true" />, date, {
          span: undefined,
          from: undefined,
          to: undefined,
        })}
        <button
          type="button"
          className="chip"
          data-testid="search-filter-documents"
          aria-pressed={filters.documents === true}
          onClick={() => set({ documents: filters.documents ? undefined : true })}
        >
          <FileText aria-hidden="true" />
          {words.documents}
        </button>
        {isNarrowed(filters) && (
          <button
            type="button"
            className="button quiet small"
            data-testid="search-filter-clear"
            onClick={() => {
              narrow({})
              setOpen(undefined)
            }}
          >
            {words.clear}
          </button>
        )}
      </fieldset>
      {open && (
        <div className="filter-panel" id={panel} data-testid="search-filter-panel">
          {open === 'who' && <Who chosen={filters.sender} choose={(sender) => set({ sender })} />}
          {open === 'channel' &&
            all.map((one) => (
              <Choice
                key={one.roomId}
                chosen={one.roomId === filters.roomId}
                onChoose={() => set({ roomId: one.roomId })}
              >
                {name(one)}
              </Choice>
            ))}
          {open === 'date' && (
            <>
              {searchSpans.map((span) => (
                <Choice
                  key={span}
                  chosen={span === filters.span}
                  onChoose={() => set({ span, from: undefined, to: undefined })}
                >
                  {words.spans[span]}
                </Choice>
              ))}
              <div className="filter-days">
                {(['from', 'to'] as const).map((end) => (
                  <label key={end} className="field">
                    <span>{words[end]}</span>
                    <input
                      type="date"
                      autoComplete="off"
                      data-testid={`search-filter-${end}`}
                      value={filters[end] ?? ''}
                      onChange={(event) =>
                        narrow({ ...filters, span: undefined, [end]: event.target.value || undefined })
                      }
                    />
                  </label>
                ))}
              </div>
            </>
          )}
        </div>
      )}
    </div>
  )
}

function Choice(props: { chosen: boolean; onChoose(): void; children: ReactNode }) {
  return (
    <button
      type="button"
      className="filter-choice"
      data-testid="search-filter-choice"
      aria-pressed={props.chosen}
      onClick={props.onChoose}
    >
      <span>{props.children}</span>
      {props.chosen && <Check aria-hidden="true" />}
    </button>
  )
}

function Who(props: { chosen: string | undefined; choose(userId: string): void }) {
  const { session } = useShell()
  const words = useWords().search.filters
  const people = usePeople()
  const [typed, setTyped] = useState('')
  const everybody = new Map(
    session.client
      .getRooms()
      .filter((room) => room.getMyMembership() === 'join')
      .flatMap((room) => people.members(room.roomId))
      .map((person) => [person.userId, person]),
  )
  const begins = foldText(typed.trim())
  const found = [...everybody.values()]
    .filter(({ title }) => ` ${foldText(title)}`.includes(` ${begins}`))
    .sort((a, b) => a.name.localeCompare(b.name))
  return (
    <>
      <input
        type="search"
        autoComplete="off"
        className="filter-find"
        data-testid="search-filter-person"
        aria-label={words.findPerson}
        placeholder={words.findPerson}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {found.length === 0 && <p className="muted">{words.nobody}</p>}
      {found.slice(0, MOST_PEOPLE).map((person) => (
        <Choice
          key={person.userId}
          chosen={person.userId === props.chosen}
          onChoose={() => props.choose(person.userId)}
        >
          <b>{person.name}</b>{' '}
          <small className="muted">
            <Flag country={person.country} /> {person.institutionName ?? person.userId}
          </small>
        </Choice>
      ))}
    </>
  )
}
