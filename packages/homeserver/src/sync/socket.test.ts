/** What only some devices are told, pushed over a socket. */
import { createRealtimeTransport, type RealtimeTransport } from '@enlace/realtime/transport'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { parseSyncToken } from './token.ts'

type Json = Record<string, unknown>
type Person = Awaited<ReturnType<FederatedNode['register']>>
type Event = { type: string; sender: string; state_key?: string; content: Json }
type Body = {
  next_batch: string
  to_device?: { events: Event[] }
  rooms?: {
    join?: Record<
      string,
      { timeline?: { events: Event[] }; state?: { events: Event[] }; ephemeral?: { events: Event[] } }
    >
  }
}

const enc = encodeURIComponent
let world: FederatedWorld
let node: FederatedNode
let transport: RealtimeTransport | undefined
let count = 0

beforeAll(async () => {
  world = await federatedWorld()
  node = await world.node('hn')
})
afterEach(() => transport?.close())
afterAll(() => world?.close())

const person = () => node.register(`persona${count++}`)
const call = (who: Person, method: string, path: string, body: unknown = {}) =>
  node.call(method, path, { token: who.token, ...(method === 'GET' ? {} : { body }) })
const say = (who: Person, room: string, body: string) =>
  call(who, 'PUT', `/rooms/${enc(room)}/send/m.room.message/t${count++}`, { msgtype: 'm.text', body })
const toDevice = (from: Person, to: Person, n: number) =>
  call(from, 'PUT', `/sendToDevice/hn.prueba/t${count++}`, {
    messages: { [to.userId]: { [to.deviceId]: { n } } },
  })

/** Syncs over a socket, one after the other, as the SDK does. */
async function live(who: Person, filter: Json = {}) {
  const opened = createRealtimeTransport({ baseUrl: node.clientUrl })
  transport = opened
  const ask = async (since: string, timeout: number) => {
    const query = `since=${since}&timeout=${timeout}&filter=${enc(JSON.stringify(filter))}`
    const answer = await opened.fetchFn(`${node.clientUrl}/_matrix/client/v3/sync?${query}`, {
      headers: { Authorization: `Bearer ${who.token}` },
    })
    return (await answer.json()) as Body
  }
  let since = String((await call(who, 'GET', `/sync?filter=${enc(JSON.stringify(filter))}`))['next_batch'])
  await ask(since, 0)
  await eventually('connected', () => opened.state === 'connected')
  return async (from = since): Promise<Body> => {
    const body = await ask(from, 2_000)
    since = body.next_batch
    return body
  }
}

test('more messages to the device than one answer holds come all, once, in order', async () => {
  const [ana, beto] = [await person(), await person()]
  const next = await live(beto)
  for (let n = 0; n < 230; n++) await toDevice(ana, beto, n)
  const got: unknown[] = []
  await eventually('all', async () => {
    got.push(...((await next()).to_device?.events ?? []).map(({ content }) => content['n']))
    return got.length >= 230
  })
  expect(got).toEqual(Array.from({ length: 230 }, (_, n) => n))
  await toDevice(ana, beto, 230)
  await eventually('one more', async () => {
    got.push(...((await next()).to_device?.events ?? []).map(({ content }) => content['n']))
    return got.length >= 231
  })
  // What was dealt with is gone from the server.
  await next()
  const waiting = node.ctx.db.connection.collection('to_device_messages')
  await toDevice(ana, beto, 231)
  await eventually('deleted', async () => {
    await next()
    return (await waiting.countDocuments({ user_id: beto.userId })) <= 1
  })
})

test('who loads members lazily is told who speaks, once', async () => {
  const [ana, beto] = [await person(), await person()]
  const room = String(
    (await call(ana, 'POST', '/createRoom', { preset: 'public_chat', name: 'Sala' }))['room_id'],
  )
  await call(beto, 'POST', `/join/${enc(room)}`)
  for (let index = 0; index < 3; index++) await say(ana, room, `relleno ${index}`)
  const next = await live(ana, { room: { timeline: { limit: 1 }, state: { lazy_load_members: true } } })
  const members: (string | undefined)[] = []
  const said: unknown[] = []
  for (const body of ['uno', 'dos']) {
    await say(beto, room, body)
    await eventually('said', async () => {
      const mine = (await next()).rooms?.join?.[room]
      members.push(...(mine?.state?.events ?? []).map((event) => event.state_key))
      said.push(...(mine?.timeline?.events ?? []).map(({ content }) => content['body']))
      return said.includes(body)
    })
  }
  expect(said).toEqual(['uno', 'dos'])
  expect(members).toEqual([beto.userId])
})

test('who is ignored is not heard, from then on', async () => {
  const [ana, beto, carla] = [await person(), await person(), await person()]
  const room = String((await call(ana, 'POST', '/createRoom', { preset: 'public_chat' }))['room_id'])
  for (const who of [beto, carla]) await call(who, 'POST', `/join/${enc(room)}`)
  const next = await live(ana)
  const said: unknown[] = []
  const until = (body: string) =>
    eventually(body, async () => {
      const events = (await next()).rooms?.join?.[room]?.timeline?.events ?? []
      said.push(...events.map(({ content }) => content['body']))
      return said.includes(body)
    })
  await say(beto, room, 'antes')
  await until('antes')
  await call(ana, 'PUT', `/user/${enc(ana.userId)}/account_data/m.ignored_user_list`, {
    ignored_users: { [beto.userId]: {} },
  })
  await say(beto, room, 'ruido')
  await say(carla, room, 'después')
  await until('después')
  expect(said).toEqual(['antes', 'después'])
})

test('that the list of vouched members is another is told with the room and the version of the list', async () => {
  const [ana, beto] = [await person(), await person()]
  const room = String((await call(ana, 'POST', '/createRoom', { preset: 'public_chat' }))['room_id'])
  const list = () => call(ana, 'GET', `/_enlace/client/v1/rooms/${enc(room)}/vouched`)
  const before = Number((await list())['version'])
  const next = await live(ana)
  await call(beto, 'POST', `/join/${enc(room)}`)
  const told = await eventually('told', async () =>
    (await next()).rooms?.join?.[room]?.ephemeral?.events.find(({ type }) => type === 'org.enlace.vouched'),
  )
  expect(told.content).toEqual({ room_id: room, version: expect.any(Number) })
  expect(told.content['version']).toBeGreaterThan(before)
  const now = await list()
  expect(now['version']).toBe(told.content['version'])
  expect(Object.keys(now['members'] as Json).sort()).toEqual([ana.userId, beto.userId].sort())
})

test('what came by HTTP counts as delivered once the socket is asked for what follows', async () => {
  const [ana, beto] = [await person(), await person()]
  const room = String((await call(ana, 'POST', '/createRoom', { preset: 'public_chat' }))['room_id'])
  await call(beto, 'POST', `/join/${enc(room)}`)
  const next = await live(beto)
  await say(ana, room, 'hola')
  const since = String((await call(beto, 'GET', '/sync'))['next_batch'])
  const delivered = vi.spyOn(node.ctx.delivery, 'acknowledged')
  const seen = vi.spyOn(node.ctx.alerts, 'acknowledgedUpTo')
  try {
    // Nothing follows, so no push can be acknowledged.
    const waiting = next(since)
    await eventually('known to have arrived', () => delivered.mock.calls.length > 0)
    expect(delivered.mock.calls[0]).toEqual([beto.userId, parseSyncToken(since)])
    expect(seen.mock.calls[0]).toEqual([beto.userId, beto.deviceId, parseSyncToken(since)])
    await waiting
    delivered.mockClear()
    // A token that was never given says nothing, and the node goes on.
    for (const made of ['s999999999', 'basura']) {
      expect(await next(made)).toMatchObject({ errcode: 'M_INVALID_PARAM' })
      await eventually('connected', async () => {
        await next(since)
        return transport?.state === 'connected'
      })
    }
    expect(new Set(delivered.mock.calls.map(([, pos]) => pos <= node.ctx.stream.stable))).toEqual(
      new Set([true]),
    )
  } finally {
    vi.restoreAllMocks()
  }
})
