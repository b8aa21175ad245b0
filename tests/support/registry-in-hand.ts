/**
 * A registry in the hands of somebody who has its online key, or who sits between it and the nodes, and the example
 * coordinators' keys with it: in the place of the real one it gives out lists of any life, and answers anything of the
 * directory.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { EXAMPLE_PASSPHRASE } from '@enlace/dev-network/coordinators'
import {
  createList,
  createTargets,
  fileInfo,
  importTrustKey,
  type ListedServer,
  listName,
  openKey,
  type Publication,
  type SignedInstitution,
  signBelow,
  signMetadata,
} from '@enlace/trust'
import type { TestNetwork } from './network.ts'

type Published = { servers: ListedServer[]; institutions: Record<string, SignedInstitution> }
type DirectoryAnswer = { institutions: { key: string; kind: string }[] }

export type RegistryInHand = {
  /** Signs what was last valid, changed; it stays so for the next one unless it lives too long to be taken. */
  publish(change: { hours?: number; alter?: (list: Published) => void }): void
  /** What the directory answers from now on. */
  tell(alter: (answer: DirectoryAnswer) => void): void
  close(): Promise<void>
}

const DIRECTORY = '/_enlace/registry/v1/institutions'

export async function takeRegistry(network: TestNetwork): Promise<RegistryInHand> {
  const read = async (path: string) => (await fetch(`${network.registryUrl}${path}`)).text()
  const key = importTrustKey(await readFile(join(network.dataDir, 'registry', 'signing-key.pem'), 'utf8'))
  const coordinators = await Promise.all(
    ['hn1', 'gt1'].map(async (name) => {
      const file = join(network.dataDir, 'coordinaciones-de-ejemplo', `${name}.llave.json`)
      const opened = openKey(JSON.parse(await readFile(file, 'utf8')), EXAMPLE_PASSPHRASE)
      if (!opened.ok) throw new Error(`${name}: ${opened.reason}`)
      return opened.key
    }),
  )
  const text = await readFile(join(network.dataDir, 'registry', 'published.json'), 'utf8')
  const published = JSON.parse(text) as Publication
  let directory = await read(DIRECTORY)
  let valid = JSON.parse(published.list) as Published
  const versionOf = (metadata: string) =>
    (JSON.parse(metadata) as { signed: { version: number } }).signed.version
  let version = Math.max(
    versionOf(published.targets),
    versionOf(await read('/trust/metadata/timestamp.json')),
  )
  const files = new Map(published.roots.map((root) => [`/trust/metadata/${versionOf(root)}.root.json`, root]))
  const spoken = await whatInstitutionsSaid(read, files)
  const { delegations } = (JSON.parse(published.targets) as { signed: { delegations?: object } }).signed
  await network.registry.stop()

  function sign(list: Published, hours: number): void {
    version += 1
    const listText = createList(list.servers, list.institutions)
    const expires = new Date(Date.now() + 30 * 86_400_000)
    const targets = JSON.stringify(
      signMetadata(
        {
          ...createTargets({ version, expires }, Buffer.from(listText)),
          ...(delegations ? { delegations } : {}),
        },
        coordinators,
      ),
    )
    const timestamp = { version, expires: new Date(Date.now() + hours * 3_600_000) }
    const named = { version, bytes: Buffer.from(targets) }
    const below = signBelow(named, { snapshot: { version, expires }, timestamp }, [key], spoken)
    files.set(`/trust/targets/${fileInfo(Buffer.from(listText)).hashes.sha256}.${listName}`, listText)
    files.set(`/trust/metadata/${version}.targets.json`, targets)
    files.set(`/trust/metadata/${version}.snapshot.json`, below.snapshot)
    files.set('/trust/metadata/timestamp.json', below.timestamp)
  }
  sign(valid, 24)
  const server = createServer((req, res) => {
    const body = req.url === DIRECTORY ? directory : files.get(req.url ?? '')
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
      sign(next, hours)
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

type Meta = {
  signed: {
    version: number
    meta?: Record<string, { version: number }>
    targets?: Record<string, { hashes: { sha256: string } }>
  }
}

/** Rosters are the institutions’ own: they go on to be given out as they are, and named by every snapshot. */
async function whatInstitutionsSaid(
  read: (path: string) => Promise<string>,
  files: Map<string, string>,
): Promise<Record<string, { version: number; bytes: Buffer }>> {
  const parsed = async (file: string) => JSON.parse(await read(`/trust/metadata/${file}`)) as Meta
  const timestamp = await parsed('timestamp.json')
  const snapshot = await parsed(`${timestamp.signed.meta?.['snapshot.json']?.version}.snapshot.json`)
  const spoken: Record<string, { version: number; bytes: Buffer }> = {}
  for (const [name, { version }] of Object.entries(snapshot.signed.meta ?? {})) {
    if (name === 'targets.json') continue
    const path = `/trust/metadata/${version}.${name}`
    const text = await read(path)
    files.set(path, text)
    spoken[name.replace(/\.json$/, '')] = { version, bytes: Buffer.from(text) }
    for (const [target, { hashes }] of Object.entries((JSON.parse(text) as Meta).signed.targets ?? {})) {
      const [institution, file] = target.split('/')
      const at = `/trust/targets/${institution}/${hashes.sha256}.${file}`
      files.set(at, await read(at))
    }
  }
  return spoken
}
