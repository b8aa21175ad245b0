import Holidays from 'date-holidays'
import { describe, expect, test } from 'vitest'
import { halfDaysOf, holidayList, holidaysOf } from './holidays.ts'

describe('holidays', () => {
  // What the library has by older law, or does not have, is named here and nowhere else.
  const october = (day: string) => day.slice(5, 7) === '10'
  const halfDay = (day: string) => ['12-24', '12-31'].includes(day.slice(5))
  const aroundArmyDay = (day: string) =>
    day >= `${day.slice(0, 4)}-06-28` && day <= `${day.slice(0, 4)}-07-04`
  test.each([
    ['HN', (day: string) => october(day) || isHolySaturday(day)],
    ['GT', (day: string) => october(day) || halfDay(day) || aroundArmyDay(day)],
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
  const isHolySaturday = (day: string) => {
    const friday = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10)
    return (
      day.slice(5, 7) < '05' &&
      holidaysOf('GT', Number(day.slice(0, 4))).has(friday) &&
      new Date(day).getUTCDay() === 6
    )
  }

  test('of October fall where the law puts them: in Guatemala the 20th does not move', () => {
    expect([...holidaysOf('HN', 2025)].filter(october)).toEqual(['2025-10-01', '2025-10-02', '2025-10-03'])
    expect([...holidaysOf('HN', 2024)].filter(october)).toEqual(['2024-10-02', '2024-10-03', '2024-10-04'])
    for (let year = 2021; year <= 2035; year++) {
      expect([...holidaysOf('GT', year)].filter(october)).toEqual([`${year}-10-20`])
      expect(holidaysOf('GT', year)).toContain(`${year}-05-01`)
    }
    expect(holidaysOf('XX', 2026).size).toBe(0)
  })

  test.each([
    [2021, '2021-06-28'], // Wednesday
    [2022, '2022-07-04'], // Thursday
    [2023, '2023-07-03'], // Friday
    [2024, '2024-07-01'], // Sunday
    [2025, '2025-06-30'], // Monday
    [2026, '2026-06-29'], // Tuesday
    [2029, '2029-07-02'], // Saturday
  ])('30 June %d is taken on %s in Guatemala', (year, taken) => {
    expect([...holidaysOf('GT', year)].filter(aroundArmyDay)).toEqual([taken])
    const one = holidayList('GT', year).find(({ date }) => date === taken)
    expect(one?.insteadOf).toBe(taken.endsWith('06-30') ? undefined : `${year}-06-30`)
  })

  test('that begin at noon are half days, and no whole ones', () => {
    expect([...halfDaysOf('GT', 2026)]).toEqual(['2026-04-01', '2026-12-24', '2026-12-31'])
    expect([...halfDaysOf('HN', 2026)]).toEqual([])
    expect(holidaysOf('GT', 2026)).not.toContain('2026-12-24')
  })

  test('have names in both languages and come in order', () => {
    for (const country of ['HN', 'GT']) {
      const list = holidayList(country, 2027)
      expect(list.map(({ date }) => date)).toEqual(list.map(({ date }) => date).sort())
      expect(list.every(({ name }) => name.es !== '' && name.en !== '')).toBe(true)
    }
  })
})
