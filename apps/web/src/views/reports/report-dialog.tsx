import { type FormEvent, useEffect, useState } from 'react'
import { readersOf, report } from '../../viewmodel/reports/report-message.ts'
import type { ReportReaders, ReportReason } from '../../viewmodel/reports/types.ts'
import { failureText } from '../../words/format.ts'
import { RadioCards } from '../ui/choice.tsx'
import { useInstitutionName, useLanguage, useShell, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { useWho } from './parts.tsx'

const REASONS: readonly ReportReason[] = ['child_data', 'impersonation', 'threats', 'fraud', 'other']

/** Telling the coordination of a message: why, in words, and whether they are shown it. */
export default function ReportDialog(props: { roomId: string; eventId: string; onClose(): void }) {
  const { roomId, eventId, onClose } = props
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const own = words.reports
  const [readers, setReaders] = useState<ReportReaders | undefined>(undefined)
  const [reason, setReason] = useState<ReportReason | undefined>(undefined)
  const [text, setText] = useState('')
  const [consent, setConsent] = useState(false)
  const [named, setNamed] = useState(false)
  const [sent, setSent] = useState(false)
  const reading = useTask()
  const sending = useTask()
  const load = () => reading.run(async () => setReaders(await readersOf(session, roomId, eventId)))
  useEffect(() => void load(), [session, roomId, eventId])

  if (sent)
    return (
      <Dialog title={own.dialog.title} onClose={onClose} testId="report-sent">
        <p role="status">{own.dialog.sent}</p>
        <div className="row-actions">
          <button type="button" className="button primary" onClick={onClose}>
            {words.close}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => router.go({ page: 'office', part: 'reports' })}
          >
            {own.dialog.see}
          </button>
        </div>
      </Dialog>
    )
  const other = readers?.desks.find((desk) => !desk.own)
  function submit(event: FormEvent) {
    event.preventDefault()
    if (!readers || !reason) return
    void sending.run(async () => {
      await report(session, { roomId, eventId }, readers, { reason, words: text, consent, named })
      setSent(true)
    })
  }
  return (
    <Dialog title={own.dialog.title} onClose={onClose} testId="report-dialog">
      <form onSubmit={submit} className="report-form">
        <p className="muted">{own.dialog.hint}</p>
        <RadioCards
          label={own.dialog.why}
          testId="report-reason"
          value={reason ?? ''}
          onChange={(value) => setReason(REASONS.find((one) => one === value))}
          choices={REASONS.map((one) => ({ value: one, label: own.reasons[one] }))}
        />
        <label className="field">
          <span>{own.dialog.words}</span>
          <textarea
            data-testid="report-words"
            rows={3}
            maxLength={2_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <small>{own.dialog.wordsHint}</small>
        </label>
        <div>
          <b>{own.dialog.readers}</b>
          {!readers && !reading.failure && <Spinner label={words.loading} />}
          {reading.failure && (
            <Problem
              action={
                <button type="button" className="button" onClick={() => void load()}>
                  {words.retry}
                </button>
              }
            >
              {own.dialog.needNetwork}
            </Problem>
          )}
          {readers && <ReaderList readers={readers} />}
        </div>
        <label className="check-line report-choice">
          <input
            type="checkbox"
            data-testid="report-consent"
            checked={consent}
            onChange={(event) => setConsent(event.target.checked)}
          />
          <span>
            <b>{own.dialog.consent}</b>
            <small>{own.dialog.consentHint}</small>
          </span>
        </label>
        {other && (
          <label className="check-line report-choice">
            <input
              type="checkbox"
              data-testid="report-named"
              checked={named}
              onChange={(event) => setNamed(event.target.checked)}
            />
            <span>
              <b>
                {own.dialog.named(
                  other.institution === undefined ? own.dialog.theOther : nameOf(other.institution),
                )}
              </b>
              <small>{own.dialog.namedHint}</small>
            </span>
          </label>
        )}
        {sending.failure && <Problem>{failureText(sending.failure, language, words)}</Problem>}
        <div className="row-actions">
          <button
            type="submit"
            className="button primary"
            data-testid="report-send"
            disabled={sending.busy || !readers || !reason}
          >
            {own.dialog.send}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function ReaderList({ readers }: { readers: ReportReaders }) {
  const words = useWords()
  const who = useWho()
  const nameOf = useInstitutionName()
  const own = words.reports.dialog
  return (
    <ul className="plain-list" data-testid="report-readers">
      {readers.desks.map((desk) => (
        <li key={`${desk.server} ${desk.institution ?? ''}`}>
          <span>
            {desk.own ? own.own : desk.institution === undefined ? own.theOther : nameOf(desk.institution)}:{' '}
          </span>
          {desk.coordinators.length === 0 && <span className="muted">{own.noReaders}</span>}
          {desk.coordinators.map((one, index) => (
            <span key={one}>
              {index > 0 && ', '}
              {who(one)}
              {!desk.reachable.includes(one) && <small className="muted"> ({own.unreachable})</small>}
            </span>
          ))}
        </li>
      ))}
    </ul>
  )
}
