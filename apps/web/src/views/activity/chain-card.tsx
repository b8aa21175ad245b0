import { ShieldAlert, ShieldCheck } from 'lucide-react'
import type { ActivityModel, ActivityState } from '../../viewmodel/activity/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import { useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

/** Whether the log is as it was written: what partners signed, what this device counted, and what does not fit. */
export function ChainCard({ model, state }: { model: ActivityModel; state: ActivityState }) {
  const words = useWords()
  const language = useLanguage()
  const { busy, failure, run } = useTask()
  const own = words.activity
  const { chain, verdict } = state
  const signed = chain?.partners.filter(({ ts }) => ts !== null) ?? []
  /** One that has neither signed nor refused to answer has not been asked yet. */
  const told = chain?.partners.filter(({ ts, problem }) => ts !== null || problem === 'no-answer') ?? []
  return (
    <section className="card" data-testid="activity-chain" data-ok={verdict ? String(verdict.ok) : undefined}>
      <h2>{own.chain}</h2>
      <p className="muted">{own.chainHint}</p>
      {chain?.alarms.map((alarm) => (
        <Problem key={`${alarm.kind}${alarm.server}${alarm.seq}`}>{alarm.message[language]}</Problem>
      ))}
      {chain && signed.length === 0 && <p>{own.none}</p>}
      <ul className="plain-list">
        {told.map(({ server, seq, ts, problem }) => (
          <li key={server}>
            {ts !== null && own.signed(server, dateTime(ts, language, words))}{' '}
            {chain && ts !== null && chain.seq > seq && own.signedBehind(chain.seq - seq)}{' '}
            {problem === 'no-answer' && own.notAnswering(server)}
          </li>
        ))}
      </ul>
      <div role="status">
        {verdict?.ok && (
          <p className="signed-mark ok">
            <ShieldCheck aria-hidden="true" />
            <b>{own.good(verdict.entries)}</b>
          </p>
        )}
        {verdict?.ok && <p className="muted">{own.goodKeys}</p>}
        {verdict?.fault && (
          <Problem>
            <ShieldAlert aria-hidden="true" /> <b>{own.bad}</b> {verdict.fault[language]} {own.badHint}
          </Problem>
        )}
      </div>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button"
          data-testid="activity-verify"
          disabled={busy}
          onClick={() => void run(() => model.verify())}
        >
          {busy ? own.verifying : own.verify}
        </button>
      </div>
    </section>
  )
}
