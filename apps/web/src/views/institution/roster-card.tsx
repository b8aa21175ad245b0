import { UserPlus, UsersRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { OfficeModel, OfficeState, RosterRow } from '../../viewmodel/institution/types.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Avatar, Blank, Dialog, Problem } from '../ui/parts.tsx'
import { date } from './parts.tsx'

const ROLES = ['staff', 'coordinator', 'official'] as const
const DAY_MS = 86_400_000
const USER_ID = /^@[^\s:]+:[^\s:]+(:\d+)?$/

/** Who speaks for the institution, of whom the server says so, and what was collected to be signed. */
export function RosterCard(props: { model: OfficeModel; state: OfficeState; editable: boolean }) {
  const { model, state, editable } = props
  const words = useWords()
  const own = words.roster
  const [editing, setEditing] = useState<RosterRow | 'new' | undefined>(undefined)
  return (
    <section className="card" data-testid="roster-card">
      <h2>{own.title}</h2>
      <p className="muted">{own.hint}</p>
      {state.rows.length === 0 && <Blank icon={<UsersRound />} title={own.empty} hint={own.emptyHint} />}
      <ul className="roster">
        {state.rows.map((row) => (
          <Row key={row.key} row={row} model={model} editable={editable} onEdit={() => setEditing(row)} />
        ))}
      </ul>
      {editable && (
        <div className="row-actions">
          <button type="button" className="button" data-testid="roster-add" onClick={() => setEditing('new')}>
            <UserPlus aria-hidden="true" />
            {own.add}
          </button>
        </div>
      )}
      {editing && (
        <EditDialog
          row={editing === 'new' ? undefined : editing}
          model={model}
          onClose={() => setEditing(undefined)}
        />
      )}
    </section>
  )
}

function Row(props: { row: RosterRow; model: OfficeModel; editable: boolean; onEdit(): void }) {
  const { row, model, editable } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.roster
  const { entry, change, state } = row
  const name = row.name ?? row.userId ?? own.unknown
  const standing = (() => {
    if (!entry) return own.absent
    const role = own.roles[entry.role]
    const since = date(entry.since, language)
    if (state === 'over') return own.over(own.rolesIn[entry.role], date(entry.until ?? entry.since, language))
    if (state === 'later') return own.later(role, since)
    // Nobody was told since when.
    if (entry.since < DAY_MS && entry.until === undefined) return role
    return entry.until === undefined
      ? own.listed(role, since)
      : own.listedUntil(role, since, date(entry.until, language))
  })()
  const planned =
    change?.kind === 'strike'
      ? own.willStrike
      : change
        ? change.until === undefined
          ? own.willSet(own.rolesIn[change.role])
          : own.willSetUntil(own.rolesIn[change.role], date(change.until, language))
        : undefined
  return (
    <li className="roster-row" data-testid="roster-row" data-user-id={row.userId} data-state={state}>
      <Avatar id={row.userId ?? row.key} name={name} />
      <div className="member-text">
        <b>{name}</b>
        {row.userId && row.name && <span className="muted">{row.userId}</span>}
        {!row.userId && <span className="muted">{own.unknownHint}</span>}
        <span className="roster-mark" data-state={state}>
          {own.marks[state]}
        </span>
        <span>{standing}</span>
        {!entry && row.claimed && (
          <span className="muted">
            {row.claimed === 'member' ? own.claimedMember : own.claimed(own.rolesIn[row.claimed])}
          </span>
        )}
        {planned && (
          <span className="roster-change" data-testid="roster-change">
            {planned}
          </span>
        )}
      </div>
      {editable && (
        <div className="roster-actions">
          {row.userId && !change && (
            <button
              type="button"
              className="button small"
              data-testid="roster-leave"
              aria-label={`${words.leaving.open}: ${name}`}
              onClick={() => router.go({ page: 'office', part: 'leaving', detail: row.userId ?? '' })}
            >
              {words.leaving.open}
            </button>
          )}
          {change ? (
            <button
              type="button"
              className="button small"
              data-testid="roster-undo"
              aria-label={`${own.undo}: ${name}`}
              onClick={() => model.undo(row.key)}
            >
              {own.undo}
            </button>
          ) : (
            <>
              {row.userId && (
                <button
                  type="button"
                  className="button small"
                  data-testid="roster-edit"
                  aria-label={`${state === 'listed' || state === 'later' ? own.change : own.enlist}: ${name}`}
                  onClick={props.onEdit}
                >
                  {state === 'listed' || state === 'later' ? own.change : own.enlist}
                </button>
              )}
              {(state === 'listed' || state === 'later') && (
                <button
                  type="button"
                  className="button small danger-outline"
                  data-testid="roster-strike"
                  aria-label={`${own.strike}: ${name}`}
                  onClick={() => model.strike(row)}
                >
                  {own.strike}
                </button>
              )}
            </>
          )}
        </div>
      )}
    </li>
  )
}

/** The end of that day, where the person is. */
const endOf = (day: string): number | undefined => {
  const start = new Date(`${day}T00:00:00`).getTime()
  return Number.isNaN(start) ? undefined : start + DAY_MS
}

function EditDialog(props: { row: RosterRow | undefined; model: OfficeModel; onClose(): void }) {
  const { row, model } = props
  const words = useWords()
  const own = words.roster
  const before = row?.entry && row.state !== 'over' ? row.entry : undefined
  const [userId, setUserId] = useState(row?.userId ?? '')
  const [role, setRole] = useState(
    before?.role ?? (row?.claimed && row.claimed !== 'member' ? row.claimed : 'staff'),
  )
  const [until, setUntil] = useState(
    before?.until === undefined ? '' : new Date(before.until - 1).toISOString().slice(0, 10),
  )
  const [problem, setProblem] = useState<string | undefined>(undefined)
  function submit(event: FormEvent) {
    event.preventDefault()
    const id = userId.trim()
    if (!USER_ID.test(id) || id.length > 255) return setProblem(own.userIdWrong)
    const end = until === '' ? undefined : endOf(until)
    if (until !== '' && (end === undefined || end <= Date.now())) return setProblem(own.untilPast)
    model.set({ userId: id, role, ...(end === undefined ? {} : { until: end }) })
    props.onClose()
  }
  return (
    <Dialog
      title={row ? own.changeTitle(row.name ?? row.userId ?? '') : own.addTitle}
      onClose={props.onClose}
      testId="roster-dialog"
    >
      <form onSubmit={submit} noValidate>
        <label className="field">
          <span>{own.userId}</span>
          <input
            data-testid="roster-user"
            value={userId}
            readOnly={row !== undefined}
            onChange={(event) => setUserId(event.target.value)}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
          />
          {!row && <small>{own.userIdHint}</small>}
        </label>
        <Select
          label={own.role}
          testId="roster-role"
          value={role}
          onChange={(value) => setRole(ROLES.find((one) => one === value) ?? 'staff')}
          choices={ROLES.map((one) => ({ value: one, label: own.roles[one] }))}
        />
        <label className="field">
          <span>{own.until}</span>
          <input
            type="date"
            data-testid="roster-until"
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
          <small>{own.untilHint}</small>
        </label>
        {problem && <Problem>{problem}</Problem>}
        <div className="row-actions">
          <button type="submit" className="button primary" data-testid="roster-save">
            {own.save}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
