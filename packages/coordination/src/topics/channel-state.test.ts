import { describe, expect, it } from 'vitest'
import type { StateLookup } from './channel-recognition.ts'
import { checkChannelState, encryptionVerdict, plainMembership } from './channel-state.ts'
import { topicChannelRequest } from './channels.ts'
import { envelopeSchemas } from './clear-events.ts'
import { redactionRule, redactionRuleText } from './redactable.ts'

const megolm = 'm.megolm.v1.aes-sha2'
const ana = '@ana:hn.example:8448'
const day = { algorithm: megolm, rotation_period_ms: 86_400_000 }
const before: StateLookup = (type) => (type === 'm.room.encryption' ? day : undefined)
const check = (type: string, content: unknown, state_key = '') =>
  checkChannelState({ type, state_key, content }, before)

describe('state of a topic channel', () => {
  it('everything a channel starts with may be there', () => {
    const request = topicChannelRequest('minors', {
      creator: '@c:hn',
      coordinators: ['@d:gt'],
      corridor: '!corredor',
      via: ['hn.localhost:8110'],
    })
    const events = [
      ...request.initial_state,
      { type: 'm.room.power_levels', state_key: '', content: request.power_level_content_override },
      { type: 'm.room.name', state_key: '', content: { name: request.name } },
    ]
    for (const event of events)
      expect([event.type, checkChannelState(event, () => undefined)]).toEqual([event.type, { allowed: true }])
  })

  it.each<[string, unknown, string?]>([
    ['m.room.member', { membership: 'join', displayname: 'Ana', avatar_url: 'mxc://hn/abc_D-1' }, ana],
    ['m.room.member', { membership: 'invite', is_direct: false, avatar_url: null }, ana],
    ['m.room.topic', { topic: 'Retornos', 'm.topic': { 'm.text': [{ body: 'Retornos' }] } }],
    ['m.room.pinned_events', { pinned: ['$abc_-DEF'] }],
    ['m.room.tombstone', { body: 'This room has been replaced', replacement_room: '!nueva' }],
    [
      'm.room.server_acl',
      { allow: ['*'], deny: ['malo.example', '*.malo.example'], allow_ip_literals: false },
    ],
    [
      'm.room.server_acl',
      {
        allow: ['*'],
        deny: ['malo.example'],
        'org.enlace.suspended': { version: 3, servers: ['malo.example'] },
      },
    ],
    ['m.room.join_rules', { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!c' }] }],
    ['m.room.encryption', { ...day, rotation_period_ms: 3_600_000 }],
    ['m.space.child', { via: ['hn'], suggested: true, order: 'a' }, '!sala'],
    ['m.space.parent', {}, '!corredor'],
  ])('%s %j may be there', (type, content, key) => {
    expect(check(type, content, key)).toEqual({ allowed: true })
  })

  it.each<[string, string, unknown, string?]>([
    ['unknown_state', 'im.vector.modular.widgets', { name: 'María' }, 'w'],
    ['unknown_state', 'org.matrix.msc3401.call.member', { foo: 'María' }, ana],
    ['unknown_state', 'm.room.third_party_invite', { display_name: 'María' }, 'token'],
    ['unknown_state', 'm.room.message', { body: 'María' }],
    ['unknown_state', '__proto__', {}],
    ['carries_text', 'm.room.member', { membership: 'leave', reason: 'María' }, ana],
    ['carries_text', 'm.room.member', { membership: 'join', note: 'María' }, ana],
    ['carries_text', 'm.room.member', { membership: 'join', avatar_url: 'https://x/maria' }, ana],
    ['carries_text', 'm.room.member', { membership: 'join', displayname: { body: 'x' } }, ana],
    ['carries_text', 'm.room.name', { name: 'x'.repeat(121) }],
    ['carries_text', 'm.room.name', { name: 'Retornos', body: 'María' }],
    ['carries_text', 'm.room.name', { name: 'Retornos' }, 'María'],
    [
      'carries_text',
      'm.room.topic',
      { topic: 'Retornos', 'm.topic': { 'm.text': [{ body: 'x', y: 'María' }] } },
    ],
    ['carries_text', 'm.room.pinned_events', { pinned: ['María López'] }],
    ['carries_text', 'm.room.tombstone', { body: 'María', replacement_room: '!nueva' }],
    ['carries_text', 'm.room.power_levels', { users: { 'María López': 0 } }],
    ['carries_text', 'm.room.power_levels', { events: { 'María López': 0 } }],
    ['carries_text', 'm.room.power_levels', { users: { [ana]: 'María' } }],
    ['carries_text', 'm.room.power_levels', { notifications: { María: 1 } }],
    ['carries_text', 'm.room.server_acl', { deny: ['María López'] }],
    [
      'carries_text',
      'm.room.server_acl',
      { 'org.enlace.suspended': { version: 1, servers: ['María López'] } },
    ],
    ['carries_text', 'm.room.canonical_alias', { alias: 'María' }],
    ['carries_text', 'm.room.avatar', { url: 'mxc://hn/abc', info: { mimetype: 'María' } }],
    ['carries_text', 'm.room.guest_access', { guest_access: 'María' }],
    ['carries_text', 'm.space.child', { via: ['hn'], order: 'María López' }, '!sala'],
    ['carries_text', 'm.space.parent', { via: ['hn'], note: 'María' }, '!corredor'],
    ['carries_text', 'org.enlace.topic.policy', { topic: 'minors', admits: {} }],
    ['opens', 'm.room.join_rules', { join_rule: 'public' }],
    ['opens', 'm.room.join_rules', {}],
    ['opens', 'm.room.history_visibility', { history_visibility: 'world_readable' }],
    ['weakens', 'm.room.encryption', {}],
    ['weakens', 'm.room.encryption', { algorithm: 'none' }],
    ['weakens', 'm.room.encryption', { algorithm: megolm }],
  ])('%s: %s %j', (reason, type, content, key) => {
    expect(check(type, content, key)).toMatchObject({ allowed: false, reason })
  })

  it('in whatever room, encryption that is there stays', () => {
    const event = (content: unknown) => ({ type: 'm.room.encryption', content })
    expect(encryptionVerdict(event({}), before)).toMatchObject({ allowed: false, reason: 'weakens' })
    expect(encryptionVerdict(event({ algorithm: megolm }), before)).toEqual({ allowed: true })
    // Also where a redaction has left nothing of it.
    const emptied: StateLookup = () => ({})
    expect(encryptionVerdict(event({}), emptied)).toMatchObject({ allowed: false })
    expect(encryptionVerdict(event({}), () => undefined)).toEqual({ allowed: true })
  })

  it('a membership keeps who, name and picture, and nothing else', () => {
    const content = {
      membership: 'leave',
      reason: 'María',
      displayname: 'Ana',
      avatar_url: 'https://x/María',
      is_direct: 'María',
    }
    expect(plainMembership(content)).toEqual({ membership: 'leave', displayname: 'Ana' })
  })
})

it.each<[string, boolean, string | undefined]>([
  ['m.room.message', true, undefined],
  ['m.room.encrypted', true, undefined],
  ['m.room.name', true, undefined],
  ['m.room.encryption', false, 'channel.not-deleted'],
  ['org.enlace.topic.policy', true, 'channel.not-deleted'],
  ['m.room.power_levels', true, 'channel.not-deleted'],
  ['m.space.child', false, 'channel.not-deleted'],
  ['m.room.member', true, 'channel.not-deleted'],
  ['m.room.member', false, undefined],
  ['org.enlace.case', true, 'case.not-deleted'],
  ['org.enlace.case.update', true, 'case.not-deleted'],
  ['org.enlace.escalation', true, 'escalation.not-deleted'],
  ['org.enlace.escalation.acknowledgement', true, 'escalation.not-deleted'],
])('deleting %s in a channel (%s): %s', (type, inChannel, rule) => {
  expect(redactionRule(type, inChannel)).toBe(rule)
  if (rule) expect(redactionRuleText[rule as 'case.not-deleted'].es).not.toBe('')
})

it.each(Object.keys(envelopeSchemas))('%s has a rule against deletion of its own', (type) => {
  expect(redactionRule(type, false)).toMatch(
    /^(?:case|escalation|retention|meeting|risk|material)\.not-deleted$/,
  )
})
