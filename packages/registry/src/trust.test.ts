/** A registry that publishes what coordinators signed, and nothing else. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addSignatures,
  createRoot,
  draftProposal,
  FederationListKeeper,
  type ListedServer,
  openProposal,
  type Proposal,
  type Publication,
  parseRoot,
  publicationOf,
  type RootContent,
  signProposal,
  type TrustKey,
  verifyPublication,
} from '@enlace/trust'
import { type Coordinator, coordinator } from '@enlace/trust/testing'
import { pino } from 'pino'
import { io } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PUSH_PATH } from './http/push.ts'
import { createRegistry, type Registry, type RegistryOptions } from './index.ts'
import { openRegistryKey } from './signing.ts'
import { memoryStorage, takeFrom } from './testing.ts'

const day = 86_400_000
const now = () => Date.now()
const [hn1, hn2] = [coordinator('Honduras 1', 'HN'), coordinator('Honduras 2', 'HN')]
const [gt1, gt2] = [coordinator('Guatemala 1', 'GT'), coordinator('Guatemala 2', 'GT')]
const all = [hn1, hn2, gt1, gt2]
const server = (server_name: string, status: 'active' | 'suspended' = 'active'): ListedServer => ({
  server_name,
  institutions: [],
  status,
})

let folder: string
let online: TrustKey
const running: Registry[] = []
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-registry-'))
  online = await openRegistryKey(folder)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.close()))
  rmSync(folder, { recursive: true, force: true })
})

function rootOf(coordinators: Coordinator[], version: number, key = online): RootContent {
  return createRoot({
    version,
    expires: new Date(now() + 365 * day),
    coordinators,
    threshold: 2,
    online: [{ keyid: key.keyid, record: key.record }],
  })
}

function signed(proposal: Proposal, signers: Coordinator[]): Publication {
  let next = proposal
  for (const one of signers) {
    const opened = openProposal(next, { now: now() })
    if (!opened.ok) throw new Error(opened.detail)
    next = addSignatures(opened.opened, signProposal(opened.opened, one.key)!)!
  }
  const opened = openProposal(next, { now: now() })
  if (!opened.ok) throw new Error(opened.detail)
  return publicationOf(opened.opened)
}

function publication(
  servers: ListedServer[],
  signers: Coordinator[],
  { base, root, days = 90 }: { base?: Publication; root?: RootContent; days?: number } = {},
): Publication {
  const verdict = base && verifyPublication(base, { now: now(), allowExpired: true })
  if (verdict && !verdict.ok) throw new Error(verdict.detail)
  const draft = draftProposal({
    base: verdict?.verified,
    root: root ?? (base ? undefined : rootOf(all, 1)),
    servers,
    institutions: {},
    expires: new Date(now() + days * day),
  })
  return signed(draft, signers)
}

async function start(
  file: Publication,
  options: RegistryOptions = { storage: memoryStorage() },
): Promise<Registry> {
  const path = join(folder, 'published.json')
  writeFileSync(path, JSON.stringify(file))
  const registry = await createRegistry(
    { port: 0, data_dir: folder, trust: { publication: path } },
    { log: pino({ level: 'silent' }), ...options },
  )
  running.push(registry)
  return registry
}

function keeperOf(file: Publication): FederationListKeeper {
  const root = parseRoot(file.roots[0]!)
  if (!root.ok) throw new Error(root.detail)
  return new FederationListKeeper(root.root)
}

const post = (registry: Registry, body: unknown) =>
  fetch(`${registry.url}/trust/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('9.1: nodes take what one of each country signed; the next is sent to the running registry', async () => {
  const storage = memoryStorage()
  const first = publication([server('a.example')], [hn1, gt1])
  const registry = await start(first, { storage })
  const keeper = keeperOf(first)
  expect(await takeFrom(registry.url, keeper)).toMatchObject({ ok: true, list: { version: 1 } })
  expect((await fetch(`${registry.url}/readyz`)).status).toBe(200)
  const second = publication([server('a.example', 'suspended')], [hn2, gt2], { base: first })
  expect(await (await post(registry, second)).json()).toEqual({ version: 2 })
  expect(await takeFrom(registry.url, keeper)).toMatchObject({ ok: true, changed: true })
  const current = keeper.current(now())
  expect(current.usable && current.list.statusOf('a.example')).toBe('suspended')
  // Sent again it changes nothing; the earlier one is refused, and does not come back with a restart from its file.
  expect(await (await post(registry, second)).json()).toEqual({ version: 2 })
  expect(await (await post(registry, first)).json()).toMatchObject({ code: 'publication_rollback' })
  await registry.close()
  const again = await start(first, { storage })
  expect(await takeFrom(again.url, keeper)).toMatchObject({ ok: true, changed: false, list: { version: 2 } })
})

test('9.1: too few, one country, another list of the same version, damage: refused, and the list stays', async () => {
  const first = publication([server('a.example')], [hn1, gt1])
  const registry = await start(first)
  const keeper = keeperOf(first)
  await takeFrom(registry.url, keeper)
  const evil = (signers: Coordinator[], base = first) =>
    publication([server('evil.example')], signers, { base })
  const mallory = [coordinator('M', 'HN'), coordinator('N', 'GT')]
  const own = publication([server('evil.example')], mallory, { root: rootOf(mallory, 1) })
  for (const [body, code] of [
    [evil([hn1]), 'publication_bad_signature'],
    [evil([]), 'publication_bad_signature'],
    [evil([hn1, hn2]), 'publication_missing_country'],
    [{ ...evil([hn1, gt1]), list: first.list }, 'publication_mismatch'],
    [publication([server('evil.example')], [hn1, gt1]), 'publication_fork'],
    [own, 'publication_fork'],
    [publication([server('evil.example')], [hn1, gt1], { base: first, days: -1 }), 'publication_expired'],
    // A chain of somebody's own is not even verified.
    [
      { ...own, roots: own.roots.map((text) => text.replace(/"sig": ?"../g, '"sig":"00')) },
      'publication_fork',
    ],
    [{}, 'publication_malformed'],
    ['{', 'bad_body'],
    ['"x"', 'bad_body'],
    ['x'.repeat(9_000_000), 'too_large'],
  ] as const) {
    const answer = await post(registry, body)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(((await answer.json()) as { code: string }).code).toContain(code)
  }
  expect(await takeFrom(registry.url, keeper)).toMatchObject({
    ok: true,
    changed: false,
    list: { version: 1 },
  })
})

test('9.1: a coordinator’s lost key is replaced while the registry runs', async () => {
  const first = publication([server('a.example')], [hn1, gt1])
  const registry = await start(first)
  const keeper = keeperOf(first)
  await takeFrom(registry.url, keeper)
  const gt3 = coordinator('Guatemala 3', 'GT')
  const root = rootOf([hn1, hn2, gt1, gt3], 2)
  const rotated = publication([server('a.example')], [hn1, gt1, gt3], { base: first, root })
  expect(await (await post(registry, rotated)).json()).toEqual({ version: 2 })
  expect(await takeFrom(registry.url, keeper)).toMatchObject({ ok: true })
  expect(keeper.root.version).toBe(2)
  expect(JSON.parse(readFileSync(registry.rootPath, 'utf8')).signed.version).toBe(2)
  const late = publication([server('evil.example')], [hn2, gt2], { base: first })
  expect(((await (await post(registry, late)).json()) as { code: string }).code).toBe('publication_rollback')
})

test('9.1: it starts with nothing that coordinators did not sign, nor with another registry’s key', async () => {
  const first = publication([server('a.example')], [hn1, gt1])
  await expect(start(publication([server('a.example')], [hn1]))).rejects.toThrow('trust.publication')
  const elsewhere = rootOf(all, 1, coordinator('otro').key)
  await expect(start(publication([], [hn1, gt1], { root: elsewhere }))).rejects.toThrow('signing-key.pem')
  await expect(
    createRegistry({ port: 0, data_dir: folder, trust: { publication: 'x' }, servers: [server('a')] }),
  ).rejects.toThrow('servers')
  await expect(
    createRegistry(
      { port: 0, data_dir: folder, trust: { publication: join(folder, 'none') } },
      { storage: memoryStorage() },
    ),
  ).rejects.toThrow('cannot read')
  // Signatures that have ended stop the list, not the directory.
  const ended = await start(publication([server('a.example')], [hn1, gt1], { days: -1 }))
  expect((await fetch(`${ended.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${ended.url}/federation-list`)).status).toBe(503)
  expect((await fetch(`${ended.url}/services`)).status).toBe(200)
  expect(await (await post(ended, first)).json()).toEqual({ version: 1 })
  expect((await fetch(`${ended.url}/readyz`)).status).toBe(200)
})

test('9.1: a registry that lists its servers itself takes none from others', async () => {
  const registry = await createRegistry(
    { port: 0, data_dir: folder, servers: [] },
    { log: pino({ level: 'silent' }), storage: memoryStorage() },
  )
  running.push(registry)
  expect((await post(registry, publication([], [hn1, gt1]))).status).toBe(409)
})

test('9.1: coordinators take over from a registry that listed its servers itself, under the root nodes have', async () => {
  const storage = memoryStorage()
  const before = await createRegistry(
    { port: 0, data_dir: folder, servers: [server('a.example')] },
    { log: pino({ level: 'silent' }), storage },
  )
  running.push(before)
  const root = parseRoot(before.root)
  if (!root.ok) throw new Error(root.detail)
  const keeper = new FederationListKeeper(root.root)
  await takeFrom(before.url, keeper)
  const base = JSON.parse(storage.lists.get(1)?.bytes ?? '').publication as Publication
  await before.close()
  const registry: Coordinator = { key: online, keyid: online.keyid, record: online.record }
  const over = publication([server('a.example')], [hn1, gt1, registry], { base, root: rootOf(all, 2) })
  const after = await start(over, { storage })
  expect(await takeFrom(after.url, keeper)).toMatchObject({ ok: true, list: { version: 2 } })
  expect(keeper.root.content['x-enlace']?.countries).toHaveProperty('GT')
})

test('9.1: nodes are told over Socket.IO that something is published, also what they missed', async () => {
  const first = publication([server('a.example')], [hn1, gt1])
  const registry = await start(first)
  const heard: number[] = []
  const socket = io(registry.url, { path: PUSH_PATH, transports: ['websocket'] })
  socket.on('published', ({ version }: { version: number }) => heard.push(version))
  await expect.poll(() => heard).toEqual([1])
  await post(registry, publication([server('b.example')], [hn1, gt1], { base: first }))
  await expect.poll(() => heard).toEqual([1, 2])
  socket.disconnect()
  // A page's way in is closed, and other paths are the directory's.
  expect((await fetch(`${registry.url}${PUSH_PATH}/?EIO=4&transport=polling`)).status).toBe(400)
  expect((await fetch(`${registry.url}/trust/metadata/timestamp.json`)).status).toBe(200)
})
