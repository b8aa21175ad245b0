/**
 * A partner passes on without its content what is not for this server's eyes: history from before its people came, of a
 * room that shows it to those who were there. The same event can be known here whole, as the state the room was joined
 * with. The whole copy counts, whichever comes first; only a redaction empties an event.
 */
import { finishEvent, type Pdu, redact, roomVersion, stateKeyOf } from '@enlace/room-model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { person, TestNetwork, type TestPerson } from '../testing/channel.ts'
import { FakePartner } from '../testing/fake-partner.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const v11 = roomVersion('11')!
const policyType = 'org.enlace.topic.policy'
const policy = {
  topic: 'minors',
  corridor: '!corredor:gt.example',
  admits: { institutions: ['hn-consulado'], roles: ['official'] },
  contact: { text: { es: 'la coordinación', en: 'the coordination' } },
}
const topic = { topic: 'Casos de niñez' }
type Finished = { pdu: Pdu; eventId: string }
type Json = Record<string, unknown>

let world: FederatedWorld
let hn: FederatedNode
let gt: FakePartner
let ana: TestPerson
let n = 0

beforeAll(async () => {
  world = await federatedWorld()
  const network = new TestNetwork({ 'hn-consulado': { kind: 'consulate', country: 'HN' } })
  hn = await world.node('hn', {}, { overrides: network.overrides(['hn-consulado']) })
  gt = await FakePartner.start(world, 'gt')
  ana = await person(hn, 'ana', 'hn-consulado', 'official')
})
afterAll(async () => {
  await gt?.close()
  await world?.close()
})

const hollow = ({ pdu }: Finished): Pdu => redact(pdu, v11)

/** A room of the partner's with a policy and a name, which a person of the node joins and leaves. */
function partnerRoom(policed = false) {
  const roomId = `!canal${n++}:${gt.serverName}`
  const creator = `@beto:${gt.serverName}`
  const state = new Map<string, Finished>()
  const line: Finished[] = []
  let ours: Finished | undefined
  const auth = () =>
    ['m.room.create|', `m.room.member|${creator}`, 'm.room.power_levels|'].flatMap(
      (key) => state.get(key)?.eventId ?? [],
    )
  const newest = () => [line, ours ? [ours] : []].flat().sort((a, b) => b.pdu.depth - a.pdu.depth)[0]
  const put = (type: string, stateKey: string | undefined, content: Json): Finished => {
    const before = newest()
    const event = finishEvent(
      {
        type,
        ...(stateKey === undefined ? {} : { state_key: stateKey }),
        content: content as Pdu['content'],
        room_id: roomId,
        sender: creator,
        origin_server_ts: Date.now(),
        depth: (before?.pdu.depth ?? 0) + 1,
        prev_events: before ? [before.eventId] : [],
        auth_events: auth(),
      },
      v11,
      gt.serverName,
      gt.key,
    )
    if (stateKey !== undefined) state.set(`${type}|${stateKey}`, event)
    line.push(event)
    return event
  }
  put('m.room.create', '', { room_version: '11' })
  put('m.room.member', creator, { membership: 'join' })
  put('m.room.power_levels', '', { users: { [creator]: 100 } })
  put('m.room.join_rules', '', { join_rule: 'public' })
  put('m.room.history_visibility', '', { history_visibility: 'joined' })
  const first = {
    decided: put(policed ? policyType : 'm.room.topic', '', policed ? policy : topic),
    name: put('m.room.name', '', { name: 'Niñez' }),
  }
  put('m.room.message', undefined, { msgtype: 'm.text', body: 'de antes' })

  /** What the partner gives of an event, in the answers of a join and of history. */
  const given = new Map<string, Pdu>()
  const shown = (event: Finished): Pdu => given.get(event.eventId) ?? event.pdu
  const all = () => [...state.values()].map((event) => shown(event))
  const fed = '/_matrix/federation'
  gt.answers.set(`GET ${fed}/v1/make_join/${roomId}/${ana.userId}`, () => ({
    room_version: '11',
    event: {
      type: 'm.room.member',
      room_id: roomId,
      sender: ana.userId,
      state_key: ana.userId,
      content: { membership: 'join' },
      depth: newest()!.pdu.depth + 1,
      prev_events: [newest()!.eventId],
      auth_events: [
        ...['m.room.create|', 'm.room.power_levels|', 'm.room.join_rules|'].map((key) => state.get(key)!),
      ].map(({ eventId }) => eventId),
    },
  }))
  let sending: Promise<unknown> = Promise.resolve()
  gt.fallback = (method, path) =>
    method === 'PUT' && path.startsWith(`${fed}/v2/send_join/${roomId}/`)
      ? { origin: gt.serverName, state: all(), auth_chain: [] }
      : undefined
  gt.answers.set(`GET ${fed}/v1/backfill/${roomId}`, () => ({
    pdus: [...line]
      .reverse()
      .map((event) => (event.pdu.state_key === undefined ? hollow(event) : shown(event))),
  }))
  const before = (ids: string[]) => ({ pdu_ids: ids, auth_chain_ids: [] as string[] })
  gt.answers.set(`GET ${fed}/v1/state_ids/${roomId}`, (_body, url) => {
    const at = line.findIndex(({ eventId }) => eventId === url.searchParams.get('event_id'))
    const then = new Map<string, string>()
    for (const { pdu, eventId } of line.slice(0, at))
      if (pdu.state_key !== undefined) then.set(`${pdu.type}|${pdu.state_key}`, eventId)
    return before([...then.values()])
  })

  return {
    roomId,
    creator,
    put,
    first,
    /** From now on the partner gives the event without its content, or whole. */
    give: (event: Finished, as: 'whole' | 'hollow') =>
      void given.set(event.eventId, as === 'whole' ? event.pdu : hollow(event)),
    async join() {
      await sending
      await hn.call('POST', `/join/${enc(roomId)}?via=${gt.serverName}`, { token: ana.token, body: {} })
      const id = (await hn.ctx.rooms.currentState(roomId)).ids.get(stateKeyOf('m.room.member', ana.userId))!
      ours = { eventId: id, pdu: (await hn.ctx.rooms.event(id))!.pdu }
      state.set(`m.room.member|${ana.userId}`, ours)
    },
    async leave() {
      await hn.call('POST', `/rooms/${enc(roomId)}/leave`, { token: ana.token, body: {} })
      const id = (await hn.ctx.rooms.currentState(roomId)).ids.get(stateKeyOf('m.room.member', ana.userId))!
      ours = { eventId: id, pdu: (await hn.ctx.rooms.event(id))!.pdu }
      state.set(`m.room.member|${ana.userId}`, ours)
    },
    /** Somebody here scrolls up to the beginning. */
    async scrollUp() {
      const ids = (await hn.ctx.rooms.room(roomId))!.extremities
      const { prev_events } = (await hn.ctx.rooms.events([...ids]))[0]!.pdu
      return hn.ctx.federation.backfill(roomId, prev_events, 100)
    },
    async send(event: Finished) {
      sending = gt.send(hn, `h${n++}`, [event.pdu])
      const answer = (await sending) as { pdus: Record<string, Json> }
      expect(answer.pdus[event.eventId]).toEqual({})
    },
    contentNow: async (type: string) => (await hn.ctx.rooms.currentState(roomId)).get(type)?.pdu.content,
  }
}

/** The same again after a restart: what is on disk is asked, not what is in memory. */
async function restart(): Promise<void> {
  await hn.stop()
  await hn.start()
}

describe('state that a partner passes on without its content', () => {
  test('takes nothing from what the room was joined with', async () => {
    const room = partnerRoom(true)
    await room.join()
    expect(await room.contentNow(policyType)).toEqual(policy)
    for (const event of [room.first.decided, room.first.name]) room.give(event, 'hollow')
    expect(await room.scrollUp()).toBeGreaterThan(0)
    const kept = await hn.ctx.rooms.event(room.first.decided.eventId)
    expect([kept?.outlier, kept?.verdict, kept?.pdu.content]).toEqual([false, 'accept', policy])
    await restart()
    expect(await room.contentNow(policyType)).toEqual(policy)
    expect(await room.contentNow('m.room.name')).toEqual({ name: 'Niñez' })
  })

  test('is filled in by history that brings it whole', async () => {
    const room = partnerRoom()
    room.give(room.first.decided, 'hollow')
    await room.join()
    expect(await room.contentNow('m.room.topic')).toEqual({})
    room.give(room.first.decided, 'whole')
    expect(await room.scrollUp()).toBeGreaterThan(0)
    await restart()
    expect(await room.contentNow('m.room.topic')).toEqual(topic)
  })

  test('is filled in by the state of a later join, though it has its place in the timeline by now', async () => {
    const room = partnerRoom()
    for (const event of [room.first.decided, room.first.name]) room.give(event, 'hollow')
    await room.join()
    await room.scrollUp()
    expect(await room.contentNow('m.room.topic')).toEqual({})
    await room.leave()
    for (const event of [room.first.decided, room.first.name]) room.give(event, 'whole')
    await room.join()
    await restart()
    expect(await room.contentNow('m.room.topic')).toEqual(topic)
    expect(await room.contentNow('m.room.name')).toEqual({ name: 'Niñez' })
  })

  test('is filled in by a transaction that brings it again', async () => {
    const room = partnerRoom()
    room.give(room.first.name, 'hollow')
    await room.join()
    await room.scrollUp()
    expect(await room.contentNow('m.room.name')).toEqual({})
    await room.send(room.first.name)
    await restart()
    expect(await room.contentNow('m.room.name')).toEqual({ name: 'Niñez' })
  })
})

test('what a redaction emptied stays empty, whoever brings it whole', async () => {
  const room = partnerRoom()
  await room.join()
  const { name } = room.first
  const redaction = room.put('m.room.redaction', undefined, { redacts: name.eventId })
  await room.send(redaction)
  expect(await room.contentNow('m.room.name')).toEqual({})
  room.give(name, 'whole')
  await room.scrollUp()
  await room.send(name)
  await room.leave()
  await room.join()
  await restart()
  const kept = await hn.ctx.rooms.event(name.eventId)
  expect([kept?.outlier, kept?.redactedBy, kept?.pdu.content]).toEqual([false, redaction.eventId, {}])
})

test('what is told to a partner: state that holds is whole, older state and words are not for those who came later', async () => {
  const { room_id } = await hn.call('POST', '/createRoom', {
    token: ana.token,
    body: {
      preset: 'public_chat',
      name: 'Primero',
      initial_state: [
        { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } },
        { type: policyType.replace('topic', 'test'), state_key: '', content: policy },
      ],
    },
  })
  const roomId = String(room_id)
  await hn.call('PUT', `/rooms/${enc(roomId)}/state/m.room.name`, {
    token: ana.token,
    body: { name: 'Segundo' },
  })
  const message = { msgtype: 'm.text', body: 'de antes' }
  await hn.call('PUT', `/rooms/${enc(roomId)}/send/m.room.message/t1`, { token: ana.token, body: message })
  const user = `@beto:${gt.serverName}`
  const joined = await gt.join(hn, roomId, user)
  const uri = `/_matrix/federation/v1/backfill/${enc(roomId)}?v=${enc(joined.heads[0]!)}&limit=100`
  const history = (await gt.call(hn, 'GET', uri))['pdus'] as Pdu[]
  const contents = (type: string) => history.filter((pdu) => pdu.type === type).map(({ content }) => content)
  expect(contents('org.enlace.test.policy')).toEqual([policy])
  expect(contents('m.room.name')).toEqual(expect.arrayContaining([{ name: 'Segundo' }, {}]))
  expect(contents('m.room.message')).toEqual([{}])
})
