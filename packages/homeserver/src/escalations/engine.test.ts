import {
  afterHeads,
  type EscalationStage,
  escalationAcknowledgementContent,
  escalationContent,
  escalationRefusal,
} from '@enlace/coordination'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chain, type Node, people, ROOM, World, who, whoAnswers } from '../testing/escalations.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const actor = (userId: string) => {
  const { member } = people.find((one) => one.userId === userId)!
  return { institution: member.institution!.key, role: member.role! }
}

function raise(world: World, stages: EscalationStage[] = chain): string {
  return world.gt.send('@albergue:gt', 'org.enlace.escalation', escalationContent('$caso', { chain: stages }))
}

function acknowledge(node: Node, id: string, userId: string): void {
  const content = escalationAcknowledgementContent(id, {
    ...afterHeads(node.escalation(id)),
    by: actor(userId),
  })
  node.send(userId, 'org.enlace.escalation.acknowledgement', content)
}

function update(node: Node, id: string, userId: string, what: Record<string, unknown>): boolean {
  const content = {
    'm.relates_to': { rel_type: 'm.reference', event_id: id },
    ...afterHeads(node.escalation(id)),
    by: actor(userId),
    ...what,
  }
  const type = 'org.enlace.escalation.update'
  const event = {
    event_id: '$x',
    room_id: ROOM,
    type,
    sender: userId,
    origin_server_ts: node.clock.now(),
    content,
  }
  if (escalationRefusal(node.escalation(id), event, who)) return false
  node.send(userId, type, content)
  return true
}

const stepsOf = (node: Node, id: string) =>
  node.escalation(id).history.flatMap((entry) => (entry.what === 'step' ? [entry] : []))

test('a chain climbs until somebody answers, and says whom each node called', async () => {
  const world = new World()
  const id = raise(world)
  await world.pass(MINUTE)
  expect([...world.hn.alerts.values()].map((one) => one.userId)).toEqual(['@registro:hn'])
  expect(world.gt.escalation(id).alerted).toMatchObject([{ step: 0, persons: ['@registro:hn'] }])
  await world.pass(5 * MINUTE)
  expect(world.hn.escalation(id)).toMatchObject({ step: 1, state: 'open' })
  acknowledge(world.hn, id, '@jefe:hn')
  await world.pass(5 * HOUR)
  expect(world.gt.escalation(id)).toMatchObject({
    step: 1,
    state: 'acknowledged',
    acknowledgedBy: '@jefe:hn',
  })
  expect(world.hn.settled).toContain(`${id}|`)
  expect(world.gt.escalation(id).history).toEqual(world.hn.escalation(id).history)
})

test('the last stage calls again, ever more rarely', async () => {
  const world = new World()
  const id = raise(world)
  await world.pass(36 * HOUR)
  const at = stepsOf(world.gt, id).map((entry) => entry.at)
  const gaps = at.slice(3).map((time, index) => Math.round((time - at[index + 2]!) / MINUTE))
  expect(gaps.slice(0, 4)).toEqual([30, 60, 120, 240])
})

test('a partner that cannot be reached counts as no acknowledgement, and all see why', async () => {
  const world = new World()
  world.cut = true
  const id = raise(world)
  await world.pass(6 * MINUTE)
  expect(stepsOf(world.gt, id)).toMatchObject([{ step: 1, because: 'unreachable', unreachable: ['hn'] }])
  await world.pass(31 * MINUTE)
  // The committee has people on this side too.
  expect(world.gt.alerts.has(`${id}|3|@oficial:gt`)).toBe(true)
  world.cut = false
  await world.pass(MINUTE)
  expect(world.hn.escalation(id).history).toEqual(world.gt.escalation(id).history)
  expect([...world.hn.alerts.keys()].sort()).toEqual([
    `${id}|0|@registro:hn`,
    `${id}|1|@jefe:hn`,
    `${id}|2|@oficial:hn`,
    `${id}|3|@oficial:hn`,
  ])
})

test('stages that call nobody are passed over at once', async () => {
  const world = new World()
  const empty: EscalationStage = {
    level: 'focal_point',
    institutions: ['hn-x'],
    roles: ['staff'],
    within_ms: HOUR,
  }
  const id = raise(world, [empty, { ...empty, level: 'institution_coordination' }, ...chain.slice(2)])
  await world.pass(15_000)
  expect(stepsOf(world.hn, id)).toMatchObject([
    { step: 1, because: 'nobody' },
    { step: 2, because: 'nobody' },
  ])
  const hopeless = raise(world, [empty])
  await world.pass(15_000)
  expect(world.gt.escalation(hopeless).step).toBe(0)
})

test('a clock that jumps ahead takes one step, one that is set back delays none', async () => {
  const world = new World()
  const id = raise(world)
  await world.pass(MINUTE)
  world.gt.wall += 48 * HOUR
  await world.pass(MINUTE)
  expect(world.gt.escalation(id).step).toBe(1)
  world.gt.wall -= 96 * HOUR
  await world.pass(8 * MINUTE)
  expect(world.gt.escalation(id).step).toBe(1)
  await world.pass(2 * MINUTE)
  expect(world.gt.escalation(id).step).toBe(2)
})

test('after a restart an event from the future counts as seen now', async () => {
  const world = new World()
  world.gt.wall += 48 * HOUR
  const id = raise(world)
  await world.pass(MINUTE)
  world.gt.wall = 0
  world.gt.start()
  await world.pass(4 * MINUTE)
  expect(world.gt.escalation(id).step).toBe(0)
  await world.pass(2 * MINUTE)
  expect(world.gt.escalation(id).step).toBe(1)
})

test('a snooze puts off the step and calls again at its end', async () => {
  const world = new World()
  const id = raise(world)
  await world.pass(MINUTE)
  const until_ts = world.hn.clock.now() + 2 * HOUR
  expect(update(world.hn, id, '@registro:hn', { action: 'snooze', until_ts, reason: 'in_transit' })).toBe(
    true,
  )
  await world.pass(2 * HOUR - 2 * MINUTE)
  expect(world.hn.alerts.size).toBe(1)
  await world.pass(3 * MINUTE)
  expect(world.hn.alerts.size).toBe(2)
  expect(world.gt.escalation(id).step).toBe(0)
  await world.pass(5 * MINUTE)
  expect(world.gt.escalation(id).step).toBe(1)
})

test('who is on duty is asked at the moment of the call', async () => {
  const world = new World()
  const both: EscalationStage = { ...chain[0]!, roles: ['staff', 'coordinator'] }
  world.hn.duty.set('hn-rnp', new Set(['@jefe:hn']))
  const id = raise(world, [both, both])
  await world.pass(MINUTE)
  expect(world.hn.escalation(id).alerted).toMatchObject([{ step: 0, persons: ['@jefe:hn'] }])
  world.hn.duty.clear()
  await world.pass(5 * MINUTE)
  expect(world.hn.escalation(id).alerted[1]).toMatchObject({ step: 1, persons: ['@jefe:hn', '@registro:hn'] })
})

test('an answer taken back, a call handed over: who is called anew', async () => {
  const world = new World()
  const id = raise(world)
  await world.pass(MINUTE)
  acknowledge(world.hn, id, '@registro:hn')
  await world.pass(MINUTE)
  expect(update(world.hn, id, '@registro:hn', { action: 'hand_over', to: '@oficial:gt' })).toBe(true)
  await world.pass(MINUTE)
  expect([...world.gt.alerts.values()].map((one) => one.userId)).toEqual(['@oficial:gt'])
  expect(update(world.hn, id, '@registro:hn', { action: 'unacknowledge' })).toBe(true)
  await world.pass(MINUTE)
  expect([...world.hn.alerts.values()].map((one) => one.userId)).toEqual(['@registro:hn', '@registro:hn'])
  await world.pass(5 * MINUTE)
  expect(world.gt.escalation(id)).toMatchObject({ step: 1, state: 'open' })
})

test('what a partner sends counts from when it is seen: a clock that is off makes nothing early', async () => {
  const world = new World()
  const id = raise(world)
  await world.pass(MINUTE)
  world.gt.wall += 3 * HOUR
  acknowledge(world.hn, id, '@registro:hn')
  await world.pass(MINUTE)
  expect(update(world.hn, id, '@registro:hn', { action: 'unacknowledge' })).toBe(true)
  await world.pass(4 * MINUTE)
  expect(world.gt.escalation(id)).toMatchObject({ step: 0, state: 'open' })
  await world.pass(MINUTE + 15_000)
  expect(world.gt.escalation(id)).toMatchObject({ step: 1, state: 'open' })
})

type Action =
  | { do: 'pass'; minutes: number }
  | { do: 'jump'; node: 'gt' | 'hn'; hours: number }
  | { do: 'die'; node: 'gt' | 'hn'; calls: number }
  | { do: 'restart'; node: 'gt' | 'hn' }
  | { do: 'cable' }
  | { do: 'answer'; node: 'gt' | 'hn' }
  | { do: 'takeBack'; node: 'gt' | 'hn' }
  | { do: 'snooze'; node: 'gt' | 'hn'; minutes: number }

const node = fc.constantFrom('gt' as const, 'hn' as const)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 40 }) }),
  },
  fc.record({ do: fc.constant('jump' as const), node, hours: fc.integer({ min: -30, max: 30 }) }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('die' as const), node, calls: fc.integer({ min: 1, max: 60 }) }),
  },
  fc.record({ do: fc.constant('restart' as const), node }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cable' as const) }) },
  fc.record({ do: fc.constant('answer' as const), node }),
  fc.record({ do: fc.constant('takeBack' as const), node }),
  fc.record({ do: fc.constant('snooze' as const), node, minutes: fc.integer({ min: 1, max: 90 }) }),
)

async function act(world: World, id: string, one: Action): Promise<void> {
  if (one.do === 'pass') return world.pass(one.minutes * MINUTE)
  if (one.do === 'cable') {
    world.cut = !world.cut
    return
  }
  const at = world.nodes.get(one.node)!
  if (one.do === 'jump') at.wall += one.hours * HOUR
  else if (one.do === 'die') at.fuse = one.calls
  else if (one.do === 'restart') at.start()
  else {
    const escalation = at.log.has(id) ? at.escalation(id) : undefined
    const who = escalation && whoAnswers(escalation, one.node)
    if (!who) return
    if (one.do === 'answer' && escalation.state === 'open') acknowledge(at, id, who)
    if (one.do === 'takeBack') update(at, id, who, { action: 'unacknowledge' })
    if (one.do === 'snooze') {
      const until_ts = at.clock.now() + one.minutes * MINUTE
      update(at, id, who, { action: 'snooze', until_ts, reason: 'other' })
    }
  }
}

test('each step exactly once and one history, through crashes, restarts, partitions and jumping clocks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const world = new World()
      const id = raise(world)
      for (const one of actions) await act(world, id, one)
      world.cut = false
      for (const each of world.nodes.values()) each.fuse = undefined
      await world.pass(MINUTE)
      const escalation = world.gt.escalation(id)
      expect(world.hn.escalation(id)).toEqual(escalation)
      // A step may come too late for an answer it did not know of; none is ever sent twice.
      const late = escalation.refused.filter(
        (one) => world.gt.log.get(one.eventId)?.type === 'org.enlace.escalation.step',
      )
      expect(late.filter((one) => one.reason !== 'already_acknowledged')).toEqual([])
      const steps = escalation.history.flatMap((entry) => (entry.what === 'step' ? [entry.step] : []))
      expect(steps).toEqual(steps.map((_, index) => index + 1))
      // Whoever is called is told of once per call, by their own node.
      const told = [...world.gt.log.values()].filter(
        (event) => event.type === 'org.enlace.escalation.alerted',
      )
      const marks = told.map((event) => `${event.sender} ${(event.content as { step: number }).step}`)
      const calls = [...world.gt.alerts.keys(), ...world.hn.alerts.keys()]
      expect(new Set(calls).size).toBe(calls.length)
      expect(marks.length).toBeLessThanOrEqual(calls.length)
      // Nobody answered: it goes on, one step at a time.
      if (escalation.state === 'open' && escalation.snoozedUntil === undefined) {
        const { within_ms } = escalation.chain[Math.min(escalation.step, escalation.chain.length - 1)]!
        await world.pass(escalation.step < escalation.chain.length ? within_ms + MINUTE : 25 * HOUR)
        expect(world.hn.escalation(id).step).toBeGreaterThan(escalation.step)
      }
    }),
    { numRuns: 150 },
  )
})
