/** False channels, and what would spoil a real one: a partner with a valid key, and people of one's own, try through the real node. */
import {
  escalationContent,
  escalationEventType,
  type TopicPolicy,
  topicPolicyEventType,
} from '@enlace/coordination'
import { eventId as eventIdOf, type Pdu } from '@enlace/room-model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coordinatorOf, type Founder, foundChannel, foundCorridor } from '../testing/channels.ts'
import { FakePartner, type PartnerRoom } from '../testing/fake-partner.ts'
import { directoryOf } from '../testing/node.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const encrypted = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgAEpABx' }
const institutions = {
  'hn-registro': { kind: 'civil_registry', country: 'HN' },
  'gt-registro': { kind: 'civil_registry', country: 'GT' },
}
const policy = (corridor: string, more: Partial<TopicPolicy> = {}): TopicPolicy => ({
  topic: 'minors',
  corridor,
  admits: { institution_kinds: ['civil_registry'] },
  contact: { user_id: '@coordinacion:hn', text: { es: 'la coordinación', en: 'the coordination' } },
  ...more,
})

let world: FederatedWorld
let hn: FederatedNode
let bad: FakePartner
let chief: Founder & { token: string }
let staff: { userId: string; token: string }
let corridor: string
let n = 0
const txn = () => `t${n++}`

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn', {}, { overrides: { directory: () => directoryOf(institutions) } })
  bad = await FakePartner.start(world, 'mal')
  // What a partner says of its people is its own claim: this one says whatever helps.
  bad.answers.set('GET /_matrix/federation/v1/query/profile', (_body, url) => ({
    displayname: 'Registro',
    'org.enlace.institution': 'gt-registro',
    'org.enlace.role': url.searchParams.get('user_id')?.startsWith('@jefa') ? 'coordinator' : 'staff',
  }))
  chief = await coordinatorOf(hn, 'coordinacion', 'hn-registro')
  await hn.ctx.accounts.create({
    localpart: 'personal',
    password: 'una contraseña larga',
    institution: 'hn-registro',
    role: 'staff',
  })
  const { user_id, access_token } = await hn.call('POST', '/login', {
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'personal' },
      password: 'una contraseña larga',
    },
  })
  staff = { userId: String(user_id), token: String(access_token) }
  corridor = await foundCorridor(chief)
})
afterAll(async () => {
  await bad?.close()
  await world?.close()
})

const as = (who: { token: string }, method: string, path: string, body: object = {}) =>
  hn.call(method, path, { token: who.token, body, allowed: true })
const refused = (rule: string) => ({
  status: 403,
  'org.enlace.rule': rule,
  'org.enlace.message': { es: expect.any(String), en: expect.any(String) },
})
const stateOf = async (room: string, type: string, key = '') =>
  (await hn.ctx.rooms.currentState(room)).get(type, key)?.pdu.content
const reference = (who: { token: string }, room_id: string) =>
  as(who, 'POST', '/_enlace/client/v1/cases/reference', { kind: 'birth_certificate', room_id })
const rooms = async (who: { token: string }) =>
  ((await hn.call('GET', '/joined_rooms', { token: who.token }))['joined_rooms'] as string[]).length

/** A genuine channel with a person of the partner in it, whom the coordinators gave some power. */
async function channelWith(user: string, level = 0, roomVersion?: string): Promise<PartnerRoom> {
  const roomId = await foundChannel(chief, corridor, policy(corridor), roomVersion ? { roomVersion } : {})
  if (level > 0) {
    const levels = (await stateOf(roomId, 'm.room.power_levels')) as { users: object }
    await chief.ask('PUT', `/rooms/${enc(roomId)}/state/m.room.power_levels`, {
      ...levels,
      users: { ...levels.users, [user]: level },
    })
  }
  await hn.ctx.rooms.send({
    roomId,
    sender: chief.userId,
    type: 'm.room.member',
    stateKey: user,
    content: { membership: 'invite' },
  })
  return bad.join(hn, roomId, user)
}

describe('8.1 a false channel', () => {
  test('nobody but a coordinator founds a channel or a corridor, and nothing is left of the attempt', async () => {
    const before = await rooms(staff)
    const own = {
      ...chief,
      ...staff,
      ask: (m: string, p: string, b: object) => hn.call(m, p, { token: staff.token, body: b }),
    }
    await expect(foundChannel(own, corridor, 'minors')).rejects.toThrow('channel.founder')
    await expect(foundCorridor(own)).rejects.toThrow('channel.founder')
    const alias = { room_alias_name: 'minors' }
    await expect(foundChannel(own, corridor, 'minors', { more: alias })).rejects.toThrow('channel.founder')
    expect(await rooms(staff)).toBe(before)
    const found = `/directory/room/${enc(`#minors:${hn.serverName}`)}`
    expect((await hn.call('GET', found, { token: staff.token, allowed: true })).status).toBe(404)
  })

  test.each<[string, Record<string, object>, string]>([
    ['no encryption', { 'm.room.encryption': {} }, 'channel.encryption'],
    ['weak encryption', { 'm.room.encryption': { algorithm: 'x' } }, 'channel.encryption'],
    ['everybody may join', { 'm.room.join_rules': { join_rule: 'public' } }, 'channel.join_rule'],
    [
      'everybody may read',
      { 'm.room.history_visibility': { history_visibility: 'world_readable' } },
      'channel.world_readable',
    ],
    ['no parent', { 'm.space.parent': {} }, 'channel.no_corridor'],
  ])('a policy is refused with %s, also from a coordinator', async (_name, state, rule) => {
    await expect(foundChannel(chief, corridor, policy(corridor), { state })).rejects.toThrow(rule)
  })

  test('as state of a room that exists, and of a corridor that is none or not known', async () => {
    const { room_id } = await chief.ask('POST', '/createRoom', { preset: 'private_chat' })
    const put = (content: object) =>
      as(chief, 'PUT', `/rooms/${enc(String(room_id))}/state/${topicPolicyEventType}`, content)
    expect(await put(policy(corridor))).toMatchObject(refused('channel.encryption'))
    await expect(foundChannel(chief, '!nadie', policy('!nadie'))).rejects.toThrow('channel.corridor_unknown')
    const plain = String(
      (await chief.ask('POST', '/createRoom', { creation_content: { type: 'm.space' } }))['room_id'],
    )
    await expect(foundChannel(chief, plain, policy(plain))).rejects.toThrow('channel.not_a_corridor')
    expect(await stateOf(String(room_id), topicPolicyEventType)).toBeUndefined()
  })

  test('references and cases are for channels that their corridor lists', async () => {
    const roomId = await foundChannel(chief, corridor, policy(corridor))
    expect((await reference(chief, roomId)).status).toBe(200)
    const path = `/rooms/${enc(corridor)}/state/m.space.child/${enc(roomId)}`
    await chief.ask('PUT', path, {})
    expect(await reference(chief, roomId)).toMatchObject(refused('case.topic-channel'))
    const { room_id } = await chief.ask('POST', '/createRoom', {
      preset: 'private_chat',
      name: 'Niñez y adolescencia migrante',
    })
    expect(await reference(chief, String(room_id))).toMatchObject(refused('case.topic-channel'))
  })

  test('a channel cannot be opened, laid bare or made weaker afterwards', async () => {
    const roomId = await foundChannel(chief, corridor, policy(corridor))
    const put = (type: string, content: object) =>
      as(chief, 'PUT', `/rooms/${enc(roomId)}/state/${type}`, content)
    expect(await put('m.room.join_rules', { join_rule: 'public' })).toMatchObject(refused('channel.opens'))
    expect(await put('m.room.history_visibility', { history_visibility: 'world_readable' })).toMatchObject(
      refused('channel.opens'),
    )
    expect(await put('m.room.encryption', {})).toMatchObject(refused('channel.weakens'))
    expect(
      await put('m.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_ms: 1e12 }),
    ).toMatchObject(refused('channel.weakens'))
    expect(await put(topicPolicyEventType, {})).toMatchObject({ status: 400 })
    expect((await reference(chief, roomId)).status).toBe(200)
  })

  test('a partner’s staff, though they own a room, make no channel of it; what is built on it makes none either', async () => {
    const { room_id } = await chief.ask('POST', '/createRoom', {
      preset: 'public_chat',
      room_version: '11',
      initial_state: [{ type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
      power_level_content_override: { users: { [chief.userId]: 100, [`@personal:${bad.serverName}`]: 100 } },
    })
    const user = `@personal:${bad.serverName}`
    const room = await bad.join(hn, String(room_id), user)
    const fake = bad.event(room, user, {
      type: topicPolicyEventType,
      state_key: '',
      content: policy(corridor) as never,
    })
    const next = bad.event(room, user, { type: 'm.room.encrypted', content: encrypted })
    await bad.send(hn, txn(), [fake.pdu, next.pdu])
    expect((await hn.ctx.rooms.event(fake.eventId))?.verdict).toBe('soft-fail')
    expect((await hn.ctx.rooms.event(next.eventId))?.verdict).toBe('accept')
    expect(await stateOf(room.roomId, topicPolicyEventType)).toBeUndefined()
    // Encryption that is there stays, in every room.
    const off = bad.event(room, user, { type: 'm.room.encryption', state_key: '', content: {} })
    const after = bad.event(room, user, { type: 'm.room.encrypted', content: encrypted })
    await bad.send(hn, txn(), [off.pdu, after.pdu])
    expect(await stateOf(room.roomId, 'm.room.encryption')).toMatchObject({
      algorithm: 'm.megolm.v1.aes-sha2',
    })
  })
})

describe('8.4 nothing in the clear', () => {
  const user = () => `@ana:${bad.serverName}`
  let room: PartnerRoom
  beforeAll(async () => {
    room = await channelWith(user(), 50)
  })
  const clear: [string, object][] = [
    ['m.room.message', { msgtype: 'm.text', body: 'María' }],
    ['m.sticker', { body: 'María', url: 'mxc://x/y', info: {} }],
    ['m.room.encrypted', { algorithm: 'none', body: 'María' }],
    ['m.room.encrypted', { ...encrypted, body: 'María' }],
    ['m.room.encrypted', { ...encrypted, ciphertext: 'María López' }],
    ['m.room.encrypted', { ...encrypted, 'm.relates_to': { rel_type: 'María', event_id: '$x' } }],
    ['m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$x', key: 'María' } }],
    ['org.matrix.dummy_event', { body: 'María' }],
    [escalationEventType, { ...escalationContent('$x'), note: 'María' }],
    ['org.enlace.note', { text: 'María' }],
  ]
  test.each(clear)('a partner’s %s %j is soft-failed', async (type, content) => {
    const forged = bad.event(room, user(), { type, content: content as Pdu['content'] })
    await bad.send(hn, txn(), [forged.pdu])
    expect((await hn.ctx.rooms.event(forged.eventId))?.verdict).toBe('soft-fail')
    const shown = await hn.ctx.rooms.timeline(room.roomId, { dir: 'b', limit: 50 })
    expect(JSON.stringify(shown.map((one) => one.pdu))).not.toContain('María')
  })

  test.each(clear)('%s %j of a person here is refused', async (type, content) => {
    const path = `/rooms/${enc(room.roomId)}/send/${type}/${txn()}`
    const answer = await as(chief, 'PUT', path, content)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    await expect(
      hn.ctx.rooms.send({
        roomId: room.roomId,
        sender: chief.userId,
        type,
        content: content as Pdu['content'],
      }),
    ).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  })

  test.each<[string, object, string?]>([
    ['m.room.topic', { topic: 'x', note: 'María' }],
    ['m.room.name', { name: 'María '.repeat(40) }],
    ['m.room.pinned_events', { pinned: ['María'] }],
    ['im.vector.modular.widgets', { name: 'María' }, 'w'],
    ['m.room.avatar', { url: 'https://x/María' }],
  ])('state %s %j with text is withheld from a partner and refused here', async (type, content, key = '') => {
    const before = await stateOf(room.roomId, type, key)
    const forged = bad.event(room, user(), { type, state_key: key, content: content as Pdu['content'] })
    const next = bad.event(room, user(), { type: 'm.room.encrypted', content: encrypted })
    await bad.send(hn, txn(), [forged.pdu, next.pdu])
    expect(await stateOf(room.roomId, type, key)).toEqual(before)
    const path = `/rooms/${enc(room.roomId)}/state/${type}/${key}`
    expect((await as(chief, 'PUT', path, content)).status).toBe(403)
  })

  test('reasons, and fields beside a membership, are left out: the leaving counts', async () => {
    const guest = `@beto:${bad.serverName}`
    const other = await channelWith(guest)
    const member = { state_key: guest, type: 'm.room.member' }
    const again = bad.event(other, guest, { ...member, content: { membership: 'join', note: 'María' } })
    const left = bad.event(
      { ...other, state: new Map([...other.state, [`m.room.member|${guest}`, again.pdu]]) },
      guest,
      { ...member, content: { membership: 'leave', reason: 'María' } },
    )
    await bad.send(hn, txn(), [again.pdu, left.pdu])
    expect((await hn.ctx.rooms.membership(other.roomId, guest))?.membership).toBe('leave')
    for (const id of [again.eventId, left.eventId])
      expect(JSON.stringify((await hn.ctx.rooms.event(id))?.pdu)).not.toContain('María')
    // The same of people here.
    const invite = { user_id: staff.userId, reason: 'María' }
    expect((await as(chief, 'POST', `/rooms/${enc(other.roomId)}/invite`, invite)).status).toBe(200)
    expect((await as(staff, 'POST', `/join/${enc(other.roomId)}`, { reason: 'María' })).status).toBe(200)
    const own = `/rooms/${enc(other.roomId)}/state/m.room.member/${enc(staff.userId)}`
    expect((await as(staff, 'PUT', own, { membership: 'join', note: 'María' })).status).toBe(200)
    expect((await as(chief, 'POST', `/rooms/${enc(other.roomId)}/kick`, invite)).status).toBe(200)
    const shown = await hn.ctx.rooms.timeline(other.roomId, { dir: 'b', limit: 50 })
    expect(JSON.stringify(shown.map((one) => one.pdu))).not.toContain('María')
  })
})

describe('8.7 what carries a channel is not deleted', () => {
  test.each(['10', '12'])(
    'by a coordinator of a partner, whichever comes first (room version %s)',
    async (version) => {
      const user = `@borra:${bad.serverName}`
      const room = await channelWith(user, 50, version)
      const state = await hn.ctx.rooms.currentState(room.roomId)
      const called = await hn.ctx.rooms.send({
        roomId: room.roomId,
        sender: chief.userId,
        type: escalationEventType,
        content: escalationContent('$mensaje', { by: { institution: 'hn-registro', role: 'coordinator' } }),
      })
      const message = await hn.ctx.rooms.send({
        roomId: room.roomId,
        sender: chief.userId,
        type: 'm.room.encrypted',
        content: encrypted,
      })
      const other = await hn.ctx.rooms.send({
        roomId: room.roomId,
        sender: chief.userId,
        type: 'm.room.encrypted',
        content: encrypted,
      })
      const carriers = [
        'm.room.encryption',
        topicPolicyEventType,
        'm.room.power_levels',
        'm.room.join_rules',
        'm.room.history_visibility',
      ]
      const targets = [
        ...carriers.map((type) => state.get(type)!),
        state.get('m.space.parent', corridor)!,
        state.get('m.room.member', chief.userId)!,
        called,
      ]
      room.heads = [...(await hn.ctx.rooms.room(room.roomId))!.extremities]
      const v11 = room.version.updatedRedaction
      const redaction = (id: string, more: object = {}) =>
        bad.event(room, user, {
          type: 'm.room.redaction',
          content: { ...(v11 ? { redacts: id } : {}), ...more } as Pdu['content'],
          ...(v11 ? {} : { redacts: id }),
        })
      for (const target of targets) {
        const sent = redaction(target.eventId)
        await bad.send(hn, txn(), [sent.pdu])
        expect((await hn.ctx.rooms.event(sent.eventId))?.verdict).toBe('soft-fail')
        const kept = await hn.ctx.rooms.event(target.eventId)
        expect([kept?.pdu.type, kept?.redactedBy, kept?.pdu.content]).toEqual([
          target.pdu.type,
          undefined,
          target.pdu.content,
        ])
      }
      // Whoever may delete messages still does; the reason is left out.
      const good = redaction(message.eventId, { reason: 'María' })
      await bad.send(hn, txn(), [good.pdu])
      expect((await hn.ctx.rooms.event(message.eventId))?.redactedBy).toBe(good.eventId)
      expect(JSON.stringify((await hn.ctx.rooms.event(good.eventId))?.pdu)).not.toContain('María')
      const heads = room.heads
      // The deletion first, then what it deletes: the partner's own call, which others may have answered by then.
      const raised = bad.event(room, user, {
        type: escalationEventType,
        content: escalationContent(other.eventId) as never,
      })
      room.heads = heads
      const early = redaction(raised.eventId)
      await bad.send(hn, txn(), [early.pdu])
      expect((await hn.ctx.rooms.event(early.eventId))?.verdict).toBe('accept')
      await bad.send(hn, txn(), [raised.pdu])
      expect((await hn.ctx.rooms.event(raised.eventId))?.verdict).toBe('accept')
      const kept = await hn.ctx.rooms.event(raised.eventId)
      expect(kept?.redactedBy).toBeUndefined()
      expect(kept?.pdu.content).toMatchObject({ 'm.relates_to': expect.anything() })
      expect(eventIdOf(raised.pdu, room.version)).toBe(raised.eventId)
    },
  )

  test('by people here: refused with the reason, and so is what is found out only later', async () => {
    const roomId = await foundChannel(chief, corridor, policy(corridor))
    const state = await hn.ctx.rooms.currentState(roomId)
    for (const type of ['m.room.encryption', topicPolicyEventType, 'm.room.power_levels', 'm.room.create']) {
      const path = `/rooms/${enc(roomId)}/redact/${enc(state.get(type)!.eventId)}/${txn()}`
      expect(await as(chief, 'PUT', path)).toMatchObject(refused('channel.not-deleted'))
    }
    expect(await stateOf(roomId, 'm.room.encryption')).toMatchObject({ algorithm: 'm.megolm.v1.aes-sha2' })
    const space = await hn.ctx.rooms.currentState(corridor)
    const child = space.get('m.space.child', roomId)!
    const path = `/rooms/${enc(corridor)}/redact/${enc(child.eventId)}/${txn()}`
    expect(await as(chief, 'PUT', path)).toMatchObject(refused('channel.not-deleted'))
    expect((await reference(chief, roomId)).status).toBe(200)
  })
})
