/** Partners that go away and come back: everything arrives once, in order. And the federation list. */

import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join as joinPath } from 'node:path'
import { type Coordinator, coordinator, TrustRepository } from '@enlace/trust/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakePartner } from '../testing/fake-partner.ts'
import { directoryOf } from '../testing/node.ts'
import { RosterRegistry } from '../testing/rosters.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

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
    await eventually('all', async () => (await heard(gt, roomId)).length >= 121)
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
  let repo: TrustRepository
  let available = true
  const keys = [coordinator('Honduras', 'HN'), coordinator('Guatemala', 'GT')]
  const publish = (
    version: number,
    servers: {
      server_name: string
      status: 'active' | 'suspended'
      institutions?: string[]
      verify_keys?: Record<string, string>
    }[],
    signers: Coordinator[] = keys,
    more: { hours?: number; institutions?: Record<string, { kind: string; country: string }> } = {},
  ) =>
    repo.publish(
      servers.map((one) => ({ ...one, institutions: one.institutions ?? [] })),
      { version, signers, ...more },
    )
  const refresh = (node: FederatedNode) => node.ctx.federation.refreshList()

  beforeEach(async () => {
    available = true
    repo = new TrustRepository(keys, 2)
    registry = createServer((req, res) => {
      if (!available) return void res.destroy()
      const bytes = repo.files.get((req.url ?? '').replace(/^\/trust\//, ''))
      if (bytes) res.end(bytes)
      else res.writeHead(404).end()
    })
    await new Promise<void>((done) => registry.listen(0, '127.0.0.1', done))
    await writeFile(joinPath(world.folder, 'root.json'), repo.rootText)
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
    publish(
      4,
      [{ server_name: partner.serverName, status: 'active' }],
      [keys[0]!, coordinator('nadie', 'GT')],
    )
    await refresh(hn)
    expect((await partner.call(hn, 'GET', profile)).status).toBe(403)

    publish(5, [{ server_name: partner.serverName, status: 'active' }])
    await refresh(hn)
    await eventually('dos', () => bodies().includes('dos'))
    await partner.close()
  })

  test('8.9: a list that would live longer than a day is not taken', async () => {
    publish(1, [{ server_name: 'gt.example', status: 'active' }])
    const hn = await world.node('hn', obeying())
    publish(2, [{ server_name: 'gt.example', status: 'suspended' }], keys, { hours: 24 * 7 })
    await refresh(hn)
    expect(hn.ctx.federation.cutOff('gt.example')).toBe(false)
    publish(3, [{ server_name: 'gt.example', status: 'suspended' }])
    await refresh(hn)
    expect(hn.ctx.federation.cutOff('gt.example')).toBe(true)
  })

  test('8.9: what an institution is comes from the signed list, whatever the directory answers', async () => {
    const partner = await FakePartner.start(world, 'gt')
    const beto = `@beto:${partner.serverName}`
    const registry = new RosterRegistry({ 'gt-x': { kind: 'labour_inspection', country: 'GT' } })
    const federation = await registry.open(world)
    const servers = [{ server_name: partner.serverName, institutions: ['gt-x'] }]
    await registry.list(servers)
    await registry.roster('gt-x', [{ userId: beto, role: 'official' }])
    const overrides = {
      directory: () => directoryOf({ 'gt-x': { kind: 'child_protection', country: 'HN' } }),
    }
    const hn = await world.node('hn', { federation }, { overrides })
    registry.nodes.push(hn)
    await eventually('taken', async () => (await hn.ctx.policy.memberOf(beto)).institution !== undefined)
    expect(await hn.ctx.policy.memberOf(beto)).toEqual({
      institution: { key: 'gt-x', kind: 'labour_inspection', country: 'GT' },
      role: 'official',
    })
    // Placed, and not said what it is: the directory does not fill the gap.
    await registry.list(servers, {})
    await eventually('taken', async () => (await hn.ctx.policy.memberOf(beto)).institution === undefined)
    expect(await hn.ctx.policy.memberOf(beto)).toEqual({})
    await partner.close()
    await registry.close()
  })

  test('nothing is kept for a server that is not on it, or suspended', async () => {
    const partner = await FakePartner.start(world, 'gt')
    const gone = `@x:${partner.serverName}`
    publish(1, [{ server_name: 'ni.example', status: 'active' }])
    const hn = await world.node('hn', obeying())
    const ana = await hn.register('ana')
    const send = (...userIds: string[]) => {
      const messages = Object.fromEntries(userIds.map((id) => [id, { '*': { a: 1 } }]))
      const path = `/sendToDevice/x.y/n${n++}`
      return hn.call('PUT', path, { token: ana.token, body: { messages }, allowed: true })
    }
    const kept = async () =>
      (await hn.ctx.db.connection.collection('outgoing_edus').find({}).toArray()).map((doc) => doc['dest'])
    const refused = { status: 403, errcode: 'M_FORBIDDEN' }
    expect(await send(gone)).toMatchObject({ ...refused, 'org.enlace.rule': 'federation-list.unlisted' })
    // The others of a room get theirs.
    expect(await send(gone, ana.userId, '@y:ni.example')).toMatchObject({ status: 200 })
    const mine = await hn.call('GET', '/sync?timeout=0', { token: ana.token })
    expect((mine['to_device'] as { events: unknown[] }).events).toHaveLength(1)
    expect(await kept()).toEqual(['ni.example'])
    publish(2, [{ server_name: partner.serverName, status: 'suspended' }])
    await refresh(hn)
    expect(await send(gone)).toMatchObject({ ...refused, 'org.enlace.rule': 'federation-list.suspended' })
    for (const edu_type of [
      'm.presence',
      'm.receipt',
      'm.typing',
      'm.device_list_update',
      'm.signing_key_update',
    ])
      for (const durable of [true, false])
        await hn.ctx.federation.sendEdu([partner.serverName], { edu_type, content: {} }, { durable })
    expect(await kept()).toEqual(['ni.example'])
    publish(3, [{ server_name: partner.serverName, status: 'active' }])
    await refresh(hn)
    expect(await send(gone)).toMatchObject({ status: 200 })
    await eventually('what came after', () =>
      partner.asked.some(({ url }) => url.pathname.includes('/send/')),
    )
    const edus = partner.asked.flatMap(({ body }) => (body as { edus?: { edu_type: string }[] })?.edus ?? [])
    expect(edus.map(({ edu_type }) => edu_type)).toEqual(['m.direct_to_device'])
    // Nor does such a server bring anything here.
    const before = await hn.ctx.db.connection.collection('to_device_messages').countDocuments({})
    publish(4, [])
    await refresh(hn)
    const edu = {
      edu_type: 'm.direct_to_device',
      content: { sender: gone, type: 'x.y', message_id: 'm', messages: { [ana.userId]: { '*': { a: 1 } } } },
    }
    expect((await partner.send(hn, 'unlisted', [], [edu])).status).toBe(403)
    expect(await hn.ctx.db.connection.collection('to_device_messages').countDocuments({})).toBe(before)
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
