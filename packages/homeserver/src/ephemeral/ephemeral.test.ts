import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { peopleOf, type User } from '../testing/people.ts'

type Json = Record<string, unknown>

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())
beforeEach(() => {
  node.edus.length = 0
})

const { newUser, ask, newRoom, entriesOf } = peopleOf(() => node)

describe('receipts, typing, presence', () => {
  async function pair() {
    const [ana, beto] = [await newUser(), await newUser()]
    const room = await newRoom(ana)
    await ask(beto, 'POST', `/rooms/${room}/join`, {})
    let txn = 0
    const say = async () =>
      (
        await ask(ana, 'PUT', `/rooms/${room}/send/m.room.message/r${++txn}`, {
          msgtype: 'm.text',
          body: 'x',
        })
      ).body['event_id'] as string
    return { ana, beto, room, say }
  }
  const since = (room: string, viewer: User, from = 0) =>
    node.ctx.ephemeral.receiptsSince(room, viewer.userId, from, node.ctx.stream.stable)

  test('receipts move forward only; private ones are seen by their owner alone', async () => {
    const { ana, beto, room, say } = await pair()
    const [one, two] = [await say(), await say()]
    const receipt = (eventId: string, type = 'm.read', body: Json = {}) =>
      ask(beto, 'POST', `/rooms/${room}/receipt/${type}/${eventId}`, body)
    await receipt(two)
    const from = node.ctx.stream.stable
    await receipt(one)
    await receipt(two)
    expect(entriesOf('receipt', from)).toEqual([])
    expect(await since(room, ana)).toEqual([
      { [two]: { 'm.read': { [beto.userId]: { ts: expect.any(Number) } } } },
    ])
    const three = await say()
    await receipt(three, 'm.read.private')
    expect(JSON.stringify(await since(room, ana))).not.toContain('private')
    expect(JSON.stringify(await since(room, beto))).toContain('m.read.private')
    expect((await receipt('$nosuch')).status).toBe(404)
    expect((await receipt(three, 'm.bad')).status).toBe(400)
    expect((await receipt(three, 'm.read', { thread_id: 'x' })).status).toBe(400)
    const fuera = await newUser()
    expect((await ask(fuera, 'POST', `/rooms/${room}/receipt/m.read/${two}`, {})).status).toBe(403)
  })

  test('one event read in two threads makes two contents', async () => {
    const { beto, room, say } = await pair()
    const one = await say()
    await ask(beto, 'POST', `/rooms/${room}/receipt/m.read/${one}`, {})
    await ask(beto, 'POST', `/rooms/${room}/receipt/m.read/${one}`, { thread_id: 'main' })
    const contents = await since(room, beto)
    expect(contents).toHaveLength(2)
    expect(contents.map((content) => JSON.stringify(content).includes('thread_id')).sort()).toEqual([
      false,
      true,
    ])
  })

  test('read markers set all three', async () => {
    const { beto, room, say } = await pair()
    const [one, two] = [await say(), await say()]
    const set = await ask(beto, 'POST', `/rooms/${room}/read_markers`, {
      'm.fully_read': one,
      'm.read': one,
      'm.read.private': two,
    })
    expect(set.status).toBe(200)
    expect(await node.ctx.accountData.get(beto.userId, 'm.fully_read', room)).toEqual({ event_id: one })
    const read = await node.ctx.ephemeral.readUpTo(room, beto.userId)
    expect(read.all).toBe((await node.ctx.rooms.event(two))?.pos)
    expect((await ask(beto, 'POST', `/rooms/${room}/read_markers`, { 'm.fully_read': '$x' })).status).toBe(
      404,
    )
  })

  test('receipts and typing go to partners, private ones and those of strangers do not', async () => {
    const { ana, beto, room, say } = await pair()
    const { rooms } = node.ctx
    const { joinedServers, membership } = rooms
    rooms.joinedServers = async () => ['hn.example', 'gt.example']
    rooms.membership = async (roomId, userId) =>
      userId === '@juez:gt.example' ? { membership: 'join', event: {} as never } : membership(roomId, userId)
    try {
      const one = await say()
      await ask(beto, 'POST', `/rooms/${room}/receipt/m.read.private/${one}`, {})
      expect(node.edus).toEqual([])
      await ask(beto, 'POST', `/rooms/${room}/receipt/m.read/${one}`, {})
      await ask(beto, 'PUT', `/rooms/${room}/typing/${beto.userId}`, { typing: true, timeout: 5_000 })
      expect(node.edus.map(({ edu_type }) => edu_type)).toEqual(['m.receipt', 'm.typing'])
      expect(node.edus[0]!.content).toEqual({
        [room]: { 'm.read': { [beto.userId]: { event_ids: [one], data: { ts: expect.any(Number) } } } },
      })
      const { receiveEdu } = node.ctx.ephemeral
      const receiptOf = (userId: string) => ({
        edu_type: 'm.receipt',
        content: { [room]: { 'm.read': { [userId]: { event_ids: [one], data: { ts: 5 } } } } },
      })
      await receiveEdu('gt.example', receiptOf(ana.userId))
      await receiveEdu('gt.example', receiptOf('@nadie:gt.example'))
      await receiveEdu('gt.example', { edu_type: 'm.receipt', content: { __proto__: null, [room]: 'bad' } })
      expect(JSON.stringify(await since(room, ana))).not.toMatch(/nadie|"ts":5/)
      await receiveEdu('gt.example', receiptOf('@juez:gt.example'))
      expect(JSON.stringify(await since(room, ana))).toContain('@juez:gt.example')
      const typing = (userId: string) => ({
        edu_type: 'm.typing',
        content: { room_id: room, user_id: userId, typing: true },
      })
      await receiveEdu('gt.example', typing(ana.userId))
      await receiveEdu('gt.example', typing('@juez:gt.example'))
      expect(node.ctx.ephemeral.typing(room).userIds).toEqual([beto.userId, '@juez:gt.example'])
    } finally {
      Object.assign(rooms, { joinedServers, membership })
    }
  })

  test('typing is told when it changes, ends by itself, and is for members', async () => {
    const { ana, beto, room } = await pair()
    const from = node.ctx.stream.stable
    const type = (user: User, typing: boolean, timeout?: number) =>
      ask(user, 'PUT', `/rooms/${room}/typing/${user.userId}`, {
        typing,
        ...(timeout === undefined ? {} : { timeout }),
      })
    await type(ana, true, 50_000)
    await type(ana, true, 50_000)
    await type(beto, true, 30)
    expect(node.ctx.ephemeral.typing(room).userIds).toContain(ana.userId)
    await expect.poll(() => node.ctx.ephemeral.typing(room).userIds).toEqual([ana.userId])
    await type(ana, false)
    expect(node.ctx.ephemeral.typing(room).userIds).toEqual([])
    expect(entriesOf('typing', from)).toHaveLength(4)
    const fuera = await newUser()
    expect((await type(fuera, true)).status).toBe(403)
    expect((await ask(ana, 'PUT', `/rooms/${room}/typing/${beto.userId}`, { typing: true })).status).toBe(403)
  })

  test('presence is told to those who share a room', async () => {
    const { ana, beto } = await pair()
    const fuera = await newUser()
    const from = node.ctx.stream.stable
    const path = `/presence/${ana.userId}/status`
    expect((await ask(beto, 'GET', path)).body).toMatchObject({ presence: 'offline' })
    await ask(ana, 'PUT', path, { presence: 'online', status_msg: 'en la frontera' })
    await ask(ana, 'PUT', path, { presence: 'online', status_msg: 'en la frontera' })
    expect((await ask(beto, 'GET', path)).body).toMatchObject({
      presence: 'online',
      status_msg: 'en la frontera',
    })
    expect(entriesOf('presence', from)).toHaveLength(1)
    expect((await ask(fuera, 'GET', path)).status).toBe(403)
    expect((await ask(fuera, 'PUT', path, { presence: 'online' })).status).toBe(403)
    expect((await ask(ana, 'PUT', path, { presence: 'asleep' })).status).toBe(400)
    expect(await node.ctx.ephemeral.presence([ana.userId, '@nadie:hn.example'])).toHaveLength(1)
  })
})
