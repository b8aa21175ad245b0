import fc from 'fast-check'
import rrule from 'rrule'
import { expect, it } from 'vitest'
import { compileRecurrence, dateOfDay, dayOf, type Recurrence, weekdayCodes } from './recurrence.ts'

const day = (date: string) => dayOf(date)!
const daysOf = (rule: Recurrence, from: string, to: string) => {
  const holds = compileRecurrence(rule)
  const days: string[] = []
  for (let at = day(from); at <= day(to); at++) if (holds(at)) days.push(dateOfDay(at))
  return days
}

it('is what another implementation of RFC 5545 says', () => {
  const number = (min: number, max: number) => fc.integer({ min, max }).filter((n) => n !== 0)
  const list = (item: fc.Arbitrary<number>) =>
    fc.option(fc.uniqueArray(item, { minLength: 1, maxLength: 3 }), { nil: undefined })
  const shared = {
    start: fc.integer({ min: day('2023-01-01'), max: day('2027-01-01') }),
    interval: fc.integer({ min: 1, max: 4 }),
    wkst: fc.constantFrom(...weekdayCodes),
    count: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    byday: list(fc.integer({ min: 0, max: 6 })),
  }
  const weekly = fc.record({ ...shared, freq: fc.constant('WEEKLY' as const) })
  const monthly = fc.record({
    ...shared,
    freq: fc.constant('MONTHLY' as const),
    nth: fc.option(number(-4, 4), { nil: undefined }),
    bymonthday: list(number(-31, 31)),
  })
  fc.assert(
    fc.property(fc.oneof(weekly, monthly), (given) => {
      const nth = 'nth' in given ? given.nth : undefined
      const monthDays = 'bymonthday' in given ? given.bymonthday : undefined
      const byday = given.byday?.map((n) => `${nth ?? ''}${weekdayCodes[n]}`).join(',')
      const mine: Recurrence = {
        freq: given.freq,
        dtstart: dateOfDay(given.start),
        interval: given.interval,
        wkst: given.wkst,
        ...(given.count ? { count: given.count } : {}),
        ...(byday ? { byday } : {}),
        ...(monthDays ? { bymonthday: monthDays.join(',') } : {}),
      }
      const text = [
        `DTSTART:${dateOfDay(given.start).replaceAll('-', '')}T000000Z`,
        `RRULE:FREQ=${given.freq};INTERVAL=${given.interval};WKST=${given.wkst}`,
      ].join('\n')
      const theirs = rrule
        .rrulestr(
          text +
            (given.count ? `;COUNT=${given.count}` : '') +
            (byday ? `;BYDAY=${byday}` : '') +
            (monthDays ? `;BYMONTHDAY=${monthDays.join(',')}` : ''),
        )
        .between(new Date(given.start * 86_400_000), new Date((given.start + 900) * 86_400_000), true)
        .map((date) => date.toISOString().slice(0, 10))
      expect(daysOf(mine, dateOfDay(given.start), dateOfDay(given.start + 900))).toEqual(theirs)
    }),
    { numRuns: 100 },
  )
})

it('by weeks and days of the year', () => {
  expect(daysOf({ freq: 'WEEKLY', byday: 'MO', byweekno: '1,-1' }, '2026-01-01', '2027-01-31')).toEqual([
    '2026-12-28',
    '2027-01-04',
  ])
  expect(
    daysOf({ freq: 'WEEKLY', byday: 'SU,MO,TU,WE,TH,FR,SA', byyearday: '1,-1' }, '2026-01-01', '2026-12-31'),
  ).toEqual(['2026-01-01', '2026-12-31'])
})

it('holds from its first to its last day, once, or on no day that it does not name', () => {
  expect(
    daysOf(
      { freq: 'WEEKLY', byday: 'WE', valid_from: '2026-11-10', valid_to: '2026-11-25' },
      '2026-11-01',
      '2026-12-31',
    ),
  ).toEqual(['2026-11-11', '2026-11-18', '2026-11-25'])
  expect(daysOf({ dtstart: '2026-11-10' }, '2026-11-01', '2026-12-31')).toEqual(['2026-11-10'])
  expect(
    daysOf({ valid_from: '2026-11-10', valid_to: '2026-11-12' }, '2026-11-01', '2026-12-31'),
  ).toHaveLength(3)
  expect(daysOf({ byday: 'TU,FR' }, '2026-11-01', '2026-11-08')).toEqual(['2026-11-03', '2026-11-06'])
  expect(daysOf({}, '2026-11-01', '2026-12-31')).toEqual([])
  expect(daysOf({ freq: 'MONTHLY' }, '2026-11-01', '2026-12-31')).toEqual([])
})

it('is not led astray by anything', () => {
  const text = fc.option(
    fc.oneof(fc.string(), fc.constantFrom('2026-02-31', '99', '-1,2', '5MO,XX', '9999-99-99')),
    { nil: undefined },
  )
  fc.assert(
    fc.property(
      fc.record({
        dtstart: text,
        until: text,
        valid_from: text,
        valid_to: text,
        byday: text,
        bymonthday: text,
        byweekno: text,
        byyearday: text,
        freq: fc.constantFrom('WEEKLY' as const, 'MONTHLY' as const, undefined),
        interval: fc.option(fc.double(), { nil: undefined }),
        count: fc.option(fc.double(), { nil: undefined }),
      }),
      (rule) => {
        const holds = compileRecurrence(rule)
        for (let at = day('2026-01-01'); at < day('2026-03-01'); at++) holds(at)
      },
    ),
  )
})
