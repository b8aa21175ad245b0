import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ALICE, BOB, CAROL } from '../testing/dag.ts'
import { allVersions, joinRules, member, powerLevels, TestRoom, topic } from '../testing/room.ts'
import { Heap } from './heap.ts'
import { mainlineOrder } from './mainline.ts'
import { isPowerEvent, reverseTopologicalPowerOrder } from './power-order.ts'

test('a heap gives its items in order, whatever went in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, second) => {
      const heap = new Heap<number>((a, b) => a - b)
      for (const item of first) heap.push(item)
      const least = heap.pop()
      expect(least).toBe(first.length === 0 ? undefined : first.toSorted((a, b) => a - b)[0])
      for (const item of second) heap.push(item)
      const rest = [...first.toSorted((a, b) => a - b).slice(1), ...second].sort((a, b) => a - b)
      expect(rest.map(() => heap.pop())).toEqual(rest)
      expect(heap.pop()).toBeUndefined()
    }),
  )
})

describe.each(allVersions)('room version $id', (v) => {
  const room = new TestRoom(v, ALICE)
  const users = { [BOB]: 60, [CAROL]: 60, ...(v.creatorsHavePower ? {} : { [ALICE]: 100 }) }
  const start = room.after(room.after(room.initial(), member(ALICE, 'join')), powerLevels(ALICE, { users }))
  const create = v.roomIdIsCreateHash ? room.get(room.createId) : undefined
  const rules = (sender: string, ts: number, rule = 'public') =>
    room.add({ ...joinRules(sender, rule), ts }, start)

  test('power order: more power, then earlier, then the smaller ID', () => {
    const twins = [rules(BOB, 10, 'invite'), rules(CAROL, 10, 'knock'), rules(CAROL, 10, 'public')].sort()
    const expected = [rules(ALICE, 99), rules(BOB, 9), ...twins, rules(BOB, 11)]
    fc.assert(
      fc.property(fc.shuffledSubarray(expected, { minLength: expected.length }), (ids) => {
        expect(reverseTopologicalPowerOrder(new Set(ids), room.get, v, create)).toEqual(expected)
      }),
    )
  })

  test('power order: what is cited comes first, whoever sent it and when', () => {
    const cited = rules(BOB, 1_000)
    const citing = room.add({ ...member(CAROL, 'leave', ALICE), auth: [cited], ts: 1 })
    expect(reverseTopologicalPowerOrder(new Set([citing, cited]), room.get, v, create)).toEqual([
      cited,
      citing,
    ])
  })

  test('power order: a creator without power levels counts for what the version says', () => {
    const alone = room.initial()
    const byBob = room.add({ ...joinRules(BOB, 'public'), ts: 1 }, alone)
    const byAlice = room.add({ ...joinRules(ALICE, 'public'), ts: 2 }, alone)
    expect(reverseTopologicalPowerOrder(new Set([byBob, byAlice]), room.get, v, create)).toEqual([
      byAlice,
      byBob,
    ])
  })

  test('mainline order: older levels first, then time, then ID; what cites no levels before all', () => {
    const newer = room.after(start, powerLevels(ALICE, { users, ban: 51 }))
    const aside = room.after(start, powerLevels(ALICE, { users, ban: 52 }))
    const at = (state: ReadonlyMap<string, string>, text: string, ts: number) =>
      room.add({ ...topic(ALICE, text), ts }, state)
    const expected = [
      at(room.initial(), 'no levels', 900),
      at(start, 'old', 800),
      // Levels that are not in the mainline lead back to those that are.
      at(aside, 'aside', 801),
      ...[at(newer, 'one', 100), at(newer, 'two', 100)].sort(),
      at(newer, 'three', 101),
    ]
    const levels = newer.get('m.room.power_levels\u0000')
    fc.assert(
      fc.property(fc.shuffledSubarray(expected, { minLength: expected.length }), (ids) => {
        expect(mainlineOrder(ids, levels, room.get)).toEqual(expected)
      }),
    )
  })

  test('which events are power events', () => {
    const is = (draft: Parameters<TestRoom['build']>[0]) => isPowerEvent(room.build(draft))
    expect(is(powerLevels(ALICE, {}))).toBe(true)
    expect(is(joinRules(ALICE, 'public'))).toBe(true)
    expect(is(member(BOB, 'ban', ALICE))).toBe(true)
    expect(is(member(BOB, 'leave', ALICE))).toBe(true)
    expect(is(member(BOB, 'leave'))).toBe(false)
    expect(is(member(BOB, 'invite', ALICE))).toBe(false)
    expect(is(topic(ALICE, 'x'))).toBe(false)
    expect(is({ type: 'm.room.power_levels', sender: ALICE })).toBe(false)
    expect(is({ ...powerLevels(ALICE, {}), stateKey: 'other' })).toBe(false)
    expect(is({ type: 'm.room.member', sender: ALICE, content: { membership: 'ban' } })).toBe(false)
  })
})
