/** The days off of an office: the national ones of its country, less those it works, and its own feasts. */
import { type Holiday, halfDaysOf, holidayList, holidaysOf } from '@enlace/directory/holidays'
import type { BilingualText } from '@enlace/directory/text'
import { type CalendarChange, officeWeek, type WorkCalendar } from '../time/work-calendar.ts'
import type { DutyCalendar } from './duty-book.ts'

export type DayOff = 'whole' | 'from_noon' | undefined

const yearOf = (day: string) => Number(day.slice(0, 4))

/** @param day local date, `YYYY-MM-DD` */
export function dayOffOf(country: string, { feasts, worked }: DutyCalendar, day: string): DayOff {
  const own = feasts.filter((one) => one.date === day)
  if (own.some((one) => !one.from_noon)) return 'whole'
  const works = worked.includes(day)
  if (!works && holidaysOf(country, yearOf(day)).has(day)) return 'whole'
  if (own.length > 0 || (!works && halfDaysOf(country, yearOf(day)).has(day))) return 'from_noon'
  return undefined
}

/** Office hours with this office's days off. */
export const dutyWorkCalendar = (country: string, calendar: DutyCalendar): WorkCalendar => ({
  week: officeWeek,
  isHoliday: (day) => dayOffOf(country, calendar, day) === 'whole',
  isHalfDay: (day) => dayOffOf(country, calendar, day) === 'from_noon',
})

/** The same days for the deadlines of cases: what of the office's calendar differs from its country's, from a day on. */
export function calendarChangeOf({ feasts, worked }: DutyCalendar, since: string): CalendarChange {
  const days = (list: readonly { date: string }[]) =>
    [...new Set(list.map(({ date }) => date))]
      .filter((day) => day >= since)
      .sort()
      .slice(0, 100)
  const whole = days(feasts.filter((one) => !one.from_noon))
  const half = days(feasts.filter((one) => one.from_noon)).filter((day) => !whole.includes(day))
  const works = days(worked.map((date) => ({ date })))
  return {
    ...(whole.length > 0 ? { holidays_added: whole } : {}),
    ...(half.length > 0 ? { half_days_added: half } : {}),
    ...(works.length > 0 ? { holidays_removed: works } : {}),
  }
}

export type CalendarDay = Omit<Holiday, 'name'> & {
  name: BilingualText
  municipality?: string
  /** The office works that day. */
  worked?: true
  /** Added by the office. */
  own?: true
}

/** What the calendar holds for a year, for whoever has to confirm it: national days, also those worked, and feasts. */
export function calendarOfYear(country: string, calendar: DutyCalendar, year: number): CalendarDay[] {
  const national = holidayList(country, year).map(
    (one): CalendarDay => (calendar.worked.includes(one.date) ? { ...one, worked: true } : one),
  )
  const own = calendar.feasts
    .filter((one) => yearOf(one.date) === year)
    .map(
      ({ date, name, municipality, from_noon }): CalendarDay => ({
        date,
        name: { es: name, en: name },
        own: true,
        ...(municipality === undefined ? {} : { municipality }),
        ...(from_noon ? { fromNoon: true } : {}),
      }),
    )
  return [...national, ...own].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
}

/** A year has to be looked through from its January on, and the next one from December. */
export function yearToConfirm({ confirmed }: DutyCalendar, today: string): number | undefined {
  const year = yearOf(today)
  const known = new Set(confirmed.map((one) => one.year))
  if (!known.has(year)) return year
  return today.slice(5, 7) === '12' && !known.has(year + 1) ? year + 1 : undefined
}
