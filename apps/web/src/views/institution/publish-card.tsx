import { PenLine } from 'lucide-react'
import { useState } from 'react'
import type {
  OfficeModel,
  OfficeState,
  PublishOutcome,
  RosterChange,
} from '../../viewmodel/institution/types.ts'
import { failureText } from '../../words/format.ts'
import { useLanguage, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { date } from './parts.tsx'

/** Everything collected, in words, under one signature. */
export function PublishCard({ model, state }: { model: OfficeModel; state: OfficeState }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.publish
  const step = useStore(model.step)
  const [asking, setAsking] = useState(false)
  const [outcome, setOutcome] = useState<PublishOutcome | undefined>(undefined)
  const { busy, failure, run } = useTask()
  const { pending, changes, published } = state

  const nameOf = (change: RosterChange) => {
    const row = state.rows.find((one) => one.change === change)
    return row?.name ?? change.userId ?? words.roster.unknown
  }
  const lines = changes.map((change) => {
    const who = nameOf(change)
    if (change.kind === 'strike') return own.strike(who)
    const role = words.roster.rolesIn[change.role]
    return change.until === undefined
      ? own.add(who, role)
      : own.addUntil(who, role, date(change.until, language))
  })
  if (state.duty.wanted !== undefined) lines.push(state.duty.wanted ? own.dutyOn : own.dutyOff)
  const count = lines.length
  const summary = count > 0 ? lines : [own.renew]
  const blocked =
    state.key.kind === 'none'
      ? own.needKey
      : state.key.kind === 'unnamed'
        ? own.needNamed
        : state.threshold > 1
          ? own.needMore(state.threshold)
          : undefined

  const publish = () =>
    run(async () => {
      setOutcome(undefined)
      const next = await model.publish(summary)
      setOutcome(next)
      setAsking(false)
    })
  const mustRenew = state.expiresSoon && published !== undefined
  if (count === 0 && !pending && !mustRenew && outcome === undefined)
    return published ? (
      <p className="muted" data-testid="publish-valid">
        {own.valid(date(published.expiresAt, language), published.version)}
      </p>
    ) : null
  return (
    <section className={count > 0 ? 'card office-publish' : 'card'} data-testid="publish-card">
      {state.merged && (
        <div className="note" role="status" data-testid="publish-merged">
          <b>{own.mergedTitle}</b>
          <ul className="bullets">
            {state.merged.added.map((who) => (
              <li key={`a${who}`}>{own.mergedAdded(who)}</li>
            ))}
            {state.merged.gone.map((who) => (
              <li key={`g${who}`}>{own.mergedGone(who)}</li>
            ))}
            {state.merged.changed.map((who) => (
              <li key={`c${who}`}>{own.mergedChanged(who)}</li>
            ))}
          </ul>
          <p>{own.mergedHint}</p>
        </div>
      )}
      {pending && <Pending model={model} state={state} />}
      {outcome === 'taken' && count === 0 && (
        <p className="note" role="status" data-testid="publish-taken">
          {own.taken}
        </p>
      )}
      {mustRenew && <Problem>{own.expires(date(published.expiresAt, language))}</Problem>}
      {(count > 0 || mustRenew) && (
        <>
          {count > 0 && <h2>{own.title(count)}</h2>}
          {count > 0 && <p className="muted">{own.hint}</p>}
          {blocked && <p className="note">{blocked}</p>}
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="publish-open"
              disabled={blocked !== undefined}
              onClick={() => setAsking(true)}
            >
              <PenLine aria-hidden="true" />
              {count > 0 ? own.sign : own.renewAction}
            </button>
            {count > 0 && (
              <button type="button" className="button" data-testid="publish-undo" onClick={model.undoAll}>
                {own.undoAll}
              </button>
            )}
          </div>
        </>
      )}
      {asking && (
        <Dialog
          title={own.confirmTitle}
          testId="publish-dialog"
          {...(busy ? {} : { onClose: () => setAsking(false) })}
        >
          <p>{own.confirmHint}</p>
          <ul className="bullets" data-testid="publish-summary">
            {summary.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          {step && <Spinner label={own.steps[step]} />}
          {failure && <Problem>{failureText(failure, language, words)}</Problem>}
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="publish-confirm"
              disabled={busy}
              onClick={() => void publish()}
            >
              {own.confirm}
            </button>
            <button type="button" className="button" disabled={busy} onClick={() => setAsking(false)}>
              {words.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}

/** Signed already: on its way, or sent back. */
function Pending({ model, state }: { model: OfficeModel; state: OfficeState }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.publish
  const { pending } = state
  if (!pending) return null
  const list = (
    <ul className="bullets">
      {pending.summary.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
  if (pending.state !== 'refused')
    return (
      <div className="note" role="status" data-testid="publish-waiting">
        <b>{own.waitingTitle}</b>
        <p>{own.waiting}</p>
        {list}
      </div>
    )
  const code = pending.code?.split('.').at(-1) ?? ''
  return (
    <Problem
      action={
        <button
          type="button"
          className="button"
          data-testid="publish-reload"
          onClick={() => void model.discardPending()}
        >
          {own.reload}
        </button>
      }
    >
      <b data-testid="publish-refused">{own.refusedTitle}</b>
      <p>
        {own.codes[code] ??
          (pending.failure ? failureText(pending.failure, language, words) : words.failure.refused)}
      </p>
      {list}
    </Problem>
  )
}
