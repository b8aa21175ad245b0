/** A copy made while the database is written to is a database, whole, as it was at one moment. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbeddedMongo } from './index.ts'

test('a copy taken under load has all of each batch up to a moment, and nothing torn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-copy-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const database = await startEmbeddedMongo({ path: join(folder, 'db') })
  const client = await MongoClient.connect(database.uri)
  const things = client.db().collection<{ _id: number; pad: string }>('things')
  await things.insertMany(
    Array.from({ length: 3_000 }, (_, index) => ({ _id: index, pad: 'x'.repeat(2_000) })),
  )
  let next = 3_000
  let writing = true
  const load = (async () => {
    while (writing) await things.insertOne({ _id: next++, pad: 'y'.repeat(2_000) })
  })()
  const copy = join(folder, 'copy.sqlite')
  const before = next
  await database.copyTo(copy)
  await expect(database.copyTo(copy)).rejects.toThrow('exists')
  writing = false
  await load
  expect((await stat(copy)).mode & 0o777).toBe(0o600)
  await client.close()
  await database.close()
  await expect(database.copyTo(join(folder, 'late.sqlite'))).rejects.toThrow('closing')

  const again = await startEmbeddedMongo({ path: copy })
  const other = await MongoClient.connect(again.uri)
  const ids = await other.db().collection<{ _id: number }>('things').find().sort({ _id: 1 }).toArray()
  // No hole: what is there is all that was written up to the last of it.
  expect(ids.map(({ _id }) => _id)).toEqual(Array.from({ length: ids.length }, (_, index) => index))
  expect(ids.length).toBeGreaterThanOrEqual(before)
  const { valid } = await other.db().command({ validate: 'things', full: true })
  expect(valid).toBe(true)
  await other.close()
  await again.close()
})
