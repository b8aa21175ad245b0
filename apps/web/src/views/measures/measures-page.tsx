import {
  type CaseFamily,
  caseFamilies,
  caseKinds,
  type Measure,
  type MeasureGroup,
} from '@enlace/coordination'
import { ArrowLeft, BarChart3, Download } from 'lucide-react'
import { saveFile } from '../../lib/save-file.ts'
import { createMeasures } from '../../viewmodel/measures/measures.ts'
import type { MeasuresChoice, MeasuresModel } from '../../viewmodel/measures/types.ts'
import { decimal, failureText, month } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'
import { Select } from '../ui/choice.tsx'
import { useInstitutionName, useLanguage, useModel, useShell, useStore, useWords } from '../ui/hooks.ts'
import { Blank, IconButton, Problem, Spinner } from '../ui/parts.tsx'

const PERIODS = [30, 90, 365, 0] as const
const GROUPS = ['all', 'kind', 'institution', 'country', 'month'] as const
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** What a bilateral meeting reads: how long things take, how many were in time, what is late now. */
export default function MeasuresPage() {
  const { session } = useShell()
  const model = useModel(() => createMeasures(session), [session])
  return model ? <Measures model={model} /> : null
}

function Measures({ model }: { model: MeasuresModel }) {
  const { router } = useShell()
  const words = useWords()
  const language = useLanguage()
  const { choice, measures, failure } = useStore(model.state)

  async function download() {
    const file = await model.csv()
    if (file) saveFile(file.content, file.name)
  }

  return (
    <section className="page" data-testid="measures-page">
      <header className="page-head">
        <IconButton
          label={words.back}
          className="only-narrow"
          onClick={() => router.go({ page: 'channels' })}
        >
          <ArrowLeft />
        </IconButton>
        <h2>{words.measures.title}</h2>
        <button
          type="button"
          className="button to-end"
          data-testid="measures-csv"
          onClick={() => void download()}
        >
          <Download aria-hidden="true" />
          {words.measures.csv}
        </button>
      </header>
      <div className="page-scroll measures">
        <p className="muted">{words.measures.hint}</p>
        <div className="filters">
          <Select
            label={words.measures.group}
            testId="measures-group"
            value={choice.group}
            onChange={(value) => model.choose({ group: value as MeasuresChoice['group'] })}
            choices={GROUPS.map((one) => ({ value: one, label: words.measures.groups[one] }))}
          />
          <Select
            label={words.measures.period}
            value={String(choice.days)}
            onChange={(value) => model.choose({ days: Number(value) })}
            choices={PERIODS.map((one) => ({ value: String(one), label: words.measures.periods[one] }))}
          />
          <Select
            label={words.measures.family}
            value={choice.family ?? ''}
            onChange={(value) => model.choose({ family: (value || undefined) as CaseFamily | undefined })}
            choices={[
              { value: '', label: words.measures.allFamilies },
              ...Object.entries(caseFamilies).map(([key, one]) => ({
                value: key,
                label: one.label[language],
              })),
            ]}
          />
        </div>
        {failure && (
          <Problem
            action={
              <button type="button" className="button" onClick={() => void model.load()}>
                {words.retry}
              </button>
            }
          >
            {failure.kind === 'offline'
              ? words.measures.offline
              : `${words.measures.failed} ${failureText(failure, language, words)}`}
          </Problem>
        )}
        {!measures && !failure && <Spinner label={words.loading} />}
        {measures?.length === 0 && (
          <Blank icon={<BarChart3 />} title={words.measures.empty} hint={words.measures.emptyHint} />
        )}
        {measures && measures.length > 0 && <Charts group={choice.group} measures={measures} />}
      </div>
    </section>
  )
}

function Charts(props: { group: MeasureGroup | 'all'; measures: readonly Measure[] }) {
  const { measures, group } = props
  const words = useWords()
  const language = useLanguage()
  const institution = useInstitutionName()
  const own = words.measures
  const name = (key: string): string => {
    switch (group) {
      case 'all':
        return own.groups.all
      case 'kind':
        return caseKinds[key as keyof typeof caseKinds]?.label[language] ?? key
      case 'country':
        return words.countries[key] ?? key
      case 'institution':
        return institution(key)
      case 'month':
        return month(key, language)
    }
  }
  const spans = ['acknowledged', 'issued', 'delivered'] as const
  return (
    <>
      {spans.map((span) => (
        <SpanChart
          key={span}
          title={own[span]}
          bars={measures.map((one) => ({
            key: one.key,
            name: name(one.key),
            count: one[span].count,
            median: one[span].median,
            p90: one[span].p90,
          }))}
        />
      ))}
      <SpanChart
        title={own.escalationTime}
        bars={measures.map((one) => ({
          key: one.key,
          name: name(one.key),
          count: one.escalationAcknowledged.count,
          median: one.escalationAcknowledged.median,
          p90: one.escalationAcknowledged.p90,
        }))}
      />
      <div className="card scroll-x">
        <table className="measure-table" data-testid="measures-table">
          <thead>
            <tr>
              <th scope="col">{own.groups[group]}</th>
              <th scope="col">{own.family}</th>
              <th scope="col">{own.within}</th>
              <th scope="col">{own.overdue}</th>
              <th scope="col">{own.rejected}</th>
              <th scope="col">{own.escalations}</th>
            </tr>
          </thead>
          <tbody>
            {measures.map((one) => (
              <tr key={one.key} data-key={one.key}>
                <th scope="row">{name(one.key)}</th>
                <td>{one.cases}</td>
                <td>{one.withinTarget === undefined ? '—' : `${Math.round(one.withinTarget * 100)} %`}</td>
                <td className={one.overdueNow > 0 ? 'late' : undefined}>{one.overdueNow}</td>
                <td>{one.rejected}</td>
                <td>{one.escalations}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

type Bar = { key: string; name: string; count: number; median: number | undefined; p90: number | undefined }

/** Two bars per group: half of the cases were faster than the dark one, nine of ten faster than the light one. The numbers stand beside them. */
function SpanChart(props: { title: string; bars: readonly Bar[] }) {
  const words = useWords()
  const language = useLanguage()
  const longest = Math.max(1, ...props.bars.map((bar) => bar.p90 ?? 0))
  const share = (value: number | undefined) => `${Math.max(0.5, ((value ?? 0) / longest) * 100)}%`
  return (
    <figure className="card span-chart">
      <figcaption>
        <b>{props.title}</b>{' '}
        <span className="muted">
          <span className="legend">
            <i className="swatch strong" aria-hidden="true" />
            {words.measures.median}
          </span>
          <span className="legend">
            <i className="swatch" aria-hidden="true" />
            {words.measures.p90}
          </span>
        </span>
      </figcaption>
      <ul>
        {props.bars.map((bar) => (
          <li key={bar.key}>
            <span className="span-name">
              {bar.name} <span className="muted">({bar.count})</span>
            </span>
            {bar.median === undefined ? (
              <span className="muted">{words.measures.none}</span>
            ) : (
              <>
                <span className="span-track" aria-hidden="true">
                  <span className="span-p90" style={{ inlineSize: share(bar.p90) }} />
                  <span className="span-median" style={{ inlineSize: share(bar.median) }} />
                </span>
                <span className="span-value">
                  {span(bar.median, words, language)} · {span(bar.p90 ?? bar.median, words, language)}
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
    </figure>
  )
}

function span(ms: number, words: Words, language: Language): string {
  if (ms < MINUTE_MS) return '< 1 min'
  if (ms < HOUR_MS) return `${decimal(ms / MINUTE_MS, language)} min`
  if (ms < 2 * DAY_MS) return `${decimal(ms / HOUR_MS, language)} h`
  return words.measures.days(decimal(ms / DAY_MS, language))
}
