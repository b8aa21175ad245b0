/** The database comes to today's form whatever happened on the way, and a newer one is left alone. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { longMigration, ROWS } from '../testing/migrations.ts'
import { openDatabase } from './db.ts'
import { migrations, planMigrations, runMigrations } from './migrations.ts'
import type { Database } from './types.ts'

const log = createLogger('silent', 'hn.example')
let folder: string
let db: Database | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-migrations-'))
})
afterEach(async () => {
  await db?.close()
  db = undefined
  await rm(folder, { recursive: true, force: true })
})
async function open(): Promise<Database> {
  const config = parseConfig({
    server_name: 'hn.example',
    data_dir: folder,
    listeners: [{ port: 0, serves: ['client'] }],
  })
  db = await openDatabase(config, log)
  return db
}
async function close(): Promise<void> {
  await db?.close()
  db = undefined
}
const schemaOf = ({ connection }: Database) => connection.collection<{ _id: string }>('schema')

test('a new database begins in today’s form; one with people in it is brought there, once', async () => {
  const database = await open()
  await runMigrations(database, log)
  const all = migrations.map(({ id }) => id)
  expect(await schemaOf(database).findOne({})).toEqual({ _id: 'schema', applied: all })

  await schemaOf(database).deleteMany({})
  await database.connection.collection<{ _id: string }>('accounts').insertOne({ _id: '@ana:hn.example' })
  const media = database.connection.collection<{ _id: string; user_id?: string; remote?: boolean }>('media')
  await media.insertMany([
    { _id: 'hn.example/a', user_id: '@ana:hn.example' },
    { _id: 'gt.example/b' },
    { _id: 'gt.example/c', remote: true },
  ])
  // Looking changes nothing.
  expect(await planMigrations(database)).toMatchObject({
    applied: [],
    pending: [{ id: all[0], concerns: 2 }],
  })
  expect(await schemaOf(database).countDocuments({})).toBe(0)
  await runMigrations(database, log)
  expect(await media.find({}).sort({ _id: 1 }).toArray()).toEqual([
    { _id: 'gt.example/b', remote: true },
    { _id: 'gt.example/c', remote: true },
    { _id: 'hn.example/a', user_id: '@ana:hn.example', remote: false },
  ])
  expect(await planMigrations(database)).toEqual({ applied: all, pending: [] })
})

test('a database of a newer version is refused, and not touched', async () => {
  const database = await open()
  await schemaOf(database).insertOne({ _id: 'schema', applied: ['2099-01-future'] } as { _id: string })
  await expect(runMigrations(database, log)).rejects.toThrow(/más nueva.*2099-01-future.*newer version/s)
  expect(await schemaOf(database).findOne({})).toEqual({ _id: 'schema', applied: ['2099-01-future'] })
})

test('killed in the middle, again and again, it goes on where it was and does nothing twice', async () => {
  const database = await open()
  await database.connection.collection<{ _id: string }>('accounts').insertOne({ _id: '@ana:hn.example' })
  const rows = Array.from({ length: ROWS }, (_, index) => ({
    _id: String(index).padStart(6, '0'),
    value: index,
  }))
  await database.connection.collection<{ _id: string; value: number }>('rows').insertMany(rows)
  await close()
  const program = new URL('../testing/crash/long-migration.ts', import.meta.url)
  const seen: number[] = []
  for (let round = 0; round < 2; round++) {
    const child = fork(program, [folder], { execArgv: [] })
    const ended = once(child, 'exit')
    child.on('message', (done: number) => {
      seen.push(done)
      if (done >= 300) child.kill('SIGKILL')
    })
    await ended
  }
  expect(seen.length).toBeGreaterThan(1)
  const again = await open()
  const plan = await planMigrations(again, [longMigration()])
  expect(plan.pending).toMatchObject([{ id: 'test-long', resumes: true }])
  expect(plan.pending[0]!.concerns).toBeLessThan(ROWS)
  await runMigrations(again, log, [longMigration()])
  const after = await again.connection.collection<{ _id: string; value: number }>('rows').find({}).toArray()
  expect(after.filter(({ _id, value }) => value !== Number(_id) * 2)).toEqual([])
  expect(await planMigrations(again, [longMigration()])).toEqual({ applied: ['test-long'], pending: [] })
}, 120_000)
