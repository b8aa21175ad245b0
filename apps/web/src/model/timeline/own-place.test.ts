import { createClient, EventStatus, MatrixEvent, PendingEventOrdering, Room } from 'matrix-js-sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepOrder } from './own-place.ts'

const ROOM = '!r'
const ME = '@yo:hn'
let room: Room
let stop: () => void

beforeEach(() => {
  const client = createClient({ baseUrl: 'http://hn', userId: ME, accessToken: 't' })
  room = new Room(ROOM, client, ME, { pendingEventOrdering: PendingEventOrdering.Chronological })
  client.store.storeRoom(room)
  client.reEmitter.reEmit(room, ['Room.localEchoUpdated' as never])
  stop = keepOrder(client)
})
afterEach(() => stop())

const raw = (body: string, sender: string) => ({
  type: 'm.room.message',
  room_id: ROOM,
  sender,
  content: { msgtype: 'm.text', body },
  origin_server_ts: 1,
})
/** Written here, not yet at the server. */
function written(body: string): MatrixEvent {
  const event = new MatrixEvent({ ...raw(body, ME), event_id: `~${body}` })
  event.setTxnId(`t-${body}`)
  event.setStatus(EventStatus.SENDING)
  room.addPendingEvent(event, `t-${body}`)
  return event
}
/** What a sync brings, in the server's order. */
const brought = (...bodies: string[]) =>
  room.addLiveEvents(
    bodies.map((body) => {
      const own = body.startsWith('mío')
      const unsigned = own ? { unsigned: { transaction_id: `t-${body}` } } : {}
      return new MatrixEvent({ ...raw(body, own ? ME : '@otra:gt'), event_id: `$${body}`, ...unsigned })
    }),
    { addToState: true },
  )
const shown = () =>
  room
    .getLiveTimeline()
    .getEvents()
    .map((event) => event.getContent()['body'])

test('one’s own message goes after what was written before it and came later', async () => {
  await brought('uno')
  written('mío 1')
  expect(shown()).toEqual(['uno', 'mío 1'])
  await brought('dos', 'tres')
  await brought('mío 1', 'cuatro')
  expect(shown()).toEqual(['uno', 'dos', 'tres', 'mío 1', 'cuatro'])
  expect(room.findEventById('$mío 1')?.getContent()['body']).toBe('mío 1')
})

test('each stays where it was written until it comes back; the answer to sending alone moves nothing', async () => {
  const [one] = [written('mío 1'), written('mío 2'), written('mío 3')]
  await brought('uno')
  room.updatePendingEvent(one!, EventStatus.SENT, '$mío 1')
  expect(shown()).toEqual(['mío 1', 'mío 2', 'mío 3', 'uno'])
  await brought('mío 1', 'dos', 'mío 2')
  expect(shown()).toEqual(['mío 3', 'uno', 'mío 1', 'dos', 'mío 2'])
  await brought('mío 3')
  expect(shown()).toEqual(['uno', 'mío 1', 'dos', 'mío 2', 'mío 3'])
})

test('where nothing came between, nothing moves', async () => {
  written('mío 1')
  written('mío 2')
  await brought('mío 1', 'mío 2', 'uno')
  expect(shown()).toEqual(['mío 1', 'mío 2', 'uno'])
})
