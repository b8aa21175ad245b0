/** What was deleted, written over or moved is in none of the files after `compact`, and everything else is as it was. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../test-server.ts'

type Row = { _id: string; text: string; about: string }
let server: TestServer
let connection: mongoose.Connection

beforeAll(async () => {
  server = await startTestServer()
  connection = await mongoose.createConnection(server.uri).asPromise()
})
afterAll(async () => {
  await connection.close()
  await server.stop()
})

/** How often the words stand in the database's files, the log among them. */
function found(word: string): number {
  let times = 0
  for (const file of readdirSync(server.folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const bytes = readFileSync(join(file.parentPath, file.name))
    for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) times += 1
  }
  return times
}

test('words of documents of every size are gone, whether deleted or written over, in rows, indexes and the log', async () => {
  const rows = connection.collection<Row>('rows')
  await rows.createIndex({ about: 1 })
  const size = (n: number) => [10, 300, 3_000, 30_000][n % 4]!
  const text = (n: number, word: string) => `${word} ${'x'.repeat(size(n))} ${word}`
  for (let at = 0; at < 400; at++)
    await rows.insertOne({ _id: `r${at}`, text: text(at, 'PLANTADA'), about: `INDICE-${at}` })
  expect(found('PLANTADA')).toBeGreaterThan(0)
  for (let at = 0; at < 400; at++) {
    if (at % 3 === 0) await rows.deleteOne({ _id: `r${at}` })
    else await rows.updateOne({ _id: `r${at}` }, { $set: { text: `queda ${at}`, about: 'nada' } })
  }
  await connection.db!.command({ compact: 'rows' })
  expect(found('PLANTADA')).toBe(0)
  expect(found('INDICE-')).toBe(0)
  const left = await rows.find().sort({ _id: 1 }).toArray()
  expect(left).toHaveLength(266)
  expect(left.every(({ _id, text: now }) => now === `queda ${_id.slice(1)}`)).toBe(true)
  expect(await rows.countDocuments({ about: 'nada' })).toBe(266)
  await rows.insertOne({ _id: 'nueva', text: 'sigue', about: 'x' })
  expect(await rows.findOne({ about: 'x' })).toMatchObject({ text: 'sigue' })
})

test('many who write meanwhile lose nothing', async () => {
  const rows = connection.collection<Row>('busy')
  const writes = Array.from({ length: 50 }, (_, at) =>
    rows.insertOne({ _id: `w${at}`, text: 't', about: 'a' }),
  )
  await Promise.all([...writes, connection.db!.command({ compact: 'busy' })])
  expect(await rows.countDocuments({})).toBe(50)
  await expect(connection.db!.command({ compact: 1 })).rejects.toThrow('name of a collection')
})
