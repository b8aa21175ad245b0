import { MessagesSquare, Siren, Trash2 } from 'lucide-react'
import { memo, useState } from 'react'
import type { ThreadSummary } from '../../viewmodel/timeline/types.ts'
import { failureText, time } from '../../words/format.ts'
import { EscalationLines } from '../calls/escalation-row.tsx'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Avatar, Flag, Problem } from '../ui/parts.tsx'
import { useLongPress } from './long-press.ts'
import { type ActionProps, MessageActions, type OpenAction } from './message-actions.tsx'
import { MessageBar } from './message-bar.tsx'
import { MessageBody } from './message-body.tsx'
import { Mark, Pending } from './message-state.tsx'
import { Origin } from './origin.tsx'
import { Quote } from './quote.tsx'
import { ReactionChips } from './reactions.tsx'

export interface RowProps extends ActionProps {
  highlighted: boolean
  onJump(eventId: string): void
}

export const MessageRow = memo(function MessageRow(props: RowProps) {
  const { item, room, composer } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const [action, setAction] = useState<OpenAction | undefined>(undefined)
  const person = people.person(item.sender, room.roomId)
  const deleted = item.body.type === 'deleted'
  const hidden = item.body.type === 'undecryptable' || item.body.type === 'unsupported'
  const going = item.removal !== undefined && item.removal.state !== 'failed'
  const actable = item.eventId !== undefined && !deleted && !item.txnId && !going
  const press = useLongPress(actable ? () => setAction('menu') : undefined)
  return (
    <article
      className={`message ${item.mine ? 'mine' : ''} ${item.continued ? 'continued' : ''} ${props.highlighted ? 'highlighted' : ''}`}
      data-testid="message"
      data-event-id={item.eventId}
    >
      <div className="message-side">
        {!item.mine && !item.continued && (
          <Avatar id={item.sender} name={person.name} country={person.country} />
        )}
      </div>
      <div className="message-main">
        {!item.continued && !item.mine && (
          <header className="message-who">
            <strong>{person.name}</strong>
            <span className="message-institution">
              <Flag country={person.country} />
              {person.institutionName && <span>{person.institutionName}</span>}
            </span>
          </header>
        )}
        <div className="bubble-line">
          <div
            className={`bubble ${deleted || hidden || going ? 'faint' : ''} ${item.escalations.length > 0 ? 'flagged' : ''}`}
            {...press}
          >
            {item.reply && <Quote reply={item.reply} room={room} onJump={props.onJump} />}
            {item.forwarded && !going && <Origin forwarded={item.forwarded} />}
            {going ? <Going {...props} /> : <MessageBody item={item} roomId={room.roomId} />}
            {item.escalations.map((one) => (
              <div
                key={one.id}
                className={`urgent-tag ${one.state}`}
                data-testid="escalation"
                data-state={one.state}
              >
                <Siren aria-hidden="true" />
                <span>
                  <EscalationLines escalation={one} roomId={room.roomId} />
                </span>
              </div>
            ))}
            <footer className="message-foot">
              {item.edited && actable ? (
                <button
                  type="button"
                  className="edited"
                  title={words.messages.openVersions}
                  data-testid="message-edited"
                  onClick={() => setAction('versions')}
                >
                  {words.message.edited}
                </button>
              ) : (
                item.edited && <span>{words.message.edited}</span>
              )}
              <time dateTime={new Date(item.ts).toISOString()}>{time(item.ts, language)}</time>
              {item.state && !going && <Mark item={item} state={item.state} roomId={room.roomId} />}
            </footer>
          </div>
          {actable && <MessageBar {...props} onOpen={setAction} />}
        </div>
        {item.reactions.length > 0 && !going && (
          <ReactionChips
            reactions={item.reactions}
            roomId={room.roomId}
            onToggle={(key) => void composer.react(item.eventId!, key)}
          />
        )}
        {item.thread && !going && <ThreadLink {...props} thread={item.thread} />}
        {item.removal?.state === 'failed' && item.removal.failure && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => composer.undo(item.removal!.id)}>
                {words.close}
              </button>
            }
          >
            {words.messages.removeFailed} {failureText(item.removal.failure, language, words)}
          </Problem>
        )}
        {item.txnId && item.state && <Pending item={item} />}
      </div>
      {action && <MessageActions {...props} open={action} onClose={() => setAction(undefined)} />}
    </article>
  )
})

/** What a message began. */
function ThreadLink(props: RowProps & { thread: ThreadSummary }) {
  const { item, room, thread } = props
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  return (
    <button
      type="button"
      className="thread-link"
      data-testid="thread-link"
      data-unread={thread.unread}
      onClick={() => router.go({ page: 'channel', roomId: room.roomId, thread: item.eventId! })}
    >
      <MessagesSquare aria-hidden="true" />
      <b>{words.messages.answers(thread.count)}</b>
      <span className="muted">{time(thread.ts, language)}</span>
      {thread.unread > 0 && <span className="thread-new">{words.messages.unread(thread.unread)}</span>}
    </button>
  )
}

/** In the place of a message that will be gone for all in a moment. */
function Going(props: RowProps) {
  const { item, composer } = props
  const { session } = useShell()
  const words = useWords()
  const connection = useStore(session.connection)
  const removal = item.removal!
  return (
    <div className="message-going" role="status" data-testid="message-going">
      <p className="message-placeholder">
        <Trash2 aria-hidden="true" />
        {connection === 'offline' ? words.messages.removingOffline : words.messages.removing}
      </p>
      {removal.state === 'waiting' && (
        <button
          type="button"
          className="button small"
          data-testid="message-undo"
          onClick={() => composer.undo(removal.id)}
        >
          {words.messages.undo}
        </button>
      )}
    </div>
  )
}
