import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../../testing/node.ts'

let node: TestNode
type Person = { userId: string; token: string }
let ana: Person
let beto: Person
let carla: Person

beforeAll(async () => {
  node = await startTestNode()
  ana = await node.register('ana')
  beto = await node.register('beto')
  carla = await node.register('carla')
})
afterAll(() => node.close())

const call = (who: Person, method: string, path: string, body?: unknown) =>
  node.call(method, path, { token: who.token, ...(body === undefined ? {} : { body }) })

async function makeRoom(body: Record<string, unknown> = {}, who = ana): Promise<string> {
  const answer = await call(who, 'POST', '/createRoom', body)
  expect(answer).toMatchObject({ status: 200 })
  return answer.body['room_id'] as string
}
async function say(who: Person, roomId: string, text: string): Promise<string> {
  const answer = await call(who, 'PUT', `/rooms/${roomId}/send/m.room.message/${Math.random()}`, {
    msgtype: 'm.text',
    body: text,
  })
  expect(answer.status).toBe(200)
  return answer.body['event_id'] as string
}
const state = async (who: Person, roomId: string, type: string) =>
  (await call(who, 'GET', `/rooms/${roomId}/state/${type}`)).body
async function texts(who: Person, roomId: string): Promise<unknown[]> {
  const answer = await call(who, 'GET', `/rooms/${roomId}/messages?dir=b&limit=100`)
  const chunk = (answer.body['chunk'] ?? []) as { type: string; content: { body?: string } }[]
  return chunk.filter((event) => event.type === 'm.room.message').map((event) => event.content.body)
}

describe('createRoom', () => {
  test.each([
    ['private_chat', 'invite', 'shared', 'can_join'],
    ['trusted_private_chat', 'invite', 'shared', 'can_join'],
    ['public_chat', 'public', 'shared', 'forbidden'],
  ])('%s', async (preset, rule, visibility, guests) => {
    const roomId = await makeRoom({ preset, name: 'Enlace', topic: 'Frontera' })
    expect(await state(ana, roomId, 'm.room.join_rules')).toMatchObject({ join_rule: rule })
    expect(await state(ana, roomId, 'm.room.history_visibility')).toEqual({ history_visibility: visibility })
    expect(await state(ana, roomId, 'm.room.guest_access')).toEqual({ guest_access: guests })
    expect(await state(ana, roomId, 'm.room.name')).toEqual({ name: 'Enlace' })
    expect(await state(ana, roomId, 'm.room.topic')).toMatchObject({ topic: 'Frontera' })
  })

  test('initial state wins over the preset, and an override over the power levels', async () => {
    const roomId = await makeRoom({
      preset: 'public_chat',
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'invite' } }],
      power_level_content_override: { invite: 50 },
    })
    expect(await state(ana, roomId, 'm.room.join_rules')).toEqual({ join_rule: 'invite' })
    expect(await state(ana, roomId, 'm.room.power_levels')).toMatchObject({ invite: 50, ban: 50 })
  })

  test('version 12: more creators, and the room is named after its first event', async () => {
    const roomId = await makeRoom({
      room_version: '12',
      creation_content: { additional_creators: [beto.userId] },
      invite: [beto.userId],
    })
    expect(await state(ana, roomId, 'm.room.create')).toMatchObject({
      room_version: '12',
      additional_creators: [beto.userId],
    })
    await call(beto, 'POST', `/join/${roomId}`, {})
    expect((await call(beto, 'PUT', `/rooms/${roomId}/state/m.room.name`, { name: 'x' })).status).toBe(200)
  })

  test.each([
    [{ room_version: '1' }, 'M_UNSUPPORTED_ROOM_VERSION'],
    [{ room_alias_name: 'no:colon' }, 'M_INVALID_PARAM'],
    [{ name: 7 }, 'M_BAD_JSON'],
    [{ visibility: 'secret' }, 'M_BAD_JSON'],
    [{ invite: ['nobody'] }, 'M_BAD_JSON'],
    [{ power_level_content_override: { users: { x: 'much' } } }, 'M_BAD_JSON'],
  ])('%o is refused with %s', async (body, errcode) => {
    const answer = await call(ana, 'POST', '/createRoom', body)
    expect(answer).toMatchObject({ status: 400, body: { errcode } })
  })

  test('an alias leads to the room and cannot be taken twice', async () => {
    const roomId = await makeRoom({ room_alias_name: 'corredor', preset: 'public_chat' })
    const alias = encodeURIComponent('#corredor:hn.example')
    expect((await call(beto, 'GET', `/directory/room/${alias}`)).body['room_id']).toBe(roomId)
    expect((await call(beto, 'POST', `/join/${alias}`, {})).body['room_id']).toBe(roomId)
    expect(await call(beto, 'POST', '/createRoom', { room_alias_name: 'corredor' })).toMatchObject({
      status: 400,
      body: { errcode: 'M_ROOM_IN_USE' },
    })
    expect((await call(carla, 'DELETE', `/directory/room/${alias}`)).status).toBe(403)
  })
})

describe('membership', () => {
  test('who was not invited cannot join, read, send or look', async () => {
    const roomId = await makeRoom()
    const id = await say(ana, roomId, 'private')
    for (const [method, path, body] of [
      ['POST', `/join/${roomId}`, {}],
      ['GET', `/rooms/${roomId}/messages?dir=b`],
      ['GET', `/rooms/${roomId}/state`],
      ['GET', `/rooms/${roomId}/members`],
      ['GET', `/rooms/${roomId}/joined_members`],
      ['PUT', `/rooms/${roomId}/send/m.room.message/1`, {}],
      ['PUT', `/rooms/${roomId}/state/m.room.name`, { name: 'mine' }],
      ['POST', `/rooms/${roomId}/invite`, { user_id: carla.userId }],
    ] as const)
      expect((await call(beto, method, path, body)).status, `${method} ${path}`).toBe(403)
    expect((await call(beto, 'GET', `/rooms/${roomId}/event/${encodeURIComponent(id)}`)).status).toBe(404)
    expect((await call(beto, 'GET', `/rooms/${roomId}/event/$nothing`)).status).toBe(404)
  })

  test('invite, join, kick, ban and unban', async () => {
    const roomId = await makeRoom()
    const member = () => node.ctx.rooms.membership(roomId, beto.userId)
    expect((await call(ana, 'POST', `/rooms/${roomId}/invite`, { user_id: beto.userId })).status).toBe(200)
    expect((await call(beto, 'POST', `/join/${roomId}`, {})).status).toBe(200)
    expect((await call(ana, 'POST', `/rooms/${roomId}/invite`, { user_id: beto.userId })).status).toBe(403)
    expect((await call(beto, 'POST', `/rooms/${roomId}/kick`, { user_id: ana.userId })).status).toBe(403)
    const kick = { user_id: beto.userId, reason: 'turno' }
    expect((await call(ana, 'POST', `/rooms/${roomId}/kick`, kick)).status).toBe(200)
    expect((await member())?.event.pdu.content).toMatchObject({ membership: 'leave', reason: 'turno' })
    expect((await call(ana, 'POST', `/rooms/${roomId}/kick`, kick)).status).toBe(403)
    expect((await call(ana, 'POST', `/rooms/${roomId}/ban`, kick)).status).toBe(200)
    expect((await call(beto, 'POST', `/join/${roomId}`, {})).status).toBe(403)
    expect((await call(ana, 'POST', `/rooms/${roomId}/unban`, kick)).status).toBe(200)
    expect((await member())?.membership).toBe('leave')
  })

  test('a forgotten room cannot be read, until one is invited again', async () => {
    const roomId = await makeRoom({ invite: [beto.userId] })
    await call(beto, 'POST', `/join/${roomId}`, {})
    await say(ana, roomId, 'before')
    expect(await call(beto, 'POST', `/rooms/${roomId}/forget`)).toMatchObject({ status: 400 })
    await call(beto, 'POST', `/rooms/${roomId}/leave`)
    expect(await texts(beto, roomId)).toEqual(['before'])
    expect((await call(beto, 'POST', `/rooms/${roomId}/forget`)).status).toBe(200)
    expect((await call(beto, 'GET', `/rooms/${roomId}/messages?dir=b`)).status).toBe(403)
    expect((await call(beto, 'GET', `/rooms/${roomId}/state`)).status).toBe(403)
    await call(ana, 'POST', `/rooms/${roomId}/invite`, { user_id: beto.userId })
    expect((await call(beto, 'POST', `/join/${roomId}`, {})).status).toBe(200)
    expect(await texts(beto, roomId)).toEqual(['before'])
  })

  test('a restricted room lets in who is in the room it names', async () => {
    const gate = await makeRoom({ invite: [beto.userId] })
    await call(beto, 'POST', `/join/${gate}`, {})
    const rules = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: gate }] }
    const roomId = await makeRoom({ initial_state: [{ type: 'm.room.join_rules', content: rules }] })
    expect((await call(beto, 'POST', `/join/${roomId}`, {})).status).toBe(200)
    expect((await call(carla, 'POST', `/join/${roomId}`, {})).status).toBe(403)
    const joined = await node.ctx.rooms.membership(roomId, beto.userId)
    expect(joined?.event.pdu.content['join_authorised_via_users_server']).toBe(ana.userId)
  })

  test('who knocks can be let in', async () => {
    const roomId = await makeRoom({
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
    })
    expect((await call(beto, 'POST', `/knock/${roomId}`, { reason: 'caso' })).status).toBe(200)
    expect((await call(beto, 'POST', `/join/${roomId}`, {})).status).toBe(403)
    expect((await call(ana, 'POST', `/rooms/${roomId}/invite`, { user_id: beto.userId })).status).toBe(200)
    expect((await call(beto, 'POST', `/join/${roomId}`, {})).status).toBe(200)
  })
})

describe('history visibility', () => {
  test.each([
    ['shared', ['4 joined', '3 invited', '2 outside', '1 outside']],
    ['invited', ['4 joined', '3 invited']],
    ['joined', ['4 joined']],
  ])('%s: what a new member reads', async (visibility, expected) => {
    const roomId = await makeRoom({
      initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: visibility } }],
    })
    await say(ana, roomId, '1 outside')
    await say(ana, roomId, '2 outside')
    await call(ana, 'POST', `/rooms/${roomId}/invite`, { user_id: beto.userId })
    await say(ana, roomId, '3 invited')
    await call(beto, 'POST', `/join/${roomId}`, {})
    await say(ana, roomId, '4 joined')
    expect(await texts(beto, roomId)).toEqual(expected)
    await call(beto, 'POST', `/rooms/${roomId}/leave`)
    await say(ana, roomId, '5 gone')
    expect(await texts(beto, roomId)).toEqual(expected)
    await call(ana, 'POST', `/rooms/${roomId}/ban`, { user_id: beto.userId })
    expect(await texts(beto, roomId)).toEqual(expected)
  })

  test('who leaves and comes back reads what was said meanwhile only where history is shared', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await call(ana, 'PUT', `/rooms/${roomId}/state/m.room.history_visibility`, {
      history_visibility: 'joined',
    })
    await call(beto, 'POST', `/join/${roomId}`, {})
    await say(ana, roomId, 'in')
    await call(beto, 'POST', `/rooms/${roomId}/leave`)
    await say(ana, roomId, 'out')
    await call(beto, 'POST', `/join/${roomId}`, {})
    await say(ana, roomId, 'in again')
    expect(await texts(beto, roomId)).toEqual(['in again', 'in'])
  })
})

describe('sending', () => {
  test('a transaction repeated is one event; of another device it is another', async () => {
    const roomId = await makeRoom()
    const send = (who: Person) => call(who, 'PUT', `/rooms/${roomId}/send/m.room.message/same`, { body: 'x' })
    const [one, two] = [await send(ana), await send(ana)]
    expect(one.body['event_id']).toBe(two.body['event_id'])
    const other = await node.login('ana')
    const third = await send({ userId: ana.userId, token: other.body['access_token'] as string })
    expect(third.body['event_id']).not.toBe(one.body['event_id'])
  })

  test('too large an event is refused', async () => {
    const roomId = await makeRoom()
    const answer = await call(ana, 'PUT', `/rooms/${roomId}/send/m.room.message/1`, {
      body: 'x'.repeat(66_000),
    })
    expect(answer).toMatchObject({ status: 413, body: { errcode: 'M_TOO_LARGE' } })
  })

  test.each([{ n: 1.5 }, { n: 2 ** 60 }, { text: '\ud800' }])('%o cannot be sent', async (body) => {
    const roomId = await makeRoom()
    const answer = await call(ana, 'PUT', `/rooms/${roomId}/send/m.room.message/1`, body)
    expect(answer).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } })
  })

  test('others’ messages are redacted by those with the power alone', async () => {
    const roomId = await makeRoom({ invite: [beto.userId] })
    await call(beto, 'POST', `/join/${roomId}`, {})
    const [mine, theirs] = [await say(ana, roomId, 'a'), await say(beto, roomId, 'b')]
    const redact = (who: Person, id: string) =>
      call(who, 'PUT', `/rooms/${roomId}/redact/${encodeURIComponent(id)}/${Math.random()}`, {})
    expect((await redact(beto, mine)).status).toBe(403)
    expect((await redact(ana, theirs)).status).toBe(200)
    expect((await redact(ana, mine)).status).toBe(200)
    expect(await texts(beto, roomId)).toEqual([undefined, undefined])
  })

  test('pages of messages cover everything once, both ways', async () => {
    const roomId = await makeRoom()
    for (let n = 0; n < 25; n++) await say(ana, roomId, `${n}`)
    for (const dir of ['b', 'f']) {
      const seen: string[] = []
      let from: string | undefined
      for (let pages = 0; pages < 30; pages++) {
        const query = `dir=${dir}&limit=7${from === undefined ? '' : `&from=${from}`}`
        const { body } = await call(ana, 'GET', `/rooms/${roomId}/messages?${query}`)
        seen.push(...(body['chunk'] as { event_id: string }[]).map((event) => event.event_id))
        from = body['end'] as string | undefined
        if (from === undefined || (body['chunk'] as unknown[]).length === 0) break
      }
      expect(new Set(seen).size).toBe(seen.length)
      const all = await node.ctx.rooms.timeline(roomId, { dir: dir as 'b' | 'f', limit: 100 })
      expect(seen).toEqual(all.map((event) => event.eventId))
    }
  })
})
