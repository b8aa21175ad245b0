/**
 * Every query names the index that serves it; here the database says which one it takes. Two nodes live through a day, and
 * each query they made is explained.
 */
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD } from '../testing/node.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

type Json = Record<string, unknown>
type Query = { collection: string; method: string; filter: Json; sort?: Json; pipeline?: Json[] }

/** What may be read whole or sorted in memory, and why it stays small. */
const BOUNDED = new Map([
  ['pushers.distinct', 'once at the start: whom to push to'],
  ['alert_push_subscriptions.distinct', 'once at the start: whom to push to'],
  ['destinations.find', 'once at the start: partners are few'],
  ['restores.find', 'once at the start: a few in the life of a node'],
  ['media_quarantine.find', 'once at the start: files under review are few'],
  ['accounts.countDocuments', 'once at the start, one document: whether anybody is there'],
  ['alert_push_subscriptions.find', 'ten browsers a person'],
  ['alert_deliveries.find', 'deliveries of at most a hundred alerts'],
])

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
const queries = new Map<string, Query>()

/** Filters that differ in their values alone are one query. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])]
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return 0
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shape(one)]))
}

function note(query: Query): void {
  const { collection, method, filter, sort, pipeline } = query
  queries.set(JSON.stringify([collection, method, shape(filter), sort, shape(pipeline)]), query)
}

const BULK = ['updateOne', 'updateMany', 'deleteOne', 'deleteMany', 'replaceOne'] as const

function seen(collection: string, method: string, ...args: unknown[]): void {
  const [first, second, third] = args as [Json, Json | undefined, Json | undefined]
  if (/^(insert|create|drop|index|listIndexes|command|estimated)/i.test(method)) return
  if (method === 'aggregate') {
    note({ collection, method, filter: {}, pipeline: args[0] as Json[] })
    return
  }
  if (method === 'bulkWrite') {
    for (const one of args[0] as Record<string, { filter: Json }>[])
      for (const name of BULK)
        if (one[name]) note({ collection, method: `bulkWrite.${name}`, filter: one[name].filter })
    return
  }
  if (method === 'distinct') {
    note({ collection, method, filter: second ?? {} })
    return
  }
  const options = method === 'find' || method === 'findOne' ? second : third
  const sort = options?.['sort'] as Json | Map<string, unknown> | undefined
  note({
    collection,
    method,
    filter: first ?? {},
    ...(sort === undefined ? {} : { sort: sort instanceof Map ? Object.fromEntries(sort) : sort }),
  })
}

beforeAll(async () => {
  mongoose.set('debug', seen as never)
  world = await federatedWorld()
  hn = await world.node('hn')
  gt = await world.node('gt')
})
afterAll(async () => {
  mongoose.set('debug', false)
  await world?.close()
})

async function aDay(): Promise<void> {
  const [ana, beto] = [await hn.register('ana'), await gt.register('beto')]
  const enc = encodeURIComponent
  let txn = 0
  const as =
    (node: FederatedNode, who: { token: string }) => (method: string, path: string, body?: unknown) =>
      node.call(method, path, {
        token: who.token,
        allowed: true,
        ...(method === 'GET' ? {} : { body: body ?? {} }),
      })
  const [a, b] = [as(hn, ana), as(gt, beto)]
  const id = String(
    (await a('POST', '/createRoom', { preset: 'private_chat', room_alias_name: 'sala' }))['room_id'],
  )
  const room = `/rooms/${enc(id)}`
  await a('POST', `${room}/invite`, { user_id: beto.userId })
  await b('POST', `/join/${enc(id)}?server_name=${enc(hn.serverName)}`)
  const since = String((await a('GET', '/sync'))['next_batch'])
  const first = String((await a('PUT', `${room}/send/m.room.message/t${txn++}`, { body: 'uno' }))['event_id'])
  await a('PUT', `${room}/send/m.room.message/t0`, { body: 'uno' })
  const reply = { body: 'dos', 'm.relates_to': { rel_type: 'm.thread', event_id: first } }
  const second = String((await b('PUT', `${room}/send/m.room.message/t${txn++}`, reply))['event_id'])
  await a('PUT', `${room}/redact/${enc(first)}/t${txn++}`)
  await b('POST', `${room}/receipt/m.read/${enc(second)}`)
  await a('PUT', `${room}/typing/${enc(ana.userId)}`, { typing: true, timeout: 1_000 })
  for (const path of [
    `/sync?since=${since}`,
    `/sync?since=${since}&full_state=true`,
    '/joined_rooms',
    `${room}/messages?dir=b`,
    `${room}/members`,
    `${room}/joined_members`,
    `${room}/state`,
    `${room}/context/${enc(first)}`,
    `/_matrix/client/v1${room}/relations/${enc(first)}`,
    `/_matrix/client/v1${room}/threads`,
    `/_matrix/client/v1${room}/hierarchy`,
    `/_matrix/client/v1${room}/timestamp_to_event?ts=1&dir=f`,
    `${room}/aliases`,
    '/publicRooms',
    '/devices',
    '/pushers',
    '/pushrules/',
    '/notifications',
    `/profile/${enc(ana.userId)}`,
    `/profile/${enc(beto.userId)}`,
    `/presence/${enc(ana.userId)}/status`,
    '/account/whoami',
    '/room_keys/version',
    '/capabilities',
    '/_enlace/client/v1/cases',
    `/_enlace/client/v1/cases?room_id=${enc(id)}`,
    '/_enlace/client/v1/measures',
    '/_enlace/client/v1/escalations',
    `/_enlace/client/v1${room}/chain`,
    '/_enlace/client/v1/duty',
    '/_enlace/client/v1/alert-channels',
    '/_enlace/client/v1/alerts',
    '/_enlace/client/v1/me',
    '/_enlace/client/v1/identity-resets',
    '/_enlace/client/v1/envelopes',
    '/_enlace/client/v1/lock-rule',
    `/_enlace/client/v1/identity-confirmations/${enc(beto.userId)}`,
    `/_enlace/client/v1${room}/members`,
    `/_enlace/client/v1${room}/delivery`,
    `/_enlace/client/v1${room}/delivery/${enc(first)}`,
  ])
    await a('GET', path)
  const algorithms = ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2']
  await a('POST', '/keys/upload', {
    device_keys: { user_id: ana.userId, device_id: ana.deviceId, algorithms, keys: {}, signatures: {} },
  })
  await b('POST', '/keys/query', { device_keys: { [ana.userId]: [], [beto.userId]: [] } })
  await b('POST', '/keys/claim', { one_time_keys: { [ana.userId]: { [ana.deviceId]: 'signed_curve25519' } } })
  await b('PUT', `/sendToDevice/hn.prueba/t${txn++}`, {
    messages: { [ana.userId]: { '*': { n: 1 } }, [beto.userId]: { '*': { n: 1 } } },
  })
  // Somebody starts again: the first identity is free, the next one is asked for.
  const master = (key: string) => ({
    master_key: { user_id: ana.userId, usage: ['master'], keys: { [`ed25519:${key}`]: key } },
  })
  await a('POST', '/keys/device_signing/upload', master('a'.repeat(43)))
  const auth = { type: 'm.login.password', user: ana.userId, password: PASSWORD }
  await a('POST', '/keys/device_signing/upload', { ...master('b'.repeat(43)), auth })
  await hn.ctx.identityResets.bySession('x')
  await a('POST', '/_enlace/client/v1/identity-resets/not-me')
  await hn.ctx.envelopes.list(ana.userId)
  await hn.ctx.envelopes.own(ana.userId)
  await a('POST', '/_enlace/client/v1/identity-resets/withdraw')
  await a('GET', `/keys/changes?from=${since}&to=${since}`)
  await a('POST', '/room_keys/version', {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: {},
  })
  const session = { first_message_index: 0, forwarded_count: 0, is_verified: true, session_data: {} }
  await a('PUT', '/room_keys/keys?version=1', { rooms: { [id]: { sessions: { s: session } } } })
  await a('GET', '/room_keys/keys?version=1')
  await a('PUT', `/user/${enc(ana.userId)}/account_data/hn.x`, { a: 1 })
  await a('POST', `/user/${enc(ana.userId)}/filter`, { room: {} })
  await a('PUT', `/profile/${enc(ana.userId)}/displayname`, { displayname: 'Ana' })
  await a('POST', '/user_directory/search', { search_term: 'an' })
  await a('PUT', `/presence/${enc(ana.userId)}/status`, { presence: 'online' })
  await a('POST', '/_matrix/media/v3/create')
  await reported({ ana, beto }, id, { first, second })
  await a('POST', `${room}/kick`, { user_id: beto.userId })
  await b('POST', `${room}/forget`)
  await a('GET', '/sync')
  const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'ana' }, password: 'no' }
  await a('POST', '/login', login)
  await a('POST', '/logout/all')
  for (const node of [hn, gt]) {
    const { ctx } = node
    await ctx.media.trim()
    await ctx.alerts.trim()
    await ctx.delivery.trim()
    await ctx.toDevice.trim()
    await ctx.reports.trim()
    await node.stop()
    await node.start()
  }
}

/** Each reports what the other wrote; one is warned, suspended, and appeals. */
async function reported(
  { ana, beto }: Record<'ana' | 'beto', { userId: string; token: string }>,
  room_id: string,
  { first, second }: Record<'first' | 'second', string>,
): Promise<void> {
  const chief = await hn.register('jefa')
  await hn.ctx.accounts.setPosition(chief.userId, { institution: 'hn-uno', role: 'coordinator' })
  await hn.ctx.accounts.setPosition(ana.userId, { institution: 'hn-uno', role: 'staff' })
  const ask = (node: FederatedNode, who: { token: string }, method: string, path: string, body?: Json) =>
    node.call(method, `/_enlace/client/v1${path}`, {
      token: who.token,
      allowed: true,
      ...(method === 'GET' ? {} : { body: body ?? {} }),
    })
  const report = { room_id, reason: 'other', named: true, disclosed: false }
  await ask(gt, beto, 'POST', '/reports', { ...report, event_id: first })
  await ask(hn, ana, 'POST', '/reports', { ...report, event_id: second })
  await ask(hn, ana, 'GET', '/reports')
  const desk = async () => (await ask(hn, chief, 'GET', '/institution/reports'))['reports'] as Json[]
  const about = await eventually('the report', async () =>
    (await desk()).find(({ event_id }) => event_id === first),
  )
  const path = `/institution/reports/${String(about['id'])}`
  await ask(hn, chief, 'GET', path)
  await ask(hn, chief, 'POST', `${path}/take`)
  await ask(hn, chief, 'POST', `${path}/decide`, { act: 'warn', reason: 'Motivo.' })
  await ask(hn, ana, 'GET', '/decisions')
  const decision = String(about['id'])
  await ask(hn, ana, 'POST', `/decisions/${decision}/acknowledge`)
  await ask(hn, ana, 'POST', `/decisions/${decision}/appeal`, { words: 'No fue así.' })
  const answer = { outcome: 'undone', reason: 'Cierto.' }
  expect((await ask(hn, chief, 'POST', `/institution/decisions/${decision}/answer`, answer)).status).toBe(200)
  await hn.ctx.accounts.suspend(ana.userId, 'operator', 'Motivo.')
  const account = await hn.ctx.accounts.get(ana.userId)
  const { token } = (await hn.ctx.reports.decisions.offer(account!))!
  await hn.call('POST', '/_enlace/client/v1/appeal', { body: { token, words: 'Tampoco.' } })
  await hn.ctx.accounts.restore(ana.userId)
  await hn.ctx.reports.erased([first])
}

/** Names of the stages of a plan. */
function stages(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return []
  const { stage, inputStage, inputStages } = plan as {
    stage?: string
    inputStage?: unknown
    inputStages?: unknown[]
  }
  return [...(stage ? [stage] : []), ...stages(inputStage), ...(inputStages ?? []).flatMap(stages)]
}

async function explained(query: Query): Promise<string | undefined> {
  const { collection, method, filter, sort, pipeline } = query
  const command = pipeline
    ? { aggregate: collection, pipeline, cursor: {} }
    : { find: collection, filter, ...(sort ? { sort } : {}) }
  const answer = await hn.ctx.db.connection.db!.command({ explain: command, verbosity: 'queryPlanner' })
  const planner = (answer['queryPlanner'] ?? answer['stages']?.[0]?.['$cursor']?.queryPlanner) as
    | { winningPlan?: unknown }
    | undefined
  const found = stages(planner?.winningPlan)
  if (found.length === 0) return `${collection}.${method}: no plan ${JSON.stringify(answer).slice(0, 200)}`
  if (!found.includes('COLLSCAN') && !found.includes('SORT')) return undefined
  return `${collection}.${method} ${JSON.stringify(pipeline ?? filter).slice(0, 200)} ${JSON.stringify(sort ?? {})}: ${found.join(' < ')}`
}

test('no query of a day reads a whole collection or sorts in memory', async () => {
  await aDay()
  const slow: string[] = []
  for (const query of queries.values()) {
    if (BOUNDED.has(`${query.collection}.${query.method}`)) continue
    const found = await explained(query)
    if (found) slow.push(found)
  }
  expect(new Set([...queries.values()].map(({ collection }) => collection)).size).toBeGreaterThan(20)
  expect(queries.size).toBeGreaterThan(80)
  expect(slow).toEqual([])
})
