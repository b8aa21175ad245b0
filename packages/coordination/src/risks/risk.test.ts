import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TimelineEvent } from '../causal-order.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { redactionRule } from '../topics/redactable.ts'
import { detailsOf, mergedRisks, publicationOf, reduceRisk } from './risk.ts'
import { type RiskStepDraft, riskEventType, riskUpdateEventType } from './risk-events.ts'
import type { RiskRecord } from './risk-records.ts'
import { actors, clerk, consulate, coordinatorGt, countryOf, record, registry, Side } from './testing.ts'

test('a report is the network’s until a coordinator of each country approved what stands', () => {
  const side = new Side('a')
  const id = side.report(clerk, record())
  const state = () => side.states.get(id)!
  const version = () => state().versions.at(-1)!.eventId
  const publication = () => publicationOf(state(), countryOf)
  expect(publication()).toBe('in_review')
  // Staff do not review, and two of one country are one side.
  side.step(id, clerk, { step: 'approve', version: version() })
  expect(state().refused.map((one) => one.reason)).toEqual(['not_entitled'])
  side.step(id, consulate, { step: 'approve', version: version() })
  side.step(id, registry, { step: 'approve', version: version() })
  expect(publication()).toBe('half')
  side.step(id, coordinatorGt, { step: 'approve', version: version() })
  expect(publication()).toBe('public')
  // Of no country that the registry knows: none.
  expect(publicationOf(state(), () => undefined)).toBe('in_review')
  // Changed: what was approved was another text.
  side.step(id, clerk, { step: 'report' }, record({ kind: 'assault' }))
  expect(publication()).toBe('in_review')
  expect(detailsOf(state())?.kind).toBe('assault')
  for (const who of [consulate, coordinatorGt]) side.step(id, who, { step: 'approve', version: version() })
  expect(publication()).toBe('public')
  side.step(id, registry, { step: 'object', version: version() })
  expect(publication()).toBe('objected')
  side.step(id, clerk, { step: 'withdraw' })
  expect(publication()).toBe('withdrawn')
})

test('nobody approves what they wrote, and nobody changes what others reported', () => {
  const side = new Side('a')
  const id = side.report(consulate, record())
  const version = side.states.get(id)!.versions[0]!.eventId
  side.step(id, consulate, { step: 'approve', version })
  side.step(id, coordinatorGt, { step: 'report' }, record())
  side.step(id, coordinatorGt, { step: 'withdraw' })
  side.step(id, coordinatorGt, { step: 'approve', version: '$none' })
  expect(side.states.get(id)!.refused.map((one) => one.reason)).toEqual([
    'own_version',
    'not_entitled',
    'not_entitled',
    'unknown_target',
  ])
})

test('an approval of what no longer stands says nothing of what does', () => {
  const hn = new Side('hn')
  const gt = new Side('gt')
  const id = hn.report(clerk, record())
  gt.take(hn)
  const version = gt.states.get(id)!.versions[0]!.eventId
  // The line is cut: here it is changed, there the old one is approved.
  hn.step(id, clerk, { step: 'report' }, record({ kind: 'weather' }))
  gt.step(id, coordinatorGt, { step: 'approve', version })
  hn.take(gt)
  gt.take(hn)
  expect(hn.states.get(id)).toEqual(gt.states.get(id))
  expect(publicationOf(hn.states.get(id)!, countryOf)).toBe('in_review')
})

test('duplicates are one whoever names which, of one kind alone, and apart again when separated', () => {
  const side = new Side('a')
  const ids = [1, 2, 3].map(() => side.report(clerk, record()))
  const other = side.report(clerk, record({ kind: 'weather' }))
  const groups = () => mergedRisks(side.states.values()).map((one) => one.members.map(({ id }) => id))
  side.step(ids[0]!, consulate, { step: 'merge', into: ids[2]! })
  side.step(ids[2]!, coordinatorGt, { step: 'merge', into: ids[1]! })
  side.step(ids[1]!, coordinatorGt, { step: 'merge', into: ids[0]! })
  side.step(other, coordinatorGt, { step: 'merge', into: ids[0]! })
  side.step(other, coordinatorGt, { step: 'merge', into: other })
  expect(groups()).toEqual([ids, [other]])
  side.step(ids[2]!, consulate, { step: 'separate' })
  side.step(ids[0]!, consulate, { step: 'separate' })
  expect(groups()).toEqual([[ids[0], ids[1]], [ids[2]], [other]])
})

test('envelopes have no room for text or place, and are not deleted', () => {
  const by = clerk
  expect(checkClearEvent(riskEventType, { by }).allowed).toBe(true)
  expect(checkClearEvent(riskEventType, { by, kind: 'assault' }).allowed).toBe(false)
  const relation = { rel_type: 'm.reference', event_id: '$a' }
  const step = { 'm.relates_to': relation, step: 'withdraw', by }
  expect(checkClearEvent(riskUpdateEventType, step).allowed).toBe(true)
  for (const more of [{ note: 'x' }, { place: {} }, { version: '$v' }, { step: 'merge' }])
    expect(checkClearEvent(riskUpdateEventType, { ...step, ...more }).allowed).toBe(false)
  expect(redactionRule(riskEventType, true)).toBe('risk.not-deleted')
  expect(redactionRule(riskUpdateEventType, false)).toBe('risk.not-deleted')
})

test('records: days that are none, ends before beginnings, homes on small squares are malformed', () => {
  const side = new Side('a')
  const place = { coarse: 'cell_5', row: 60, column: 90 } as const
  const bad = [
    { day: '2026-02-30' },
    { until: '2026-01-01' },
    { until: '2029-01-01' },
    { note: 'x'.repeat(1_001) },
    { place, indoors: true },
    { place: { ...place, row: 60.5 } },
    { place: { ...place, latitude: 15.7 } },
    { place: { coarse: 'municipality', key: 'corinto' } },
    { place: { coarse: 'exact', latitude: 15.7, longitude: -88.6 } },
  ]
  for (const more of bad) {
    const id = side.report(clerk, { ...record(), ...more } as RiskRecord)
    expect(side.states.get(id)!.refused.map((one) => one.reason)).toEqual(['malformed_record'])
  }
})

test('a record counts through its own sender alone, and a server speaks for its own institutions', () => {
  const side = new Side('a')
  const id = side.report(clerk, record())
  const [root, ...steps] = side.eventsOf(id)
  const [key, read] = [...side.records][0]!
  const stolen = new Map([[key, { ...read, sender: '@other:example' }]])
  const state = reduceRisk(root!, steps, stolen)
  expect(typeof state !== 'string' && state.refused[0]?.reason).toBe('not_own_record')
  expect(reduceRisk(root!, steps, side.records, () => false)).toBe('not_believed')
  const sealed = reduceRisk(root!, steps)
  expect(typeof sealed !== 'string' && publicationOf(sealed, countryOf)).toBe('empty')
})

/** What somebody might do next, from what their side shows them; allowed or not. */
function act(side: Side, who: number, what: number, which: number): void {
  const by = actors[who % actors.length]!
  const states = [...side.states.values()]
  const one = states[which % Math.max(1, states.length)]
  if (!one || what % 7 === 0) {
    side.report(by, record({ note: `${side.name} ${which}` }))
    return
  }
  const version = one.versions[which % Math.max(1, one.versions.length)]?.eventId ?? '$none'
  const drafts: RiskStepDraft[] = [
    { step: 'approve', version },
    { step: 'object', version },
    { step: 'merge', into: states[who % states.length]!.id },
    { step: 'separate' },
    { step: 'withdraw' },
  ]
  const draft = drafts[(what % 7) - 1]
  if (draft) side.step(one.id, by, draft)
  else side.step(one.id, by, { step: 'report' }, record({ kind: which % 2 ? 'weather' : 'health' }))
}

const actions = fc.array(fc.tuple(fc.boolean(), fc.nat(20), fc.nat(200), fc.nat(50)), { maxLength: 30 })

test('both sides of a cut line, events in any order and twice: one state, one set of groups, one word on publication', () => {
  fc.assert(
    fc.property(actions, actions, fc.infiniteStream(fc.nat()), (together, apart, random) => {
      const hn = new Side('hn')
      const gt = new Side('gt')
      for (const [left, ...action] of together) {
        act(left ? hn : gt, ...action)
        hn.take(gt)
        gt.take(hn)
      }
      for (const [left, ...action] of apart) act(left ? hn : gt, ...action)
      hn.take(gt)
      gt.take(hn)
      const shuffled = new Side('x')
      for (const { event } of [...hn.events.values()]
        .map((event) => ({ event, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key))
        shuffled.events.set(event.event_id, structuredClone(event) as TimelineEvent)
      for (const [id, read] of hn.records) shuffled.records.set(id, read)
      for (const side of [gt, shuffled]) {
        expect(new Map([...side.states].sort())).toEqual(new Map([...hn.states].sort()))
        expect(mergedRisks(side.states.values())).toEqual(mergedRisks(hn.states.values()))
      }
      for (const { id, first, members } of mergedRisks(hn.states.values())) {
        expect([first.id, members[0]!.id]).toEqual([id, id])
        expect(members.every((one) => one.opened.at >= first.opened.at)).toBe(true)
      }
      for (const state of hn.states.values()) {
        if (publicationOf(state, countryOf) !== 'public') continue
        const approvals = [...state.reviews.values()]
        expect(new Set(approvals.map((one) => countryOf(one.by.institution))).size).toBe(2)
        expect(approvals.every((one) => one.by.role === 'coordinator')).toBe(true)
        expect(approvals.map((one) => one.sender)).not.toContain(state.versions.at(-1)!.sender)
        expect(state.reviews.size).toBeGreaterThan(1)
      }
    }),
    { numRuns: 120 },
  )
})
