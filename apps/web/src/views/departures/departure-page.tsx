import { KeyRound } from 'lucide-react'
import { useEffect, useState } from 'react'
import { createDeparture } from '../../viewmodel/departures/departure.ts'
import type { DepartureModel, DepartureState } from '../../viewmodel/departures/types.ts'
import type { PublishOutcome } from '../../viewmodel/institution/types.ts'
import { failureText, moment } from '../../words/format.ts'
import { CopyKeyDialog } from '../institution/key-dialogs.tsx'
import { ProofForm } from '../session/proof.tsx'
import { useLanguage, useModel, usePeople, useShell, useStore, useTask, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { CasesPart, Progress, ShiftsPart, SuccessorPart } from './departure-parts.tsx'

/** One person's departure: what will happen, to whom things go, the act, and how it goes on. */
export function DeparturePage({ userId, onName }: { userId: string; onName(name: string): void }) {
  const { session } = useShell()
  const model = useModel(() => createDeparture(session, userId), [session, userId])
  return model ? <Loaded model={model} onName={onName} /> : null
}

function Loaded({ model, onName }: { model: DepartureModel; onName(name: string): void }) {
  const words = useWords()
  const language = useLanguage()
  const state = useStore(model.state)
  useEffect(() => {
    void model.load()
  }, [model])
  const { departure, plan, failure } = state
  const name = plan?.name ?? departure?.name
  useEffect(() => {
    if (name !== undefined) onName(name)
  }, [name, onName])
  if (failure && !departure)
    return (
      <Problem
        action={
          <button type="button" className="button" onClick={() => void model.load()}>
            {words.retry}
          </button>
        }
      >
        {failureText(failure, language, words)}
      </Problem>
    )
  if (departure && departure.state !== 'undone') return <UnderWay model={model} state={state} />
  if (!plan) return <Spinner label={words.loading} />
  return <Choosing model={model} state={state} />
}

function Choosing({ model, state }: { model: DepartureModel; state: DepartureState }) {
  const words = useWords()
  const { router } = useShell()
  const own = words.leaving
  const [asking, setAsking] = useState(false)
  const [giving, setGiving] = useState(false)
  const { plan, chosen, missing, signs } = state
  if (!plan) return null
  const needed =
    plan.cases.length > 0 ||
    plan.shifts.turns.length + plan.shifts.overrides.length > 0 ||
    plan.last_coordinator
  const office = model.office()
  return (
    <>
      {state.departure?.state === 'undone' && (
        <p className="note" role="status" data-testid="leaving-undone">
          {own.undoneText}
        </p>
      )}
      <section className="card" data-testid="leaving-what">
        <h2>{own.what}</h2>
        <ol className="bullets numbers">
          {own.whatSteps(state.own).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ol>
        <p className="muted">{own.rooms(plan.rooms.channels, plan.rooms.conversations)}</p>
        {plan.calls.length > 0 && <p className="note">{own.calls(plan.calls.length)}</p>}
        <p>{own[plan.account]}</p>
        <p className="note">{signs ? own.signsHere : `${own.signsLater} ${own.undoBefore}`}</p>
      </section>
      {needed && plan.colleagues.length === 0 && <Problem>{own.nobody}</Problem>}
      <ShiftsPart plan={plan} chosen={chosen} model={model} />
      <CasesPart plan={plan} chosen={chosen} model={model} />
      {plan.last_coordinator && (
        <SuccessorPart
          plan={plan}
          chosen={chosen}
          model={model}
          signs={signs}
          onGiveKey={() => setGiving(true)}
          onKeyPage={() => router.go({ page: 'institution' })}
        />
      )}
      <section className="card leaving-act">
        {missing.length > 0 && (
          <ul className="bullets" data-testid="leaving-missing">
            {missing.map((one) => (
              <li key={one}>{own.missing[one]}</li>
            ))}
          </ul>
        )}
        <div className="row-actions">
          <button
            type="button"
            className="button danger"
            data-testid="leaving-start"
            disabled={missing.length > 0}
            onClick={() => setAsking(true)}
          >
            {state.own ? own.startOwn : own.start}
          </button>
        </div>
      </section>
      {asking && <Confirm model={model} state={state} onClose={() => setAsking(false)} />}
      {giving && office && (
        <CopyKeyDialog model={office} institution={plan.institution} onClose={() => setGiving(false)} />
      )}
    </>
  )
}

function Confirm(props: { model: DepartureModel; state: DepartureState; onClose(): void }) {
  const { model, state } = props
  const { session } = useShell()
  const own = useWords().leaving
  const [outcome, setOutcome] = useState<PublishOutcome | undefined>(undefined)
  const name = state.plan?.name ?? state.userId
  return (
    <Dialog title={state.own ? own.confirmTitleOwn : own.confirmTitle(name)} onClose={props.onClose}>
      <ProofForm
        asker={session}
        submit={own.confirm}
        submitTestId="leaving-confirm"
        danger
        onBack={props.onClose}
        act={async (proof) => {
          const { problem, unsigned } = await model.start(proof)
          if (problem !== undefined) return problem
          setOutcome(unsigned)
          if (unsigned === undefined || model.state.get().departure) props.onClose()
          return undefined
        }}
      >
        <p>{state.plan && own[state.plan.account]}</p>
        <p className="note">{state.signs ? own.signsHere : own.undoBefore}</p>
        <NotSigned outcome={outcome} />
      </ProofForm>
    </Dialog>
  )
}

function NotSigned({ outcome }: { outcome: PublishOutcome | undefined }) {
  const texts: Readonly<Record<string, string>> = useWords().leaving.outcomes
  const text = outcome === undefined ? undefined : texts[outcome]
  return text === undefined ? null : <Problem>{text}</Problem>
}

function UnderWay({ model, state }: { model: DepartureModel; state: DepartureState }) {
  const words = useWords()
  const language = useLanguage()
  const people = usePeople()
  const { router } = useShell()
  const own = words.leaving
  const { busy, failure, run } = useTask()
  const [outcome, setOutcome] = useState<PublishOutcome | undefined>(undefined)
  const [undoing, setUndoing] = useState(false)
  const { departure, plan, signs, missing, chosen } = state
  if (!departure) return null
  const waitsForRoster = departure.steps.some(
    ({ step, done_ts }) => step === 'roster' && done_ts === undefined,
  )
  const stuck = departure.steps.some(
    ({ step, problem }) => problem && (step === 'shifts' || step === 'cases'),
  )
  return (
    <>
      <section className="card" data-testid="leaving-progress" data-state={departure.state}>
        <h2>{own.progress}</h2>
        {departure.state === 'done' && (
          <p className="office-line good">
            <b>{state.own ? own.doneOwn : own.doneOther(departure.name)}</b>
          </p>
        )}
        <Progress departure={departure} />
        <p className="muted">
          {own.startedBy(people.person(departure.by).name, moment(departure.started_ts, language))}
        </p>
        {failure && <Problem>{failureText(failure, language, words)}</Problem>}
        <NotSigned outcome={outcome} />
        <div className="row-actions">
          {departure.state === 'open' && waitsForRoster && signs && (
            <button
              type="button"
              className="button primary"
              data-testid="leaving-sign"
              disabled={busy}
              onClick={() => void run(async () => setOutcome(await model.sign()))}
            >
              {own.sign}
            </button>
          )}
          {departure.undoable && (
            <button
              type="button"
              className="button"
              data-testid="leaving-undo"
              disabled={busy}
              onClick={() => setUndoing(true)}
            >
              {own.undo}
            </button>
          )}
        </div>
      </section>
      {stuck && plan && (
        <>
          <ShiftsPart plan={plan} chosen={chosen} model={model} />
          <CasesPart plan={plan} chosen={chosen} model={model} />
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="leaving-again"
              disabled={busy || missing.length > 0}
              onClick={() => void run(async () => setOutcome(await model.sign()))}
            >
              {own.confirm}
            </button>
          </div>
        </>
      )}
      {departure.had_key && !state.own && (
        <section className="card" data-testid="leaving-key">
          <h2>{own.keyTitle}</h2>
          <p>{own.keyHad}</p>
          <ol className="bullets numbers">
            {own.keySteps.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="leaving-to-key"
              onClick={() => router.go({ page: 'institution' })}
            >
              <KeyRound aria-hidden="true" />
              {own.toKey}
            </button>
          </div>
        </section>
      )}
      {undoing && (
        <Dialog title={own.undo} onClose={() => setUndoing(false)}>
          <p>{own.undoHint}</p>
          {failure && <Problem>{failureText(failure, language, words)}</Problem>}
          <div className="row-actions">
            <button
              type="button"
              className="button primary"
              data-testid="leaving-undo-confirm"
              disabled={busy}
              onClick={() =>
                void run(async () => {
                  await model.undo()
                  setUndoing(false)
                })
              }
            >
              {own.undo}
            </button>
            <button type="button" className="button" onClick={() => setUndoing(false)}>
              {words.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
