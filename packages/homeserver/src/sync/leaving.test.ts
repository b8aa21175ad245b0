/** What a sync tells of rooms one is out of, and of rooms one only ever was invited to. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'

type Person = Awaited<ReturnType<TestNode['register']>>
type Event = { type: string; state_key?: string; content: Record<string, unknown> }
type Room = { timeline: { events: Event[] }; state: { events: Event[] } }
type Sync = { next_batch: string; rooms?: { leave?: Record<string, Room>; join?: Record<string, Room> } }

let node: TestNode
let ana: Person
let count = 0

beforeAll(async () => {
  node = await startTestNode()
  ana = await node.register('ana')
})
afterAll(() => node?.close())

async function call(who: Person, method: string, path: string, body?: unknown) {
  const answer = await node.call(method, path, { token: who.token, ...(body === undefined ? {} : { body }) })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}
const person = () => node.register(`p${count++}`)
const room = async (more: Record<string, unknown>) =>
  String((await call(ana, 'POST', '/createRoom', { name: 'Secreto', ...more }))['room_id'])
const act = (who: Person, roomId: string, action: string, about?: Person) =>
  call(who, 'POST', `/rooms/${encodeURIComponent(roomId)}/${action}`, about ? { user_id: about.userId } : {})
const say = (roomId: string, body: string) =>
  call(ana, 'PUT', `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t${count++}`, { body })
const topic = (roomId: string, text: string) =>
  call(ana, 'PUT', `/rooms/${encodeURIComponent(roomId)}/state/m.room.topic/`, { topic: text })
const withLeft = { room: { include_leave: true } }
async function sync(who: Person, since?: string, filter: unknown = {}): Promise<Sync> {
  const query = `filter=${encodeURIComponent(JSON.stringify(filter))}${since ? `&since=${since}` : ''}`
  return (await call(who, 'GET', `/sync?${query}`)) as Sync
}
const texts = (one: Room) =>
  one.timeline.events.map(({ content }) => content['body'] ?? content['membership'])

test('an invitation refused, or taken back, shows nothing of the room', async () => {
  for (const end of ['refused', 'taken back']) {
    const beto = await person()
    const id = await room({ preset: 'private_chat' })
    await topic(id, 'no es para todos')
    await act(ana, id, 'invite', beto)
    const { next_batch: since } = await sync(beto)
    if (end === 'refused') await act(beto, id, 'leave')
    else await act(ana, id, 'kick', beto)
    await say(id, 'después')
    for (const told of [await sync(beto, since), await sync(beto, undefined, withLeft)]) {
      const left = told.rooms!.leave![id]!
      expect([left.state.events, texts(left)]).toEqual([[], ['leave']])
    }
  }
})

test('put out and banned: what was before is told, what comes after is not', async () => {
  const beto = await person()
  const id = await room({ preset: 'public_chat' })
  await act(beto, id, 'join')
  const { next_batch: since } = await sync(beto)
  await say(id, 'antes')
  await act(ana, id, 'kick', beto)
  await say(id, 'entre')
  await topic(id, 'entre')
  await act(ana, id, 'ban', beto)
  await say(id, 'después')
  for (const told of [await sync(beto, since), await sync(beto, undefined, withLeft)]) {
    const left = told.rooms!.leave![id]!
    expect(texts(left).slice(-2)).toEqual(['antes', 'leave'])
    expect(JSON.stringify(left)).not.toContain('entre')
    expect(told.rooms!.join).toBeUndefined()
  }
  const { next_batch: later } = await sync(beto)
  await act(ana, id, 'unban', beto)
  const own = (await sync(beto, later)).rooms?.leave?.[id]
  expect(own ? texts(own) : []).toEqual(['leave'])
})

test('a filter on one part of a room leaves the others', async () => {
  const id = await room({ preset: 'private_chat' })
  const { next_batch: since } = await sync(ana)
  await topic(id, 'nuevo')
  const part = { room: { timeline: { not_rooms: [id] } } }
  const mine = (await sync(ana, since, part)).rooms!.join![id]!
  expect(mine.timeline.events).toEqual([])
  expect(mine.state.events.map(({ content }) => content['topic'])).toEqual(['nuevo'])
  // State that a filter keeps out of the timeline is told as state.
  const messages = (await sync(ana, since, { room: { timeline: { types: ['m.room.message'] } } })).rooms!
    .join![id]!
  expect(messages.state.events.map(({ content }) => content['topic'])).toEqual(['nuevo'])
})
