import type { Measure, MeasureGroup } from '@enlace/coordination'
import { decimal } from '../../words/format.ts'
import type { Language, Words } from '../../words/types.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

export const spanKeys = ['acknowledged', 'issued', 'delivered', 'escalationAcknowledged'] as const

interface ChartProps {
  measures: readonly Measure[]
  /** of a measure, by its key */
  name(key: string): string
}

/** Two bars per group: half of the cases were faster than the dark one, nine of ten faster than the light one. The numbers stand beside them. */
export function SpanChart({ span, measures, name }: ChartProps & { span: (typeof spanKeys)[number] }) {
  const words = useWords()
  const language = useLanguage()
  const own = words.measures
  const longest = Math.max(1, ...measures.map((one) => one[span].p90 ?? 0))
  const share = (value: number | undefined) => `${Math.max(0.5, ((value ?? 0) / longest) * 100)}%`
  return (
    <figure className="card span-chart" data-testid={`measures-${span}`}>
      <figcaption>
        <b>{span === 'escalationAcknowledged' ? own.escalationTime : own[span]}</b>{' '}
        <span className="muted">
          <span className="legend">
            <i className="swatch strong" aria-hidden="true" />
            {own.median}
          </span>
          <span className="legend">
            <i className="swatch" aria-hidden="true" />
            {own.p90}
          </span>
        </span>
      </figcaption>
      <ul>
        {measures.map(({ key, [span]: { count, median, p90 } }) => (
          <li key={key}>
            <span className="span-name">
              {name(key)} <span className="muted">({count})</span>
            </span>
            {median === undefined ? (
              <span className="muted">{own.none}</span>
            ) : (
              <>
                <span className="span-track" aria-hidden="true">
                  <span className="span-p90" style={{ inlineSize: share(p90) }} />
                  <span className="span-median" style={{ inlineSize: share(median) }} />
                </span>
                <span className="span-value">
                  {spanText(median, words, language)} · {spanText(p90 ?? median, words, language)}
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
    </figure>
  )
}

/** How many of what was fulfilled was so by its deadline. */
export function ShareChart({ measures, name }: ChartProps) {
  const own = useWords().measures
  return (
    <figure className="card span-chart" data-testid="measures-within">
      <figcaption>
        <b>{own.within}</b>
      </figcaption>
      <ul>
        {measures.map(({ key, withinTarget }) => (
          <li key={key}>
            <span className="span-name">{name(key)}</span>
            {withinTarget === undefined ? (
              <span className="muted">{own.none}</span>
            ) : (
              <>
                <span className="span-track" aria-hidden="true">
                  <span className="span-median" style={{ inlineSize: `${withinTarget * 100}%` }} />
                </span>
                <span className="span-value">{shareText(withinTarget)}</span>
              </>
            )}
          </li>
        ))}
      </ul>
    </figure>
  )
}

export function MeasuresTable({ group, measures, name }: ChartProps & { group: MeasureGroup | 'all' }) {
  const own = useWords().measures
  return (
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
              <td>{one.withinTarget === undefined ? '—' : shareText(one.withinTarget)}</td>
              <td className={one.overdueNow > 0 ? 'late' : undefined}>{one.overdueNow}</td>
              <td>{one.rejected}</td>
              <td>{one.escalations}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const shareText = (share: number) => `${Math.round(share * 100)} %`

function spanText(ms: number, words: Words, language: Language): string {
  if (ms < MINUTE_MS) return '< 1 min'
  if (ms < HOUR_MS) return `${decimal(ms / MINUTE_MS, language)} min`
  if (ms < 2 * DAY_MS) return `${decimal(ms / HOUR_MS, language)} h`
  return words.measures.days(decimal(ms / DAY_MS, language))
}
