/** What a message costs: the database, and in passes over its content. The numbers may fall; one that rises is paid for by every message there is. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Context } from '../context.ts'
import { countOperations, type OperationCount } from '../testing/count-operations.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const MESSAGES = 20
/** Summaries and the like are written every second or so for all that has happened: some come in between. */
const NOW_AND_THEN = MESSAGES / 2

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let ana: { userId: string; token: string }
let beto: { userId: string; token: string }
let txn = 0

beforeAll(async () => {
  world = await federatedWorld()
  ;[hn, gt] = await Promise.all([world.node('hn'), world.node('gt')])
  ana = await hn.register('ana')
  beto = await gt.register('beto')
})
afterAll(() => world?.close())
afterEach(() => vi.restoreAllMocks())

const enc = encodeURIComponent

async function makeRoom(): Promise<string> {
  const made = await hn.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } })
  return String(made['room_id'])
}

async function say(roomId: string, text = `mensaje ${txn}`): Promise<string> {
  const body = { msgtype: 'm.text', body: text }
  const path = `/rooms/${enc(roomId)}/send/m.room.message/${txn++}`
  return String((await hn.call('PUT', path, { token: ana.token, body }))['event_id'])
}

/** Resolves when the node has published as many events of the room; asks the database nothing. */
function published(ctx: Context, roomId: string, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0
    const stop = ctx.stream.subscribe((entries) => {
      for (const entry of entries) if (entry.kind === 'event' && entry.roomId === roomId) seen += 1
      if (seen < wanted) return
      stop()
      resolve()
    })
  })
}

/** No operation for each message but those named, so many for each. */
function expectPerMessage(count: OperationCount, most: Record<string, number>): void {
  const over = Object.entries(count.by).filter(
    ([name, times]) => times > (most[name] ?? 0) * MESSAGES + NOW_AND_THEN,
  )
  expect(over).toEqual([])
}

test('a message nobody else has to get is one write', async () => {
  const roomId = await makeRoom()
  await say(roomId)
  const count = await countOperations(hn.ctx, async () => {
    for (let n = 0; n < MESSAGES; n++) await say(roomId)
  })
  expectPerMessage(count, { 'events.insertMany': 1 })
})

test('a change of state is one event and one state group', async () => {
  const roomId = await makeRoom()
  await say(roomId)
  const count = await countOperations(hn.ctx, async () => {
    for (let n = 0; n < MESSAGES; n++) {
      const path = `/rooms/${enc(roomId)}/state/m.room.topic`
      await hn.call('PUT', path, { token: ana.token, body: { topic: `tema ${n}` } })
    }
  })
  expectPerMessage(count, { 'events.insertOne': 1, 'state_groups.updateOne': 1 })
})

test('a message for a partner is one write more here, and there a look whether it is new and two writes', async () => {
  const roomId = await makeRoom()
  await gt.call('POST', `/join/${enc(roomId)}?via=${enc(hn.serverName)}`, { token: beto.token, body: {} })
  const first = published(gt.ctx, roomId, 1)
  await say(roomId)
  await first
  let here: OperationCount | undefined
  const there = await countOperations(gt.ctx, async () => {
    here = await countOperations(hn.ctx, async () => {
      const arrived = published(gt.ctx, roomId, MESSAGES)
      for (let n = 0; n < MESSAGES; n++) await say(roomId)
      await arrived
    })
  })
  expectPerMessage(here!, { 'events.insertMany': 1, 'destinations.updateOne': 1 })
  expectPerMessage(there, {
    'events.find': 1,
    'events.insertMany': 1,
    'inbound_transactions.updateOne': 1,
  })
})

test('an event is put into canonical form once where it is made, and once where it arrives', async () => {
  const roomId = await makeRoom()
  // Canonical JSON encodes text by text.
  const stringify = vi.spyOn(JSON, 'stringify')
  const times = (text: string) => stringify.mock.calls.filter(([value]) => value === text).length
  await say(roomId, 'only here')
  expect(times('only here')).toBe(1)

  await gt.call('POST', `/join/${enc(roomId)}?via=${enc(hn.serverName)}`, { token: beto.token, body: {} })
  const arrived = published(gt.ctx, roomId, 1)
  await say(roomId, 'here and there')
  await arrived
  // Both nodes are in this process. The event is made and read; the request that carries it is signed and sent, and is
  // verified over the bytes that came.
  expect(times('here and there')).toBe(2 + 2)
})
