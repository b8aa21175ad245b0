/** A partner, with a good key, that sends as much as it can: people here go on, and nothing of it is lost for good. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakePartner } from '../testing/fake-partner.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

let world: FederatedWorld
let hn: FederatedNode
let partner: FakePartner

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn')
  partner = await FakePartner.start(world, 'gt')
})
afterAll(async () => {
  await partner?.close()
  await world?.close()
})

test('hostile: of many transactions at once most are told to come again, and people here take their turn', async () => {
  const ana = await hn.register('ana')
  const made = await hn.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } })
  const user = `@beto:${partner.serverName}`
  const room = await partner.join(hn, String(made['room_id']), user)
  const events = Array.from({ length: 300 }, (_, index) =>
    partner.event(room, user, { type: 'm.room.message', content: { body: `${index}` } }),
  )
  const parts = Array.from({ length: 6 }, (_, part) => events.slice(part * 50, part * 50 + 50))
  const ended: string[] = []
  const sendPart = async (part: number, again = '') => {
    const pdus = parts[part]!.map(({ pdu }) => pdu)
    const { status } = await partner.send(hn, `t${part}${again}`, pdus)
    if (status === 200) ended.push(`part ${part}`)
    return status
  }
  const flood = parts.map((_, part) => sendPart(part))
  // The connections are made; this comes after them.
  await Promise.race(flood)
  const path = `/rooms/${encodeURIComponent(room.roomId)}/send/m.room.message/ana`
  const own = await hn.call('PUT', path, { token: ana.token, body: { msgtype: 'm.text', body: 'yo' } })
  ended.push('ana')
  const statuses = await Promise.all(flood)
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  expect(ended.indexOf('ana')).toBeLessThan(2)
  // As a partner does that waits for each answer.
  for (const part of parts.keys()) expect(await sendPart(part, '-again')).toBe(200)
  for (const { eventId } of [...events, { eventId: String(own['event_id']) }])
    expect((await hn.ctx.rooms.event(eventId))?.verdict).toBe('accept')
})
