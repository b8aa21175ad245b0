import Holidays from 'date-holidays'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addWorkingTime,
  calendarChangeSchema,
  holidaysOf,
  workCalendar,
  workingTimeBetween,
} from './work-calendar.ts'

const at = (local: string) => Date.parse(`${local}-06:00`)
const HN = workCalendar('HN')
const GT = workCalendar('GT')

describe('holidays', () => {
  // What the library has by older law, or does not have, is named here and nowhere else.
  const october = (day: string) => day.slice(5, 7) === '10'
  test.each([
    ['HN', (day: string) => october(day) || isHolySaturday(day)],
    ['GT', (day: string) => october(day) || isWeekendOfJune(day)],
  ] as const)('of %s agree with another source', (country, except) => {
    for (let year = 2024; year <= 2032; year++) {
      const theirs = new Holidays(country)
        .getHolidays(year)
        .filter((one) => one.type === 'public')
        .map((one) => one.date.slice(0, 10))
      expect([...holidaysOf(country, year)].filter((day) => !except(day)).sort(), String(year)).toEqual(
        [...new Set(theirs)].filter((day) => !except(day)).sort(),
      )
    }
  })
  const isWeekendOfJune = (day: string) =>
    ['06-30', '07-01', '07-02'].includes(day.slice(5)) &&
    [0, 6].includes(new Date(`${day.slice(0, 4)}-06-30`).getUTCDay())
  const isHolySaturday = (day: string) => {
    const friday = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10)
    return (
      day.slice(5, 7) < '05' &&
      holidaysOf('GT', Number(day.slice(0, 4))).has(friday) &&
      new Date(day).getUTCDay() === 6
    )
  }

  test('of October and June fall where the newer laws put them', () => {
    expect([...holidaysOf('HN', 2025)].filter(october)).toEqual(['2025-10-01', '2025-10-02', '2025-10-03'])
    expect([...holidaysOf('HN', 2024)].filter(october)).toEqual(['2024-10-02', '2024-10-03', '2024-10-04'])
    expect([...holidaysOf('GT', 2024)].filter(october)).toEqual(['2024-10-21'])
    expect(holidaysOf('XX', 2026).size).toBe(0)
  })
})

describe('working time', () => {
  test('runs in office hours and passes nights, week-ends and holidays', () => {
    expect(addWorkingTime(HN, at('2026-11-23T08:00'), 60)).toBe(at('2026-11-23T09:00'))
    expect(addWorkingTime(HN, at('2026-11-23T11:30'), 60)).toBe(at('2026-11-23T13:30'))
    expect(addWorkingTime(HN, at('2026-11-20T15:30'), 60)).toBe(at('2026-11-23T08:30'))
    expect(addWorkingTime(GT, at('2026-12-23T15:30'), 60)).toBe(at('2026-12-28T08:30'))
    expect(addWorkingTime(HN, at('2026-12-23T15:30'), 60)).toBe(at('2026-12-24T08:30'))
  })

  test('is what coordinators make it', () => {
    const open = workCalendar('HN', { holidays_added: ['2026-11-23'], holidays_removed: ['2026-12-25'] })
    expect(addWorkingTime(open, at('2026-11-23T08:00'), 60)).toBe(at('2026-11-24T09:00'))
    expect(addWorkingTime(open, at('2026-12-25T08:00'), 60)).toBe(at('2026-12-25T09:00'))
    const always = workCalendar('HN', {
      week: Array.from({ length: 7 }, () => [[0, 1440] as [number, number]]),
    })
    expect(addWorkingTime(always, at('2026-11-22T23:30'), 60)).toBe(at('2026-11-23T00:30'))
    expect(calendarChangeSchema.safeParse({ week: [[[9, 8]], [], [], [], [], [], []] }).success).toBe(false)
    expect(calendarChangeSchema.safeParse({ holidays_added: ['Navidad'] }).success).toBe(false)
  })

  test('nobody ever works: a deadline still comes', () => {
    const from = at('2026-11-23T08:00')
    const never = { week: HN.week, isHoliday: () => true }
    expect(addWorkingTime(never, from, 60)).toBe(from + 3_600_000)
  })

  test('measured is what was added, wherever one begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00'), max: at('2028-01-01T00:00') }),
        fc.integer({ min: 1, max: 60 * 7 * 60 }),
        fc.constantFrom(HN, GT),
        (from, minutes, calendar) => {
          const end = addWorkingTime(calendar, from, minutes)
          expect(workingTimeBetween(calendar, from, end)).toBe(minutes * 60_000)
          expect(addWorkingTime(calendar, from, minutes + 1)).toBeGreaterThan(end)
        },
      ),
    )
  })
})
