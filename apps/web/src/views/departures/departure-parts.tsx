import { Check, Circle, CircleAlert } from 'lucide-react'
import type { Chosen, Departure, DepartureModel, DeparturePlan } from '../../viewmodel/departures/types.ts'
import { moment } from '../../words/format.ts'
import { Select } from '../ui/choice.tsx'
import { useLanguage, useWords } from '../ui/hooks.ts'

type Part = { plan: DeparturePlan; chosen: Chosen; model: DepartureModel }

function PersonChoice(props: {
  label: string
  testId: string
  plan: DeparturePlan
  value: string | undefined
  empty?: string
  onChange(userId: string | undefined): void
}) {
  const words = useWords()
  const roles = words.roster.roles as Readonly<Record<string, string>>
  return (
    <Select
      label={props.label}
      testId={props.testId}
      value={props.value ?? ''}
      onChange={(value) => props.onChange(value === '' ? undefined : value)}
      choices={[
        { value: '', label: props.empty ?? words.leaving.choose },
        ...props.plan.colleagues.map((one) => ({
          value: one.user_id,
          label: one.role === undefined ? one.name : `${one.name} (${roles[one.role] ?? one.role})`,
        })),
      ]}
    />
  )
}

/** What of the duty roster would be nobody's, and who takes it. */
export function ShiftsPart({ plan, chosen, model }: Part) {
  const words = useWords()
  const language = useLanguage()
  const own = words.leaving
  const { turns, overrides, swaps } = plan.shifts
  const lines = [
    ...turns.map(({ weekdays, from, to }) =>
      own.turn(weekdays.map((day) => own.days[day - 1]).join(', '), from, to),
    ),
    ...overrides.map((one) => own.span(moment(one.from_ts, language), moment(one.to_ts, language))),
    ...swaps.map((one) => own.swap(moment(one.from_ts, language), moment(one.to_ts, language))),
  ]
  return (
    <section className="card" data-testid="leaving-shifts">
      <h2>{own.shifts}</h2>
      {lines.length === 0 ? (
        <p className="muted">{own.noShifts}</p>
      ) : (
        <>
          <ul className="bullets">
            {lines.map((line, at) => (
              <li key={`${at}${line}`}>{line}</li>
            ))}
          </ul>
          <PersonChoice
            label={own.shiftsTo}
            testId="leaving-shifts-to"
            plan={plan}
            value={chosen.shiftsTo}
            onChange={(userId) => model.choose({ shiftsTo: userId })}
          />
        </>
      )}
    </section>
  )
}

/** Open cases, and who takes each. */
export function CasesPart({ plan, chosen, model }: Part) {
  const words = useWords()
  const own = words.leaving
  const takerOf = (caseId: string) => chosen.cases[caseId] ?? chosen.casesTo
  const cases = [...new Map(plan.cases.map((one) => [one.case_id, one])).values()]
  function split(caseId: string, userId: string | undefined) {
    const { [caseId]: _, ...rest } = chosen.cases
    model.choose({ cases: userId === undefined ? rest : { ...rest, [caseId]: userId } })
  }
  return (
    <section className="card" data-testid="leaving-cases">
      <h2>{own.cases}</h2>
      {cases.length === 0 ? (
        <p className="muted">{own.noCases}</p>
      ) : (
        <>
          <PersonChoice
            label={own.casesTo}
            testId="leaving-cases-to"
            plan={plan}
            value={chosen.casesTo}
            onChange={(userId) => model.choose({ casesTo: userId })}
          />
          <ul className="leaving-cases">
            {cases.map((one) => {
              const taker = takerOf(one.case_id)
              return (
                <li key={one.case_id}>
                  <b>{one.reference}</b> <span className="muted">{own.sides[one.side]}</span>
                  {taker !== undefined && !one.members.includes(taker) && (
                    <p className="muted">{own.notInChannel}</p>
                  )}
                </li>
              )
            })}
          </ul>
          {cases.length > 1 && (
            <details>
              <summary data-testid="leaving-split">{own.split}</summary>
              {cases.map((one) => (
                <PersonChoice
                  key={one.case_id}
                  label={one.reference}
                  testId={`leaving-case-${one.reference}`}
                  plan={plan}
                  value={chosen.cases[one.case_id]}
                  empty={own.sameForAll}
                  onChange={(userId) => split(one.case_id, userId)}
                />
              ))}
            </details>
          )}
        </>
      )}
    </section>
  )
}

/** Who follows the last coordinator. */
export function SuccessorPart(props: Part & { signs: boolean; onGiveKey(): void; onKeyPage(): void }) {
  const { plan, chosen, model, signs } = props
  const words = useWords()
  const own = words.leaving
  return (
    <section className="card" data-testid="leaving-successor">
      <h2>{own.successor}</h2>
      <p>{own.successorHint}</p>
      <PersonChoice
        label={own.successorTo}
        testId="leaving-successor-to"
        plan={plan}
        value={chosen.successor}
        onChange={(userId) => model.choose({ successor: userId })}
      />
      {signs ? (
        <>
          <p className="muted">{own.giveKeyHint}</p>
          <div className="row-actions">
            <button
              type="button"
              className="button"
              data-testid="leaving-give-key"
              disabled={chosen.successor === undefined}
              onClick={props.onGiveKey}
            >
              {own.giveKey}
            </button>
          </div>
          <label className="switch-row">
            <input
              type="checkbox"
              data-testid="leaving-key-given"
              checked={chosen.keyGiven}
              disabled={chosen.successor === undefined}
              onChange={(event) => model.choose({ keyGiven: event.target.checked })}
            />
            {own.keyGiven}
          </label>
        </>
      ) : (
        <>
          <p className="note">{own.needKey}</p>
          <div className="row-actions">
            <button type="button" className="button" onClick={props.onKeyPage}>
              {own.toKey}
            </button>
          </div>
        </>
      )}
    </section>
  )
}

/** Each step: done, waiting, or why it waits. */
export function Progress({ departure }: { departure: Departure }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.leaving
  return (
    <ol className="leaving-steps" aria-live="polite">
      {departure.steps.map(({ step, done_ts, problem }) => (
        <li key={step} data-testid={`leaving-step-${step}`} data-done={done_ts !== undefined}>
          {done_ts !== undefined ? (
            <Check aria-hidden="true" />
          ) : problem ? (
            <CircleAlert aria-hidden="true" />
          ) : (
            <Circle aria-hidden="true" />
          )}
          <div>
            <span>
              {step === 'account' && departure.account === 'stays' ? own.stepStays : own.steps[step]}
            </span>
            <span className="muted">
              {done_ts !== undefined ? moment(done_ts, language) : problem ? problem[language] : own.waits}
            </span>
          </div>
        </li>
      ))}
    </ol>
  )
}
