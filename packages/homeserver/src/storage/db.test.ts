import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { operationsRoutes } from '../http/operations.ts'
import { createLogger } from '../log.ts'
import { createMetrics } from '../observe/metrics.ts'
import { openDatabase } from './db.ts'

async function config() {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-db-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  return {
    server_name: 'hn.example',
    data_dir: dataDir,
    listeners: [{ port: 0, bind: '127.0.0.1', serves: ['client'] }],
    federation: { list: 'open' },
  }
}

test('a database that has ended makes the node unready, at once', async () => {
  const workers: Worker[] = []
  const seen = (worker: Worker) => workers.push(worker)
  process.on('worker', seen)
  onTestFinished(() => void process.off('worker', seen))
  const parsed = parseConfig({ ...(await config()), log_level: 'silent' })
  const db = await openDatabase(parsed, createLogger('silent', 'hn.example'))
  const ctx = {
    db,
    metrics: createMetrics(),
    federation: { ready: () => true, waiting: async () => [] },
    stream: { stable: 0, projections: new Map() },
  }
  const ready = operationsRoutes(ctx).find(({ path }) => path === '/readyz')!
  const ask = async () => {
    let body = ''
    const res = { statusCode: 0, setHeader() {}, end: (text: string) => (body = text) }
    await ready.handler({ res } as never)
    return { status: res.statusCode, body: JSON.parse(body) as unknown }
  }
  expect(await ask()).toMatchObject({ status: 200, body: { status: 'ready' } })
  expect(workers).toHaveLength(1)
  await workers[0]!.terminate()
  await db.lost
  expect(await ask()).toMatchObject({ status: 503, body: { checks: { database: false } } })
  await db.connection.close()
})

test('the program ends with a sentence and a failure code', async () => {
  const given = await config()
  const file = join(given.data_dir, 'node.yaml')
  await writeFile(file, JSON.stringify(given))
  const child = fork(new URL('../testing/crash/lost-database-node.ts', import.meta.url), [file], {
    silent: true,
    execArgv: [],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  // Not 'exit', which may come before what it wrote has been read.
  const exited = once(child, 'close')
  expect(await Promise.race([once(child, 'message'), exited])).toEqual(['running', undefined])
  child.send('end')
  expect((await exited)[0]).toBe(1)
  expect(errors).toContain('The embedded database has ended unexpectedly')
})
