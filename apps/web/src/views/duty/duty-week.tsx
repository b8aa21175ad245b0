import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { DutyDay, DutyModel, DutyPage, DutyState, Stretch } from '../../viewmodel/duty/types.ts'
import { localDay, localTime } from '../../words/format.ts'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'
import { IconButton } from '../ui/parts.tsx'

type Props = { model: DutyModel; state: DutyState; page: DutyPage; nameOf(userId: string): string }

/** The week: a table of positions by days at a desk, a list of days on a phone. */
export function DutyWeek(props: Props) {
  const { model, state } = props
  const words = useWords()
  const language = useLanguage()
  const { days } = state
  const first = days[0]
  const last = days.at(-1)
  return (
    <section aria-labelledby="duty-week-title" data-testid="duty-week">
      <header className="duty-week-head">
        <h3 id="duty-week-title">
          {first && last
            ? words.duty.weekOf(localDay(first.start, language), localDay(last.start, language))
            : words.duty.week}
        </h3>
        <span className="duty-week-steps">
          <IconButton
            label={words.duty.previousWeek}
            testId="duty-week-before"
            onClick={() => model.week(-1)}
          >
            <ChevronLeft />
          </IconButton>
          <button type="button" className="button small" onClick={model.thisWeek}>
            {words.duty.thisWeek}
          </button>
          <IconButton label={words.duty.nextWeek} testId="duty-week-after" onClick={() => model.week(1)}>
            <ChevronRight />
          </IconButton>
        </span>
      </header>
      <WeekTable {...props} days={days} />
      <DayList {...props} days={days} />
    </section>
  )
}

function WeekTable({ page, days, nameOf }: Props & { days: readonly DutyDay[] }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  if (page.book.positions.length === 0) return null
  return (
    <div className="duty-table-frame">
      <table className="duty-table">
        <thead>
          <tr>
            <th scope="col">{words.duty.position}</th>
            {days.map((day) => (
              <th key={day.date} scope="col" className={day.today ? 'today' : ''}>
                {localDay(day.start, language)}
                {day.today && <span className="visually-hidden"> ({words.duty.today})</span>}
                {day.off.map((name) => (
                  <span key={name.es} className="duty-off">
                    {label(name)}
                  </span>
                ))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {page.book.positions.map((position) => (
            <tr key={position.key}>
              <th scope="row">{label(position.name)}</th>
              {days.map((day) => (
                <td key={day.date} className={day.today ? 'today' : ''}>
                  <Stretches
                    stretches={day.stretches.filter((one) => one.position === position.key)}
                    nameOf={nameOf}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function DayList({ page, days, nameOf }: Props & { days: readonly DutyDay[] }) {
  const words = useWords()
  const language = useLanguage()
  const label = useLabel()
  return (
    <ol className="duty-days">
      {days.map((day) => (
        <li key={day.date} className={day.today ? 'duty-day today' : 'duty-day'}>
          <h4>
            {localDay(day.start, language)}
            {day.today && <span className="duty-today"> · {words.duty.today}</span>}
            {day.off.map((name) => (
              <span key={name.es} className="duty-off">
                {label(name)}
              </span>
            ))}
          </h4>
          {day.stretches.length === 0 && <p className="muted">{words.duty.noTurns}</p>}
          {page.book.positions.map((position) => {
            const own = day.stretches.filter((one) => one.position === position.key)
            if (own.length === 0) return null
            return (
              <div key={position.key} className="duty-day-position">
                <span className="muted">{label(position.name)}</span>
                <Stretches stretches={own} nameOf={nameOf} />
              </div>
            )
          })}
        </li>
      ))}
    </ol>
  )
}

function Stretches(props: { stretches: readonly Stretch[]; nameOf(userId: string): string }) {
  const words = useWords()
  const language = useLanguage()
  return (
    <ul className="duty-stretches">
      {props.stretches.map((one) => (
        <li key={`${one.from_ts}-${one.gap}`} className={one.gap ? 'duty-stretch gap' : 'duty-stretch'}>
          <span className="duty-hours">
            {localTime(one.from_ts, language)}–{localTime(one.to_ts, language)}
          </span>{' '}
          <span>{one.gap ? words.duty.noOne : one.people.map(props.nameOf).join(', ')}</span>
        </li>
      ))}
    </ul>
  )
}
