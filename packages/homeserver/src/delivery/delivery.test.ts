/** Two nodes, and a partner that lies: what the sender is told of a message, and what is never believed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakePartner, type PartnerRoom } from '../testing/fake-partner.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import type { EventLedger } from './types.ts'

const enc = encodeURIComponent
const EDU = 'org.enlace.delivered'
type Person = Awaited<ReturnType<FederatedNode['register']>>

let world: FederatedWorld
let hn: FederatedNode
let ana: Person
let n = 0
beforeEach(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  ana = await hn.register('ana')
})
afterEach(() => world?.close())

async function room(): Promise<string> {
  const body = { preset: 'public_chat' }
  return String((await hn.call('POST', '/createRoom', { token: ana.token, body }))['room_id'])
}
const join = (node: FederatedNode, person: Person, roomId: string) =>
  node.call('POST', `/join/${enc(roomId)}?via=${enc(hn.serverName)}`, { token: person.token, body: {} })
async function say(roomId: string, person = ana, node = hn): Promise<string> {
  const path = `/rooms/${enc(roomId)}/send/m.room.message/d${n++}`
  const body = { msgtype: 'm.text', body: 'x' }
  return String((await node.call('PUT', path, { token: person.token, body }))['event_id'])
}
type Sync = {
  next_batch: string
  rooms?: { join?: Record<string, { ephemeral?: { events: { type: string }[] } }> }
}
async function sync(node: FederatedNode, person: Person, since?: string, timeout = 0): Promise<Sync> {
  const query = `timeout=${timeout}${since === undefined ? '' : `&since=${since}`}`
  return (await node.call('GET', `/sync?${query}`, { token: person.token })) as unknown as Sync
}
/** A device takes what there is and comes back for more: what it got is acknowledged. */
async function acknowledge(node: FederatedNode, person: Person): Promise<string> {
  const { next_batch } = await sync(node, person)
  await sync(node, person, next_batch)
  await node.ctx.delivery.flush()
  return next_batch
}
const ledger = async (roomId: string, eventId: string, person = ana, node = hn) =>
  (await node.call('GET', `/_enlace/client/v1/rooms/${enc(roomId)}/delivery/${enc(eventId)}`, {
    token: person.token,
  })) as unknown as EventLedger & { status: number }
const at = (found: EventLedger, server: string) => found.servers.find((one) => one.server_name === server)!
const counts = (found: EventLedger, server: string) => {
  const [group] = at(found, server).institutions
  return group && { persons: group.persons, on_device: group.on_device, read: group.read }
}

describe('with a partner', () => {
  let gt: FederatedNode
  let beto: Person
  let carla: Person
  let roomId: string
  beforeEach(async () => {
    gt = await world.node('gt')
    beto = await gt.register('beto')
    carla = await gt.register('carla')
    roomId = await room()
    await join(gt, beto, roomId)
    await join(gt, carla, roomId)
    await here(carla)
  })
  /** Syncs on, as a client does, until there are news of a delivery. */
  async function newsOf(since: string): Promise<{ type: string }> {
    let from = since
    return eventually('news', async () => {
      const { next_batch, rooms } = await sync(hn, ana, from, 5_000)
      from = next_batch
      return rooms?.join?.[roomId]?.ephemeral?.events.find(({ type }) => type === 'org.enlace.delivery')
    })
  }
  const here = (person: Person) =>
    eventually('joined', async () => (await hn.ctx.rooms.members(roomId, 'join')).includes(person.userId))
  const heard = (eventId: string) =>
    eventually('heard', async () => {
      const pos = (await gt.ctx.rooms.event(eventId))?.pos
      return pos !== undefined && pos <= gt.ctx.stream.stable
    })

  test('accepted, on a device of each person, read; the sender is told as it happens', async () => {
    const eventId = await say(roomId)
    await heard(eventId)
    const accepted = await eventually('accepted', async () => {
      const found = await ledger(roomId, eventId)
      return at(found, gt.serverName).state === 'accepted' && found
    })
    expect(accepted.summary).toEqual({
      state: 'accepted',
      institutions: 1,
      on_device: 0,
      read: 0,
      readers: 0,
    })
    expect(at(accepted, gt.serverName).accepted_ts).toBeGreaterThan(0)
    expect(counts(accepted, gt.serverName)).toEqual({ persons: 2, on_device: 0, read: 0 })

    const { next_batch: since } = await sync(hn, ana)
    // That it was accepted may come first.
    const told = eventually('news, and the mark', async () => {
      const news = await newsOf(since)
      expect(news).toEqual({ type: 'org.enlace.delivery', content: { room_id: roomId } })
      const found = await ledger(roomId, eventId)
      return counts(found, gt.serverName)!.on_device === 1 && found
    })
    await acknowledge(gt, beto)
    const first = await told
    expect(counts(first, gt.serverName)).toEqual({ persons: 2, on_device: 1, read: 0 })
    expect(first.summary).toMatchObject({ state: 'on_device', on_device: 1 })

    await acknowledge(gt, carla)
    await gt.call('POST', `/rooms/${enc(roomId)}/receipt/m.read/${enc(eventId)}`, {
      token: beto.token,
      body: {},
    })
    const read = await eventually('read', async () => {
      const found = await ledger(roomId, eventId)
      return found.summary.state === 'read' && counts(found, gt.serverName)!.on_device === 2 && found
    })
    expect(counts(read, gt.serverName)).toEqual({ persons: 2, on_device: 2, read: 1 })
    expect(read.summary).toMatchObject({ institutions: 1, read: 1, readers: 1 })

    // The next one starts from nothing.
    const next = await say(roomId)
    expect((await ledger(roomId, next)).summary).toMatchObject({ on_device: 0, read: 0 })
    const both = (await hn.call(
      'GET',
      `/_enlace/client/v1/rooms/${enc(roomId)}/delivery?events=${enc(`${eventId},${next},$not-there`)}`,
      { token: ana.token },
    )) as unknown as { events: Record<string, { state: string }> }
    expect(Object.keys(both.events).sort()).toEqual([eventId, next].sort())
    expect(both.events[eventId]!.state).toBe('read')
  })

  test('a second device that is behind takes nothing back; a private receipt tells nobody', async () => {
    const slow = await gt.call('POST', '/login', {
      body: {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'beto' },
        password: 'una contraseña larga',
      },
    })
    const second: Person = { ...beto, token: String(slow['access_token']) }
    const { next_batch: early } = await sync(gt, second)
    const eventId = await say(roomId)
    await heard(eventId)
    await acknowledge(gt, beto)
    await sync(gt, second, early)
    await gt.ctx.delivery.flush()
    await gt.call('POST', `/rooms/${enc(roomId)}/receipt/m.read.private/${enc(eventId)}`, {
      token: beto.token,
      body: {},
    })
    const found = await eventually('on a device', async () => {
      const one = await ledger(roomId, eventId)
      return counts(one, gt.serverName)!.on_device === 1 && one
    })
    expect(counts(found, gt.serverName)).toEqual({ persons: 2, on_device: 1, read: 0 })
    // Nor at home: what beto's own node tells a colleague there.
    expect(counts(await ledger(roomId, eventId, carla, gt), gt.serverName)).toMatchObject({ read: 0 })
  })

  test('marks and times outlast a restart on both sides', async () => {
    const eventId = await say(roomId)
    await heard(eventId)
    await acknowledge(gt, beto)
    await eventually(
      'on a device',
      async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 1,
    )
    for (const node of [gt, hn]) {
      await node.stop()
      await node.start()
    }
    const after = await ledger(roomId, eventId)
    expect(at(after, gt.serverName)).toMatchObject({ state: 'accepted', accepted_ts: expect.any(Number) })
    expect(counts(after, gt.serverName)).toMatchObject({ on_device: 1 })
    // Acknowledged in the new run: found without the log's tail.
    await acknowledge(gt, carla)
    await eventually(
      'both',
      async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 2,
    )
  })

  test('a restart and a hundred messages of others in between do not hide what one sender waits for', async () => {
    const eventId = await say(roomId)
    await heard(eventId)
    for (let i = 0; i < 120; i++) await say(roomId, carla, gt)
    await gt.stop()
    await gt.start()
    await acknowledge(gt, beto)
    await eventually(
      'told',
      async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 1,
    )
  })

  test('what was acknowledged is told also when the sender was away meanwhile', async () => {
    const eventId = await say(roomId)
    await heard(eventId)
    await hn.stop()
    await acknowledge(gt, beto)
    await gt.stop()
    await gt.start()
    await hn.start()
    await eventually(
      'told',
      async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 1,
      30_000,
    )
  })

  test('who has left is not counted, and leaves no row', async () => {
    const eventId = await say(roomId)
    await heard(eventId)
    await acknowledge(gt, beto)
    await acknowledge(gt, carla)
    await eventually('two', async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 2)
    await gt.call('POST', `/rooms/${enc(roomId)}/leave`, { token: carla.token, body: {} })
    await eventually('one', async () => counts(await ledger(roomId, eventId), gt.serverName)!.persons === 1)
    expect(counts(await ledger(roomId, eventId), gt.serverName)).toMatchObject({ on_device: 1 })
    for (const node of [hn, gt]) {
      await eventually('row gone', async () => {
        await node.ctx.delivery.flush()
        const rows = node.ctx.db.connection.collection('delivery_marks')
        return (await rows.countDocuments({ user_id: carla.userId })) === 0
      })
    }
  })

  test('who came later is not expected to have it', async () => {
    const eventId = await say(roomId)
    const dora = await gt.register('dora')
    await join(gt, dora, roomId)
    await here(dora)
    expect(counts(await ledger(roomId, eventId), gt.serverName)).toMatchObject({ persons: 2 })
  })

  test('only members who can see an event may ask; another node’s event is answered as far as is known', async () => {
    const eventId = await say(roomId)
    const eva = await hn.register('eva')
    const path = `/_enlace/client/v1/rooms/${enc(roomId)}/delivery`
    const ask = (to: string, token: string) => hn.call('GET', to, { token, allowed: true })
    expect((await ask(`${path}/${enc(eventId)}`, eva.token)).status).toBe(404)
    expect((await ask(path, eva.token)).status).toBe(403)
    expect((await ask(`${path}/${enc('$nothing')}`, ana.token)).status).toBe(404)
    const elsewhere = await room()
    expect(
      (await ask(`/_enlace/client/v1/rooms/${enc(elsewhere)}/delivery/${enc(eventId)}`, ana.token)).status,
    ).toBe(404)
    expect((await ask(`${path}?events=${enc('no id')}`, ana.token)).status).toBe(400)
    const tooMany = Array.from({ length: 51 }, (_, i) => `$${i}`).join(',')
    expect((await ask(`${path}?events=${enc(tooMany)}`, ana.token)).status).toBe(400)

    const theirs = await say(roomId, beto, gt)
    // It is known a moment before it is on disk and has its place in the log.
    await expect.poll(async () => (await hn.ctx.rooms.event(theirs))?.pos, { timeout: 10_000 }).toBeDefined()
    const found = await ledger(roomId, theirs)
    expect(at(found, gt.serverName).state).toBe('unknown')
    expect(at(found, hn.serverName)).toMatchObject({ state: 'accepted', institutions: [{ persons: 1 }] })
  })

  test('a position that was never given out counts as what there is', async () => {
    const eventId = await say(roomId)
    await heard(eventId)
    gt.ctx.delivery.acknowledged(beto.userId, 999_999_999_999_999)
    await gt.ctx.delivery.flush()
    const next = await say(roomId)
    await heard(next)
    await eventually(
      'the first',
      async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 1,
    )
    expect(counts(await ledger(roomId, next), gt.serverName)).toMatchObject({ on_device: 0 })
  })

  test('many messages to many readers are a few EDUs and one row each', async () => {
    let transactions = 0
    const edus: unknown[] = []
    const { receive } = hn.ctx.delivery
    hn.ctx.delivery.receive = (origin, content) => {
      transactions++
      edus.push(content)
      return receive(origin, content)
    }
    let eventId = ''
    for (let i = 0; i < 30; i++) eventId = await say(roomId)
    await heard(eventId)
    const since = [await sync(gt, beto), await sync(gt, carla)]
    await sync(gt, beto, since[0]!.next_batch)
    await sync(gt, carla, since[1]!.next_batch)
    await gt.ctx.delivery.flush()
    await eventually(
      'both',
      async () => counts(await ledger(roomId, eventId), gt.serverName)!.on_device === 2,
    )
    expect(transactions).toBe(1)
    expect(edus).toEqual([
      {
        room_id: roomId,
        users: {
          [beto.userId]: { event_id: eventId, ts: expect.any(Number) },
          [carla.userId]: { event_id: eventId, ts: expect.any(Number) },
        },
      },
    ])
    // Nothing new: nothing told, nothing written.
    await acknowledge(gt, beto)
    await say(roomId)
    expect(edus).toHaveLength(1)
    expect(
      await hn.ctx.db.connection
        .collection('delivery_marks')
        .countDocuments({ room_id: roomId, user_id: /gt/ }),
    ).toBe(2)
  })
})

test('at home: colleagues’ devices and receipts count, one’s own do not', async () => {
  const bela = await hn.register('bela')
  const roomId = await room()
  await join(hn, bela, roomId)
  const eventId = await say(roomId)
  await acknowledge(hn, ana)
  expect((await ledger(roomId, eventId)).summary).toMatchObject({
    state: 'accepted',
    institutions: 1,
    on_device: 0,
  })
  await acknowledge(hn, bela)
  expect((await ledger(roomId, eventId)).summary).toMatchObject({ state: 'on_device', on_device: 1 })
  // Also what was acknowledged before the node was stopped, worked through in the next run.
  const next = await say(roomId)
  const { next_batch: since } = await sync(hn, bela)
  await hn.stop()
  await hn.start()
  await sync(hn, bela, since)
  await hn.ctx.delivery.flush()
  expect((await ledger(roomId, next)).summary).toMatchObject({ state: 'on_device', on_device: 1 })
  const alone = await room()
  const nobody = await say(alone)
  expect(await ledger(alone, nobody)).toMatchObject({
    servers: [],
    summary: { state: 'accepted', institutions: 0 },
  })
})

describe('a partner that lies', () => {
  let partner: FakePartner
  let joined: PartnerRoom
  let roomId: string
  let beto: string
  beforeEach(async () => {
    partner = await FakePartner.start(world, 'gt')
    beto = `@beto:${partner.serverName}`
    roomId = await room()
    joined = await partner.join(hn, roomId, beto)
  })
  afterEach(() => partner.close())
  let txn = 0
  const claim = (content: unknown) => partner.send(hn, `c${txn++}`, [], [{ edu_type: EDU, content }])
  const told = () =>
    partner.asked.flatMap(({ body }) =>
      ((body as { edus?: { edu_type: string; content: unknown }[] } | undefined)?.edus ?? []).filter(
        ({ edu_type }) => edu_type === EDU,
      ),
    )
  const marks = () => hn.ctx.db.connection.collection('delivery_marks').find({}).toArray()

  test('is believed for its own joined people and events of this node in that room, and nothing else', async () => {
    const eventId = await say(roomId)
    const other = await room()
    const elsewhere = await say(other)
    const its = partner.event(joined, beto, {
      type: 'm.room.message',
      content: { body: 'y', msgtype: 'm.text' },
    })
    await partner.send(hn, 'p1', [its.pdu])
    const one = { event_id: eventId, ts: Date.now() }
    const refused: unknown[] = [
      { room_id: roomId, users: { [ana.userId]: one } },
      { room_id: roomId, users: { '@eva:xx.localhost:1': one } },
      { room_id: roomId, users: { [`@nobody:${partner.serverName}`]: one } },
      { room_id: roomId, users: { [beto]: { event_id: elsewhere, ts: 1 } } },
      { room_id: other, users: { [beto]: { event_id: elsewhere, ts: 1 } } },
      { room_id: roomId, users: { [beto]: { event_id: its.eventId, ts: 1 } } },
      { room_id: roomId, users: { [beto]: { event_id: '$invented', ts: 1 } } },
      { room_id: roomId, users: { [beto]: { event_id: eventId } } },
      { room_id: roomId, users: { [beto]: { event_id: eventId, ts: -1 } } },
      { room_id: roomId, users: { [beto]: eventId } },
      { room_id: roomId, users: [eventId] },
      { room_id: 7, users: {} },
      { users: { [beto]: one } },
      {
        room_id: roomId,
        users: Object.fromEntries(
          Array.from({ length: 101 }, (_, i) => [`@u${i}:${partner.serverName}`, one]),
        ),
      },
      'x',
    ]
    for (const content of refused) expect((await claim(content)).status).toBe(200)
    expect(await marks()).toEqual([])
    expect((await ledger(roomId, eventId)).summary.on_device).toBe(0)

    await claim({ room_id: roomId, users: { [beto]: one, [ana.userId]: one } })
    expect(await marks()).toMatchObject([{ _id: `${roomId}|${beto}`, event_id: eventId }])
  })

  test('cannot date a delivery into the past or the future, nor take it back', async () => {
    const first = await say(roomId)
    const second = await say(roomId)
    await claim({ room_id: roomId, users: { [beto]: { event_id: second, ts: 1 } } })
    const sent = (await hn.ctx.rooms.event(second))!.receivedAt
    expect(await marks()).toMatchObject([{ event_id: second, ts: sent }])
    await claim({ room_id: roomId, users: { [beto]: { event_id: first, ts: 1 } } })
    expect(await marks()).toMatchObject([{ event_id: second }])
    const third = await say(roomId)
    await claim({ room_id: roomId, users: { [beto]: { event_id: third, ts: 9e15 - 1 } } })
    const [mark] = await marks()
    expect(mark).toMatchObject({ event_id: third })
    expect(mark!['ts']).toBeLessThanOrEqual(Date.now())
  })

  test('does not speak of deliveries at all: accepted is all that is claimed', async () => {
    const eventId = await say(roomId)
    const found = await eventually('accepted', async () => {
      const one = await ledger(roomId, eventId)
      return one.summary.state === 'accepted' && one
    })
    expect(counts(found, partner.serverName)).toEqual({ persons: 1, on_device: 0, read: 0 })
  })

  test('is told again, rather than never, when this node could not write down what it told', async () => {
    const its = partner.event(joined, beto, {
      type: 'm.room.message',
      content: { body: 'y', msgtype: 'm.text' },
    })
    await partner.send(hn, 'p3', [its.pdu])
    const model = hn.ctx.db.connection.models['delivery_marks']!
    const { bulkWrite } = model
    let failed = 0
    model.bulkWrite = (async () => {
      failed += 1
      throw new Error('disk')
    }) as unknown as typeof bulkWrite
    await acknowledge(hn, ana)
    expect(failed).toBe(1)
    expect(await marks()).toEqual([])
    model.bulkWrite = bulkWrite
    await hn.ctx.delivery.flush()
    expect(await marks()).toMatchObject([{ user_id: ana.userId, event_id: its.eventId }])
    await eventually('told', () => told().length > 0)
    for (const { content } of told())
      expect(content).toMatchObject({ users: { [ana.userId]: { event_id: its.eventId } } })
  })

  test('is told of deliveries of what its people sent, once, kept until it takes it', async () => {
    const its = partner.event(joined, beto, {
      type: 'm.room.message',
      content: { body: 'y', msgtype: 'm.text' },
    })
    await partner.send(hn, 'p2', [its.pdu])
    await acknowledge(hn, ana)
    await eventually('told', () => told().length > 0)
    await acknowledge(hn, ana)
    await say(roomId)
    expect(told()).toEqual([
      {
        edu_type: EDU,
        content: {
          room_id: roomId,
          users: { [ana.userId]: { event_id: its.eventId, ts: expect.any(Number) } },
        },
      },
    ])
  })
})
