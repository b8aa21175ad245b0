/** What the sender is told of a partner that does not answer, and how soon it is over once it does. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pdu } from '@enlace/room-model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../../config.ts'
import { createLogger } from '../../log.ts'
import { openDatabase } from '../../storage/db.ts'
import type { Database } from '../../storage/types.ts'
import { eventually } from '../../testing/world.ts'
import { Destination, type DestinationDeps } from './destination.ts'
import { type OutboxModels, openOutboxModels } from './models.ts'

let folder: string
let db: Database
let models: OutboxModels
let told: string[]
const open: Destination[] = []
const log = createLogger('silent', 'hn.example')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-destination-'))
  const listeners = [{ port: 0, serves: ['federation'] }]
  db = await openDatabase(parseConfig({ server_name: 'hn.example', data_dir: folder, listeners }), log)
  models = await openOutboxModels(db)
  told = []
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
  await db.close()
  await rm(folder, { recursive: true, force: true })
})

function destination(send: DestinationDeps['send'], overdueMs = 30): Destination {
  const made = new Destination('gt.example', {
    serverName: 'hn.example',
    log,
    models,
    events: db.connection.collection('events') as unknown as DestinationDeps['events'],
    stable: () => 1_000,
    allowed: () => true,
    send,
    accepted: (_name, { from, upto }) => told.push(`accepted ${from}-${upto}`),
    reachability: (_name, cursor) => told.push(`reachability ${cursor}`),
    overdueMs,
  })
  open.push(made)
  return made
}
async function put(pos: number): Promise<void> {
  const pdu = { room_id: '!r', sender: '@ana:hn.example', type: 'x', content: {} } as unknown as Pdu
  const doc = { _id: `$${pos}`, room_id: '!r', dest: ['gt.example'], pos, json: JSON.stringify(pdu) }
  await db.connection.collection('events').insertOne(doc as never)
}
/** A connection that was taken and never answered, until it is given up. */
const silence = (signal: AbortSignal) =>
  new Promise<never>((_done, fail) => signal.addEventListener('abort', () => fail(new Error('no answer'))))

test('a partner that takes the connection and says nothing counts as away while the attempt goes on', async () => {
  await put(5)
  let answer = () => {}
  const sent: number[] = []
  const one = destination(async (_name, _txnId, _body, signal) => {
    sent.push(Date.now())
    await Promise.race([
      silence(signal),
      new Promise<void>((done) => {
        answer = done
      }),
    ])
    return {}
  })
  // Asked for while it is read from the disk: the same record all the same.
  one.wake()
  const away = await eventually('away', async () => (await one.status()).unreachableSinceTs)
  // Since the attempt began, not since it was noticed.
  expect(away).toBeLessThanOrEqual(sent[0]!)
  expect(told).toEqual(['reachability 0'])
  expect(sent).toHaveLength(1)
  // It was slow, not away.
  answer()
  await eventually('back', async () => (await one.status()).unreachableSinceTs === undefined)
  expect(await one.status()).toMatchObject({ cursor: 5 })
  expect(sent).toHaveLength(1)
  await eventually('the sender was told', () => told.length === 3)
  expect(told).toEqual(['reachability 0', 'accepted 0-5', 'reachability 5'])
})

test('a dead connection is given up as soon as the partner speaks, and the same transaction goes again', async () => {
  await put(7)
  const sent: string[] = []
  const one = destination(async (_name, txnId, _body, signal) => {
    sent.push(txnId)
    return sent.length === 1 ? silence(signal) : {}
  })
  one.wake()
  await eventually('away', async () => (await one.status()).unreachableSinceTs)
  one.heardFrom()
  await eventually('back', async () => (await one.status()).cursor === 7)
  expect(sent).toHaveLength(2)
  expect(sent[1]).toBe(sent[0])
  expect((await one.status()).unreachableSinceTs).toBeUndefined()
})

test('an attempt that is not overdue is left alone when the partner speaks', async () => {
  await put(9)
  let aborted = false
  let answer: (() => void) | undefined
  const one = destination(async (_name, _txnId, _body, signal) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    await new Promise<void>((done) => {
      answer = done
    })
    return {}
  }, 60_000)
  one.wake()
  await eventually('sending', () => answer !== undefined)
  one.heardFrom()
  expect(aborted).toBe(false)
  answer!()
  await eventually('taken', async () => (await one.status()).cursor === 9)
  await eventually('the sender was told', () => told.length > 0)
  expect(told).toEqual(['accepted 0-9'])
})

test('since when it is away outlasts a restart', async () => {
  await put(11)
  const one = destination(async () => {
    throw new Error('ECONNREFUSED')
  })
  one.wake()
  const since = await eventually('away', async () => (await one.status()).unreachableSinceTs)
  await eventually(
    'on disk',
    async () => (await models.Destination.findById('gt.example').lean())?.unreachable_since,
  )
  await one.close()
  const again = destination(async () => silence(new AbortController().signal))
  expect((await again.status()).unreachableSinceTs).toBe(since)
})
