import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openIdFederationRoutes } from '../accounts/routes/openid.ts'
import { startTestNode, type TestNode } from './node.ts'

type Json = Record<string, unknown>
type User = Awaited<ReturnType<TestNode['register']>>

let node: TestNode
let count = 0
beforeAll(async () => {
  node = await startTestNode({ public_base_url: 'https://chat.hn.example' })
})
afterAll(() => node.close())
beforeEach(() => {
  node.edus.length = 0
})

const newUser = (name = 'persona') => node.register(`${name}${++count}`)
const ask = (user: User, method: string, path: string, body?: Json) =>
  node.call(method, path, { token: user.token, ...(body ? { body } : {}) })
const newRoom = async (user: User) =>
  (await ask(user, 'POST', '/createRoom', { preset: 'public_chat' })).body['room_id'] as string
const entriesOf = (kind: string, from: number) =>
  (node.ctx.stream.recentSince(from) ?? []).filter((entry) => entry.kind === kind)

describe('profile', () => {
  test('fields are set, shown in rooms, and removed', async () => {
    const ana = await newUser()
    const room = await newRoom(ana)
    expect(
      (await ask(ana, 'PUT', `/profile/${ana.userId}/displayname`, { displayname: 'Ana López' })).status,
    ).toBe(200)
    await ask(ana, 'PUT', `/profile/${ana.userId}/avatar_url`, { avatar_url: 'mxc://hn.example/abc' })
    await ask(ana, 'PUT', `/profile/${ana.userId}/m.tz`, { 'm.tz': 'America/Tegucigalpa' })
    await ask(ana, 'PUT', `/profile/${ana.userId}/hn.example.turno`, { 'hn.example.turno': { noche: true } })
    expect((await ask(ana, 'GET', `/profile/${ana.userId}`)).body).toEqual({
      displayname: 'Ana López',
      avatar_url: 'mxc://hn.example/abc',
      'm.tz': 'America/Tegucigalpa',
      'hn.example.turno': { noche: true },
    })
    const member = await node.ctx.rooms.membership(room, ana.userId)
    expect(member?.event.pdu.content).toMatchObject({
      membership: 'join',
      displayname: 'Ana López',
      avatar_url: 'mxc://hn.example/abc',
    })
    expect((await ask(ana, 'GET', `/profile/${ana.userId}/displayname`)).body).toEqual({
      displayname: 'Ana López',
    })
    await ask(ana, 'DELETE', `/profile/${ana.userId}/displayname`)
    expect((await ask(ana, 'GET', `/profile/${ana.userId}/displayname`)).status).toBe(404)
    expect((await node.ctx.rooms.membership(room, ana.userId))?.event.pdu.content).not.toHaveProperty(
      'displayname',
    )
  })

  test("institution and role are the server's; other people's profiles are not for changing", async () => {
    await node.ctx.accounts.create({
      localpart: 'jueza.gt',
      password: 'una contraseña larga',
      displayName: 'Juzgado',
      institution: 'gt-oj-izabal',
      role: 'official',
    })
    const login = (await node.login('jueza.gt')).body
    const jueza = { userId: login['user_id'] as string, token: login['access_token'] as string, deviceId: '' }
    const profile = (await ask(jueza, 'GET', `/profile/${jueza.userId}`)).body
    expect(profile).toEqual({
      displayname: 'Juzgado',
      'org.enlace.institution': 'gt-oj-izabal',
      'org.enlace.role': 'official',
    })
    for (const key of ['org.enlace.role', 'org.enlace.institution', 'org.enlace.anything']) {
      const set = await ask(jueza, 'PUT', `/profile/${jueza.userId}/${key}`, { [key]: 'coordinator' })
      expect([set.status, set.body['errcode']]).toEqual([403, 'M_FORBIDDEN'])
      expect((await ask(jueza, 'DELETE', `/profile/${jueza.userId}/${key}`)).status).toBe(403)
    }
    const otra = await newUser()
    expect(
      (await ask(otra, 'PUT', `/profile/${jueza.userId}/displayname`, { displayname: 'x' })).status,
    ).toBe(403)
    expect((await node.call('GET', `/profile/${jueza.userId}`)).body['errcode']).toBe('M_MISSING_TOKEN')
    expect((await ask(otra, 'GET', '/profile/@nadie:hn.example')).status).toBe(404)
  })

  test('bad names, values and sizes are refused', async () => {
    const ana = await newUser()
    const put = async (key: string, body: Json) => {
      const answer = await ask(ana, 'PUT', `/profile/${ana.userId}/${encodeURIComponent(key)}`, body)
      return [answer.status, answer.body['errcode']]
    }
    expect(await put('displayname', {})).toEqual([400, 'M_MISSING_PARAM'])
    expect(await put('displayname', { displayname: 5 })).toEqual([400, 'M_INVALID_PARAM'])
    expect(await put('displayname', { displayname: 'x'.repeat(300) })).toEqual([400, 'M_INVALID_PARAM'])
    expect(await put('avatar_url', { avatar_url: 'https://evil.example/x.png' })).toEqual([
      400,
      'M_INVALID_PARAM',
    ])
    expect(await put('Bad Key', { 'Bad Key': 1 })).toEqual([400, 'M_INVALID_PARAM'])
    expect(await put(`a.${'b'.repeat(300)}`, { [`a.${'b'.repeat(300)}`]: 1 })).toEqual([
      400,
      'M_KEY_TOO_LARGE',
    ])
    expect(await put('a.big', { 'a.big': 'x'.repeat(66_000) })).toEqual([400, 'M_PROFILE_TOO_LARGE'])
  })

  test('of partners are asked for once in a while, and a partner that is away hides nothing known', async () => {
    const ana = await newUser()
    let asked = 0
    node.partner.request = async (destination, { path, query }) => {
      asked++
      expect([destination, path, query]).toEqual([
        'gt.example',
        '/_matrix/federation/v1/query/profile',
        { user_id: '@juez:gt.example' },
      ])
      return { displayname: 'Juez', 'org.enlace.institution': 'gt-oj-izabal' }
    }
    for (let index = 0; index < 3; index++) {
      expect((await ask(ana, 'GET', '/profile/@juez:gt.example')).body).toMatchObject({ displayname: 'Juez' })
    }
    expect(asked).toBe(1)
    node.partner.request = async () => {
      throw new Error('unreachable')
    }
    expect((await ask(ana, 'GET', '/profile/@otro:gt.example')).status).toBe(404)
  })
})

test('people are found without accents, by words of name or user id; a name in one room is not public', async () => {
  const [ana, beto] = [await newUser('buscona'), await newUser('buscado')]
  await ask(beto, 'PUT', `/profile/${beto.userId}/displayname`, { displayname: 'José Ñúñez Pérez' })
  const room = await newRoom(beto)
  await ask(beto, 'PUT', `/rooms/${room}/state/m.room.member/${beto.userId}`, {
    membership: 'join',
    displayname: 'Apodo Secreto',
  })
  const search = async (search_term: string) =>
    (await ask(ana, 'POST', '/user_directory/search', { search_term })).body as {
      results: Json[]
      limited: boolean
    }
  for (const term of ['jose', 'NUÑEZ', 'perez jos', 'pérez', 'buscado']) {
    expect([term, (await search(term)).results]).toEqual([
      term,
      [{ user_id: beto.userId, display_name: 'José Ñúñez Pérez' }],
    ])
  }
  expect((await search('apodo')).results).toEqual([])
  expect((await search('   ')).results).toEqual([])
  const many = await ask(ana, 'POST', '/user_directory/search', { search_term: 'hn', limit: 1 })
  expect(many.body).toMatchObject({ limited: true, results: [{}] })
})

describe('account data', () => {
  test('is kept per person, globally and per room, and reaches sync', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const from = node.ctx.stream.stable
    const path = `/user/${ana.userId}/account_data/org.x`
    const inRoom = `/user/${ana.userId}/rooms/!r:hn/account_data/org.x`
    expect((await ask(ana, 'GET', path)).status).toBe(404)
    await ask(ana, 'PUT', path, { a: 1 })
    await ask(ana, 'PUT', inRoom, { b: 2.5, 'k.with.dots': { $x: 1 } })
    expect((await ask(ana, 'GET', path)).body).toEqual({ a: 1 })
    expect((await ask(ana, 'GET', inRoom)).body).toEqual({ b: 2.5, 'k.with.dots': { $x: 1 } })
    expect((await ask(beto, 'GET', path)).status).toBe(403)
    expect((await ask(beto, 'PUT', path, {})).status).toBe(403)
    expect(await node.ctx.accountData.since(ana.userId, from, node.ctx.stream.stable)).toEqual([
      { type: 'org.x', content: { a: 1 } },
      { roomId: '!r:hn', type: 'org.x', content: { b: 2.5, 'k.with.dots': { $x: 1 } } },
    ])
    const all = await node.ctx.accountData.since(ana.userId, 0, node.ctx.stream.stable)
    expect(all.map(({ type }) => type)).toContain('m.push_rules')
    expect(entriesOf('account_data', from)).toHaveLength(2)
    expect((await ask(ana, 'GET', `/user/${ana.userId}/account_data/m.push_rules`)).body).toHaveProperty(
      'global',
    )
  })

  test('the server keeps its own types, and nothing too large', async () => {
    const ana = await newUser()
    for (const type of ['m.fully_read', 'm.push_rules']) {
      expect((await ask(ana, 'PUT', `/user/${ana.userId}/account_data/${type}`, {})).status).toBe(405)
      expect((await ask(ana, 'PUT', `/user/${ana.userId}/rooms/!r:hn/account_data/${type}`, {})).status).toBe(
        405,
      )
    }
    const big = await ask(ana, 'PUT', `/user/${ana.userId}/account_data/org.big`, { x: 'x'.repeat(300_000) })
    expect([big.status, big.body['errcode']]).toEqual([413, 'M_TOO_LARGE'])
  })

  test('tags come and go, also at the same time', async () => {
    const ana = await newUser()
    const base = `/user/${ana.userId}/rooms/!r:hn/tags`
    await Promise.all(
      ['u.a', 'u.b', 'm.favourite'].map((tag, index) =>
        ask(ana, 'PUT', `${base}/${tag}`, { order: index / 4 }),
      ),
    )
    expect((await ask(ana, 'GET', base)).body).toEqual({
      tags: { 'u.a': { order: 0 }, 'u.b': { order: 0.25 }, 'm.favourite': { order: 0.5 } },
    })
    await ask(ana, 'DELETE', `${base}/u.a`)
    expect(Object.keys((await ask(ana, 'GET', base)).body['tags'] as Json).sort()).toEqual([
      'm.favourite',
      'u.b',
    ])
    expect(await node.ctx.accountData.get(ana.userId, 'm.tag', '!r:hn')).toHaveProperty('tags')
  })

  test('filters are kept once each; bad ones are refused', async () => {
    const ana = await newUser()
    const filter = { room: { timeline: { limit: 5, types: ['m.room.message'] } }, event_fields: ['type'] }
    const post = (body: Json) => ask(ana, 'POST', `/user/${ana.userId}/filter`, body)
    const id = (await post(filter)).body['filter_id']
    expect(id).toMatch(/^[^{]/)
    expect((await post(filter)).body['filter_id']).toBe(id)
    expect((await ask(ana, 'GET', `/user/${ana.userId}/filter/${id}`)).body).toEqual(filter)
    expect((await ask(ana, 'GET', `/user/${ana.userId}/filter/nosuch`)).status).toBe(404)
    const bad: Json[] = [
      { presence: 'x' },
      { room: { timeline: { rooms: 'no list' } } },
      { room: { timeline: { rooms: ['not_a_room_id'] } } },
      { room: { timeline: { senders: ['not_a_sender_id'] } } },
      { room: { timeline: { limit: 'many' } } },
      { event_fields: [1] },
    ]
    for (const one of bad) expect([one, (await post(one)).status]).toEqual([one, 400])
  })
})

describe('receipts, typing, presence', () => {
  async function pair() {
    const [ana, beto] = [await newUser(), await newUser()]
    const room = await newRoom(ana)
    await ask(beto, 'POST', `/rooms/${room}/join`, {})
    let txn = 0
    const say = async () =>
      (
        await ask(ana, 'PUT', `/rooms/${room}/send/m.room.message/r${++txn}`, {
          msgtype: 'm.text',
          body: 'x',
        })
      ).body['event_id'] as string
    return { ana, beto, room, say }
  }
  const since = (room: string, viewer: User, from = 0) =>
    node.ctx.ephemeral.receiptsSince(room, viewer.userId, from, node.ctx.stream.stable)

  test('receipts move forward only; private ones are seen by their owner alone', async () => {
    const { ana, beto, room, say } = await pair()
    const [one, two] = [await say(), await say()]
    const receipt = (eventId: string, type = 'm.read', body: Json = {}) =>
      ask(beto, 'POST', `/rooms/${room}/receipt/${type}/${eventId}`, body)
    await receipt(two)
    const from = node.ctx.stream.stable
    await receipt(one)
    await receipt(two)
    expect(entriesOf('receipt', from)).toEqual([])
    expect(await since(room, ana)).toEqual([
      { [two]: { 'm.read': { [beto.userId]: { ts: expect.any(Number) } } } },
    ])
    const three = await say()
    await receipt(three, 'm.read.private')
    expect(JSON.stringify(await since(room, ana))).not.toContain('private')
    expect(JSON.stringify(await since(room, beto))).toContain('m.read.private')
    expect((await receipt('$nosuch')).status).toBe(404)
    expect((await receipt(three, 'm.bad')).status).toBe(400)
    expect((await receipt(three, 'm.read', { thread_id: 'x' })).status).toBe(400)
    const fuera = await newUser()
    expect((await ask(fuera, 'POST', `/rooms/${room}/receipt/m.read/${two}`, {})).status).toBe(403)
  })

  test('one event read in two threads makes two contents', async () => {
    const { beto, room, say } = await pair()
    const one = await say()
    await ask(beto, 'POST', `/rooms/${room}/receipt/m.read/${one}`, {})
    await ask(beto, 'POST', `/rooms/${room}/receipt/m.read/${one}`, { thread_id: 'main' })
    const contents = await since(room, beto)
    expect(contents).toHaveLength(2)
    expect(contents.map((content) => JSON.stringify(content).includes('thread_id')).sort()).toEqual([
      false,
      true,
    ])
  })

  test('read markers set all three', async () => {
    const { beto, room, say } = await pair()
    const [one, two] = [await say(), await say()]
    const set = await ask(beto, 'POST', `/rooms/${room}/read_markers`, {
      'm.fully_read': one,
      'm.read': one,
      'm.read.private': two,
    })
    expect(set.status).toBe(200)
    expect(await node.ctx.accountData.get(beto.userId, 'm.fully_read', room)).toEqual({ event_id: one })
    const read = await node.ctx.ephemeral.readUpTo(room, beto.userId)
    expect(read.all).toBe((await node.ctx.rooms.event(two))?.pos)
    expect((await ask(beto, 'POST', `/rooms/${room}/read_markers`, { 'm.fully_read': '$x' })).status).toBe(
      404,
    )
  })

  test('receipts and typing go to partners, private ones and those of strangers do not', async () => {
    const { ana, beto, room, say } = await pair()
    const { rooms } = node.ctx
    const { joinedServers, membership } = rooms
    rooms.joinedServers = async () => ['hn.example', 'gt.example']
    rooms.membership = async (roomId, userId) =>
      userId === '@juez:gt.example' ? { membership: 'join', event: {} as never } : membership(roomId, userId)
    try {
      const one = await say()
      await ask(beto, 'POST', `/rooms/${room}/receipt/m.read.private/${one}`, {})
      expect(node.edus).toEqual([])
      await ask(beto, 'POST', `/rooms/${room}/receipt/m.read/${one}`, {})
      await ask(beto, 'PUT', `/rooms/${room}/typing/${beto.userId}`, { typing: true, timeout: 5_000 })
      expect(node.edus.map(({ edu_type }) => edu_type)).toEqual(['m.receipt', 'm.typing'])
      expect(node.edus[0]!.content).toEqual({
        [room]: { 'm.read': { [beto.userId]: { event_ids: [one], data: { ts: expect.any(Number) } } } },
      })
      const { receiveEdu } = node.ctx.ephemeral
      const receiptOf = (userId: string) => ({
        edu_type: 'm.receipt',
        content: { [room]: { 'm.read': { [userId]: { event_ids: [one], data: { ts: 5 } } } } },
      })
      await receiveEdu('gt.example', receiptOf(ana.userId))
      await receiveEdu('gt.example', receiptOf('@nadie:gt.example'))
      await receiveEdu('gt.example', { edu_type: 'm.receipt', content: { __proto__: null, [room]: 'bad' } })
      expect(JSON.stringify(await since(room, ana))).not.toMatch(/nadie|"ts":5/)
      await receiveEdu('gt.example', receiptOf('@juez:gt.example'))
      expect(JSON.stringify(await since(room, ana))).toContain('@juez:gt.example')
      const typing = (userId: string) => ({
        edu_type: 'm.typing',
        content: { room_id: room, user_id: userId, typing: true },
      })
      await receiveEdu('gt.example', typing(ana.userId))
      await receiveEdu('gt.example', typing('@juez:gt.example'))
      expect(node.ctx.ephemeral.typing(room).userIds).toEqual([beto.userId, '@juez:gt.example'])
    } finally {
      Object.assign(rooms, { joinedServers, membership })
    }
  })

  test('typing is told when it changes, ends by itself, and is for members', async () => {
    const { ana, beto, room } = await pair()
    const from = node.ctx.stream.stable
    const type = (user: User, typing: boolean, timeout?: number) =>
      ask(user, 'PUT', `/rooms/${room}/typing/${user.userId}`, {
        typing,
        ...(timeout === undefined ? {} : { timeout }),
      })
    await type(ana, true, 50_000)
    await type(ana, true, 50_000)
    await type(beto, true, 30)
    expect(node.ctx.ephemeral.typing(room).userIds).toContain(ana.userId)
    for (let tries = 0; node.ctx.ephemeral.typing(room).userIds.length > 1 && tries < 500; tries++) {
      await new Promise((done) => setTimeout(done, 5))
    }
    expect(node.ctx.ephemeral.typing(room).userIds).toEqual([ana.userId])
    await type(ana, false)
    expect(node.ctx.ephemeral.typing(room).userIds).toEqual([])
    expect(entriesOf('typing', from)).toHaveLength(4)
    const fuera = await newUser()
    expect((await type(fuera, true)).status).toBe(403)
    expect((await ask(ana, 'PUT', `/rooms/${room}/typing/${beto.userId}`, { typing: true })).status).toBe(403)
  })

  test('presence is told to those who share a room', async () => {
    const { ana, beto } = await pair()
    const fuera = await newUser()
    const from = node.ctx.stream.stable
    const path = `/presence/${ana.userId}/status`
    expect((await ask(beto, 'GET', path)).body).toMatchObject({ presence: 'offline' })
    await ask(ana, 'PUT', path, { presence: 'online', status_msg: 'en la frontera' })
    await ask(ana, 'PUT', path, { presence: 'online', status_msg: 'en la frontera' })
    expect((await ask(beto, 'GET', path)).body).toMatchObject({
      presence: 'online',
      status_msg: 'en la frontera',
    })
    expect(entriesOf('presence', from)).toHaveLength(1)
    expect((await ask(fuera, 'GET', path)).status).toBe(403)
    expect((await ask(fuera, 'PUT', path, { presence: 'online' })).status).toBe(403)
    expect((await ask(ana, 'PUT', path, { presence: 'asleep' })).status).toBe(400)
    expect(await node.ctx.ephemeral.presence([ana.userId, '@nadie:hn.example'])).toHaveLength(1)
  })
})

describe('the server about itself', () => {
  test('versions, capabilities, well-known, and what it does not have', async () => {
    const ana = await newUser()
    expect((await node.call('GET', '/_matrix/client/versions')).body['versions']).toContain('v1.18')
    expect((await node.call('GET', '/.well-known/matrix/client')).body).toEqual({
      'm.homeserver': { base_url: 'https://chat.hn.example' },
    })
    expect((await ask(ana, 'GET', '/capabilities')).body['capabilities']).toMatchObject({
      'm.change_password': { enabled: true },
      'm.room_versions': { default: '12', available: { 10: 'stable', 11: 'stable', 12: 'stable' } },
    })
    expect((await ask(ana, 'GET', '/voip/turnServer')).body).toEqual({})
    expect((await ask(ana, 'GET', '/thirdparty/protocols')).body).toEqual({})
    expect((await ask(ana, 'GET', `/admin/whois/${ana.userId}`)).body['user_id']).toBe(ana.userId)
    const beto = await newUser()
    expect((await ask(beto, 'GET', `/admin/whois/${ana.userId}`)).status).toBe(403)
  })

  test('an OpenID token tells who somebody is, and opens nothing', async () => {
    const ana = await newUser()
    const given = (await ask(ana, 'POST', `/user/${ana.userId}/openid/request_token`, {})).body
    expect(given).toMatchObject({ token_type: 'Bearer', matrix_server_name: 'hn.example', expires_in: 3600 })
    const token = given['access_token'] as string
    expect((await node.call('GET', '/account/whoami', { token })).status).toBe(401)
    expect(node.ctx.tokens.openIdUser(token)).toBe(ana.userId)
    expect(node.ctx.tokens.openIdUser(ana.token)).toBeUndefined()
    expect(node.ctx.tokens.openIdUser('x')).toBeUndefined()
    expect(openIdFederationRoutes).toHaveLength(1)
    const beto = await newUser()
    expect((await ask(beto, 'POST', `/user/${ana.userId}/openid/request_token`, {})).status).toBe(403)
  })
})
