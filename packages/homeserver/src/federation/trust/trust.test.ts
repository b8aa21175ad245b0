/** Who tells which node what about the network: compared between partners, shown to operators and coordinators. */
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { createRoster, generateTrustKey, type ListedServer } from '@enlace/trust'
import { coordinator, TrustRepository } from '@enlace/trust/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { person } from '../../testing/channel.ts'
import { FakePartner } from '../../testing/fake-partner.ts'
import { directoryOf } from '../../testing/node.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../../testing/world.ts'

let world: FederatedWorld
const registries: Server[] = []
beforeEach(async () => {
  world = await federatedWorld()
})
afterEach(async () => {
  await world?.close()
  for (const server of registries.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

const people = () => [coordinator('Honduras', 'HN'), coordinator('Guatemala', 'GT')]
const active = (server_name: string, more: Partial<ListedServer> = {}): ListedServer => ({
  server_name,
  institutions: [],
  status: 'active',
  ...more,
})

/** Serves a repository; returns a node's configuration that obeys it. */
async function registryOf(repo: TrustRepository): Promise<Record<string, unknown>> {
  const server = createServer((req, res) => {
    const bytes = repo.files.get((req.url ?? '').replace(/^\/trust\//, ''))
    if (bytes) res.end(bytes)
    else res.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  registries.push(server)
  const root = join(world.folder, `root-${registries.length}.json`)
  await writeFile(root, repo.rootText)
  const { port } = server.address() as AddressInfo
  return { federation: { list: { url: `http://127.0.0.1:${port}/federation-list`, root } } }
}

const refresh = (node: FederatedNode) => node.ctx.federation.refreshList()
const alarms = (node: FederatedNode) => node.ctx.federationList.report().alarms

test('9.1: partners compare what they were told; a fork is found, proven, and shown', async () => {
  const repo = new TrustRepository(people(), 2)
  const ports = [await freePort(), await freePort()] as const
  const names = [`hn.localhost:${ports[0]}`, `gt.localhost:${ports[1]}`] as const
  const at = (port: number) => ({ ports: { port, publicPort: port } })
  const servers = [active(names[0], { institutions: ['hn-x'] }), active(names[1])]
  const signed = { institutions: { 'hn-x': { kind: 'consular', country: 'HN' } } }
  // Who coordinates, its institution’s roster says.
  const key = generateTrustKey()
  repo.give('hn-x', [key])
  repo.publish(servers, signed)
  const members = ['coordinator', 'staff'].map((role) => ({
    userId: `@${role === 'staff' ? 'registro' : 'coordinacion'}:${names[0]}`,
    role: role as 'coordinator' | 'staff',
    since: 0,
  }))
  repo.speak('hn-x', { 'roster.json': await createRoster({ institution: 'hn-x', members, key }) })
  const config = await registryOf(repo)
  const other = repo.twin()
  const hn = await world.node(
    'hn',
    { ...config, institutions: ['hn-x'] },
    {
      ...at(ports[0]),
      overrides: { directory: () => directoryOf({ 'hn-x': { kind: 'consular', country: 'HN' } }) },
    },
  )
  const gt = await world.node('gt', await registryOf(other), at(ports[1]))
  expect([hn.serverName, gt.serverName]).toEqual(names)
  await hn.ctx.federationList.compare()
  expect(hn.ctx.federationList.report()).toMatchObject({
    usable: true,
    list_version: 1,
    alarms: [],
    partners: [{ server_name: gt.serverName, state: 'same' }],
    coordinators: [
      { name: 'Honduras', country: 'HN' },
      { name: 'Guatemala', country: 'GT' },
    ],
    signatures_needed: 2,
  })
  // Coordinators who sign two lists of one version: each node is told another one.
  repo.publish(servers, signed)
  other.publish([...servers, active('evil.example')], signed)
  await Promise.all([refresh(hn), refresh(gt)])
  expect(gt.ctx.federation.cutOff('evil.example')).toBe(false)
  await hn.ctx.federationList.compare()
  expect(alarms(hn)).toMatchObject([{ kind: 'fork', from: gt.serverName, proven: true }])
  expect(alarms(hn)[0]?.message.es).toContain('coordinaciones')
  await gt.ctx.federationList.compare()
  expect(alarms(gt)).toMatchObject([{ kind: 'fork', from: hn.serverName, proven: true }])
  // It outlives a restart; coordinators see it, others do not; operators have a figure.
  await hn.stop()
  await hn.start()
  const [coordinating, staff] = [
    await person(hn, 'coordinacion', 'hn-x', 'coordinator'),
    await person(hn, 'registro', 'hn-x', 'staff'),
  ]
  const path = '/_enlace/client/v1/trust'
  const report = await hn.call('GET', path, { token: coordinating.token })
  expect(report).toMatchObject({ list_version: 3, alarms: [{ kind: 'fork', proven: true }] })
  expect((await hn.call('GET', path, { token: staff.token, allowed: true })).status).toBe(403)
  expect((await hn.ctx.metrics.render()).text).toContain('enlace_trust_alarms{kind="fork"} 1')
})

test('9.1: a node that is kept back finds out from its partners; what only a partner says is called so', async () => {
  const repo = new TrustRepository(people(), 2)
  const partner = await FakePartner.start(world, 'gt')
  repo.publish([active(partner.serverName)])
  const hn = await world.node('hn', await registryOf(repo))
  const ahead = repo.twin()
  ahead.publish([active(partner.serverName), active('new.example')])
  const versions = {
    ...(hn.ctx.federationList.told()['versions'] as object),
    targets: { version: 2, digest: 'a'.repeat(64) },
  }
  const targets = Buffer.from(ahead.files.get('metadata/2.targets.json')!).toString()
  let told: Record<string, unknown> = { versions }
  partner.answers.set('GET /_enlace/federation/v1/trust-versions', () => told)
  await hn.ctx.federationList.compare()
  expect(alarms(hn)).toMatchObject([{ kind: 'behind', from: partner.serverName, proven: false }])
  told = { versions, targets }
  await hn.ctx.federationList.compare()
  expect(alarms(hn)).toMatchObject([{ kind: 'behind', proven: true }])
  // The registry gives it out after all: taken, because a partner had it.
  for (const [path, bytes] of ahead.files) repo.files.set(path, bytes)
  await hn.ctx.federationList.compare()
  expect(hn.ctx.federationList.report().list_version).toBe(2)
  // Nonsense raises nothing.
  for (const nonsense of [
    {},
    { versions: {} },
    { versions: { ...versions, earlier: { x: 1 } } },
    'x',
    null,
  ]) {
    told = nonsense as Record<string, unknown>
    await hn.ctx.federationList.compare()
  }
  expect(alarms(hn)).toHaveLength(1)
  await partner.close()
})

test('9.1: an older list, and one without its signatures, raise an alarm and are not taken', async () => {
  const repo = new TrustRepository(people(), 2)
  repo.publish([active('a.example')])
  const before = repo.twin()
  repo.publish([active('a.example'), active('b.example')])
  const hn = await world.node('hn', await registryOf(repo))
  const now = repo.twin()
  for (const [path, bytes] of before.files) repo.files.set(path, bytes)
  await refresh(hn)
  await refresh(hn)
  expect(alarms(hn)).toMatchObject([{ kind: 'rollback', proven: true }])
  for (const [path, bytes] of now.files) repo.files.set(path, bytes)
  repo.version = 2
  repo.publish([active('evil.example')], { signers: [repo.coordinators[0]!] })
  await refresh(hn)
  expect(
    alarms(hn)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(['rollback', 'unsigned'])
  expect(hn.ctx.federation.cutOff('b.example')).toBe(false)
  expect(hn.ctx.federation.cutOff('evil.example')).toBe(true)
})

test('9.1: a root that coordinators changed is followed, and again after a restart without the registry', async () => {
  const [hn1, gt1] = people() as [ReturnType<typeof coordinator>, ReturnType<typeof coordinator>]
  const repo = new TrustRepository([hn1, gt1], 2)
  repo.publish([active('a.example')])
  const node = await world.node('hn', await registryOf(repo))
  const gt2 = coordinator('Guatemala 2', 'GT')
  repo.rotate([hn1, gt2])
  repo.publish([active('b.example')])
  await refresh(node)
  expect(node.ctx.federationList.report()).toMatchObject({ root_version: 2, list_version: 2 })
  const [server] = registries
  server!.closeAllConnections()
  await new Promise((done) => server!.close(done))
  registries.length = 0
  await node.stop()
  await node.start()
  expect(node.ctx.federationList.report()).toMatchObject({ usable: true, root_version: 2, list_version: 2 })
})

test('9.1: a server whose keys coordinators named is believed with those alone', async () => {
  const repo = new TrustRepository(people(), 2)
  const partner = await FakePartner.start(world, 'gt')
  const keys = (key: string) => ({ verify_keys: { [partner.key.keyId]: key } })
  repo.publish([active(partner.serverName, keys(partner.key.publicKeyBase64))])
  const hn = await world.node('hn', await registryOf(repo))
  const ana = await hn.register('ana')
  const ask = () =>
    partner.call(hn, 'GET', `/_matrix/federation/v1/query/profile?user_id=${encodeURIComponent(ana.userId)}`)
  expect((await ask()).status).toBe(200)
  // Whoever has the name and a certificate, but not the key, is nobody.
  repo.publish([active(partner.serverName, keys('A'.repeat(43)))])
  await refresh(hn)
  expect((await ask()).status).toBe(401)
  repo.publish([active(partner.serverName)])
  await refresh(hn)
  expect((await ask()).status).toBe(200)
  await partner.close()
})
