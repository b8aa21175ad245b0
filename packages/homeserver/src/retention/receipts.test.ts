/** Receipts of a partner, with the key rings that nodes have: its own counts, and nothing else does. */
import { DAY_MS, networkDefault, type RetentionReceipt, topicPolicyEventType } from '@enlace/coordination'
import { generateSigningKey, signJson } from '@enlace/room-model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { channel, person, TestNetwork, type TestPerson } from '../testing/channel.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import type { PartnerAnswer } from './types.ts'

const enc = encodeURIComponent
const DAYS = networkDefault('messages').days
const network = new TestNetwork({
  'hn-dinaf': { kind: 'child_protection', country: 'HN' },
  'gt-pgn': { kind: 'child_protection', country: 'GT' },
})
let ahead = 0
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead }
let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let chief: TestPerson
let partner: TestPerson
let room: string
let message: string

beforeAll(async () => {
  world = await federatedWorld()
  const start = (name: string, own: string) =>
    world.node(
      name,
      { institutions: [own], retention: 'on' },
      { overrides: { ...network.overrides([own]), clock: () => clock } },
    )
  hn = await start('hn', 'hn-dinaf')
  gt = await start('gt', 'gt-pgn')
  network.hosts.set(hn.serverName, new Set(['hn-dinaf']))
  network.hosts.set(gt.serverName, new Set(['gt-pgn']))
  chief = await person(hn, 'coordinacion', 'hn-dinaf', 'coordinator')
  partner = await person(gt, 'coordinacion', 'gt-pgn', 'coordinator')
  room = await channel(hn, chief, { institution_kinds: ['child_protection'] })
  const policy = await hn.call('GET', `/rooms/${enc(room)}/state/${topicPolicyEventType}/`, {
    token: chief.token,
  })
  for (const id of [String(policy['corridor']), room]) {
    const body = { user_id: partner.userId }
    await hn.call('POST', `/rooms/${enc(id)}/invite`, { token: chief.token, body })
    const path = `/join/${enc(id)}?server_name=${enc(hn.serverName)}`
    await gt.call('POST', path, { token: partner.token, body: {} })
  }
  await hn.call('PUT', `/rooms/${enc(room)}/send/m.room.encrypted/t1`, {
    token: chief.token,
    body: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgAPLANTADA', session_id: 's' },
  })
  const sent = await gt.call('PUT', `/rooms/${enc(room)}/send/m.room.encrypted/t2`, {
    token: partner.token,
    body: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgAPLANTADA', session_id: 's' },
  })
  message = String(sent['event_id'])
  await eventually('both have all of it', () => hn.ctx.rooms.event(message))
  // Both have each other's keys by now: those fetched now would be of another time.
  ahead = (DAYS + 2) * DAY_MS
})
afterAll(() => world?.close())

const ofPartner = async () => {
  const [erasure] = await hn.ctx.retention.erasures({ open: true }, 10)
  return erasure?.partners[0]
}
const unsigned = (receipt: RetentionReceipt) => {
  const { signatures: _, ...body } = receipt
  return body
}

test('forged, altered, of another and replayed ones are none; the partner’s own is', async () => {
  const { retention } = gt.ctx
  const answer = retention.answer.bind(retention)
  retention.answer = async () => ({ state: 'working' })
  await hn.ctx.retention.run()
  expect(await ofPartner()).toMatchObject({ server: gt.serverName, why: 'working' })
  await gt.ctx.retention.run()
  const [erasure] = await hn.ctx.retention.erasures({}, 1)
  const { until_ts } = erasure!
  const own = (await answer(room, 'messages', until_ts)).receipt!
  expect(own).toMatchObject({ server: gt.serverName, until_ts })

  const stranger = generateSigningKey('x')
  const mine = hn.ctx.signingKey
  const lies: [string, RetentionReceipt][] = [
    ['signed with a key that is nobody’s', signJson(unsigned(own), gt.serverName, stranger)],
    ['with another’s signature under the partner’s name', signJson(unsigned(own), gt.serverName, mine)],
    ['our own receipt back', erasure!.receipt!],
    ['altered after it was signed', { ...own, counts: { events: 99, files: 0, keys: 0 } }],
    ['without a signature', { ...own, signatures: {} }],
    [
      'of less than what was asked',
      signJson({ ...unsigned(own), until_ts: until_ts! - DAY_MS }, gt.serverName, gt.ctx.signingKey),
    ],
    [
      'of another room',
      signJson({ ...unsigned(own), room_id: '!otra:gt' }, gt.serverName, gt.ctx.signingKey),
    ],
    ['of a case', signJson({ ...unsigned(own), subject: '$caso' }, gt.serverName, gt.ctx.signingKey)],
    [
      'from before what it is about',
      signJson({ ...unsigned(own), erased_ts: until_ts! - 1 }, gt.serverName, gt.ctx.signingKey),
    ],
    [
      'from the future',
      signJson({ ...unsigned(own), erased_ts: clock.now() + 2 * DAY_MS }, gt.serverName, gt.ctx.signingKey),
    ],
  ]
  for (const [what, receipt] of lies) {
    retention.answer = async () => ({ state: 'done', receipt, devices: { confirmed: 5, waiting: 0 } })
    await hn.ctx.retention.run()
    const said = await ofPartner()
    expect(said, what).toMatchObject({ why: 'not_understood' })
    expect(said, what).not.toHaveProperty('receipt')
    expect(said, what).not.toHaveProperty('devices')
  }
  retention.answer = answer
  await hn.ctx.retention.run()
  expect((await hn.ctx.retention.erasures({}, 1))[0]!.partners).toMatchObject([
    { server: gt.serverName, receipt: own },
  ])
})

test('whatever a partner asks, only what is due here goes, and at most one deletion a day is begun', async () => {
  const ask = (subject: string, untilTs?: number): Promise<PartnerAnswer> =>
    hn.ctx.retention.answer(room, subject, untilTs)
  const before = (await hn.ctx.retention.erasures({}, 100)).length
  expect(await ask('messages', clock.now() + DAY_MS)).toEqual({ state: 'not_due' })
  expect(await ask(message)).toEqual({ state: 'not_due' })
  ahead += DAY_MS
  for (let n = 1; n <= 20; n++) await ask('messages', clock.now() - DAYS * DAY_MS - 2 * DAY_MS + n)
  await hn.ctx.retention.run()
  expect((await hn.ctx.retention.erasures({}, 100)).length).toBeLessThanOrEqual(before + 1)
})
