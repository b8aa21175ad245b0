/** A partner that is on the list and does not mean well. */
import { randomBytes } from 'node:crypto'
import type { TopicPolicy } from '@enlace/coordination'
import { finishEvent, generateSigningKey } from '@enlace/room-model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coordinatorOf, foundChannel, foundCorridor } from '../testing/channels.ts'
import { FakePartner, type PartnerRoom } from '../testing/fake-partner.ts'
import { directoryOf } from '../testing/node.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const V1 = '/_matrix/federation/v1'
let world: FederatedWorld
let hn: FederatedNode
let bad: FakePartner
let other: FakePartner
let ana: Awaited<ReturnType<FederatedNode['register']>>
let user: string
let open: PartnerRoom
let secret: string
let n = 0

const hostsOfCourt = new Set<string>()
/** The node's clock, while a test holds it: what is counted by the minute is not counted anew on a slow machine. */
let held: number | undefined
const clock = { now: () => Date.now(), monotonic: () => held ?? performance.now() }

beforeAll(async () => {
  world = await federatedWorld()
  // The only court is hosted nowhere, until a test says otherwise: a channel for courts admits nobody.
  hn = await world.node(
    'hn',
    {},
    {
      overrides: {
        clock: () => clock,
        directory: () =>
          directoryOf({
            'gt-juzgado': { kind: 'court', country: 'GT' },
            'hn-registro': { kind: 'civil_registry', country: 'HN' },
          }),
        federationList: async (_ctx, standard) => ({
          ...(await standard()),
          hosts: (server, key) => key !== 'gt-juzgado' || hostsOfCourt.has(server),
        }),
      },
    },
  )
  bad = await FakePartner.start(world, 'bad')
  other = await FakePartner.start(world, 'other')
  ana = await hn.register('ana')
  user = `@mal:${bad.serverName}`
  open = await bad.join(hn, await room({ preset: 'public_chat' }), user)
  secret = await room({ preset: 'private_chat', name: 'Secreto' })
})
afterAll(async () => {
  await bad?.close()
  await other?.close()
  await world?.close()
})

async function room(body: Record<string, unknown>): Promise<string> {
  return String((await hn.call('POST', '/createRoom', { token: ana.token, body }))['room_id'])
}
const message = (body: string) => ({ type: 'm.room.message', content: { msgtype: 'm.text', body } })
const results = (answer: Record<string, unknown>) => answer['pdus'] as Record<string, { error?: string }>
const known = async (id: string) => (await hn.ctx.rooms.event(id))?.verdict
const txn = () => `t${n++}`

describe('requests', () => {
  const uri = `${V1}/query/profile?user_id=x`
  test('signed with a key that is not the origin’s', async () => {
    const thief = {
      authorization: other.authorization('GET', uri, hn.serverName, undefined, { origin: bad.serverName }),
    }
    expect(await bad.call(hn, 'GET', uri, thief)).toMatchObject({ status: 401, errcode: 'M_UNAUTHORIZED' })
  })
  test('signed for another server', async () => {
    const authorization = bad.authorization('GET', uri, other.serverName, undefined)
    expect((await bad.call(hn, 'GET', uri, { authorization })).status).toBe(401)
    // The same with the destination left out of the header, as old servers do.
    const hidden = authorization.replace(/destination="[^"]*",/, '')
    expect((await bad.call(hn, 'GET', uri, { authorization: hidden })).status).toBe(401)
  })
  test('with a body that is not the signed one', async () => {
    const put = `${V1}/send/${txn()}`
    const raw = JSON.stringify({ pdus: [], edus: [{}] })
    expect((await bad.call(hn, 'PUT', put, { body: { pdus: [] }, raw })).status).toBe(401)
  })
  test('not signed at all', async () => {
    for (const path of [`${V1}/send/x`, `${V1}/state/${enc(secret)}?event_id=x`, `${V1}/user/devices/x`]) {
      const method = path.includes('send') ? 'PUT' : 'GET'
      const answer = await bad.call(hn, method, path, {
        authorization: '',
        ...(method === 'PUT' ? { body: {} } : {}),
      })
      expect(answer.status).toBe(401)
    }
  })
  test('a huge body', async () => {
    const raw = `{"pdus":[],"x":"${'x'.repeat(17 * 1024 * 1024)}"}`
    const answer = await bad
      .call(hn, 'PUT', `${V1}/send/${txn()}`, { body: {}, raw })
      .catch(() => ({ status: 413 }))
    expect(answer.status).toBe(413)
  })
  test('JSON that goes deep, and JSON that is none', async () => {
    const raw = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    expect((await bad.call(hn, 'PUT', `${V1}/send/${txn()}`, { body: {}, raw })).status).toBe(401)
    expect(await bad.call(hn, 'PUT', `${V1}/send/${txn()}`, { body: {}, raw: '{"a":' })).toMatchObject({
      status: 400,
      errcode: 'M_NOT_JSON',
    })
  })
  test('too many events or notices', async () => {
    expect((await bad.send(hn, txn(), Array(51).fill({}))).status).toBe(400)
    expect((await bad.send(hn, txn(), [], Array(101).fill({}))).status).toBe(400)
  })
  test('unknown endpoints and methods', async () => {
    expect(await bad.call(hn, 'GET', `${V1}/nothing`)).toMatchObject({
      status: 404,
      errcode: 'M_UNRECOGNIZED',
    })
    expect(await bad.call(hn, 'POST', `${V1}/version`, { body: {} })).toMatchObject({
      status: 405,
      errcode: 'M_UNRECOGNIZED',
    })
  })
})

/** An answer without the id that every request has of its own. */
const sameButForItsId = ({ 'org.enlace.request_id': _id, ...answer }: Record<string, unknown>) => answer

describe('rooms the server is not in', () => {
  test('look the same as rooms that do not exist', async () => {
    const create = (await hn.ctx.rooms.currentState(secret)).get('m.room.create')!.eventId
    const nothing = `!nothing:${hn.serverName}`
    for (const [method, path, body] of [
      ['GET', (id: string) => `${V1}/state/${enc(id)}?event_id=${enc(create)}`],
      ['GET', (id: string) => `${V1}/state_ids/${enc(id)}?event_id=${enc(create)}`],
      ['GET', (id: string) => `${V1}/event_auth/${enc(id)}/${enc(create)}`],
      ['GET', (id: string) => `${V1}/backfill/${enc(id)}?v=${enc(create)}&limit=10`],
      ['GET', (id: string) => `${V1}/timestamp_to_event/${enc(id)}?ts=1&dir=f`],
      [
        'POST',
        (id: string) => `${V1}/get_missing_events/${enc(id)}`,
        { earliest_events: [], latest_events: [create] },
      ],
    ] as const) {
      const [mine, none] = await Promise.all(
        [secret, nothing].map((id) => bad.call(hn, method, path(id), body ? { body } : {})),
      )
      expect(mine).toMatchObject({ status: 403, errcode: 'M_FORBIDDEN' })
      expect(sameButForItsId(mine!)).toEqual(sameButForItsId(none!))
    }
    const [event, none] = await Promise.all([
      bad.call(hn, 'GET', `${V1}/event/${enc(create)}`),
      bad.call(hn, 'GET', `${V1}/event/${enc(`$${'a'.repeat(43)}`)}`),
    ])
    expect(event.status).toBe(404)
    expect(sameButForItsId(event)).toEqual(sameButForItsId(none))
    const [space, nowhere] = await Promise.all(
      [secret, nothing].map((id) => bad.call(hn, 'GET', `${V1}/hierarchy/${enc(id)}`)),
    )
    expect(space!.status).toBe(404)
    expect(sameButForItsId(space!)).toEqual(sameButForItsId(nowhere!))
  })
  test('events of one room are not given out by naming another', async () => {
    const create = (await hn.ctx.rooms.currentState(secret)).get('m.room.create')!.eventId
    for (const path of [
      `${V1}/state/${enc(open.roomId)}?event_id=${enc(create)}`,
      `${V1}/event_auth/${enc(open.roomId)}/${enc(create)}`,
    ])
      expect((await bad.call(hn, 'GET', path)).status).toBe(404)
    const missing = await bad.call(hn, 'POST', `${V1}/get_missing_events/${enc(open.roomId)}`, {
      body: { earliest_events: [], latest_events: [create] },
    })
    expect(missing['events']).toEqual([])
    const back = await bad.call(hn, 'GET', `${V1}/backfill/${enc(open.roomId)}?v=${enc(create)}&limit=10`)
    expect(back['pdus']).toEqual([])
  })
  test('cannot be joined without leave', async () => {
    await expect(bad.join(hn, secret, user)).rejects.toThrow('M_FORBIDDEN')
  })
})

describe('events', () => {
  test('one bad event does not keep the others out', async () => {
    const first = bad.event(open, user, message('uno'))
    const second = bad.event(open, user, message('dos'))
    const forged = finishEvent(
      { ...second.pdu, sender: ana.userId, content: { body: 'falso' } },
      open.version,
      bad.serverName,
      bad.key,
    )
    const answer = await bad.send(hn, txn(), [first.pdu, forged.pdu, { nonsense: true }, null, 7, second.pdu])
    expect(answer.status).toBe(200)
    expect(results(answer)[first.eventId]).toEqual({})
    expect(results(answer)[second.eventId]).toEqual({})
    expect(results(answer)[forged.eventId]?.error).toContain('not signed')
    expect(await known(forged.eventId)).toBeUndefined()
    expect(await known(second.eventId)).toBe('accept')
  })
  test('an event over 65,536 bytes is not taken, those beside it are', async () => {
    open.heads = [...(await hn.ctx.rooms.room(open.roomId))!.extremities]
    const large = bad.event({ ...open }, user, message('x'.repeat(65_500)))
    const small = bad.event(open, user, message('cabe'))
    await bad.send(hn, txn(), [large.pdu, small.pdu])
    expect([await known(large.eventId), await known(small.eventId)]).toEqual([undefined, 'accept'])
  })
  test('an event of another server’s user, signed by that server’s name with the wrong key', async () => {
    const draft = bad.event({ ...open, heads: [...open.heads] }, user, message('x')).pdu
    const thief = finishEvent(
      { ...draft, sender: `@x:${other.serverName}` },
      open.version,
      other.serverName,
      generateSigningKey(other.key.keyId),
    )
    const answer = await bad.send(hn, txn(), [thief.pdu])
    expect(results(answer)[thief.eventId]?.error).toContain('no valid signature')
  })
  test('a changed event is kept redacted, as its hash says', async () => {
    const { pdu, eventId } = bad.event(open, user, message('verdad'))
    const answer = await bad.send(hn, txn(), [{ ...pdu, content: { msgtype: 'm.text', body: 'mentira' } }])
    expect(results(answer)[eventId]).toEqual({})
    expect((await hn.ctx.rooms.event(eventId))?.pdu.content).toEqual({})
  })
  test('an event without the right to it is rejected, and changes nothing', async () => {
    const before = [...(await hn.ctx.rooms.currentState(open.roomId)).ids]
    const mine = { ...open, heads: [...open.heads] }
    const power = bad.event(mine, user, {
      type: 'm.room.power_levels',
      state_key: '',
      content: { users: { [user]: 100 } },
    })
    expect((await bad.send(hn, txn(), [power.pdu])).status).toBe(200)
    expect(await known(power.eventId)).toBe('reject')
    // Nor is there a state before what is no part of the room.
    for (const path of [
      `state/${enc(open.roomId)}?event_id=${enc(power.eventId)}`,
      `state_ids/${enc(open.roomId)}?event_id=${enc(power.eventId)}`,
      `event_auth/${enc(open.roomId)}/${enc(power.eventId)}`,
      `event/${enc(power.eventId)}`,
    ])
      expect(await bad.call(hn, 'GET', `${V1}/${path}`)).toMatchObject({
        status: 404,
        errcode: 'M_NOT_FOUND',
      })
    expect([...(await hn.ctx.rooms.currentState(open.roomId)).ids]).toEqual(before)
  })
  test('of a room this server is not in', async () => {
    const draft = bad.event({ ...open, heads: [...open.heads] }, user, message('x')).pdu
    const elsewhere = finishEvent(
      { ...draft, room_id: '!other:room.example' },
      open.version,
      bad.serverName,
      bad.key,
    )
    expect((await bad.send(hn, txn(), [elsewhere.pdu])).status).toBe(200)
    expect(await known(elsewhere.eventId)).toBeUndefined()
  })
  test('a transaction sent again is answered the same and done once', async () => {
    const { pdu, eventId } = bad.event(open, user, message('una vez'))
    const id = txn()
    const first = await bad.send(hn, id, [pdu])
    expect(await bad.send(hn, id, [])).toEqual(first)
    expect(await bad.send(hn, txn(), [pdu])).toEqual(first)
    const timeline = await hn.ctx.rooms.timeline(open.roomId, { dir: 'b', limit: 100 })
    expect(timeline.filter((event) => event.eventId === eventId)).toHaveLength(1)
  })
  test('a server the room’s access control list refuses says nothing in it', async () => {
    const roomId = await room({ preset: 'public_chat' })
    const mine = await bad.join(hn, roomId, user)
    const content = { allow: ['*'], deny: ['bad.localhost'] }
    await hn.call('PUT', `/rooms/${enc(roomId)}/state/m.room.server_acl/`, {
      token: ana.token,
      body: content,
    })
    const { pdu, eventId } = bad.event(mine, user, message('x'))
    expect(results(await bad.send(hn, txn(), [pdu]))[eventId]?.error).toContain('access control list')
    const path = `${V1}/backfill/${enc(roomId)}?v=${enc(mine.heads[0]!)}&limit=1`
    expect((await bad.call(hn, 'GET', path)).status).toBe(403)
    // The list comes before anything that is wrong with the request itself.
    const invite = `/_matrix/federation/v2/invite/${enc(roomId)}/${enc(eventId)}`
    expect((await bad.call(hn, 'PUT', invite, { body: { room_version: '99' } })).status).toBe(403)
    const gaps = `${V1}/get_missing_events/${enc(roomId)}`
    expect((await bad.call(hn, 'POST', gaps, { body: { limit: -1 } })).status).toBe(403)
    await expect(bad.join(hn, roomId, user)).rejects.toThrow('M_FORBIDDEN')
    const typing = { edu_type: 'm.typing', content: { room_id: roomId, user_id: user, typing: true } }
    await bad.send(hn, txn(), [], [typing])
    expect(hn.ctx.ephemeral.typing(roomId).userIds).toEqual([])
  })
})

describe('gaps', () => {
  test('are filled from the sender, in order', async () => {
    const missing = Array.from({ length: 7 }, (_, i) => bad.event(open, user, message(`hueco ${i}`)))
    const last = bad.event(open, user, message('fin'))
    bad.answers.set(`POST ${V1}/get_missing_events/${open.roomId}`, () => ({
      events: missing.map((one) => one.pdu),
    }))
    expect(results(await bad.send(hn, txn(), [last.pdu]))).toEqual({ [last.eventId]: {} })
    const bodies = (await hn.ctx.rooms.timeline(open.roomId, { dir: 'f', limit: 1_000 }))
      .map((event) => event.pdu.content['body'])
      .filter((body) => /^(hueco|fin)/.test(String(body)))
    expect(bodies).toEqual([...missing.map((_, i) => `hueco ${i}`), 'fin'])
  })
  test('too wide are jumped with the state of the sender', async () => {
    const skipped = bad.event(open, user, message('nunca visto'))
    const last = bad.event(open, user, message('después'))
    bad.answers.set(`POST ${V1}/get_missing_events/${open.roomId}`, () => ({ events: [] }))
    const ids = [...(await hn.ctx.rooms.currentState(open.roomId)).ids.values()]
    bad.answers.set(`GET ${V1}/state_ids/${open.roomId}`, () => ({ pdu_ids: ids, auth_chain_ids: [] }))
    bad.answers.set(`GET ${V1}/event/${skipped.eventId}`, () => ({ pdus: [skipped.pdu] }))
    expect(results(await bad.send(hn, txn(), [last.pdu]))).toEqual({ [last.eventId]: {} })
    expect(await known(last.eventId)).toBe('accept')
    expect([...(await hn.ctx.rooms.currentState(open.roomId)).ids.values()].sort()).toEqual(ids.sort())
  })
  test('that nobody fills are told to the sender, with bounded effort', async () => {
    bad.answers.delete(`GET ${V1}/state_ids/${open.roomId}`)
    bad.event(open, user, message('perdido'))
    const last = bad.event(open, user, message('colgado'))
    const before = bad.asked.length
    expect(results(await bad.send(hn, txn(), [last.pdu]))[last.eventId]?.error).toContain(
      'could not be fetched',
    )
    expect(bad.asked.length - before).toBeLessThan(10)
  })
})

describe('a channel with a policy', () => {
  test('lets nobody in whom it does not admit, whichever way they come', async () => {
    const chief = await coordinatorOf(hn, 'coordinacion', 'hn-registro')
    const corridor = await foundCorridor(chief)
    const policy: TopicPolicy = {
      topic: 'minors',
      admits: { institution_kinds: ['court'], roles: ['official'] },
      contact: { user_id: ana.userId, text: { es: 'la coordinación', en: 'the coordination' } },
    }
    const id = await foundChannel(chief, corridor, policy)
    const judge = `@juez:${bad.serverName}`
    // Somehow invited: as far as the room's own rules go, both may come in.
    const invite = (stateKey: string) =>
      hn.ctx.rooms.send({
        roomId: id,
        sender: chief.userId,
        type: 'm.room.member',
        stateKey,
        content: { membership: 'invite' },
      })
    for (const stateKey of [user, judge]) await invite(stateKey)
    const uri = `${V1}/make_join/${enc(id)}/${enc(user)}?ver=12`
    expect(await bad.call(hn, 'GET', uri)).toMatchObject({ status: 403, errcode: 'M_FORBIDDEN' })
    // Without asking first.
    const state = await hn.ctx.rooms.currentState(id)
    const version = (await hn.ctx.rooms.room(id))!.version
    const auth = ['m.room.power_levels', 'm.room.join_rules'].map((type) => state.get(type)!.eventId)
    const prev_events = [...(await hn.ctx.rooms.room(id))!.extremities]
    const joinOf = (who: string, from = state, heads = prev_events) =>
      finishEvent(
        {
          room_id: id,
          sender: who,
          type: 'm.room.member',
          state_key: who,
          content: { membership: 'join' },
          origin_server_ts: Date.now(),
          depth: 50,
          prev_events: heads,
          auth_events: [...auth, from.get('m.room.member', who)!.eventId],
        },
        version,
        bad.serverName,
        bad.key,
      )
    const { pdu, eventId } = joinOf(user)
    const put = `/_matrix/federation/v2/send_join/${enc(id)}/${enc(eventId)}`
    expect(await bad.call(hn, 'PUT', put, { body: pdu })).toMatchObject({
      status: 403,
      'org.enlace.rule': expect.stringContaining('topic-policy'),
    })
    await bad.send(hn, txn(), [pdu])
    expect((await hn.ctx.rooms.membership(id, user))?.membership).not.toBe('join')
    expect(await hn.ctx.rooms.joinedServers(id)).toEqual([hn.serverName])
    // A server that has a court may, for whom it says to be of it.
    hostsOfCourt.add(bad.serverName)
    await bad.send(hn, txn(), [joinOf(judge).pdu])
    expect((await hn.ctx.rooms.membership(id, judge))?.membership).not.toBe('join')
    const late = `@juez2:${bad.serverName}`
    bad.answers.set(`GET ${V1}/query/profile`, (_body, url) =>
      url.searchParams.get('user_id') === late
        ? { 'org.enlace.institution': 'gt-juzgado', 'org.enlace.role': 'official' }
        : undefined,
    )
    const invited = await invite(late)
    const now = await hn.ctx.rooms.currentState(id)
    await bad.send(hn, txn(), [joinOf(late, now, [invited.eventId]).pdu])
    expect((await hn.ctx.rooms.membership(id, late))?.membership).toBe('join')
  })
})

describe('a history without end', () => {
  test('costs a bounded number of requests, and the others in the room go on', async () => {
    const id = open.roomId
    const invented = () => `$${randomBytes(32).toString('base64url')}`
    const hanging = (body: string) => bad.event({ ...open, heads: [invented()] }, user, message(body))
    const before = bad.asked.length
    held = performance.now()
    // Whatever is asked for builds on more that is not there; every auth event names another.
    bad.answers.set(`POST ${V1}/get_missing_events/${id}`, () => ({
      events: Array.from({ length: 60 }, (_, i) => hanging(`sin fin ${i}`).pdu),
    }))
    bad.answers.set(`GET ${V1}/state_ids/${id}`, () => ({
      pdu_ids: Array.from({ length: 15 }, invented),
      auth_chain_ids: Array.from({ length: 15 }, invented),
    }))
    const answers = []
    for (let round = 0; round < 4; round++) {
      const pdus = Array.from({ length: 20 }, (_, i) => hanging(`cabeza ${i}`).pdu)
      answers.push(Object.values(results(await bad.send(hn, txn(), pdus))))
    }
    for (const one of answers.flat()) expect(one.error).toContain('could not be fetched')
    expect(bad.asked.length - before).toBeLessThanOrEqual(320)
    held = undefined
    bad.answers.delete(`POST ${V1}/get_missing_events/${id}`)
    bad.answers.delete(`GET ${V1}/state_ids/${id}`)
    const body = { msgtype: 'm.text', body: 'seguimos' }
    const path = `/rooms/${enc(id)}/send/m.room.message/${txn()}`
    expect((await hn.call('PUT', path, { token: ana.token, body })).status).toBe(200)
    // It may still say what builds on what is known.
    const room = (await hn.ctx.rooms.room(id))!
    open.heads = [...room.extremities]
    open.depth += 1_000
    const good = bad.event(open, user, message('en regla'))
    expect(results(await bad.send(hn, txn(), [good.pdu]))).toEqual({ [good.eventId]: {} })
    expect(await known(good.eventId)).toBe('accept')
  })
})

describe('what was rejected once', () => {
  test('stays rejected, and is no ground for anything else', async () => {
    const id = open.roomId
    open.heads = [...(await hn.ctx.rooms.room(id))!.extremities]
    // No right to make oneself powerful: rejected.
    const grab = bad.event(open, user, {
      type: 'm.room.power_levels',
      state_key: '',
      content: { users: { [user]: 100 } },
    })
    await bad.send(hn, txn(), [grab.pdu])
    expect(await known(grab.eventId)).toBe('reject')
    // What names it as its ground, or builds its state on it, has no more right than before.
    const powers = open.state.get('m.room.power_levels|')!
    open.state.set('m.room.power_levels|', grab.pdu)
    const by = bad.event(open, user, { type: 'm.room.topic', state_key: '', content: { topic: 'tomado' } })
    open.state.set('m.room.power_levels|', powers)
    open.heads = [grab.eventId]
    const after = bad.event(open, user, { type: 'm.room.topic', state_key: '', content: { topic: 'tomado' } })
    open.heads = [grab.eventId]
    const speech = bad.event(open, user, message('sobre lo rechazado'))
    await bad.send(hn, txn(), [by.pdu, after.pdu, speech.pdu])
    expect(await known(by.eventId)).toBe('reject')
    expect(await known(after.eventId)).toBe('reject')
    // A message that follows a rejected event is judged by the state without it.
    expect(await known(speech.eventId)).toBe('accept')
    // Sent again, by whomever, it is what it was.
    await bad.send(hn, txn(), [grab.pdu])
    await other.send(hn, txn(), [grab.pdu])
    expect(await known(grab.eventId)).toBe('reject')
    const state = await hn.ctx.rooms.currentState(id)
    expect(state.get('m.room.topic')?.pdu.content['topic']).not.toBe('tomado')
    expect(state.ids.get('m.room.power_levels\u0000')).not.toBe(grab.eventId)
  })
})

describe('memberships', () => {
  const put = (path: string, body: unknown) => bad.call(hn, 'PUT', path, { body })
  function member(roomId: string, about: { sender?: string; key?: string; membership: string }) {
    const sender = about.sender ?? user
    return bad.event({ ...open, roomId, heads: [...open.heads] }, sender, {
      type: 'm.room.member',
      state_key: about.key ?? sender,
      content: { membership: about.membership },
    })
  }
  test('send_join takes joins only, of the sender’s own users', async () => {
    for (const [about, status] of [
      [{ membership: 'leave' }, 400],
      [{ membership: 'join', key: `@somebody:${bad.serverName}` }, 400],
      [{ membership: 'join', sender: `@x:${other.serverName}` }, 403],
    ] as const) {
      const { pdu, eventId } = member(open.roomId, about)
      const path = `/_matrix/federation/v2/send_join/${enc(open.roomId)}/${enc(eventId)}`
      expect((await put(path, pdu)).status).toBe(status)
    }
    const { pdu } = member(open.roomId, { membership: 'join' })
    expect((await put(`/_matrix/federation/v2/send_join/${enc(open.roomId)}/$wrong`, pdu)).status).toBe(400)
    expect((await put(`/_matrix/federation/v2/send_join/${enc(secret)}/$wrong`, pdu)).status).toBe(400)
  })
  test('make_join is for the asking server’s users', async () => {
    const foreign = `${V1}/make_join/${enc(open.roomId)}/${enc(`@x:${other.serverName}`)}?ver=12`
    expect((await bad.call(hn, 'GET', foreign)).status).toBe(403)
    const old = `${V1}/make_join/${enc(open.roomId)}/${enc(user)}?ver=1&ver=9`
    expect(await bad.call(hn, 'GET', old)).toMatchObject({
      status: 400,
      errcode: 'M_INCOMPATIBLE_ROOM_VERSION',
      room_version: open.version.id,
    })
  })
  test('invite signs invitations only, for people of this server', async () => {
    const roomId = `!room:${bad.serverName}`
    const invite = (event: { pdu: unknown; eventId: string }, room_version = '11') =>
      put(`/_matrix/federation/v2/invite/${enc(roomId)}/${enc(event.eventId)}`, {
        room_version,
        event: event.pdu,
        invite_room_state: [],
      })
    const v11 = {
      ...open,
      roomId,
      version: { ...open.version, id: '11', roomIdIsCreateHash: false } as never,
      heads: [...open.heads],
    }
    const make = (type: string, key: string, membership: string, sender = user) =>
      bad.event({ ...v11 }, sender, { type, state_key: key, content: { membership } })
    expect((await invite(make('m.room.member', ana.userId, 'join'))).status).toBe(400)
    expect((await invite(make('m.room.power_levels', ana.userId, 'invite'))).status).toBe(400)
    expect((await invite(make('m.room.member', `@x:${other.serverName}`, 'invite'))).status).toBe(400)
    expect((await invite(make('m.room.member', `@nadie:${hn.serverName}`, 'invite'))).status).toBe(404)
    expect((await invite(make('m.room.member', ana.userId, 'invite', `@x:${other.serverName}`))).status).toBe(
      403,
    )
    const good = make('m.room.member', ana.userId, 'invite')
    expect(await invite(good, '9')).toMatchObject({ status: 400, errcode: 'M_INCOMPATIBLE_ROOM_VERSION' })
    expect(
      (await invite({ ...good, pdu: { ...good.pdu, content: { membership: 'invite', x: 1 } } })).status,
    ).toBe(200)
    expect((await invite(good)).status).toBe(200)
    // From version 12 on the create event has to prove which room it is.
    expect((await invite(good, '12')).status).toBe(400)
  })
  test('an invitation is taken back by those who may', async () => {
    const roomId = `!otra:${bad.serverName}`
    const v11 = {
      ...open,
      roomId,
      version: { ...open.version, id: '11', roomIdIsCreateHash: false } as never,
      heads: [...open.heads],
    }
    const invite = bad.event(v11, user, {
      type: 'm.room.member',
      state_key: ana.userId,
      content: { membership: 'invite' },
    })
    await put(`/_matrix/federation/v2/invite/${enc(roomId)}/${enc(invite.eventId)}`, {
      room_version: '11',
      event: invite.pdu,
      invite_room_state: [],
    })
    expect((await hn.ctx.rooms.membership(roomId, ana.userId))?.membership).toBe('invite')
    const leave = (auth: string[]) =>
      bad.event(v11, user, {
        type: 'm.room.member',
        state_key: ana.userId,
        content: { membership: 'leave' },
        auth_events: auth,
      })
    await bad.send(hn, txn(), [leave([]).pdu])
    expect((await hn.ctx.rooms.membership(roomId, ana.userId))?.membership).toBe('invite')
    await bad.send(hn, txn(), [leave([invite.eventId]).pdu])
    expect((await hn.ctx.rooms.membership(roomId, ana.userId))?.membership).toBe('leave')
  })
})

describe('notices', () => {
  test('a server speaks for its own users only', async () => {
    const foreign = `@x:${other.serverName}`
    await bad.send(
      hn,
      txn(),
      [],
      [
        { edu_type: 'm.typing', content: { room_id: open.roomId, user_id: foreign, typing: true } },
        { edu_type: 'm.typing', content: { room_id: secret, user_id: user, typing: true } },
        { edu_type: 'm.presence', content: { push: [{ user_id: foreign, presence: 'online' }] } },
        {
          edu_type: 'm.direct_to_device',
          content: {
            sender: foreign,
            type: 'x.y',
            message_id: 'a',
            messages: { [ana.userId]: { '*': { a: 1 } } },
          },
        },
        {
          edu_type: 'm.direct_to_device',
          content: {
            sender: user,
            type: 'x.z',
            message_id: 'b',
            messages: { [ana.userId]: { '*': { a: 2 } } },
          },
        },
        { edu_type: 'unheard.of', content: {} },
        null,
      ],
    )
    expect(hn.ctx.ephemeral.typing(open.roomId).userIds).toEqual([])
    expect(hn.ctx.ephemeral.typing(secret).userIds).toEqual([])
    const got = await eventually('the right one', async () => {
      const answer = await hn.call('GET', '/sync?timeout=0', { token: ana.token })
      const events = (answer['to_device'] as { events: { type: string }[] } | undefined)?.events ?? []
      return events.length > 0 && events
    })
    expect(got.map((event) => event.type)).toEqual(['x.z'])
    expect(hn.ctx.ephemeral.presenceOf(foreign)['presence']).toBe('offline')
  })
  test('devices and keys are those of this server’s people', async () => {
    const foreign = `@x:${other.serverName}`
    const ask = (path: string, body: unknown) => bad.call(hn, 'POST', `${V1}/user/keys/${path}`, { body })
    expect((await ask('query', { device_keys: { [foreign]: [] } })).status).toBe(400)
    expect((await ask('claim', { one_time_keys: { [foreign]: { D: 'signed_curve25519' } } })).status).toBe(
      400,
    )
    expect((await bad.call(hn, 'GET', `${V1}/user/devices/${enc(foreign)}`)).status).toBe(404)
    expect((await bad.call(hn, 'GET', `${V1}/user/devices/${enc(`@nadie:${hn.serverName}`)}`)).status).toBe(
      404,
    )
  })
})
