import { roomVersion } from '@enlace/room-model'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { StoredEvent } from '../rooms/types.ts'
import { createProjection, type ProjectionParts } from './projection.ts'
import { Stream } from './stream.ts'
import type { Projection } from './types.ts'

/** A log and a table of cursors that outlive the processes on them. */
class Disk {
  readonly log: StoredEvent[] = []
  readonly cursors = new Map<string, number>()
  #next = 1

  async reserve(count: number): Promise<number> {
    const first = this.#next
    this.#next += count
    return first
  }
}

const version = roomVersion('11')!

/** An event about `key`. */
const event = (pos: number, key: string): StoredEvent => ({
  eventId: `$${pos}`,
  roomId: '!r',
  pos,
  pdu: {
    room_id: '!r',
    type: 'x',
    sender: '@a:hn',
    content: { key },
    origin_server_ts: 0,
    depth: 1,
    prev_events: [],
    auth_events: [],
    hashes: { sha256: '' },
    signatures: {},
  },
  version,
  verdict: 'accept',
  outlier: false,
  receivedAt: 0,
})
const keyOf = (one: StoredEvent) => String(one.pdu.content['key'])

/** One process: what it did with each key is in `rows` once its work has ended. */
async function start(disk: Disk, parts: Partial<ProjectionParts> = {}, ring = 5_000) {
  const stream = await Stream.open(disk, ring)
  const handed: number[] = []
  const projection = await createProjection(
    {
      stream,
      log: { error: () => undefined, warn: () => undefined } as never,
      cursors: {
        get: async (name) => disk.cursors.get(name),
        set: async (name, pos) =>
          void disk.cursors.set(name, Math.max(pos, disk.cursors.get(name) ?? Number.NEGATIVE_INFINITY)),
      },
      takeEffect: async () => undefined,
    },
    {
      name: 'test',
      startsAt: 'beginning',
      atOnce: 3,
      retry: { firstMs: 1, longestMs: 5 },
      concerns: (one) => keyOf(one) !== 'nobody',
      read: async ({ after, upTo, limit }) =>
        disk.log.filter(({ pos }) => pos! > after && pos! <= upTo).slice(0, limit),
      keysOf(one) {
        handed.push(one.pos!)
        return [keyOf(one)]
      },
      work: async () => undefined,
      ...parts,
    },
  )
  const say = (key: string) =>
    stream.append(async (pos) => {
      const one = event(pos, key)
      disk.log.push(one)
      disk.log.sort((a, b) => a.pos! - b.pos!)
      return { kind: 'event' as const, pos, roomId: '!r', event: one }
    })
  return { stream, projection, handed, say }
}

/** The process is gone: nothing of it runs on, nothing is written any more. */
async function kill(disk: Disk, projection: Projection): Promise<void> {
  const cursor = disk.cursors.get('test')
  await projection.close()
  if (cursor === undefined) disk.cursors.delete('test')
  else disk.cursors.set('test', cursor)
}

test('what the log has and what comes meanwhile is handed over in its order, once each', async () => {
  const disk = new Disk()
  const before = await start(disk)
  for (let n = 0; n < 1_200; n++) await before.say(`k${n % 7}`)
  const after = await start(disk)
  const started = after.projection.start()
  await Promise.all(Array.from({ length: 200 }, (_, n) => after.say(n % 3 === 0 ? 'nobody' : `k${n}`)))
  await started
  await after.projection.caughtUp()
  expect(after.handed).toEqual(disk.log.filter((one) => keyOf(one) !== 'nobody').map(({ pos }) => pos))
  expect(after.projection.lag()).toBe(0)
  await after.projection.close()
})

test('one that falls behind further than the tail in memory reads on from the disk', async () => {
  const disk = new Disk()
  let open = () => {}
  const gate = new Promise<void>((done) => {
    open = done
  })
  const seen: number[] = []
  const { projection, stream, say } = await start(
    disk,
    {
      async keysOf(one) {
        await gate
        seen.push(one.pos!)
        return [keyOf(one)]
      },
    },
    100,
  )
  await projection.start()
  for (let n = 0; n < 1_000; n++) await say('k')
  expect(projection.lag()).toBe(1_000)
  expect(stream.projections.get('test')?.()).toBe(1_000)
  open()
  await projection.settled()
  expect(seen).toEqual(disk.log.map(({ pos }) => pos))
  expect(projection.lag()).toBe(0)
  await projection.close()
  expect(stream.projections.size).toBe(0)
})

test('an event is handed over after it has taken effect', async () => {
  const disk = new Disk()
  const order: string[] = []
  const stream = await Stream.open(disk)
  const projection = await createProjection(
    {
      stream,
      log: { error: () => undefined, warn: () => undefined } as never,
      cursors: { get: async () => 0, set: async () => undefined },
      takeEffect: async (one) => {
        await new Promise((turn) => setImmediate(turn))
        order.push(`effect ${one.pos}`)
      },
    },
    {
      name: 'test',
      startsAt: 'now',
      atOnce: 1,
      concerns: () => true,
      read: async () => [],
      keysOf: (one) => {
        order.push(`handed ${one.pos}`)
        return []
      },
      work: async () => undefined,
    },
  )
  await projection.start()
  // The cursor is far behind: what lies between is on no disk.
  for (let n = 0; n < 2; n++)
    await stream.append(async (pos) => ({ kind: 'event', pos, roomId: '!r', event: event(pos, 'k') }))
  await projection.settled()
  expect(order).toEqual(['effect 1', 'handed 1', 'effect 2', 'handed 2'])
  await projection.close()
})

test('what fails is done again with what came meanwhile; others do not wait, the cursor does', async () => {
  const disk = new Disk()
  let broken = true
  const rounds: number[][] = []
  const done: string[] = []
  const { projection, say } = await start(disk, {
    async work(key, events) {
      if (key === 'bad') {
        rounds.push(events.map(({ pos }) => pos!))
        if (broken) throw new Error('disk')
      }
      done.push(key)
    },
  })
  await projection.start()
  const { pos: first } = await say('bad')
  await say('good')
  const { pos: second } = await say('bad')
  await projection.caughtUp()
  expect(done).toContain('good')
  expect(projection.lag()).toBeGreaterThan(0)
  await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(2))
  broken = false
  await vi.waitFor(() => expect(done).toContain('bad'))
  expect(rounds.at(-1)).toEqual([first, second])
  await projection.close()
  expect(disk.cursors.get('test')).toBe(second)
})

test('an event whose keys cannot be found is asked for again, and holds up nobody', async () => {
  const disk = new Disk()
  let failures = 2
  const done: string[] = []
  const { projection, say } = await start(disk, {
    keysOf(one) {
      if (keyOf(one) === 'hidden' && failures-- > 0) throw new Error('disk')
      return [keyOf(one)]
    },
    work: async (key) => void done.push(key),
  })
  await projection.start()
  await say('hidden')
  await say('plain')
  await projection.caughtUp()
  expect(done).toEqual(['plain'])
  await vi.waitFor(() => expect(done).toEqual(['plain', 'hidden']))
  await projection.close()
})

test('one that begins now has no past, also when it dies before its first cursor', async () => {
  const disk = new Disk()
  const old = await start(disk)
  await old.say('past')
  const first = await start(disk, { startsAt: 'now' })
  await first.projection.start()
  await first.say('later')
  await kill(disk, first.projection)
  const second = await start(disk, { startsAt: 'now' })
  await second.projection.start()
  await second.projection.settled()
  expect(second.handed).toEqual(disk.log.filter((one) => keyOf(one) === 'later').map(({ pos }) => pos))
  await second.projection.close()
})

test('whenever it dies and whatever fails, each key was worked on after its last event', async () => {
  const action = fc.oneof(
    { weight: 8, arbitrary: fc.record({ say: fc.constantFrom('a', 'b', 'c', 'nobody') }) },
    { weight: 2, arbitrary: fc.record({ fail: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 1, arbitrary: fc.record({ die: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ settle: fc.constant(true) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const disk = new Disk()
      /** How much of the log each key's row is made of. */
      const rows = new Map<string, number>()
      const failing = new Set<string>()
      const work = async (key: string) => {
        const newest = disk.log.findLast((one) => keyOf(one) === key)!.pos!
        await Promise.resolve()
        if (failing.delete(key)) throw new Error('disk')
        rows.set(key, newest)
      }
      let process = await start(disk, { work })
      await process.projection.start()
      for (const one of actions) {
        if ('say' in one) await process.say(one.say)
        else if ('fail' in one) failing.add(one.fail)
        else if ('settle' in one) await process.projection.caughtUp()
        else {
          // Killed, or closed in an orderly way, with work under way.
          if (one.die) await kill(disk, process.projection)
          else await process.projection.close()
          process = await start(disk, { work })
          await process.projection.start()
        }
      }
      const last = new Map(disk.log.map((one) => [keyOf(one), one.pos!]))
      last.delete('nobody')
      await vi.waitFor(() => expect(new Map([...rows].sort())).toEqual(new Map([...last].sort())))
      await process.projection.close()
    }),
    { numRuns: 60 },
  )
})
