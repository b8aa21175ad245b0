import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import type { Pdu } from '../pdu.ts'
import { requiredPower, userPower } from '../power.ts'
import {
  allVersions,
  type Draft,
  joinRules,
  member,
  powerLevels,
  TestRoom,
  version,
} from '../testing/room.ts'
import { checkAuth } from './check.ts'

const ALICE = '@alice:one.example'
const BOB = '@bob:one.example'
const CAROL = '@carol:two.example'
const DAVE = '@dave:two.example'

/** A verdict in one word: `allow`, or the number of the rule that rejects. */
function verdict(room: TestRoom, state: ReadonlyMap<string, string>, draft: Draft): string {
  const found = checkAuth(room.build(draft), room.lookup(state), room.v)
  if (found.allowed) return 'allow'
  expect(found.reason.length).toBeGreaterThan(10)
  return found.rule
}

describe.each(allVersions)('room version $id', (v) => {
  const creatorIsAbove = v.creatorsHavePower

  /** Alice made the room and is in it; the state holds what the drafts put there, whether or not they were allowed. */
  function roomWith(...drafts: (Draft & { stateKey: string })[]) {
    const room = new TestRoom(v, ALICE)
    let state = room.after(room.initial(), member(ALICE, 'join'))
    for (const draft of drafts) state = room.after(state, draft)
    return { room, state, judge: (draft: Draft) => verdict(room, state, draft) }
  }
  const levels = (content: JsonObject) =>
    powerLevels(ALICE, {
      ...content,
      users: { ...(creatorIsAbove ? {} : { [ALICE]: 100 }), ...(content['users'] as JsonObject) },
    })
  const message = (sender: string, extra: Partial<Draft> = {}): Draft => ({
    type: 'm.room.message',
    sender,
    ...extra,
  })

  describe('rule 1: create', () => {
    const judge = (change: Partial<Pdu>) => {
      const room = new TestRoom(v, ALICE)
      const create = { ...room.get(room.createId)!, ...change }
      const found = checkAuth(create, () => undefined, v)
      return found.allowed ? 'allow' : found.rule
    }
    const content = { room_version: v.id, ...(v.creatorIsSender ? {} : { creator: ALICE }) }
    test('allowed', () => expect(judge({})).toBe('allow'))
    test('1.1 previous events', () => expect(judge({ prev_events: ['$x'] })).toBe('1.1'))
    test('1.2 room ID', () => {
      expect(judge({ room_id: '!room:two.example' })).toBe('1.2')
      expect(judge({ room_id: '!room:one.example' })).toBe(creatorIsAbove ? '1.2' : 'allow')
      if (!creatorIsAbove) expect(judge({ room_id: '!room' })).toBe('1.2')
    })
    test('1.3 room version', () => {
      for (const room_version of ['unheard-of', '__proto__', 12, null])
        expect(judge({ content: { ...content, room_version } })).toBe('1.3')
      expect(judge({ content: { ...content, room_version: undefined } })).toBe('allow')
    })
    test('1.4 creator, before version 11', () =>
      expect(judge({ content: { room_version: v.id } })).toBe(v.id === '10' ? '1.4' : 'allow'))
    test('1.4 additional creators, since version 12', () => {
      const more = (additional_creators: unknown) =>
        judge({ content: { ...content, additional_creators } as JsonObject })
      expect(more([BOB, CAROL])).toBe('allow')
      expect(more([])).toBe('allow')
      for (const bad of [BOB, [7], ['bob'], [`@${'b'.repeat(255)}:a`], {}, null])
        expect(more(bad)).toBe(creatorIsAbove ? '1.4' : 'allow')
    })
  })

  describe('rules 2 and 4: the create event', () => {
    test('2 there is none', () => {
      const room = new TestRoom(v, ALICE)
      expect(verdict(room, new Map(), message(ALICE))).toBe('2')
      expect(verdict(room, new Map(), member(ALICE, 'join'))).toBe('2')
    })
    test('2 it is of another room, since version 12', () => {
      const { room, state } = roomWith()
      const other = new TestRoom(v, ALICE, { other: true })
      const stranger = { ...room.build(message(ALICE)), room_id: other.roomId }
      const found = checkAuth(stranger, room.lookup(state), v)
      expect(found.allowed ? 'allow' : found.rule).toBe(creatorIsAbove ? '2' : 'allow')
    })
    test.each([
      [false, '4'],
      [true, '5.3.4'],
      ['false', '5.3.4'],
    ])('4 m.federate %j', (federate, expected) => {
      const room = new TestRoom(v, ALICE, { 'm.federate': federate })
      const state = room.after(room.initial(), member(ALICE, 'join'))
      expect(verdict(room, state, member(CAROL, 'join'))).toBe(expected)
      expect(verdict(room, state, message(ALICE))).toBe('allow')
    })
  })

  describe('rule 5.1, 5.2 and 5.8: any member event', () => {
    test('5.1', () => {
      const { judge } = roomWith()
      expect(judge({ type: 'm.room.member', sender: BOB, content: { membership: 'join' } })).toBe('5.1')
      expect(judge({ type: 'm.room.member', sender: BOB, stateKey: BOB, content: {} })).toBe('5.1')
      expect(
        judge({ type: 'm.room.member', sender: ALICE, stateKey: 'bob', content: { membership: 'ban' } }),
      ).toBe('5.1')
      const inherited = JSON.parse('{"__proto__":{"membership":"leave"}}') as JsonObject
      expect(judge({ ...member(ALICE, 'leave'), content: inherited })).toBe('5.1')
    })
    test('5.2 the authorising server has signed', () => {
      const { judge, room, state } = roomWith(joinRules(ALICE, 'public'))
      const join = (authoriser: unknown, signatures: unknown) =>
        judge({
          ...member(CAROL, 'join', CAROL, { join_authorised_via_users_server: authoriser } as JsonObject),
          extra: { signatures },
        })
      expect(join(ALICE, { 'one.example': { 'ed25519:1': 'x' } })).toBe('allow')
      expect(join(ALICE, { 'two.example': { 'ed25519:1': 'x' } })).toBe('5.2.1')
      expect(join('alice', { 'one.example': {} })).toBe('5.2.1')
      expect(join(7, {})).toBe('5.2.1')
      const { signatures: _s, ...template } = room.build(
        member(CAROL, 'join', CAROL, { join_authorised_via_users_server: ALICE }),
      )
      expect(checkAuth(template as Pdu, room.lookup(state), v).allowed).toBe(true)
    })
    test('5.8', () => {
      const { judge } = roomWith()
      for (const odd of ['JOIN', 'toString', '']) expect(judge(member(ALICE, odd))).toBe('5.8')
      expect(judge({ ...member(ALICE, 'join'), content: { membership: 7 } })).toBe('5.8')
    })
  })

  describe('rule 5.3: join', () => {
    test('5.3.1 the creator first', () => {
      const room = new TestRoom(v, ALICE)
      expect(verdict(room, room.initial(), member(ALICE, 'join'))).toBe('allow')
      expect(verdict(room, room.initial(), member(BOB, 'join'))).toBe('5.3.4')
      const later = room.add(message(ALICE), room.initial())
      expect(verdict(room, room.initial(), { ...member(ALICE, 'join'), prev: [later] })).toBe('5.3.4')
      expect(verdict(room, room.initial(), { ...member(ALICE, 'join'), prev: [room.createId, later] })).toBe(
        '5.3.4',
      )
    })
    test('5.3.1 who the creator is', () => {
      // Before version 11 the content says so, whoever sent it.
      const room = new TestRoom(
        v,
        ALICE,
        v.id === '10' ? { creator: BOB } : { creator: BOB, additional_creators: [CAROL] },
      )
      const first = (user: string) => verdict(room, room.initial(), member(user, 'join'))
      expect(first(BOB)).toBe(v.id === '10' ? 'allow' : '5.3.4')
      expect(first(ALICE)).toBe(v.id === '10' ? '5.3.4' : 'allow')
      expect(first(CAROL)).toBe('5.3.4')
    })
    test('5.3.2 for another user', () => {
      expect(roomWith(joinRules(ALICE, 'public')).judge(member(BOB, 'join', ALICE))).toBe('5.3.2')
    })
    test('5.3.3 banned', () => {
      for (const open of ['public', 'invite', 'restricted'])
        expect(roomWith(joinRules(ALICE, open), member(BOB, 'ban', ALICE)).judge(member(BOB, 'join'))).toBe(
          '5.3.3',
        )
    })
    test.each(['invite', 'knock'])('5.3.4 %s', (joinRule) => {
      const given = (membership: string) =>
        roomWith(joinRules(ALICE, joinRule), member(BOB, membership, ALICE)).judge(member(BOB, 'join'))
      expect(given('invite')).toBe('allow')
      expect(given('join')).toBe('allow')
      expect(given('leave')).toBe('5.3.4')
      expect(given('knock')).toBe('5.3.4')
    })
    test('without join rules it is by invitation', () => {
      expect(roomWith().judge(member(BOB, 'join'))).toBe('5.3.4')
      expect(roomWith(member(BOB, 'invite', ALICE)).judge(member(BOB, 'join'))).toBe('allow')
    })
    test.each(['restricted', 'knock_restricted'])('5.3.5 %s', (joinRule) => {
      const base = [
        joinRules(ALICE, joinRule),
        member(BOB, 'join'),
        levels({ invite: 50, users: { [BOB]: 49 } }),
      ]
      const { judge } = roomWith(...base)
      const via = (authoriser: unknown) =>
        judge({
          ...member(CAROL, 'join', CAROL, { join_authorised_via_users_server: authoriser } as JsonObject),
          extra: { signatures: { 'one.example': { 'ed25519:1': 'x' }, 'two.example': { 'ed25519:1': 'x' } } },
        })
      expect(roomWith(...base, member(CAROL, 'invite', ALICE)).judge(member(CAROL, 'join'))).toBe('allow')
      expect(via(ALICE)).toBe('allow')
      expect(via(BOB)).toBe('5.3.5.2')
      expect(via(DAVE)).toBe('5.3.5.2')
      expect(judge(member(CAROL, 'join'))).toBe('5.3.5.2')
    })
    test('5.3.6 public, 5.3.7 anything else', () => {
      expect(roomWith(joinRules(ALICE, 'public')).judge(member(BOB, 'join'))).toBe('allow')
      expect(
        roomWith(joinRules(ALICE, 'private'), member(BOB, 'invite', ALICE)).judge(member(BOB, 'join')),
      ).toBe('5.3.7')
      expect(
        roomWith({ ...joinRules(ALICE, ''), content: { join_rule: 7 } }).judge(member(BOB, 'join')),
      ).toBe('5.3.7')
    })
  })

  describe('rule 5.4: invite', () => {
    test('5.4.2 the sender is not in the room', () => {
      expect(roomWith().judge(member(CAROL, 'invite', BOB))).toBe('5.4.2')
      expect(roomWith(member(BOB, 'invite', ALICE)).judge(member(CAROL, 'invite', BOB))).toBe('5.4.2')
    })
    test('5.4.3 the user is in the room, or banned', () => {
      expect(roomWith(member(BOB, 'join')).judge(member(BOB, 'invite', ALICE))).toBe('5.4.3')
      expect(roomWith(member(BOB, 'ban', ALICE)).judge(member(BOB, 'invite', ALICE))).toBe('5.4.3')
      for (const before of ['invite', 'leave', 'knock'])
        expect(roomWith(member(BOB, before)).judge(member(BOB, 'invite', ALICE))).toBe('allow')
    })
    test('5.4.4, 5.4.5 power', () => {
      const judged = (power: number, invite?: number) =>
        roomWith(member(BOB, 'join'), levels({ users: { [BOB]: power }, invite })).judge(
          member(CAROL, 'invite', BOB),
        )
      expect(judged(0)).toBe('allow')
      expect(judged(-1)).toBe('5.4.5')
      expect(judged(30, 30)).toBe('allow')
      expect(judged(29, 30)).toBe('5.4.5')
    })
  })

  describe('rule 5.5: leave', () => {
    test('5.5.1 oneself', () => {
      for (const before of ['invite', 'join', 'knock'])
        expect(roomWith(member(BOB, before)).judge(member(BOB, 'leave'))).toBe('allow')
      for (const before of ['leave', 'ban'])
        expect(roomWith(member(BOB, before)).judge(member(BOB, 'leave'))).toBe('5.5.1')
      expect(roomWith().judge(member(BOB, 'leave'))).toBe('5.5.1')
    })
    test('5.5.2 the sender is not in the room', () =>
      expect(roomWith(member(BOB, 'join')).judge(member(BOB, 'leave', CAROL))).toBe('5.5.2'))
    test('5.5.3 lifting a ban', () => {
      const judged = (power: number) =>
        roomWith(
          member(BOB, 'join'),
          member(CAROL, 'ban', ALICE),
          levels({ users: { [BOB]: power }, ban: 60, kick: 50 }),
        ).judge(member(CAROL, 'leave', BOB))
      expect(judged(60)).toBe('allow')
      expect(judged(59)).toBe('5.5.3')
    })
    test('5.5.4, 5.5.5 removing', () => {
      const judged = (bob: number, carol: number) =>
        roomWith(
          member(BOB, 'join'),
          member(CAROL, 'join'),
          levels({ users: { [BOB]: bob, [CAROL]: carol } }),
        ).judge(member(CAROL, 'leave', BOB))
      expect(judged(50, 49)).toBe('allow')
      expect(judged(50, 50)).toBe('5.5.5')
      expect(judged(49, 0)).toBe('5.5.5')
    })
  })

  describe('rule 5.6: ban', () => {
    test('5.6.1 the sender is not in the room', () =>
      expect(roomWith().judge(member(CAROL, 'ban', BOB))).toBe('5.6.1'))
    test('5.6.2, 5.6.3 power', () => {
      const judged = (bob: number, carol: number, membership = 'join') =>
        roomWith(
          member(BOB, 'join'),
          member(CAROL, membership),
          levels({ users: { [BOB]: bob, [CAROL]: carol }, ban: 40 }),
        ).judge(member(CAROL, 'ban', BOB))
      expect(judged(40, 39)).toBe('allow')
      expect(judged(40, 39, 'leave')).toBe('allow')
      expect(judged(40, 40)).toBe('5.6.3')
      expect(judged(39, 0)).toBe('5.6.3')
    })
    test('nobody bans themselves, for want of more power than their own', () =>
      expect(roomWith(levels({})).judge(member(ALICE, 'ban'))).toBe('5.6.3'))
  })

  describe('rule 5.7: knock', () => {
    test('5.7.1 the join rule', () => {
      for (const joinRule of ['knock', 'knock_restricted'])
        expect(roomWith(joinRules(ALICE, joinRule)).judge(member(BOB, 'knock'))).toBe('allow')
      for (const joinRule of ['public', 'invite', 'restricted'])
        expect(roomWith(joinRules(ALICE, joinRule)).judge(member(BOB, 'knock'))).toBe('5.7.1')
    })
    test('5.7.2 for another user', () =>
      expect(roomWith(joinRules(ALICE, 'knock')).judge(member(BOB, 'knock', ALICE))).toBe('5.7.2'))
    test('5.7.3, 5.7.4 the membership before', () => {
      const judged = (before: string) =>
        roomWith(joinRules(ALICE, 'knock'), member(BOB, before)).judge(member(BOB, 'knock'))
      for (const before of ['leave', 'knock']) expect(judged(before)).toBe('allow')
      for (const before of ['ban', 'invite', 'join']) expect(judged(before)).toBe('5.7.4')
    })
  })

  describe('rules 6 to 9: any other event', () => {
    test('6 the sender is in the room', () => {
      expect(roomWith().judge(message(BOB))).toBe('6')
      for (const before of ['invite', 'leave', 'ban', 'knock'])
        expect(roomWith(member(BOB, before)).judge(message(BOB))).toBe('6')
      expect(roomWith(member(BOB, 'join')).judge(message(BOB))).toBe('allow')
    })
    test('7 third-party invites ask for the invite level, not that of state', () => {
      const judged = (power: number) =>
        roomWith(
          member(BOB, 'join'),
          levels({ users: { [BOB]: power }, invite: 10, state_default: 50 }),
        ).judge({
          type: 'm.room.third_party_invite',
          sender: BOB,
          stateKey: 'token',
        })
      expect(judged(10)).toBe('allow')
      expect(judged(9)).toBe('7.1')
    })
    test('8 the required power: by type, by default, and without a power levels event', () => {
      const topicBy = (sender: string): Draft => ({ type: 'm.room.topic', sender, stateKey: '' })
      const judged = (power: number, content: JsonObject, draft: Draft) =>
        roomWith(member(BOB, 'join'), levels({ ...content, users: { [BOB]: power } })).judge(draft)
      expect(judged(49, {}, topicBy(BOB))).toBe('8')
      expect(judged(50, {}, topicBy(BOB))).toBe('allow')
      expect(judged(0, { events: { 'm.room.topic': 0 } }, topicBy(BOB))).toBe('allow')
      expect(judged(99, { events: { 'm.room.message': 100 } }, message(BOB))).toBe('8')
      expect(judged(-1, {}, message(BOB))).toBe('8')
      expect(judged(4, { events_default: 5 }, message(BOB))).toBe('8')
      expect(judged(20, { state_default: 20 }, topicBy(BOB))).toBe('allow')
      expect(judged(0, { events: { constructor: 0 } }, { type: 'toString', sender: BOB, stateKey: '' })).toBe(
        '8',
      )
      // Without the event the creator has 100 (or more), the others 0, and state asks for 50.
      expect(roomWith(member(BOB, 'join')).judge(topicBy(BOB))).toBe('8')
      expect(roomWith(member(BOB, 'join')).judge(message(BOB))).toBe('allow')
      expect(roomWith().judge(topicBy(ALICE))).toBe('allow')
    })
    test("9 a state key that is somebody's", () => {
      const own = (stateKey: string): Draft => ({ type: 'org.example.duty', sender: ALICE, stateKey })
      expect(roomWith().judge(own(ALICE))).toBe('allow')
      expect(roomWith().judge(own(BOB))).toBe('9')
      expect(roomWith().judge(own('@'))).toBe('9')
      expect(roomWith().judge(own('x@'))).toBe('allow')
    })
    test('11 a redaction is judged as any event', () => {
      const redaction: Draft = { type: 'm.room.redaction', sender: BOB, content: { redacts: '$x' } }
      expect(roomWith(member(BOB, 'join'), levels({})).judge(redaction)).toBe('allow')
      expect(
        roomWith(member(BOB, 'join'), levels({ events: { 'm.room.redaction': 1 } })).judge(redaction),
      ).toBe('8')
    })
  })

  describe('rule 10: power levels', () => {
    const bob50 = { users: { [BOB]: 50 }, events: { 'm.room.power_levels': 50 } }
    /** Bob, with power 50, changes the levels from `before` to `after`. */
    const change = (before: JsonObject, after: JsonObject) => {
      const whole = (content: JsonObject): JsonObject => ({
        ...bob50,
        ...content,
        users: {
          ...bob50.users,
          ...(creatorIsAbove ? {} : { [ALICE]: 100 }),
          ...(content['users'] as JsonObject),
        },
        events: { ...bob50.events, ...(content['events'] as JsonObject) },
      })
      return roomWith(member(BOB, 'join'), powerLevels(ALICE, whole(before))).judge(
        powerLevels(BOB, whole(after)),
      )
    }
    const first = (content: JsonObject) => roomWith().judge(powerLevels(ALICE, content))

    test.each(['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'])(
      '10.1 %s is an integer',
      (name) => {
        for (const bad of ['50', null, true, [], {}]) expect(first({ [name]: bad })).toBe('10.1')
        expect(first({ [name]: 0 })).toBe('allow')
      },
    )
    test.each(['events', 'notifications'])('10.2 %s holds integers', (name) => {
      for (const bad of ['x', 7, null, [], [1], { a: '1' }, { a: null }, { a: {} }])
        expect(first({ [name]: bad })).toBe('10.2')
      expect(first({ [name]: {} })).toBe('allow')
      expect(first({ [name]: JSON.parse('{"__proto__":"x"}') as JsonObject })).toBe('10.2')
    })
    test('10.3 users holds integers by user ID', () => {
      for (const bad of [
        'x',
        null,
        [],
        { [BOB]: '1' },
        { bob: 1 },
        { '@bob': 1 },
        JSON.parse('{"__proto__":1}'),
      ])
        expect(first({ users: bad as JsonObject })).toBe('10.3')
      expect(first({ users: { [BOB]: 1 } })).toBe('allow')
    })
    test('10.4 creators are not among the users, since version 12', () => {
      expect(first({ users: { [ALICE]: 100 } })).toBe(creatorIsAbove ? '10.4' : 'allow')
      const room = new TestRoom(v, ALICE, { additional_creators: [CAROL] })
      const state = room.after(room.initial(), member(ALICE, 'join'))
      expect(verdict(room, state, powerLevels(ALICE, { users: { [CAROL]: 0 } }))).toBe(
        creatorIsAbove ? '10.4' : 'allow',
      )
    })
    test('10.5 the first may say anything', () => {
      expect(first({ ban: 1000, users: { [BOB]: 1000 }, events: { x: 1000 } })).toBe('allow')
    })
    test.each(['users_default', 'events_default', 'ban', 'redact', 'kick', 'invite'])('10.6 %s', (name) => {
      expect(change({}, { [name]: 50 })).toBe('allow')
      expect(change({}, { [name]: 51 })).toBe('10.6.2')
      expect(change({ [name]: 50 }, {})).toBe('allow')
      expect(change({ [name]: 50 }, { [name]: 1 })).toBe('allow')
      if (name === 'events_default') return
      expect(change({ [name]: 51 }, {})).toBe('10.6.1')
      expect(change({ [name]: 51 }, { [name]: 1 })).toBe('10.6.1')
      expect(change({ [name]: 51 }, { [name]: 51 })).toBe('allow')
    })
    test.each(['events', 'notifications'])('10.7, 10.8 %s', (name) => {
      expect(change({}, { [name]: { x: 50 } })).toBe('allow')
      expect(change({}, { [name]: { x: 51 } })).toBe('10.8.1')
      expect(change({ [name]: { x: 50 } }, { [name]: { x: 51 } })).toBe('10.8.1')
      expect(change({ [name]: { x: 50 } }, {})).toBe('allow')
      expect(change({ [name]: { x: 51 } }, {})).toBe('10.7.1')
      expect(change({ [name]: { x: 51 } }, { [name]: { x: 0 } })).toBe('10.7.1')
      expect(change({ [name]: { x: 51 } }, { [name]: { x: 51 } })).toBe('allow')
      expect(change({}, { [name]: { constructor: 51 } })).toBe('10.8.1')
    })
    test('10.9 others with as much power are not touched, oneself may step down', () => {
      expect(change({ users: { [CAROL]: 49 } }, { users: { [CAROL]: 0 } })).toBe('allow')
      expect(change({ users: { [CAROL]: 49 } }, {})).toBe('allow')
      expect(change({ users: { [CAROL]: 50 } }, { users: { [CAROL]: 0 } })).toBe('10.9.1')
      expect(change({ users: { [CAROL]: 50 } }, {})).toBe('10.9.1')
      expect(change({ users: { [CAROL]: 51 } }, { users: { [CAROL]: 50 } })).toBe('10.9.1')
      expect(change({}, { users: { [BOB]: 0 } })).toBe('allow')
    })
    test('10.10 nobody is raised above oneself', () => {
      expect(change({}, { users: { [CAROL]: 50 } })).toBe('allow')
      expect(change({}, { users: { [CAROL]: 51 } })).toBe('10.10.1')
      expect(change({}, { users: { [BOB]: 51 } })).toBe('10.10.1')
      expect(change({ users: { [CAROL]: 10 } }, { users: { [CAROL]: 51 } })).toBe('10.10.1')
    })
    test('8 comes first', () => {
      expect(roomWith(member(BOB, 'join'), levels({})).judge(powerLevels(BOB, levels({}).content))).toBe('8')
    })
  })

  test('creators: power without end since version 12, a hundred before the first power levels event', () => {
    const room = new TestRoom(v, ALICE, { additional_creators: [CAROL] })
    let state = room.after(room.initial(), member(ALICE, 'join'))
    const power = (user: string) => userPower(room.lookup(state), user, v)
    expect([power(ALICE), power(CAROL), power(BOB)]).toEqual(
      creatorIsAbove ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0] : [100, 0, 0],
    )
    state = room.after(state, powerLevels(ALICE, { users: { [BOB]: 60 }, users_default: 5 }))
    expect([power(ALICE), power(CAROL), power(BOB)]).toEqual(
      creatorIsAbove ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 60] : [5, 5, 60],
    )
    expect(requiredPower(room.lookup(state), 'm.room.topic', true)).toBe(50)
  })
})

describe('version 12: what infinite power means', () => {
  const v = version('12')
  const room = new TestRoom(v, ALICE, { additional_creators: [CAROL] })
  let state = room.after(room.initial(), member(ALICE, 'join'))
  for (const draft of [
    member(BOB, 'join'),
    member(CAROL, 'join'),
    powerLevels(ALICE, {
      users: { [BOB]: Number.MAX_SAFE_INTEGER },
      events: { 'm.room.topic': Number.MAX_SAFE_INTEGER },
    }),
  ])
    state = room.after(state, draft)

  test('no power level reaches a creator', () => {
    expect(verdict(room, state, member(ALICE, 'leave', BOB))).toBe('5.5.5')
    expect(verdict(room, state, member(CAROL, 'ban', BOB))).toBe('5.6.3')
    expect(verdict(room, state, member(BOB, 'ban', CAROL))).toBe('allow')
  })
  test('creators do not remove one another', () => {
    expect(verdict(room, state, member(CAROL, 'leave', ALICE))).toBe('5.5.5')
    expect(verdict(room, state, member(ALICE, 'ban', CAROL))).toBe('5.6.3')
  })
  test('creators demote anybody and lower any level', () => {
    expect(verdict(room, state, powerLevels(CAROL, { users: { [BOB]: 0 } }))).toBe('allow')
  })
})
