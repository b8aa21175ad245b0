import { roles } from '@enlace/coordination'
import { UserMinus, UserPlus, X } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useEffect, useState } from 'react'
import type { Failure } from '../../lib/failure.ts'
import { kindOf } from '../../viewmodel/channels/channel-list.ts'
import {
  addressOf,
  type Candidate,
  findPeople,
  groupMembers,
  invite,
  removeMember,
  rightsIn,
  type SharedBefore,
} from '../../viewmodel/channels/members.ts'
import type { Person } from '../../viewmodel/channels/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { usePanelFocus } from '../ui/panel-focus.ts'
import { Avatar, Dialog, Flag, IconButton, Problem } from '../ui/parts.tsx'
import { ChannelInfo } from './channel-info.tsx'
import { ConversationActions } from './conversation-actions.tsx'

export function MembersPanel(props: { room: Room; onClose(): void }) {
  const focus = usePanelFocus<HTMLElement>()
  const { room } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const [inviting, setInviting] = useState(false)
  const [removing, setRemoving] = useState<Person | undefined>(undefined)
  const [done, setDone] = useState<string | undefined>(undefined)
  const rights = rightsIn(room, session.userId)
  const kind = kindOf(session, room)

  useEffect(() => {
    void room.loadMembersIfNeeded().then(() => people.refresh(room.roomId))
  }, [room, people])

  const members = people.members(room.roomId)
  const groups = groupMembers(members)
  return (
    <section {...focus} className="panel" aria-label={words.members.title} data-testid="members-panel">
      <header className="panel-head">
        <h2>
          {words.members.title} <span className="muted">{members.length}</span>
        </h2>
        {rights.invite && kind.kind !== 'direct' && (
          <button
            type="button"
            className="button primary"
            data-testid="invite-open"
            onClick={() => setInviting(true)}
          >
            <UserPlus aria-hidden="true" />
            {words.members.invite}
          </button>
        )}
        <IconButton label={words.close} testId="members-close" onClick={props.onClose}>
          <X />
        </IconButton>
      </header>
      {done && (
        <p className="note" role="status" data-testid="members-done">
          {done}
        </p>
      )}
      <div className="panel-scroll">
        <ChannelInfo room={room} kind={kind} />
        {groups.map((group) => (
          <section key={group.key} className="member-group">
            <h3>
              <Flag country={group.country} />
              <span>{group.institutionName ?? words.members.noInstitution}</span>
              {group.country && (
                <small className="muted">{words.countries[group.country] ?? group.country}</small>
              )}
            </h3>
            <ul>
              {group.people.map((person) => (
                <li key={person.userId} className="member" data-testid="member" data-user-id={person.userId}>
                  <Avatar id={person.userId} name={person.name} country={person.country} />
                  <div className="member-text">
                    <b>
                      {person.name}
                      {person.userId === session.userId && (
                        <span className="muted"> ({words.you.toLowerCase()})</span>
                      )}
                    </b>
                    <span className="muted">
                      {person.membership === 'invite'
                        ? words.members.invited
                        : person.role
                          ? roles[person.role][language]
                          : person.userId}
                    </span>
                  </div>
                  {rights.remove(person.userId) && (
                    <IconButton
                      label={`${words.members.remove}: ${person.name}`}
                      testId="member-remove"
                      onClick={() => setRemoving(person)}
                    >
                      <UserMinus />
                    </IconButton>
                  )}
                </li>
              ))}
            </ul>
          </section>
        ))}
        <ConversationActions room={room} kind={kind} onDone={setDone} />
      </div>
      {inviting && (
        <InviteDialog
          room={room}
          onClose={() => setInviting(false)}
          onDone={(name, shared) =>
            setDone(
              [
                words.members.inviteDone(name),
                ...(shared === 'not_shared' ? [] : [words.history.withInvitation[shared]]),
              ].join(' '),
            )
          }
        />
      )}
      {removing && (
        <RemoveDialog
          room={room}
          person={removing}
          onClose={() => setRemoving(undefined)}
          onDone={() => setDone(words.members.removed(removing.name))}
        />
      )}
    </section>
  )
}

const SEARCH_WAIT_MS = 300

function InviteDialog(props: {
  room: Room
  onClose(): void
  onDone(name: string, shared: SharedBefore): void
}) {
  const { room } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [text, setText] = useState('')
  const [found, setFound] = useState<readonly Candidate[] | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Failure | 'bad' | undefined>(undefined)

  useEffect(() => {
    setFound(undefined)
    if (text.trim().length < 2) return
    let current = true
    const timer = setTimeout(() => {
      findPeople(session.client, text.replace(/^@/, ''), room).then(
        (results) => current && setFound(results),
        () => current && setFound([]),
      )
    }, SEARCH_WAIT_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [text, session, room])

  async function send(userId: string, name: string) {
    setBusy(true)
    setProblem(undefined)
    const outcome = await invite(session, room.roomId, userId)
    setBusy(false)
    if ('kind' in outcome) setProblem(outcome)
    else {
      props.onDone(name, outcome.shared)
      props.onClose()
    }
  }

  function submit() {
    const address = addressOf(text, session.client.getDomain() ?? '')
    if (address) void send(address, address)
    else setProblem('bad')
  }

  return (
    <Dialog title={words.members.inviteTitle} onClose={props.onClose} testId="invite-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <label className="field">
          <span>{words.members.inviteLabel}</span>
          <input
            data-testid="invite-input"
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setProblem(undefined)
            }}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
          />
          <small>{words.members.inviteHint}</small>
        </label>
        {found && found.length > 0 && (
          <ul className="candidates">
            {found.map((one) => (
              <li key={one.userId}>
                <button type="button" data-testid="invite-candidate" onClick={() => setText(one.userId)}>
                  <Avatar id={one.userId} name={one.name} />
                  <span>
                    <b>{one.name}</b>
                    <small className="muted">{one.userId}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {found?.length === 0 && !text.includes(':') && <p className="muted">{words.members.none}</p>}
        <p className="muted" data-testid="invite-history">
          {session.history.shares(room.roomId) ? words.history.inviteShares : words.history.inviteSharesNot}
        </p>
        {problem && (
          <Problem>
            {problem === 'bad' ? words.members.inviteBad : failureText(problem, language, words)}
            {typeof problem === 'object' &&
              problem.kind === 'refused' &&
              problem.contact?.startsWith('@') && (
                <p>{words.failure.contact(session.people.person(problem.contact, room.roomId).title)}</p>
              )}
          </Problem>
        )}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="invite-submit"
            disabled={busy || text.trim() === ''}
          >
            {words.members.inviteSubmit}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function RemoveDialog(props: { room: Room; person: Person; onClose(): void; onDone(): void }) {
  const { room, person } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | undefined>(undefined)

  async function remove() {
    setBusy(true)
    setFailure(undefined)
    const failed = await removeMember(session, room.roomId, person.userId)
    setBusy(false)
    if (failed) setFailure(failed)
    else {
      props.onDone()
      props.onClose()
    }
  }

  return (
    <Dialog title={words.members.removeTitle(person.name)} onClose={props.onClose}>
      <p>{words.members.removeHint}</p>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button danger"
          data-testid="member-remove-confirm"
          disabled={busy}
          onClick={() => void remove()}
        >
          {words.members.remove}
        </button>
        <button type="button" className="button" onClick={props.onClose}>
          {words.cancel}
        </button>
      </div>
    </Dialog>
  )
}
