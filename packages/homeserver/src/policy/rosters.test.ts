/** Signed rosters alone say who somebody is, and room ACLs follow the network's list. */

import { suspendedAclField } from '@enlace/coordination'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { channel, profilesOf, type TestPerson } from '../testing/channel.ts'
import { FakePartner, type PartnerRoom } from '../testing/fake-partner.ts'
import { directoryOf, PASSWORD } from '../testing/node.ts'
import { RosterRegistry } from '../testing/rosters.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

const enc = encodeURIComponent
const institutions = {
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'gt-pgn': { kind: 'child_protection', country: 'GT' },
  'gt-ong': { kind: 'ngo', country: 'GT' },
}
const registry = new RosterRegistry(institutions)
let world: FederatedWorld
let hn: FederatedNode
let gt: FakePartner
let chief: TestPerson
let aide: TestPerson
let now = Date.now()
const worker = () => `@trabajadora:${gt.serverName}`
const boss = () => `@jefa:${gt.serverName}`
/** What the partner's profiles say, whatever rosters do. */
const boasts = new Map<string, { institution: string; role: string }>()

async function account(localpart: string): Promise<TestPerson> {
  await hn.ctx.accounts.create({
    localpart,
    password: PASSWORD,
    institution: 'hn-dinaf',
    role: 'coordinator',
    displayName: localpart,
  })
  const identifier = { type: 'm.id.user', user: localpart }
  const body = { type: 'm.login.password', identifier, password: PASSWORD }
  const answer = await hn.call('POST', '/login', { body })
  return { userId: String(answer['user_id']), token: String(answer['access_token']) }
}

beforeAll(async () => {
  world = await federatedWorld()
  gt = await FakePartner.start(world, 'gt')
  const port = await freePort()
  const federation = await registry.open(world)
  await registry.list([
    { server_name: `hn.localhost:${port}`, institutions: ['hn-dinaf'] },
    { server_name: gt.serverName, institutions: ['gt-pgn', 'gt-ong'] },
  ])
  hn = await world.node(
    'hn',
    { federation, institutions: ['hn-dinaf'] },
    {
      ports: { port, publicPort: port },
      overrides: {
        directory: () => directoryOf(institutions),
        clock: () => ({ now: () => Math.max(now, Date.now()), monotonic: () => performance.now() }),
      },
    },
  )
  registry.nodes.push(hn)
  chief = await account('coordinacion')
  aide = await account('auxiliar')
  await registry.roster('hn-dinaf', [
    { userId: chief.userId, role: 'coordinator' },
    { userId: aide.userId, role: 'staff' },
  ])
  profilesOf(gt, boasts)
  boasts.set(worker(), { institution: 'gt-pgn', role: 'official' })
})
afterAll(async () => {
  await gt?.close()
  await world?.close()
  await registry.close()
})

let room: string
beforeEach(async () => {
  await registry.suspend(gt.serverName, false)
  await registry.roster('gt-ong', [])
  await registry.roster('gt-pgn', [{ userId: boss(), role: 'coordinator' }])
  room = await channel(hn, chief, { institution_kinds: ['child_protection'] }, { coordinators: [boss()] })
})
const on = (role: 'staff' | 'official', more: { since?: number; until?: number } = {}) =>
  registry.roster('gt-pgn', [
    { userId: boss(), role: 'coordinator' },
    { userId: worker(), role, ...more },
  ])
const invite = (userId: string) =>
  hn.call('POST', `/rooms/${enc(room)}/invite`, {
    token: chief.token,
    body: { user_id: userId },
    allowed: true,
  })
/** Invited by the channel's coordinator, whose node asks the partner to sign it; joined there. */
async function enter(userId: string): Promise<PartnerRoom> {
  gt.fallback = (_method, path, body) =>
    path.includes('/v2/invite/') ? { event: gt.sign((body as { event: object }).event) } : undefined
  await hn.ctx.rooms.send({
    roomId: room,
    sender: chief.userId,
    type: 'm.room.member',
    stateKey: userId,
    content: { membership: 'invite' },
  })
  return gt.join(hn, room, userId)
}
const membership = async (userId: string) => (await hn.ctx.rooms.membership(room, userId))?.membership
const gone = (userId: string) =>
  eventually(`${userId} is out`, async () => (await membership(userId)) === 'leave')
const message = (partner: PartnerRoom, sender: string) =>
  gt.event(partner, sender, {
    type: 'm.room.encrypted',
    content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x', session_id: 's' },
  })
const verdict = async (id: string) => (await hn.ctx.rooms.event(id))?.verdict
const acl = async () => (await hn.ctx.rooms.currentState(room)).get('m.room.server_acl')?.pdu

describe('9.3: who somebody is', () => {
  test('a profile that boasts makes nobody of somebody, and is not asked for', async () => {
    const asked = gt.asked.length
    expect(await hn.ctx.policy.memberOf(worker())).toEqual({})
    expect(await invite(worker())).toMatchObject({
      status: 403,
      'org.enlace.rule': 'topic-policy.institution',
    })
    await expect(gt.join(hn, room, worker())).rejects.toThrow('403')
    expect(gt.asked.slice(asked).filter(({ url }) => url.pathname.includes('/query/profile'))).toEqual([])
    // Nor does a client see it in the person’s profile.
    const profile = await hn.call('GET', `/profile/${enc(worker())}`, { token: chief.token })
    expect(profile).not.toHaveProperty('org.enlace.role')
  })

  test('the roster’s word is it: institution, kind and role, of others as of people here', async () => {
    await on('staff')
    expect(await hn.ctx.policy.memberOf(worker())).toEqual({
      institution: { key: 'gt-pgn', kind: 'child_protection', country: 'GT' },
      role: 'staff',
    })
    // The operator’s note on the account says coordinator.
    expect((await hn.ctx.policy.memberOf(aide.userId)).role).toBe('staff')
    expect(await hn.call('GET', '/_enlace/client/v1/me', { token: aide.token })).toMatchObject({
      role: 'staff',
    })
  })

  test('somebody of an NGO on the same server does not get in by that of another institution', async () => {
    await registry.roster('gt-ong', [{ userId: worker(), role: 'official' }])
    expect(await invite(worker())).toMatchObject({
      status: 403,
      'org.enlace.rule': 'topic-policy.institution_kind',
    })
  })

  test.each(['staff', 'official'] as const)(
    'on the roster as %s: in; struck: out, and silent at once',
    async (role) => {
      await on(role)
      const there = await enter(worker())
      await eventually(
        'is vouched for',
        async () => (await hn.ctx.policy.vouched(room)).members.get(worker())?.vouched,
      )
      const first = message(there, worker())
      await gt.send(hn, `a${role}`, [first.pdu])
      expect(await verdict(first.eventId)).toBe('accept')
      await registry.roster('gt-pgn', [{ userId: boss(), role: 'coordinator' }])
      const second = message(there, worker())
      await gt.send(hn, `b${role}`, [second.pdu])
      expect(await verdict(second.eventId)).toBe('soft-fail')
      await gone(worker())
      expect(await hn.ctx.policy.memberOf(worker())).toEqual({})
      expect((await hn.ctx.policy.vouched(room)).members.has(worker())).toBe(false)
    },
  )

  test('a time that begins and ends by itself is noticed without anybody publishing', async () => {
    const soon = Date.now() + 2_500
    await on('staff', { since: soon, until: soon + 3_000 })
    expect(await hn.ctx.policy.memberOf(worker())).toEqual({})
    await eventually('it has begun', async () => (await hn.ctx.policy.memberOf(worker())).role === 'staff')
    await enter(worker())
    await gone(worker())
  })

  test('whoever says in a channel that they act for somebody else is not heard', async () => {
    await on('staff')
    const there = await enter(worker())
    const send = (by: object) =>
      gt.event(there, worker(), { type: 'org.enlace.escalation.ack', content: { by } as never })
    const [own, other] = [
      send({ institution: 'gt-pgn', role: 'staff' }),
      send({ institution: 'gt-pgn', role: 'official' }),
    ]
    expect(await hn.ctx.policy.silences(room, worker(), own.pdu.content['by'])).toBeUndefined()
    expect(await hn.ctx.policy.silences(room, worker(), other.pdu.content['by'])).toContain('does not speak')
  })

  test('the host’s coordinator here, struck from the roster, is taken out though nobody has more power', async () => {
    await registry.roster('hn-dinaf', [{ userId: aide.userId, role: 'staff' }])
    await gone(chief.userId)
    expect(await hn.call('GET', '/_enlace/client/v1/me', { token: chief.token })).toMatchObject({
      institution: null,
      role: null,
      unconfirmed: { message: { es: expect.stringContaining('lista firmada') } },
    })
    // The operator's note on both accounts says that they coordinate. The roster does not, and it alone counts.
    for (const { token } of [chief, aide])
      expect(
        await hn.call('GET', '/_enlace/client/v1/institution/people', { token, allowed: true }),
      ).toMatchObject({ status: 403, 'org.enlace.rule': 'institution.coordinator' })
    // Whoever has the institution's key signs another: what they hand in goes on to be verified.
    expect(
      await hn.call('POST', '/_enlace/client/v1/trust/institutions/hn-dinaf', {
        token: chief.token,
        body: {},
        allowed: true,
      }),
    ).toMatchObject({ errcode: 'M_BAD_JSON' })
    await registry.roster('hn-dinaf', [
      { userId: chief.userId, role: 'coordinator' },
      { userId: aide.userId, role: 'staff' },
    ])
  })

  test('a start knows from disk whom it has met, and whose time ended by the clock goes', async () => {
    await on('staff')
    await enter(worker())
    await hn.stop()
    await hn.start()
    expect((await hn.ctx.policy.standingOf(worker())).known).toBe(true)
    now = Date.now() + 200 * 86_400_000
    // The clock of the roster’s file is the keeper’s own; entries are judged by the node’s.
    await registry.roster('gt-pgn', [
      { userId: boss(), role: 'coordinator' },
      { userId: worker(), role: 'staff', until: now - 1 },
    ])
    await gone(worker())
    now = 0
  })
})

describe('9.4: access control lists of rooms', () => {
  test('shut the suspended server out, once, and let it in again; what people set there stays', async () => {
    await hn.ctx.rooms.send({
      roomId: room,
      sender: chief.userId,
      type: 'm.room.server_acl',
      stateKey: '',
      content: { allow: ['*'], deny: ['malo.example'], allow_ip_literals: false },
    })
    await registry.suspend(gt.serverName)
    await eventually('it is shut out', async () => (await acl())?.content[suspendedAclField] !== undefined)
    const { version } = hn.ctx.federationList.members()!
    expect((await acl())?.content).toEqual({
      allow: ['*'],
      deny: ['malo.example', 'gt.localhost'],
      allow_ip_literals: false,
      [suspendedAclField]: { version, servers: ['gt.localhost'] },
    })
    const first = await acl()
    hn.ctx.policy.roomChanged(room)
    await hn.ctx.policy.settled()
    expect(await acl()).toBe(first)
    await registry.suspend(gt.serverName, false)
    await eventually(
      'it is let in',
      async () => !String((await acl())?.content['deny']).includes('gt.localhost'),
    )
    expect((await acl())?.content).toMatchObject({
      allow: ['*'],
      deny: ['malo.example'],
      allow_ip_literals: false,
    })
  })
})

test('whoever the roster makes an official has two locks, whatever the operator noted on the account', async () => {
  const noted = await account('ventanilla')
  await hn.ctx.accounts.setPosition(noted.userId, { role: 'staff' })
  const duty = () => hn.call('GET', '/_enlace/client/v1/factors', { token: noted.token })
  await expect.poll(duty).toMatchObject({ must: false })
  await registry.roster('hn-dinaf', [
    { userId: chief.userId, role: 'coordinator' },
    { userId: aide.userId, role: 'staff' },
    { userId: noted.userId, role: 'official' },
  ])
  await expect.poll(duty).toMatchObject({ must: true, deadline_ts: expect.any(Number) })
})
