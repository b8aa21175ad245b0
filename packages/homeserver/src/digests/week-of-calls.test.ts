import type { Escalation } from '@enlace/coordination'
import { expect, test } from 'vitest'
import { mailText } from '../alerts/words.ts'
import { weekOfCalls } from './week-of-calls.ts'

const us = { key: 'hn-rnp', kind: 'civil_registry', country: 'HN' }
const MINUTE = 60_000
const call = (about: Partial<Escalation>): Escalation => ({
  id: '$1',
  raisedBy: '@a:gt.example',
  raisedAt: 0,
  cause: 'person' as Escalation['cause'],
  aboutEventId: '$0',
  chain: [
    { level: 'focal_point', roles: ['official'], institutions: ['hn-rnp'], within_ms: 5 * MINUTE },
    { level: 'national_liaison', roles: ['coordinator'], country: 'GT', within_ms: 5 * MINUTE },
    { level: 'binational_committee', roles: ['coordinator'], within_ms: 5 * MINUTE },
  ],
  state: 'open',
  step: 0,
  waitingSince: { eventId: '$1', at: 0 },
  alerted: [],
  history: [],
  heads: [],
  refused: [],
  ...about,
})

test('calls are counted by whether they were taken before they climbed, and only where they rang', () => {
  const taken = { state: 'acknowledged', acknowledgedAt: 4 * MINUTE } as const
  const calls = [
    call({}),
    call(taken),
    call({ ...taken, state: 'resolved' }),
    call({ ...taken, step: 1 }),
    // Withdrawn: nobody had to take it any more.
    call({ state: 'resolved' }),
    // It repeats at its last stage.
    call({ step: 9 }),
  ]
  expect(weekOfCalls(calls, us, () => false)).toEqual({
    calls: 6,
    calls_in_time: 2,
    calls_late: 1,
    calls_waiting: 2,
    raised: 0,
  })
  // Another's coordination hears of it when its stage has begun, and not before.
  const guatemala = { key: 'gt-pgn', kind: 'child_protection', country: 'GT' }
  expect(weekOfCalls(calls, guatemala, (who) => who === '@a:gt.example')).toMatchObject({
    calls: 2,
    calls_late: 1,
    calls_waiting: 1,
    raised: 6,
  })
  expect(weekOfCalls([], us, () => true)).toMatchObject({ calls: 0, raised: 0 })
})

test('the mail says every number in both languages', () => {
  const numbers = { ...weekOfCalls([call({})], us, () => true), gaps: 2, gap_hours: 26 }
  const { text } = mailText(
    { kind: 'week', urgent: false, numbers } as unknown as Parameters<typeof mailText>[0],
    'https://enlace.example/',
  )
  for (const said of [
    'Llamados urgentes a su institución en los últimos siete días: 1',
    'Sin que nadie los haya atendido: 1',
    'Huecos en sus turnos de guardia de los próximos siete días: 2',
    'Hours with nobody on duty: 26',
    'Urgent calls your institution raised: 1',
  ])
    expect(text).toContain(said)
  expect(text.match(/^- /gm)).toHaveLength(2 * Object.keys(numbers).length)
})
