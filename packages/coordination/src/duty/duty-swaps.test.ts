import { expect, test } from 'vitest'
import { type DutySwap, dutyCalendarSchema } from './duty-book.ts'
import { calendarOfYear, yearToConfirm } from './duty-calendar.ts'
import { dutySwapActions, swapAfter, swapRefusal, swapTells } from './duty-swaps.ts'

const GIVER = '@ana:hn'
const TAKER = '@beto:hn'
const asked: DutySwap = {
  id: 's',
  position: 'registro',
  giver: GIVER,
  taker: TAKER,
  from_ts: 1_000,
  to_ts: 2_000,
  state: 'asked',
  asked_ts: 0,
}
const people = {
  giver: { userId: GIVER, keeps: false },
  taker: { userId: TAKER, keeps: false },
  keeper: { userId: '@jefa:hn', keeps: true },
  other: { userId: '@otra:hn', keeps: false },
}

test('each step is somebody’s, in the state it is for', () => {
  const may = (swap: DutySwap) =>
    Object.fromEntries(
      Object.entries(people).map(([name, who]) => [
        name,
        dutySwapActions.filter((action) => swapRefusal(swap, action, who, 500) === undefined),
      ]),
    )
  expect(may(asked)).toEqual({ giver: ['withdraw'], taker: ['accept', 'decline'], keeper: [], other: [] })
  const accepted = swapAfter(asked, 'accept', TAKER, 500)
  expect(may(accepted)).toEqual({ giver: ['undo'], taker: ['undo'], keeper: ['undo'], other: [] })
  for (const action of ['decline', 'withdraw'] as const)
    expect(may(swapAfter(asked, action, TAKER, 500))).toEqual({ giver: [], taker: [], keeper: [], other: [] })
})

test('what is over is not changed; time that is taken for it counts', () => {
  expect(swapRefusal(asked, 'accept', people.taker, 2_000)).toBe('over')
  const both = { ...asked, back: { from_ts: 3_000, to_ts: 4_000 } }
  expect(swapRefusal(both, 'accept', people.taker, 2_000)).toBeUndefined()
  expect(swapRefusal(asked, 'accept', people.giver, 500)).toBe('not_yours')
})

test('who has to know is told, and who undid it is kept', () => {
  expect(swapTells(asked)).toEqual([TAKER])
  const accepted = swapAfter(asked, 'accept', TAKER, 500)
  expect(swapTells(accepted)).toEqual([GIVER, TAKER])
  const undone = swapAfter(accepted, 'undo', '@jefa:hn', 600)
  expect(undone).toMatchObject({ state: 'undone', undone_by: '@jefa:hn', answered_ts: 600 })
  expect(swapTells(undone)).toEqual([GIVER, TAKER])
  expect(swapTells(swapAfter(asked, 'decline', TAKER, 1))).toEqual([GIVER])
})

test('the year is to be confirmed from its January, the next one from December', () => {
  const none = dutyCalendarSchema.parse({})
  const known = dutyCalendarSchema.parse({ confirmed: [{ year: 2026, by: GIVER, ts: 0 }] })
  expect(yearToConfirm(none, '2026-01-02')).toBe(2026)
  expect(yearToConfirm(none, '2026-07-02')).toBe(2026)
  expect(yearToConfirm(known, '2026-11-30')).toBeUndefined()
  expect(yearToConfirm(known, '2026-12-01')).toBe(2027)
})

test('the calendar of a year has national days, those worked, and the office’s own, in order', () => {
  const calendar = dutyCalendarSchema.parse({
    feasts: [
      { date: '2026-08-15', name: 'Virgen de la Asunción', municipality: 'Guatemala' },
      { date: '2027-08-15', name: 'Otro año' },
    ],
    worked: ['2026-09-15'],
  })
  const days = calendarOfYear('GT', calendar, 2026)
  expect(days.map(({ date }) => date)).toEqual(days.map(({ date }) => date).sort())
  expect(days.find(({ date }) => date === '2026-08-15')).toMatchObject({
    own: true,
    municipality: 'Guatemala',
  })
  expect(days.find(({ date }) => date === '2026-09-15')).toMatchObject({ worked: true })
  expect(days.find(({ date }) => date === '2026-06-29')).toMatchObject({ insteadOf: '2026-06-30' })
  expect(days.some(({ date }) => date.startsWith('2027'))).toBe(false)
})
