import Holidays from 'date-holidays'
import { describe, expect, test } from 'vitest'
import { holidaysOf } from './holidays.ts'

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
