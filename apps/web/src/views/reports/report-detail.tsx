import { useCallback, useEffect, useState } from 'react'
import type { DeskReport, ReportsModel, ShownReport } from '../../viewmodel/reports/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import type { Words } from '../../words/types.ts'
import { useInstitutionName, useLanguage, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'
import { DecisionText, useWho } from './parts.tsx'
import { ProvedWordsForm, WordsForm } from './words-form.tsx'

type Act = 'warn' | 'suspend' | 'close'

export function reporterText(
  report: DeskReport,
  own: Words['reports'],
  who: (userId: string) => string,
  nameOf: (institution: string) => string,
): string {
  if (report.reporter !== undefined) return own.by(who(report.reporter))
  return report.reporter_institution === undefined
    ? own.noName
    : own.noNameOf(nameOf(report.reporter_institution))
}

/** One report: what it is about, the message where it was shown, and what can be done. */
export function ReportDetail({ model, id }: { model: ReportsModel; id: string }) {
  const { session, router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const who = useWho()
  const nameOf = useInstitutionName()
  const own = words.reports
  const [report, setReport] = useState<ShownReport | undefined>(undefined)
  const [act, setAct] = useState<Act | undefined>(undefined)
  const [handed, setHanded] = useState(false)
  const { busy, failure, run } = useTask()
  const came = useStore(session.disclosures.version)
  const load = useCallback(() => run(async () => setReport(await model.open(id))), [model, id, came])
  useEffect(() => void load(), [load])
  const doing = (what: 'take' | 'remove') =>
    run(async () => {
      await model.act(id, what)
      setReport(await model.open(id))
    })
  const problem = failure && <Problem>{failureText(failure, language, words)}</Problem>
  if (!report) return problem ?? <Spinner label={words.loading} />
  const { room_id, event_id, about } = report
  const channel = room_id === undefined ? undefined : session.client.getRoom(room_id)
  const open = report.state !== 'decided'
  const when = (ts: number) => dateTime(ts, language, words)
  return (
    <div data-testid="report" data-state={report.state} className="report-detail">
      <section className="card">
        <h2>{own.reasons[report.reason]}</h2>
        <p>
          <span className={`report-state ${report.state}`}>{own.states[report.state]}</span>
          {report.state === 'taken' && report.taken_by && <> {own.takenBy(who(report.taken_by))}</>}
        </p>
        {about && <p>{own.about(who(about))}</p>}
        <p className="muted">{reporterText(report, own, who, nameOf)}</p>
        <p className="muted">
          {own.filedOn(when(report.filed_ts))}
          {report.sent_ts !== undefined && <> · {own.wrote(when(report.sent_ts))}</>}
          {channel && <> · {own.in(channel.name)}</>}
        </p>
        {report.words && (
          <>
            <p>
              <b>{own.said}</b>
            </p>
            <blockquote data-testid="report-said">{report.words}</blockquote>
          </>
        )}
        <div className="row-actions">
          {open && report.taken_by !== session.userId && (
            <button
              type="button"
              className="button"
              data-testid="report-take"
              disabled={busy}
              onClick={() => void doing('take')}
            >
              {own.take}
            </button>
          )}
          {channel && event_id && channel.getMyMembership() === 'join' && (
            <button
              type="button"
              className="button"
              onClick={() => router.go({ page: 'channel', roomId: channel.roomId, eventId: event_id })}
            >
              {own.openChannel}
            </button>
          )}
        </div>
      </section>
      {report.kind === 'message' && (
        <section className="card" data-testid="report-message">
          <h2>{own.message}</h2>
          <Message report={report} />
          {report.removed_by && <p>{own.removed(who(report.removed_by))}</p>}
          {open && !report.removed_by && report.may_remove && (
            <div className="row-actions">
              <button
                type="button"
                className="button danger-outline"
                data-testid="report-remove"
                disabled={busy}
                onClick={() => void doing('remove')}
              >
                {own.remove}
              </button>
            </div>
          )}
          {open && !report.removed_by && !report.may_remove && report.ask.length > 0 && (
            <p className="muted">{own.askToRemove(report.ask.map(who).join(', '))}</p>
          )}
          {report.elsewhere && report.messages.length > 0 && (
            <>
              <p className="muted">{own.handOnHint}</p>
              <div className="row-actions">
                <button
                  type="button"
                  className="button"
                  data-testid="report-hand-on"
                  disabled={busy || handed}
                  onClick={() =>
                    void run(async () => {
                      await model.handOn(report)
                      setHanded(true)
                    })
                  }
                >
                  {own.handOn(nameOf(report.elsewhere.name))}
                </button>
              </div>
              {handed && <p role="status">{own.handedOn}</p>}
            </>
          )}
        </section>
      )}
      {problem}
      {open ? (
        <section className="card" data-testid="report-decide">
          <h2>{own.decide}</h2>
          {!report.ours && about && <p className="muted">{own.notOurs}</p>}
          {act === undefined ? (
            <div className="row-actions">
              {(report.ours ? (['warn', 'suspend', 'close'] as const) : (['close'] as const)).map((one) => (
                <button
                  key={one}
                  type="button"
                  className={`button ${one === 'suspend' ? 'danger-outline' : ''}`}
                  data-testid={`report-${one}`}
                  onClick={() => setAct(one)}
                >
                  {one === 'close' && report.removed_by ? own.closeRemoved : own.acts[one]}
                </button>
              ))}
            </div>
          ) : (
            <>
              <p>{own.actHints[act]}</p>
              {act === 'suspend' ? (
                <ProvedWordsForm
                  asker={session}
                  label={`${own.acts[act]}: ${own.reason}`}
                  hint={own.reasonHint}
                  submit={own.confirm}
                  testId="decide"
                  max={300}
                  act={async (reason, proof) => {
                    const problem = await model.suspend(id, reason, proof)
                    if (problem === undefined) setReport(await model.open(id))
                    return problem
                  }}
                  onCancel={() => setAct(undefined)}
                />
              ) : (
                <WordsForm
                  label={`${own.acts[act]}: ${own.reason}`}
                  hint={own.reasonHint}
                  submit={own.confirm}
                  testId="decide"
                  max={300}
                  onSubmit={async (reason) => {
                    await model.decide(id, act, reason)
                    setReport(await model.open(id))
                  }}
                  onCancel={() => setAct(undefined)}
                />
              )}
            </>
          )}
        </section>
      ) : (
        <section className="card" data-testid="report-decided" data-outcome={report.outcome}>
          <h2>{own.states.decided}</h2>
          {report.outcome && <p>{own.outcomes[report.outcome]}</p>}
          {report.decision ? (
            <DecisionText decision={report.decision} desk />
          ) : (
            report.decided_by &&
            report.decided_ts !== undefined && (
              <>
                <p className="muted">{own.decidedBy(who(report.decided_by), when(report.decided_ts))}</p>
                <blockquote>{report.reason_text}</blockquote>
              </>
            )
          )}
        </section>
      )}
    </div>
  )
}

function Message({ report }: { report: ShownReport }) {
  const own = useWords().reports
  const why = {
    not_shown: own.notShown,
    not_here: own.notHere,
    not_opened: own.notOpened,
    kept: own.kept,
  }
  if (report.missing) return <p data-testid="report-missing">{why[report.missing]}</p>
  return (
    <>
      {report.messages.map((one, index) => (
        <div key={`${index}-${one.type}`}>
          {index > 0 && <p className="muted">{own.edited}</p>}
          <blockquote data-testid="report-content" dir="auto">
            {one.type === 'text' ? one.text : one.type === 'file' ? own.file(one.name) : own.unsupported}
          </blockquote>
        </div>
      ))}
      <p className="muted">{own.verified}</p>
    </>
  )
}
