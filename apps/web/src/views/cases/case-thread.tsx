import { LockKeyhole, SendHorizontal } from 'lucide-react'
import { useState } from 'react'
import { noteText } from '../../viewmodel/cases/case-history.ts'
import type { CaseModel, CaseView } from '../../viewmodel/cases/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { OurDelivery } from '../delivery/our-delivery.tsx'
import { Attachment } from '../timeline/attachment.tsx'
import { useLanguage, usePeople, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Flag, IconButton, Problem } from '../ui/parts.tsx'

/** The encrypted notes of a case, and those of this device that are still on their way. */
export function CaseThread(props: { model: CaseModel; view: CaseView; roomId: string; caseId: string }) {
  const { model, view, roomId, caseId } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const outbox = useStore(session.outbox.entries)
  const [text, setText] = useState('')
  const known = new Set(view.notes.map((one) => one.id))
  const leaving = outbox.filter(
    (one) =>
      one.content['m.relates_to']?.rel_type === 'm.thread' &&
      one.content['m.relates_to'].event_id === caseId &&
      !(one.eventId && known.has(one.eventId)),
  )

  async function send() {
    const note = text.trim()
    if (!note) return
    setText('')
    await model.note(note)
  }

  return (
    <section className="case-card-box" data-testid="case-thread">
      <h3>{words.cases.page.notes}</h3>
      {view.threadFailure && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void model.refresh()}>
              {words.retry}
            </button>
          }
        >
          {words.cases.page.threadFailed} {failureText(view.threadFailure, language, words)}
        </Problem>
      )}
      {view.notes.length + leaving.length === 0 && !view.threadFailure && (
        <p className="muted">{words.cases.page.noNotes}</p>
      )}
      <ul className="case-notes">
        {view.notes.map((note) => {
          const person = people.person(note.sender, roomId)
          return (
            <li key={note.id} data-testid="case-note">
              <span className="history-who">
                <Flag country={person.country} /> <b>{person.name}</b> · {dateTime(note.ts, language, words)}
              </span>
              {note.body && 'file' in note.body ? (
                <Attachment body={note.body} />
              ) : (
                <p className={note.body?.type === 'text' ? '' : 'muted'} dir="auto">
                  {noteText(note, words)}
                </p>
              )}
              <OurDelivery roomId={roomId} eventId={note.id} sender={note.sender} />
            </li>
          )
        })}
        {leaving.map((one) => (
          <li key={one.txnId} data-testid="case-note-leaving">
            <span className="history-who">
              {one.state === 'failed' ? words.state.failed : words.state.sending}
            </span>
            <p dir="auto">{String(one.content.body ?? '')}</p>
            {one.state === 'failed' && (
              <span className="row-actions">
                <button
                  type="button"
                  className="button small"
                  onClick={() => session.outbox.retry(one.txnId)}
                >
                  {words.retry}
                </button>
                <button
                  type="button"
                  className="button small"
                  onClick={() => void session.outbox.discard(one.txnId)}
                >
                  {words.message.discard}
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      <form
        className="case-note-form"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <label>
          <span className="visually-hidden">{words.cases.page.notePlaceholder}</span>
          <textarea
            data-testid="case-note-input"
            rows={2}
            maxLength={4_000}
            placeholder={words.cases.page.notePlaceholder}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <IconButton label={words.cases.page.noteSend} testId="case-note-send" onClick={() => void send()}>
          <SendHorizontal />
        </IconButton>
      </form>
      <p className="form-privacy muted">
        <LockKeyhole aria-hidden="true" />
        {words.cases.sheet.noteHint}
      </p>
    </section>
  )
}
