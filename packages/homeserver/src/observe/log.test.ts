/** What is written down of requests: enough to follow one, and nothing that somebody wrote. */
import { REALTIME_PATH } from '@enlace/realtime/contract'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import type { Route } from '../http/route.ts'
import { describeError } from '../log.ts'
import { startChildNode } from '../testing/child-node.ts'
import { startTestNode } from '../testing/node.ts'
import { eventually } from '../testing/world.ts'

type Json = Record<string, unknown>

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

async function openChild(config: Json = {}) {
  const node = await startChildNode({ log_level: 'debug', ...config })
  async function call(
    method: string,
    path: string,
    {
      token,
      body,
      raw,
      headers,
    }: { token?: string; body?: unknown; raw?: string; headers?: Record<string, string> } = {},
  ) {
    const answer = await fetch(node.url + (path.startsWith('/_') ? path : `/_matrix/client/v3${path}`), {
      method,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(raw !== undefined ? { body: raw } : body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text.startsWith('{') ? JSON.parse(text) : {}) as Json,
    }
  }
  async function register(username: string, password: string) {
    const { body } = await call('POST', '/register', {
      body: {
        username,
        password,
        auth: { type: 'm.login.dummy' },
        refresh_token: true,
        initial_device_display_name: 'palabra-del-aparato',
      },
    })
    return {
      userId: String(body['user_id']),
      token: String(body['access_token']),
      refresh: String(body['refresh_token']),
    }
  }
  const requests = () => node.lines().filter((line) => line['msg'] === 'request')
  return { ...node, call, register, requests }
}

test('a request has one id: in its answer, in the error, and in every line of it', async () => {
  const node = await openChild()
  const refused = await node.call('GET', '/account/whoami')
  const id = refused.headers.get('x-request-id')
  expect(id).toMatch(UUID)
  expect(refused.body).toMatchObject({ errcode: 'M_MISSING_TOKEN', 'org.enlace.request_id': id })
  const { token } = await node.register('ana', 'una contraseña larga')
  const rooms = await Promise.all(
    Array.from({ length: 5 }, () => node.call('POST', '/createRoom', { token, body: {} })),
  )
  const given = await node.call('GET', '/account/whoami', {
    token,
    headers: { 'x-request-id': 'de-nuestro-proxy_1' },
  })
  expect(given.headers.get('x-request-id')).toBe('de-nuestro-proxy_1')
  for (const bad of ['x', 'a b c d e f g h', 'x'.repeat(65), 'with"quote"inside', '{"level":60}']) {
    const answer = await node.call('GET', '/account/whoami', { headers: { 'x-request-id': bad } })
    expect(answer.headers.get('x-request-id')).toMatch(UUID)
  }
  await node.stop()
  const line = node.requests().find((one) => one['request_id'] === id)
  expect(line).toMatchObject({
    method: 'GET',
    route: '/_matrix/client/v3/account/whoami',
    status: 401,
    via: 'http',
  })
  expect(line).toMatchObject({ ms: expect.any(Number), bytes: expect.any(Number) })
  expect(line).not.toHaveProperty('who')
  const ids = rooms.map((room) => room.headers.get('x-request-id'))
  expect(new Set(ids).size).toBe(5)
  const lines = node.requests().filter((one) => one['route'] === '/_matrix/client/v3/createRoom')
  expect(lines.map((one) => one['request_id']).sort()).toEqual(ids.sort())
  // One person, one pseudonym, and not their name.
  expect(new Set(lines.map((one) => one['who'])).size).toBe(1)
  expect(lines[0]!['who']).toMatch(/^[0-9a-f]{12}$/)
  expect(node.requests().find((one) => one['request_id'] === 'de-nuestro-proxy_1')).toBeDefined()
}, 180_000)

test('what a request asks of a partner, and a call over a socket, carry its id', async () => {
  const node = await openChild({ federation: { list: 'open', allow_private_addresses: true } })
  const { userId, token } = await node.register('ana', 'una contraseña larga')
  const asked = await node.call(
    'GET',
    `/directory/room/${encodeURIComponent('#palabra:nadie.localhost:1')}`,
    { token },
  )
  const socket = io(node.url, { path: REALTIME_PATH, auth: { token }, transports: ['websocket'] })
  const answer = (await socket.emitWithAck('call', {
    name: 'typing',
    roomId: '!nada:hn.example',
    userId,
    body: { typing: true },
  })) as { status: number; body: Json }
  socket.close()
  await node.stop()
  const partner = node.lines().find((line) => line['msg'] === 'request to a partner')
  expect(partner).toMatchObject({
    request_id: asked.headers.get('x-request-id'),
    destination: 'nadie.localhost:1',
    path: '/_matrix/federation/v1/query/directory',
  })
  expect(answer.status).toBe(403)
  const id = answer.body['org.enlace.request_id']
  expect(id).toMatch(UUID)
  expect(node.requests().find((line) => line['request_id'] === id)).toMatchObject({
    via: 'socket',
    method: 'PUT',
    route: '/_matrix/client/v3/rooms/:roomId/typing/:userId',
    status: 403,
  })
}, 180_000)

test('nothing that somebody wrote, and no secret, is in any line', async () => {
  const { routes } = await startTestNode().then(async (node) => {
    await node.close()
    return node
  })
  const node = await openChild({ federation: { list: 'open', allow_private_addresses: true } })
  const PLANT = 'palabra-plantada'
  const password = `${PLANT} de paso`
  const ana = await node.register('ana', password)
  const { token } = ana
  const bea = await node.register('bea', password)
  await node.call('POST', '/login', {
    body: { type: 'm.login.password', user: 'ana', password: `${PLANT} errada` },
  })
  await node.register('ana', password)
  const room = String(
    (
      await node.call('POST', '/createRoom', {
        token,
        body: {
          name: PLANT,
          topic: PLANT,
          room_alias_name: PLANT,
          invite: [bea.userId],
          initial_state: [{ type: 'm.room.x', content: { body: PLANT } }],
        },
      })
    ).body['room_id'],
  )
  await node.call('POST', '/createRoom', { token, body: { room_alias_name: PLANT } })
  await node.call('POST', `/join/${encodeURIComponent(room)}`, { token: bea.token, body: { reason: PLANT } })
  const sent = await node.call('PUT', `/rooms/${encodeURIComponent(room)}/send/m.room.message/${PLANT}`, {
    token,
    body: { msgtype: 'm.text', body: PLANT },
  })
  const event = String(sent.body['event_id'])
  // Every endpoint, with words in each place that takes some: where what is named exists, and where not.
  const known: Record<string, string> = {
    roomId: room,
    roomIdOrAlias: room,
    eventId: event,
    userId: ana.userId,
    deviceId: 'X',
  }
  const fill = (path: string, real: boolean) =>
    path
      .replace(/\{[^}]*\}/g, '')
      .replace(/\*\w+/g, PLANT)
      // Names of servers are known to all, and told.
      .replace(':serverName', 'nadie.localhost')
      .replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent((real && known[name]) || PLANT))
  const skipped = /logout|deactivate|account\/password|delete_devices|\/leave|forget/
  let asked = 0
  for (const { method, path, body } of routes as readonly Route[]) {
    const first = typeof path === 'string' ? path : path[0]!
    if (skipped.test(first)) continue
    const fields = Object.keys((body as { shape?: Json } | undefined)?.shape ?? { body: 1 })
    const bodies =
      method === 'GET' || method === 'DELETE'
        ? [undefined]
        : [JSON.stringify(Object.fromEntries(fields.map((field) => [field, PLANT]))), `{"${PLANT}": ${PLANT}`]
    for (const real of [true, false])
      for (const raw of bodies) {
        const query = first.endsWith('/sync')
          ? `?filter=${PLANT}`
          : `?access_token=${PLANT}&q=${PLANT}&from=${PLANT}`
        await node.call(method, fill(first, real) + query, {
          token,
          ...(raw === undefined ? {} : { raw }),
          headers: { 'user-agent': PLANT, 'x-request-id': `${PLANT} x`, referer: PLANT },
        })
        asked++
      }
  }
  expect(asked).toBeGreaterThan(300)
  await node.call('GET', `/${PLANT}?access_token=${token}`)
  await node.call('GET', `/_matrix/client/v3/sync?access_token=${token}&timeout=0`)
  await node.call('POST', `/_matrix/client/v3/refresh`, { body: { refresh_token: bea.refresh } })
  await node.call('PUT', `/_matrix/federation/v1/send/${PLANT}`, {
    raw: `{"pdus": ${PLANT}`,
    headers: {
      authorization: `X-Matrix origin="nadie.localhost:1",destination="hn.example",key="ed25519:${PLANT}",sig="${PLANT}"`,
    },
  })
  const socket = io(node.url, { path: REALTIME_PATH, auth: { token }, transports: ['websocket'] })
  for (const roomId of [room, `!${PLANT}:hn.example`])
    await socket.emitWithAck('call', {
      name: 'send',
      roomId,
      eventType: 'm.room.message',
      txnId: 's',
      body: { body: PLANT },
    })
  socket.close()
  await eventually('all lines', async () => node.requests().length >= asked)
  await node.stop()
  expect(node.requests().length).toBeGreaterThan(asked)
  const telling = node
    .output()
    .split('\n')
    .filter((line) =>
      [PLANT, token, ana.refresh, bea.token, bea.refresh, 'palabra-del-aparato'].some((word) =>
        line.includes(word),
      ),
    )
  expect(telling).toEqual([])
  // The access log names no person and no room either.
  const log = JSON.stringify(node.requests())
  for (const word of [ana.userId, room, event, '127.0.0.1']) expect(log).not.toContain(word)
}, 180_000)

test('an error in the log is its kind and place, not what libraries hang on it', () => {
  const parse = (text: string) => {
    try {
      return JSON.parse(text) as never
    } catch (error) {
      return error
    }
  }
  const duplicate = Object.assign(
    new Error(
      'E11000 duplicate key error collection: enlace.aliases index: alias_1 dup key: { alias: "#secreto:hn" }',
    ),
    { code: 11000, keyValue: { alias: '#secreto:hn' } },
  )
  const outer = new Error('could not be written', { cause: duplicate })
  for (const error of [
    parse('secreto'),
    duplicate,
    outer,
    Object.assign(new Error('x'), { body: 'secreto' }),
    'secreto',
  ])
    expect(JSON.stringify(describeError(error))).not.toContain('secreto')
  expect(describeError(outer)).toMatchObject({
    message: 'could not be written',
    cause: { code: 11000, message: expect.stringContaining('alias_1') },
  })
  expect(describeError(outer).stack).toContain('log.test.ts')
})
