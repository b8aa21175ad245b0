import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAuth } from '../auth/check.ts'
import { stateKeyOf } from '../pdu.ts'
import { ALICE, anyStep, BOB, CAROL, DAVE, type Dag, growDag } from '../testing/dag.ts'
import { allVersions, joinRules, member, powerLevels, TestRoom, topic, version } from '../testing/room.ts'
import { authChainOf, type StateMap } from './auth-chain.ts'
import { fullConflictedSet, splitState } from './conflicts.ts'
import { resolveState } from './resolve.ts'

const sorted = (state: StateMap) => [...state].sort()
const anySteps = fc.array(anyStep, { minLength: 5, maxLength: 60 })
/** Reorders by random weights, reproducibly. */
const anyWeights = fc.array(fc.nat(1_000_000), { minLength: 60, maxLength: 60 })
function reordered<T>(items: readonly T[], weights: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, weight: weights[index % weights.length]! }))
    .sort((a, b) => a.weight - b.weight)
    .map(({ item }) => item)
}
const reversed = (state: StateMap) => new Map([...state].reverse())

/** The states at the DAG's ends, and some states in between. */
function someStates(dag: Dag, weights: readonly number[]): StateMap[] {
  return reordered(dag.ids, weights)
    .slice(0, 4)
    .map((id) => dag.stateAfter.get(id)!)
}

describe.each(allVersions)('properties, room version $id', (v) => {
  test('any order of delivery gives every event the same state', () => {
    fc.assert(
      fc.property(anySteps, anyWeights, (steps, weights) => {
        const { room, ids, stateAfter } = growDag(v, steps)
        const waiting = reordered(ids, weights)
        const known = new Map<string, StateMap>()
        for (let progress = true; progress; ) {
          progress = false
          for (const id of waiting) {
            const pdu = room.get(id)!
            if (known.has(id) || !pdu.prev_events.every((prev) => known.has(prev))) continue
            const sets = reordered(pdu.prev_events, weights).map((prev) => reversed(known.get(prev)!))
            const before = resolveState(v, sets, room.get)
            expect(checkAuth(pdu, room.lookup(before), v)).toEqual({ allowed: true })
            const after = new Map(before)
            if (pdu.state_key !== undefined) after.set(stateKeyOf(pdu.type, pdu.state_key), id)
            known.set(id, after)
            progress = true
          }
        }
        expect(known.size).toBe(ids.length)
        for (const id of ids) expect(sorted(known.get(id)!)).toEqual(sorted(stateAfter.get(id)!))
      }),
      { numRuns: 60 },
    )
  })

  test('the order of the states does not matter, nor a state given twice', () => {
    fc.assert(
      fc.property(anySteps, anyWeights, anyWeights, (steps, weights, others) => {
        const dag = growDag(v, steps)
        const sets = someStates(dag, weights)
        const resolved = sorted(resolveState(v, sets, dag.room.get))
        expect(sorted(resolveState(v, reordered(sets, others), dag.room.get))).toEqual(resolved)
        expect(sorted(resolveState(v, sets.map(reversed), dag.room.get))).toEqual(resolved)
        expect(sorted(resolveState(v, [...sets, sets[0]!], dag.room.get))).toEqual(resolved)
      }),
      { numRuns: 60 },
    )
  })

  test('what is resolved stays resolved, and is made of what was given', () => {
    fc.assert(
      fc.property(anySteps, anyWeights, (steps, weights) => {
        const dag = growDag(v, steps)
        const sets = someStates(dag, weights)
        const resolved = resolveState(v, sets, dag.room.get)
        expect(sorted(resolveState(v, [resolved], dag.room.get))).toEqual(sorted(resolved))
        expect(sorted(resolveState(v, [resolved, resolved], dag.room.get))).toEqual(sorted(resolved))
        expect(resolved.get(stateKeyOf('m.room.create', ''))).toBe(dag.room.createId)
        for (const [key, id] of splitState(sets).unconflicted) expect(resolved.get(key)).toBe(id)
        for (const [key, id] of resolved) {
          const pdu = dag.room.get(id)!
          expect(stateKeyOf(pdu.type, pdu.state_key!)).toBe(key)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('the full conflicted set is that of the definitions, computed the long way', () => {
    fc.assert(
      fc.property(anySteps, anyWeights, (steps, weights) => {
        const { room, ...dag } = growDag(v, steps)
        const sets = someStates({ room, ...dag }, weights)
        const { unconflicted, conflicted } = splitState(sets)
        const chains = sets.map((set) => new Set([...set.values(), ...authChainOf(set.values(), room.get)]))
        const expected = new Set(conflicted)
        for (const chain of chains)
          for (const id of chain) if (!chains.every((one) => one.has(id))) expected.add(id)
        if (v.stateResolution === 'v2.1')
          for (const from of conflicted)
            for (const between of authChainOf([from], room.get)) {
              const onwards = authChainOf([between], room.get)
              if ([...conflicted].some((to) => onwards.has(to))) expected.add(between)
            }
        const full = fullConflictedSet(sets, unconflicted, conflicted, room.get, v.stateResolution === 'v2.1')
        expect([...full].sort()).toEqual([...expected].sort())
      }),
      { numRuns: 60 },
    )
  })

  test('events that are not known are absent for everyone alike', () => {
    fc.assert(
      fc.property(anySteps, anyWeights, fc.nat(), (steps, weights, gap) => {
        const dag = growDag(v, steps)
        const sets = someStates(dag, weights)
        const missing = dag.ids[1 + (gap % (dag.ids.length - 1))]!
        const get = (id: string) => (id === missing ? undefined : dag.room.get(id))
        const resolved = sorted(resolveState(v, sets, get))
        expect(sorted(resolveState(v, reordered(sets, weights.toReversed()), get))).toEqual(resolved)
      }),
      { numRuns: 40 },
    )
  })
})

describe.each(allVersions)('scenarios, room version $id', (v) => {
  const withCreator = (users: Record<string, number>) => ({
    users: { ...(v.creatorsHavePower ? {} : { [ALICE]: 100 }), ...users },
  })

  /** Alice's public room with Bob (50), Carol and Dave in it. */
  function start() {
    const room = new TestRoom(v, ALICE)
    let state = room.after(room.initial(), member(ALICE, 'join'))
    for (const draft of [
      powerLevels(ALICE, withCreator({ [BOB]: 50 })),
      joinRules(ALICE, 'public'),
      member(BOB, 'join'),
      member(CAROL, 'join'),
      member(DAVE, 'join'),
    ])
      state = room.after(state, draft)
    const resolve = (...sets: StateMap[]) => {
      const there = resolveState(v, sets, room.get)
      expect(sorted(resolveState(v, sets.toReversed(), room.get))).toEqual(sorted(there))
      return (type: string, key = '') => {
        const id = there.get(stateKeyOf(type, key))
        return id === undefined ? undefined : room.get(id)!.content
      }
    }
    return { room, state, resolve }
  }

  test('no conflict: the state as it is', () => {
    const { room, state } = start()
    expect(sorted(resolveState(v, [state, state], room.get))).toEqual(sorted(state))
    expect(resolveState(v, [], room.get).size).toBe(0)
  })

  test('a race for the topic: the later wins; with the same time the greater event ID', () => {
    const { room, state, resolve } = start()
    const early = room.after(state, { ...topic(BOB, 'early'), ts: 5_000 })
    const late = room.after(state, { ...topic(BOB, 'late'), ts: 5_001 })
    expect(resolve(early, late)('m.room.topic')).toEqual({ topic: 'late' })
    const key = stateKeyOf('m.room.topic', '')
    const twin = room.after(state, { ...topic(BOB, 'twin'), ts: 5_000 })
    const greater = early.get(key)! > twin.get(key)! ? 'early' : 'twin'
    expect(resolve(early, twin)('m.room.topic')).toEqual({ topic: greater })
  })

  test('a race for the topic: newer power levels count more than the clock', () => {
    const { room, state, resolve } = start()
    const levels = room.after(state, powerLevels(ALICE, withCreator({ [BOB]: 51 })))
    const newer = room.after(levels, { ...topic(BOB, 'under new levels'), ts: 1 })
    const older = room.after(state, { ...topic(BOB, 'far future'), ts: 9_999_999 })
    expect(resolve(newer, older)('m.room.topic')).toEqual({ topic: 'under new levels' })
  })

  test('a demoted moderator: what they did meanwhile does not stand', () => {
    const { room, state, resolve } = start()
    const demoted = room.after(state, powerLevels(ALICE, withCreator({})))
    let revenge = room.after(state, { ...member(CAROL, 'ban', BOB), ts: 1 })
    revenge = room.after(revenge, { ...topic(BOB, 'mine'), ts: 1 })
    revenge = room.after(revenge, { ...joinRules(BOB, 'invite'), ts: 1 })
    const found = resolve(demoted, revenge)
    expect(found('m.room.member', CAROL)).toEqual({ membership: 'join' })
    expect(found('m.room.topic')).toBeUndefined()
    expect(found('m.room.join_rules')).toEqual({ join_rule: 'public' })
    expect(found('m.room.power_levels')).toEqual(withCreator({}))
  })

  test('a ban is not evaded by joining again from before it', () => {
    const { room, state, resolve } = start()
    const banned = room.after(state, member(DAVE, 'ban', BOB))
    let evading = room.after(state, { ...member(DAVE, 'leave'), ts: 9_000_000 })
    evading = room.after(evading, { ...member(DAVE, 'join'), ts: 9_000_001 })
    const name = { displayname: 'not me' }
    evading = room.after(evading, { ...member(DAVE, 'join', DAVE, name), ts: 9_000_002 })
    expect(resolve(banned, evading)('m.room.member', DAVE)).toEqual({ membership: 'ban' })
  })

  test('the removed moderator no longer opens the room', () => {
    const { room, state, resolve } = start()
    const closed = room.after(state, joinRules(ALICE, 'invite'))
    const removed = room.after(closed, member(BOB, 'leave', ALICE))
    const opened = room.after(closed, { ...joinRules(BOB, 'public'), ts: 1 })
    const found = resolve(removed, opened)
    expect(found('m.room.join_rules')).toEqual({ join_rule: 'invite' })
    expect(found('m.room.member', BOB)).toEqual({ membership: 'leave' })
  })

  test('moderators of the same power cannot demote one another; each may step down', () => {
    const { room, state, resolve } = start()
    const events = { 'm.room.power_levels': 60 }
    const levels = (users: Record<string, number>) => ({ ...withCreator(users), events })
    const both = room.after(state, powerLevels(ALICE, levels({ [BOB]: 60, [CAROL]: 60 })))
    const coup = room.after(both, { ...powerLevels(BOB, levels({ [BOB]: 60 })), ts: 20_000 })
    const retreat = room.after(both, { ...powerLevels(CAROL, levels({ [BOB]: 60 })), ts: 20_001 })
    const quiet = room.after(both, { ...topic(ALICE, 'x'), ts: 20_002 })
    expect(resolve(coup, quiet)('m.room.power_levels')).toEqual(levels({ [BOB]: 60, [CAROL]: 60 }))
    expect(resolve(coup, retreat)('m.room.power_levels')).toEqual(levels({ [BOB]: 60 }))
  })

  test('who has more power is heard first, whatever the clocks say', () => {
    const { room, state, resolve } = start()
    const both = room.after(state, powerLevels(ALICE, withCreator({ [BOB]: 61, [CAROL]: 60 })))
    const byBob = room.after(both, { ...member(CAROL, 'leave', BOB), ts: 20_001 })
    const byCarol = room.after(both, { ...member(DAVE, 'ban', CAROL), ts: 20_000 })
    // Bob's greater power counts before Carol's earlier clock.
    const found = resolve(byBob, byCarol)
    expect(found('m.room.member', CAROL)).toEqual({ membership: 'leave' })
    expect(found('m.room.member', DAVE)).toEqual({ membership: 'join' })
  })

  test('a membership all branches have does not put off what its member did in one of them', () => {
    const { room, state, resolve } = start()
    const before = room.after(state, powerLevels(ALICE, withCreator({ [BOB]: 60, [CAROL]: 60 })))
    let banned = room.after(before, { ...member(DAVE, 'ban', BOB), ts: 20_000 })
    const levels = withCreator({ [BOB]: 60, [CAROL]: 60, [DAVE]: 60 })
    banned = room.after(banned, { ...powerLevels(CAROL, levels), ts: 20_001 })
    const removed = room.after(before, { ...member(DAVE, 'leave', CAROL), ts: 20_002 })
    const found = resolve(banned, removed)
    expect(found('m.room.power_levels')).toEqual(levels)
    expect(found('m.room.member', DAVE)).toEqual({ membership: 'ban' })
  })

  test('of two first memberships of a creator, the one a power event cites is heard first', () => {
    const { room, state, resolve } = start()
    const key = stateKeyOf('m.room.member', ALICE)
    const again = room.after(room.initial(), {
      ...member(ALICE, 'join', ALICE, { displayname: 'A' }),
      ts: 9_000,
    })
    const forked = new Map(state).set(key, again.get(key)!)
    const removed = room.after(forked, member(BOB, 'leave', ALICE))
    const found = resolve(state, removed)
    expect(found('m.room.member', BOB)).toEqual({ membership: 'leave' })
    // In v2.1 the power levels lie between two conflicted events and lead to the other membership as well: the clock decides.
    const displayname = v.stateResolution === 'v2.1' ? { displayname: 'A' } : {}
    expect(found('m.room.member', ALICE)).toEqual({ membership: 'join', ...displayname })
  })

  test('a closed door is closed for who comes from before', () => {
    const { room, state, resolve } = start()
    const closed = room.after(state, joinRules(ALICE, 'invite'))
    const joined = room.after(state, { ...member('@eve:evil.example', 'join'), ts: 1 })
    expect(resolve(closed, joined)('m.room.member', '@eve:evil.example')).toBeUndefined()
  })

  test('state reset: a member missing from one state (v2.1 keeps them, v2 loses them)', () => {
    // Dave joined while the room was public; then it was closed; then a server gives a state without Dave.
    const { room, state, resolve } = start()
    const closed = room.after(state, joinRules(ALICE, 'invite'))
    const without = new Map(closed)
    without.delete(stateKeyOf('m.room.member', DAVE))
    const found = resolve(closed, without)('m.room.member', DAVE)
    expect(found).toEqual(v.stateResolution === 'v2.1' ? { membership: 'join' } : undefined)
  })

  test('state reset: old power levels come back (v2.1 replays what lies between, v2 falls back)', () => {
    const { room, state, resolve } = start()
    const key = stateKeyOf('m.room.power_levels', '')
    const events = { 'm.room.power_levels': 50 }
    // Alice trusts Bob with the levels; a topic cites that event, so that it is in everyone's auth chain; Bob uses it.
    const first = { ...withCreator({}), events }
    const second = { ...withCreator({ [BOB]: 90 }), events }
    const third = { ...withCreator({ [BOB]: 90, [CAROL]: 70 }), events }
    const s1 = room.after(state, powerLevels(ALICE, first))
    const s2 = room.after(room.after(s1, powerLevels(ALICE, second)), topic(ALICE, 'x'))
    const s3 = room.after(s2, powerLevels(BOB, third))
    const stale = new Map(s3).set(key, s1.get(key)!)
    const found = resolve(s3, stale)('m.room.power_levels')
    expect(found).toEqual(v.stateResolution === 'v2.1' ? third : first)
  })

  test('a rejected event authorises nothing', () => {
    const { room, state } = start()
    const eve = '@eve:evil.example'
    const key = stateKeyOf('m.room.member', eve)
    const closed = room.after(state, joinRules(ALICE, 'invite'))
    const invited = room.after(closed, member(eve, 'invite', BOB))
    const invite = invited.get(key)!
    const joined = room.after(invited, member(eve, 'join'))
    // Both states know the invite through what else cites it, so that it is no part of the conflict.
    const cited = { type: 'org.example.note', sender: ALICE, stateKey: '', auth: [invite] }
    const [withEve, withoutEve] = [room.after(joined, cited), room.after(closed, cited)]
    const joins = (isRejected: (id: string) => boolean) =>
      resolveState(v, [withEve, withoutEve], room.get, { isRejected }).has(key)
    expect(withEve.get(stateKeyOf(cited.type, ''))).not.toBe(withoutEve.get(stateKeyOf(cited.type, '')))
    expect(joins(() => false)).toBe(true)
    expect(joins((id) => id === invite)).toBe(false)
  })

  test('a chain of 10,000 power levels is resolved without recursion', () => {
    const { room, state } = start()
    let long: ReadonlyMap<string, string> = state
    for (let i = 0; i < 10_000; i++)
      long = room.after(long, powerLevels(ALICE, { ...withCreator({ [BOB]: 50 }), ban: i % 50 }))
    const forked = room.after(
      room.after(state, powerLevels(BOB, withCreator({ [BOB]: 100 }))),
      topic(BOB, 'fork'),
    )
    expect(authChainOf(long.values(), room.get).size).toBeGreaterThan(10_000)
    const resolved = resolveState(v, [long, forked], room.get)
    const key = stateKeyOf('m.room.power_levels', '')
    expect(resolved.get(key)).toBe(long.get(key))
  })
})

test('version 12: a creator cannot be removed, even by an event of a state made up', () => {
  const v = version('12')
  const room = new TestRoom(v, ALICE)
  let state = room.after(room.initial(), member(ALICE, 'join'))
  state = room.after(state, powerLevels(ALICE, { users: { [BOB]: 100 } }))
  state = room.after(room.after(state, joinRules(ALICE, 'public')), member(BOB, 'join'))
  const coup = room.after(state, member(ALICE, 'ban', BOB))
  const resolved = resolveState(v, [state, coup], room.get)
  expect(resolved.get(stateKeyOf('m.room.member', ALICE))).toBe(state.get(stateKeyOf('m.room.member', ALICE)))
})
