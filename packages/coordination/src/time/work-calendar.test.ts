import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addWorkingTime, calendarChangeSchema, workCalendar, workingTimeBetween } from './work-calendar.ts'

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
