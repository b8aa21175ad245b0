/** What an institution is, and of which country, comes from the signed list; a directory that lies moves nobody. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { chainInRoom } from '../escalations/room-chain.ts'
import { channel, person, profilesOf, TestNetwork, type TestPerson } from '../testing/channel.ts'
import { FakePartner } from '../testing/fake-partner.ts'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const signed = {
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'gt-pgn': { kind: 'child_protection', country: 'GT' },
  'gt-ong': { kind: 'ngo', country: 'GT' },
}
/** A registry that was broken into: it makes the NGO a child-protection agency of the other country, and drops one. */
const answered = {
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'gt-ong': { kind: 'child_protection', country: 'HN' },
}
const network = new TestNetwork(signed, answered)
let world: FederatedWorld
let hn: FederatedNode
let gt: FakePartner
let chief: TestPerson
let minors: string
let ngo: string

beforeAll(async () => {
  world = await federatedWorld()
  hn = await world.node('hn', {}, { overrides: network.overrides(['hn-dinaf']) })
  gt = await FakePartner.start(world, 'gt')
  network.hosts.set(gt.serverName, new Set(['gt-pgn', 'gt-ong']))
  ngo = `@voluntaria:${gt.serverName}`
  profilesOf(
    gt,
    new Map([
      [ngo, { institution: 'gt-ong', role: 'official' }],
      [`@jefa:${gt.serverName}`, { institution: 'gt-pgn', role: 'coordinator' }],
    ]),
  )
  chief = await person(hn, 'coordinacion', 'hn-dinaf', 'coordinator')
  minors = await channel(hn, chief, { institution_kinds: ['child_protection'] })
})
afterAll(async () => {
  await gt?.close()
  await world?.close()
})
beforeEach(() => {
  Object.assign(network.signed, signed)
})

test('who is admitted', async () => {
  expect(await hn.ctx.policy.memberOf(ngo)).toEqual({
    institution: { key: 'gt-ong', kind: 'ngo', country: 'GT' },
    role: 'official',
  })
  const invite = { token: chief.token, body: { user_id: ngo }, allowed: true }
  expect(await hn.call('POST', `/rooms/${encodeURIComponent(minors)}/invite`, invite)).toMatchObject({
    status: 403,
    'org.enlace.rule': 'topic-policy.institution_kind',
  })
  // Nor does a directory that forgets an institution shut its people out.
  expect(await hn.ctx.policy.refuses(minors, `@jefa:${gt.serverName}`)).toBeUndefined()
})

test('who is called, and may answer', async () => {
  const { people } = hn.ctx.escalations
  expect((await people.memberOf(ngo)).member.institution).toEqual({
    key: 'gt-ong',
    kind: 'ngo',
    country: 'GT',
  })
  const countries = async (key: string) =>
    (await chainInRoom(hn.ctx, minors, [key], 'high')).flatMap(({ country }) => country ?? [])
  expect(await countries('gt-ong')).toContain('GT')
  expect(await countries('gt-ong')).not.toContain('HN')
  // What nobody signs calls the officials of the channel, as if it were not named.
  const none = await chainInRoom(hn.ctx, minors, [], 'high')
  delete network.signed['gt-ong']
  expect(await chainInRoom(hn.ctx, minors, ['gt-ong'], 'high')).toEqual(none)
  expect(await people.memberOf(ngo)).toEqual({ member: {}, unknown: true })
})
