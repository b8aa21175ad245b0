/** What a node makes of institutions' own words: kept, verified, served to clients, relayed, and told when something is wrong. */
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  createInstitutionTargets,
  createRoster,
  generateTrustKey,
  type ListedServer,
  signMetadata,
  type TrustKey,
} from '@enlace/trust'
import { coordinator, TrustRepository } from '@enlace/trust/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { directoryOf } from '../../testing/node.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../../testing/world.ts'

const key = generateTrustKey()
let world: FederatedWorld
let repo: TrustRepository
const registries: Server[] = []
const posted: unknown[] = []
beforeEach(async () => {
  world = await federatedWorld()
  repo = new TrustRepository([coordinator('Honduras', 'HN'), coordinator('Guatemala', 'GT')], 2)
  repo.give('gt-x', [key])
  repo.publish([placed()])
  posted.length = 0
})
afterEach(async () => {
  await world?.close()
  for (const server of registries.splice(0)) await close(server)
})

const placed = (): ListedServer => ({ server_name: 'gt.example', institutions: ['gt-x'], status: 'active' })
async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
}

/** Serves what `of` has; what is posted is noted and answered as a registry does that takes it. */
async function registryOf(of: () => TrustRepository): Promise<string> {
  const server = createServer((req, res) => {
    const path = (req.url ?? '').replace(/^\/trust\//, '')
    if (req.method === 'POST') {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        posted.push(JSON.parse(Buffer.concat(chunks).toString()))
        res.writeHead(200, { 'content-type': 'application/json' }).end('{"version":9}')
      })
      return
    }
    const bytes = of().files.get(path)
    const gated = /duty\.json$|network\.json$/.test(path) && path.startsWith('targets')
    if (gated && req.headers.authorization !== `Bearer ${'t'.repeat(32)}`) res.writeHead(403).end()
    else if (bytes) res.end(bytes)
    else res.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  registries.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/federation-list`
}

async function start(url: string, mirrors?: string[]): Promise<FederatedNode> {
  const root = join(world.folder, 'root.json')
  await writeFile(root, repo.rootText)
  const list = { url, root, network_token: 't'.repeat(32), ...(mirrors ? { mirrors } : {}) }
  return world.node(
    'hn',
    { federation: { list } },
    { overrides: { directory: () => directoryOf({ 'gt-x': { kind: 'consular', country: 'GT' } }) } },
  )
}

const roster = (...people: string[]) =>
  createRoster({
    institution: 'gt-x',
    members: people.map((userId) => ({ userId, role: 'staff' as const, since: 1 })),
    key,
  })
const duty = JSON.stringify({
  _type: 'enlace-duty',
  institution: 'gt-x',
  nonce: 'A'.repeat(22),
  revision: 4,
  duty: {},
})
const size = (node: FederatedNode) => {
  const current = node.ctx.federation.roster('gt-x')
  return current.usable ? current.roster.members.length : current.reason
}

test('9.2: a node takes rosters and duty, tells who asks, and has them after a restart without the registry', async () => {
  repo.speak('gt-x', { 'roster.json': await roster('@a:gt.example', '@b:gt.example'), 'duty.json': duty })
  const node = await start(await registryOf(() => repo))
  expect([size(node), node.ctx.federation.signedDuty('gt-x')?.revision]).toEqual([2, 4])
  const told: string[][] = []
  node.ctx.federation.onInstitutionChange((keys) => told.push(keys))
  repo.speak('gt-x', { 'roster.json': await roster('@a:gt.example') })
  await node.ctx.federation.refreshList()
  expect([size(node), told]).toEqual([1, [['gt-x']]])
  // A client that is signed in verifies by itself; nobody else is served.
  const ana = await node.register('ana')
  const path = '/_enlace/client/v1/trust/metadata'
  for (const file of ['1.root.json', 'timestamp.json', '2.gt-x.json']) {
    const answer = await node.call('GET', `${path}/${file}`, { token: ana.token })
    expect(answer).toHaveProperty('signed')
    expect((await node.call('GET', `${path}/${file}`, { allowed: true })).status).toBe(401)
  }
  const signed = JSON.parse(repo.files.get('metadata/2.gt-x.json')!.toString()) as {
    signed: { targets: Record<string, { hashes: { sha256: string } }> }
  }
  const { sha256 } = signed.signed.targets['gt-x/roster.json']!.hashes
  expect(
    await node.call('GET', `/_enlace/client/v1/trust/targets/gt-x/${sha256}.roster.json`, {
      token: ana.token,
    }),
  ).toMatchObject({ _type: 'enlace-roster' })
  expect((await node.call('GET', `${path}/7.gt-x.json`, { token: ana.token, allowed: true })).status).toBe(
    404,
  )
  await close(registries.pop()!)
  await node.stop()
  await node.start()
  expect(size(node)).toBe(1)
})

test('9.2: a fork, an older word and a foreign signature raise an alarm that names the institution; the list goes on', async () => {
  repo.speak('gt-x', { 'roster.json': await roster('@a:gt.example') })
  const older = repo.twin()
  const node = await start(await registryOf(() => repo))
  repo.speak('gt-x', { 'roster.json': await roster() })
  await node.ctx.federation.refreshList()
  repo.speak('gt-x', { 'roster.json': await roster('@m:gt.example') }, { signers: [generateTrustKey()] })
  repo.publish([placed(), { server_name: 'b.example', institutions: [], status: 'active' }])
  await node.ctx.federation.refreshList()
  expect(node.ctx.federationList.allows('b.example')).toBe(true)
  repo.speak('gt-x', { 'roster.json': await roster('@m:gt.example') }, { version: 2 })
  await node.ctx.federation.refreshList()
  repo.spoken = { ...older.spoken }
  repo.version++
  repo.renew()
  await node.ctx.federation.refreshList()
  const report = node.ctx.federationList.report()
  expect(report.alarms.map(({ kind, institution }) => [kind, institution]).sort()).toEqual([
    ['fork', 'gt-x'],
    ['rollback', 'gt-x'],
    ['unsigned', 'gt-x'],
  ])
  expect(report.alarms[0]?.message.es).toContain('gt-x')
  expect(report.institution_problems).toMatchObject([{ institution: 'gt-x', reason: 'rollback' }])
  expect(size(node)).toBe(0)
})

test('9.2: a key that coordinators replaced has no say from the moment the list says so', async () => {
  repo.speak('gt-x', { 'roster.json': await roster('@a:gt.example') })
  const node = await start(await registryOf(() => repo))
  expect(size(node)).toBe(1)
  const told: string[][] = []
  node.ctx.federation.onInstitutionChange((keys) => told.push(keys))
  repo.give('gt-x', [generateTrustKey()])
  repo.publish([placed()])
  await node.ctx.federation.refreshList()
  expect([size(node), told]).toEqual(['refused', [['gt-x']]])
})

test('9.2: a node checks what its users publish for an institution, and hands on what is good', async () => {
  repo.speak('gt-x', { 'roster.json': await roster('@a:gt.example') })
  const node = await start(await registryOf(() => repo))
  const ana = await node.register('ana')
  const publication = async (signer: TrustKey, version: number) => {
    const files = { 'roster.json': await roster('@b:gt.example') }
    const expires = new Date(Date.now() + 86_400_000)
    const targets = createInstitutionTargets({ institution: 'gt-x', version, expires, files })
    return {
      _type: 'enlace-institution-publication',
      role: 'gt-x',
      metadata: JSON.stringify(signMetadata(targets, [signer])),
      targets: { 'gt-x/roster.json': files['roster.json'] },
    }
  }
  const send = (body: unknown, to = 'gt-x') =>
    node.call('POST', `/_enlace/client/v1/trust/institutions/${to}`, {
      token: ana.token,
      body,
      allowed: true,
    })
  expect(await send(await publication(key, 2))).toMatchObject({ status: 200, version: 9 })
  expect(posted).toHaveLength(1)
  expect(await send(await publication(generateTrustKey(), 2))).toMatchObject({
    status: 403,
    'org.enlace.rule': 'institution.bad-signature',
    'org.enlace.message': { es: expect.stringContaining('gt-x') },
  })
  expect(await send(await publication(key, 1))).toMatchObject({ 'org.enlace.rule': 'institution.fork' })
  expect((await send(await publication(key, 2), 'gt-y')).status).toBe(400)
  expect((await send({})).status).toBe(400)
  expect(posted).toHaveLength(1)
  await close(registries.pop()!)
  expect(await send(await publication(key, 3))).toMatchObject({ status: 502 })
})

test('9.10: with one of two registries gone a node takes what the other has, and one that is behind is no alarm', async () => {
  const behind = repo.twin()
  let at = repo
  const [first, second] = [await registryOf(() => at), await registryOf(() => behind)]
  const node = await start(first, [second])
  repo.speak('gt-x', { 'roster.json': await roster('@a:gt.example') })
  await node.ctx.federation.refreshList()
  expect(size(node)).toBe(1)
  await node.ctx.federation.refreshList()
  expect(node.ctx.federationList.report().alarms).toEqual([])
  // The first is gone; the second, which caught up, goes on.
  at = new TrustRepository()
  await close(registries.shift()!)
  for (const [path, bytes] of repo.files) behind.files.set(path, bytes)
  Object.assign(behind, { version: repo.version + 1_000, spoken: { ...repo.spoken } })
  behind.speak('gt-x', { 'roster.json': await roster('@a:gt.example', '@b:gt.example') })
  await node.ctx.federation.refreshList()
  expect(size(node)).toBe(2)
  expect(node.ctx.federationList.report().alarms).toEqual([])
})
