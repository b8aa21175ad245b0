import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { createPartner, type Partner, receive } from '../testing/partner.ts'

let node: TestNode
let ana: { userId: string; token: string }
let partner: Partner

beforeAll(async () => {
  node = await startTestNode()
  ana = await node.register('ana')
  partner = createPartner(node.ctx, 'gt.example')
})
afterAll(() => node.close())

async function makeRoom(body: Record<string, unknown> = {}): Promise<string> {
  const answer = await node.call('POST', '/createRoom', { token: ana.token, body })
  expect(answer.status).toBe(200)
  return answer.body['room_id'] as string
}

const text = (body: string) => ({ msgtype: 'm.text', body })

function say(roomId: string, body: string, txnId?: string) {
  return node.ctx.rooms.send({
    roomId,
    sender: ana.userId,
    type: 'm.room.message',
    content: text(body),
    ...(txnId === undefined ? {} : { transaction: { deviceId: 'D|1', txnId } }),
  })
}

describe('sending', () => {
  test('a thousand sends at once are all taken, one after the other', async () => {
    const roomId = await makeRoom()
    const sent = await Promise.all(Array.from({ length: 1_000 }, (_, n) => say(roomId, `${n}`)))
    expect(new Set(sent.map((event) => event.eventId)).size).toBe(1_000)
    for (const event of sent) expect(event.pdu.prev_events).toHaveLength(1)
    const room = await node.ctx.rooms.room(roomId)
    expect(room?.extremities).toEqual([sent.at(-1)!.eventId])
    const log = await node.ctx.rooms.timeline(roomId, { dir: 'b', limit: 1_000 })
    expect(log.map((event) => event.pdu.content['body'])).toEqual(
      Array.from({ length: 1_000 }, (_, n) => `${999 - n}`),
    )
  })

  test('the same transaction of the same device is one event, whatever is in its names', async () => {
    const roomId = await makeRoom()
    const both = await Promise.all([say(roomId, 'once', 'a|b%'), say(roomId, 'once', 'a|b%')])
    expect(both[0].eventId).toBe(both[1].eventId)
    expect((await say(roomId, 'once', 'a|b%')).eventId).toBe(both[0].eventId)
    expect((await say(roomId, 'twice', 'a|c')).eventId).not.toBe(both[0].eventId)
    expect(both[0].transaction).toEqual({ userId: ana.userId, deviceId: 'D|1', txnId: 'a|b%' })
  })

  test.each(['10', '11', '12'])('a room of version %s says who made it', async (version) => {
    const roomId = await makeRoom({ room_version: version })
    const state = await node.ctx.rooms.currentState(roomId)
    expect(state.get('m.room.create')?.pdu.sender).toBe(ana.userId)
    expect(roomId.includes(':')).toBe(version !== '12')
    await say(roomId, 'hello')
  })
})

describe('redactions', () => {
  test.each(['10', '12'])('what was redacted is gone from the log (version %s)', async (version) => {
    const roomId = await makeRoom({ room_version: version })
    const secret = await say(roomId, 'a secret')
    await node.call('PUT', `/rooms/${roomId}/redact/${encodeURIComponent(secret.eventId)}/1`, {
      token: ana.token,
      body: {},
    })
    expect((await node.ctx.rooms.event(secret.eventId))?.pdu.content).toEqual({})
    const stored = await node.ctx.db.connection.collection('events').findOne({ _id: secret.eventId as never })
    expect(stored?.['json']).not.toContain('a secret')
  })

  test('one that comes before its target takes effect when that arrives', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const before = (await node.ctx.rooms.room(roomId))!.extremities
    const target = await partner.build(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('too early'),
    })
    const redaction = await partner.send(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.redaction',
      content: { redacts: target.eventId },
      prev: before,
    })
    expect(redaction.outcome).toBe('accepted')
    await receive(node.ctx, target.pdu)
    const stored = await node.ctx.rooms.event(target.eventId)
    expect(stored).toMatchObject({ redactedBy: redaction.eventId, pdu: { content: {} } })
  })

  test('without the right, a partner’s redaction leaves the target as it is', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const mine = await say(roomId, 'stays')
    const { outcome } = await partner.send(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.redaction',
      content: { redacts: mine.eventId },
    })
    expect(outcome).toBe('accepted')
    expect((await node.ctx.rooms.event(mine.eventId))?.pdu.content['body']).toBe('stays')
  })

  describe.each(['10', '12'])('those that do not apply are not shown as applied (version %s)', (version) => {
    const shown = async (roomId: string) => {
      const path = `/rooms/${roomId}/messages?dir=b&limit=30`
      const { body: messages } = await node.call('GET', path, { token: ana.token })
      const { body: sync } = await node.call('GET', '/sync?timeout=0', { token: ana.token })
      const joined = (sync['rooms'] as { join: Record<string, { timeline: { events: unknown[] } }> }).join
      const both = [...(messages['chunk'] as unknown[]), ...joined[roomId]!.timeline.events]
      return (both as { type: string; event_id: string; redacts?: string; content: { redacts?: string } }[])
        .filter(({ type }) => type === 'm.room.redaction')
        .map(({ event_id, redacts, content }) => ({ event_id, named: redacts ?? content.redacts }))
    }
    const redactionOf = (target: string) => ({
      sender: '@luis:gt.example',
      type: 'm.room.redaction',
      content: version === '10' ? {} : { redacts: target },
      ...(version === '10' ? { redacts: target } : {}),
    })

    test('without the right, of another room, of nothing', async () => {
      const roomId = await makeRoom({ preset: 'public_chat', room_version: version })
      const other = await makeRoom({ preset: 'public_chat', room_version: version })
      await partner.join(roomId, '@luis:gt.example')
      const targets = [
        (await say(roomId, 'mine')).eventId,
        (await say(other, 'elsewhere')).eventId,
        `$${'x'.repeat(43)}`,
      ]
      const sent = new Set<string>()
      for (const target of targets) {
        const { outcome, eventId } = await partner.send(roomId, redactionOf(target))
        expect(outcome).toBe('accepted')
        sent.add(eventId)
      }
      const told = await shown(roomId)
      expect(new Set(told.map(({ event_id }) => event_id))).toEqual(sent)
      expect(told.filter(({ named }) => named !== undefined)).toEqual([])
    })

    test('one with the right names what it took away', async () => {
      const roomId = await makeRoom({ preset: 'public_chat', room_version: version })
      await partner.join(roomId, '@luis:gt.example')
      const own = await partner.send(roomId, {
        sender: '@luis:gt.example',
        type: 'm.room.message',
        content: text('mine'),
      })
      await partner.send(roomId, redactionOf(own.eventId))
      const told = await shown(roomId)
      expect(told.length).toBeGreaterThan(0)
      expect(told.every(({ named }) => named === own.eventId)).toBe(true)
    })
  })

  test('nobody can be asked to redact what is not in the room', async () => {
    const [roomId, other] = [await makeRoom({}), await makeRoom({})]
    const elsewhere = await say(other, 'elsewhere')
    for (const target of [elsewhere.eventId, `$${'x'.repeat(43)}`, 'no']) {
      const path = `/rooms/${roomId}/redact/${encodeURIComponent(target)}/t`
      const answer = await node.call('PUT', path, { token: ana.token, body: {} })
      expect(answer).toMatchObject({ status: 404, body: { errcode: 'M_NOT_FOUND' } })
    }
    expect((await node.ctx.rooms.event(elsewhere.eventId))?.redactedBy).toBeUndefined()
  })
})

describe('events of partners', () => {
  test('forks come together again, and what both sides said is there', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const fork = (await node.ctx.rooms.room(roomId))!.extremities
    await say(roomId, 'from here')
    const theirs = await partner.send(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('from there'),
      prev: fork,
    })
    expect(theirs.outcome).toBe('accepted')
    expect((await node.ctx.rooms.room(roomId))!.extremities).toHaveLength(2)
    const merged = await say(roomId, 'both')
    expect(merged.pdu.prev_events).toHaveLength(2)
    expect((await node.ctx.rooms.room(roomId))!.extremities).toEqual([merged.eventId])
  })

  test('a room that frays is brought together by an event of this server', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const fork = (await node.ctx.rooms.room(roomId))!.extremities
    for (let n = 0; n < 14; n++) {
      await partner.send(roomId, {
        sender: '@luis:gt.example',
        type: 'm.room.message',
        content: text(`${n}`),
        prev: fork,
      })
    }
    await expect.poll(async () => (await node.ctx.rooms.room(roomId))!.extremities.length).toBeLessThan(11)
  })

  test('one allowed when it was sent, but not any more, is kept out of the present', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const room = (await node.ctx.rooms.room(roomId))!
    const state = await node.ctx.rooms.currentState(roomId)
    await node.ctx.rooms.send({
      roomId,
      sender: ana.userId,
      type: 'm.room.member',
      stateKey: '@luis:gt.example',
      content: { membership: 'ban' },
    })
    const late = await partner.send(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('evading'),
      prev: room.extremities,
      state,
    })
    expect(late.outcome).toBe('soft-failed')
    expect((await node.ctx.rooms.room(roomId))!.extremities).not.toContain(late.eventId)
    const log = await node.ctx.rooms.timeline(roomId, { dir: 'b', limit: 50 })
    expect(log.some((event) => event.eventId === late.eventId)).toBe(false)
  })

  test('one that was never allowed is rejected, kept, and stays rejected', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const bad = await partner.send(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.power_levels',
      stateKey: '',
      content: { users: { '@luis:gt.example': 100 } },
    })
    expect(bad.outcome).toBe('rejected')
    expect(await receive(node.ctx, bad.pdu)).toMatchObject({ outcome: 'known' })
    expect((await node.ctx.rooms.event(bad.eventId))?.verdict).toBe('reject')
    const after = await partner.send(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('on top'),
      prev: [bad.eventId],
    })
    expect(after.outcome).toBe('accepted')
  })

  test('one whose past is not here names what is missing', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const unseen = await partner.build(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('unseen'),
    })
    const next = await partner.build(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('next'),
      prev: [unseen.eventId],
    })
    expect(await receive(node.ctx, next.pdu)).toEqual({
      outcome: 'missing',
      prevEvents: [unseen.eventId],
      authEvents: [],
    })
    const state = await node.ctx.rooms.currentState(roomId)
    const given = await receive(node.ctx, next.pdu, {
      stateBefore: [...state.ids.values()],
    })
    expect(given.outcome).toBe('accepted')
  })

  test('one with another content than its hash says arrives redacted', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    const { pdu } = await partner.build(roomId, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('as signed'),
    })
    const outcome = await receive(node.ctx, { ...pdu, content: text('as changed') })
    expect(outcome).toMatchObject({ outcome: 'accepted', event: { pdu: { content: {} } } })
  })

  test('one of another room, of no known room, or without form is refused', async () => {
    const [one, two] = [await makeRoom(), await makeRoom({ preset: 'public_chat' })]
    const { pdu } = await partner.build(two, {
      sender: '@luis:gt.example',
      type: 'm.room.message',
      content: text('x'),
    })
    for (const raw of [null, 7, {}, { ...pdu, room_id: '!nowhere:gt.example' }, { ...pdu, depth: 'deep' }])
      expect((await receive(node.ctx, raw)).outcome).toBe('refused')
    // With the room's name exchanged it builds on events that are not of that room.
    expect((await receive(node.ctx, { ...pdu, room_id: one })).outcome).not.toBe('accepted')
  })

  test('who asked for the server list is told of joins before and after', async () => {
    const roomId = await makeRoom({ preset: 'public_chat' })
    await partner.join(roomId, '@luis:gt.example')
    expect(await node.ctx.rooms.joinedServers(roomId)).toEqual(['hn.example', 'gt.example'])
    expect((await say(roomId, 'to both')).dest).toEqual(['gt.example'])
    const kick = await node.ctx.rooms.send({
      roomId,
      sender: ana.userId,
      type: 'm.room.member',
      stateKey: '@luis:gt.example',
      content: { membership: 'leave' },
    })
    expect(kick.dest).toEqual(['gt.example'])
    expect((await say(roomId, 'alone')).dest).toBeUndefined()
  })
})
