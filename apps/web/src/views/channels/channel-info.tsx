import { FileText, Image, Link2, Pin } from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { useState } from 'react'
import {
  type ChannelThings,
  descriptionOf,
  loadOlder,
  policyWords,
  type SharedThing,
  thingsOf,
} from '../../viewmodel/channels/channel-info.ts'
import type { RoomKind } from '../../viewmodel/channels/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import {
  useInstitutionName,
  useLabel,
  useLanguage,
  usePeople,
  useShell,
  useStore,
  useTask,
  useWords,
} from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

const order = ['pinned', 'files', 'media', 'links'] as const
const icons = { pinned: Pin, files: FileText, media: Image, links: Link2 }

/** Above the members: what the channel is for, who may take part, and what was sent there. */
export function ChannelInfo(props: { room: Room; kind: RoomKind }) {
  const { room, kind } = props
  const { session, channels } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { busy, failure, run } = useTask()
  const [isAll, setIsAll] = useState(false)
  // Drawn anew when something arrives.
  useStore(channels.state)
  const things = thingsOf(room)
  const description = descriptionOf(room)
  return (
    <section className="channel-info" data-testid="channel-info">
      {description && <p>{description}</p>}
      {kind.kind === 'channel' && <PolicyText room={room} />}
      {order.map((which) => (
        <Things key={which} which={which} things={things} roomId={room.roomId} />
      ))}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      {isAll ? (
        <p className="muted">{words.info.noOlder}</p>
      ) : (
        <button
          type="button"
          className="button small"
          disabled={busy}
          data-testid="info-older"
          onClick={() => void run(async () => setIsAll(!(await loadOlder(session, room))))}
        >
          {words.info.older}
        </button>
      )}
    </section>
  )
}

function PolicyText(props: { room: Room }) {
  const words = useWords()
  const label = useLabel()
  const institutionName = useInstitutionName()
  const policy = policyWords(props.room)
  if (!policy) return null
  const lines = [
    [words.info.kinds, policy.kinds?.map(label)],
    [words.info.named, policy.institutions?.map(institutionName)],
    [words.info.countries, policy.countries?.map(label)],
    [words.info.roles, policy.roles?.map(label)],
  ] as const
  const named = lines.filter(([, values]) => values !== undefined)
  return (
    <div className="policy-words" data-testid="policy-words">
      <h3>{words.info.whoMay}</h3>
      <dl>
        {named.length === 0 && (
          <div>
            <dt>{words.info.kinds}</dt>
            <dd>{words.info.anyone}</dd>
          </div>
        )}
        {named.map(([title, values]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{values?.join(', ')}</dd>
          </div>
        ))}
      </dl>
      <p className="muted">
        {words.info.ask}: {label(policy.contact)}.
      </p>
    </div>
  )
}

function Things(props: { which: keyof ChannelThings; things: ChannelThings; roomId: string }) {
  const { which, things, roomId } = props
  const words = useWords()
  const all = things[which]
  const Icon = icons[which]
  if (which === 'pinned' && all.length === 0) return null
  return (
    <details className="channel-things" data-testid={`info-${which}`}>
      <summary>
        <Icon aria-hidden="true" />
        {words.info.things[which]} <span className="muted">{all.length}</span>
      </summary>
      {all.length === 0 ? (
        <p className="muted">{words.info.nothing}</p>
      ) : (
        <ul>
          {all.map((one, at) => (
            <Thing key={`${one.eventId}${at}`} thing={one} roomId={roomId} isLink={which === 'links'} />
          ))}
        </ul>
      )}
    </details>
  )
}

function Thing(props: { thing: SharedThing; roomId: string; isLink: boolean }) {
  const { thing, roomId, isLink } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const about = `${people.person(thing.sender, roomId).title} · ${dateTime(thing.ts, language, words)}`
  return (
    <li>
      {isLink && (
        <a href={thing.text} target="_blank" rel="noreferrer noopener">
          {thing.text}
        </a>
      )}
      <button
        type="button"
        className="link-button"
        aria-label={words.info.show(thing.text)}
        onClick={() => router.go({ page: 'channel', roomId, eventId: thing.eventId })}
      >
        {!isLink && thing.text}
        <small className="muted">{about}</small>
      </button>
    </li>
  )
}
