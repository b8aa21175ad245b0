/** A server in a temporary folder, for tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, MongoClient } from 'mongodb'
import { type EmbeddedMongoOptions, startEmbeddedMongo } from './index.ts'

export type TestServer = {
  uri: string
  folder: string
  client: MongoClient
  db: Db
  /** what the server told an operator */
  warnings: string[]
  stop(): Promise<void>
}

export async function startTestServer(options: Partial<EmbeddedMongoOptions> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'em-test-'))
  const warnings: string[] = []
  const server = await startEmbeddedMongo({
    path: folder,
    reserveBytes: 0,
    ...options,
    log: { warn: (details, message) => warnings.push(`${message} ${JSON.stringify(details)}`) },
  })
  const client = new MongoClient(server.uri)
  await client.connect()
  return {
    uri: server.uri,
    folder,
    client,
    db: client.db('test'),
    warnings,
    async stop() {
      await client.close()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
