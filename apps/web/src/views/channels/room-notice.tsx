import { channelFaultText } from '@enlace/coordination'
import { LockKeyhole, LockKeyholeOpen, ShieldAlert, ShieldCheck } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import type { HeldMember, Hold } from '../../lib/hold.ts'
import { watchHold } from '../../viewmodel/channels/hold-watch.ts'
import { rightsIn } from '../../viewmodel/channels/members.ts'
import type { RoomKind } from '../../viewmodel/channels/types.ts'
import { moment } from '../../words/format.ts'
import { useLabel, useLanguage, useModel, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'

const VerifyPersonDialog = lazyPage(
  async () => ({ default: (await import('../session/verify.tsx')).VerifyPersonDialog }),
  'dialog',
)

/** What people expect: a channel, or a conversation with whom they chose. Nothing is said of those. */
const isOrdinary = (kind: RoomKind): kind is Extract<RoomKind, { kind: 'channel' | 'direct' | 'group' }> =>
  kind.kind === 'channel' || kind.kind === 'direct' || kind.kind === 'group'

/** In the list of channels: what a room is not. */
export function KindMark(props: { kind: RoomKind; isInvitation?: boolean }) {
  const words = useWords()
  if (isOrdinary(props.kind)) return null
  // Before one is in the corridor, nobody here can tell whether it lists the room.
  const unknown = props.isInvitation && props.kind.kind === 'private' && props.kind.fault === undefined
  return (
    <span className={`kind-mark ${props.kind.kind}`} data-testid="kind-mark" data-kind={props.kind.kind}>
      {words.room.mark[unknown ? 'unknown' : props.kind.kind]}
    </span>
  )
}

/** Above a room's messages: what it is, where it is no channel of the network. */
export function RoomKindNotice(props: { kind: RoomKind }) {
  const { kind } = props
  const words = useWords()
  const label = useLabel()
  if (isOrdinary(kind)) return null
  const claims = kind.kind === 'private' && kind.fault !== undefined
  const Icon = kind.kind === 'open' ? LockKeyholeOpen : claims ? ShieldAlert : LockKeyhole
  return (
    <div
      className={`banner ${kind.kind === 'open' || claims ? 'banner-warning' : 'banner-plain'}`}
      role={kind.kind === 'open' || claims ? 'alert' : 'note'}
      data-testid="room-kind"
      data-kind={kind.kind}
    >
      <Icon aria-hidden="true" />
      <span>
        <b>{words.room[kind.kind].title}</b>{' '}
        {kind.kind === 'private' && kind.fault
          ? label(channelFaultText(kind.fault))
          : words.room[kind.kind].hint}
      </span>
    </div>
  )
}

/** Who of this room started again and was confirmed by their coordination: nothing to do, but to know. */
export function ConfirmedNotice(props: { room: Room }) {
  const { room } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { confirmed } = session.trust
  const news = useStore(confirmed.news)
  return news
    .filter((one) => room.getMember(one.userId)?.membership === 'join')
    .map((one) => (
      <div key={one.userId} className="confirmed" role="status" data-testid="identity-confirmed">
        <ShieldCheck aria-hidden="true" />
        <span>
          {one.by === session.userId
            ? words.confirmed.mine(people.person(one.userId, room.roomId).title, moment(one.at, language))
            : words.confirmed.text(
                people.person(one.userId, room.roomId).title,
                people.person(one.by, room.roomId).name,
                moment(one.at, language),
              )}
        </span>
        <button
          type="button"
          className="button small"
          data-testid="identity-confirmed-ok"
          onClick={() => void confirmed.seen(one.userId)}
        >
          {words.confirmed.ok}
        </button>
      </div>
    ))
}

/** Why nothing is sent here now: who, why, and what to do. */
export function HoldNotice(props: { room: Room }) {
  const { room } = props
  const { session } = useShell()
  const watch = useModel(() => watchHold(session, room.roomId), [session, room.roomId])
  return watch ? <Notice room={room} store={watch.hold} /> : null
}

function Notice(props: { room: Room; store: ReturnType<typeof watchHold>['hold'] }) {
  const hold = useStore(props.store)
  const people = usePeople()
  // Kept here: the dialog says how it ended when nothing is held back any more.
  const [comparing, setComparing] = useState<string | undefined>(undefined)
  return (
    <>
      {hold && 'members' in hold && <HoldText room={props.room} hold={hold} onCompare={setComparing} />}
      {comparing && (
        <VerifyPersonDialog
          userId={comparing}
          name={people.person(comparing, props.room.roomId).title}
          onClose={() => setComparing(undefined)}
        />
      )}
    </>
  )
}

function HoldText(props: {
  room: Room
  hold: Extract<Hold, { members: HeldMember[] }>
  onCompare(userId: string): void
}) {
  const { room, hold } = props
  const { router, session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const rights = rightsIn(room, session.userId)
  const text = words.room.hold[hold.kind]
  return (
    <section className="hold" role="alert" data-testid="hold" data-kind={hold.kind}>
      <p>
        <ShieldAlert aria-hidden="true" />
        <b>{text.title}</b>
      </p>
      <ul>
        {hold.members.map((one) => {
          const who = people.person(one.userId, room.roomId).title
          return (
            <li key={one.userId} data-testid="hold-member" data-user-id={one.userId}>
              <span>
                {hold.kind === 'identity'
                  ? words.room.hold.identity.who(who, moment(one.since ?? Date.now(), language))
                  : words.room.hold.unvouched.who(who, one.reason?.[language])}
              </span>
              <div className="row-actions">
                {hold.kind === 'identity' && (
                  <button
                    type="button"
                    className="button primary"
                    data-testid="hold-compare"
                    onClick={() => props.onCompare(one.userId)}
                  >
                    {words.room.hold.compare}
                  </button>
                )}
                {rights.remove(one.userId) && (
                  <button
                    type="button"
                    className="button"
                    data-testid="hold-remove"
                    onClick={() => router.go({ page: 'channel', roomId: room.roomId, panel: 'members' })}
                  >
                    {words.room.hold.remove}
                  </button>
                )}
              </div>
            </li>
          )
        })}
      </ul>
      <p>{text.hint}</p>
    </section>
  )
}
