/**
 * Whoever was removed reads on. Every endpoint for clients is asked by people who are out of a room, with
 * every event, person, alias and position that came after; none may tell anything of it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../http/route.ts'
import { startTestNode, type TestNode } from '../testing/node.ts'

/** In everything that is said or done after the leaving. */
const LATER = 'DESPUES'
/** What an invitation shows. */
const SHOWN = 'NOMBRE-TARDE'
const enc = encodeURIComponent
type Asked = { method: string; url: string; body: unknown }
type Person = Awaited<ReturnType<TestNode['register']>>

let node: TestNode
let chief: Person
let roomId: string
let spaceId: string
let tokens: { before: string; after: string; page: string }
const out: { name: string; who: Person }[] = []
let early: { message: string; redacted: string; thread: string }
/** Ids that only came to be after they had left; the one that made them leave is theirs to see. */
const later = new Set<string>()
const laterPeople: string[] = []

const as = (who: Person, method: string, path: string, body: unknown = method === 'GET' ? undefined : {}) =>
  node.call(method, path, { token: who.token, body })

async function ok(
  who: Person,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await as(who, method, path, body)
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
let txn = 0
const send = async (who: Person, content: Record<string, unknown>, type = 'm.room.message') =>
  String((await ok(who, 'PUT', `/rooms/${roomId}/send/${type}/t${txn++}`, content))['event_id'])
const state = async (type: string, content: unknown, key = '') =>
  String((await ok(chief, 'PUT', `/rooms/${roomId}/state/${type}/${key}`, content))['event_id'])

beforeAll(async () => {
  node = await startTestNode()
  chief = await node.register('coordinacion')
  const people = {
    'left by themselves': await node.register('se-fue'),
    removed: await node.register('sacada'),
    'removed and banned afterwards': await node.register('vetada'),
    'invited and never in': await node.register('invitada'),
    'left and invited again': await node.register('reinvitada'),
  }
  spaceId = String(
    (await ok(chief, 'POST', '/createRoom', { creation_content: { type: 'm.space' } }))['room_id'],
  )
  roomId = String(
    (
      await ok(chief, 'POST', '/createRoom', {
        name: 'antes',
        initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: 'shared' } }],
      })
    )['room_id'],
  )
  for (const [name, who] of Object.entries(people)) {
    out.push({ name, who })
    for (const id of [roomId, spaceId]) {
      await ok(chief, 'POST', `/rooms/${id}/invite`, { user_id: who.userId })
      if (name !== 'invited and never in') await ok(who, 'POST', `/join/${id}`)
    }
  }
  early = {
    message: await send(chief, { msgtype: 'm.text', body: 'antes' }),
    redacted: await send(chief, { msgtype: 'm.text', body: 'se borra' }),
    thread: await send(chief, { msgtype: 'm.text', body: 'raíz' }),
  }
  await send(chief, {
    msgtype: 'm.text',
    body: 'hilo',
    'm.relates_to': { rel_type: 'm.thread', event_id: early.thread },
  })
  tokens = { before: String((await ok(chief, 'GET', '/sync'))['next_batch']), after: '', page: '' }

  for (const id of [roomId, spaceId]) {
    await ok(people['left by themselves'], 'POST', `/rooms/${id}/leave`)
    for (const who of [
      people.removed,
      people['removed and banned afterwards'],
      people['invited and never in'],
      people['left and invited again'],
    ])
      await ok(chief, 'POST', `/rooms/${id}/kick`, { user_id: who.userId })
  }

  // All that follows is not theirs.
  const friend = await node.register(`${LATER.toLowerCase()}-amiga`)
  await ok(friend, 'PUT', `/profile/${friend.userId}/displayname`, { displayname: `Amiga ${LATER}` })
  laterPeople.push(friend.userId)
  later.add(await state('m.room.name', { name: SHOWN }))
  later.add(await state('m.room.topic', { topic: SHOWN }))
  later.add(await state('org.enlace.test', { value: LATER }, 'x'))
  for (const id of [roomId, spaceId]) {
    await ok(chief, 'POST', `/rooms/${id}/invite`, { user_id: friend.userId })
    await ok(friend, 'POST', `/join/${id}`)
  }
  later.add(await send(chief, { msgtype: 'm.text', body: LATER }))
  later.add(await send(friend, { msgtype: 'm.text', body: LATER }))
  for (const rel_type of ['m.thread', 'm.reference', 'm.replace'])
    for (const event_id of [early.thread, early.message])
      later.add(
        await send(chief, {
          msgtype: 'm.text',
          body: LATER,
          'm.new_content': { msgtype: 'm.text', body: LATER },
          'm.relates_to': { rel_type, event_id },
        }),
      )
  const redaction = await ok(chief, 'PUT', `/rooms/${roomId}/redact/${enc(early.redacted)}/r1`, {
    reason: LATER,
  })
  later.add(String(redaction['event_id']))
  await ok(chief, 'PUT', `/directory/room/${enc(`#${LATER.toLowerCase()}:hn.example`)}`, { room_id: roomId })
  later.add(await state('m.room.canonical_alias', { alias: `#${LATER.toLowerCase()}:hn.example` }))
  await ok(chief, 'PUT', `/rooms/${spaceId}/state/m.space.child/${enc(`!${LATER}:hn.example`)}`, {
    via: ['hn.example'],
  })
  await ok(chief, 'PUT', `/rooms/${spaceId}/state/m.room.name`, { name: LATER })
  const last = [...later][3]!
  await ok(friend, 'POST', `/rooms/${roomId}/receipt/m.read/${enc(last)}`)
  await ok(friend, 'PUT', `/rooms/${roomId}/typing/${friend.userId}`, { typing: true, timeout: 600_000 })
  await ok(chief, 'POST', `/rooms/${roomId}/ban`, { user_id: people['removed and banned afterwards'].userId })
  await ok(chief, 'POST', `/rooms/${roomId}/invite`, { user_id: people['left and invited again'].userId })
  tokens.after = String((await ok(chief, 'GET', '/sync'))['next_batch'])
  tokens.page = String((await ok(chief, 'GET', `/rooms/${roomId}/messages?dir=b&limit=1`))['start'])
})
afterAll(() => node?.close())

/** Ends the session, or has nothing to do with rooms and would change who is asking. */
const NOT_ASKED =
  /\/(logout|deactivate|delete_devices|password|register|login|refresh|createRoom|keys|room_keys|devices|upload|filter|pushers|alert|openid|3pid|sendToDevice|account_data|tags|displayname|profile|duty)/

/** Every path of the endpoint with what there is to ask for. */
function paths(route: Route, who: Person): string[] {
  const path = (typeof route.path === 'string' ? route.path : route.path[0]!).replace(/[{}]/g, '')
  const some = [...later]
  const values: Record<string, readonly string[]> = {
    roomId: path.includes(':eventId') ? [roomId] : [roomId, spaceId],
    roomIdOrAlias: [roomId],
    eventId: [...Object.values(early), ...[some[0], some[3], some[5], some.at(-2)].flatMap((id) => id ?? [])],
    userId: [who.userId, ...laterPeople],
    eventType: path.includes('relType')
      ? ['m.room.message']
      : ['m.room.name', 'm.room.member', 'org.enlace.test', 'm.space.child'],
    stateKey: [...laterPeople, 'x', `!${LATER}:hn.example`],
    relType: ['m.thread', 'm.replace'],
    roomAlias: [`#x-${LATER}:hn.example`],
    txnId: [`n${txn++}`],
    receiptType: ['m.read'],
  }
  let all = [path]
  for (const name of [...path.matchAll(/[:*](\w+)/g)].map((match) => match[1]!))
    all = all.flatMap((one) =>
      (values[name] ?? ['x']).map((value) => one.replace(new RegExp(`[:*]${name}\\b`), () => enc(value))),
    )
  return all
}

/** Those of the queries that the endpoint knows. */
function queries(route: Route): string[] {
  const shape = (route.query as { shape?: Record<string, unknown> } | undefined)?.shape ?? {}
  return [
    {},
    { dir: 'b', limit: '100' },
    { dir: 'b', limit: '100', from: tokens.page },
    { dir: 'f', limit: '100', filter: '{"lazy_load_members":true}' },
    { dir: 'b', limit: '2', filter: '{"lazy_load_members":true}' },
    { at: tokens.after, not_membership: 'leave' },
    { since: tokens.before, filter: '{"room":{"include_leave":true,"timeline":{"limit":50}}}' },
    { full_state: 'true', filter: '{"room":{"include_leave":true,"state":{"lazy_load_members":true}}}' },
    { ts: String(Date.now() + 1_000), dir: 'b' },
    { ts: '1', dir: 'f' },
    { limit: '50', filter: '{"lazy_load_members":true}' },
    { from: tokens.before, to: tokens.after },
  ]
    .filter((one) => Object.keys(one).every((key) => Object.hasOwn(shape, key)))
    .map((one) =>
      Object.keys(one).length === 0 ? '' : `?${new URLSearchParams(one as Record<string, string>)}`,
    )
}
const bodies = () => [
  {},
  { search_categories: { room_events: { search_term: LATER, filter: { rooms: [roomId] } } } },
  { search_term: LATER, user_id: laterPeople[0], reason: 'x', typing: true },
]

/** What an answer tells of what came after; the asking itself may be in it. */
function told(body: unknown, { url }: { url: string }, invited: boolean): string[] {
  const text = JSON.stringify(body)
  const known = decodeURIComponent(url)
  // Everybody of a node finds everybody else of it, in a room together or not.
  const people = /user_directory/.test(url) ? [] : [LATER, ...laterPeople]
  return [...(invited ? [] : [SHOWN]), ...later, ...people].filter(
    (one) => text.includes(one) && !known.includes(one),
  )
}

describe('8.6 nothing after their leaving is told to people who', () => {
  test.each([0, 1, 2, 3, 4])('are out: %i', async (index) => {
    const { name, who } = out[index]!
    const requests = node.routes.flatMap((route): Asked[] => {
      const all = typeof route.path === 'string' ? [route.path] : route.path
      const ofRooms = all.some((path) => /:roomId|search|publicRooms|joined_rooms|sync|events/.test(path))
      if (!ofRooms || NOT_ASKED.test(all[0]!)) return []
      // Invited again, they may come in; that is another stay.
      if (/join|leave|forget|knock/.test(all[0]!) && route.method !== 'GET') return []
      return paths(route, who).flatMap((path): Asked[] =>
        route.method === 'GET'
          ? queries(route).map((query) => ({ method: 'GET', url: path + query, body: undefined }))
          : bodies().map((body) => ({ method: route.method, url: path, body })),
      )
    })
    const leaks: string[] = []
    let answered = 0
    const ask = async () => {
      for (let next = requests.pop(); next; next = requests.pop()) {
        const { method, url, body } = next
        const answer = await as(who, method, url, body)
        if (answer.status < 300) answered += 1
        const leak = told(answer.body, next, name === 'left and invited again')
        if (leak.length > 0) leaks.push(`${name}: ${method} ${url}: ${leak.slice(0, 3).join(', ')}`)
        if (answer.status < 300 && [...later].some((id) => url.includes(enc(id))))
          leaks.push(`${name}: ${method} ${url}: ${answer.status}`)
      }
    }
    expect(requests.length).toBeGreaterThan(100)
    await Promise.all(Array.from({ length: 10 }, ask))
    expect(leaks).toEqual([])
    expect(answered).toBeGreaterThan(5)
  })

  test('were in: what was said before stays theirs', async () => {
    const { who } = out[1]!
    const { body } = await as(who, 'GET', `/rooms/${roomId}/messages?dir=b&limit=100`)
    const ids = (body['chunk'] as { event_id: string }[]).map((event) => event.event_id)
    expect(ids).toContain(early.message)
    expect((await as(who, 'GET', `/rooms/${roomId}/state/m.room.name`)).body).toEqual({ name: 'antes' })
  })
})
