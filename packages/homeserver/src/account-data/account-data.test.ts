import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { peopleOf } from '../testing/people.ts'

type Json = Record<string, unknown>

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())

const { newUser, ask, entriesOf } = peopleOf(() => node)

describe('account data', () => {
  test('is kept per person, globally and per room, and reaches sync', async () => {
    const [ana, beto] = [await newUser(), await newUser()]
    const from = node.ctx.stream.stable
    const path = `/user/${ana.userId}/account_data/org.x`
    const inRoom = `/user/${ana.userId}/rooms/!r:hn/account_data/org.x`
    expect((await ask(ana, 'GET', path)).status).toBe(404)
    await ask(ana, 'PUT', path, { a: 1 })
    await ask(ana, 'PUT', inRoom, { b: 2.5, 'k.with.dots': { $x: 1 } })
    expect((await ask(ana, 'GET', path)).body).toEqual({ a: 1 })
    expect((await ask(ana, 'GET', inRoom)).body).toEqual({ b: 2.5, 'k.with.dots': { $x: 1 } })
    expect((await ask(beto, 'GET', path)).status).toBe(403)
    expect((await ask(beto, 'PUT', path, {})).status).toBe(403)
    expect(await node.ctx.accountData.since(ana.userId, from, node.ctx.stream.stable)).toEqual([
      { type: 'org.x', content: { a: 1 } },
      { roomId: '!r:hn', type: 'org.x', content: { b: 2.5, 'k.with.dots': { $x: 1 } } },
    ])
    const all = await node.ctx.accountData.since(ana.userId, 0, node.ctx.stream.stable)
    expect(all.map(({ type }) => type)).toContain('m.push_rules')
    expect(entriesOf('account_data', from)).toHaveLength(2)
    expect((await ask(ana, 'GET', `/user/${ana.userId}/account_data/m.push_rules`)).body).toHaveProperty(
      'global',
    )
  })

  test('the server keeps its own types, and nothing too large', async () => {
    const ana = await newUser()
    for (const type of ['m.fully_read', 'm.push_rules']) {
      expect((await ask(ana, 'PUT', `/user/${ana.userId}/account_data/${type}`, {})).status).toBe(405)
      expect((await ask(ana, 'PUT', `/user/${ana.userId}/rooms/!r:hn/account_data/${type}`, {})).status).toBe(
        405,
      )
    }
    const big = await ask(ana, 'PUT', `/user/${ana.userId}/account_data/org.big`, { x: 'x'.repeat(300_000) })
    expect([big.status, big.body['errcode']]).toEqual([413, 'M_TOO_LARGE'])
  })

  test('tags come and go, also at the same time', async () => {
    const ana = await newUser()
    const base = `/user/${ana.userId}/rooms/!r:hn/tags`
    await Promise.all(
      ['u.a', 'u.b', 'm.favourite'].map((tag, index) =>
        ask(ana, 'PUT', `${base}/${tag}`, { order: index / 4 }),
      ),
    )
    expect((await ask(ana, 'GET', base)).body).toEqual({
      tags: { 'u.a': { order: 0 }, 'u.b': { order: 0.25 }, 'm.favourite': { order: 0.5 } },
    })
    await ask(ana, 'DELETE', `${base}/u.a`)
    expect(Object.keys((await ask(ana, 'GET', base)).body['tags'] as Json).sort()).toEqual([
      'm.favourite',
      'u.b',
    ])
    expect(await node.ctx.accountData.get(ana.userId, 'm.tag', '!r:hn')).toHaveProperty('tags')
  })

  test('filters are kept once each; bad ones are refused', async () => {
    const ana = await newUser()
    const filter = { room: { timeline: { limit: 5, types: ['m.room.message'] } }, event_fields: ['type'] }
    const post = (body: Json) => ask(ana, 'POST', `/user/${ana.userId}/filter`, body)
    const id = (await post(filter)).body['filter_id']
    expect(id).toMatch(/^[^{]/)
    expect((await post(filter)).body['filter_id']).toBe(id)
    expect((await ask(ana, 'GET', `/user/${ana.userId}/filter/${id}`)).body).toEqual(filter)
    expect((await ask(ana, 'GET', `/user/${ana.userId}/filter/nosuch`)).status).toBe(404)
    const bad: Json[] = [
      { presence: 'x' },
      { room: { timeline: { rooms: 'no list' } } },
      { room: { timeline: { rooms: ['not_a_room_id'] } } },
      { room: { timeline: { senders: ['not_a_sender_id'] } } },
      { room: { timeline: { limit: 'many' } } },
      { event_fields: [1] },
    ]
    for (const one of bad) expect([one, (await post(one)).status]).toEqual([one, 400])
  })
})
