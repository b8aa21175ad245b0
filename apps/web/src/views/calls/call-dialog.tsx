import type { Escalation } from '@enlace/coordination'
import {
  type EscalationEntry,
  type EscalationStage,
  escalationLevels,
  nextStepAt,
  snoozeReasons,
  stageAt,
} from '@enlace/coordination'
import { lazy, Suspense, useState } from 'react'
import { alertOutcome } from '../../viewmodel/calls/alert-text.ts'
import { createCall } from '../../viewmodel/calls/call.ts'
import type { AlertDelivery, CallAction, CallModel, CallState } from '../../viewmodel/calls/types.ts'
import { dateTime, failureText } from '../../words/format.ts'
import type { Words } from '../../words/types.ts'
import {
  useInstitutionName,
  useLanguage,
  useModel,
  usePeople,
  useShell,
  useStore,
  useWords,
} from '../ui/hooks.ts'
import { Dialog, Problem } from '../ui/parts.tsx'

const SnoozeForm = lazy(() => import('./call-forms.tsx').then((forms) => ({ default: forms.SnoozeForm })))
const HandOverForm = lazy(() => import('./call-forms.tsx').then((forms) => ({ default: forms.HandOverForm })))

/** Everything about one call: whom it climbs to, what has happened, and what this person can do. */
export function CallDialog(props: { id: string; onClose(): void }) {
  const { session } = useShell()
  const model = useModel(() => createCall(session, props.id), [session, props.id])
  return model ? <Call model={model} onClose={props.onClose} /> : null
}

function Call(props: { model: CallModel; onClose(): void }) {
  const words = useWords()
  const language = useLanguage()
  const state = useStore(props.model.state)
  const escalation = state.call
  if (!escalation) return null
  const now = Date.now()
  const snoozed = escalation.state === 'open' && (escalation.snoozedUntil ?? 0) > now
  const next = nextStepAt(escalation)
  const repeats = escalation.step >= escalation.chain.length - 1
  return (
    <Dialog title={words.calls.title} onClose={props.onClose} testId="call-dialog" wide>
      <p className="call-state" data-testid="call-state" data-state={snoozed ? 'snoozed' : escalation.state}>
        <b>{words.calls.state[snoozed ? 'snoozed' : escalation.state]}</b>
        {escalation.reference && ` · ${words.calls.about(escalation.reference)}`}
        <br />
        <span className="muted">{words.calls.cause[escalation.cause]}</span>
      </p>
      {snoozed && <p>{words.calls.snoozedUntil(dateTime(escalation.snoozedUntil!, language, words))}</p>}
      {!snoozed && next !== undefined && (
        <p data-testid="call-next">
          {(repeats ? words.calls.repeats : words.calls.nextStep)(dateTime(next, language, words))}
        </p>
      )}
      <Handed escalation={escalation} />
      <Actions model={props.model} state={state} />
      <ChainStages chain={escalation.chain} step={escalation.step} over={escalation.state !== 'open'} />
      <History escalation={escalation} />
      {state.ledger && <Ledger entries={state.ledger} />}
    </Dialog>
  )
}

function Handed({ escalation }: { escalation: Escalation }) {
  const words = useWords()
  const people = usePeople()
  if (!escalation.handedTo) return null
  return <p>{words.calls.handedTo(people.person(escalation.handedTo, escalation.roomId).title)}</p>
}

/** `over`: nobody is being called now. */
export function ChainStages(props: { chain: readonly EscalationStage[]; step?: number; over?: boolean }) {
  const words = useWords()
  const language = useLanguage()
  const nameOf = useInstitutionName()
  const who = (stage: EscalationStage) =>
    stage.institutions?.map(nameOf).join(', ') ??
    (stage.country ? (words.countries[stage.country] ?? stage.country) : words.calls.everyone)
  function placeOf(at: number): string | undefined {
    if (props.step === undefined) return undefined
    const reached = Math.min(props.step, props.chain.length - 1)
    if (at < reached || (at === reached && props.over)) return words.calls.done
    if (props.over) return undefined
    return at === reached ? words.calls.now : words.calls.later
  }
  return (
    <ol className="chain">
      {props.chain.map((stage, at) => {
        const place = placeOf(at)
        return (
          <li key={at} aria-current={place === words.calls.now ? 'step' : undefined}>
            <span>{words.calls.stage(escalationLevels[stage.level][language], who(stage))}</span>
            <span className="muted">
              {words.calls.within(duration(stage.within_ms, words))}
              {place && ` · ${place}`}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

function duration(ms: number, words: Words): string {
  const minutes = Math.round(ms / 60_000)
  return minutes % 60 === 0 || minutes < 60
    ? words.calls.snooze.minutes(minutes)
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const STRONG: readonly CallAction[] = ['acknowledge', 'accept_hand_over']

function Actions(props: { model: CallModel; state: CallState }) {
  const { model } = props
  const { actions, busy, failure, colleagues } = props.state
  const words = useWords()
  const language = useLanguage()
  const [form, setForm] = useState<'snooze' | 'hand_over' | undefined>(undefined)
  async function close(done: Promise<boolean>) {
    if (await done) setForm(undefined)
  }
  return (
    <>
      {failure && <Problem>{failureText(failure, language, words)}</Problem>}
      <div className="row-actions wrap">
        {actions.map((action) => (
          <button
            key={action}
            type="button"
            className={STRONG.includes(action) ? 'button primary' : 'button'}
            data-testid={`call-${action}`}
            disabled={busy}
            onClick={() =>
              action === 'snooze' || action === 'hand_over' ? setForm(action) : void close(model.act(action))
            }
          >
            {words.calls.actions[action]}
          </button>
        ))}
      </div>
      <Suspense>
        {form === 'snooze' && (
          <SnoozeForm busy={busy} onSubmit={(minutes, reason) => void close(model.snooze(minutes, reason))} />
        )}
        {form === 'hand_over' && (
          <HandOverForm
            busy={busy}
            people={colleagues}
            onSubmit={(to) => void close(model.act('hand_over', { to }))}
          />
        )}
      </Suspense>
    </>
  )
}

function History({ escalation }: { escalation: Escalation }) {
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const name = (id: string) => people.person(id, escalation.roomId).title
  const level = (step: number) => escalationLevels[stageAt(escalation, step).level][language]
  const text = (entry: EscalationEntry): string => {
    const own = words.calls.entry
    switch (entry.what) {
      case 'step': {
        const step = entry.step ?? 0
        const said = step >= escalation.chain.length ? own.repeated(level(step)) : own.step(level(step))
        return `${said}: ${why(entry)}`
      }
      case 'alerted':
        return own.alerted((entry.persons ?? []).map(name).join(', '))
      case 'hand_over':
        return own.hand_over(name(entry.sender), name(entry.to ?? ''))
      case 'snooze': {
        const until = dateTime(entry.until ?? entry.at, language, words)
        return `${own.snooze(name(entry.sender), until)}${entry.reason ? ` (${snoozeReasons[entry.reason][language]})` : ''}`
      }
      default:
        return own[entry.what](name(entry.sender))
    }
  }
  const why = (entry: EscalationEntry): string => {
    const own = words.calls.because
    if (entry.because === 'unreachable') return own.unreachable((entry.unreachable ?? []).join(', '))
    return own[entry.because ?? 'unacknowledged']
  }
  const refusal = (reason: string): string =>
    words.calls.refusal[reason as keyof typeof words.calls.refusal] ?? words.calls.refusal.other
  const lines = [
    ...escalation.history.map((entry) => ({
      id: entry.eventId,
      at: entry.at,
      text: text(entry),
      refused: false,
    })),
    ...escalation.refused.map((step) => ({
      id: step.eventId,
      at: step.at,
      text: `${words.calls.entry.refused(name(step.sender))}: ${refusal(step.reason)}`,
      refused: true,
    })),
  ].sort((a, b) => a.at - b.at)
  return (
    <section>
      <h3>{words.calls.history}</h3>
      <ol className="call-history" data-testid="call-history">
        {lines.map((line) => (
          <li key={line.id} className={line.refused ? 'muted' : undefined}>
            <time dateTime={new Date(line.at).toISOString()}>{dateTime(line.at, language, words)}</time>
            <span>{line.text}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Ledger({ entries }: { entries: readonly AlertDelivery[] }) {
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  return (
    <section>
      <h3>{words.calls.ledger}</h3>
      {entries.length === 0 && <p className="muted">{words.calls.ledgerEmpty}</p>}
      <ul className="call-history" data-testid="call-ledger">
        {entries.map((entry) => (
          <li key={`${entry.user_id}-${entry.channel}-${entry.queued_ts}`}>
            <time dateTime={new Date(entry.queued_ts).toISOString()}>
              {dateTime(entry.queued_ts, language, words)}
            </time>
            <span>
              {people.person(entry.user_id).title} · {words.calls.channel[entry.channel]} ·{' '}
              {alertOutcome(entry, words)}
              {entry.only_here && <strong> {words.calls.onlyHere}</strong>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
