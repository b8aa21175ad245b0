import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { createLogger } from '../log.ts'
import { startDatabaseLine } from '../testing/database-line.ts'
import { openDatabase } from './db.ts'

async function opened() {
  const sockets: Socket[] = []
  const seen = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
  subscribe('net.client.socket', seen)
  onTestFinished(() => void unsubscribe('net.client.socket', seen))
  const line = await startDatabaseLine()
  const config = parseConfig({
    server_name: 'hn.example',
    data_dir: line.folder,
    listeners: [{ port: 0, serves: ['client'] }],
    federation: { list: 'open' },
    database: { uri: line.uri },
  })
  const database = await openDatabase(config, createLogger('silent', 'hn.example'))
  const port = Number(new URL(line.uri).port)
  return {
    line,
    database,
    /** The node's ends of its lines. */
    ends: () => sockets.filter((socket) => socket.remotePort === port && !socket.destroyed),
  }
}

test('what is asked on a line that has just ended is answered, and the database is found again', async () => {
  const { database, ends } = await opened()
  const ask = () => database.connection.db!.command({ ping: 1 })
  await ask()
  for (let round = 0; round < 3; round++) {
    for (const end of ends()) end.destroy()
    // In the same moment: nobody has told the driver yet.
    const asked = ask().catch((error: unknown) => error)
    expect(await Promise.race([asked, new Promise((done) => setTimeout(done, 20_000, 'never'))])).not.toBe(
      'never',
    )
    await expect.poll(() => database.ping(), { timeout: 30_000 }).toBe(true)
  }
  await database.close()
})

test('a write that was under way when the line was cut is sent again', async () => {
  const { line, database, ends } = await opened()
  const things = database.connection.db!.collection('things')
  await things.insertOne({ n: 0 })
  for (const how of ['reset', 'closed'] as const) {
    // More than the line takes at once: it is still being written.
    const written = things.insertOne({ how, text: 'x'.repeat(12_000_000) })
    await expect.poll(() => ends().some((end) => end.writableLength > 0), { interval: 1 }).toBe(true)
    await line.cut(how)
    await line.restore()
    expect((await written).acknowledged).toBe(true)
    expect(await things.countDocuments({ how })).toBe(1)
  }
  await database.close()
})
