import { expect, test } from 'vitest'
import { localDate, localDateTime, localMonth, localYear, momentOf } from './border-time.ts'

test('a day, a month and a year end six hours after they end in UTC', () => {
  const lastMinute = Date.parse('2026-12-31T23:59-06:00')
  expect([localDate(lastMinute), localMonth(lastMinute), localYear(lastMinute)]).toEqual([
    '2026-12-31',
    '2026-12',
    2026,
  ])
  const next = lastMinute + 60_000
  expect([localDate(next), localMonth(next), localYear(next)]).toEqual(['2027-01-01', '2027-01', 2027])
})

test('a local date and time and its moment are read back from each other', () => {
  for (const local of ['2026-03-01T00:00', '2028-02-29T23:59', '1900-01-01T12:30'])
    expect(localDateTime(momentOf(local)!)).toBe(local)
  expect(momentOf('2026-03-01T00:00')).toBe(Date.parse('2026-03-01T00:00-06:00'))
})

test.each(['2026-02-30T10:00', '2027-02-29T00:00', '2026-03-01', '2026-03-01T24:00', '2026-13-01T00:00', ''])(
  '%j names no moment',
  (local) => {
    expect(momentOf(local)).toBeUndefined()
  },
)
