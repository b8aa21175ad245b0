import { hoursOf } from '@enlace/directory/hours-table'
import type { ScheduleFacts } from '@enlace/directory/opening'
import { useWords } from '../ui/hooks.ts'
import { useDates } from './dates.ts'

/** Hours day by day, then the days that are different, then holidays. */
export function HoursTable({ schedules }: { schedules: readonly ScheduleFacts[] }) {
  const words = useWords().directory.entry
  const { dayText, weekdays } = useDates()
  const { weekly, other, exceptions, holidays } = hoursOf(schedules)
  if (weekly.length === 0 && other.length === 0 && exceptions.length === 0)
    return <p className="muted">{words.noHours}</p>
  const spans = (list: ReadonlyArray<readonly [string, string]>) =>
    list.map(([opens, closes]) => `${opens}–${closes}`).join(', ')
  const period = (from?: string, to?: string) =>
    from && to && from !== to
      ? `${dayText(from)} – ${dayText(to)}`
      : from
        ? dayText(from)
        : to
          ? words.untilDay(dayText(to))
          : ''
  return (
    <>
      <table className="hours">
        <tbody>
          {weekly.map(({ days, spans: list, allDay }) => (
            <tr key={days.join()}>
              <th scope="row">{weekdays(days)}</th>
              <td>{list.length === 0 ? words.closed : allDay ? words.allDay : spans(list)}</td>
            </tr>
          ))}
          {other.map((one, at) => (
            <tr key={at}>
              <th scope="row">{one.monthly ? words.monthly : period(one.from, one.to) || one.text}</th>
              <td>
                {[one.span && spans([one.span]), one.monthly ? one.text : ''].filter(Boolean).join(' · ')}
              </td>
            </tr>
          ))}
          {(weekly.length > 0 || other.length > 0) && (
            <tr>
              <th scope="row">{words.holidays}</th>
              <td>
                {holidays === 'as_usual'
                  ? words.holidaysAsUsual
                  : holidays === 'closed'
                    ? words.holidaysClosed
                    : words.holidaysUnknown}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {exceptions.length > 0 && (
        <>
          <h4>{words.exceptions}</h4>
          <ul className="entry-list plain">
            {exceptions.map((one, at) => (
              <li key={at}>
                {[
                  period(one.from, one.to) || weekdays(one.days),
                  one.opens && one.closes
                    ? `${one.closed ? `${words.closed} ` : ''}${one.opens}–${one.closes}`
                    : one.closed
                      ? words.closed
                      : '',
                  one.text,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}
