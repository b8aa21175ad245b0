import 'fake-indexeddb/auto'
import { MatrixEvent, type Room } from 'matrix-js-sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createLookBack } from './look-back.ts'
import { createSearchIndex } from './search-index.ts'
import type { SearchIndex } from './types.ts'

const USER = '@registro.hn:hn'
let database: OwnDatabase
let index: SearchIndex
beforeEach(async () => {
  database = await openOwnDatabase(USER)
  index = createSearchIndex(database)
})
afterEach(async () => {
  await index.flush()
  database.close()
  await deleteOwnDatabase(USER)
})

/** A channel of so many messages, one a millisecond, of which the page has the newest `live`. */
function channel(roomId: string, count: number, live: number, text = (at: number) => `dato ${at}`) {
  const event = (at: number, more: object = {}) => {
    const one = new MatrixEvent({
      event_id: `$${roomId}-${at}`,
      room_id: roomId,
      sender: '@a:hn',
      origin_server_ts: at,
      type: 'm.room.encrypted',
      content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x', session_id: 's' },
    })
    const clear = { type: 'm.room.message', content: { msgtype: 'm.text', body: text(at), ...more } }
    one.makeEncrypted('m.room.encrypted', one.getContent(), 'key', 'key')
    ;(one as unknown as { clearEvent: unknown }).clearEvent = clear
    return one
  }
  const events = Array.from({ length: live }, (_, at) => event(count - live + at))
  const room = {
    roomId,
    getMyMembership: () => 'join',
    relations: { getChildEventsForEvent: () => undefined },
    getLiveTimeline: () => ({
      getEvents: () => events,
      getPaginationToken: () => (events[0]!.getTs() > 0 ? String(events[0]!.getTs()) : null),
    }),
  } as unknown as Room
  return { room, event, events }
}

function lookingBack(
  channels: ReturnType<typeof channel>[],
  options: { perPage?: number; maxKept?: number } = {},
) {
  const asked: string[] = []
  let onPage: ((asked: string[]) => void) | undefined
  const { perPage = 10, maxKept } = options
  const lookBack = createLookBack({
    client: { getRoom: (roomId) => channels.find((one) => one.room.roomId === roomId)?.room ?? null },
    async page(room, token) {
      asked.push(`${room.roomId} ${token}`)
      onPage?.(asked)
      const from = Number(token)
      const { event } = channels.find((one) => one.room === room)!
      const least = Math.max(0, from - perPage)
      const events = Array.from({ length: from - least }, (_, at) => event(from - 1 - at))
      return { events, next: least > 0 ? String(least) : undefined }
    },
    searchIndex: index,
    database,
    ...(maxKept === undefined ? {} : { maxKept }),
  })
  return {
    lookBack,
    asked,
    whenAsked(what: typeof onPage) {
      onPage = what
    },
  }
}

const found = async (text: string) =>
  (await index.search({ text, rooms: ['!a', '!b'], limit: 60 })).hits.map(({ message }) => message.id).sort()

describe('looking further back', () => {
  test('finds what was written before what the page has, evenly in all channels, down to the beginning', async () => {
    const { lookBack, asked } = lookingBack([channel('!a', 30, 5), channel('!b', 25, 5)])
    expect(await found('dato 3')).toEqual([])
    await lookBack.start(['!a', '!b', '!unknown'])
    expect(await found('dato 3')).toEqual(['$!a-3', '$!b-3'])
    expect(lookBack.state.get()).toEqual({
      running: false,
      looked: 45,
      closed: 0,
      done: true,
      full: false,
      failed: false,
      since: 0,
    })
    expect(asked).toEqual(['!a 25', '!b 20', '!a 15', '!b 10', '!a 5'])
  })

  test('stops when told, says how far it came, and goes on from there another day', async () => {
    const channels = [channel('!a', 50, 5)]
    const first = lookingBack(channels)
    first.whenAsked((asked) => asked.length === 3 && first.lookBack.stop())
    await first.lookBack.start(['!a'])
    expect(first.lookBack.state.get()).toMatchObject({ running: false, looked: 20, done: false, since: 25 })
    const second = lookingBack(channels)
    await second.lookBack.start(['!a'])
    expect(second.asked).toEqual(['!a 25', '!a 15', '!a 5'])
    const third = lookingBack(channels)
    await third.lookBack.start(['!a'])
    expect(third.asked).toEqual([])
    expect(third.lookBack.state.get()).toMatchObject({ done: true, since: 0 })
  })

  test('after a long absence it fills the gap first and does not ask again for what it has', async () => {
    await lookingBack([channel('!a', 30, 5)]).lookBack.start(['!a'])
    const later = lookingBack([channel('!a', 90, 5)])
    await later.lookBack.start(['!a'])
    expect(later.asked).toEqual(['!a 85', '!a 75', '!a 65', '!a 55', '!a 45', '!a 35'])
    expect((await found('dato')).length).toBe(60)
    expect(await index.size()).toBe(85)
  })

  test('keeps no more than this device keeps, and says so', async () => {
    const { lookBack } = lookingBack([channel('!a', 200, 5)], { maxKept: 40 })
    await lookBack.start(['!a'])
    expect(lookBack.state.get()).toMatchObject({ full: true, done: false, running: false })
    expect(await index.size()).toBe(40)
  })

  test('a network that goes away ends it with a word, and what was found stays', async () => {
    const { lookBack, whenAsked } = lookingBack([channel('!a', 50, 5)])
    whenAsked((asked) => {
      if (asked.length === 2) throw new TypeError('offline')
    })
    await lookBack.start(['!a'])
    expect(lookBack.state.get()).toMatchObject({ failed: true, running: false, looked: 10 })
    expect(await found('dato 44')).toEqual(['$!a-44'])
  })
})
