/**
 * A registry in the hands of somebody who has its online key, or who sits between it and the nodes: in the place of the
 * real one it signs lists of any life, and answers anything of the directory.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import {
  createFederationList,
  importTrustKey,
  type ListedServer,
  type SignedInstitution,
} from '@enlace/trust'
import type { TestNetwork } from './network.ts'

type Published = {
  version: number
  expires: string
  servers: ListedServer[]
  institutions: Record<string, SignedInstitution>
}
type DirectoryAnswer = { institutions: { key: string; kind: string }[] }

export type RegistryInHand = {
  /** Signs what was last valid, changed; it stays so for the next one unless it lives too long to be taken. */
  publish(change: { hours?: number; alter?: (list: Published) => void }): void
  /** What the directory answers from now on. */
  tell(alter: (answer: DirectoryAnswer) => void): void
  close(): Promise<void>
}

const LIST = '/federation-list'
const DIRECTORY = '/_enlace/registry/v1/institutions'

export async function takeRegistry(network: TestNetwork): Promise<RegistryInHand> {
  const read = async (path: string) => (await fetch(`${network.registryUrl}${path}`)).text()
  const key = importTrustKey(await readFile(join(network.dataDir, 'registry', 'signing-key.pem'), 'utf8'))
  let list = await read(LIST)
  let directory = await read(DIRECTORY)
  let valid = (JSON.parse(list) as { signed: Published }).signed
  let version = valid.version
  await network.registry.stop()
  const server = createServer((req, res) => {
    const body = req.url === LIST ? list : req.url === DIRECTORY ? directory : undefined
    if (body === undefined) return void res.writeHead(404).end('{}')
    res.setHeader('Content-Type', 'application/json')
    res.end(body)
  })
  const { port } = new URL(network.registryUrl)
  await new Promise<void>((done) => server.listen(Number(port), '127.0.0.1', done))

  return {
    publish({ hours = 24, alter }) {
      const next = structuredClone(valid)
      alter?.(next)
      version += 1
      next.version = version
      const { servers, institutions } = next
      const expires = new Date(Date.now() + hours * 3_600_000)
      list = JSON.stringify(createFederationList({ version, expires, servers, institutions }, [key]))
      if (hours <= 24) valid = next
    },
    tell(alter) {
      const answer = JSON.parse(directory) as DirectoryAnswer
      alter(answer)
      directory = JSON.stringify(answer)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
