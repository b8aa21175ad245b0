/** Partners that go away and come back: everything arrives once, in order. And the federation list. */

import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join as joinPath } from 'node:path'
import { createFederationList, createRoot, generateTrustKey } from '@enlace/trust'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  eventually,
  FakePartner,
  type FederatedNode,
  type FederatedWorld,
  federatedWorld,
} from '../testing/world.ts'

const enc = encodeURIComponent
let world: FederatedWorld
beforeEach(async () => {
  world = await federatedWorld()
})
afterEach(() => world?.close())

type Person = Awaited<ReturnType<FederatedNode['register']>>
let n = 0
async function sharedRoom(hn: FederatedNode, ana: Person, gt: FederatedNode, beto: Person): Promise<string> {
  const made = await hn.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } })
  const roomId = String(made['room_id'])
  const via = enc(hn.serverName)
  await gt.call('POST', `/join/${enc(roomId)}?via=${via}`, { token: beto.token, body: {} })
  return roomId
}
async function say(node: FederatedNode, person: Person, roomId: string, body: string): Promise<string> {
  const path = `/rooms/${enc(roomId)}/send/m.room.message/n${n++}`
  const answer = await node.call('PUT', path, { token: person.token, body: { msgtype: 'm.text', body } })
  return String(answer['event_id'])
}
async function heard(node: FederatedNode, roomId: string): Promise<string[]> {
  const events = await node.ctx.rooms.timeline(roomId, { dir: 'f', limit: 1_000 })
  return events
    .filter((event) => event.pdu.type === 'm.room.message')
    .map((event) => String(event.pdu.content['body']))
}
const delivery = async (node: FederatedNode, roomId: string) =>
  (await node.ctx.federation.delivery(roomId))[0]!

describe('a partner that is away', () => {
  test('gets every message and every key once, in order, when it is back; the sender is told', async () => {
    const [hn, gt] = await Promise.all([world.node('hn'), world.node('gt')])
    const [ana, beto] = [await hn.register('ana'), await gt.register('beto')]
    const roomId = await sharedRoom(hn, ana, gt, beto)
    await say(hn, ana, roomId, 'antes')
    await eventually('antes', async () => (await heard(gt, roomId)).length === 1)
    await eventually('delivered', async () => (await delivery(hn, roomId)).pending.length === 0)
    await gt.stop()
    const sent: string[] = []
    for (let i = 0; i < 120; i++) {
      await say(hn, ana, roomId, `m${i}`)
      sent.push(`m${i}`)
      if (i % 40 === 0)
        await hn.call('PUT', `/sendToDevice/x.key/k${i}`, {
          token: ana.token,
          body: { messages: { [beto.userId]: { '*': { i } } } },
        })
    }
    const away = await eventually('noticed', async () => {
      const state = await delivery(hn, roomId)
      return state.unreachableSinceTs !== undefined && state
    })
    expect(away.serverName).toBe(gt.serverName)
    expect(away.pending).toHaveLength(100)
    // The sender stops and starts, too: what waits is on disk.
    await hn.stop()
    await hn.start()
    await gt.start()
    await eventually('all', async () => (await heard(gt, roomId)).length >= 121, 40_000)
    expect(await heard(gt, roomId)).toEqual(['antes', ...sent])
    const after = await eventually('delivered', async () => {
      const state = await delivery(hn, roomId)
      return state.pending.length === 0 && state.unreachableSinceTs === undefined && state
    })
    expect(after.lastSuccessTs).toBeGreaterThan(0)
    const sync = await gt.call('GET', '/sync?timeout=0', { token: beto.token })
    const keys = (sync['to_device'] as { events: { type: string; content: { i: number } }[] }).events
    expect(keys.filter((event) => event.type === 'x.key').map((event) => event.content.i)).toEqual([
      0, 40, 80,
    ])
  })

  test('gets the same transaction again when the sender did not hear the answer', async () => {
    const hn = await world.node('hn')
    const ana = await hn.register('ana')
    const partner = await FakePartner.start(world, 'gt')
    const made = await hn.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } })
    const room = await partner.join(hn, String(made['room_id']), `@beto:${partner.serverName}`)
    const transactions = () =>
      partner.asked
        .filter(
          ({ url, body }) => url.pathname.includes('/send/') && (body as { pdus: unknown[] }).pdus.length > 0,
        )
        .map(({ url, body }) => ({
          id: url.pathname,
          pdus: (body as { pdus: { content: { body?: string } }[] }).pdus,
        }))
    // Takes the first transaction and gives no good answer.
    let deaf = true
    const get = partner.answers.get.bind(partner.answers)
    partner.answers.get = (key) => {
      if (!deaf || !key.includes('/send/')) return get(key)
      return () => {
        deaf = false
        return undefined
      }
    }
    await say(hn, ana, room.roomId, 'uno')
    await eventually('a second try', () => transactions().length >= 2)
    const [first, second] = transactions()
    expect(second!.id).toBe(first!.id)
    expect(second!.pdus).toEqual(first!.pdus)
    await partner.close()
  })
})

describe('the federation list', () => {
  let registry: Server
  let list: string
  let available = true
  const keys = [generateTrustKey(), generateTrustKey()]
  const publish = (
    version: number,
    servers: { server_name: string; status: 'active' | 'suspended' }[],
    signers = keys,
  ) => {
    list = JSON.stringify(
      createFederationList(
        {
          version,
          expires: new Date(Date.now() + 86_400_000),
          servers: servers.map((one) => ({ ...one, institutions: [] })),
        },
        signers,
      ),
    )
  }
  const refresh = (node: FederatedNode) => node.ctx.federation.refreshList()

  beforeEach(async () => {
    available = true
    registry = createServer((_req, res) => {
      if (!available) return void res.destroy()
      res.setHeader('etag', `"${list.length}-${list.slice(-40, -10)}"`)
      if (_req.headers['if-none-match'] === res.getHeader('etag')) return void res.writeHead(304).end()
      res.end(list)
    })
    await new Promise<void>((done) => registry.listen(0, '127.0.0.1', done))
    const root = createRoot({ keys, threshold: 2, version: 1, expires: new Date(Date.now() + 86_400_000) })
    await writeFile(joinPath(world.folder, 'root.json'), JSON.stringify(root))
  })
  afterEach(() => new Promise((done) => registry.close(done)))
  const obeying = () => ({
    federation: {
      list: {
        url: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/federation-list`,
        root: joinPath(world.folder, 'root.json'),
      },
    },
  })

  test('who is not on it is refused both ways; who is suspended is cut off, and comes back', async () => {
    const partner = await FakePartner.start(world, 'gt')
    publish(1, [])
    const hn = await world.node('hn', obeying())
    const ana = await hn.register('ana')
    const mal = `@mal:${partner.serverName}`
    const profile = `/_matrix/federation/v1/query/profile?user_id=${enc(ana.userId)}`
    const refused = await partner.call(hn, 'GET', profile)
    expect(refused).toMatchObject({
      status: 403,
      errcode: 'M_FORBIDDEN',
      'org.enlace.rule': 'federation-list.unlisted',
    })
    expect(String((refused['org.enlace.message'] as { en: string }).en)).toContain('registry')
    const made = await hn.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } })
    const roomId = String(made['room_id'])
    const invite = { token: ana.token, body: { user_id: mal }, allowed: true }
    expect(await hn.call('POST', `/rooms/${enc(roomId)}/invite`, invite)).toMatchObject({
      status: 403,
      'org.enlace.rule': 'federation-list.unlisted',
    })
    const join = `/join/${enc(`!x:${partner.serverName}`)}?via=${enc(partner.serverName)}`
    expect((await hn.call('POST', join, { token: ana.token, body: {}, allowed: true })).status).toBe(403)
    expect(partner.asked).toEqual([])

    publish(2, [{ server_name: partner.serverName, status: 'active' }])
    await refresh(hn)
    expect((await partner.call(hn, 'GET', profile)).status).toBe(200)
    const room = await partner.join(hn, roomId, mal)
    await say(hn, ana, roomId, 'uno')
    const bodies = () =>
      partner.asked.flatMap(({ url, body }) =>
        url.pathname.includes('/send/')
          ? (body as { pdus: { content: { body?: string } }[] }).pdus.map((pdu) => pdu.content.body)
          : [],
      )
    await eventually('uno', () => bodies().includes('uno'))

    publish(3, [{ server_name: partner.serverName, status: 'suspended' }])
    await refresh(hn)
    await say(hn, ana, roomId, 'dos')
    const { pdu } = partner.event(room, mal, { type: 'm.room.message', content: { body: 'yo' } })
    expect(await partner.send(hn, 'suspended', [pdu])).toMatchObject({
      status: 403,
      'org.enlace.rule': 'federation-list.suspended',
    })
    expect(await heard(hn, roomId)).not.toContain('yo')
    expect(bodies()).not.toContain('dos')

    // Older lists, and lists without the signatures, change nothing.
    publish(2, [{ server_name: partner.serverName, status: 'active' }])
    await refresh(hn)
    publish(4, [{ server_name: partner.serverName, status: 'active' }], [keys[0]!, generateTrustKey()])
    await refresh(hn)
    expect((await partner.call(hn, 'GET', profile)).status).toBe(403)

    publish(5, [{ server_name: partner.serverName, status: 'active' }])
    await refresh(hn)
    await eventually('dos', () => bodies().includes('dos'))
    await partner.close()
  })

  test('is obeyed from the kept copy while the registry is down, and without any nobody is trusted', async () => {
    const partner = await FakePartner.start(world, 'gt')
    const profile = (node: FederatedNode) =>
      partner.call(
        node,
        'GET',
        `/_matrix/federation/v1/query/profile?user_id=${enc(`@x:${node.serverName}`)}`,
      )
    publish(1, [{ server_name: partner.serverName, status: 'active' }])
    const hn = await world.node('hn', obeying())
    available = false
    await hn.stop()
    await hn.start()
    expect(hn.ctx.federation.ready()).toBe(true)
    expect((await profile(hn)).status).toBe(404)
    const ni = await world.node('ni', obeying())
    expect(ni.ctx.federation.ready()).toBe(false)
    expect(await profile(ni)).toMatchObject({ status: 403, 'org.enlace.rule': 'federation-list.no-list' })
    await partner.close()
  })
})
