import { describe, expect, test } from 'vitest'
import { openCase, registry, requester, step } from '../testing.ts'
import { reduceCase } from './case.ts'
import {
  almostDueFrom,
  boardCsv,
  byUrgency,
  type CaseRow,
  caseRow,
  flagsOf,
  inOrderOfUrgency,
  matches,
  nextDue,
} from './case-board.ts'
import { deadlinesFor, dueAt, targetFor } from './case-targets.ts'
import { measure, measuresCsv, percentile } from './measures.ts'

const HOUR = 3_600_000
const rowOf = (...args: Parameters<typeof reduceCase>): CaseRow => {
  const state = reduceCase(...args)
  if (typeof state === 'string') throw new Error(state)
  return caseRow(state)
}
const sent = rowOf(openCase(), [])
const acknowledged = rowOf(openCase(), [step('$a', 5_000, registry, { step: 'acknowledge' })])

describe('what is due', () => {
  test('is the acknowledgement first, then the whole', () => {
    expect(nextDue(sent)).toEqual({ what: 'acknowledgement', at: 1_000 + HOUR })
    expect(nextDue(acknowledged)).toEqual({ what: 'fulfilment', at: 1_000 + 72 * HOUR })
    expect(nextDue({ ...acknowledged, status: 'closed' })).toBeUndefined()
    expect(nextDue({ ...acknowledged, status: 'delivered' })).toBeUndefined()
  })

  test('is flagged in time, and nothing overdue leaves every queue', () => {
    expect(flagsOf(sent, 1_000, false)).toEqual([])
    expect(flagsOf(sent, almostDueFrom(sent)!, false)).toEqual(['almost_due'])
    expect(flagsOf(sent, 1_000 + HOUR, true)).toEqual(['overdue', 'escalated'])
    for (const row of [sent, acknowledged]) {
      const flags = flagsOf(row, 1e12, false)
      expect(matches(row, { flag: 'overdue' }, flags)).toBe(true)
      for (const institution of [requester.institution, registry.institution])
        expect(matches(row, { institution }, flags)).toBe(true)
    }
  })

  test('comes in order of urgency; what owes nothing comes last', () => {
    const closed = { ...sent, id: '$c', status: 'closed' as const }
    expect([closed, acknowledged, sent].sort(byUrgency)).toEqual([sent, acknowledged, closed])
    expect(inOrderOfUrgency([closed, acknowledged, sent], (one) => one)).toEqual([sent, acknowledged, closed])
    expect(matches(closed, {}, [])).toBe(false)
    expect(matches(closed, { ended: true }, [])).toBe(true)
    expect(matches(sent, { reference: '2026-0100' }, [])).toBe(true)
    expect(matches(sent, { mine: '@else:where' }, [])).toBe(false)
  })
})

test('targets are the coordinators’ own, by institution before channel', () => {
  const from = Date.parse('2026-11-23T08:00-06:00')
  const general = { acknowledge: { birth_certificate: { high: { minutes: 30, time: 'clock' } } } }
  const own = { acknowledge: { birth_certificate: { high: { minutes: 5, time: 'clock' } } } }
  expect(targetFor('acknowledge', 'birth_certificate', 'high', { general })).toMatchObject({ minutes: 30 })
  expect(targetFor('acknowledge', 'birth_certificate', 'high', { general, own })).toMatchObject({
    minutes: 5,
  })
  expect(
    targetFor('acknowledge', 'birth_certificate', 'high', { general: { acknowledge: 5 } }),
  ).toMatchObject({ minutes: 60 })
  const { acknowledge_by, deadline } = deadlinesFor(
    { kind: 'birth_certificate', priority: 'high', country: 'HN' },
    from,
  )
  expect(acknowledge_by).toBe(from + HOUR)
  expect(deadline).toBe(Date.parse('2026-11-25T16:00-06:00'))
  expect(
    dueAt({ minutes: 60, time: 'working' }, from, 'HN', {
      own: { calendar: { holidays_added: ['2026-11-23'] } },
    }),
  ).toBe(Date.parse('2026-11-24T09:00-06:00'))
})

test('CSV holds envelopes, and no cell begins a formula', () => {
  const csv = boardCsv([{ ...sent, requesting: '=HYPERLINK("x","y")' }], 1_000, new Set())
  expect(csv).toContain('DOC-2026-010001,birth_certificate,sent,high,"\'=HYPERLINK(""x"",""y"")"')
  expect(csv.endsWith('\r\n')).toBe(true)
})

describe('measures', () => {
  const at = (opened: number, times: CaseRow['times'], more: Partial<CaseRow> = {}): CaseRow => ({
    ...acknowledged,
    id: `$${opened}`,
    opened_ts: opened,
    deadline: opened + 10 * HOUR,
    times: { sent: opened, ...times },
    ...more,
  })
  const countryOf = (key: string) => key.slice(0, 2).toUpperCase()
  const november = Date.parse('2026-11-01T00:00-06:00')
  const rows = [1, 2, 3, 4].map((n) =>
    at(
      november + n,
      { acknowledged: november + n + n * HOUR, delivered: november + n + n * 4 * HOUR },
      { status: 'delivered' },
    ),
  )

  test('are medians and ninetieth percentiles, as a spreadsheet has them', () => {
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2.5)
    expect(percentile([1, 2, 3, 4], 0.9)).toBeCloseTo(3.7)
    const [all] = measure(
      rows,
      [{ caseId: rows[0]!.id, raisedAt: 0, acknowledgedAt: HOUR }, { raisedAt: 1 }],
      'all',
      {
        now: november,
        countryOf,
      },
    )
    expect(all).toMatchObject({
      cases: 4,
      acknowledged: { count: 4, median: 2.5 * HOUR },
      withinTarget: 0.5,
      overdueNow: 0,
      escalations: 1,
      escalationAcknowledged: { count: 1, median: HOUR },
    })
  })

  test('are grouped, and a month is the countries’ own', () => {
    const late = at(Date.parse('2026-10-31T23:59-06:00'), {})
    const groups = (group: 'kind' | 'institution' | 'country' | 'month') =>
      measure([...rows, late], [], group, { now: 1e13, countryOf }).map((one) => [one.key, one.cases])
    expect(groups('month')).toEqual([
      ['2026-10', 1],
      ['2026-11', 4],
    ])
    expect(groups('country')).toEqual([['HN', 5]])
    expect(groups('kind')).toEqual([['birth_certificate', 5]])
    expect(measure([late], [], 'all', { now: 1e13, countryOf })[0]).toMatchObject({ overdueNow: 1 })
    expect(measuresCsv('month', measure([late], [], 'month', { now: 1e13, countryOf }))).toContain(
      '2026-10,1,0,,,',
    )
  })
})
