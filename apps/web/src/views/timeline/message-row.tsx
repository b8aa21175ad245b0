import {
  Check,
  CheckCheck,
  Clock,
  Copy,
  FilePlus2,
  KeyRound,
  MoreHorizontal,
  Pencil,
  Reply,
  Flag as ReportFlag,
  RotateCcw,
  Siren,
  Trash2,
  TriangleAlert,
  X,
} from 'lucide-react'
import type { Room } from 'matrix-js-sdk'
import { Fragment, lazy, memo, Suspense, useState } from 'react'
import { formsOf } from '../../viewmodel/timeline/mentions.ts'
import { segments } from '../../viewmodel/timeline/rich-text.ts'
import type { ComposerModel, MessageItem, MessageState } from '../../viewmodel/timeline/types.ts'
import { failureText, time } from '../../words/format.ts'
import { EscalationLines } from '../calls/escalation-row.tsx'
import { useNewCase } from '../cases/new-case-button.tsx'
import { DeliveryMark } from '../delivery/delivery-mark.tsx'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Avatar, Dialog, Flag, IconButton, Problem } from '../ui/parts.tsx'
import { Attachment, OutgoingFile } from './attachment.tsx'

const ReportDialog = lazy(() => import('../reports/report-dialog.tsx'))

type Props = {
  item: MessageItem
  room: Room
  composer: ComposerModel
  canRedactOthers: boolean
  highlighted: boolean
  onUrgent(eventId: string): void
  onJump(eventId: string): void
}

export const MessageRow = memo(function MessageRow(props: Props) {
  const { item, room } = props
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const [menu, setMenu] = useState(false)
  const person = people.person(item.sender, room.roomId)
  const deleted = item.body.type === 'deleted'
  const hidden = item.body.type === 'undecryptable' || item.body.type === 'unsupported'
  const raisable = item.eventId !== undefined && !deleted && !item.txnId
  return (
    <article
      className={`message ${item.mine ? 'mine' : ''} ${item.continued ? 'continued' : ''} ${props.highlighted ? 'highlighted' : ''}`}
      data-testid="message"
      data-event-id={item.eventId}
    >
      <div className="message-side">
        {!item.mine && !item.continued && <Avatar id={item.sender} name={person.name} />}
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
            className={`bubble ${deleted || hidden ? 'faint' : ''} ${item.escalations.length > 0 ? 'flagged' : ''}`}
          >
            {item.reply && (
              <button type="button" className="quote" onClick={() => props.onJump(item.reply!.eventId)}>
                <b>
                  {item.reply.sender
                    ? words.message.replyTo(people.person(item.reply.sender, room.roomId).title)
                    : words.message.replyUnknown}
                </b>
                {item.reply.excerpt && <span>{item.reply.excerpt}</span>}
              </button>
            )}
            <Body item={item} roomId={room.roomId} />
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
              {item.edited && <span>{words.message.edited}</span>}
              <time dateTime={new Date(item.ts).toISOString()}>{time(item.ts, language)}</time>
              {item.state && <Mark item={item} state={item.state} roomId={room.roomId} />}
            </footer>
          </div>
          {raisable && (
            <div className="message-actions">
              <IconButton
                label={words.urgent.raise}
                testId="message-urgent"
                onClick={() => props.onUrgent(item.eventId!)}
              >
                <Siren />
              </IconButton>
              <IconButton label={words.message.more} testId="message-more" onClick={() => setMenu(true)}>
                <MoreHorizontal />
              </IconButton>
            </div>
          )}
        </div>
        {item.txnId && item.state && <Pending item={item} />}
      </div>
      {menu && <Actions {...props} name={person.name} onClose={() => setMenu(false)} />}
    </article>
  )
})

function Body(props: { item: MessageItem; roomId: string }) {
  const { item } = props
  const words = useWords()
  const people = usePeople()
  const { body } = item
  switch (body.type) {
    case 'text': {
      const mentioned = (item.mentions ?? []).map((id) => people.person(id, props.roomId))
      const names = mentioned.flatMap(formsOf)
      return (
        <p className="message-text" data-testid="message-text" dir="auto">
          {segments(body.text, names).map((part, index) => {
            const key = `${index}-${part.kind}`
            if (part.kind === 'link') {
              return (
                <a key={key} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
                  {part.text}
                </a>
              )
            }
            if (part.kind === 'mention') {
              const who = mentioned.find((one) => part.text === `@${one.name}`)
              return (
                <mark key={key} title={who?.title}>
                  {part.text}
                  {who?.institutionName && <small> · {who.institutionName}</small>}
                </mark>
              )
            }
            return <Fragment key={key}>{part.text}</Fragment>
          })}
        </p>
      )
    }
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
      return (
        <Attachment
          body={body}
          from={{
            roomId: props.roomId,
            title: people.person(item.sender, props.roomId).title,
            ...(item.eventId ? { eventId: item.eventId } : {}),
          }}
        />
      )
    case 'outgoing_file':
      return <OutgoingFile body={body} />
    case 'deleted':
      return (
        <p className="message-placeholder">
          <Trash2 aria-hidden="true" />
          {words.message.deleted}
        </p>
      )
    case 'undecryptable':
      return (
        <p className="message-placeholder" data-testid="message-undecryptable" data-reason={body.reason}>
          <KeyRound aria-hidden="true" />
          {words.message.undecryptable[body.reason]}
        </p>
      )
    case 'unsupported':
      return <p className="message-placeholder">{words.message.unsupported}</p>
  }
}

const icons = {
  queued: Clock,
  sending: Clock,
  failed: TriangleAlert,
  sent: Check,
  read: CheckCheck,
}

/** What the node says of a message it has; before that, and where it says nothing, what this device knows. */
function Mark(props: { item: MessageItem; state: MessageState; roomId: string }) {
  const { item, state, roomId } = props
  const known = <State state={state} roomId={roomId} />
  if (item.eventId === undefined || (state.kind !== 'sent' && state.kind !== 'read')) return known
  return (
    <DeliveryMark
      roomId={roomId}
      eventId={item.eventId}
      readers={state.kind === 'read' ? state.readers : []}
      fallback={known}
    />
  )
}

function State(props: { state: MessageState; roomId: string }) {
  const words = useWords()
  const people = usePeople()
  const [open, setOpen] = useState(false)
  const { state } = props
  const Icon = icons[state.kind]
  const label =
    state.kind === 'read'
      ? words.state.read(state.readers.length)
      : state.kind === 'sending' && state.progress !== undefined
        ? words.state.uploading(Math.round(state.progress * 100))
        : words.state[state.kind]
  return (
    <>
      <button
        type="button"
        className={`state state-${state.kind}`}
        data-testid="message-state"
        data-state={state.kind}
        onClick={() => setOpen(true)}
      >
        <Icon aria-hidden="true" />
        <span>{label}</span>
      </button>
      {open && (
        <Dialog title={words.state.title} onClose={() => setOpen(false)}>
          <p>
            <strong>{label}</strong>
          </p>
          {state.kind === 'sent' && <p>{words.state.sentHint}</p>}
          {state.kind === 'read' && (
            <>
              <p>{words.state.readBy}:</p>
              <ul className="plain-list">
                {state.readers.map((id) => {
                  const reader = people.person(id, props.roomId)
                  return (
                    <li key={id}>
                      <Flag country={reader.country} /> <b>{reader.name}</b>
                      {reader.institutionName && <span className="muted"> · {reader.institutionName}</span>}
                    </li>
                  )
                })}
              </ul>
            </>
          )}
        </Dialog>
      )}
    </>
  )
}

function Pending(props: { item: MessageItem }) {
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { txnId, state } = props.item
  if (!state || !txnId) return null
  if (state.kind === 'failed') {
    return (
      <Problem
        action={
          <span className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="message-retry"
              onClick={() => session.outbox.retry(txnId)}
            >
              <RotateCcw aria-hidden="true" />
              {words.retry}
            </button>
            <button type="button" className="button" onClick={() => void session.outbox.discard(txnId)}>
              {words.message.discard}
            </button>
          </span>
        }
      >
        {failureText(state.failure, language, words)}
      </Problem>
    )
  }
  if (state.kind === 'sending' && state.progress !== undefined) {
    return (
      <div className="upload">
        <progress
          max={1}
          value={state.progress}
          aria-label={words.state.uploading(Math.round(state.progress * 100))}
        />
        <IconButton
          label={words.message.cancelUpload}
          testId="upload-cancel"
          onClick={() => void session.outbox.discard(txnId)}
        >
          <X />
        </IconButton>
      </div>
    )
  }
  if (state.kind === 'queued') {
    return (
      <button type="button" className="button quiet small" onClick={() => void session.outbox.discard(txnId)}>
        <X aria-hidden="true" />
        {words.message.discard}
      </button>
    )
  }
  return null
}

function Actions(props: Props & { name: string; onClose(): void }) {
  const { item, composer, onClose } = props
  const words = useWords()
  const language = useLanguage()
  const [deleting, setDeleting] = useState(false)
  const [reporting, setReporting] = useState(false)
  const newCase = useNewCase()
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const text = item.body.type === 'text' ? item.body.text : 'name' in item.body ? item.body.name : ''
  const target = { eventId: item.eventId!, sender: item.sender, text }
  const then = (action: () => void) => () => {
    action()
    onClose()
  }
  if (reporting)
    return (
      <Suspense>
        <ReportDialog roomId={props.room.roomId} eventId={item.eventId!} onClose={onClose} />
      </Suspense>
    )
  if (deleting) {
    return (
      <Dialog title={words.message.deleteTitle} onClose={onClose}>
        <p>{words.message.deleteHint}</p>
        {problem && <Problem>{problem}</Problem>}
        <div className="row-actions">
          <button
            type="button"
            className="button danger"
            data-testid="message-delete-confirm"
            onClick={() =>
              void composer.remove(item.eventId!).then((failure) => {
                if (failure) setProblem(failureText(failure, language, words))
                else onClose()
              })
            }
          >
            {words.message.delete}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={words.message.actions} onClose={onClose}>
      <div className="menu">
        <button type="button" data-testid="message-reply" onClick={then(() => composer.reply(target))}>
          <Reply aria-hidden="true" />
          {words.message.reply}
        </button>
        <button
          type="button"
          data-testid="message-case"
          onClick={then(
            () => void newCase(props.room.roomId, { event_id: item.eventId!, room_id: props.room.roomId }),
          )}
        >
          <FilePlus2 aria-hidden="true" />
          {words.cases.fromMessage}
        </button>
        {item.mine && item.body.type === 'text' && (
          <button type="button" data-testid="message-edit" onClick={then(() => composer.edit(target))}>
            <Pencil aria-hidden="true" />
            {words.message.edit}
          </button>
        )}
        {item.body.type === 'text' && (
          <button type="button" onClick={then(() => void navigator.clipboard.writeText(text))}>
            <Copy aria-hidden="true" />
            {words.message.copyText}
          </button>
        )}
        {!item.mine && (
          <button type="button" data-testid="message-report" onClick={() => setReporting(true)}>
            <ReportFlag aria-hidden="true" />
            {words.reports.action}
          </button>
        )}
        {(item.mine || props.canRedactOthers) && (
          <button
            type="button"
            className="danger-text"
            data-testid="message-delete"
            onClick={() => setDeleting(true)}
          >
            <Trash2 aria-hidden="true" />
            {words.message.delete}
          </button>
        )}
      </div>
    </Dialog>
  )
}
