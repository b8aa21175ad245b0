import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addWorkingTime,
  calendarChangeSchema,
  changesTogether,
  workCalendar,
  workingTimeBetween,
} from './work-calendar.ts'

const at = (local: string) => Date.parse(`${local}-06:00`)
const HN = workCalendar('HN')
const GT = workCalendar('GT')

describe('working time', () => {
  test('runs in office hours and passes nights, week-ends and holidays', () => {
    expect(addWorkingTime(HN, at('2026-11-23T08:00'), 60)).toBe(at('2026-11-23T09:00'))
    expect(addWorkingTime(HN, at('2026-11-23T11:30'), 60)).toBe(at('2026-11-23T13:30'))
    expect(addWorkingTime(HN, at('2026-11-20T15:30'), 60)).toBe(at('2026-11-23T08:30'))
    // In Guatemala the 24th ends at noon.
    expect(addWorkingTime(GT, at('2026-12-23T15:30'), 60)).toBe(at('2026-12-24T08:30'))
    expect(addWorkingTime(GT, at('2026-12-23T15:30'), 5 * 60)).toBe(at('2026-12-28T08:30'))
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

  test('half days of an office end at noon; a whole day off stays whole, and one that is worked is worked', () => {
    const office = workCalendar('GT', {
      half_days_added: ['2026-07-15', '2026-12-25'],
      holidays_removed: ['2026-12-24'],
    })
    expect(addWorkingTime(office, at('2026-07-15T11:30'), 60)).toBe(at('2026-07-16T08:30'))
    expect(addWorkingTime(office, at('2026-12-24T15:30'), 60)).toBe(at('2026-12-28T08:30'))
    expect(workingTimeBetween(office, at('2026-07-15T00:00'), at('2026-07-16T00:00'))).toBe(4 * 3_600_000)
    // Holy Wednesday, 24 and 31 December by law; in Honduras they are days like others.
    for (const day of ['2026-04-01', '2026-12-24', '2026-12-31'])
      for (const [calendar, hours] of [
        [GT, 4],
        [HN, 7],
      ] as const)
        expect(workingTimeBetween(calendar, at(`${day}T00:00`), at(`${day}T23:59`))).toBe(hours * 3_600_000)
  })

  test('30 June is worked when the day off is taken on a Monday; 1 May and 20 October do not move', () => {
    const hours = (day: string) => workingTimeBetween(GT, at(`${day}T00:00`), at(`${day}T23:59`)) / 3_600_000
    for (const [worked, off] of [
      ['2021-06-30', '2021-06-28'],
      ['2022-06-30', '2022-07-04'],
      ['2023-06-30', '2023-07-03'],
    ] as const)
      expect([hours(worked), hours(off)]).toEqual([7, 0])
    for (let year = 2021; year <= 2035; year++)
      expect(hours(`${year}-05-01`) + hours(`${year}-10-20`)).toBe(0)
  })

  test('what holds for all and what an office adds count together', () => {
    const both = changesTogether(
      { holidays_added: ['2026-07-15', '2026-07-16'], half_days_added: ['2026-07-17'] },
      { holidays_added: ['2026-08-03'], holidays_removed: ['2026-07-16'] },
    )
    expect(both).toEqual({
      holidays_added: ['2026-07-15', '2026-08-03'],
      half_days_added: ['2026-07-17'],
      holidays_removed: ['2026-07-16'],
    })
    expect(changesTogether(undefined, undefined)).toBeUndefined()
    expect(changesTogether({ holidays_added: [] }, undefined)).toEqual({ holidays_added: [] })
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
