import { Check, CheckCheck, Clock, RotateCcw, TriangleAlert, X } from 'lucide-react'
import { useState } from 'react'
import type { MessageItem, MessageState } from '../../viewmodel/timeline/types.ts'
import { failureText } from '../../words/format.ts'
import { DeliveryMark } from '../delivery/delivery-mark.tsx'
import { useLanguage, usePeople, useShell, useWords } from '../ui/hooks.ts'
import { Dialog, Flag, IconButton, Problem } from '../ui/parts.tsx'

const icons = {
  queued: Clock,
  sending: Clock,
  failed: TriangleAlert,
  sent: Check,
  read: CheckCheck,
}

/** What the node says of a message it has; before that, and where it says nothing, what this device knows. */
export function Mark(props: { item: MessageItem; state: MessageState; roomId: string }) {
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

/** What can be done while a message is on its way. */
export function Pending(props: { item: MessageItem }) {
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
