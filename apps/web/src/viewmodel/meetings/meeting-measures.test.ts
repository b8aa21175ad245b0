import { expect, test } from 'vitest'
import { freshnessCounts, measuredDays } from './meeting-measures.ts'

const DAY = 86_400_000
const NOW = 1_800_000_000_000

test('measures are of the time since the last meeting began, else of a quarter', () => {
  expect(measuredDays(undefined, NOW)).toBe(90)
  expect(measuredDays({ startsAt: NOW - 40.5 * DAY }, NOW)).toBe(41)
  expect(measuredDays({ startsAt: NOW - 1 }, NOW)).toBe(1)
  // The next is open already, and the last not held yet.
  expect(measuredDays({ startsAt: NOW + DAY }, NOW)).toBe(90)
  expect(measuredDays({ startsAt: 0 }, NOW)).toBe(1_098)
})

test('freshness counts the institutions of the meeting that the directory knows', () => {
  const known = new Map([
    ['hn-a', { freshness: 'verified' as const }],
    ['gt-b', { freshness: 'overdue' as const }],
    ['hn-silent', {}],
    ['gt-elsewhere', { freshness: 'due' as const }],
  ])
  expect(freshnessCounts(['hn-a', 'gt-b', 'hn-silent', 'gt-unknown'], known)).toEqual({
    verified: 1,
    due: 0,
    overdue: 1,
  })
})
