/** Names that look like one on the list, or that lie below or above it, are not on the list. */
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { signJson } from '@enlace/room-model'
import { TrustRepository } from '@enlace/trust/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakePartner } from '../testing/fake-partner.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { federationEntryPoints } from './entry-points.ts'

let world: FederatedWorld
let registry: Server
let hn: FederatedNode
let gt: FakePartner
let mal: FakePartner

beforeAll(async () => {
  world = await federatedWorld()
  ;[gt, mal] = await Promise.all([FakePartner.start(world, 'gt'), FakePartner.start(world, 'mal')])
  const repo = new TrustRepository()
  repo.publish(
    [
      { server_name: gt.serverName, institutions: ['gt-pgn'], status: 'active' },
      { server_name: mal.serverName, institutions: ['gt-ong'], status: 'suspended' },
      { server_name: '[2001:db8::8]:8448', institutions: [], status: 'active' },
    ],
    { institutions: { 'gt-pgn': { kind: 'child_protection', country: 'GT' } } },
  )
  registry = createServer((req, res) => {
    const bytes = repo.files.get((req.url ?? '').replace(/^\/trust\//, ''))
    if (bytes) res.end(bytes)
    else res.writeHead(404).end()
  })
  await new Promise<void>((done) => registry.listen(0, '127.0.0.1', done))
  const root = join(world.folder, 'root.json')
  await writeFile(root, repo.rootText)
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/federation-list`
  hn = await world.node('hn', { federation: { list: { url, root } } })
})
afterAll(async () => {
  await Promise.all([gt?.close(), mal?.close()])
  await world?.close()
  registry?.close()
})

const portOf = (name: string) => name.slice(name.lastIndexOf(':') + 1)
/** What somebody might call themselves so as to be taken for a server of the list, or for another than the suspended one. */
const alike = (name: string): string[] => {
  const port = portOf(name)
  const host = name.slice(0, -port.length - 1)
  const odd = Number(port) + 1
  return [
    name.toUpperCase(),
    `${host[0]!.toUpperCase()}${host.slice(1)}:${port}`,
    `${host}.:${port}`,
    `${host}..:${port}`,
    `.${host}:${port}`,
    host,
    `${host}:`,
    `${host}:${odd}`,
    `${host}:0${port}`,
    `${host}:${port}:${port}`,
    `${name}@${host}`,
    `evil-${name}`,
    `evil.${name}`,
    `${host}.evil:${port}`,
    `${host}.evil.example`,
    `${host}-evil:${port}`,
    `${host.replace('.', '-')}:${port}`,
    `xn--${host}:${port}`,
    // Cyrillic letters, as they are and as punycode; a full-width dot; a soft hyphen; a null byte.
    `${host.replace('t', 'т').replace('m', 'м')}:${port}`,
    `xn--g-ttb.localhost:${port}`,
    `${host.replace('.', '．')}:${port}`,
    `${host.slice(0, 1)}\u00ad${host.slice(1)}:${port}`,
    `${name}\u0000`,
    ` ${name}`,
    `${name} `,
    `127.0.0.1:${port}`,
    `[::1]:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    `%67t.localhost:${port}`,
    '',
    '*',
    'localhost',
    `*.localhost:${port}`,
  ].filter((one) => one !== name)
}
const sixes = ['[2001:DB8::8]:8448', '[2001:db8:0:0:0:0:0:8]:8448', '[2001:db8::8]', '2001:db8::8:8448']

test('8.5 no other spelling of a listed name is on the list, at any entry', () => {
  const { federation } = hn.ctx
  expect(() => federation.checkServer(gt.serverName, 'send')).not.toThrow()
  expect(federation.hosts(gt.serverName, 'gt-pgn')).toBe(true)
  for (const name of [...alike(gt.serverName), ...alike(mal.serverName), ...sixes]) {
    for (const entry of federationEntryPoints)
      expect(() => federation.checkServer(name, entry), `${name} at ${entry}`).toThrow()
    expect(federation.cutOff(name), name).toBe(true)
    expect(federation.hosts(name, 'gt-pgn'), name).toBe(false)
    expect(federation.institutionsAt(name), name).toEqual([])
  }
})

test('8.5 requests signed under such a name are refused before anybody is asked for its keys', async () => {
  const uri = `/_matrix/federation/v1/query/profile?user_id=${encodeURIComponent('@a:b')}`
  const asked = [gt.asked.length, mal.asked.length]
  for (const partner of [gt, mal])
    for (const origin of alike(partner.serverName)) {
      // What cannot stand in a header at all.
      if (/[^\u0020-\u007e]/.test(origin)) continue
      const signed = signJson({ method: 'GET', uri, origin, destination: hn.serverName }, origin, partner.key)
      const sig = (signed['signatures'] as Record<string, Record<string, string>>)[origin]![partner.key.keyId]
      const authorization = `X-Matrix origin="${origin}",destination="${hn.serverName}",key="${partner.key.keyId}",sig="${sig}"`
      const answer = await partner.call(hn, 'GET', uri, { authorization })
      expect([401, 403], `${origin}: ${answer.status}`).toContain(answer.status)
      if (answer.status === 403)
        expect(answer).toMatchObject({ 'org.enlace.rule': 'federation-list.unlisted' })
    }
  expect([gt.asked.length, mal.asked.length]).toEqual(asked)
})

test('8.5 people under such a name are nobody, whatever they say of themselves', async () => {
  for (const server of [...alike(gt.serverName), ...sixes]) {
    const member = await hn.ctx.policy.memberOf(`@coordinacion:${server}`)
    expect(member.institution, server).toBeUndefined()
  }
})
