import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Schema } from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { openDatabase, openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import { isDuplicateKey } from './duplicate-key.ts'

let folder: string
let db: Database
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-duplicate-'))
  const listeners = [{ port: 0, serves: ['federation'] }]
  const config = parseConfig({ server_name: 'hn.example', data_dir: folder, listeners })
  db = await openDatabase(config, createLogger('silent', 'hn.example'))
})
afterAll(async () => {
  await db.close()
  await rm(folder, { recursive: true, force: true })
})

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )

test('one row, many rows, an update that would make two alike: the same fault', async () => {
  const schema = new Schema<{ _id: string; name: string }>(
    { _id: String, name: String },
    { versionKey: false },
  )
  schema.index({ name: 1 }, { unique: true })
  const Row = await openModel(db, 'rows', schema)
  await Row.create({ _id: 'a', name: 'ana' })
  expect(isDuplicateKey(await errorOf(Row.create({ _id: 'a', name: 'other' })))).toBe(true)
  expect(isDuplicateKey(await errorOf(Row.create({ _id: 'b', name: 'ana' })))).toBe(true)
  const many = Row.insertMany(
    [
      { _id: 'c', name: 'carla' },
      { _id: 'd', name: 'ana' },
    ],
    { ordered: false },
  )
  expect(isDuplicateKey(await errorOf(many))).toBe(true)
  expect(isDuplicateKey(await errorOf(Row.updateOne({ _id: 'c' }, { $set: { name: 'ana' } })))).toBe(true)
})

test.each([[new Error('E11000')], [{ code: 11_001 }], [{ code: '11000' }], [null], [undefined], ['11000']])(
  '%o is something else',
  (error) => expect(isDuplicateKey(error)).toBe(false),
)
