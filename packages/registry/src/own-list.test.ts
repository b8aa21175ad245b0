/** The list of a registry without coordinators: `servers` of its configuration, signed by its own key. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  exportTrustKey,
  FederationListKeeper,
  generateTrustKey,
  type ListedServer,
  parseRoot,
  signMetadata,
} from '@enlace/trust'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, type RegistryConfigInput } from './config.ts'
import { createRegistry, type Registry, type RegistryOptions } from './index.ts'
import { memoryStorage, takeFrom } from './testing.ts'

const day = 86_400_000
const hour = 3_600_000
const log = pino({ level: 'silent' })
const servers: ListedServer[] = [
  { server_name: 'hn.localhost:8110', institutions: ['hn-rnp-sps', 'hn-sreci'], status: 'active' },
  { server_name: 'gt.localhost:8210', institutions: ['gt-renap'], status: 'active' },
]

let folder: string
const running: Registry[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-registry-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.close()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(
  config: Partial<RegistryConfigInput> = {},
  options: RegistryOptions = { storage: memoryStorage() },
): Promise<Registry> {
  const registry = await createRegistry(
    { port: 0, data_dir: folder, servers, ...config },
    { log, ...options },
  )
  running.push(registry)
  return registry
}

async function json<T>(registry: Registry, path: string): Promise<T> {
  const response = await fetch(registry.url + path)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return (await response.json()) as T
}

describe('the federation list', () => {
  const pinned = async (registry: Registry) => {
    const root = parseRoot(await (await fetch(`${registry.url}/root.json`)).text())
    if (!root.ok) throw new Error(root.detail)
    return new FederationListKeeper(root.root)
  }

  it('verifies under the root handed out, and says where institutions are', async () => {
    const registry = await start()
    const verdict = await takeFrom(registry.url, await pinned(registry))
    if (!verdict.ok) throw new Error(verdict.detail)
    expect(verdict.list.version).toBe(1)
    expect(verdict.list.statusOf('hn.localhost:8110')).toBe('active')
    expect(verdict.list.serverOfInstitution('gt-renap')).toBe('gt.localhost:8210')
    expect(verdict.list.institution('gt-renap')).toEqual({ kind: 'civil_registry', country: 'GT' })
    expect(readFileSync(registry.rootPath, 'utf8')).toBe(registry.root)
    // The same in one file, for people and for nodes of earlier versions.
    expect(await json(registry, '/federation-list')).toMatchObject({
      signed: { _type: 'enlace-federation-list', version: 1, servers },
      signatures: [{ keyid: JSON.parse(registry.root).signed.roles.targets.keyids[0] }],
    })
  })

  it('keeps its version when nothing changed, and raises it when a server is suspended', async () => {
    const storage = memoryStorage()
    const first = await start({}, { storage })
    const bytes = await (await fetch(`${first.url}/trust/metadata/timestamp.json`)).text()
    await first.close()
    const second = await start({}, { storage })
    expect(await (await fetch(`${second.url}/trust/metadata/timestamp.json`)).text()).toBe(bytes)

    const keeper = await pinned(second)
    await takeFrom(second.url, keeper)
    const version = await second.updateServers([servers[0]!, { ...servers[1]!, status: 'suspended' }])
    expect(version).toBe(2)
    expect(await takeFrom(second.url, keeper)).toMatchObject({ ok: true, changed: true })
    const current = keeper.current(Date.now())
    expect(current.usable && current.list.statusOf('gt.localhost:8210')).toBe('suspended')
    // A node in the middle of an update finds what it began with.
    expect((await fetch(`${second.url}/trust/metadata/1.snapshot.json`)).status).toBe(200)
    expect((await fetch(`${second.url}/trust/metadata/1.targets.json`)).status).toBe(200)
    for (const path of [
      'metadata/9.targets.json',
      'metadata/2.root.json',
      'targets/x',
      'metadata/..%2Froot.json',
    ])
      expect((await fetch(`${second.url}/trust/${path}`)).status).toBe(404)
  })

  it('goes on where the earlier form of one signed document ended, and leads nodes over', async () => {
    const storage = memoryStorage()
    const key = generateTrustKey()
    writeFileSync(join(folder, 'signing-key.pem'), exportTrustKey(key))
    const role = { keyids: [key.keyid], threshold: 1 }
    const old = JSON.stringify(
      signMetadata(
        {
          _type: 'root',
          spec_version: '1.0.31',
          version: 1,
          expires: '2040-01-01T00:00:00Z',
          consistent_snapshot: false,
          keys: { [key.keyid]: key.record },
          roles: { root: role, timestamp: role, snapshot: role, targets: role },
        },
        [key],
      ),
    )
    writeFileSync(join(folder, 'root.json'), old)
    await storage.addList({
      _id: 41,
      content: 'x',
      bytes: '{"signed":{}}',
      expires: new Date(Date.now() + day),
    })
    const registry = await start({}, { storage })
    const root = parseRoot(old)
    if (!root.ok) throw new Error(root.detail)
    const keeper = new FederationListKeeper(root.root)
    expect(await takeFrom(registry.url, keeper)).toMatchObject({ ok: true, list: { version: 42 } })
    expect(keeper.root.version).toBe(2)
    await registry.close()
    const again = await start({}, { storage })
    expect(JSON.parse(again.root).signed.version).toBe(2)
    expect(await takeFrom(again.url, keeper)).toMatchObject({ ok: true, changed: false })
  })

  it('goes on counting when its database is lost', async () => {
    const first = await start()
    const keeper = await pinned(first)
    await first.updateServers([servers[0]!])
    await takeFrom(first.url, keeper)
    await first.close()
    const again = await start({ servers: [servers[0]!] }, { storage: memoryStorage() })
    expect(await takeFrom(again.url, keeper)).toMatchObject({ ok: true, list: { version: 3 } })
  })

  it('is signed anew at half of its time, on the next start', async () => {
    const storage = memoryStorage()
    const begin = Date.UTC(2026, 0, 1)
    await (await start({}, { storage, now: () => begin })).close()
    await (await start({}, { storage, now: () => begin + 11 * hour })).close()
    expect([...storage.lists.keys()]).toEqual([1])
    await (await start({}, { storage, now: () => begin + 13 * hour })).close()
    expect([...storage.lists.keys()]).toEqual([1, 2])
    expect(storage.lists.get(2)?.expires.getTime()).toBe(begin + 37 * hour)
    // Only the registry's own files: what says who belongs is signed anew when half of its own time is over.
    const targetsOf = (version: number) =>
      JSON.parse(storage.lists.get(version)?.bytes ?? '').publication.targets
    expect(targetsOf(2)).toBe(targetsOf(1))
    await (await start({}, { storage, now: () => begin + 50 * day })).close()
    expect(JSON.parse(targetsOf(3)).signed).toMatchObject({ version: 3, expires: '2026-05-21T00:00:00Z' })
  })

  it('refuses changes that would break the list, and keeps the old one', async () => {
    const registry = await start()
    await expect(registry.updateServers([servers[0]!, { ...servers[0]!, institutions: [] }])).rejects.toThrow(
      ConfigError,
    )
    await expect(
      registry.updateServers([{ server_name: 'x.example', institutions: ['gt-nobody'], status: 'active' }]),
    ).rejects.toThrow('gt-nobody')
    expect((await json<{ signed: { version: number } }>(registry, '/federation-list')).signed.version).toBe(1)
  })

  it('keeps its key to itself and refuses a root of another key', async () => {
    const registry = await start()
    const keyFile = join(folder, 'signing-key.pem')
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    await registry.close()
    rmSync(keyFile)
    await expect(start()).rejects.toThrow('does not name the key')
    writeFileSync(keyFile, 'no key')
    await expect(start()).rejects.toThrow('signing-key.pem')
  })

  it('renews its root before it expires, under the same key', async () => {
    const begin = Date.UTC(2026, 0, 1)
    const versionAfter = async (days: number) => {
      const registry = await start({}, { storage: memoryStorage(), now: () => begin + days * day })
      await registry.close()
      const verdict = parseRoot(registry.root)
      return verdict.ok && verdict.root.version
    }
    expect(await versionAfter(0)).toBe(1)
    expect(await versionAfter(1000)).toBe(1)
    expect(await versionAfter(1700)).toBe(2)
    expect(await versionAfter(9000)).toBe(3)
  })
})
