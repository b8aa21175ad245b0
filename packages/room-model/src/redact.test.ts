import { describe, expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import type { Pdu } from './pdu.ts'
import { redact } from './redact.ts'
import { allVersions, TestRoom } from './testing/room.ts'

const users = { '@a:b': 100 }
const levels = {
  ban: 1,
  events: { x: 1 },
  events_default: 1,
  kick: 1,
  redact: 1,
  state_default: 1,
  users,
  users_default: 1,
}
const joinRules = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!x:y' }] }
const membership = { membership: 'join', join_authorised_via_users_server: '@a:b' }
const signed = { mxid: '@a:b', token: 't', signatures: {} }

/** Content kept, by type and version; every content also has a key that is never kept. */
const kept: [type: string, content: JsonObject, before11: JsonObject, since11: JsonObject | 'all'][] = [
  ['m.room.message', { body: 'x', msgtype: 'm.text' }, {}, {}],
  ['m.room.topic', { topic: 'x' }, {}, {}],
  ['m.room.aliases', { aliases: ['#a:b'] }, {}, {}],
  ['m.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2' }, {}, {}],
  ['m.room.member', { ...membership, displayname: 'x', reason: 'y' }, membership, membership],
  [
    'm.room.member',
    { membership: 'invite', third_party_invite: { display_name: 'x', signed } },
    { membership: 'invite' },
    { membership: 'invite', third_party_invite: { signed } },
  ],
  [
    'm.room.member',
    { membership: 'join', third_party_invite: {} },
    { membership: 'join' },
    { membership: 'join' },
  ],
  [
    'm.room.member',
    { membership: 'join', third_party_invite: 7 },
    { membership: 'join' },
    { membership: 'join' },
  ],
  ['m.room.create', { creator: '@a:b', room_version: '10', 'm.federate': false }, { creator: '@a:b' }, 'all'],
  ['m.room.join_rules', joinRules, joinRules, joinRules],
  [
    'm.room.power_levels',
    { ...levels, invite: 1, notifications: { room: 1 } },
    levels,
    { ...levels, invite: 1 },
  ],
  [
    'm.room.history_visibility',
    { history_visibility: 'shared' },
    { history_visibility: 'shared' },
    { history_visibility: 'shared' },
  ],
  ['m.room.redaction', { redacts: '$x', reason: 'y' }, {}, { redacts: '$x' }],
]

describe.each(allVersions)('room version $id', (v) => {
  const room = new TestRoom(v)
  const since11 = v.id !== '10'

  test.each(kept)('content of %s %j', (type, content, before, after) => {
    const extra = { 'org.example.extra': 1 }
    const full = room.build({ type, sender: '@a:b', stateKey: '', content: { ...content, ...extra } })
    const expected = since11 ? (after === 'all' ? { ...content, ...extra } : after) : before
    expect(redact(full, v).content).toEqual(expected)
  })

  test('keys of the event', () => {
    const pdu = room.build({
      type: 'm.room.message',
      sender: '@a:b',
      stateKey: '',
      extra: {
        event_id: '$x',
        unsigned: {},
        redacts: '$y',
        other: 1,
        origin: 'b',
        membership: 'join',
        prev_state: [],
      },
    })
    const common = [
      'auth_events',
      'content',
      'depth',
      'event_id',
      'hashes',
      'origin_server_ts',
      'prev_events',
      'room_id',
      'sender',
      'signatures',
      'state_key',
      'type',
    ]
    const expected = since11 ? common : [...common, 'origin', 'membership', 'prev_state'].sort()
    expect(Object.keys(redact(pdu, v)).sort()).toEqual(expected)
  })

  test('twice is once, and the event given is not changed', () => {
    for (const [type, content] of kept) {
      const pdu = room.build({ type, sender: '@a:b', stateKey: '', content })
      const before = structuredClone(pdu)
      expect(redact(redact(pdu, v), v)).toEqual(redact(pdu, v))
      expect(pdu).toEqual(before)
    }
  })

  test('inherited names are no content', () => {
    const content = JSON.parse('{"__proto__":{"membership":"ban"}}') as JsonObject
    const pdu = { ...room.build({ type: 'm.room.member', sender: '@a:b', stateKey: '' }), content } as Pdu
    expect(Object.keys(redact(pdu, v).content)).toEqual([])
    expect(redact(pdu, v).content['membership']).toBeUndefined()
  })
})
