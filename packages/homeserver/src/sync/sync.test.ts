import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'

type Json = Record<string, unknown>
type Person = { userId: string; token: string; deviceId: string }
type Event = {
  type: string
  event_id: string
  sender: string
  state_key?: string
  content: Json
  unsigned: Json
}
type Room = {
  timeline: { events: Event[]; limited: boolean; prev_batch?: string }
  state?: { events: Event[] }
  state_after?: { events: Event[] }
  ephemeral?: { events: Event[] }
  account_data?: { events: Event[] }
  summary?: Json
  unread_notifications?: { notification_count: number; highlight_count: number }
  unread_thread_notifications?: Json
}
type Sync = {
  next_batch: string
  rooms?: {
    join?: Record<string, Room>
    invite?: Record<string, { invite_state: { events: Event[] } }>
    knock?: Record<string, { knock_state: { events: Event[] } }>
    leave?: Record<string, Room>
  }
  to_device?: { events: Event[] }
  presence?: { events: Event[] }
  account_data?: { events: Event[] }
  device_lists?: { changed: string[]; left: string[] }
  device_one_time_keys_count: Record<string, number>
  device_unused_fallback_key_types: string[]
}

let node: TestNode
let count = 0

beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node?.close())

const person = (): Promise<Person> => node.register(`persona${count++}`)

async function sync(who: Person, query: Record<string, string | object | undefined> = {}): Promise<Sync> {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) params.set(key, typeof value === 'string' ? value : JSON.stringify(value))
  const answer = await node.call('GET', `/sync?${params}`, { token: who.token })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body as Sync
}

async function ok(who: Person, method: string, path: string, body?: unknown): Promise<Json> {
  const answer = await node.call(method, path, {
    token: who.token,
    ...(method === 'GET' ? {} : { body: body ?? {} }),
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}

const room = async (who: Person, more: Json = {}) =>
  String((await ok(who, 'POST', '/createRoom', { preset: 'public_chat', ...more }))['room_id'])
const at = (roomId: string, rest: string) => `/rooms/${encodeURIComponent(roomId)}/${rest}`
const join = (who: Person, roomId: string) => ok(who, 'POST', `/join/${encodeURIComponent(roomId)}`)
const leave = (who: Person, roomId: string) => ok(who, 'POST', at(roomId, 'leave'))
const invite = (who: Person, roomId: string, other: Person) =>
  ok(who, 'POST', at(roomId, 'invite'), { user_id: other.userId })
const say = async (who: Person, roomId: string, body: string, more: Json = {}, type = 'm.room.message') =>
  String(
    (await ok(who, 'PUT', at(roomId, `send/${type}/t${count++}`), { msgtype: 'm.text', body, ...more }))[
      'event_id'
    ],
  )
const setState = async (who: Person, roomId: string, type: string, content: Json) =>
  String((await ok(who, 'PUT', at(roomId, `state/${type}/`), content))['event_id'])
const bodies = (one: Room | undefined) =>
  (one?.timeline.events ?? []).flatMap((event) =>
    event.type === 'm.room.message' ? [event.content['body']] : [],
  )

describe('tokens', () => {
  test('one that this server never gave is refused', async () => {
    const ana = await person()
    for (const since of ['garbage', 's', 's-1', 's1x', 't5', 's999999999999']) {
      const { status, body } = await node.call('GET', `/sync?since=${since}`, { token: ana.token })
      expect([status, body['errcode']]).toEqual([400, 'M_INVALID_PARAM'])
    }
  })

  test('a filter that does not exist, or is none, is refused', async () => {
    const ana = await person()
    for (const filter of ['999', '{', '{"room":{"timeline":{"limit":"many"}}}'])
      expect(
        (await node.call('GET', `/sync?filter=${encodeURIComponent(filter)}`, { token: ana.token })).status,
      ).toBe(400)
  })
})

describe('joined rooms', () => {
  test('appear whole at first, then only what changed, then not at all', async () => {
    const ana = await person()
    const id = await room(ana, { name: 'Retornos' })
    await say(ana, id, 'uno')
    const first = await sync(ana)
    const mine = first.rooms!.join![id]!
    expect(mine.timeline.events.length + mine.state!.events.length).toBeGreaterThan(6)
    expect(mine.timeline.prev_batch).toMatch(/^t/)
    expect(mine.ephemeral).toEqual({ events: [] })
    expect(mine.unread_notifications).toEqual({ notification_count: 0, highlight_count: 0 })
    expect(first.account_data!.events.map((one) => one.type)).toContain('m.push_rules')
    expect(first.device_unused_fallback_key_types).toEqual([])
    await say(ana, id, 'dos')
    const second = await sync(ana, { since: first.next_batch })
    expect(bodies(second.rooms!.join![id])).toEqual(['dos'])
    expect(second.rooms!.join![id]!.state!.events).toEqual([])
    expect((await sync(ana, { since: second.next_batch })).rooms).toBeUndefined()
  })

  test('every state event is in the state or in the timeline, once', async () => {
    const ana = await person()
    const id = await room(ana, { name: 'Menores', topic: 'x' })
    for (const limit of [1, 3, 100]) {
      const { timeline, state } = (await sync(ana, { filter: { room: { timeline: { limit } } } })).rooms!
        .join![id]!
      const keys = [...state!.events, ...timeline.events].map((event) => `${event.type}|${event.state_key}`)
      expect(new Set(keys).size).toBe(keys.length)
      expect(keys).toContain('m.room.create|')
      expect(keys).toContain('m.room.name|')
      expect(timeline.limited).toBe(limit < 100)
    }
  })

  test('state that was set where one may not look is told all the same, whatever the timeline begins with', async () => {
    const [ana, beto] = [await person(), await person()]
    // As a channel is founded: what comes before the rule on history can be seen, what comes after cannot.
    const id = await room(ana, {
      initial_state: [
        { type: 'hn.prueba', state_key: 'antes', content: { value: 1 } },
        { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } },
        { type: 'hn.prueba', state_key: 'después', content: { value: 1 } },
      ],
      name: 'Niñez',
    })
    await setState(ana, id, 'm.room.topic', { topic: 'viejo' })
    await say(ana, id, 'no es para quien llega después')
    await setState(ana, id, 'm.room.topic', { topic: 'nuevo' })
    await join(beto, id)
    const now = async () => {
      const all = (await ok(beto, 'GET', at(id, 'state'))) as unknown as Event[]
      return new Map(all.map((event) => [`${event.type}|${event.state_key}`, event.content]))
    }
    const read = async (query: Record<string, string | object | undefined>) => {
      const { next_batch, rooms } = await sync(beto, query)
      const mine = rooms!.join![id]!
      const told = [...mine.state!.events, ...mine.timeline.events]
      expect(bodies(mine)).not.toContain('no es para quien llega después')
      return {
        next_batch,
        told: new Map(told.map((event) => [`${event.type}|${event.state_key}`, event.content])),
      }
    }
    const all = (await read({ full_state: 'true', filter: { room: { timeline: { limit: 100 } } } }))
      .next_batch
    for (let limit = 1; limit < 20; limit++) {
      const { told } = await read({ filter: { room: { timeline: { limit } } } })
      expect(Object.fromEntries(told), `limit ${limit}`).toEqual(Object.fromEntries(await now()))
    }
    // Whoever was away for a while and comes back.
    await leave(beto, id)
    await setState(ana, id, 'm.room.name', { name: 'Otro' })
    await join(beto, id)
    const { told } = await read({ since: all })
    expect(told.get('m.room.name|')).toEqual({ name: 'Otro' })
  })

  test('a gap is announced and its state told; the token before it reads the rest', async () => {
    const ana = await person()
    const id = await room(ana)
    const { next_batch: since } = await sync(ana)
    await setState(ana, id, 'm.room.topic', { topic: 'nuevo' })
    for (let index = 0; index < 5; index++) await say(ana, id, `m${index}`)
    const filter = { room: { timeline: { limit: 2 } } }
    const gap = (await sync(ana, { since, filter })).rooms!.join![id]!
    expect(gap.timeline.limited).toBe(true)
    expect(bodies(gap)).toEqual(['m3', 'm4'])
    expect(gap.state!.events.map((event) => event.content['topic'])).toEqual(['nuevo'])
    const older = await ok(ana, 'GET', at(id, `messages?dir=b&limit=1&from=${gap.timeline.prev_batch}`))
    expect((older['chunk'] as Event[]).map((event) => event.content['body'])).toEqual(['m2'])
    const whole = (await sync(ana, { since, filter: { room: { timeline: { limit: 50 } } } })).rooms!.join![
      id
    ]!
    expect([whole.timeline.limited, whole.state!.events]).toEqual([false, []])
  })

  test('state_after is the state after the timeline, state before it', async () => {
    const ana = await person()
    const id = await room(ana)
    const { next_batch: since } = await sync(ana)
    await setState(ana, id, 'm.room.topic', { topic: 'después' })
    const after = (await sync(ana, { since, use_state_after: 'true' })).rooms!.join![id]!
    expect(after.state).toBeUndefined()
    expect(after.state_after!.events.map((event) => event.content['topic'])).toEqual(['después'])
    expect(after.timeline.events).toHaveLength(1)
  })

  test('full_state tells everything again', async () => {
    const ana = await person()
    const id = await room(ana)
    const { next_batch: since } = await sync(ana)
    const again = (await sync(ana, { since, full_state: 'true' })).rooms!.join![id]!
    expect(again.state!.events.map((event) => event.type)).toContain('m.room.create')
    expect(again.timeline.events).toEqual([])
  })

  test('joined since the last sync: everything, also when one’s name changed after joining', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana)
    await say(ana, id, 'antes')
    await sync(ana)
    const { next_batch: since } = await sync(beto)
    await join(beto, id)
    await ok(beto, 'PUT', `/profile/${beto.userId}/displayname`, { displayname: 'Otra' })
    const mine = await sync(beto, { since })
    const { timeline, state } = mine.rooms!.join![id]!
    expect([...state!.events, ...timeline.events].map((event) => event.type)).toContain('m.room.create')
    expect(bodies(mine.rooms!.join![id])).toEqual(['antes'])
    let joined = false
    for (const event of timeline.events) {
      joined ||= event.type === 'm.room.member' && event.state_key === beto.userId
      expect(event.unsigned['membership']).toBe(joined ? 'join' : 'leave')
    }
    expect(mine.presence!.events.map((event) => event.sender)).toContain(ana.userId)
    expect((await sync(beto, { since: mine.next_batch })).presence).toBeUndefined()
    expect(mine.device_lists!.changed).toContain(ana.userId)
  })

  test('the transaction id is for the device that sent', async () => {
    const ana = await person()
    const id = await room(ana)
    const other = (await node.login(ana.userId)).body
    const phone = {
      userId: ana.userId,
      token: String(other['access_token']),
      deviceId: String(other['device_id']),
    }
    await ok(ana, 'PUT', at(id, 'send/m.room.message/mine'), { msgtype: 'm.text', body: 'x' })
    const last = async (who: Person) => (await sync(who)).rooms!.join![id]!.timeline.events.at(-1)!.unsigned
    expect((await last(ana))['transaction_id']).toBe('mine')
    expect((await last(phone))['transaction_id']).toBeUndefined()
  })

  test('a replaced state says what it replaced; a redacted event by what', async () => {
    const ana = await person()
    const id = await room(ana)
    await setState(ana, id, 'm.room.topic', { topic: 'a' })
    await setState(ana, id, 'm.room.topic', { topic: 'b' })
    const message = await say(ana, id, 'borrar')
    await ok(ana, 'PUT', at(id, `redact/${encodeURIComponent(message)}/r1`), { reason: 'error' })
    const { events } = (await sync(ana)).rooms!.join![id]!.timeline
    expect(events.find((event) => event.content['topic'] === 'b')!.unsigned['prev_content']).toEqual({
      topic: 'a',
    })
    const gone = events.find((event) => event.event_id === message)!
    expect(gone.content).toEqual({})
    expect((gone.unsigned['redacted_because'] as Event).type).toBe('m.room.redaction')
  })

  test('counts and heroes', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana)
    await join(beto, id)
    const { next_batch: since } = await sync(ana)
    await say(beto, id, 'hola')
    const mine = (await sync(ana, { since })).rooms!.join![id]!
    expect(mine.unread_notifications!.notification_count).toBe(1)
    expect((await sync(ana)).rooms!.join![id]!.summary).toEqual({
      'm.joined_member_count': 2,
      'm.invited_member_count': 0,
      'm.heroes': [beto.userId],
    })
  })
})

describe('other memberships', () => {
  test('an invitation comes once, its refusal as a left room', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana, { preset: 'private_chat', name: 'Documentos' })
    const { next_batch: before } = await sync(beto)
    await invite(ana, id, beto)
    const invited = await sync(beto, { since: before })
    const types = invited.rooms!.invite![id]!.invite_state.events.map((event) => event.type)
    for (const type of ['m.room.create', 'm.room.name', 'm.room.member']) expect(types).toContain(type)
    expect((await sync(beto, { since: invited.next_batch })).rooms).toBeUndefined()
    expect((await sync(beto)).rooms!.invite![id]).toBeDefined()
    await leave(beto, id)
    expect((await sync(beto, { since: invited.next_batch })).rooms!.leave![id]).toBeDefined()
    expect((await sync(beto)).rooms?.leave).toBeUndefined()
  })

  test('invitations and messages of ignored people are not told', async () => {
    const [ana, beto, carla] = [await person(), await person(), await person()]
    const shared = await room(ana)
    await join(beto, shared)
    await ok(ana, 'PUT', `/user/${ana.userId}/account_data/m.ignored_user_list`, {
      ignored_users: { [beto.userId]: {} },
    })
    const { next_batch: since } = await sync(ana)
    const unwanted = await room(beto, { invite: [ana.userId] })
    const wanted = await room(carla, { invite: [ana.userId] })
    await say(beto, shared, 'ruido')
    const { rooms } = await sync(ana, { since })
    expect(Object.keys(rooms!.invite!)).toEqual([wanted])
    expect(unwanted).not.toBe(wanted)
    expect(bodies(rooms!.join?.[shared])).toEqual([])
  })

  test('a left room: what was said until then and nothing after; later only to who asks', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana)
    await join(beto, id)
    const { next_batch: since } = await sync(beto)
    await say(ana, id, 'antes')
    await setState(ana, id, 'hn.prueba', { value: 'antes' })
    await leave(beto, id)
    await say(ana, id, 'después')
    await setState(ana, id, 'hn.prueba', { value: 'después' })
    const filter = {
      room: {
        timeline: { types: ['m.room.message', 'hn.prueba'] },
        state: { types: ['hn.prueba'] },
        include_leave: true,
      },
    }
    for (const query of [{ filter }, { filter, since }]) {
      const left = (await sync(beto, query)).rooms!.leave![id]!
      expect(left.state!.events).toEqual([])
      expect(bodies(left)).toEqual(['antes'])
      expect(left.timeline.events).toHaveLength(2)
    }
    const told = await sync(beto, { since })
    expect(told.rooms!.leave![id]!.timeline.events.at(-1)!.content['membership']).toBe('leave')
    expect((await sync(beto, { since: told.next_batch })).rooms).toBeUndefined()
    expect((await sync(beto)).rooms).toBeUndefined()
  })

  test('left and joined again is a joined room', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana)
    const { next_batch: since } = await sync(beto)
    await join(beto, id)
    await leave(beto, id)
    await join(beto, id)
    const { rooms } = await sync(beto, { since })
    expect(rooms!.leave).toBeUndefined()
    expect(rooms!.join![id]!.timeline.events.length).toBeGreaterThan(2)
  })

  test('knocking', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana, {
      initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
    })
    await ok(beto, 'POST', `/knock/${encodeURIComponent(id)}`)
    expect((await sync(beto)).rooms!.knock![id]!.knock_state.events.length).toBeGreaterThan(0)
  })
})

describe('filters', () => {
  test('the limit counts what passes; a quiet room is not limited', async () => {
    const ana = await person()
    const id = await room(ana)
    await say(ana, id, 'la buscada')
    for (let index = 0; index < 12; index++) await say(ana, id, 'relleno', {}, 'hn.relleno')
    const filter = { room: { timeline: { limit: 1, types: ['m.room.message'] } } }
    const found = (await sync(ana, { filter })).rooms!.join![id]!
    expect(bodies(found)).toEqual(['la buscada'])
    expect(found.timeline.limited).toBe(false)
  })

  test('rooms, senders, types, fields', async () => {
    const [ana, beto] = [await person(), await person()]
    const [one, two] = [await room(ana), await room(ana)]
    await join(beto, one)
    const { next_batch: since } = await sync(ana)
    await say(ana, one, 'a', { 'raro.nombre': 1 })
    await say(beto, one, 'b')
    await say(ana, two, 'c')
    const rooms = async (room: Json, more: Json = {}) =>
      (await sync(ana, { since, filter: { room, ...more } })).rooms?.join ?? {}
    expect(Object.keys(await rooms({ rooms: [two] }))).toEqual([two])
    expect(Object.keys(await rooms({ not_rooms: [two] }))).toEqual([one])
    expect(bodies((await rooms({ timeline: { not_senders: [ana.userId] } }))[one])).toEqual(['b'])
    expect(bodies((await rooms({ timeline: { senders: [ana.userId] } }))[one])).toEqual(['a'])
    expect(
      (await rooms({ timeline: { types: ['m.room.m*'], not_types: ['m.room.message'] } }))[one],
    ).toBeUndefined()
    const fields = await rooms({ rooms: [one] }, { event_fields: ['content.raro\\.nombre', 'type'] })
    expect(fields[one]!.timeline.events[0]).toEqual({ type: 'm.room.message', content: { 'raro.nombre': 1 } })
  })

  test('members are loaded lazily, and again only when the device may not have them', async () => {
    const [ana, beto, carla] = [await person(), await person(), await person()]
    const id = await room(ana)
    await join(beto, id)
    await join(carla, id)
    for (let index = 0; index < 4; index++) await say(ana, id, `de ana ${index}`)
    const filter = { room: { timeline: { limit: 2 }, state: { lazy_load_members: true } } }
    const members = (one: Sync) =>
      one.rooms!.join![id]!.state!.events.flatMap((event) =>
        event.type === 'm.room.member' ? [event.state_key] : [],
      )
    const first = await sync(ana, { filter })
    expect(new Set(members(first))).toEqual(new Set([ana.userId, beto.userId, carla.userId].filter(Boolean)))
    await ok(ana, 'PUT', at(id, 'state/m.room.name/'), { name: 'Con nombre' })
    for (let index = 0; index < 2; index++) await say(ana, id, `más ${index}`)
    const named = await sync(ana, { filter })
    expect(members(named)).toEqual([ana.userId])
    await say(beto, id, 'hola')
    const next = await sync(ana, { filter, since: named.next_batch })
    expect(members(next)).toEqual([beto.userId])
    // The answer may not have arrived: asked again, it is the same.
    expect(members(await sync(ana, { filter, since: named.next_batch }))).toEqual([beto.userId])
    await say(beto, id, 'otra')
    expect(members(await sync(ana, { filter, since: next.next_batch }))).toEqual([])
    const redundant = {
      room: { ...filter.room, state: { lazy_load_members: true, include_redundant_members: true } },
    }
    expect(members(await sync(ana, { filter: redundant, since: next.next_batch }))).toEqual([beto.userId])
  })
})

describe('what passes by', () => {
  test('typing begins and ends', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana)
    await join(beto, id)
    const typing = (one: Sync) =>
      one.rooms?.join?.[id]?.ephemeral?.events.find((event) => event.type === 'm.typing')?.content['user_ids']
    const { next_batch: since } = await sync(ana)
    const path = at(id, `typing/${beto.userId}`)
    await ok(beto, 'PUT', path, { typing: true, timeout: 20_000 })
    const begun = await sync(ana, { since })
    expect(typing(begun)).toEqual([beto.userId])
    await ok(beto, 'PUT', path, { typing: false })
    const ended = await sync(ana, { since: begun.next_batch })
    expect(typing(ended)).toEqual([])
    expect((await sync(ana, { since: ended.next_batch })).rooms).toBeUndefined()
  })

  test('receipts, private ones to oneself; reading changes the counts', async () => {
    const [ana, beto] = [await person(), await person()]
    const id = await room(ana)
    await join(beto, id)
    const event = await say(beto, id, 'hola')
    const mine = await sync(ana)
    expect(mine.rooms!.join![id]!.unread_notifications!.notification_count).toBe(1)
    const theirs = await sync(beto)
    await ok(ana, 'POST', at(id, `receipt/m.read.private/${encodeURIComponent(event)}`))
    const read = (await sync(ana, { since: mine.next_batch })).rooms!.join![id]!
    expect(read.ephemeral!.events[0]!.content).toHaveProperty([event, 'm.read.private', ana.userId])
    expect(read.unread_notifications!.notification_count).toBe(0)
    expect((await sync(beto, { since: theirs.next_batch })).rooms).toBeUndefined()
    await ok(ana, 'POST', at(id, `receipt/m.read/${encodeURIComponent(event)}`))
    const told = (await sync(beto, { since: theirs.next_batch })).rooms!.join![id]!
    expect(told.ephemeral!.events[0]!.content).toHaveProperty([event, 'm.read', ana.userId])
  })

  test('a long poll wakes for what concerns it, and for nothing else', async () => {
    const [ana, beto] = [await person(), await person()]
    const [mine, other] = [await room(ana), await room(beto)]
    const { next_batch: since } = await sync(ana)
    let answered = false
    const waiting = sync(ana, { since, timeout: '20000' }).then((one) => {
      answered = true
      return one
    })
    for (let index = 0; index < 10; index++) await say(beto, other, 'ajeno')
    expect(answered).toBe(false)
    await say(ana, mine, 'propio')
    expect(bodies((await waiting).rooms!.join![mine])).toEqual(['propio'])
  })

  test('account data, of the account and of a room', async () => {
    const ana = await person()
    const id = await room(ana)
    const { next_batch: since } = await sync(ana)
    await ok(ana, 'PUT', `/user/${ana.userId}/account_data/hn.uno`, { a: 1 })
    await ok(ana, 'PUT', `/user/${ana.userId}/rooms/${encodeURIComponent(id)}/account_data/hn.dos`, { b: 2 })
    const { account_data, rooms } = await sync(ana, { since })
    expect(account_data!.events).toEqual([{ type: 'hn.uno', content: { a: 1 } }])
    expect(rooms!.join![id]!.account_data!.events).toEqual([{ type: 'hn.dos', content: { b: 2 } }])
  })
})

describe('messages to devices', () => {
  const send = (who: Person, other: Person, n: number) =>
    ok(who, 'PUT', `/sendToDevice/hn.prueba/t${count++}`, {
      messages: { [other.userId]: { [other.deviceId]: { n } } },
    })
  const numbers = (one: Sync) => (one.to_device?.events ?? []).map((event) => event.content['n'])

  test('stay until the token they came with is used, however often the answer is lost', async () => {
    const [ana, beto] = [await person(), await person()]
    let { next_batch: since } = await sync(beto)
    const total = 230
    for (let n = 0; n < total; n++) await send(ana, beto, n)
    const got: unknown[] = []
    for (let round = 0; round < 10 && got.length < total; round++) {
      const lost = await sync(beto, { since })
      const kept = await sync(beto, { since })
      expect(numbers(kept)).toEqual(numbers(lost))
      got.push(...numbers(kept))
      since = kept.next_batch
    }
    expect(got).toEqual(Array.from({ length: total }, (_, n) => n))
    expect(numbers(await sync(beto, { since }))).toEqual([])
  })

  test('pushed ahead of what the device has confirmed, they are not forgotten', async () => {
    const [ana, beto] = [await person(), await person()]
    const { next_batch: since } = await sync(beto)
    const requester = { ...beto, isGuest: false, isAdmin: false }
    const changes = async (from: string) => {
      const { signal } = new AbortController()
      return (await node.ctx.sync.sync({
        requester,
        since: from,
        acknowledged: since,
        timeoutMs: 0,
        signal,
      })) as Sync
    }
    await send(ana, beto, 1)
    const one = await changes(since)
    await send(ana, beto, 2)
    const two = await changes(one.next_batch)
    expect([numbers(one), numbers(two)]).toEqual([[1], [2]])
    // The connection broke before either arrived.
    expect(numbers(await sync(beto, { since }))).toEqual([1, 2])
  })
})

describe('nothing is skipped or told twice', () => {
  test('while many write at once, in rooms that are joined and left', async () => {
    const writers = await Promise.all(Array.from({ length: 4 }, person))
    const reader = await person()
    const rooms = await Promise.all(writers.map((writer) => room(writer)))
    for (const id of rooms.slice(0, 3)) await join(reader, id)
    for (const filter of [{ room: { timeline: { limit: 100 } } }]) {
      let { next_batch: since } = await sync(reader, { filter })
      const sent = new Map<string, string[]>()
      let writing = true
      const all = Promise.all(
        writers.map(async (writer, index) => {
          for (let n = 0; n < 60; n++) {
            const text = `${index}-${n}`
            await say(writer, rooms[index]!, text)
            sent.set(rooms[index]!, [...(sent.get(rooms[index]!) ?? []), text])
            if (n === 20 && index === 3) await join(reader, rooms[3]!)
          }
        }),
      ).then(() => {
        writing = false
      })
      const got = new Map<string, unknown[]>()
      for (let last = false; ; ) {
        const next = await sync(reader, { since, filter, timeout: '50' })
        since = next.next_batch
        for (const [id, one] of Object.entries(next.rooms?.join ?? {})) {
          expect(one.timeline.limited && id !== rooms[3]).toBe(false)
          got.set(id, [...(got.get(id) ?? []), ...bodies(one)])
        }
        if (last && !next.rooms) break
        last = !writing
      }
      await all
      for (const [index, id] of rooms.entries()) {
        // The room joined on the way begins with its history, and then goes on without a gap.
        const expected = sent.get(id)!
        expect(got.get(id), `room ${index}`).toEqual(expected)
      }
    }
  })
})
