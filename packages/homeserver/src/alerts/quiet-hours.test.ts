import { expect, test } from 'vitest'
import { type QuietHours, quietUntil } from './quiet-hours.ts'

const at = (local: string) => Date.parse(`${local}-06:00`)
const nights: QuietHours = {
  start: '20:00',
  end: '06:30',
  time_zone: 'America/Guatemala',
  weekdays: [1, 2, 3, 4, 5],
}

// 2026-03-02 is a Monday.
test.each([
  ['2026-03-02T19:59:59', undefined],
  ['2026-03-02T20:00:00', '2026-03-03T06:30:00'],
  ['2026-03-02T23:59:59', '2026-03-03T06:30:00'],
  ['2026-03-03T00:00:00', '2026-03-03T06:30:00'],
  ['2026-03-03T06:29:59', '2026-03-03T06:30:00'],
  ['2026-03-03T06:30:00', undefined],
  // The night of Friday ends on Saturday; that of Sunday is not one of them.
  ['2026-03-07T05:00:00', '2026-03-07T06:30:00'],
  ['2026-03-07T21:00:00', undefined],
  ['2026-03-02T05:00:00', undefined],
])('nights: %s until %s', (now, until) => {
  expect(quietUntil(nights, at(now))).toBe(until && at(until))
})

test.each([
  ['2026-03-02T11:59:00', undefined],
  ['2026-03-02T12:00:30', '2026-03-02T14:00:00'],
  ['2026-03-02T14:00:00', undefined],
  ['2026-03-03T12:30:00', undefined],
])('a break at noon: %s until %s', (now, until) => {
  const noon: QuietHours = {
    start: '12:00',
    end: '14:00',
    time_zone: 'America/Tegucigalpa',
    weekdays: [1],
  }
  expect(quietUntil(noon, at(now))).toBe(until && at(until))
})

test('nothing set is never quiet', () => {
  expect(quietUntil(undefined, 0)).toBeUndefined()
})
