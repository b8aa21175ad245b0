import '../../styles/measures/measures.css'
import type { MeetingState } from '@enlace/coordination/meetings'
import { createMeasures } from '../../viewmodel/measures/measures.ts'
import type { MeasuresModel } from '../../viewmodel/measures/types.ts'
import { freshnessCounts, measuredDays } from '../../viewmodel/meetings/meeting-measures.ts'
import { failureText } from '../../words/format.ts'
import { ShareChart, SpanChart } from '../measures/measure-charts.tsx'
import { useInstitutions, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Problem, Spinner } from '../ui/parts.tsx'
import { Part } from './part.tsx'

/** What the measures say when institutions meet again: time to documents, share in time, urgent calls, the directory. */
export default function MeasuresPart(props: { state: MeetingState; before?: MeetingState | undefined }) {
  const { session } = useShell()
  const days = measuredDays(props.before, Date.now())
  const model = useModel(() => createMeasures(session, Date.now, { group: 'country', days }), [session, days])
  return model ? <Measured {...props} model={model} days={days} /> : null
}

function Measured(props: {
  state: MeetingState
  before?: MeetingState | undefined
  model: MeasuresModel
  days: number
}) {
  const { state, before, model, days } = props
  const words = useWords()
  const language = useLanguage()
  const own = words.meetings.measures
  const { measures, failure } = useStore(model.state)
  const name = (key: string) => words.countries[key] ?? key
  const calls = measures?.reduce((sum, one) => sum + one.escalations, 0) ?? 0
  return (
    <Part title={own.title} testId="meeting-measures">
      <p className="muted">
        {before && before.startsAt < Date.now() ? own.since(days) : own.lately} {own.whose}
      </p>
      {failure && (
        <Problem
          action={
            <button type="button" className="button" onClick={() => void model.load()}>
              {words.retry}
            </button>
          }
        >
          {failure.kind === 'offline' ? words.measures.offline : failureText(failure, language, words)}
        </Problem>
      )}
      {!measures && !failure && <Spinner label={words.loading} />}
      {measures?.length === 0 && <p>{words.measures.empty}</p>}
      {measures && measures.length > 0 && (
        <>
          <SpanChart span="issued" measures={measures} name={name} />
          <ShareChart measures={measures} name={name} />
          <p data-testid="meeting-escalations">
            {words.measures.escalations}: <b>{calls}</b>
          </p>
          {calls > 0 && <SpanChart span="escalationAcknowledged" measures={measures} name={name} />}
        </>
      )}
      <FreshnessChart institutions={state.institutions} />
    </Part>
  )
}

const FRESHNESS = ['verified', 'due', 'overdue'] as const

function FreshnessChart({ institutions }: { institutions: readonly string[] }) {
  const words = useWords()
  const counts = freshnessCounts(institutions, useInstitutions())
  const shown = FRESHNESS.filter((one) => counts[one] > 0)
  if (shown.length === 0) return null
  return (
    <figure className="commitment-chart" data-testid="meeting-freshness">
      <figcaption>
        <b>{words.meetings.measures.directory}</b>
      </figcaption>
      <div className="commitment-bar" aria-hidden="true">
        {shown.map((one) => (
          <span key={one} data-freshness={one} style={{ flexGrow: counts[one] }} />
        ))}
      </div>
      <ul>
        {shown.map((one) => (
          <li key={one}>
            <i className="commitment-swatch" data-freshness={one} aria-hidden="true" />
            {words.directory.freshness[one]}: <b data-count={one}>{counts[one]}</b>
          </li>
        ))}
      </ul>
    </figure>
  )
}
