/** Operations per second of the embedded database, through the official driver and the local socket. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Collection, MongoClient } from 'mongodb'
import { startEmbeddedMongo } from '../src/index.ts'

export type Measure = { name: string; perSecond: number; concurrency: number }

/** What an event of the room log is like: about a kilobyte of text and a few indexed fields. */
const event = (i: number) => ({
  _id: `$event${i}`,
  room_id: `!room${i % 50}:hn.localhost`,
  pos: i,
  type: 'm.room.encrypted',
  sender: '@consulado.hn:hn.localhost',
  json: 'x'.repeat(900),
})

/** Runs `operation` from `concurrency` clients for about `milliseconds`. */
async function measure(
  name: string,
  concurrency: number,
  milliseconds: number,
  operation: (i: number) => Promise<unknown>,
): Promise<Measure> {
  let done = 0
  const started = performance.now()
  const client = async () => {
    while (performance.now() - started < milliseconds) await operation(done++)
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return { name, concurrency, perSecond: Math.round((done * 1000) / (performance.now() - started)) }
}

async function prepared(client: MongoClient, name: string): Promise<Collection<ReturnType<typeof event>>> {
  const collection = client.db('bench').collection<ReturnType<typeof event>>(name)
  await collection.createIndex({ room_id: 1, pos: 1 })
  await collection.createIndex({ sender: 1 })
  return collection
}

/** Insert one, find one by index, and a sorted range of 20, each from 1 and from 50 clients. */
export async function benchEmbeddedMongo(milliseconds = 3000): Promise<Measure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'em-bench-'))
  const server = await startEmbeddedMongo({ path: folder })
  const client = new MongoClient(server.uri, { maxPoolSize: 50 })
  const results: Measure[] = []
  try {
    const filled = await prepared(client, 'filled')
    const total = 20_000
    for (let i = 0; i < total; i += 1000)
      await filled.insertMany(Array.from({ length: 1000 }, (_, k) => event(i + k)))
    for (const concurrency of [1, 50]) {
      const target = await prepared(client, `inserts${concurrency}`)
      results.push(
        await measure('insert one, acknowledged on disk', concurrency, milliseconds, (i) =>
          target.insertOne(event(i)),
        ),
        await measure('find one by _id', concurrency, milliseconds, (i) =>
          filled.findOne({ _id: `$event${(i * 7919) % total}` }),
        ),
        await measure('find one by a compound index', concurrency, milliseconds, (i) => {
          const pos = (i * 7919) % total
          return filled.findOne({ room_id: `!room${pos % 50}:hn.localhost`, pos })
        }),
        await measure('sorted range of 20 by a compound index', concurrency, milliseconds, (i) =>
          filled
            .find({ room_id: `!room${i % 50}:hn.localhost`, pos: { $lt: total - (i % 1000) } })
            .sort({ pos: -1 })
            .limit(20)
            .toArray(),
        ),
        await measure('update one by _id', concurrency, milliseconds, (i) =>
          filled.updateOne({ _id: `$event${(i * 7919) % total}` }, { $set: { seen: i } }),
        ),
      )
    }
  } finally {
    await client.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return results
}

if (import.meta.main)
  for (const result of await benchEmbeddedMongo())
    console.log(`${result.perSecond}/s\t${result.concurrency} clients\t${result.name}`)
