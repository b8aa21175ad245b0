import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { stateKeyOf } from '../pdu.ts'
import { allVersions, joinRules, member, powerLevels, TestRoom, topic } from '../testing/room.ts'
import { authEventTypesFor, checkAuthSelection } from './selection.ts'

const ALICE = '@alice:one.example'
const BOB = '@bob:two.example'

describe.each(allVersions)('room version $id', (v) => {
  const create = v.roomIdIsCreateHash ? [] : ['m.room.create|']
  const base = [...create, 'm.room.power_levels|', `m.room.member|${ALICE}`]
  const chosen = (type: string, stateKey: string | undefined, content: JsonObject = {}) =>
    authEventTypesFor({ type, sender: ALICE, state_key: stateKey, content }, v).map(
      ([one, key]) => `${one}|${key}`,
    )

  test('which state is chosen', () => {
    const bob = `m.room.member|${BOB}`
    const rules = 'm.room.join_rules|'
    expect(chosen('m.room.create', '')).toEqual([])
    expect(chosen('m.room.message', undefined)).toEqual(base)
    expect(chosen('m.room.power_levels', '')).toEqual(base)
    expect(chosen('m.room.member', ALICE, { membership: 'join' })).toEqual([...base, rules])
    expect(chosen('m.room.member', BOB, { membership: 'invite' })).toEqual([...base, bob, rules])
    expect(chosen('m.room.member', ALICE, { membership: 'knock' })).toEqual([...base, rules])
    for (const membership of ['leave', 'ban'])
      expect(chosen('m.room.member', BOB, { membership })).toEqual([...base, bob])
    expect(
      chosen('m.room.member', ALICE, { membership: 'join', join_authorised_via_users_server: BOB }),
    ).toEqual([...base, rules, bob])
    expect(
      chosen('m.room.member', ALICE, { membership: 'leave', join_authorised_via_users_server: BOB }),
    ).toEqual(base)
    const invite = { membership: 'invite', third_party_invite: { signed: { token: 't' } } }
    expect(chosen('m.room.member', BOB, invite)).toEqual([...base, bob, rules, 'm.room.third_party_invite|t'])
    expect(chosen('m.room.member', BOB, { ...invite, membership: 'join' })).toEqual([...base, bob, rules])
    expect(chosen('m.room.member', BOB, { membership: 'invite', third_party_invite: 7 })).toEqual([
      ...base,
      bob,
      rules,
    ])
  })

  const room = new TestRoom(v, ALICE)
  let state = room.initial()
  for (const draft of [
    member(ALICE, 'join'),
    powerLevels(ALICE, {}),
    joinRules(ALICE, 'public'),
    topic(ALICE, 'x'),
  ])
    state = room.after(state, draft)
  const at = (type: string, key = '') => state.get(stateKeyOf(type, key))!
  const message = room.build({ type: 'm.room.message', sender: ALICE })
  const judge = (ids: string[], rejected: string[] = []) => {
    const events = ids.map((id) => ({ id, pdu: room.get(id)!, rejected: rejected.includes(id) }))
    const found = checkAuthSelection(message, events, v)
    return found.allowed ? 'allow' : found.rule
  }
  const right = [
    ...(v.roomIdIsCreateHash ? [] : [room.createId]),
    at('m.room.power_levels'),
    at('m.room.member', ALICE),
  ]

  test('a right choice, complete or not', () => {
    expect(judge(right)).toBe('allow')
    expect(judge(right.filter((id) => id !== at('m.room.power_levels')))).toBe('allow')
  })
  test('3.1 two of a kind', () => {
    const another = room.add(powerLevels(ALICE, { ban: 1 }), state)
    expect(judge([...right, another])).toBe('3.1')
    expect(judge([...right, right[0]!])).toBe('3.1')
  })
  test('3.2 one that does not belong', () => {
    expect(judge([...right, at('m.room.topic')])).toBe('3.2')
    expect(judge([...right, at('m.room.join_rules')])).toBe('3.2')
    expect(judge([...right, room.add({ type: 'm.room.power_levels', sender: ALICE })])).toBe('3.2')
    if (v.roomIdIsCreateHash) expect(judge([...right, room.createId])).toBe('3.2')
  })
  test('3.3 one that was rejected', () => expect(judge(right, [at('m.room.member', ALICE)])).toBe('3.3'))
  test('3.4 no create event, before version 12', () => {
    expect(judge(right.filter((id) => id !== room.createId))).toBe(v.roomIdIsCreateHash ? 'allow' : '3.4')
    expect(judge([])).toBe(v.roomIdIsCreateHash ? 'allow' : '3.4')
  })
  test('3.5 one of another room', () => {
    const other = new TestRoom(v, ALICE, { other: true }, '!other:one.example')
    const pdu = other.get(other.add(member(ALICE, 'join')))!
    const rest = right.filter((id) => id !== at('m.room.member', ALICE))
    const events = rest.map((id) => ({ id, pdu: room.get(id)!, rejected: false }))
    const found = checkAuthSelection(message, [...events, { id: '$x', pdu, rejected: false }], v)
    expect(found.allowed ? 'allow' : found.rule).toBe('3.5')
  })
  test('a create event has none', () => {
    const pdu = room.get(room.createId)!
    expect(checkAuthSelection(pdu, [], v).allowed).toBe(true)
    expect(checkAuthSelection(pdu, [{ id: '$x', pdu: message, rejected: false }], v).allowed).toBe(false)
  })
})
