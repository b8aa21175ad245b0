import { useCallback, useEffect, useState } from 'react'
import type { OfficeModel } from '../../viewmodel/institution/types.ts'
import {
  fetchPerson,
  linkIn,
  type MadeInvitation,
  type PersonDetail,
  personPath,
  type Role,
} from '../../viewmodel/people/people-api.ts'
import {
  type Asker,
  askWithProof,
  type Proof,
  type ProofOutcome,
} from '../../viewmodel/session/with-proof.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { Confirm } from '../session/confirm-dialogs.tsx'
import { ProofForm } from '../session/proof.tsx'
import { useLanguage, usePeople, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Avatar, Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { RoleField } from './invite-dialog.tsx'
import { SheetsDialog } from './sheets.tsx'

type Open = 'role' | 'suspend' | 'restore' | 'reset' | 'factors' | { end: Device | 'all' }
type Device = PersonDetail['devices'][number]

/** One person: devices, channels, standing, and what a coordinator may do about them. */
export default function PersonPage(props: { userId: string; office: OfficeModel; onChange(): void }) {
  const { userId, office, onChange } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const own = words.people
  const [person, setPerson] = useState<PersonDetail | undefined>(undefined)
  const [open, setOpen] = useState<Open | undefined>(undefined)
  const [said, setSaid] = useState<string | undefined>(undefined)
  const [made, setMade] = useState<MadeInvitation | undefined>(undefined)
  const { failure, run } = useTask()
  const load = useCallback(
    () => run(async () => setPerson(await fetchPerson(session.request, userId))),
    [session, userId],
  )
  useEffect(() => void load(), [load])
  /** Once the coordinator has shown that it is them. */
  const sure =
    (what: string, after?: string, body: object = {}) =>
    async (proof: Proof) => {
      const { answer, problem } = await askWithProof(session, 'POST', personPath(userId, what), body, proof)
      if (problem !== undefined) return problem
      setOpen(undefined)
      setSaid(after)
      setMade(linkIn(answer))
      void load()
      onChange()
      return undefined
    }
  const problem = failure && <Problem>{failureText(failure, language, words)}</Problem>
  if (!person) return problem ?? <Spinner label={words.loading} />
  const name = person.display_name ?? userId
  const role = person.roster?.role ?? person.claimed_role
  const factor = person.second_factor
  const has = factor.totp || factor.passkeys > 0
  const ask = (what: Open) => {
    setSaid(undefined)
    setOpen(what)
  }
  const button = (what: Extract<Open, string>, label: string, danger = false) => (
    <button
      type="button"
      className={`button ${danger ? 'danger-outline' : ''}`}
      data-testid={`person-${what}`}
      onClick={() => ask(what)}
    >
      {label}
    </button>
  )
  return (
    <div className="person-page" data-testid="person" data-suspended={person.suspended !== null}>
      <div className="person-head">
        <Avatar id={userId} name={name} />
        <div className="member-text">
          <h2>{name}</h2>
          <span className="muted">{userId}</span>
          <span>
            {role ? own.roles[role] : own.noRole} · {person.roster ? own.onList : own.waits}
          </span>
          <span className="muted">{has ? own.factorHas : factor.must ? own.factorOwes : own.factorNone}</span>
        </div>
      </div>
      {said && (
        <p className="note" role="status">
          {said}
        </p>
      )}
      {open === undefined && problem}
      {person.suspended && (
        <div className="note" data-testid="person-suspended">
          <p>
            <b>
              {own.suspendedSince(
                dateTime(person.suspended.since_ts, language, words),
                people.person(person.suspended.by).name,
              )}
            </b>
          </p>
          <p>{person.suspended.reason}</p>
          {button('restore', own.restore)}
        </div>
      )}
      <section className="card">
        <h2>{own.account}</h2>
        {person.last_coordinator && <p className="muted">{own.last}</p>}
        <div className="row-actions">
          {button('role', own.changeRole)}
          {!person.self && button('reset', own.reset)}
          {!person.self && has && button('factors', own.factors)}
          {!person.self && !person.suspended && button('suspend', own.suspend, true)}
          <button
            type="button"
            className="button danger-outline"
            data-testid="person-leave"
            onClick={() => router.go({ page: 'office', part: 'leaving', detail: userId })}
          >
            {person.self ? words.leaving.cardOwnOpen : words.leaving.open}
          </button>
        </div>
      </section>
      <section className="card" data-testid="person-devices">
        <h2>{own.devices}</h2>
        {person.devices.length === 0 && <p className="muted">{own.noDevices}</p>}
        <ul className="plain-list">
          {person.devices.map((one) => (
            <li key={one.device_id} className="setting">
              <p>
                <b>{one.display_name ?? one.device_id}</b>
                <br />
                <span className="muted">
                  {one.last_seen_ts === null
                    ? own.neverSeen
                    : own.deviceSeen(
                        dateTime(one.last_seen_ts, language, words),
                        one.last_seen_network ?? '?',
                      )}
                </span>
              </p>
              {!person.self && (
                <button
                  type="button"
                  className="button small"
                  aria-label={`${own.endOne}: ${one.display_name ?? one.device_id}`}
                  data-testid="person-end"
                  onClick={() => ask({ end: one })}
                >
                  {own.endOne}
                </button>
              )}
            </li>
          ))}
        </ul>
        {!person.self && person.devices.length > 1 && (
          <button
            type="button"
            className="button danger-outline"
            data-testid="person-end-all"
            onClick={() => ask({ end: 'all' })}
          >
            {own.endAll}
          </button>
        )}
      </section>
      <section className="card" data-testid="person-channels">
        <h2>{own.channels}</h2>
        {person.channels.length === 0 && <p className="muted">{own.noChannels}</p>}
        <ul className="bullets">
          {person.channels.map((one) => (
            <li key={one.room_id}>
              {one.name ?? one.room_id}
              {one.membership === 'invite' && <span className="muted"> ({own.invited})</span>}
            </li>
          ))}
        </ul>
      </section>
      {open === 'role' && (
        <RoleDialog
          role={role ?? 'staff'}
          asker={session}
          onClose={() => setOpen(undefined)}
          save={async (wanted, proof) => {
            const refused = await sure('role', own.roleSaved, { role: wanted })(proof)
            if (refused === undefined) office.set({ userId, role: wanted })
            return refused
          }}
        />
      )}
      {open === 'suspend' && (
        <SuspendDialog
          name={name}
          asker={session}
          onClose={() => setOpen(undefined)}
          suspend={(reason, proof) => sure('suspend', undefined, { reason })(proof)}
        />
      )}
      {open === 'restore' && (
        <Confirm
          asker={session}
          title={own.restoreTitle(name)}
          hint={own.restoreHint}
          submit={own.restore}
          onClose={() => setOpen(undefined)}
          act={sure('restore')}
        />
      )}
      {typeof open === 'object' && (
        <Confirm
          asker={session}
          title={open.end === 'all' ? own.endAllTitle(name) : own.endOneTitle(name)}
          hint={
            open.end === 'all' ? own.endAllHint : own.endOneHint(open.end.display_name ?? open.end.device_id)
          }
          submit={open.end === 'all' ? own.endAll : own.endOne}
          danger
          onClose={() => setOpen(undefined)}
          act={sure(
            'sessions/end',
            open.end === 'all' ? own.endedAll : own.ended,
            open.end === 'all' ? {} : { device_id: open.end.device_id },
          )}
        />
      )}
      {open === 'reset' && (
        <Confirm
          asker={session}
          title={own.resetTitle(name)}
          hint={own.resetHint}
          submit={own.reset}
          onClose={() => setOpen(undefined)}
          act={sure('reset')}
        />
      )}
      {open === 'factors' && (
        <Confirm
          asker={session}
          title={own.factorsTitle(name)}
          hint={own.factorsHint}
          submit={own.factors}
          danger
          onClose={() => setOpen(undefined)}
          act={sure('factors/remove', own.factorsDone)}
        />
      )}
      {made && <SheetsDialog made={[made]} onClose={() => setMade(undefined)} />}
    </div>
  )
}

function RoleDialog(props: {
  role: Role
  asker: Asker
  onClose(): void
  save(role: Role, proof: Proof): Promise<ProofOutcome>
}) {
  const words = useWords()
  const [role, setRole] = useState(props.role)
  return (
    <Dialog title={words.people.changeRole} onClose={props.onClose} testId="role-dialog">
      <ProofForm
        asker={props.asker}
        submit={words.people.changeRole}
        submitTestId="role-save"
        onBack={props.onClose}
        act={(proof) => props.save(role, proof)}
      >
        <RoleField value={role} onChange={setRole} hint={words.people.roleHint} />
      </ProofForm>
    </Dialog>
  )
}

function SuspendDialog(props: {
  name: string
  asker: Asker
  onClose(): void
  suspend(reason: string, proof: Proof): Promise<ProofOutcome>
}) {
  const words = useWords()
  const own = words.people
  const [reason, setReason] = useState('')
  return (
    <Dialog title={own.suspendTitle(props.name)} onClose={props.onClose} testId="suspend-dialog">
      <ProofForm
        asker={props.asker}
        submit={own.suspend}
        submitTestId="suspend-confirm"
        danger
        ready={reason.trim().length >= 3}
        onBack={props.onClose}
        act={(proof) => props.suspend(reason.trim(), proof)}
      >
        <p>{own.suspendHint}</p>
        <label className="field">
          <span>{own.reason}</span>
          <input
            data-testid="suspend-reason"
            value={reason}
            maxLength={300}
            autoComplete="off"
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
      </ProofForm>
    </Dialog>
  )
}
