import { type MatrixClient, MatrixEvent, RoomEvent } from 'matrix-js-sdk'
import { beforeEach, expect, test } from 'vitest'
import { createThreadReading } from './thread-reading.ts'

const ME = '@yo:hn'
const ANA = '@ana:hn'
let time = 1_000

function message(id: string, sender: string, thread?: string, mentions?: string[]): MatrixEvent {
  const relation = thread ? { 'm.relates_to': { rel_type: 'm.thread', event_id: thread } } : {}
  const event = new MatrixEvent({
    event_id: id,
    sender,
    room_id: '!r:hn',
    origin_server_ts: time++,
    type: 'm.room.encrypted',
    content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x', session_id: 's', ...relation } as never,
  })
  const clear = {
    type: 'm.room.message',
    content: {
      msgtype: 'm.text',
      body: id,
      ...relation,
      ...(mentions ? { 'm.mentions': { user_ids: mentions } } : {}),
    },
  }
  ;(event as unknown as { clearEvent: unknown }).clearEvent = clear
  return event
}

/** A room of these messages, what was asked of the server, and receipts as they come. */
function world(events: MatrixEvent[]) {
  const listeners = new Map<string, (...values: unknown[]) => void>()
  const asked: Array<[string, unknown]> = []
  const data = new Map<string, object>()
  let markers: string | undefined
  const counts = { total: 0, highlight: 0 }
  let away = false
  const client = {
    on: (name: string, listener: (...values: unknown[]) => void) => listeners.set(name, listener),
    off: () => undefined,
    setRoomAccountData: async (_room: string, type: string, content: object) => void data.set(type, content),
    setRoomReadMarkers: async (_room: string, id: string) => {
      markers = id
    },
  } as unknown as MatrixClient
  const room = {
    roomId: '!r:hn',
    getLiveTimeline: () => ({ getEvents: () => events }),
    findEventById: (id: string) => events.find((event) => event.getId() === id),
    getAccountData: (type: string) => (data.has(type) ? { getContent: () => data.get(type) } : undefined),
    getEventReadUpTo: () => null,
    getUnreadNotificationCount: (kind: 'total' | 'highlight') => counts[kind],
    setUnreadNotificationCount(kind: 'total' | 'highlight', count: number) {
      counts[kind] = count
    },
  } as never
  const threads = createThreadReading(client, ME, async (_method, path, body) => {
    if (away) throw new TypeError('no network')
    asked.push([decodeURIComponent(path.split('/').at(-1)!), body])
    return {}
  })
  const receipt = (eventId: string, userId: string, thread?: string, ts = 0) =>
    listeners.get(RoomEvent.Receipt)!(
      {
        getContent: () => ({
          [eventId]: { 'm.read': { [userId]: { ts, ...(thread ? { thread_id: thread } : {}) } } },
        }),
      },
      room,
    )
  return {
    threads,
    room,
    asked,
    receipt,
    counts,
    markers: () => markers,
    setAway: (on: boolean) => {
      away = on
    },
  }
}

beforeEach(() => {
  time = 1_000
})

test('a thread is unread from what its own receipt, or the channel’s, leaves', () => {
  const { threads, room, receipt } = world([
    message('$root', ANA),
    message('$1', ANA, '$root'),
    message('$other', ANA),
    message('$2', ANA, '$root'),
  ])
  expect(threads.unread(room, '$root')).toBe(2)
  receipt('$other', ME, 'main')
  expect(threads.unread(room, '$root')).toBe(2)
  receipt('$2', ANA, '$root')
  expect(threads.unread(room, '$root')).toBe(2)
  receipt('$other', ME)
  expect(threads.unread(room, '$root')).toBe(1)
  receipt('$2', ME, '$root')
  expect(threads.unread(room, '$root')).toBe(0)
})

test('of a receipt whose message is not here, its time counts', () => {
  const { threads, room, receipt } = world([message('$1', ANA, '$root'), message('$2', ANA, '$root')])
  receipt('$gone', ME, '$root', 1_000)
  expect(threads.unread(room, '$root')).toBe(1)
})

test('whoever began it, wrote in it or is mentioned follows it, until they say otherwise', async () => {
  const { threads, room } = world([
    message('$mine', ME),
    message('$theirs', ANA),
    message('$1', ANA, '$theirs'),
    message('$asked', ANA),
    message('$2', ANA, '$asked', [ME]),
  ])
  expect(['$mine', '$theirs', '$asked'].map((id) => threads.follows(room, id))).toEqual([true, false, true])
  await threads.follow(room, '$theirs', true)
  await threads.follow(room, '$asked', false)
  expect(['$theirs', '$asked'].map((id) => threads.follows(room, id))).toEqual([true, false])
})

test('reading the channel leaves followed threads unread, and reads the others', async () => {
  const { threads, room, asked, markers } = world([
    message('$mine', ME),
    message('$theirs', ANA),
    message('$1', ANA, '$mine'),
    message('$2', ANA, '$theirs'),
    message('$last', ANA),
  ])
  await threads.markChannelRead(room, () => true)
  expect(asked).toEqual([
    ['$last', { thread_id: 'main' }],
    ['$2', { thread_id: '$theirs' }],
  ])
  expect(threads.unread(room, '$mine')).toBe(1)
  expect(markers()).toBeUndefined()
  await threads.markRead(room, '$mine')
  expect(asked.at(-1)).toEqual(['$1', { thread_id: '$mine' }])
  await threads.markChannelRead(room, () => true)
  expect(markers()).toBe('$last')
})

test('threads that are shown elsewhere are read with the channel', async () => {
  const { threads, room, markers } = world([message('$mine', ME), message('$1', ANA, '$mine')])
  await threads.markChannelRead(room, () => false)
  expect(markers()).toBe('$1')
})

test('what was read counts no more, also beside a followed thread that is unread', async () => {
  const { threads, room, counts } = world([
    message('$mine', ME),
    message('$1', ANA, '$mine'),
    message('$last', ANA),
  ])
  counts.total = 1
  counts.highlight = 1
  await threads.markChannelRead(room, () => true)
  expect(counts).toEqual({ total: 0, highlight: 0 })
  expect(threads.unread(room, '$mine')).toBe(1)
})

test('what the server did not hear of is said again', async () => {
  const { threads, room, asked, setAway } = world([
    message('$mine', ME),
    message('$1', ANA, '$mine'),
    message('$last', ANA),
  ])
  setAway(true)
  await expect(threads.markChannelRead(room, () => true)).rejects.toThrow('no network')
  await expect(threads.markRead(room, '$mine')).rejects.toThrow('no network')
  setAway(false)
  expect(threads.unread(room, '$mine')).toBe(1)
  await threads.markChannelRead(room, () => true)
  await threads.markRead(room, '$mine')
  await threads.markRead(room, '$mine')
  expect(asked).toEqual([
    ['$last', { thread_id: 'main' }],
    ['$1', { thread_id: '$mine' }],
  ])
})
