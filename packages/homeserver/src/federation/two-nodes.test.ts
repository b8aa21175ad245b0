import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
type Person = Awaited<ReturnType<FederatedNode['register']>>
let ana: Person
let beto: Person

beforeAll(async () => {
  world = await federatedWorld()
  ;[hn, gt] = await Promise.all([world.node('hn'), world.node('gt')])
  ana = await hn.register('ana')
  beto = await gt.register('beto')
})
afterAll(() => world?.close())

const enc = encodeURIComponent
let txn = 0

async function room(
  node: FederatedNode,
  person: Person,
  more: Record<string, unknown> = {},
): Promise<string> {
  const answer = await node.call('POST', '/createRoom', {
    token: person.token,
    body: { preset: 'public_chat', ...more },
  })
  return String(answer['room_id'])
}
async function join(node: FederatedNode, person: Person, roomId: string, via: FederatedNode): Promise<void> {
  await node.call('POST', `/join/${enc(roomId)}?via=${enc(via.serverName)}`, {
    token: person.token,
    body: {},
  })
}
async function say(node: FederatedNode, person: Person, roomId: string, body: string): Promise<string> {
  const answer = await node.call('PUT', `/rooms/${enc(roomId)}/send/m.room.message/${txn++}`, {
    token: person.token,
    body: { msgtype: 'm.text', body },
  })
  return String(answer['event_id'])
}
async function messages(node: FederatedNode, person: Person, roomId: string): Promise<string[]> {
  const answer = await node.call('GET', `/rooms/${enc(roomId)}/messages?dir=b&limit=200`, {
    token: person.token,
  })
  return (answer['chunk'] as { type: string; content: { body?: string } }[])
    .filter((event) => event.type === 'm.room.message')
    .map((event) => event.content.body ?? '')
    .reverse()
}

describe.each(['10', '11', '12'])('room version %s', (room_version) => {
  test('joins both ways, messages both ways, in order', async () => {
    const roomId = await room(hn, ana, { room_version })
    await join(gt, beto, roomId, hn)
    await say(hn, ana, roomId, 'uno')
    await eventually('uno at gt', async () => (await messages(gt, beto, roomId)).includes('uno'))
    await say(gt, beto, roomId, 'dos')
    await eventually('dos at hn', async () => (await messages(hn, ana, roomId)).includes('dos'))
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => [
        say(hn, ana, roomId, `h${i}`),
        say(gt, beto, roomId, `g${i}`),
      ]).flat(),
    )
    for (const [node, person] of [
      [hn, ana],
      [gt, beto],
    ] as const) {
      const all = await eventually('all', async () => {
        const found = await messages(node, person, roomId)
        return found.length >= 62 && found
      })
      expect(new Set(all).size).toBe(62)
    }
    const [a, b] = await Promise.all(
      [hn, gt].map(async (node) => {
        const state = await node.ctx.rooms.currentState(roomId)
        return [...state.ids].sort()
      }),
    )
    expect(a).toEqual(b)
  })

  test('history from before the join is fetched', async () => {
    const roomId = await room(hn, ana, { room_version })
    for (let i = 0; i < 25; i++) await say(hn, ana, roomId, `antes ${i}`)
    await join(gt, beto, roomId, hn)
    const all = await messages(gt, beto, roomId)
    expect(all).toEqual(Array.from({ length: 25 }, (_, i) => `antes ${i}`))
  })

  test.each(['shared', 'joined'])(
    '%s history: an event from before the join is opened by its id by whom it is shown to',
    async (history_visibility) => {
      const initial_state = [
        { type: 'm.room.history_visibility', state_key: '', content: { history_visibility } },
      ]
      const roomId = await room(hn, ana, { room_version, initial_state })
      const [first, other] = [
        await say(hn, ana, roomId, 'antes'),
        await say(hn, ana, roomId, 'también antes'),
      ]
      await join(gt, beto, roomId, hn)
      const opened = (path: string) =>
        gt
          .call('GET', `/rooms/${enc(roomId)}/${path}`, { token: beto.token })
          .then(({ event, content }) => (event as { content: unknown } | undefined)?.content ?? content)
          .catch(() => 'not shown')
      const shown = history_visibility === 'shared'
      expect(await opened(`event/${enc(first)}`)).toEqual(
        shown ? { msgtype: 'm.text', body: 'antes' } : 'not shown',
      )
      expect(await opened(`context/${enc(other)}`)).toEqual(
        shown ? { msgtype: 'm.text', body: 'también antes' } : 'not shown',
      )
      expect(await opened(`event/${enc('$nothing')}`)).toBe('not shown')
    },
  )

  test('an invitation, accepted', async () => {
    const roomId = await room(hn, ana, { room_version, preset: 'private_chat', name: 'Sala' })
    await hn.call('POST', `/rooms/${enc(roomId)}/invite`, {
      token: ana.token,
      body: { user_id: beto.userId },
    })
    await gt.call('POST', `/rooms/${enc(roomId)}/join`, { token: beto.token, body: {} })
    await say(gt, beto, roomId, 'hola')
    await eventually('hola at hn', async () => (await messages(hn, ana, roomId)).includes('hola'))
  })

  test('an invitation, refused', async () => {
    const roomId = await room(hn, ana, { room_version, preset: 'private_chat' })
    await hn.call('POST', `/rooms/${enc(roomId)}/invite`, {
      token: ana.token,
      body: { user_id: beto.userId },
    })
    await gt.call('POST', `/rooms/${enc(roomId)}/leave`, { token: beto.token, body: {} })
    await eventually('leave at hn', async () => {
      return (await hn.ctx.rooms.membership(roomId, beto.userId))?.membership === 'leave'
    })
  })
})
