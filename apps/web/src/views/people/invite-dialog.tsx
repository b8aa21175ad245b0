import { type FormEvent, useState } from 'react'
import type { OfficeModel } from '../../viewmodel/institution/types.ts'
import { invite, type MadeInvitation, type Role } from '../../viewmodel/people/people-api.ts'
import { proposedUser } from '../../viewmodel/people/staff-sheet.ts'
import { failureText } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'

export const ROLES = ['staff', 'official', 'coordinator'] as const
export const HOURS = [24, 72, 168, 336] as const

export function RoleField(props: { value: Role; onChange(role: Role): void; hint?: string }) {
  const words = useWords()
  return (
    <Select
      label={words.people.role}
      hint={props.hint}
      testId="people-role"
      value={props.value}
      onChange={(value) => props.onChange(ROLES.find((one) => one === value) ?? 'staff')}
      choices={ROLES.map((one) => ({ value: one, label: words.people.roles[one] }))}
    />
  )
}

export function HoursField(props: { value: number; onChange(hours: number): void }) {
  const words = useWords()
  return (
    <Select
      label={words.people.valid}
      value={String(props.value)}
      onChange={(value) => props.onChange(Number(value))}
      choices={HOURS.map((one) => ({ value: String(one), label: words.people.validFor[one] }))}
    />
  )
}

export function InviteDialog(props: {
  office: OfficeModel
  canList: boolean
  onClose(): void
  onMade(made: readonly MadeInvitation[]): void
}) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.people
  const [name, setName] = useState('')
  const [user, setUser] = useState<string | undefined>(undefined)
  const [role, setRole] = useState<Role>('staff')
  const [hours, setHours] = useState(72)
  const [listNow, setListNow] = useState(true)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const { busy, failure, run } = useTask()
  const localpart = user ?? proposedUser(name)
  function submit(event: FormEvent) {
    event.preventDefault()
    setProblem(undefined)
    void run(async () => {
      const [outcome] = await invite(
        session.request,
        [{ localpart: localpart.trim(), role, ...(name.trim() ? { display_name: name.trim() } : {}) }],
        hours,
      )
      if (!outcome) return
      if (outcome.outcome !== 'invited') return setProblem(own.outcomes[outcome.outcome])
      if (listNow && props.canList) props.office.set({ userId: outcome.invitation.user_id, role })
      props.onMade([outcome.invitation])
    })
  }
  return (
    <Dialog title={own.inviteTitle} onClose={props.onClose} testId="invite-dialog">
      <form onSubmit={submit} noValidate>
        <label className="field">
          <span>{own.name}</span>
          <input
            data-testid="invite-name"
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="field">
          <span>{own.user}</span>
          <input
            data-testid="invite-user"
            value={localpart}
            maxLength={60}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            onChange={(event) => setUser(event.target.value)}
          />
          <small>{own.userHint}</small>
        </label>
        <RoleField value={role} onChange={setRole} />
        <HoursField value={hours} onChange={setHours} />
        {props.canList && (
          <label className="switch-row">
            <input
              type="checkbox"
              data-testid="invite-list"
              checked={listNow}
              onChange={(event) => setListNow(event.target.checked)}
            />
            {own.listNow}
          </label>
        )}
        {problem && <Problem>{problem}</Problem>}
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="invite-submit"
            disabled={busy || localpart.trim() === ''}
          >
            {own.makeLink}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
