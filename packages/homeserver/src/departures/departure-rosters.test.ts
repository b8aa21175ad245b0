/** Leaving where signed rosters say who people are: what waits for a signature, a partner that is away, and succession. */
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { generateTrustKey, rosterId } from '@enlace/trust'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { otherCoordinators } from '../people/last-coordinator.ts'
import { channel, person, type TestPerson } from '../testing/channel.ts'
import { directoryOf, PASSWORD } from '../testing/node.ts'
import { RosterRegistry } from '../testing/rosters.ts'
import { proofOf } from '../testing/sign-in.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import type { DepartureView } from './types.ts'

const enc = encodeURIComponent
const KEY = 'hn-dinaf'
const institutions = {
  [KEY]: { kind: 'child_protection', country: 'HN' },
  'gt-pgn': { kind: 'child_protection', country: 'GT' },
}
const registry = new RosterRegistry(institutions)
let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let chief: TestPerson
let aide: TestPerson
let clerk: TestPerson
let partner: TestPerson
let room: string

const says = (...members: [TestPerson, 'staff' | 'coordinator'][]) =>
  registry.roster(
    KEY,
    members.map(([{ userId }, role]) => ({ userId, role })),
  )
const leave = async (by: TestPerson, who: TestPerson, body: object = {}) =>
  (await hn.call('POST', `/_enlace/client/v1/institution/people/${enc(who.userId)}/leave`, {
    token: by.token,
    body: { ...body, auth: proofOf(by.userId) },
    allowed: true,
  })) as unknown as DepartureView & { status: number; 'org.enlace.rule'?: string }
const signIn = (localpart: string) =>
  hn.call('POST', '/login', {
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: localpart },
      password: PASSWORD,
    },
    allowed: true,
  })
const inRoom = async (node: FederatedNode, { userId }: TestPerson) =>
  (await node.ctx.rooms.membership(room, userId))?.membership

beforeAll(async () => {
  world = await federatedWorld()
  const ports = { hn: await freePort(), gt: await freePort() }
  const federation = await registry.open(world)
  await registry.list([
    { server_name: `hn.localhost:${ports.hn}`, institutions: [KEY] },
    { server_name: `gt.localhost:${ports.gt}`, institutions: ['gt-pgn'] },
  ])
  const start = (name: 'hn' | 'gt', own: string) =>
    world.node(
      name,
      { federation, institutions: [own] },
      {
        ports: { port: ports[name], publicPort: ports[name] },
        overrides: { directory: () => directoryOf(institutions) },
      },
    )
  hn = await start('hn', KEY)
  gt = await start('gt', 'gt-pgn')
  registry.nodes.push(hn, gt)
  chief = await person(hn, 'coordinacion', KEY, 'coordinator')
  aide = await person(hn, 'auxiliar', KEY, 'staff')
  clerk = await person(hn, 'secretaria', KEY, 'staff')
  partner = await person(gt, 'coordinacion', 'gt-pgn', 'coordinator')
  await says([chief, 'coordinator'], [aide, 'staff'], [clerk, 'staff'])
  await registry.roster('gt-pgn', [{ userId: partner.userId, role: 'coordinator' }])
  room = await channel(hn, chief, { institution_kinds: ['child_protection'] })
  for (const who of [aide, clerk, partner]) {
    const body = { user_id: who.userId }
    await eventually(`${who.userId} is invited`, async () => {
      const answer = await hn.call('POST', `/rooms/${enc(room)}/invite`, {
        token: chief.token,
        body,
        allowed: true,
      })
      return answer.status === 200
    })
    const node = who === partner ? gt : hn
    await node.call('POST', `/join/${enc(room)}`, { token: who.token, body: {} })
  }
})
afterAll(async () => {
  await world?.close()
  await registry.close()
})

test('without a key here all but the roster is done, with a partner away; until it is signed it can be undone', async () => {
  await eventually('the partner knows', async () => (await inRoom(gt, aide)) === 'join')
  await gt.stop()
  registry.nodes.pop()
  const begun = await leave(chief, aide)
  expect(begun).toMatchObject({ status: 200, state: 'open', undoable: true })
  expect(begun.steps.flatMap(({ step, done_ts }) => (done_ts === undefined ? [step] : []))).toEqual([
    'roster',
    'account',
  ])
  expect(begun.steps.find(({ step }) => step === 'roster')?.problem?.es).toContain('firme la lista')
  expect(await inRoom(hn, aide)).toBe('leave')
  expect((await signIn('auxiliar')).status).toBe(403)
  expect((await hn.call('GET', '/account/whoami', { token: aide.token, allowed: true })).status).toBe(401)
  // They stand on the roster, and nobody brings them back in all the same.
  const invited = await hn.call('POST', `/rooms/${enc(room)}/invite`, {
    token: chief.token,
    body: { user_id: aide.userId },
    allowed: true,
  })
  expect(invited.status).toBe(403)

  await gt.start()
  registry.nodes.push(gt)
  await registry.told()
  await eventually('the partner hears of it', async () => (await inRoom(gt, aide)) === 'leave', 60_000)

  const undone = await hn.call('POST', `/_enlace/client/v1/institution/departures/${begun.id}/undo`, {
    token: chief.token,
    body: {},
  })
  expect(undone['state']).toBe('undone')
  const again = await signIn('auxiliar')
  expect(again.status).toBe(200)
  aide = { ...aide, token: String(again['access_token']) }

  const second = await leave(chief, aide)
  // What has begun goes on without another proof.
  const further = await hn.call('POST', `/_enlace/client/v1/institution/people/${enc(aide.userId)}/leave`, {
    token: chief.token,
    body: {},
  })
  expect([further['id'], further['state']]).toEqual([second.id, 'open'])
  await says([chief, 'coordinator'], [clerk, 'staff'])
  const listed = async () =>
    (
      (await hn.call('GET', '/_enlace/client/v1/institution/departures', { token: chief.token }))[
        'departures'
      ] as DepartureView[]
    ).find(({ id }) => id === second.id)
  await eventually('it is done', async () => (await listed())?.state === 'done')
  const late = await hn.call('POST', `/_enlace/client/v1/institution/departures/${second.id}/undo`, {
    token: chief.token,
    body: {},
    allowed: true,
  })
  expect(late.status).toBe(403)
  expect((await signIn('auxiliar')).status).toBe(403)
})

test('the last coordinator goes only with a signed roster in which another coordinates', async () => {
  const wishes = { successor: clerk.userId, cases_to: clerk.userId }
  expect((await leave(chief, chief)).status).toBe(400)
  expect(await leave(chief, chief, wishes)).toMatchObject({
    status: 403,
    'org.enlace.rule': 'departure.successor_unsigned',
  })
  expect((await signIn('coordinacion')).status).toBe(200)
  // The registry is away at first: what was signed waits on the node, and the person is out at once.
  const { publishInstitution } = hn.ctx.federation
  let away = true
  hn.ctx.federation.publishInstitution = async (...args) => {
    if (away) return publishInstitution(...args)
    await says([clerk, 'coordinator'])
    return { version: 1 }
  }
  // The policy looks at who has no account any more before the departure has come to their channels.
  const { heldBy } = hn.ctx.duty
  hn.ctx.duty.heldBy = async (...args) => {
    await hn.ctx.policy.personChanged(chief.userId)
    await hn.ctx.policy.settled()
    return heldBy(...args)
  }
  const tried = await leave(chief, chief, { ...wishes, publication: { signed: 'as the browser does' } })
  expect(tried.status).toBe(200)
  expect((await signIn('coordinacion')).status).toBe(403)
  hn.ctx.duty.heldBy = heldBy
  away = false
  await says([clerk, 'coordinator'])
  await hn.ctx.departures.resume()
  await eventually('the other coordinates', async () => {
    const { role } = await hn.ctx.policy.memberOf(clerk.userId)
    return role === 'coordinator'
  })
  hn.ctx.federation.publishInstitution = publishInstitution
  const again = await signIn('secretaria')
  const departure = async () => {
    await hn.ctx.departures.resume()
    const listed = await hn.call('GET', '/_enlace/client/v1/institution/departures', {
      token: String(again['access_token']),
    })
    return (listed['departures'] as DepartureView[]).find((one) => one.user_id === chief.userId)
  }
  await eventually('all of it is done', async () => (await departure())?.state === 'done')
  expect((await departure())?.successor).toBe(clerk.userId)
  expect((await hn.ctx.accounts.get(clerk.userId))?.role).toBe('coordinator')
  // A channel that only the one who left could set up has somebody who can.
  expect(await hn.ctx.rooms.maySendState(room, clerk.userId, 'm.room.power_levels')).toBe(true)
})

test('once there is a roster it alone says who coordinates, whatever was noted on an account, also when it ran out', async () => {
  const noted = await person(hn, 'anotada', KEY, 'coordinator')
  const people = async ({ userId }: TestPerson) => {
    const { access_token } = await signIn(userId.slice(1, userId.indexOf(':')))
    return hn.call('GET', '/_enlace/client/v1/institution/people', {
      token: String(access_token),
      allowed: true,
    })
  }
  expect(await people(noted)).toMatchObject({ status: 403, 'org.enlace.rule': 'institution.coordinator' })
  expect((await people(clerk)).status).toBe(200)
  // Nor does the note stand beside the one who coordinates: without them the institution has nobody.
  expect(await otherCoordinators(hn.ctx, KEY, clerk.userId)).toEqual([])
  const { roster } = hn.ctx.federation
  hn.ctx.federation.roster = (key) => {
    const current = roster(key)
    return current.usable ? { usable: false, reason: 'expired', last: current.roster } : current
  }
  expect((await people(noted)).status).toBe(403)
  expect((await people(clerk)).status).toBe(200)
  // Before there is any, the note is all there is.
  hn.ctx.federation.roster = () => ({ usable: false, reason: 'none' })
  expect((await people(noted)).status).toBe(200)
  hn.ctx.federation.roster = roster
})

test('who was appointed publishes first, and nobody else; every node shows who, by whom and when', async () => {
  const heir = await person(hn, 'heredera', KEY, 'staff')
  const key = generateTrustKey()
  const salt = 'sal-de-la-sucesion-1234'
  registry.repo.appoint(KEY, key, { id: await rosterId(salt, heir.userId), salt, at: Date.now() })
  await registry.list([
    { server_name: hn.serverName, institutions: [KEY] },
    { server_name: gt.serverName, institutions: ['gt-pgn'] },
  ])
  const publish = (who: TestPerson) =>
    hn.call('POST', `/_enlace/client/v1/trust/institutions/${KEY}`, {
      token: who.token,
      body: {},
      allowed: true,
    })
  expect((await publish(clerk))['org.enlace.rule']).toBe('institution.appointed')
  // The appointee's goes on to be verified.
  expect((await publish(heir))['errcode']).toBe('M_BAD_JSON')
  const shown = async (node: FederatedNode, who: TestPerson) =>
    node.call('GET', '/_enlace/client/v1/trust/appointments', { token: who.token })
  expect(await shown(hn, heir)).toMatchObject({
    mine: KEY,
    appointments: [{ institution: KEY, user_id: heir.userId, taken: false }],
  })
  expect((await shown(hn, clerk))['mine']).toBeNull()
  expect(await shown(gt, partner)).toMatchObject({ appointments: [{ institution: KEY, taken: false }] })
  const people = await hn.call('GET', '/_enlace/client/v1/institution/people', { token: heir.token })
  expect(people['institution']).toBe(KEY)
})
