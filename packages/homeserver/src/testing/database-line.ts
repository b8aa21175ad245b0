/** A database of its own process or machine, as a node sees it: reached by TCP, and the line to it can be cut. */
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedMongo } from '@enlace/embedded-mongo'
import { onTestFinished } from 'vitest'

export type DatabaseLine = {
  /** Of the database; gone with the test. */
  folder: string
  uri: string
  /** Whoever is connected is thrown off, and nobody gets through until `restore`; as when the database restarts. */
  cut(how: 'closed' | 'reset'): Promise<void>
  restore(): Promise<void>
}

export async function startDatabaseLine(): Promise<DatabaseLine> {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-line-'))
  const database = await startEmbeddedMongo({ path: folder, reserveBytes: 0 })
  const path = decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(database.uri)![1]!)
  const through = new Map<Socket, Socket>()
  let server: Server | undefined
  let port = 0
  async function restore(): Promise<void> {
    const opened = createServer((from) => {
      const to = connect(path)
      through.set(from, to)
      for (const [end, other] of [
        [from, to],
        [to, from],
      ] as const) {
        end.on('error', () => {})
        end.on('close', () => {
          through.delete(from)
          other.destroy()
        })
        end.pipe(other)
      }
    })
    await new Promise<void>((done) => opened.listen(port, '127.0.0.1', done))
    port = (opened.address() as AddressInfo).port
    server = opened
  }
  async function cut(how: 'closed' | 'reset'): Promise<void> {
    const closing = server
    server = undefined
    const closed = new Promise((done) => (closing ? closing.close(done) : done(undefined)))
    for (const from of through.keys()) how === 'reset' ? from.resetAndDestroy() : from.destroy()
    await closed
  }
  await restore()
  onTestFinished(async () => {
    await cut('closed')
    await database.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { folder, uri: `mongodb://127.0.0.1:${port}/enlace?directConnection=true`, cut, restore }
}
