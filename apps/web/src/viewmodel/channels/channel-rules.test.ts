import { describe, expect, test } from 'vitest'
import { lengthOf, rulesProblem, targetOf, withChain, withHolidays, withTarget } from './channel-rules.ts'

describe('rules of a channel', () => {
  const none = { targets: {}, chain: {} }

  test('a target chosen as number and unit is read back as it was', () => {
    for (const target of [
      { minutes: 1, time: 'clock' },
      { minutes: 421, time: 'working' },
      { minutes: 7 * 1440, time: 'clock' },
    ] as const)
      expect(targetOf(lengthOf(target))).toEqual(target)
  })

  test('a time is set and taken back without a trace', () => {
    const set = withTarget(none, 'acknowledge', 'birth_certificate', 'high', { minutes: 30, time: 'clock' })
    expect(set.targets).toEqual({
      acknowledge: { birth_certificate: { high: { minutes: 30, time: 'clock' } } },
    })
    const back = withTarget(set, 'acknowledge', 'birth_certificate', 'high', undefined)
    expect(back.targets).toEqual({ acknowledge: {} })
  })

  test('a time out of bounds is not sent', () => {
    const chain = withChain(none, 'focal_point', { priority: 'high', minutes: 241 })
    expect(rulesProblem(chain, 'hn-rnp-sps')).toBe('chain')
    expect(
      rulesProblem(withChain(none, 'focal_point', { priority: 'high', minutes: 1 }), 'hn-rnp-sps'),
    ).toBeUndefined()
    // What is each institution’s own is not set for all.
    expect(rulesProblem(withChain(none, 'focal_point', { priority: 'high', minutes: 1 }), '')).toBe('chain')
    expect(
      rulesProblem(withChain(none, 'national_liaison', { priority: 'high', minutes: 1 }), ''),
    ).toBeUndefined()
    expect(
      rulesProblem(withTarget(none, 'fulfil', 'correction', 'low', { minutes: 0, time: 'clock' }), ''),
    ).toBe('targets')
  })

  test('a level left out and put back keeps its times', () => {
    const times = withChain(none, 'focal_point', { priority: 'high', minutes: 5 })
    const skipped = withChain(times, 'focal_point', { skip: true })
    expect(skipped.chain.focal_point).toEqual({ skip: true, within_minutes: { high: 5 } })
    expect(withChain(skipped, 'focal_point', { skip: false }).chain.focal_point).toEqual({
      within_minutes: { high: 5 },
    })
  })

  test('days off are read from what was typed; half a date is none', () => {
    expect(withHolidays(none, '2026-12-24\n2026-12\n2026-12-24, 2026-12-31').targets.calendar).toEqual({
      holidays_added: ['2026-12-24', '2026-12-31'],
    })
  })
})
