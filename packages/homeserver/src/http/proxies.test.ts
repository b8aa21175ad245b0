import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { eventually, type FederatedWorld, federatedWorld } from '../testing/world.ts'

let world: FederatedWorld

beforeAll(async () => {
  world = await federatedWorld()
})
afterAll(async () => {
  await world?.close()
})

/** The address a node notes for a client behind two proxies, the nearer on the node's machine. */
async function seenAt(name: string, config: Record<string, unknown>): Promise<unknown> {
  const node = await world.node(name, config)
  const { token } = await node.register('ana')
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.5, 172.30.1.9' }
  // Noted beside the request, not before its answer; registering came from this machine.
  return eventually('an address behind the proxies', async () => {
    const answer = await fetch(`${node.clientUrl}/_matrix/client/v3/devices`, { headers })
    const seen = JSON.stringify(await answer.json())
    return /203\.0\.113\.5|172\.30\.1\.9/.test(seen) && seen
  })
}

test('a client behind a trusted proxy is known by its own address', async () => {
  expect(await seenAt('trusting', { trusted_proxies: ['172.16.0.0/12'] })).toContain('203.0.113.5')
})

test('a proxy nobody named cannot speak for its clients', async () => {
  const seen = await seenAt('wary', {})
  expect(seen).toContain('172.30.1.9')
  expect(seen).not.toContain('203.0.113.5')
})

test('what is no address is refused at start, by name', () => {
  const config = { server_name: 'a.example', data_dir: 'x', listeners: [{ port: 1, serves: ['client'] }] }
  expect(() => parseConfig({ ...config, trusted_proxies: ['proxy'] })).toThrow('trusted_proxies')
})
