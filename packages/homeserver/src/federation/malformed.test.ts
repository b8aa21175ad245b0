/** Resident servers that answer what the specification allows, and what it does not. */
import { finishEvent, generateSigningKey, type Pdu, roomVersion, signPdu } from '@enlace/room-model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakePartner, Refused } from '../testing/fake-partner.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const v11 = roomVersion('11')!
const malformed = { status: 502, errcode: 'ORG.ENLACE.MALFORMED_ANSWER' }
type Json = Record<string, unknown>

let world: FederatedWorld
let hn: FederatedNode
let gt: FakePartner
let ana: Awaited<ReturnType<FederatedNode['register']>>
let n = 0

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  gt = await FakePartner.start(world, 'gt')
  ana = await hn.register('ana')
})
afterAll(async () => {
  await gt?.close()
  await world?.close()
})

/** A room of the partner's, and its answers to a join. */
function room(joinRule: Json = { join_rule: 'public' }) {
  const roomId = `!sala${n++}:${gt.serverName}`
  const creator = `@beto:${gt.serverName}`
  const state: { pdu: Pdu; eventId: string }[] = []
  const put = (type: string, stateKey: string, content: Pdu['content']) => {
    const auth = state.filter(({ pdu }) =>
      ['m.room.create', 'm.room.member', 'm.room.power_levels'].includes(pdu.type),
    )
    state.push(
      finishEvent(
        {
          type,
          state_key: stateKey,
          content,
          room_id: roomId,
          sender: creator,
          origin_server_ts: Date.now(),
          depth: state.length + 1,
          prev_events: state.slice(-1).map(({ eventId }) => eventId),
          auth_events: auth.map(({ eventId }) => eventId),
        },
        v11,
        gt.serverName,
        gt.key,
      ),
    )
  }
  put('m.room.create', '', { room_version: '11' })
  put('m.room.member', creator, { membership: 'join' })
  put('m.room.power_levels', '', { users: { [creator]: 100 } })
  put('m.room.join_rules', '', joinRule as Pdu['content'])
  const restricted = joinRule['join_rule'] === 'restricted'
  const ids = state.map(({ eventId }) => eventId)
  const template = (membership: string): Json => ({
    room_version: '11',
    event: {
      type: 'm.room.member',
      room_id: roomId,
      sender: ana.userId,
      state_key: ana.userId,
      content: { membership, ...(restricted ? { join_authorised_via_users_server: creator } : {}) },
      depth: 5,
      prev_events: [ids.at(-1)],
      auth_events: [ids[0], ...(restricted ? [ids[1]] : []), ids[2], ids[3]],
    },
  })
  gt.answers.set(`GET /_matrix/federation/v1/make_join/${roomId}/${ana.userId}`, () => template('join'))
  const joined = (): Json => ({ origin: gt.serverName, state: state.map(({ pdu }) => pdu), auth_chain: [] })
  const onSend = (answer: (event: Pdu) => unknown) => {
    // The path ends with the id of our event, which the partner does not know beforehand.
    gt.fallback = (method, path, body) =>
      method === 'PUT' && path.startsWith(`/_matrix/federation/v2/send_join/${roomId}/`)
        ? answer(body as Pdu)
        : undefined
  }
  const join = () =>
    hn.call('POST', `/join/${enc(roomId)}?via=${gt.serverName}`, {
      token: ana.token,
      body: {},
      allowed: true,
    })
  return { roomId, creator, template, joined, onSend, join }
}

describe('a join', () => {
  test('is done when the answer leaves out the event', async () => {
    const { roomId, joined, onSend, join } = room()
    onSend(() => joined())
    expect(await join()).toMatchObject({ status: 200, room_id: roomId })
    expect((await hn.ctx.rooms.membership(roomId, ana.userId))?.membership).toBe('join')
  })

  test('of a restricted room needs the event, which the resident server has signed', async () => {
    const rule = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!x:y' }] }
    const without = room(rule)
    without.onSend(() => without.joined())
    expect(await without.join()).toMatchObject(malformed)
    const signed = room(rule)
    signed.onSend((event) => ({
      ...signed.joined(),
      event: signPdu(event, v11, gt.serverName, gt.key),
    }))
    expect(await signed.join()).toMatchObject({ status: 200 })
  })

  test.each<[string, (joined: Json) => unknown]>([
    ['no state', ({ state: _s, ...rest }) => rest],
    ['state that is no list', (joined) => ({ ...joined, state: {} })],
    ['no authorisation', ({ auth_chain: _a, ...rest }) => rest],
    ['members left out unasked', (joined) => ({ ...joined, members_omitted: true })],
    ['a list', () => []],
    ['nothing', () => null],
  ])('with %s in the answer fails as what it is', async (_what, change) => {
    const { roomId, joined, onSend, join } = room()
    onSend(() => change(joined()))
    const answer = await join()
    expect(answer).toMatchObject(malformed)
    expect((answer['org.enlace.message'] as { es: string }).es).toContain(gt.serverName)
    expect(await hn.ctx.rooms.membership(roomId, ana.userId)).toBeUndefined()
  })

  test.each<[string, (template: Json) => unknown]>([
    ['no event', ({ event: _e, ...rest }) => rest],
    ['no version', ({ room_version: _v, ...rest }) => rest],
    ['a depth with a fraction', (t) => ({ ...t, event: { ...(t['event'] as Json), depth: 1.5 } })],
    ['another person', (t) => ({ ...t, event: { ...(t['event'] as Json), sender: '@otra:x' } })],
    ['another room', (t) => ({ ...t, event: { ...(t['event'] as Json), room_id: '!otra:x' } })],
    ['a text', () => 'hola'],
  ])('with %s in the template fails as what it is', async (_what, change) => {
    const { roomId, template, join } = room()
    gt.answers.set(`GET /_matrix/federation/v1/make_join/${roomId}/${ana.userId}`, () =>
      change(template('join')),
    )
    expect(await join()).toMatchObject(malformed)
  })
})

test('an alias that leads nowhere, and an answer about it that is none, are two things', async () => {
  const alias = `#sala:${gt.serverName}`
  const ask = () => hn.call('GET', `/directory/room/${enc(alias)}`, { token: ana.token, allowed: true })
  expect(await ask()).toMatchObject({ status: 404, errcode: 'M_NOT_FOUND' })
  gt.answers.set('GET /_matrix/federation/v1/query/directory', () => ({ room_id: 7 }))
  expect(await ask()).toMatchObject(malformed)
})

test('an invitation that comes back without the signature is not sent', async () => {
  const roomId = String((await hn.call('POST', '/createRoom', { token: ana.token, body: {} }))['room_id'])
  const beto = `@beto:${gt.serverName}`
  const invite = () =>
    hn.call('POST', `/rooms/${enc(roomId)}/invite`, {
      token: ana.token,
      body: { user_id: beto },
      allowed: true,
    })
  const answers: ((event: Pdu) => unknown)[] = [
    () => ({}),
    () => ({ event: 'sí' }),
    (event) => ({ event }),
    (event) => ({ event: signPdu({ ...event, depth: 1 }, v11, gt.serverName, generateSigningKey()) }),
  ]
  for (const answer of answers) {
    gt.fallback = (method, path, body) =>
      method === 'PUT' && path.startsWith('/_matrix/federation/v2/invite/')
        ? answer((body as { event: Pdu }).event)
        : undefined
    expect(await invite()).toMatchObject(malformed)
  }
  expect(await hn.ctx.rooms.membership(roomId, beto)).toBeUndefined()
})

test('keys asked for: a partner that answers nonsense is told apart from one that is away', async () => {
  const beto = `@beto:${gt.serverName}`
  const ask = async () => {
    const answer = await hn.call('POST', '/keys/query', {
      token: ana.token,
      body: { device_keys: { [beto]: [] } },
    })
    return (answer['failures'] as Json)[gt.serverName]
  }
  gt.answers.set('POST /_matrix/federation/v1/user/keys/query', () => ({ device_keys: [] }))
  expect(await ask()).toMatchObject(malformed)
})

describe('room versions', () => {
  const create = (partner: FakePartner, more: Json = {}) =>
    hn.call('POST', '/createRoom', {
      token: ana.token,
      body: {
        is_direct: true,
        preset: 'trusted_private_chat',
        invite: [`@beto:${partner.serverName}`],
        ...more,
      },
      allowed: true,
    })
  const versionOf = async (roomId: unknown) => (await hn.ctx.rooms.room(String(roomId)))?.version.id

  /** Signs invitations to rooms of these versions; refuses others. */
  async function partnerThatTakes(name: string, versions: readonly string[], about?: Json) {
    const partner = await FakePartner.start(world, name)
    if (about) partner.answers.set('GET /_matrix/federation/v1/version', () => ({ server: about }))
    partner.fallback = (method, path, body) => {
      if (method !== 'PUT' || !path.startsWith('/_matrix/federation/v2/invite/')) return undefined
      const { room_version: version, event } = body as { room_version: string; event: Pdu }
      if (versions.includes(version))
        return { event: signPdu(event, roomVersion(version)!, partner.serverName, partner.key) }
      return new Refused(400, { errcode: 'M_INCOMPATIBLE_ROOM_VERSION', error: 'no', room_version: version })
    }
    return partner
  }

  test('a direct room is made in the highest version that the servers concerned take', async () => {
    const dendrite = await partnerThatTakes('dendrite', ['10', '11'], { name: 'Dendrite', version: '0.14.1' })
    const synapse = await partnerThatTakes('synapse', ['10', '11', '12'], {
      name: 'Synapse',
      version: '1.140.0',
    })
    const first = await create(dendrite)
    expect([first.status, await versionOf(first['room_id'])]).toEqual([200, '11'])
    const second = await create(synapse)
    expect([second.status, await versionOf(second['room_id'])]).toEqual([200, '12'])
    const both = [dendrite, synapse].map(({ serverName }) => `@beto:${serverName}`)
    const third = await create(synapse, { invite: both })
    expect([third.status, await versionOf(third['room_id'])]).toEqual([200, '11'])
    await Promise.all([dendrite.close(), synapse.close()])
  })

  test('a refusal is told with its cause and remembered for the next room', async () => {
    const other = await partnerThatTakes('otro', ['10'])
    const versions: unknown[] = []
    for (const at of [0, 1]) {
      const refused = await create(other)
      expect(refused).toMatchObject({ status: 400, errcode: 'M_INCOMPATIBLE_ROOM_VERSION' })
      expect((refused['org.enlace.message'] as { es: string }).es).toContain(other.serverName)
      versions[at] = refused['room_version']
    }
    expect(versions).toEqual(['12', '11'])
    const made = await create(other)
    expect([made.status, await versionOf(made['room_id'])]).toEqual([200, '10'])
    await other.close()
  })

  test('one nobody here knows is refused as what it is', async () => {
    expect(await create(gt, { room_version: '99', invite: [] })).toMatchObject({
      status: 400,
      errcode: 'M_UNSUPPORTED_ROOM_VERSION',
    })
    const { roomId, template, join } = room()
    gt.answers.set(`GET /_matrix/federation/v1/make_join/${roomId}/${ana.userId}`, () => ({
      ...template('join'),
      room_version: '99',
    }))
    expect(await join()).toMatchObject({
      status: 400,
      errcode: 'M_INCOMPATIBLE_ROOM_VERSION',
      room_version: '99',
    })
    gt.answers.set(
      `GET /_matrix/federation/v1/make_join/${roomId}/${ana.userId}`,
      () => new Refused(400, { errcode: 'M_INCOMPATIBLE_ROOM_VERSION', error: 'no', room_version: '98' }),
    )
    const told = await join()
    expect(told).toMatchObject({ status: 400, errcode: 'M_INCOMPATIBLE_ROOM_VERSION', room_version: '98' })
    expect((told['org.enlace.message'] as { es: string }).es).toContain('98')
  })
})
