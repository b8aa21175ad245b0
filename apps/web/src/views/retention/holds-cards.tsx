import { caseKinds, type HoldReason, holdReasons } from '@enlace/coordination'
import { useState } from 'react'
import type { RetentionModel, RetentionOverview } from '../../viewmodel/retention/retention.ts'
import { failureText, moment } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLabel, useLanguage, useTask, useWords } from '../ui/hooks.ts'
import { Problem } from '../ui/parts.tsx'

type Shown = { model: RetentionModel; overview: RetentionOverview }
const reasons = Object.keys(holdReasons) as HoldReason[]

export function UpcomingCard({ model, overview }: Shown) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const own = words.retention
  const [asking, setAsking] = useState<string | undefined>(undefined)
  return (
    <section className="card" data-testid="retention-upcoming">
      <h2>{own.upcoming}</h2>
      {overview.upcoming.length === 0 && <p className="muted">{own.noUpcoming}</p>}
      {overview.due_messages.map(({ room_id, until_ts }) => (
        <p key={room_id} data-testid="due-messages">
          <b>{model.channelName(room_id)}</b> {own.messages(moment(until_ts, language))}.{' '}
          {overview.deletes ? own.dueNow : own.wouldGo}
        </p>
      ))}
      <ul className="plain-list">
        {overview.upcoming.map(({ case_id, room_id, reference, kind, due_ts, state }) => (
          <li key={case_id} data-testid="upcoming-case" data-state={state}>
            <p>
              <b>{reference}</b> {label(caseKinds[kind].label)}
            </p>
            <p className="muted">
              {state === 'held'
                ? own.stopped
                : state === 'due'
                  ? overview.deletes
                    ? own.dueNow
                    : own.wouldGo
                  : (overview.deletes ? own.on : own.endsOn)(moment(due_ts, language))}
            </p>
            {overview.institution && state !== 'held' && asking !== case_id && (
              <button
                type="button"
                className="button"
                aria-label={`${own.hold}: ${reference}`}
                onClick={() => setAsking(case_id)}
              >
                {own.hold}
              </button>
            )}
            {asking === case_id && (
              <AskHold model={model} roomId={room_id} caseId={case_id} done={() => setAsking(undefined)} />
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function AskHold(props: { model: RetentionModel; roomId: string; caseId: string; done(): void }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const own = words.retention
  const [reason, setReason] = useState<HoldReason>('court_order')
  const { busy, failure, run } = useTask()
  return (
    <div className="retention-shorten">
      <Select
        label={own.reason}
        value={reason}
        onChange={(value) => setReason(value as HoldReason)}
        choices={reasons.map((key) => ({ value: key, label: label(holdReasons[key]) }))}
      />
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions">
        <button
          type="button"
          className="button primary"
          data-testid="place-hold"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await props.model.placeHold(props.roomId, props.caseId, reason)
              props.done()
            })
          }
        >
          {own.hold}
        </button>
        <button type="button" className="button" onClick={props.done}>
          {words.cancel}
        </button>
      </div>
    </div>
  )
}

export function HoldsCard({ model, overview }: Shown) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  const nameOf = useInstitutionName()
  const { busy, failure, run } = useTask()
  const own = words.retention
  const references = new Map(overview.upcoming.map((one) => [one.case_id, one.reference]))
  const holds = overview.channels.flatMap(({ room_id, holds: all }) => all.map((hold) => ({ room_id, hold })))
  const names = (all: readonly { institution: string }[]) =>
    all.map(({ institution }) => nameOf(institution)).join(', ')
  const ours = (all: readonly { institution: string }[]) =>
    all.some(({ institution }) => institution === overview.institution)
  return (
    <section className="card" data-testid="retention-holds">
      <h2>{own.holds}</h2>
      {holds.length === 0 && <p className="muted">{own.noHolds}</p>}
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <ul className="plain-list">
        {holds.map(({ room_id, hold }) => (
          <li key={`${room_id}${hold.about}`} data-testid="hold" data-state={hold.state}>
            <p>
              <b>{hold.about === room_id ? own.wholeChannel : (references.get(hold.about) ?? hold.about)}</b>{' '}
              {model.channelName(room_id)}
            </p>
            <p>
              {label(holdReasons[hold.reason])}. {own.placedBy(names(hold.placed))}
            </p>
            <p className="muted">
              {hold.state === 'asked'
                ? own.asked(moment(hold.alone_until ?? hold.review_ts, language))
                : own.held(moment(hold.review_ts, language))}
            </p>
            {hold.lifted.length > 0 && <p className="note">{own.lifting(names(hold.lifted))}</p>}
            {overview.institution && (
              <div className="row-actions">
                {hold.state === 'asked' && !ours(hold.placed) && (
                  <button
                    type="button"
                    className="button primary"
                    disabled={busy}
                    onClick={() => void run(() => model.placeHold(room_id, hold.about, hold.reason))}
                  >
                    {own.agree}
                  </button>
                )}
                {!ours(hold.lifted) && (hold.state === 'held' || ours(hold.placed)) && (
                  <button
                    type="button"
                    className="button"
                    disabled={busy}
                    onClick={() => void run(() => model.liftHold(room_id, hold.about))}
                  >
                    {own.lift}
                  </button>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
