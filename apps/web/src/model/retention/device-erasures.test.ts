import { afterEach, describe, expect, test, vi } from 'vitest'
import type { OwnDatabase } from '../../lib/own-database.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import { createKeptSync } from '../session/kept-sync.ts'
import { createDeviceErasures, removeOverFirst } from './device-erasures.ts'
import { whatIsOver } from './over.ts'
import type { DeviceErasure, Over } from './types.ts'

const ROOM = '!canal:hn'
const OTHER = '!otro:hn'
const CASE = '$caso'
const OPEN = '$abierto'
const ofCase: DeviceErasure = { id: 'e1', room_id: ROOM, subject: CASE, event_ids: [CASE, '$respuesta'] }
const ofMessages: DeviceErasure = {
  id: 'e2',
  room_id: ROOM,
  subject: 'messages',
  until_ts: 1_000,
  event_ids: [],
}
const thread = (id: string) => ({ 'm.relates_to': { rel_type: 'm.thread', event_id: id } })
const event = (event_id: string, ts: number, content: object = { ciphertext: 'AwgAPLANTADA' }) => ({
  event_id,
  type: 'm.room.encrypted',
  sender: '@ana:hn',
  origin_server_ts: ts,
  content,
})

/** A node that says it until it is told. */
function node(given: DeviceErasure[]) {
  const left = new Map(given.map((one) => [one.id, one]))
  const told: string[][] = []
  const request = (async (method, path, body) => {
    if (method === 'GET' && path.endsWith('/retention/erasures')) return { erasures: [...left.values()] }
    if (path.endsWith('/retention/erasures/confirm')) {
      const { ids } = body as { ids: string[] }
      told.push(ids)
      for (const id of ids) left.delete(id)
      return {}
    }
    throw new Error(path)
  }) as AuthedRequest
  return { request, told, left }
}

const sync = (events: object[]) => ({
  next_batch: 's1',
  rooms: {
    join: Object.fromEntries(
      [ROOM, OTHER].map((id) => [
        id,
        {
          summary: {},
          state: { events: [] },
          timeline: { events: structuredClone(events), prev_batch: 'p', limited: false },
          ephemeral: { events: [] },
          account_data: { events: [] },
          unread_notifications: {},
        },
      ]),
    ),
  },
  account_data: { events: [] },
})

async function device(): Promise<OwnDatabase> {
  const database = createVolatileDatabase()
  const kept = createKeptSync(database)
  await kept.connect()
  await kept.setSyncData(
    sync([
      { ...event(OPEN, 400, { reference: 'DOC-1' }), type: 'org.enlace.case' },
      event('$viejo', 500),
      event('$en-abierto', 500, { ciphertext: 'QUEDA', ...thread(OPEN) }),
      event('$respuesta', 2_000, { ciphertext: 'AwgAPLANTADA', ...thread(CASE) }),
      event('$tardia', 2_100, { ciphertext: 'AwgAPLANTADA', ...thread(CASE) }),
      {
        ...event('$nuevo', 2_000, { ciphertext: 'QUEDA' }),
        unsigned: { 'm.relations': { 'm.thread': { latest_event: event('$viejo', 500), count: 1 } } },
      },
    ]) as never,
  )
  await kept.syncToDatabase([])
  await kept.storeClientOptions({} as never)
  const message = (id: string, ts: number, roomId = ROOM) => ({ id, roomId, sender: '@a:hn', ts, text: id })
  await database.putAll(
    'messages',
    [
      message('$viejo', 500),
      message('$nuevo', 2_000),
      message('$respuesta', 2_000),
      message('$x', 5, OTHER),
    ].map((one) => [one.id, one] as const),
  )
  for (const id of [CASE, OPEN]) {
    await database.put('case_files', id, { id, at: 1, events: [] })
    await database.put('case_details', id, { caseId: id, values: {} })
  }
  const draft = { roomId: ROOM, institutions: [], values: { nombre: 'PLANTADA' } }
  await database.put('case_drafts', 'd1', { ...draft, id: 'd1', updatedAt: 900 })
  await database.put('case_drafts', 'd2', { ...draft, id: 'd2', updatedAt: 1_900, eventId: CASE })
  await database.put('case_drafts', 'd3', { ...draft, id: 'd3', updatedAt: 1_900 })
  await database.put('outbox', 't1', { txnId: 't1', roomId: ROOM, createdAt: 900, content: { body: 'x' } })
  await database.put('outbox', 't2', { txnId: 't2', roomId: ROOM, createdAt: 1_900, content: thread(CASE) })
  await database.put('outbox', 't3', { txnId: 't3', roomId: ROOM, createdAt: 1_900, content: { body: 'x' } })
  await database.put('drafts', ROOM, { roomId: ROOM, at: 900, text: 'PLANTADA' })
  await database.put('drafts', OTHER, { roomId: OTHER, at: 900, text: 'queda' })
  return database
}
const ids = async (database: OwnDatabase) => {
  const one = async (store: Parameters<OwnDatabase['all']>[0], key: string) =>
    (await database.all(store)).map((value) => (value as Record<string, unknown>)[key]).sort()
  return {
    messages: await one('messages', 'id'),
    files: await one('case_files', 'id'),
    details: await one('case_details', 'caseId'),
    caseDrafts: await one('case_drafts', 'id'),
    outbox: await one('outbox', 'txnId'),
    drafts: await one('drafts', 'roomId'),
  }
}
const LEFT = {
  messages: ['$nuevo', '$x'],
  files: [OPEN],
  details: [OPEN],
  caseDrafts: ['d3'],
  outbox: ['t3'],
  drafts: [OTHER],
}

test('off for weeks: it is gone before anything kept is read, of its room alone, and the node is told after it', async () => {
  const database = await device()
  const { request, told } = node([ofCase, ofMessages])
  const order: string[] = []
  const rewrite = database.rewrite
  database.rewrite = () => {
    order.push('rewritten')
    return rewrite()
  }
  await removeOverFirst(
    (async (...args: Parameters<AuthedRequest>) => {
      order.push(args[0])
      return request(...args)
    }) as AuthedRequest,
    database,
  )
  expect(order).toEqual(['GET', 'rewritten', 'POST'])
  expect(told).toEqual([['e1', 'e2']])
  expect(await ids(database)).toEqual(LEFT)
  const kept = createKeptSync(database)
  await kept.connect()
  const rooms = (await kept.getSavedSync())!.roomsData.join
  expect(JSON.stringify(rooms[ROOM])).not.toContain('PLANTADA')
  expect(JSON.stringify(rooms[ROOM]).match(/QUEDA/g)).toHaveLength(2)
  expect(JSON.stringify(rooms[OTHER]).match(/PLANTADA/g)).toHaveLength(4)
  const empty = rooms[ROOM]!.timeline.events.find((one) => 'event_id' in one && one.event_id === '$viejo')
  expect(empty).toMatchObject({
    content: {},
    unsigned: { redacted_because: { content: { 'org.enlace.retention': true } } },
  })
})

test('while it is open: whoever has some of it lets go first; what the node was not told is asked again, twice does no harm', async () => {
  const database = await device()
  const { request, told, left } = node([ofCase])
  const forgotten: Over[] = []
  let broken = true
  const erasures = createDeviceErasures({
    request: (async (...args: Parameters<AuthedRequest>) => {
      if (args[0] === 'POST' && broken) throw new TypeError('offline')
      return request(...args)
    }) as AuthedRequest,
    database,
    forget: async (over) => {
      expect(await database.get('case_files', CASE)).toEqual(
        forgotten.length > 0 ? undefined : expect.anything(),
      )
      forgotten.push(over)
    },
  })
  await erasures.look()
  expect(told).toEqual([])
  expect(erasures.version.get()).toBe(0)
  expect(await database.get('case_files', CASE)).toBeUndefined()
  broken = false
  await Promise.all([erasures.look(), erasures.look()])
  await vi.waitFor(() => expect(told).toEqual([['e1']]))
  expect(left.size).toBe(0)
  expect(erasures.version.get()).toBe(1)
  left.set('e2', ofMessages)
  await erasures.look()
  expect(await ids(database)).toEqual(LEFT)
})

test.each([
  ['could not be written anew', () => Promise.reject(new DOMException('full', 'QuotaExceededError'))],
  ['the browser cannot write anew', async () => false],
])('a database that %s is not confirmed: at a start, and while it is open', async (_, rewrite) => {
  const { request, told } = node([ofCase])
  for (const open of [false, true]) {
    const database = await device()
    database.rewrite = rewrite
    if (open) await createDeviceErasures({ request, database, forget: async () => undefined }).look()
    else await removeOverFirst(request, database)
    expect(told).toEqual([])
    expect(await database.get('case_files', CASE)).toBeUndefined()
  }
})

test('states of a room, other rooms, and answers in cases that go on are not over', () => {
  const over = whatIsOver([ofCase, ofMessages], (id) => id === OPEN)
  expect(over.event(ROOM, { ...event('$s', 1), type: 'm.room.name', state_key: '' })).toBe(false)
  expect(over.event(ROOM, { ...event('$c', 1), type: 'org.enlace.case' })).toBe(false)
  expect(over.event(ROOM, event('$m', 1, thread(OPEN)))).toBe(false)
  expect(over.event(ROOM, event('$m', 1_000))).toBe(false)
  expect(over.event(ROOM, event('$m', 999))).toBe(true)
  expect(over.event(OTHER, event(CASE, 1))).toBe(false)
})

test('on a device that has never been at work nothing is asked before it is', async () => {
  const { request, told } = node([ofCase])
  let asked = 0
  const counted = (async (...args: Parameters<AuthedRequest>) => {
    asked += 1
    return request(...args)
  }) as AuthedRequest
  const database = createVolatileDatabase()
  await removeOverFirst(counted, database)
  expect([asked, told]).toEqual([0, []])
  await createKeptSync(database).storeClientOptions({} as never)
  await removeOverFirst(counted, database)
  expect(asked).toBeGreaterThan(0)
})

describe('what the node said last, that nothing becomes over for a while', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  async function atWork(): Promise<OwnDatabase> {
    const database = createVolatileDatabase()
    await createKeptSync(database).storeClientOptions({} as never)
    return database
  }
  const NOW = Date.UTC(2026, 10, 29, 12)
  const HOUR = 3_600_000
  function clock(ms: number) {
    vi.useFakeTimers({ toFake: ['Date'], now: ms })
  }
  /** @returns how many questions a start waits for */
  async function start(database: OwnDatabase, answer: unknown): Promise<number> {
    let asked = 0
    const request = (async () => {
      asked += 1
      return answer
    }) as AuthedRequest
    await removeOverFirst(request, database)
    return asked
  }
  const quiet = (ms: unknown) => ({ erasures: [], quiet_ms: ms })

  test('opens the page without the network within that time, and not a moment after it or with a clock set back', async () => {
    const database = await atWork()
    clock(NOW)
    expect(await start(database, quiet(5 * HOUR))).toBe(1)
    for (const [at, waits] of [
      [NOW, 0],
      [NOW + 5 * HOUR - 1, 0],
      [NOW - 1, 1],
    ] as const) {
      clock(at)
      expect([at, await start(database, quiet(at < NOW ? 6 * HOUR : 1))]).toEqual([at, waits])
    }
    clock(NOW - 1)
    expect(await start(database, quiet(HOUR))).toBe(0)
    clock(NOW - 1 + 6 * HOUR)
    expect(await start(database, quiet(HOUR))).toBe(1)
  })

  test.each([undefined, 0, -1, 2 * 86_400_000, '5', Number.NaN])(
    'hostile: %s says nothing, and the next start asks',
    async (ms) => {
      const database = await atWork()
      clock(NOW)
      expect(await start(database, quiet(ms))).toBe(1)
      expect(await start(database, quiet(HOUR))).toBe(1)
      expect(await start(database, quiet(HOUR))).toBe(0)
    },
  )

  test('does not hold while something is over and not yet deleted, also when the page was closed in between', async () => {
    const database = await device()
    clock(NOW)
    const { request } = node([ofMessages])
    const told = (async (...args: Parameters<AuthedRequest>) =>
      args[0] === 'GET'
        ? { ...((await request(...args)) as object), quiet_ms: HOUR }
        : request(...args)) as AuthedRequest
    const never = createDeviceErasures({
      request: told,
      database,
      forget: () => new Promise(() => undefined),
    })
    void never.look()
    await new Promise((done) => setTimeout(done, 20))
    await removeOverFirst(told, database)
    expect(await ids(database)).not.toMatchObject({ messages: expect.arrayContaining(['$viejo']) })
    // Asked once more behind the page it says that nothing is left.
    await createDeviceErasures({ request: told, database, forget: async () => undefined }).look()
    expect(await start(database, quiet(HOUR))).toBe(0)
  })

  test('is kept for by a page that is open, whose next start then waits for nothing', async () => {
    const database = await atWork()
    clock(NOW)
    await createDeviceErasures({
      request: (async () => quiet(HOUR)) as unknown as AuthedRequest,
      database,
      forget: async () => undefined,
    }).look()
    expect(await start(database, quiet(HOUR))).toBe(0)
  })
})
