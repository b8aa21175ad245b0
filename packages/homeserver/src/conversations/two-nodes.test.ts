/** Conversations between nodes under signed rosters, and a partner's server that invites past the policy. */
import { conversationEventType, directBetween, groupLimit } from '@enlace/coordination'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { roomVersion } from '@enlace/room-model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockedType } from '../policy/contacts.ts'
import { person, type TestPerson } from '../testing/channel.ts'
import { foundCorridor } from '../testing/channels.ts'
import { FakePartner } from '../testing/fake-partner.ts'
import { directoryOf } from '../testing/node.ts'
import { RosterRegistry } from '../testing/rosters.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const BASE = '/_enlace/client/v1/conversations'
const institutions = {
  'hn-rnp': { kind: 'civil_registry', country: 'HN' },
  'gt-renap': { kind: 'civil_registry', country: 'GT' },
  'gt-salud': { kind: 'health', country: 'GT' },
}
const registry = new RosterRegistry(institutions)
let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let malo: FakePartner
let chief: TestPerson
let registrar: TestPerson
let colleague: TestPerson
let nobody: TestPerson
let clerk: TestPerson
let official: TestPerson
const nurse = () => `@enfermera:${malo.serverName}`

beforeAll(async () => {
  world = await federatedWorld()
  malo = await FakePartner.start(world, 'malo')
  const ports = [await freePort(), await freePort()] as const
  const federation = await registry.open(world)
  await registry.list([
    { server_name: `hn.localhost:${ports[0]}`, institutions: ['hn-rnp'] },
    { server_name: `gt.localhost:${ports[1]}`, institutions: ['gt-renap'] },
    { server_name: malo.serverName, institutions: ['gt-salud'] },
  ])
  const node = (name: string, port: number, own: string) =>
    world.node(
      name,
      { federation, institutions: [own] },
      { ports: { port, publicPort: port }, overrides: { directory: () => directoryOf(institutions) } },
    )
  ;[hn, gt] = await Promise.all([node('hn', ports[0], 'hn-rnp'), node('gt', ports[1], 'gt-renap')])
  registry.nodes.push(hn, gt)
  chief = await person(hn, 'coordinacion')
  registrar = await person(hn, 'registro')
  colleague = await person(hn, 'colega')
  nobody = await person(hn, 'nadie')
  clerk = await person(gt, 'registradora')
  official = await person(gt, 'oficial')
  await registry.roster('hn-rnp', [
    { userId: chief.userId, role: 'coordinator' },
    { userId: registrar.userId, role: 'staff' },
    { userId: colleague.userId, role: 'staff' },
  ])
  await registry.roster('gt-renap', [
    { userId: clerk.userId, role: 'staff' },
    { userId: official.userId, role: 'official' },
  ])
  await registry.roster('gt-salud', [{ userId: nurse(), role: 'staff' }])
})
afterAll(async () => {
  await malo?.close()
  await world?.close()
  await registry.close()
})

const open = (node: FederatedNode, who: TestPerson, body: object) =>
  node.call('POST', BASE, { token: who.token, body, allowed: true })
const membership = async (node: FederatedNode, room: string, userId: string) =>
  (await node.ctx.rooms.membership(room, userId))?.membership

describe('between two', () => {
  test('one room for both, encrypted, whoever writes first and however often', async () => {
    const first = await open(hn, registrar, { kind: 'direct', with: clerk.userId })
    expect(first).toMatchObject({ status: 200, existing: false, not_reached: [] })
    const room = String(first['room_id'])
    const state = await hn.ctx.rooms.currentState(room)
    expect(state.get('m.room.encryption')?.pdu.content).toEqual({ algorithm: 'm.megolm.v1.aes-sha2' })
    expect(state.get('m.room.name')).toBeUndefined()
    expect(await hn.ctx.accountData.get(registrar.userId, 'm.direct')).toEqual({ [clerk.userId]: [room] })
    await eventually('invited', async () => (await membership(gt, room, clerk.userId)) === 'invite')

    // The other writes back without having looked at the invitation: it is the same conversation.
    const back = await open(gt, clerk, { kind: 'direct', with: registrar.userId })
    expect(back).toMatchObject({ room_id: room, existing: true })
    expect(await membership(gt, room, clerk.userId)).toBe('join')
    expect(await gt.ctx.accountData.get(clerk.userId, 'm.direct')).toEqual({ [registrar.userId]: [room] })
    expect(await open(hn, registrar, { kind: 'direct', with: clerk.userId })).toMatchObject({
      room_id: room,
      existing: true,
    })
    const invited = await gt.call('POST', `/rooms/${enc(room)}/invite`, {
      token: clerk.token,
      body: { user_id: official.userId },
      allowed: true,
    })
    expect(invited.status).toBe(403)
  })

  test('who may not be written to, and what to do instead, is said before and when one tries', async () => {
    const { people } = await hn.call('POST', `${BASE}/check`, {
      token: registrar.token,
      body: { user_ids: [clerk.userId, official.userId, nurse(), nobody.userId, colleague.userId] },
    })
    expect(people).toMatchObject([
      { allowed: true, institution: 'gt-renap', country: 'GT', role: 'staff' },
      { allowed: false, rule: 'contact.role', duty_of: 'gt-renap' },
      { allowed: false, rule: 'contact.topic', duty_of: 'gt-salud' },
      { allowed: false, rule: 'contact.outsider' },
      { allowed: true, institution: 'hn-rnp' },
    ])
    for (const [other, rule] of [
      [official.userId, 'contact.role'],
      [nurse(), 'contact.topic'],
      [nobody.userId, 'contact.outsider'],
      [registrar.userId, 'contact.yourself'],
    ] as const) {
      const refused = await open(hn, registrar, { kind: 'direct', with: other })
      expect(refused).toMatchObject({ status: 403, 'org.enlace.rule': rule })
      expect(refused['org.enlace.message']).toMatchObject({ es: expect.any(String), en: expect.any(String) })
    }
    expect(await open(hn, nobody, { kind: 'direct', with: registrar.userId })).toMatchObject({
      'org.enlace.rule': 'contact.outsider',
    })
  })

  test('another client’s room is held to it too', async () => {
    const { room_id } = await hn.call('POST', '/createRoom', {
      token: registrar.token,
      body: { preset: 'trusted_private_chat', is_direct: true },
    })
    const invited = await hn.call('POST', `/rooms/${enc(String(room_id))}/invite`, {
      token: registrar.token,
      body: { user_id: official.userId },
      allowed: true,
    })
    expect(invited).toMatchObject({ status: 403, 'org.enlace.rule': 'contact.role' })
    // Nor by any other way in which a room can name somebody.
    const { userId } = official
    const member = { type: 'm.room.member', state_key: userId, content: { membership: 'invite' } }
    const ask = (method: string, path: string, body: object) =>
      hn.call(method, path, { token: registrar.token, body, allowed: true })
    const direct = { preset: 'trusted_private_chat', is_direct: true }
    const answers = [
      await ask('POST', '/createRoom', { ...direct, invite: [userId] }),
      await ask('POST', '/createRoom', { ...direct, initial_state: [member] }),
      await ask('POST', '/createRoom', {
        initial_state: [{ ...member, state_key: colleague.userId }],
      }),
      await ask('POST', '/createRoom', {
        initial_state: [
          {
            ...member,
            state_key: registrar.userId,
            content: { membership: 'join', displayname: 'La jueza' },
          },
        ],
      }),
      await ask('POST', '/createRoom', {
        initial_state: [
          { type: 'm.room.canonical_alias', content: { alias: `#documentation:${hn.serverName}` } },
        ],
      }),
      await ask('PUT', `/rooms/${enc(String(room_id))}/state/m.room.member/${enc(userId)}`, member.content),
      await ask('PUT', `/rooms/${enc(String(room_id))}/state/m.room.third_party_invite/x`, {
        display_name: 'x',
        key_validity_url: 'https://x.example/',
        public_key: 'x',
        public_keys: [],
      }),
      await ask('POST', `/rooms/${enc(String(room_id))}/upgrade`, { new_version: '12' }),
    ]
    expect(answers.slice(0, 6).map(({ status }) => status)).toEqual([403, 400, 400, 400, 400, 403])
    for (const answer of answers)
      for (const room of [answer['room_id'], answer['replacement_room'], room_id])
        if (typeof room === 'string')
          for (const node of [hn, gt]) expect(await membership(node, room, userId)).toBeUndefined()
  })

  test('hostile: nobody opens one up to others, nor makes one of a room that is open', async () => {
    const made = await open(hn, registrar, { kind: 'direct', with: colleague.userId })
    const put = (roomId: unknown, type: string, body: object) =>
      hn.call('PUT', `/rooms/${enc(String(roomId))}/state/${type}`, {
        token: registrar.token,
        body,
        allowed: true,
      })
    // Nor by way of another room, as one comes into a channel.
    for (const join_rule of ['public', 'knock', 'restricted', 'knock_restricted']) {
      const allow = [{ type: 'm.room_membership', room_id: made['room_id'] }]
      const opened = await put(made['room_id'], 'm.room.join_rules', { join_rule, allow })
      expect([join_rule, opened.status]).toEqual([join_rule, 403])
    }
    const world_readable = { history_visibility: 'world_readable' }
    expect((await put(made['room_id'], 'm.room.history_visibility', world_readable)).status).toBe(403)
    const said = { version: 1, kind: 'direct', between: directBetween(registrar.userId, colleague.userId) }
    const { room_id } = await hn.call('POST', '/createRoom', {
      token: registrar.token,
      body: {
        preset: 'public_chat',
        initial_state: [{ type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
      },
    })
    expect((await put(room_id, conversationEventType, said)).status).toBe(403)
  })

  test('who is blocked gets no further, at once and from another node', async () => {
    const block = (users: string[]) => hn.ctx.accountData.set(colleague.userId, blockedType, { users })
    await block([clerk.userId])
    expect(await open(gt, clerk, { kind: 'direct', with: colleague.userId })).toMatchObject({
      status: 403,
      'org.enlace.rule': 'contact.blocked',
    })
    await block([])
    expect(await open(gt, clerk, { kind: 'direct', with: colleague.userId })).toMatchObject({ status: 200 })
    // Nor by a room that does not say what it is, of somebody of the same node.
    await block([registrar.userId])
    for (const body of [{ invite: [colleague.userId] }, { is_direct: true, invite: [colleague.userId] }])
      expect(
        await hn.call('POST', '/createRoom', { token: registrar.token, body, allowed: true }),
      ).toMatchObject({ status: 403, 'org.enlace.rule': 'contact.blocked' })
    const { room_id } = await hn.call('POST', '/createRoom', { token: registrar.token, body: {} })
    const room = `/rooms/${enc(String(room_id))}`
    const ways = [
      hn.call('POST', `${room}/invite`, {
        token: registrar.token,
        body: { user_id: colleague.userId },
        allowed: true,
      }),
      hn.call('PUT', `${room}/state/m.room.member/${enc(colleague.userId)}`, {
        token: registrar.token,
        body: { membership: 'invite' },
        allowed: true,
      }),
    ]
    for (const answer of await Promise.all(ways))
      expect(answer).toMatchObject({ status: 403, 'org.enlace.rule': 'contact.blocked' })
    await block([])
  })
})

test('a corridor that both nodes are in is no conversation: its coordinator calls in also who has blocked them', async () => {
  const ask = (method: string, path: string, body: object) =>
    hn.call(method, path, { token: chief.token, body })
  const corridor = await foundCorridor({ userId: chief.userId, ask })
  const invite = (userId: string) => ask('POST', `/rooms/${enc(corridor)}/invite`, { user_id: userId })
  await invite(official.userId)
  await gt.call('POST', `/join/${enc(corridor)}`, { token: official.token, body: {} })
  await gt.ctx.accountData.set(clerk.userId, blockedType, { users: [chief.userId] })
  expect(await open(hn, chief, { kind: 'direct', with: clerk.userId })).toMatchObject({
    'org.enlace.rule': 'contact.blocked',
  })
  await invite(clerk.userId)
  expect(await membership(gt, corridor, clerk.userId)).toBe('invite')
  await gt.ctx.accountData.set(clerk.userId, blockedType, { users: [] })
})

describe('groups', () => {
  test('everybody has to be allowed, and there is a limit', async () => {
    const made = await open(hn, registrar, { kind: 'group', with: [colleague.userId, clerk.userId] })
    expect(made).toMatchObject({ status: 200, not_reached: [] })
    const room = String(made['room_id'])
    const name = { token: registrar.token, body: { name: 'Caso de María' }, allowed: true }
    expect((await hn.call('PUT', `/rooms/${enc(room)}/state/m.room.name`, name)).status).toBe(403)
    const id = { token: registrar.token, body: { event_id: '$abc' } }
    await hn.call('PUT', `/rooms/${enc(room)}/state/org.enlace.conversation.name`, id)
    // Also who is in it brings in only whom they may write to.
    await hn.call('POST', `/join/${enc(room)}`, { token: colleague.token, body: {} })
    const body = { user_id: official.userId }
    const refused = await hn.call('POST', `/rooms/${enc(room)}/invite`, {
      token: colleague.token,
      body,
      allowed: true,
    })
    expect(refused).toMatchObject({ status: 403, 'org.enlace.rule': 'contact.role' })

    expect(await open(hn, registrar, { kind: 'group', with: [clerk.userId, official.userId] })).toMatchObject(
      {
        'org.enlace.rule': 'contact.role',
      },
    )
    const many = Array.from({ length: groupLimit }, (_, at) => `@p${at}:${hn.serverName}`)
    expect(await open(hn, registrar, { kind: 'group', with: many })).toMatchObject({
      status: 403,
      'org.enlace.rule': 'contact.full',
    })
  })
})

describe('hostile: a partner’s server that invites past the policy', () => {
  /** An invitation as a server makes one that asks nobody, with what it says of the room. */
  async function invite(sender: string, userId: string, said: Record<string, object>) {
    const version = roomVersion('11')!
    const roomId = `!${Math.random().toString(36).slice(2)}:${malo.serverName}`
    const room = { roomId, version, state: new Map(), heads: [`$${'a'.repeat(43)}`], depth: 5 }
    const { pdu, eventId } = malo.event(room, sender, {
      type: 'm.room.member',
      state_key: userId,
      content: { membership: 'invite' },
    })
    const invite_room_state = Object.entries(said).map(([type, content]) => ({
      type,
      state_key: '',
      sender,
      content,
    }))
    const uri = `/_matrix/federation/v2/invite/${enc(roomId)}/${enc(eventId)}`
    const answer = await malo.call(hn, 'PUT', uri, {
      body: { room_version: '11', event: pdu, invite_room_state },
    })
    return { ...answer, kept: await membership(hn, roomId, userId) }
  }
  const refused = (rule: string) => ({ status: 403, 'org.enlace.rule': `contact.${rule}`, kept: undefined })
  const duty = (institution: string) => ({
    [conversationEventType]: { version: 1, kind: 'duty', institution, position: 'guardia' },
  })

  test('whatever it says of the room', async () => {
    const { userId } = registrar
    const between = directBetween(nurse(), userId)
    expect(await invite(nurse(), userId, {})).toMatchObject(refused('topic'))
    expect(
      await invite(nurse(), userId, { [conversationEventType]: { version: 1, kind: 'direct', between } }),
    ).toMatchObject(refused('topic'))
    expect(await invite(nurse(), userId, { 'm.room.create': { type: 'm.space' } })).toMatchObject(
      refused('topic'),
    )
    // On duty is who the own book says.
    expect(await invite(nurse(), userId, duty('hn-rnp'))).toMatchObject(refused('topic'))
    expect(await invite(nurse(), userId, duty('gt-salud'))).toMatchObject(refused('topic'))
    expect(await invite(nurse(), userId, { [conversationEventType]: { version: 2 } })).toMatchObject(
      refused('unreadable'),
    )
    // A channel is what a corridor lists.
    const policy = {
      topic: 'documentation',
      corridor: '!nadie:malo',
      admits: { institution_kinds: ['civil_registry'] },
      contact: { text: { es: 'x', en: 'x' } },
    }
    expect(await invite(nurse(), userId, { 'org.enlace.topic.policy': policy })).toMatchObject(
      refused('topic'),
    )
  })

  test('by a room that a colleague let it into, as an invitation and as an event among others', async () => {
    const { room_id } = await hn.call('POST', '/createRoom', {
      token: colleague.token,
      body: { preset: 'public_chat', power_level_content_override: { invite: 0 } },
    })
    const roomId = String(room_id)
    const room = await malo.join(hn, roomId, nurse())
    const invitation = (): ReturnType<FakePartner['event']> =>
      malo.event(room, nurse(), {
        type: 'm.room.member',
        state_key: registrar.userId,
        content: { membership: 'invite' },
      })
    const before = [...room.heads]
    const { pdu, eventId } = invitation()
    const asked = await malo.call(hn, 'PUT', `/_matrix/federation/v2/invite/${enc(roomId)}/${enc(eventId)}`, {
      body: { room_version: room.version.id, event: pdu, invite_room_state: [...room.state.values()] },
    })
    expect(asked).toMatchObject({ status: 403, 'org.enlace.rule': 'contact.topic' })
    room.heads = before
    await malo.send(hn, 'past-the-policy', [invitation().pdu])
    expect(await membership(hn, roomId, registrar.userId)).toBeUndefined()
    const { rooms } = await hn.call('GET', '/sync', { token: registrar.token })
    expect(Object.keys((rooms as { invite?: object }).invite ?? {})).not.toContain(roomId)
  })

  test('in the name of nobody, or of somebody who is on no roster any more', async () => {
    expect(await invite(`@inventada:${malo.serverName}`, registrar.userId, {})).toMatchObject(
      refused('outsider'),
    )
    await registry.roster('gt-salud', [{ userId: nurse(), role: 'coordinator' }])
    await eventually(
      'the role has changed',
      async () => (await invite(nurse(), registrar.userId, {})).status === 200,
    )
    await registry.roster('gt-salud', [])
    expect(await invite(nurse(), registrar.userId, {})).toMatchObject(refused('outsider'))
  })
})
