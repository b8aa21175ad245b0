/** A partner that is on the list, with a good key, and its people in a channel about children. */
import { topicPolicyEventType } from '@enlace/coordination'
import { eventId, type Pdu, readPdu, stateKeyOf } from '@enlace/room-model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { channel, person, profilesOf, TestNetwork, type TestPerson } from '../testing/channel.ts'
import { FakePartner, type PartnerRoom } from '../testing/fake-partner.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const network = new TestNetwork({
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'gt-pgn': { kind: 'child_protection', country: 'GT' },
  'gt-ong': { kind: 'ngo', country: 'GT' },
})
const people = new Map<string, { institution?: string; role?: string }>()
let world: FederatedWorld
let hn: FederatedNode
let gt: FakePartner
let chief: TestPerson
let at: (localpart: string) => string
let minors: string
let room: PartnerRoom
let n = 0
const txn = () => `v${n++}`

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn', {}, { overrides: network.overrides(['hn-dinaf']) })
  gt = await FakePartner.start(world, 'gt')
  at = (localpart) => `@${localpart}:${gt.serverName}`
  network.hosts.set(gt.serverName, new Set(['gt-pgn', 'gt-ong']))
  profilesOf(gt, people)
  people.set(at('coordinacion'), { institution: 'gt-pgn', role: 'coordinator' })
  people.set(at('trabajadora'), { institution: 'gt-pgn', role: 'staff' })
  people.set(at('ajeno'), { institution: 'gt-ong', role: 'staff' })
  chief = await person(hn, 'coordinacion', 'hn-dinaf', 'coordinator')
})
afterAll(async () => {
  await gt?.close()
  await world?.close()
})

beforeEach(async () => {
  network.suspended.clear()
  minors = await channel(
    hn,
    chief,
    { institution_kinds: ['child_protection'] },
    { coordinators: [at('coordinacion')], joinRule: 'knock' },
  )
  room = await enter(at('coordinacion'))
})

const invite = (userId: string) =>
  hn.call('POST', `/rooms/${enc(minors)}/invite`, {
    token: chief.token,
    body: { user_id: userId },
    allowed: true,
  })

/** Invited here, in the room there. */
async function enter(userId: string): Promise<PartnerRoom> {
  gt.answers.clear()
  profilesOf(gt, people)
  gt.answers.set('GET /_matrix/key/v2/server', () => gt.keys())
  await hn.ctx.rooms.send({
    roomId: minors,
    sender: chief.userId,
    type: 'm.room.member',
    stateKey: userId,
    content: { membership: 'invite' },
  })
  return gt.join(hn, minors, userId)
}
const membership = async (userId: string) => (await hn.ctx.rooms.membership(minors, userId))?.membership
const inRoom = async (userId: string) => {
  const state = (await hn.ctx.rooms.currentState(minors)).ids.get(stateKeyOf('m.room.member', userId))
  return state === undefined ? undefined : (await hn.ctx.rooms.event(state))?.pdu.content['membership']
}
/** A membership event that the partner makes by itself, on top of the room as it sees it. */
function member(sender: string, userId: string, value: string, more: Partial<Pdu> = {}) {
  const keys = ['m.room.power_levels|', 'm.room.join_rules|', `m.room.member|${sender}`]
  if (sender !== userId) keys.push(`m.room.member|${userId}`)
  const built = gt.event(room, sender, {
    type: 'm.room.member',
    state_key: userId,
    content: { membership: value },
    auth_events: keys.flatMap((key) => room.state.get(key) ?? []).map((pdu) => eventId(pdu, room.version)),
    ...more,
  })
  room.state.set(`m.room.member|${userId}`, built.pdu)
  return built
}
const verdict = async (id: string) => (await hn.ctx.rooms.event(id))?.verdict
const message = (sender: string, body: string) =>
  gt.event(room, sender, {
    type: 'm.room.encrypted',
    content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: body, session_id: 'sesion' },
  })
const vouched = async () => {
  const answer = await hn.call('GET', `/_enlace/client/v1/rooms/${enc(minors)}/vouched`, {
    token: chief.token,
  })
  return answer as unknown as {
    version: number
    members: Record<string, { vouched: boolean; rule?: string; pending?: boolean; reason?: { es: string } }>
  }
}

describe('8.2 hostile: a partner puts nobody into minors', () => {
  test('an account that exists nowhere, invited and joined in one transaction', async () => {
    const ghost = at('fantasma')
    const invited = member(at('coordinacion'), ghost, 'invite')
    const joined = member(ghost, ghost, 'join')
    await gt.send(hn, txn(), [invited.pdu, joined.pdu])
    // The invitation counts nowhere, so that the join stands on nothing.
    expect([await verdict(invited.eventId), await verdict(joined.eventId)]).toEqual(['soft-fail', 'reject'])
    expect(await inRoom(ghost)).toBeUndefined()
    expect((await vouched()).members[ghost]).toBeUndefined()
  })

  test('staff of an institution that the policy refuses, though its server hosts one that it admits', async () => {
    const stranger = at('ajeno')
    const invited = member(at('coordinacion'), stranger, 'invite')
    const joined = member(stranger, stranger, 'join')
    await gt.send(hn, txn(), [invited.pdu, joined.pdu])
    // The invitation counts nowhere, so that the join stands on nothing.
    expect([await verdict(invited.eventId), await verdict(joined.eventId)]).toEqual(['soft-fail', 'reject'])
    expect(await inRoom(stranger)).toBeUndefined()
    // Nor by knocking, nor by way of this server.
    const path = `/_matrix/federation/v1/make_knock/${enc(minors)}/${enc(stranger)}?ver=12`
    expect(await gt.call(hn, 'GET', path)).toMatchObject({
      status: 403,
      'org.enlace.rule': 'topic-policy.institution_kind',
      'org.enlace.contact': chief.userId,
    })
    expect(await invite(stranger)).toMatchObject({
      status: 403,
      'org.enlace.rule': 'topic-policy.institution_kind',
      'org.enlace.message': { es: expect.stringContaining('la coordinación') },
    })
  })

  test('whom it claims for an institution that the list does not place there', async () => {
    const liar = at('impostor')
    people.set(liar, { institution: 'hn-dinaf', role: 'coordinator' })
    const invited = member(at('coordinacion'), liar, 'invite')
    await gt.send(hn, txn(), [invited.pdu])
    expect(await verdict(invited.eventId)).toBe('soft-fail')
  })

  test('admitted people of the same partner come in as ever, and are vouched for', async () => {
    const worker = at('trabajadora')
    const invited = member(at('coordinacion'), worker, 'invite')
    const joined = member(worker, worker, 'join')
    await gt.send(hn, txn(), [invited.pdu, joined.pdu])
    expect(await membership(worker)).toBe('join')
    expect((await vouched()).members).toMatchObject({
      [chief.userId]: { vouched: true },
      [at('coordinacion')]: { vouched: true },
      [worker]: { vouched: true },
    })
  })

  test('a refused join does not come back with the state of a later event', async () => {
    const ghost = at('fantasma')
    const invited = member(at('coordinacion'), ghost, 'invite')
    const joined = member(ghost, ghost, 'join')
    const harmless = message(at('coordinacion'), 'x')
    await gt.send(hn, txn(), [invited.pdu, joined.pdu, harmless.pdu])
    expect(await verdict(harmless.eventId)).toBe('accept')
    await hn.ctx.policy.settled()
    expect(await inRoom(ghost)).toBeUndefined()
    expect(await hn.ctx.rooms.members(minors)).not.toContain(ghost)
  })

  test('a partner that does not answer: let in, not vouched for, judged again', async () => {
    const late = at('tarde')
    const answer = gt.answers.get('GET /_matrix/federation/v1/query/profile')!
    gt.answers.set('GET /_matrix/federation/v1/query/profile', () => [])
    const invited = member(at('coordinacion'), late, 'invite')
    await gt.send(hn, txn(), [invited.pdu])
    expect(await membership(late)).toBe('invite')
    const before = await vouched()
    expect(before.members[late]).toMatchObject({
      vouched: false,
      pending: true,
      rule: 'topic-policy.unconfirmed',
      reason: { es: expect.stringContaining('No se pudo confirmar'.slice(3)) },
    })
    // It says now that there is no such account.
    gt.answers.set('GET /_matrix/federation/v1/query/profile', answer)
    hn.ctx.policy.roomChanged(minors)
    // Their server is left in peace for a while after an answer nobody understands.
    await eventually('the invitation is taken back', async () => (await membership(late)) === 'leave', 60_000)
    expect((await vouched()).version).toBeGreaterThan(before.version)
  })

  test('an account of this node that is closed, or whose role no longer fits, goes', async () => {
    const worker = await person(hn, `tecnica${n++}`, 'hn-dinaf', 'staff')
    expect((await invite(worker.userId)).status).toBe(200)
    await hn.call('POST', `/join/${enc(minors)}`, { token: worker.token, body: {} })
    expect((await vouched()).members[worker.userId]).toEqual({ vouched: true })
    await hn.ctx.accounts.deactivate(worker.userId)
    await hn.ctx.policy.settled()
    expect(await inRoom(worker.userId)).toBe('leave')
  })

  test('whom the operator moves to another place is judged in the same moment', async () => {
    const worker = await person(hn, `tecnica${n++}`, 'hn-dinaf', 'staff')
    await invite(worker.userId)
    await hn.call('POST', `/join/${enc(minors)}`, { token: worker.token, body: {} })
    const before = await vouched()
    expect(before.members[worker.userId]).toEqual({ vouched: true })
    await hn.ctx.accounts.setPosition(worker.userId, { institution: null })
    await hn.ctx.policy.settled()
    expect(await inRoom(worker.userId)).toBe('leave')
    expect((await vouched()).version).toBeGreaterThan(before.version)
  })

  test('a policy that becomes narrower: those it no longer admits go, and clients hear of it', async () => {
    const since = String((await hn.call('GET', '/sync', { token: chief.token }))['next_batch'])
    await vouched()
    const before = (await hn.ctx.rooms.currentState(minors)).get(topicPolicyEventType)!.pdu.content
    await hn.call('PUT', `/rooms/${enc(minors)}/state/org.enlace.topic.policy`, {
      token: chief.token,
      body: { ...before, admits: { institution_kinds: ['child_protection'], countries: ['HN'] } },
    })
    await eventually('gone', async () => (await membership(at('coordinacion'))) === 'leave')
    await hn.ctx.policy.settled()
    const news = await hn.call('GET', `/sync?since=${since}`, { token: chief.token })
    const rooms = (news['rooms'] as { join: Record<string, { ephemeral: { events: unknown[] } }> }).join
    expect(rooms[minors]!.ephemeral.events).toContainEqual({
      type: 'org.enlace.vouched',
      content: { room_id: minors, version: (await vouched()).version },
    })
  })

  test('a policy that cannot be read is not taken, and empties no channel', async () => {
    const spoil = hn.ctx.rooms.send({
      roomId: minors,
      sender: chief.userId,
      type: topicPolicyEventType,
      stateKey: '',
      content: {},
    })
    await expect(spoil).rejects.toMatchObject({ status: 400, errcode: 'M_BAD_JSON' })
    await hn.ctx.policy.settled()
    expect(await membership(at('coordinacion'))).toBe('join')
    expect((await vouched()).members[at('coordinacion')]).toEqual({ vouched: true })
  })
})

describe('8.5 a suspended server', () => {
  test('its members are not vouched for at once, and removed', async () => {
    const before = await vouched()
    expect(before.members[at('coordinacion')]).toEqual({ vouched: true })
    network.suspended.add(gt.serverName)
    network.changed()
    await eventually('removed', async () => (await membership(at('coordinacion'))) === 'leave')
    const out = (await hn.ctx.rooms.membership(minors, at('coordinacion')))!.event.pdu
    expect(out.content).toEqual({ membership: 'leave', 'org.enlace.rule': 'federation-list.suspended' })
    expect((await vouched()).version).toBeGreaterThan(before.version)
  })

  test('what it says is not taken from others, nor what others say of it', async () => {
    const lis = await FakePartner.start(world, 'lis')
    network.hosts.set(lis.serverName, new Set(['gt-pgn']))
    const carrier = `@mensajera:${lis.serverName}`
    profilesOf(lis, new Map([[carrier, { institution: 'gt-pgn', role: 'coordinator' }]]))
    try {
      await hn.ctx.rooms.send({
        roomId: minors,
        sender: chief.userId,
        type: 'm.room.member',
        stateKey: carrier,
        content: { membership: 'invite' },
      })
      // Before it is in the room, it passes on nothing of others.
      const early = message(at('coordinacion'), 'antes')
      const stranger = await lis.send(hn, txn(), [early.pdu])
      expect((stranger['pdus'] as Record<string, { error?: string }>)[early.eventId]?.error).toContain(
        'not in the room',
      )
      expect(await verdict(early.eventId)).toBeUndefined()
      await gt.send(hn, txn(), [early.pdu])
      expect(await verdict(early.eventId)).toBe('accept')
      const theirs = await lis.join(hn, minors, carrier)
      const hanging = message(at('coordinacion'), 'hueco')
      const relayed = message(at('coordinacion'), 'relevado')
      const brought = member(at('coordinacion'), at('trabajadora'), 'invite')
      network.suspended.add(gt.serverName)
      lis.answers.set(`POST /_matrix/federation/v1/get_missing_events/${minors}`, () => ({
        events: [hanging.pdu],
      }))
      await lis.send(hn, txn(), [relayed.pdu, brought.pdu])
      for (const { eventId: id } of [hanging, relayed, brought]) expect(await verdict(id)).not.toBe('accept')
      expect(await inRoom(at('trabajadora'))).toBeUndefined()
      // Its own request is refused at the door of the server, whichever name like it is written.
      expect((await gt.send(hn, txn(), [relayed.pdu])).status).toBe(403)
      // Notices in the name of its people, and messages for devices.
      const typing = { room_id: minors, user_id: at('coordinacion'), typing: true }
      const receipt = {
        [minors]: { 'm.read': { [at('coordinacion')]: { event_ids: [early.eventId], data: { ts: 1 } } } },
      }
      const toDevice = {
        sender: at('coordinacion'),
        type: 'm.room_key',
        message_id: 'x1',
        messages: { [chief.userId]: { '*': { mala: true } } },
      }
      await lis.send(
        hn,
        txn(),
        [],
        [
          { edu_type: 'm.typing', content: typing },
          { edu_type: 'm.receipt', content: receipt },
          { edu_type: 'm.direct_to_device', content: toDevice },
          {
            edu_type: 'm.presence',
            content: { push: [{ user_id: at('coordinacion'), presence: 'online' }] },
          },
        ],
      )
      expect(hn.ctx.ephemeral.typing(minors).userIds).toEqual([])
      const seen = await hn.call('GET', '/sync', { token: chief.token })
      expect(JSON.stringify(seen)).not.toMatch(/relevado|hueco|"mala"/)
      expect(
        JSON.stringify((seen['presence'] as { events?: unknown[] } | undefined)?.events ?? []),
      ).not.toContain(at('coordinacion'))
      // The one on the list goes on.
      network.hosts.get(lis.serverName)!.add('gt-pgn')
      theirs.heads = [...(await hn.ctx.rooms.room(minors))!.extremities]
      theirs.depth += 1_000
      const good = lis.event(theirs, carrier, {
        type: 'm.room.encrypted',
        content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'enRegla', session_id: 'sesion' },
      })
      await lis.send(hn, txn(), [good.pdu])
      expect(await verdict(good.eventId)).toBe('accept')
    } finally {
      await lis.close()
    }
  })

  test('what it sets comes in by no way: not under the next event, nor as the state before a gap', async () => {
    const lis = await FakePartner.start(world, 'lis')
    network.hosts.set(lis.serverName, new Set(['gt-pgn']))
    const carrier = `@mensajera:${lis.serverName}`
    profilesOf(lis, new Map([[carrier, { institution: 'gt-pgn', role: 'coordinator' }]]))
    try {
      await hn.ctx.rooms.send({
        roomId: minors,
        sender: chief.userId,
        type: 'm.room.member',
        stateKey: carrier,
        content: { membership: 'invite' },
      })
      const theirs = await lis.join(hn, minors, carrier)
      const topicOf = async () => (await hn.ctx.rooms.currentState(minors)).get('m.room.topic')?.pdu.sender
      const name = (topic: string, prev: string[]) => {
        room.depth = theirs.depth
        const auth = ['m.room.power_levels|', `m.room.member|${at('coordinacion')}`]
        return gt.event(room, at('coordinacion'), {
          type: 'm.room.topic',
          state_key: '',
          content: { topic },
          prev_events: prev,
          auth_events: auth.map((key) => eventId(theirs.state.get(key)!, room.version)),
        })
      }
      const said = (ciphertext: string, prev: string[]) =>
        lis.event(theirs, carrier, {
          type: 'm.room.encrypted',
          content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext, session_id: 'sesion' },
          prev_events: prev,
        })
      const heads = () => hn.ctx.rooms.room(minors).then((one) => [...one!.extremities])
      // While it is on the list its coordinator may.
      const fine = name('Turnos', await heads())
      await gt.send(hn, txn(), [fine.pdu])
      expect(await topicOf()).toBe(at('coordinacion'))
      const original = (await hn.ctx.rooms.currentState(minors)).get('m.room.topic')!.eventId

      network.suspended.add(gt.serverName)
      const evil = name('Llame a este número', await heads())
      const after = said('debajo', [evil.eventId])
      await lis.send(hn, txn(), [evil.pdu, after.pdu])
      expect([await verdict(evil.eventId), await verdict(after.eventId)]).toEqual(['soft-fail', 'accept'])
      const current = async () => (await hn.ctx.rooms.currentState(minors)).get('m.room.topic')?.eventId
      expect(await current()).toBe(original)

      const other = name('Otra vez', await heads())
      const missed = said('perdido', [other.eventId])
      const last = said('fin', [missed.eventId])
      const ids = [...(await hn.ctx.rooms.currentState(minors)).ids]
        .filter(([key]) => key !== stateKeyOf('m.room.topic', ''))
        .map(([, id]) => id)
      const v1 = '/_matrix/federation/v1'
      lis.answers.set(`POST ${v1}/get_missing_events/${minors}`, () => ({ events: [] }))
      lis.answers.set(`GET ${v1}/state_ids/${minors}`, () => ({
        pdu_ids: [...ids, other.eventId],
        auth_chain_ids: [],
      }))
      lis.answers.set(`GET ${v1}/event/${missed.eventId}`, () => ({ pdus: [missed.pdu] }))
      lis.answers.set(`GET ${v1}/event/${other.eventId}`, () => ({ pdus: [other.pdu] }))
      await lis.send(hn, txn(), [last.pdu])
      expect(await verdict(last.eventId)).toBe('accept')
      expect(await hn.ctx.rooms.event(other.eventId)).toBeDefined()
      expect(await current()).toBe(original)
    } finally {
      await lis.close()
    }
  })

  test.each(['left', 'thrown out'])(
    'the policy its coordinator set stays when that one has %s and a partner names a state without it',
    async (how) => {
      const lis = await FakePartner.start(world, 'lis')
      network.hosts.set(lis.serverName, new Set(['gt-pgn']))
      const carrier = `@mensajera:${lis.serverName}`
      profilesOf(lis, new Map([[carrier, { institution: 'gt-pgn', role: 'coordinator' }]]))
      const send = (type: string, stateKey: string, content: Record<string, unknown>) =>
        hn.ctx.rooms.send({ roomId: minors, sender: chief.userId, type, stateKey, content })
      try {
        await send('m.room.member', carrier, { membership: 'invite' })
        // Whoever sets the policy is trusted with it.
        const { users, ...levels } = room.state.get('m.room.power_levels|')!.content
        const trusted = { ...(users as object), [at('coordinacion')]: 100 }
        await send('m.room.power_levels', '', { ...levels, users: trusted })
        const theirs = await lis.join(hn, minors, carrier)
        const state = () => hn.ctx.rooms.currentState(minors)
        const own = room.state.get(`${topicPolicyEventType}|`)!
        const auth = ['m.room.power_levels|', `m.room.member|${at('coordinacion')}`]
        room.depth = theirs.depth
        const set = gt.event(room, at('coordinacion'), {
          type: topicPolicyEventType,
          state_key: '',
          content: { ...own.content, contact: { text: { es: 'la guardia', en: 'the duty' } } },
          prev_events: [...(await hn.ctx.rooms.room(minors))!.extremities],
          auth_events: auth.map((key) => eventId(theirs.state.get(key)!, room.version)),
        })
        room.state = new Map(theirs.state)
        await gt.send(hn, txn(), [set.pdu])
        expect((await state()).get(topicPolicyEventType)?.eventId).toBe(set.eventId)

        const joined = (await state()).get('m.room.member', at('coordinacion'))!.eventId
        if (how === 'left') {
          room.heads = [set.eventId]
          const going = member(at('coordinacion'), at('coordinacion'), 'leave', {
            auth_events: set.pdu.auth_events,
          })
          await gt.send(hn, txn(), [going.pdu])
        } else await send('m.room.member', at('coordinacion'), { membership: 'leave' })
        expect(await inRoom(at('coordinacion'))).toBe('leave')

        // As it was before the leaving, and no policy in it.
        const said = (ciphertext: string, prev: string[]) =>
          lis.event(theirs, carrier, {
            type: 'm.room.encrypted',
            content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext, session_id: 'sesion' },
            prev_events: prev,
          })
        theirs.depth += 1_000
        const missed = said('perdido', [set.eventId])
        const last = said('fin', [missed.eventId])
        const gone = [stateKeyOf(topicPolicyEventType, ''), stateKeyOf('m.room.member', at('coordinacion'))]
        const ids = [...(await state()).ids].filter(([key]) => !gone.includes(key)).map(([, id]) => id)
        const v1 = '/_matrix/federation/v1'
        lis.answers.set(`POST ${v1}/get_missing_events/${minors}`, () => ({ events: [] }))
        lis.answers.set(`GET ${v1}/state_ids/${minors}`, () => ({
          pdu_ids: [...ids, joined],
          auth_chain_ids: [],
        }))
        lis.answers.set(`GET ${v1}/event/${missed.eventId}`, () => ({ pdus: [missed.pdu] }))
        await lis.send(hn, txn(), [last.pdu])
        expect(await verdict(last.eventId)).toBe('accept')
        expect((await state()).get(topicPolicyEventType)?.eventId).toBe(set.eventId)
        // And both ends brought together.
        const heads = [...(await hn.ctx.rooms.room(minors))!.extremities]
        const end = said('unido', heads)
        await lis.send(hn, txn(), [end.pdu])
        expect((await hn.ctx.rooms.room(minors))!.extremities).toEqual([end.eventId])
        expect((await state()).get(topicPolicyEventType)?.eventId).toBe(set.eventId)
        expect((await state()).get('m.room.encryption')).toBeDefined()
      } finally {
        await lis.close()
      }
    },
  )

  test('history that it is said to have written is kept, and not shown', async () => {
    const old = message(at('coordinacion'), 'viejo')
    const version = room.version
    network.suspended.add(gt.serverName)
    const event = readPdu(old.pdu, version)
    if (!event.ok) throw new Error(event.reason)
    const backfillPos = await hn.ctx.rooms.reserveBackfill(minors, 1)
    expect(await hn.ctx.rooms.receive(event, { backfillPos })).toMatchObject({ outcome: 'soft-failed' })
    const page = await hn.call('GET', `/rooms/${enc(minors)}/messages?dir=b&limit=100`, {
      token: chief.token,
    })
    expect(JSON.stringify(page)).not.toContain('viejo')
  })

  test('nothing for devices waits for the day on which it is let in again', async () => {
    network.suspended.add(gt.serverName)
    const body = { messages: { [at('coordinacion')]: { '*': { ciphertext: 'x' } } } }
    const sent = await hn.call('PUT', `/sendToDevice/m.room.encrypted/${txn()}`, {
      token: chief.token,
      body,
      allowed: true,
    })
    expect(sent).toMatchObject({ status: 403, 'org.enlace.rule': 'federation-list.suspended' })
    network.suspended.clear()
    network.changed()
    const before = gt.asked.length
    await hn.ctx.rooms.send({
      roomId: minors,
      sender: chief.userId,
      type: 'm.room.encrypted',
      content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x', session_id: 'sesion' },
    })
    await eventually('the next transaction', () =>
      gt.asked.slice(before).some(({ url }) => /\/send\//.test(url.pathname)),
    )
    expect(JSON.stringify(gt.asked.map(({ body }) => body))).not.toContain('direct_to_device')
  })
})
