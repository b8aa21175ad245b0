/** Every endpoint for clients, given what no honest client sends: each answers with an error of its own, none fails. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { MatrixError } from '../errors.ts'
import type { Route } from '../http/route.ts'
import { startTestNode, type TestNode } from './node.ts'

let node: TestNode
let count = 0
beforeAll(async () => {
  node = await startTestNode()
  node.partner.request = async () => {
    throw new MatrixError(502, 'M_UNKNOWN', 'The other server does not answer.')
  }
})
afterAll(() => node?.close())

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
/** JSON texts. */
const VALUES = [
  'null',
  'true',
  '-1',
  '1e308',
  '9007199254740993',
  '0.5',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"$where"',
  `"${'ñ'.repeat(40_000)}"`,
  '[]',
  '[null]',
  '[[[]]]',
  '{}',
  '{"$gt":""}',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":1}}',
  '{"a.b":{"$c":[{"":null}]}}',
  deep(90),
  deep(5_000),
]
/** In one field: one of each kind. */
const FIELD_VALUES = [
  'null',
  'true',
  '-1',
  '1e308',
  '"\\u0000"',
  '"$where"',
  '[[[null]]]',
  '{"$gt":{}}',
  '{"__proto__":1}',
  deep(90),
]
/** Path segments as they travel. */
const SEGMENTS = [
  '%00',
  'a%00b',
  '%FF',
  '%ED%A0%80',
  '%2F',
  '..%2F..%2F',
  '__proto__',
  'constructor',
  '!:',
  '@:hn.example',
  `@a${'%C3%B1'.repeat(120)}:hn.example`,
  '$',
  'x'.repeat(3_000),
  '%F0%9F%92%A9',
  '%5B%22a%22%5D',
  '!a:hn.example%7Cb',
]

type World = Awaited<ReturnType<typeof world>>

/** A person with a room, an event and a device of their own: what is asked for exists. */
async function world() {
  const who = await node.register(`hostil${count++}`)
  const ask = async (method: string, path: string, body: unknown = {}) =>
    (await node.call(method, path, { token: who.token, body })).body
  const roomId = String((await ask('POST', '/createRoom', { preset: 'public_chat' }))['room_id'])
  const sent = await ask('PUT', `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t`, { body: 'x' })
  return { ...who, roomId, eventId: String(sent['event_id']) }
}

/** What a world rests on, as its person sees it; undefined where some of it is gone. */
async function groundOf(here: World): Promise<string | undefined> {
  const room = `/rooms/${encodeURIComponent(here.roomId)}`
  const [device, event, state] = await Promise.all(
    [`/devices/${here.deviceId}`, `${room}/event/${encodeURIComponent(here.eventId)}`, `${room}/state`].map(
      (path) => node.call('GET', path, { token: here.token }),
    ),
  )
  if ([device, event, state].some((answer) => answer?.status !== 200)) return undefined
  const ids = Object.values(state!.body).map((one) => (one as { event_id: string }).event_id)
  return JSON.stringify([event!.body['content'], ids.sort()])
}

/**
 * One world after the other, and the same again where what was sent took nothing from it: no device signed out, no room left or
 * altered, no event taken back. To make one for each route would be most of the work.
 */
async function* worlds(): AsyncGenerator<World, never> {
  for (;;) {
    const here = await world()
    const ground = await groundOf(here)
    expect(ground).toBeDefined()
    do yield here
    while ((await groundOf(here)) === ground)
  }
}

function valid(name: string, here: World): string {
  const known: Record<string, string> = {
    roomId: here.roomId,
    roomIdOrAlias: here.roomId,
    eventId: here.eventId,
    userId: here.userId,
    deviceId: here.deviceId,
    eventType: 'hn.prueba',
    type: 'hn.prueba',
    stateKey: '',
    receiptType: 'm.read',
    txnId: `t${count++}`,
    relType: 'm.thread',
    kind: 'override',
    scope: 'global',
  }
  return encodeURIComponent(known[name] ?? 'x')
}

const paths = (route: Route) => (typeof route.path === 'string' ? [route.path] : [...route.path])
const names = (path: string) => [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
const fill = (path: string, value: (name: string) => string) =>
  path
    .replace(/\{[^}]*\}/g, '')
    .replace(/\*\w+/g, 'x')
    .replace(/:(\w+)/g, (_whole, name: string) => value(name))

/** Fields of a body or query, as far as its schema says. */
function fields(schema: z.ZodType | undefined): string[] {
  const shape = (schema as unknown as { shape?: Record<string, unknown> } | undefined)?.shape
  return shape ? Object.keys(shape) : []
}

async function check(here: World, route: Route, path: string, raw?: string): Promise<string | undefined> {
  const answer = await node.call(route.method, path, {
    token: here.token,
    ...(raw === undefined ? {} : { raw, type: 'application/json' }),
  })
  const what = `${route.method} ${path.slice(0, 120)} ${raw?.slice(0, 60)} -> ${answer.status}`
  if (answer.status >= 500 && answer.status !== 502) return what
  // What OAuth clients and browsers ask is answered as they know it: by a code of RFC 6749, or by a page.
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') === true
  if (path.startsWith('/oauth2/') && (isPage || typeof answer.body['error'] === 'string')) return undefined
  if (answer.status >= 400 && typeof answer.body['errcode'] !== 'string' && !('flows' in answer.body))
    return `${what}: no errcode`
  return undefined
}

const routes = () => node.routes.filter((route) => !paths(route)[0]!.match(/\/(logout|deactivate|sync)\b/))

describe('whatever a client sends', () => {
  test('as body, and as any field of it', async () => {
    const failed: string[] = []
    const each = worlds()
    for (const route of routes().filter(({ method, body }) => method !== 'GET' && body)) {
      const here = (await each.next()).value
      const [path] = paths(route)
      const send = async (raw: string) => {
        const found = await check(
          here,
          route,
          fill(path!, (name) => valid(name, here)),
          raw,
        )
        if (found) failed.push(found)
      }
      for (const value of VALUES) await send(value)
      for (const value of ['', '{', '\u0000', '{"a":1}}', '{"a":NaN}']) await send(value)
      await Promise.all(
        fields(route.body).flatMap((field) => FIELD_VALUES.map((value) => send(`{"${field}":${value}}`))),
      )
    }
    expect(failed).toEqual([])
  })

  test('as part of the path', async () => {
    const failed: string[] = []
    const here = await world()
    for (const route of routes()) {
      const [path] = paths(route)
      for (const hostile of names(path!)) {
        const wheres = SEGMENTS.map((segment) =>
          fill(path!, (name) => (name === hostile ? segment : valid(name, here))),
        )
        const raw = route.method === 'GET' ? undefined : '{}'
        for (const found of await Promise.all(wheres.map((where) => check(here, route, where, raw))))
          if (found) failed.push(found)
      }
    }
    expect(failed).toEqual([])
  })

  test('as query', async () => {
    const failed: string[] = []
    const here = await world()
    for (const route of routes()) {
      for (const field of fields(route.query)) {
        for (const value of [
          '',
          '-1',
          '1e99',
          'NaN',
          '%00',
          '%5B%5D',
          '%7B%7D',
          '0x10',
          's1',
          't-99999999999',
          `t1&${field}=t2`,
          `${'%C3%B1'.repeat(2_000)}`,
        ]) {
          const where = fill(paths(route)[0]!, (name) => valid(name, here))
          const found = await check(
            here,
            route,
            `${where}?${field}=${value}`,
            route.method === 'GET' ? undefined : '{}',
          )
          if (found) failed.push(found)
        }
      }
    }
    expect(failed).toEqual([])
  })
})

describe('a room one is not in', () => {
  /** Bodies that would do something in a room of one's own. */
  const bodies = (here: World): Record<string, string> => ({
    invite: JSON.stringify({ user_id: '@nadie:hn.example' }),
    kick: JSON.stringify({ user_id: here.userId }),
    ban: JSON.stringify({ user_id: here.userId }),
    unban: JSON.stringify({ user_id: here.userId }),
    typing: '{"typing":true,"timeout":1000}',
    upgrade: '{"new_version":"12"}',
    read_markers: JSON.stringify({ 'm.fully_read': here.eventId }),
    report: '{"reason":"x"}',
  })

  test('looks the same as one that does not exist', async () => {
    const [owner, stranger] = [await world(), await world()]
    const secret = String(
      (await node.call('POST', '/createRoom', { token: owner.token, body: { preset: 'private_chat' } })).body[
        'room_id'
      ],
    )
    const sent = await node.call('PUT', `/rooms/${encodeURIComponent(secret)}/send/m.room.message/t`, {
      token: owner.token,
      body: { body: 'x' },
    })
    const eventId = String(sent.body['event_id'])
    const nowhere = secret.startsWith('!') ? `!${'A'.repeat(secret.length - 1)}` : secret
    const different: string[] = []
    let asked = 0
    for (const route of node.routes) {
      const path = paths(route).find((one) => /:roomId(OrAlias)?\b/.test(one))
      if (!path || /\/(logout|deactivate)/.test(path)) continue
      const answers = []
      for (const [roomId, event] of [
        [secret, eventId],
        [nowhere, `$${'A'.repeat(eventId.length - 1)}`],
      ] as const) {
        const here = { ...stranger, roomId, eventId: event }
        const raw = bodies(here)[path.split('/').at(-1)!] ?? '{}'
        const where = fill(path, (name) => (name === 'txnId' ? 'same' : valid(name, here)))
        const query = /messages|timestamp/.test(path) ? '?dir=b&ts=1&limit=5' : ''
        const answer = await node.call(route.method, where + query, {
          token: stranger.token,
          ...(route.method === 'GET' ? {} : { raw, type: 'application/json' }),
        })
        // Every request has an id of its own.
        const { 'org.enlace.request_id': _, ...body } = answer.body
        const text = JSON.stringify(body).replaceAll(roomId, 'ROOM').replaceAll(event, 'EVENT')
        answers.push(`${answer.status} ${text}`)
      }
      asked++
      if (answers[0] !== answers[1]) different.push(`${route.method} ${path}: ${answers.join(' / ')}`)
    }
    expect(asked).toBeGreaterThan(30)
    expect(different).toEqual([])
  })
})

test('invitations by e-mail or telephone are refused with a reason, and nothing is made', async () => {
  const here = await world()
  const third = { id_server: 'id.example', id_access_token: 'x', medium: 'email', address: 'a@example.org' }
  const before = (await node.call('GET', '/joined_rooms', { token: here.token })).body['joined_rooms']
  for (const [path, body] of [
    [`/rooms/${encodeURIComponent(here.roomId)}/invite`, third],
    ['/createRoom', { invite_3pid: [third] }],
  ] as const) {
    const answer = await node.call('POST', path, { token: here.token, body })
    expect(answer.status).toBe(400)
    expect(answer.body['error']).toMatch(/e-mail/)
  }
  expect((await node.call('GET', '/joined_rooms', { token: here.token })).body['joined_rooms']).toEqual(
    before,
  )
})
