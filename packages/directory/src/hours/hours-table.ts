import type { ScheduleFacts } from './opening.ts'

/** Hours as a table says them: one line for days that are alike. */
export interface HoursLine {
  /** days of the week, Monday 0; empty for a date or for once a month */
  days: number[]
  /** `8:00`, `16:30`; none: closed all day */
  spans: Array<[opens: string, closes: string]>
  allDay: boolean
}

export interface Exception {
  closed: boolean
  from?: string
  to?: string
  days: number[]
  opens?: string
  closes?: string
  text?: string
}

export interface Hours {
  weekly: HoursLine[]
  /** given on other days than every week */
  other: Array<{ monthly: boolean; from?: string; to?: string; span?: [string, string]; text?: string }>
  exceptions: Exception[]
  holidays: 'as_usual' | 'closed' | 'unknown'
}

const CODES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

/** "08:00:00-06:00" is written 8:00. */
const clock = (text: string | undefined): string | undefined => {
  const match = /^(\d{1,2}):(\d{2})/.exec(text ?? '')
  return match ? `${Number(match[1])}:${match[2]}` : undefined
}

const daysOf = (byday: string | undefined): number[] =>
  (byday ?? '')
    .split(',')
    .map((day) => CODES.indexOf(day.trim().slice(-2).toUpperCase()))
    .filter((day) => day >= 0)

const spanOf = ({ opens_at, closes_at }: ScheduleFacts): [string, string] | undefined => {
  const [opens, closes] = [clock(opens_at), clock(closes_at)]
  return opens && closes ? [opens, closes] : undefined
}

const said = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }

export function hoursOf(schedules: readonly ScheduleFacts[]): Hours {
  const regular = schedules.filter(({ exception }) => !exception)
  const byDay = CODES.map((): Array<[string, string]> => [])
  const other: Hours['other'] = []
  for (const each of regular) {
    const span = spanOf(each)
    const days = each.freq === 'WEEKLY' || !each.freq ? daysOf(each.byday) : []
    if (days.length > 0 && span && (each.interval ?? 1) === 1) for (const day of days) byDay[day]!.push(span)
    else
      other.push({
        monthly: each.freq === 'MONTHLY',
        ...said({
          from: each.dtstart ?? each.valid_from,
          to: each.until ?? each.valid_to,
          span,
          text: each.description,
        }),
      })
  }
  const weekly: HoursLine[] = []
  byDay.forEach((list, day) => {
    const spans = [...list].sort(([a], [b]) => a.padStart(5, '0').localeCompare(b.padStart(5, '0')))
    const last = weekly.at(-1)
    if (last && JSON.stringify(last.spans) === JSON.stringify(spans)) last.days.push(day)
    else {
      const allDay = spans.some(
        ([opens, closes]) => opens === '0:00' && ['24:00', '0:00', '23:59'].includes(closes),
      )
      weekly.push({ days: [day], spans, allDay })
    }
  })
  const marks = new Set(regular.map(({ onHolidays }) => onHolidays ?? 'unknown'))
  return {
    weekly: weekly.every(({ spans }) => spans.length === 0) ? [] : weekly,
    other,
    exceptions: schedules.flatMap((each) =>
      each.exception
        ? [
            {
              closed: each.exception === 'closed',
              days: daysOf(each.byday),
              ...said({
                from: each.dtstart ?? each.valid_from,
                to: each.until ?? each.valid_to,
                opens: clock(each.opens_at),
                closes: clock(each.closes_at),
                text: each.description,
              }),
            },
          ]
        : [],
    ),
    holidays: marks.size === 1 ? [...marks][0]! : 'unknown',
  }
}
