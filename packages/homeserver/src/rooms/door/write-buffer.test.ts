import { type Pdu, roomVersion } from '@enlace/room-model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PositionStore, Stream } from '../../stream/stream.ts'
import { advance, Room } from '../room.ts'
import type { EventDoc, StoredEvent } from '../types.ts'
import { BuiltOnSand, createWriteBuffer } from './write-buffer.ts'

/** As many positions as the stream reserves at once. */
const BLOCK = 10_000
const version = roomVersion('11')!
const silent = { error: () => {}, warn: () => {} }

let unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeEach(() => {
  unhandled = []
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
})

/** Positions in blocks, of which some reservations fail. */
function flakyPositions(fails: (reservation: number) => boolean): PositionStore & { calls: number } {
  let next = 1
  return {
    calls: 0,
    async reserve(count) {
      this.calls += 1
      if (fails(this.calls)) throw new Error('no position to be had')
      const first = next
      next += count
      return first
    },
  }
}

/** A stream that has so many positions left of its block. */
async function streamWith(left: number, positions: PositionStore): Promise<Stream> {
  const stream = await Stream.open(positions)
  for (let used = 0; used < BLOCK - left; used++) await stream.append(async () => undefined)
  return stream
}

function bufferOn(stream: Stream, insert: (docs: readonly EventDoc[]) => Promise<void> = async () => {}) {
  const disk: EventDoc[] = []
  const known = new Map<string, StoredEvent>()
  const buffer = createWriteBuffer({
    log: silent,
    stream,
    async insert(docs) {
      await insert(docs)
      disk.push(...docs)
    },
    put: (event) => void known.set(event.eventId, event),
    forget: (id) => void known.delete(id),
  })
  const room = new Room('!r:hn.example', version, 'hn.example')
  room.extremities.set('$first', 1)
  /** Adds a message on top of the newest one, as the door does on the room's queue. */
  function add(n: number): Promise<StoredEvent> {
    const [prev] = [...room.extremities.keys()]
    const eventId = `$e${n}`
    const pdu = { type: 'm.room.message', depth: n + 2, prev_events: [prev] } as unknown as Pdu
    const event: Omit<StoredEvent, 'pos'> = {
      eventId,
      roomId: room.roomId,
      pdu,
      version,
      verdict: 'accept',
      outlier: false,
      receivedAt: 0,
    }
    const doc = { _id: eventId, room_id: room.roomId } as Omit<EventDoc, 'pos'>
    const durable = buffer.add(room, doc, event)
    advance(room, { ...event, pos: undefined })
    return durable
  }
  const addMany = (count: number) => Promise.allSettled(Array.from({ length: count }, (_, n) => add(n)))
  return { buffer, room, disk, known, add, addMany }
}

const reasons = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))

test.each([
  ['in the middle of a batch', 3],
  ['before its first', 0],
  ['at its last', 9],
])(
  'when positions run out %s, those before are on disk, the others are told, and nothing spins',
  async (_where, left) => {
    const stream = await streamWith(
      left,
      flakyPositions((reservation) => reservation === 2),
    )
    const { buffer, room, disk, known, add, addMany } = bufferOn(stream)
    const published: number[] = []
    stream.subscribe((entries) => published.push(...entries.map((entry) => entry.pos)))
    const results = await addMany(10)
    await buffer.drained(room)
    expect(results.map((one) => one.status)).toEqual(
      Array.from({ length: 10 }, (_, n) => (n < left ? 'fulfilled' : 'rejected')),
    )
    for (const reason of reasons(results)) expect(reason.message).toBe('no position to be had')
    expect(disk.map((doc) => doc._id)).toEqual(Array.from({ length: left }, (_, n) => `$e${n}`))
    expect([...known.keys()]).toEqual(disk.map((doc) => doc._id))
    expect(published).toEqual(disk.map((doc) => doc.pos))
    // The room stands where it stood, and goes on from there.
    expect([...room.extremities.keys()]).toEqual([left === 0 ? '$first' : `$e${left - 1}`])
    expect(room.rollbacks).toBe(1)
    const again = await add(20)
    await buffer.drained(room)
    expect(again.pdu.prev_events).toEqual([left === 0 ? '$first' : `$e${left - 1}`])
    expect(stream.stable).toBe(again.pos)
    expect(unhandled).toEqual([])
  },
)

test('what was added while a batch failed was built on sand', async () => {
  const stream = await streamWith(
    0,
    flakyPositions((reservation) => reservation === 2),
  )
  const { addMany, disk } = bufferOn(stream)
  // More than one batch.
  const results = await addMany(130)
  expect(reasons(results)).toHaveLength(130)
  expect(reasons(results).filter((reason) => reason instanceof BuiltOnSand)).toHaveLength(30)
  expect(disk).toEqual([])
  expect(unhandled).toEqual([])
})

test('an insert that stops in the middle loses what follows, and says so once', async () => {
  const stream = await Stream.open(flakyPositions(() => false))
  const { addMany, known, room } = bufferOn(stream, async () => {
    throw Object.assign(new Error('disk full'), { insertedCount: 4 })
  })
  const results = await addMany(10)
  expect(results.map((one) => one.status === 'fulfilled')).toEqual(
    Array.from({ length: 10 }, (_, n) => n < 4),
  )
  expect(reasons(results)[0]!.message).toBe('disk full')
  for (const reason of reasons(results).slice(1)) expect(reason).toBeInstanceOf(BuiltOnSand)
  expect([...known.keys()]).toEqual(['$e0', '$e1', '$e2', '$e3'])
  expect([...room.extremities.keys()]).toEqual(['$e3'])
  expect(unhandled).toEqual([])
})

test('an insert that wrote all and was not confirmed has written all', async () => {
  const stream = await Stream.open(flakyPositions(() => false))
  const { addMany, room, buffer } = bufferOn(stream, async () => {
    throw Object.assign(new Error('no majority'), { result: { insertedCount: 5 } })
  })
  expect(reasons(await addMany(5))).toEqual([])
  await buffer.drained(room)
  expect([...room.extremities.keys()]).toEqual(['$e4'])
  expect(unhandled).toEqual([])
})

test('a listener that throws does not keep the events from those who sent them', async () => {
  const stream = await Stream.open(flakyPositions(() => false))
  const { addMany, disk, buffer, room } = bufferOn(stream)
  stream.subscribe(() => {
    throw new Error('a listener’s own fault')
  })
  expect(reasons(await addMany(3))).toEqual([])
  await buffer.drained(room)
  expect(disk).toHaveLength(3)
  expect(unhandled).toEqual([])
})
