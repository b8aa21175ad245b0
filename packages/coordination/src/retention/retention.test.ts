import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimelineEvent } from '../causal-order.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { ALONE_MS, reduceHolds, stops } from './holds.ts'
import { reduceRetentionRules } from './institution-rules.ts'
import { holdEventType, retentionContentSchema, retentionEventType } from './retention-events.ts'
import { DAY_MS, effectivePeriod, networkDefault, retentionSubjects } from './retention-rules.ts'

const room = '!r:hn'
const kase = '$case'
const review_ts = 4_000_000_000_000
const event = (id: string, at: number, type: string, content: object, sender = '@c:hn'): TimelineEvent => ({
  event_id: id,
  room_id: room,
  type,
  sender,
  origin_server_ts: at,
  content,
})
const place = (id: string, at: number, institution: string, more: object = {}) =>
  event(id, at, holdEventType, {
    'm.relates_to': { rel_type: 'm.reference', event_id: kase },
    by: { institution, role: 'coordinator' },
    hold: 'place',
    reason: 'court_order',
    review_ts,
    ...more,
  })
const lift = (id: string, at: number, institution: string, after?: string[]) =>
  event(id, at, holdEventType, {
    'm.relates_to': { rel_type: 'm.reference', event_id: kase },
    by: { institution, role: 'coordinator' },
    hold: 'lift',
    ...(after ? { after } : {}),
  })
const holdOf = (events: TimelineEvent[]) => reduceHolds(room, events).holds.get(kase)

describe('periods', () => {
  test('every subject has a default with its reason in both languages', () => {
    for (const subject of retentionSubjects) {
      const { days, why } = networkDefault(subject)
      expect(days).toBeGreaterThan(0)
      expect(why.es.length && why.en.length).toBeGreaterThan(20)
    }
  })
  test('an institution shortens and never lengthens; a law lengthens and says on what it rests', () => {
    const rules = (shorter: object, law: { subject: 'child_return'; days: number; basis: string }[] = []) => [
      { institution: 'hn-a', shorter, law },
    ]
    const { days } = networkDefault('child_return')
    expect(effectivePeriod('child_return', rules({ child_return: 30 }))).toMatchObject({
      days: 30,
      from: 'institution',
    })
    expect(effectivePeriod('child_return', rules({ child_return: days + 1 }))).toEqual({
      days,
      from: 'network',
    })
    const law = [{ subject: 'child_return' as const, days: 3_650, basis: 'Ley de ejemplo, artículo 1' }]
    expect(effectivePeriod('child_return', rules({ child_return: 30 }, law))).toMatchObject({
      days: 3_650,
      from: 'law',
      basis: 'Ley de ejemplo, artículo 1',
    })
    expect(effectivePeriod('messages', rules({ child_return: 30 }, law)).from).toBe('network')
  })
  test('whatever institutions set without a law, nothing is kept longer than the network says, whatever their order', () => {
    const days = fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined })
    fc.assert(
      fc.property(fc.array(days, { maxLength: 5 }), fc.constantFrom(...retentionSubjects), (all, subject) => {
        const rules = all.map((one, at) => ({
          institution: `hn-${at}`,
          shorter: one === undefined ? {} : { [subject]: one },
          law: [],
        }))
        const period = effectivePeriod(subject, rules)
        expect(period.days).toBeLessThanOrEqual(networkDefault(subject).days)
        expect(effectivePeriod(subject, rules.toReversed())).toEqual(period)
      }),
    )
  })
  test('an event with a longer period than the network’s, or with a person in its legal basis, is refused', () => {
    const by = { institution: 'hn-a', role: 'coordinator' }
    const content = (more: object) => ({ by, shorter: {}, ...more })
    expect(retentionContentSchema.safeParse(content({ shorter: { messages: 30 } })).success).toBe(true)
    expect(retentionContentSchema.safeParse(content({ shorter: { messages: 10_000 } })).success).toBe(false)
    const law = (basis: string) => content({ law: [{ subject: 'messages', days: 900, basis }] })
    expect(retentionContentSchema.safeParse(law('Ley de ejemplo, artículo 5')).success).toBe(true)
    for (const basis of ['corta', 'vea a ana@ejemplo.org', 'Persona 0801-1990-12345', 'x'.repeat(161)])
      expect(retentionContentSchema.safeParse(law(basis)).success, basis).toBe(false)
    expect(checkClearEvent(retentionEventType, content({})).allowed).toBe(true)
    expect(checkClearEvent(retentionEventType, content({ note: 'texto' })).allowed).toBe(false)
  })
})

describe('holds', () => {
  test('one institution stops it for two weeks, a second one for good; two lift it', () => {
    const alone = place('$1', 1_000, 'hn-a')
    expect(stops(holdOf([alone]), 1_000 + ALONE_MS)).toBe(true)
    expect(stops(holdOf([alone]), 1_001 + ALONE_MS)).toBe(false)
    const both = [alone, place('$2', 2_000, 'gt-juzgado', { after: ['$1'] })]
    expect(holdOf(both)).toMatchObject({
      state: 'held',
      placed: [{ institution: 'hn-a' }, { institution: 'gt-juzgado' }],
    })
    expect(stops(holdOf(both), review_ts + DAY_MS)).toBe(true)
    const one = [...both, lift('$3', 3_000, 'hn-a', ['$2'])]
    expect(holdOf(one)?.state).toBe('held')
    expect(holdOf([...one, lift('$4', 4_000, 'hn-a', ['$3'])])?.state).toBe('held')
    expect(holdOf([...one, lift('$4', 4_000, 'hn-b', ['$3'])])?.state).toBe('lifted')
    expect(stops(holdOf([...one, lift('$4', 4_000, 'hn-b', ['$3'])]), 5_000)).toBe(false)
  })
  test('the same institution twice is one word; who is no coordinator has none; what servers do not host is not believed', () => {
    const twice = reduceHolds(room, [place('$1', 1, 'hn-a'), place('$2', 2, 'hn-a', { after: ['$1'] })])
    expect(twice.holds.get(kase)?.state).toBe('asked')
    expect(twice.refused).toMatchObject([{ eventId: '$2', reason: 'already_said' }])
    const staff = reduceHolds(room, [place('$1', 1, 'hn-a', { by: { institution: 'hn-a', role: 'staff' } })])
    expect(staff.refused).toMatchObject([{ reason: 'not_coordinator' }])
    const foreign = reduceHolds(room, [place('$1', 1, 'hn-a')], () => false)
    expect(foreign.refused).toMatchObject([{ reason: 'not_believed' }])
  })
  test('others cannot take back what one asked for alone, and a hold about the channel is not about a case', () => {
    expect(holdOf([place('$1', 1, 'hn-a'), lift('$2', 2, 'hn-b', ['$1'])])?.state).toBe('asked')
    expect(holdOf([place('$1', 1, 'hn-a'), lift('$2', 2, 'hn-a', ['$1'])])?.state).toBe('lifted')
    const whole = event('$w', 1, holdEventType, {
      by: { institution: 'hn-a', role: 'coordinator' },
      hold: 'place',
      reason: 'complaint',
      review_ts,
    })
    expect(reduceHolds(room, [whole]).holds.has(room)).toBe(true)
  })
  test('after a partition, every node comes to the same hold, rules and refusals', () => {
    const who = fc.constantFrom('hn-a', 'hn-b', 'gt-c')
    const word = fc.record({ at: fc.integer({ min: 1, max: 50 }), who, lifts: fc.boolean(), after: fc.nat() })
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.func(fc.integer()), (words, shuffle) => {
        const events = words.map((one, index) => {
          const after = index > 0 && one.after % 3 > 0 ? [`$${one.after % index}`] : undefined
          return one.lifts
            ? lift(`$${index}`, one.at, one.who, after)
            : place(`$${index}`, one.at, one.who, after ? { after } : {})
        })
        const rules = words.map((one, index) =>
          event(`$r${index}`, one.at, retentionEventType, {
            by: { institution: one.who, role: one.lifts ? 'staff' : 'coordinator' },
            shorter: { messages: 10 + one.at },
          }),
        )
        const other = [...events].sort((a, b) => shuffle(a.event_id) - shuffle(b.event_id))
        expect(reduceHolds(room, other)).toEqual(reduceHolds(room, events))
        const sorted = (all: TimelineEvent[]) => {
          const { rules: found, refused } = reduceRetentionRules(all)
          return { found: [...found].sort(([a], [b]) => (a < b ? -1 : 1)), refused }
        }
        expect(sorted(rules.toReversed())).toEqual(sorted(rules))
      }),
    )
  })
})
