import { describe, expect, it } from 'vitest'
import { escalationContent } from '../escalations/escalation-events.ts'
import { corridorSpaceRequest, spaceChild, topicChannelPowerLevels, topicChannelRequest } from './channels.ts'
import { checkClearEvent } from './clear-events.ts'
import { parseTopicPolicy } from './policy.ts'

const creator = '@coordinacion.hn:hn'
const partner = '@coordinacion.gt:gt'
const options = { creator, coordinators: [creator, partner], corridor: '!space', via: ['hn'] }

describe('topicChannelRequest', () => {
  it('is encrypted, invite-only, closed to guests and carries a readable policy before anyone is invited', () => {
    const request = topicChannelRequest('minors', { ...options, alias: 'minors', invite: [partner] })
    const state = (type: string) => request.initial_state.find((event) => event.type === type)?.content
    expect(state('m.room.encryption')).toMatchObject({ algorithm: 'm.megolm.v1.aes-sha2' })
    expect(state('m.room.join_rules')).toEqual({ join_rule: 'invite' })
    expect(state('m.room.guest_access')).toEqual({ guest_access: 'forbidden' })
    expect(state('m.room.history_visibility')).toEqual({ history_visibility: 'joined' })
    expect(parseTopicPolicy(state('org.enlace.topic.policy'))).toMatchObject({
      ok: true,
      policy: { topic: 'minors', corridor: '!space' },
    })
    expect(request.name).toBe('Niñez y adolescencia migrante')
  })

  it('lets coordinators manage members and anyone escalate', () => {
    const levels = topicChannelPowerLevels(options)
    expect(levels.users).toEqual({ [partner]: 50 })
    expect(levels).toMatchObject({ invite: 50, kick: 50, users_default: 0 })
    expect(levels.events['org.enlace.escalation']).toBe(0)
    expect(levels.events['org.enlace.topic.policy']).toBe(100)
  })

  it('lists the creator where the room version wants it, and nowhere else', () => {
    expect(topicChannelPowerLevels({ ...options, roomVersion: '11' }).users).toEqual({
      [creator]: 100,
      [partner]: 50,
    })
    const shared = topicChannelRequest('returns', { ...options, additionalCreators: [partner] })
    expect(shared.power_level_content_override.users).toEqual({})
    expect(shared.creation_content).toEqual({ additional_creators: [partner] })
    const older = topicChannelRequest('returns', {
      ...options,
      additionalCreators: [partner],
      roomVersion: '10',
    })
    expect(older.creation_content).toBeUndefined()
    expect(older.power_level_content_override.users[partner]).toBe(100)
  })
})

it('a corridor is a space in which nobody talks', () => {
  const request = corridorSpaceRequest({
    ...options,
    name: 'Puerto Barrios – Corinto',
    alias: 'puerto-barrios-corinto',
  })
  expect(request.creation_content).toEqual({ type: 'm.space' })
  expect(request.power_level_content_override.events_default).toBe(100)
  expect(request.power_level_content_override.events['m.space.child']).toBe(50)
  expect(spaceChild('!room', ['hn'], 'a')).toEqual({
    type: 'm.space.child',
    state_key: '!room',
    content: { via: ['hn'], suggested: true, order: 'a' },
  })
})

describe('checkClearEvent', () => {
  const annotation = (key: string) => ({ 'm.relates_to': { rel_type: 'm.annotation', event_id: '$m', key } })

  const encrypted = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgAEpABx' }

  it.each([
    ['m.room.encrypted', encrypted],
    ['m.room.encrypted', { ...encrypted, session_id: 'aB+/', sender_key: 'x', device_id: 'ABC-1.x' }],
    [
      'm.room.encrypted',
      {
        ...encrypted,
        'm.relates_to': {
          rel_type: 'm.thread',
          event_id: '$m',
          is_falling_back: true,
          'm.in_reply_to': { event_id: '$n' },
        },
      },
    ],
    ['org.matrix.dummy_event', {}],
    ['org.enlace.escalation', escalationContent('$m')],
    ['m.reaction', annotation('👍🏽')],
    ['m.reaction', annotation('👩‍⚖️')],
    ['m.room.redaction', { redacts: '$m' }],
  ])('allows %s', (type, content) => {
    expect(checkClearEvent(type, content)).toEqual({ allowed: true })
  })

  it.each([
    ['m.room.message', { msgtype: 'm.text', body: 'hola' }, 'must_be_encrypted'],
    ['org.enlace.escalation', { ...escalationContent('$m'), note: 'María' }, 'carries_text'],
    ['m.reaction', annotation('María'), 'carries_text'],
    ['m.reaction', annotation('0801199012345'), 'carries_text'],
    ['m.reaction', annotation('🇲🇦🇷🇮🇦'), 'carries_text'],
    ['m.reaction', annotation('👍\u{e004d}\u{e0061}'), 'carries_text'],
    ['m.reaction', { ...annotation('👍'), body: 'María' }, 'carries_text'],
    ['m.room.redaction', { redacts: '$m', reason: 'María' }, 'carries_text'],
    ['m.poll.start', {}, 'must_be_encrypted'],
    ['m.room.encrypted', { ciphertext: 'x' }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, algorithm: 'none' }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, body: 'María' }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, ciphertext: 'María López, 7 años' }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, ciphertext: { body: 'María' } }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, device_id: 'María López' }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, 'm.relates_to': { rel_type: 'María' } }, 'carries_text'],
    ['m.room.encrypted', { ...encrypted, 'm.relates_to': { event_id: 'María' } }, 'carries_text'],
    [
      'm.room.encrypted',
      { ...encrypted, 'm.relates_to': { 'm.in_reply_to': { event_id: '$m', body: 'María' } } },
      'carries_text',
    ],
    [
      'm.reaction',
      { 'm.relates_to': { rel_type: 'm.annotation', event_id: 'María', key: '👍' } },
      'carries_text',
    ],
    ['m.room.redaction', { redacts: 'María' }, 'carries_text'],
    ['org.matrix.dummy_event', { body: 'María' }, 'carries_text'],
  ])('refuses %s with %j', (type, content, reason) => {
    expect(checkClearEvent(type, content)).toMatchObject({ allowed: false, reason })
  })
})
