import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterHeads, type TimelineEvent } from '../causal-order.ts'
import { type Escalation, escalationRefusal, nextStepAt, reduceEscalations, stageAt } from './escalation.ts'
import {
  chainFor,
  chainSettingsProblem,
  escalationChainSettingsSchema,
  stageBounds,
  stageSelects,
} from './escalation-chain.ts'
import {
  escalationAcknowledgementContent,
  escalationAcknowledgementEventType,
  escalationAlertedEventType,
  escalationContent,
  escalationEventType,
  escalationStepEventType,
  escalationUpdateEventType,
  maxSnoozeMs,
} from './escalation-events.ts'

const HOUR = 3_600_000
const registry = { key: 'hn-rnp-sps', country: 'HN', kind: 'civil_registry' }
const raiser = '@albergue:gt'
const clerk = { id: '@registro:hn', by: { institution: registry.key, role: 'staff' as const } }
const official = { id: '@oficial:hn', by: { institution: registry.key, role: 'official' as const } }
const otherOfficial = { id: '@otra:hn', by: { institution: 'hn-sreci', role: 'official' as const } }
const chain = chainFor({ institution: registry, priority: 'high' })

type Reference = { id: string; heads: readonly string[] }
const root: Reference = { id: '$e', heads: [] }
const raised: TimelineEvent = {
  event_id: '$e',
  room_id: '!r',
  type: escalationEventType,
  sender: raiser,
  origin_server_ts: 0,
  content: escalationContent('$case', {
    chain,
    cause: 'person',
    by: { institution: 'gt-sbs', role: 'staff' },
  }),
}
const event = (id: string, at: number, sender: string, type: string, content: object): TimelineEvent => ({
  event_id: id,
  room_id: '!r',
  type,
  sender,
  origin_server_ts: at,
  content,
})
const next = (id: string, at: number, step: number, of = root, sender = raiser): TimelineEvent =>
  event(id, at, sender, escalationStepEventType, {
    'm.relates_to': { rel_type: 'm.reference', event_id: '$e' },
    ...afterHeads(of),
    step,
    because: 'unacknowledged',
  })
const acknowledge = (id: string, at: number, who: typeof clerk | typeof official, of = root): TimelineEvent =>
  event(
    id,
    at,
    who.id,
    escalationAcknowledgementEventType,
    escalationAcknowledgementContent('$e', { ...afterHeads(of), by: who.by }),
  )
const act = (
  id: string,
  at: number,
  who: typeof clerk | typeof official | { id: string; by?: undefined },
  action: string,
  of = root,
  more: object = {},
): TimelineEvent =>
  event(id, at, who.id, escalationUpdateEventType, {
    'm.relates_to': { rel_type: 'm.reference', event_id: '$e' },
    ...afterHeads(of),
    action,
    ...(who.by ? { by: who.by } : {}),
    ...more,
  })
const reduce = (...events: TimelineEvent[]): Escalation =>
  reduceEscalations([raised, ...events]).escalations.get('$e')!

describe('a chain', () => {
  test('climbs from the focal point to both countries, an hour each when it is high', () => {
    expect(
      chain.map((stage) => [stage.level, stage.institutions ?? stage.country, stage.within_ms / HOUR]),
    ).toEqual([
      ['focal_point', [registry.key], 1],
      ['institution_coordination', [registry.key], 1],
      ['national_liaison', 'HN', 1],
      ['binational_committee', undefined, 1],
    ])
    expect(chainFor({ institution: registry, priority: 'low' })[0]?.within_ms).toBe(24 * HOUR)
    expect(chainFor({ priority: 'high' }).map((stage) => stage.level)).toEqual([
      'national_liaison',
      'binational_committee',
    ])
  })

  test('is what its institution’s coordinators make it; all together set the times of what is everybody’s', () => {
    const own = {
      focal_point: { within_minutes: { high: 5 } },
      institution_coordination: { skip: true },
      national_liaison: { institutions: ['hn-sreci'] },
    }
    const general = { binational_committee: { within_minutes: { high: 30 } } }
    const changed = chainFor({ institution: registry, priority: 'high' }, { general, own })
    expect(changed.map((stage) => [stage.level, stage.within_ms])).toEqual([
      ['focal_point', 300_000],
      ['national_liaison', HOUR],
      ['binational_committee', HOUR / 2],
    ])
    expect(changed[1]?.institutions).toEqual(['hn-sreci'])
    const minutes = (high: number) =>
      escalationChainSettingsSchema.safeParse({ focal_point: { within_minutes: { high } } }).success
    expect([0, 1, 43_200, 43_201].map(minutes)).toEqual([false, true, true, false])
    const nobody = Object.fromEntries(chain.map((stage) => [stage.level, { skip: true }]))
    expect(chainFor({ institution: registry, priority: 'high' }, { own: nobody })).toHaveLength(1)
  })

  test('hostile: nobody slows or shortens another institution’s chain', () => {
    const thirtyDays = { within_minutes: { high: 43_200 } }
    const general = {
      focal_point: { skip: true, ...thirtyDays },
      institution_coordination: { institutions: ['gt-otra'] },
      national_liaison: { skip: true, institutions: ['gt-otra'], ...thirtyDays },
    }
    const called = chainFor({ institution: registry, priority: 'high' }, { general })
    expect(called.map((stage) => [stage.level, stage.institutions ?? stage.country])).toEqual(
      chain.map((stage) => [stage.level, stage.institutions ?? stage.country]),
    )
    expect(called.map((stage) => stage.within_ms / HOUR)).toEqual([1, 1, 4, 1])
    // What its own coordinators set is kept within what the network agreed on, too.
    for (const priority of ['high', 'medium', 'low'] as const) {
      const own = { focal_point: { within_minutes: { [priority]: 43_200 } } }
      const [first] = chainFor({ institution: registry, priority }, { own })
      expect(first?.within_ms).toBe(stageBounds[priority].most * 60_000)
      expect(chainSettingsProblem(own, registry.key)?.es).toContain(String(stageBounds[priority].most))
    }
    for (const settings of [
      { focal_point: { within_minutes: { high: 5 } } },
      { national_liaison: { skip: true } },
      { binational_committee: { institutions: ['gt-otra'] } },
    ])
      expect(chainSettingsProblem(settings, '')?.es.length).toBeGreaterThan(20)
    expect(chainSettingsProblem({ national_liaison: { within_minutes: { high: 5 } } }, '')).toBeUndefined()
    expect(chainSettingsProblem({ focal_point: { skip: true } }, registry.key)).toBeUndefined()
    // Whoever raises a call cannot make it wait for a month either.
    const slow = {
      ...raised,
      content: escalationContent('$case', { chain: [{ ...chain[0]!, within_ms: 30 * 24 * HOUR }] }),
    }
    expect(reduceEscalations([slow]).escalations.get('$e')?.chain[0]?.within_ms).toBe(7 * 24 * HOUR)
  })

  test('calls upon those its stages select', () => {
    const member = (key: string, country: string, role: 'staff' | 'official') => ({
      institution: { key, country, kind: 'x' },
      role,
    })
    expect(stageSelects(chain[0]!, member(registry.key, 'HN', 'staff'))).toBe(true)
    expect(stageSelects(chain[1]!, member(registry.key, 'HN', 'staff'))).toBe(false)
    expect(stageSelects(chain[2]!, member('hn-sreci', 'HN', 'official'))).toBe(true)
    expect(stageSelects(chain[2]!, member('gt-sbs', 'GT', 'official'))).toBe(false)
    expect(stageSelects(chain[3]!, {})).toBe(false)
  })

  test('counts each step from the event that began it, and repeats its end ever more rarely', () => {
    expect(nextStepAt(reduce())).toBe(HOUR)
    expect(nextStepAt(reduce(next('$1', 50 * HOUR, 1)))).toBe(51 * HOUR)
    let escalation = reduce()
    const events: TimelineEvent[] = []
    const gaps: number[] = []
    for (let step = 1; step <= 12; step++) {
      const at = nextStepAt(escalation)!
      gaps.push((at - escalation.waitingSince.at) / HOUR)
      events.push(next(`$${step}`, at, step, escalation))
      escalation = reduce(...events)
      expect(escalation.step).toBe(step)
    }
    expect(gaps).toEqual([1, 1, 1, 1, 2, 4, 8, 16, 24, 24, 24, 24])
    expect(stageAt(escalation, 12).level).toBe('binational_committee')
  })
})

describe('only a person stops it', () => {
  test('and a server speaks for the institutions it hosts, for no others', () => {
    const hosts = (one: TimelineEvent, institution: string) =>
      one.sender.endsWith(':hn') === institution.startsWith('hn-')
    const forged = acknowledge('$a', 5, { id: '@malo:gt', by: official.by })
    const stolen = act('$r', 6, { id: '@malo:gt', by: official.by }, 'resolve')
    const events = [raised, forged, stolen, next('$1', 7, 1), acknowledge('$b', 8, official)]
    expect(reduceEscalations(events, {}, hosts).escalations.get('$e')).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: official.id,
      step: 1,
      refused: [
        { eventId: '$a', reason: 'not_believed' },
        { eventId: '$r', reason: 'not_believed' },
      ],
    })
  })

  test('one the chain has called, an official of theirs among them', () => {
    const first = reduce(acknowledge('$a', 5, clerk))
    expect(first).toMatchObject({ state: 'acknowledged', acknowledgedBy: clerk.id })
    expect(nextStepAt(first)).toBeUndefined()
    const colleague = { id: '@otro:hn', by: { institution: 'hn-inm-corinto', role: 'staff' as const } }
    expect(reduce(acknowledge('$a', 5, colleague)).refused).toMatchObject([{ reason: 'not_an_official' }])
    expect(reduce(acknowledge('$a', 5, official)).state).toBe('acknowledged')
  })

  test('hostile: an official of an institution that was not called neither answers, delays nor ends it', () => {
    const snooze = { until_ts: 100, reason: 'other' }
    for (const [attempt, reason] of [
      [acknowledge('$a', 5, otherOfficial), 'not_an_official'],
      [act('$a', 5, otherOfficial, 'snooze', root, snooze), 'not_an_official'],
      [act('$a', 5, otherOfficial, 'resolve'), 'not_theirs'],
    ] as const)
      expect(reduce(attempt)).toMatchObject({ state: 'open', refused: [{ eventId: '$a', reason }] })
    const answered = acknowledge('$a', 5, clerk)
    const held = reduce(answered)
    for (const action of ['resolve', 'unacknowledge', 'hand_over'])
      expect(reduce(answered, act('$b', 6, otherOfficial, action, held, { to: clerk.id }))).toMatchObject({
        state: 'acknowledged',
        refused: [{ reason: 'not_theirs' }],
      })
    // Once the stage of their country has begun, it is theirs as well; a consulate abroad acts for its own country.
    const climbed = [next('$1', HOUR, 1), next('$2', 2 * HOUR, 2, { id: '$e', heads: ['$1'] })]
    const of = reduce(...climbed)
    expect(of.step).toBe(2)
    expect(reduce(...climbed, acknowledge('$a', 3 * HOUR, otherOfficial, of)).state).toBe('acknowledged')
    const consul = { id: '@consul:gt', by: { institution: 'gt-consulado', role: 'official' as const } }
    const answer = acknowledge('$a', 3 * HOUR, consul, of)
    expect(reduce(...climbed, answer).state).toBe('open')
    const countryOf = () => 'HN'
    expect(reduceEscalations([raised, ...climbed, answer], { countryOf }).escalations.get('$e')?.state).toBe(
      'acknowledged',
    )
  })

  test('hostile: a call raised for an institution that its server does not host is none', () => {
    const { escalations, refused } = reduceEscalations([raised], {}, () => false)
    expect(escalations.size).toBe(0)
    expect(refused).toMatchObject([{ eventId: '$e', reason: 'not_believed' }])
  })

  test('not a step of another node, nor one taken before', () => {
    expect(reduce(next('$1', 5, 1, root, '@x:hn')).refused).toMatchObject([
      { reason: 'not_the_raising_node' },
    ])
    expect(reduce(next('$1', 5, 1), next('$2', 6, 1)).refused).toMatchObject([
      { eventId: '$2', reason: 'already_taken' },
    ])
    expect(reduce(next('$1', 5, 2)).refused).toMatchObject([{ reason: 'illegal_step' }])
    const alerted = (sender: string) =>
      event('$al', 1, sender, escalationAlertedEventType, {
        'm.relates_to': { rel_type: 'm.reference', event_id: '$e' },
        step: 0,
        persons: [clerk.id],
      })
    expect(reduce(alerted('@x:gt')).refused).toMatchObject([{ reason: 'not_their_node' }])
    expect(reduce(alerted(clerk.id)).alerted).toEqual([{ step: 0, persons: [clerk.id], at: 1 }])
  })

  test('gives it back: the same stage is called again, from then on', () => {
    const one = acknowledge('$a', 5, clerk)
    const back = act('$u', 3 * HOUR, clerk, 'unacknowledge', reduce(one))
    const open = reduce(one, back)
    expect(open).toMatchObject({ state: 'open', step: 0, waitingSince: { eventId: '$u' } })
    expect(open.acknowledgedBy).toBeUndefined()
    expect(nextStepAt(open)).toBe(4 * HOUR)
    expect(
      reduce(one, act('$u', 6, { id: '@otro:hn', by: clerk.by }, 'unacknowledge')).refused,
    ).toMatchObject([{ reason: 'not_theirs' }])
  })

  test('hands it over: it stays theirs until the other takes it', () => {
    const one = acknowledge('$a', 5, clerk)
    const over = act('$h', 6, clerk, 'hand_over', reduce(one), { to: official.id })
    expect(reduce(one, over)).toMatchObject({ acknowledgedBy: clerk.id, handedTo: official.id })
    const taken = reduce(one, over, act('$t', 7, official, 'accept_hand_over', reduce(one, over)))
    expect(taken).toMatchObject({ state: 'acknowledged', acknowledgedBy: official.id })
    expect(taken.handedTo).toBeUndefined()
  })

  test('lets it sleep, with a reason and not for long; it wakes by itself', () => {
    const sleep = (until_ts: number) =>
      act('$s', 10, clerk, 'snooze', root, { until_ts, reason: 'in_transit' })
    expect(nextStepAt(reduce(sleep(5 * HOUR)))).toBe(6 * HOUR)
    expect(reduce(sleep(maxSnoozeMs + 11)).refused).toMatchObject([{ reason: 'too_long' }])
    expect(reduce(act('$s', 10, clerk, 'snooze', root, { until_ts: 5 })).refused).toMatchObject([
      { reason: 'malformed' },
    ])
    expect(
      reduce(act('$s', 10, { id: raiser, by: undefined }, 'snooze', root, { until_ts: 5, reason: 'other' }))
        .state,
    ).toBe('open')
  })

  test('resolves it; nothing follows', () => {
    const over = reduce(act('$r', 9, official, 'resolve'))
    expect(over).toMatchObject({ state: 'resolved', resolvedBy: official.id })
    expect(escalationRefusal(over, next('$1', 10, 1, over))).toBe('already_acknowledged')
    expect(escalationRefusal(reduce(), act('$r', 9, { id: '@x:hn', by: undefined }, 'resolve'))).toBe(
      'not_theirs',
    )
  })

  test('during a partition: the acknowledgement stands, the step that did not know of it is listed', () => {
    // The partner's official answers at 10; cut off, the raising node goes on at one hour.
    const answered = acknowledge('$a', 10, official)
    const onward = next('$1', HOUR, 1)
    const further = next('$2', 2 * HOUR, 2, { id: '$e', heads: ['$1'] })
    const healed = reduce(onward, further, answered)
    expect(healed).toMatchObject({
      state: 'acknowledged',
      step: 0,
      refused: [
        { eventId: '$1', reason: 'already_acknowledged' },
        { eventId: '$2', reason: 'already_acknowledged' },
      ],
    })
    // Taken back meanwhile: the chain goes on from where the answer stopped it.
    const back = act('$u', HOUR + 60_000, official, 'unacknowledge', reduce(answered))
    expect(reduce(onward, further, answered, back)).toMatchObject({
      state: 'open',
      step: 0,
      refused: [
        { eventId: '$1', reason: 'already_acknowledged' },
        { eventId: '$2', reason: 'already_acknowledged' },
      ],
    })
  })
})

test('any order, repetition and partition gives one history; every step once; nothing lost', () => {
  const action = fc.record({
    what: fc.constantFrom(
      'step',
      'acknowledge',
      'unacknowledge',
      'hand_over',
      'accept_hand_over',
      'snooze',
      'resolve',
      'deliver',
      'deliver',
    ),
    node: fc.nat(1),
    who: fc.constantFrom(clerk, official),
    at: fc.integer({ min: 0, max: 20 * HOUR }),
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (actions, noise) => {
      const nodes: TimelineEvent[][] = [[raised], [raised]]
      let made = 0
      for (const { what, node, who, at } of actions) {
        const here = nodes[node]!
        const state = reduceEscalations(here).escalations.get('$e')!
        const id = `$x${made++}`
        if (what === 'deliver') {
          for (const one of nodes[1 - node]!) if (!here.includes(one)) here.push(one)
        } else if (what === 'step')
          nodes[0]!.push(
            next(
              id,
              at,
              reduceEscalations(nodes[0]!).escalations.get('$e')!.step + 1,
              reduceEscalations(nodes[0]!).escalations.get('$e')!,
            ),
          )
        else if (what === 'acknowledge') here.push(acknowledge(id, at, who, state))
        else
          here.push(act(id, at, who, what, state, { to: official.id, until_ts: at + HOUR, reason: 'agreed' }))
      }
      const all = [...new Set(nodes.flat())]
      const shuffled = [...all, ...all]
        .map((one) => [noise.next().value as number, one] as const)
        .sort(([a], [b]) => a - b)
      const one = reduceEscalations(all).escalations.get('$e')!
      expect(reduceEscalations(shuffled.map(([, each]) => each)).escalations.get('$e')).toEqual(one)
      const steps = one.history.filter((each) => each.what === 'step').map((each) => each.step)
      expect(steps).toEqual(steps.map((_, index) => index + 1))
      expect([...one.history, ...one.refused].map((each) => each.eventId).sort()).toEqual(
        all.map((each) => each.event_id).sort(),
      )
    }),
    { numRuns: 300 },
  )
})
