/** New topic channels by the coordinators of a corridor. */
import { topicPolicyEventType } from '@enlace/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { person, TestNetwork, type TestPerson } from '../testing/channel.ts'
import { foundCorridor } from '../testing/channels.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const OWN = ['hn-dinaf', 'hn-rnp']
const network = new TestNetwork({
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'hn-rnp': { kind: 'civil_registry', country: 'HN' },
})
let world: FederatedWorld
let hn: FederatedNode
let chief: TestPerson
let partner: TestPerson
let clerk: TestPerson
let corridor: string

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn', { institutions: OWN }, { overrides: network.overrides(OWN) })
  chief = await person(hn, 'jefa', 'hn-dinaf', 'coordinator')
  partner = await person(hn, 'jefe', 'hn-rnp', 'coordinator')
  clerk = await person(hn, 'auxiliar', 'hn-dinaf', 'staff')
  corridor = await foundCorridor(
    {
      userId: chief.userId,
      ask: (method, path, body) => hn.call(method, path, { token: chief.token, body }),
    },
    {
      invite: [partner.userId, clerk.userId],
      power_level_content_override: { users: { [partner.userId]: 50 }, events: { 'm.space.child': 50 } },
    },
  )
  for (const one of [partner, clerk])
    await hn.call('POST', `/join/${encodeURIComponent(corridor)}`, { token: one.token, body: {} })
})
afterAll(() => world?.close())

const found = (who: TestPerson, body: object) =>
  hn.call('POST', '/_enlace/client/v1/channels', { token: who.token, body, allowed: true })

test('is encrypted, listed by its corridor, recognised, and its coordinators are called in', async () => {
  const made = await found(chief, { corridor, topic: 'documentation' })
  expect(made).toMatchObject({ status: 200, invited: [partner.userId], not_reached: [] })
  const room = String(made['room_id'])
  expect(await hn.ctx.channels.recognise(room)).toMatchObject({ recognised: true, topic: 'documentation' })
  expect((await hn.ctx.rooms.membership(room, partner.userId))?.membership).toBe('invite')
  expect(await found(chief, { corridor, topic: 'documentation' })).toMatchObject({
    status: 403,
    'org.enlace.rule': 'channel.exists',
  })
})

test('whom it admits is said where the topic does not; who is not admitted is not called', async () => {
  expect(await found(chief, { corridor, topic: 'trafficking' })).toMatchObject({
    status: 403,
    'org.enlace.rule': 'channel.no_policy',
  })
  const made = await found(chief, { corridor, topic: 'trafficking', kinds: ['child_protection'] })
  expect(made).toMatchObject({ status: 200, invited: [] })
  const state = await hn.ctx.rooms.currentState(String(made['room_id']))
  expect(state.get(topicPolicyEventType)?.pdu.content).toMatchObject({
    topic: 'trafficking',
    admits: { institution_kinds: ['child_protection'] },
  })
})

test('hostile: neither staff, nor in a room that is no corridor, nor with words of one’s own', async () => {
  expect(await found(clerk, { corridor, topic: 'returns' })).toMatchObject({
    'org.enlace.rule': 'channel.founder',
  })
  const { room_id } = await hn.call('POST', '/createRoom', { token: chief.token, body: {} })
  expect(await found(chief, { corridor: room_id, topic: 'returns' })).toMatchObject({
    'org.enlace.rule': 'channel.not_a_corridor',
  })
  expect((await found(chief, { corridor: '!nada:hn', topic: 'returns' })).status).toBe(403)
  expect((await found(chief, { corridor, topic: 'caso de María' })).status).toBe(400)
  expect((await found(chief, { corridor, topic: 'returns', kinds: ['María'] })).status).toBe(400)
})
