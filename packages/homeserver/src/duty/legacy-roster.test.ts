import { dutyAt, dutyBookSchema, generalPosition, onDutyFor } from '@enlace/coordination/duty'
import { expect, test } from 'vitest'
import { bookOfRoster, dutyRosterSchema, rosterOf, withRoster } from './legacy-roster.ts'

/** 2026-03-02 was a Monday. Local time of the border is UTC-6. */
const local = (text: string) => Date.parse(`${text}-06:00`)
const on = (roster: unknown, at: string) =>
  onDutyFor(
    { book: bookOfRoster(dutyRosterSchema.parse(roster)), country: 'HN' },
    { topic: 'minors' },
    local(at),
  )?.people

test('the weekly pattern goes by the local day, and a night belongs to the day it begins on', () => {
  const roster = {
    weekly: [
      { user_id: '@dia:hn', weekdays: [1, 2, 3, 4, 5], from: '07:30', to: '16:00' },
      { user_id: '@noche:hn', weekdays: [7], from: '20:00', to: '06:00' },
      { user_id: '@siempre:hn', weekdays: [6], from: '00:00', to: '00:00' },
    ],
  }
  expect(on(roster, '2026-03-02T07:29:59')).toBeUndefined()
  expect(on(roster, '2026-03-02T07:30:00')).toEqual(['@dia:hn'])
  expect(on(roster, '2026-03-02T16:00:00')).toBeUndefined()
  expect(on(roster, '2026-03-01T23:00:00')).toEqual(['@noche:hn'])
  expect(on(roster, '2026-03-02T05:59:00')).toEqual(['@noche:hn'])
  expect(on(roster, '2026-03-07T12:00:00')).toEqual(['@siempre:hn'])
  expect(on(roster, '2026-03-08T00:00:00')).toBeUndefined()
})

test('while a shift runs it alone says who is on duty', () => {
  const roster = {
    weekly: [{ user_id: '@dia:hn', weekdays: [1], from: '07:00', to: '16:00' }],
    shifts: [
      { user_id: '@a:hn', from_ts: local('2026-03-02T08:00:00'), to_ts: local('2026-03-02T12:00:00') },
      { user_id: '@b:hn', from_ts: local('2026-03-02T10:00:00'), to_ts: local('2026-03-02T12:00:00') },
    ],
  }
  expect(on(roster, '2026-03-02T07:30:00')).toEqual(['@dia:hn'])
  expect(on(roster, '2026-03-02T11:00:00')).toEqual(['@a:hn', '@b:hn'])
  expect(on(roster, '2026-03-02T12:00:00')).toEqual(['@dia:hn'])
})

test('what cannot be a roster is refused', () => {
  const shift = { user_id: '@a:hn', from_ts: 1_000, to_ts: 2_000 }
  const refused = [
    { shifts: [{ ...shift, to_ts: 1_000 }] },
    { shifts: [{ ...shift, to_ts: 1_000 + 32 * 86_400_000 }] },
    { shifts: Array.from({ length: 501 }, () => shift) },
    { weekly: [{ user_id: '@a:hn', weekdays: [0], from: '07:00', to: '08:00' }] },
    { weekly: [{ user_id: '@a:hn', weekdays: [1], from: '7:00', to: '24:00' }] },
    { other: 1 },
  ]
  for (const one of refused) expect(dutyRosterSchema.safeParse(one).success).toBe(false)
})

test('the old endpoint changes one position, and leaves the others alone', () => {
  const other = { key: 'registro', name: { es: 'Registro civil', en: 'Civil registry' } }
  const turn = { position: 'registro', user_id: '@a:hn', weekdays: [1], from: '08:00', to: '09:00' }
  const book = dutyBookSchema.parse({ positions: [other], turns: [turn] })
  const roster = dutyRosterSchema.parse({
    weekly: [{ user_id: '@b:hn', weekdays: [1], from: '08:00', to: '09:00' }],
    shifts: [{ user_id: '@c:hn', from_ts: 1, to_ts: 2 }],
  })
  const after = withRoster(book, roster)
  expect(rosterOf(after)).toEqual(roster)
  expect(after.positions.map(({ key }) => key)).toEqual(['registro', generalPosition.key])
  const at = local('2026-03-02T08:30:00')
  expect(dutyAt({ book: after, country: 'HN' }, 'registro', at).people).toEqual(['@a:hn'])
  expect(dutyAt({ book: after, country: 'HN' }, 'guardia', at).people).toEqual(['@b:hn'])
  expect(rosterOf(withRoster(after, dutyRosterSchema.parse({})))).toEqual({ shifts: [], weekly: [] })
})
