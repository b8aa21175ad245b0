import { useState } from 'react'
import type { SuspensionNotice } from '../../viewmodel/reports/types.ts'
import { dateTime } from '../../words/format.ts'
import { useApp, useLanguage, useWords } from '../ui/hooks.ts'
import { WordsForm } from './words-form.tsx'

/** In place of the sign-in, for whoever was refused: why, and the one way to say something against it. */
export default function SuspendedCard({ notice, onBack }: { notice: SuspensionNotice; onBack(): void }) {
  const { app } = useApp()
  const words = useWords()
  const language = useLanguage()
  const [open, setOpen] = useState(false)
  const [sent, setSent] = useState(false)
  const own = words.reports
  const { decision, token } = notice
  const answer = decision?.answer
  return (
    <section className="card sign-in-card" data-testid="suspended">
      <h2>{own.suspended.title}</h2>
      <p className="muted">{own.suspended.since(dateTime(notice.since, language, words))}</p>
      <blockquote data-testid="suspended-reason">{notice.reason}</blockquote>
      <p>{own.suspended.kept}</p>
      {decision?.appeal && !answer && <p role="status">{own.appeal.waits}</p>}
      {answer && (
        <>
          <p>
            <b>{own.answers[answer.outcome]}</b>
          </p>
          <blockquote>{answer.reason}</blockquote>
        </>
      )}
      {sent && <p role="status">{own.appeal.sent}</p>}
      {token !== undefined && !sent && !open && (
        <button
          type="button"
          className="button big"
          data-testid="suspended-appeal"
          onClick={() => setOpen(true)}
        >
          {own.appeal.open}
        </button>
      )}
      {token !== undefined && !sent && open && (
        <WordsForm
          label={own.appeal.words}
          hint={own.appeal.hint}
          submit={own.appeal.send}
          testId="appeal"
          max={1_000}
          onSubmit={async (text) => {
            await app.appeal(token, text)
            setSent(true)
          }}
          onCancel={() => setOpen(false)}
        />
      )}
      {(!open || sent) && (
        <button type="button" className="button quiet" data-testid="suspended-back" onClick={onBack}>
          {own.suspended.back}
        </button>
      )}
    </section>
  )
}
