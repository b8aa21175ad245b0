/** Reports between institutions of two nodes: once, though the partner was down; and what a partner is not believed. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { coordinatorOf } from '../testing/channels.ts'
import { FakePartner } from '../testing/fake-partner.ts'
import { directoryOf } from '../testing/node.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { MAX_OF_PARTNER_PER_HOUR, READERS_PATH, REPORT_EDU, REPORT_OUTCOME_EDU } from './partners.ts'

const enc = encodeURIComponent
const API = '/_enlace/client/v1'
const DESK = `${API}/institution/reports`
type Json = Record<string, unknown>
type Person = { userId: string; token: string }

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let partner: FakePartner
let hnChief: Person
let gtChief: Person
let author: Person
let reporter: Person
let room: string
let count = 0

async function staff(node: FederatedNode, localpart: string, institution: string): Promise<Person> {
  const person = await node.register(localpart)
  await node.ctx.accounts.setPosition(person.userId, { institution, role: 'staff' })
  return person
}

beforeAll(async () => {
  world = await federatedWorld()
  const directory = () =>
    directoryOf({
      'hn-dinaf': { kind: 'child_protection', country: 'HN' },
      'gt-pgn': { kind: 'child_protection', country: 'GT' },
    })
  hn = await world.node('hn', {}, { overrides: { directory } })
  gt = await world.node('gt', {}, { overrides: { directory } })
  partner = await FakePartner.start(world, 'otro')
  hnChief = await coordinatorOf(hn, 'jefa', 'hn-dinaf')
  gtChief = await coordinatorOf(gt, 'jefe', 'gt-pgn')
  author = await staff(hn, 'autor', 'hn-dinaf')
  reporter = await staff(gt, 'testigo', 'gt-pgn')
  const made = await hn.call('POST', '/createRoom', { token: author.token, body: { preset: 'public_chat' } })
  room = String(made['room_id'])
  await gt.call('POST', `/join/${enc(room)}?server_name=${enc(hn.serverName)}`, {
    token: reporter.token,
    body: {},
  })
})
afterAll(async () => {
  await partner?.close()
  await world?.close()
})

async function write(): Promise<string> {
  const sent = await hn.call('PUT', `/rooms/${enc(room)}/send/m.room.encrypted/t${count++}`, {
    token: author.token,
    body: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: `c${count}`, session_id: 's' },
  })
  const id = String(sent['event_id'])
  await eventually('arrived', () => gt.ctx.rooms.event(id))
  return id
}
const file = (event_id: string, named: boolean) =>
  gt.call('POST', `${API}/reports`, {
    token: reporter.token,
    body: { room_id: room, event_id, reason: 'threats', named, disclosed: true },
  })
const deskOf = async (node: FederatedNode, who: Person) =>
  (await node.call('GET', DESK, { token: who.token }))['reports'] as Json[]
const found = async (node: FederatedNode, who: Person, event_id: string) =>
  (await deskOf(node, who)).find((one) => one['event_id'] === event_id)
const mine = async (event_id: string) =>
  ((await gt.call('GET', `${API}/reports`, { token: reporter.token }))['reports'] as Json[]).find(
    (one) => one['event_id'] === event_id,
  )

test('a report reaches both coordinations, and the reporter hears what each decided', async () => {
  const event = await write()
  await file(event, true)
  expect(await found(gt, gtChief, event)).toMatchObject({ reporter: reporter.userId, disclosed: true })
  const theirs = await eventually('at the other desk', () => found(hn, hnChief, event))
  expect(theirs).toMatchObject({
    reporter: reporter.userId,
    reporter_institution: 'gt-pgn',
    about: author.userId,
    reason: 'threats',
  })
  const opened = await hn.call('GET', `${DESK}/${String(theirs['id'])}`, { token: hnChief.token })
  expect(opened).toMatchObject({ ours: true, evidence: [{ event_id: event }] })
  await hn.call('POST', `${DESK}/${String(theirs['id'])}/decide`, {
    token: hnChief.token,
    body: { act: 'warn', reason: 'Solo para quien lo escribió.' },
  })
  const told = await eventually('the outcome', async () => {
    const report = await mine(event)
    return ((report?.['desks'] ?? []) as Json[]).some(({ outcome }) => outcome === 'warned') && report
  })
  // What an institution says to its own people is not told to others.
  expect(JSON.stringify(told)).not.toContain('Solo para quien')
})

test('who reads a report is asked of the node it is about, by servers in a room with the person', async () => {
  const event = await write()
  const path = `${API}/reports/readers?room_id=${enc(room)}&event_id=${enc(event)}`
  const { desks } = await gt.call('GET', path, { token: reporter.token })
  expect(desks).toEqual([
    { server: gt.serverName, institution: 'gt-pgn', coordinators: [gtChief.userId] },
    { server: hn.serverName, institution: 'hn-dinaf', coordinators: [hnChief.userId] },
  ])
  const ask = (userId: string) => partner.call(hn, 'GET', `${READERS_PATH}/${enc(userId)}`)
  const absent = await ask(`@nadie:${hn.serverName}`)
  expect(absent.status).toBe(404)
  expect((await ask(author.userId)).status).toBe(404)
})

test('while the partner is down it waits, and arrives once and without the name', async () => {
  const events = [await write(), await write()]
  await hn.stop()
  for (const event of events) await file(event, false)
  await gt.stop()
  await gt.start()
  await hn.start()
  for (const event of events) {
    const theirs = await eventually('after the outage', () => found(hn, hnChief, event))
    expect(theirs).toMatchObject({ reporter_institution: 'gt-pgn', disclosed: false })
  }
  const all = (await deskOf(hn, hnChief)).filter(({ event_id }) => events.includes(String(event_id)))
  expect(all).toHaveLength(2)
  // Nor does anything else that this node keeps of them.
  const kept = await hn.ctx.db.connection
    .collection('reports')
    .find({ event_id: { $in: events } })
    .toArray()
  expect(kept).toHaveLength(2)
  expect(JSON.stringify(kept)).not.toContain(reporter.userId)
  expect(JSON.stringify(all)).not.toContain(reporter.userId)
})

test('a hostile partner forges nothing, is told nothing, and does not flood', async () => {
  const event = await write()
  await partner.join(hn, room, `@espia:${partner.serverName}`)
  const report = (more: Json): Json => ({
    edu_type: REPORT_EDU,
    content: {
      id: randomUUID(),
      kind: 'message',
      reason: 'fraud',
      about: author.userId,
      room_id: room,
      event_id: event,
      filed_ts: 1,
      disclosed: false,
      ...more,
    },
  })
  const before = (await deskOf(hn, hnChief)).length
  const other = await hn.call('POST', '/createRoom', { token: author.token, body: {} })
  const secret = await hn.call('PUT', `/rooms/${enc(String(other['room_id']))}/send/m.room.message/x`, {
    token: author.token,
    body: { body: 'x' },
  })
  const forged = [
    { reporter: reporter.userId },
    { reporter: author.userId },
    { reporter: `@otra:${partner.serverName}` },
    { about: hnChief.userId },
    { about: reporter.userId },
    { about: `@nadie:${hn.serverName}`, kind: 'person' },
    { about: hnChief.userId, kind: 'person' },
    { event_id: '$nohay' },
    { event_id: secret['event_id'], room_id: other['room_id'] },
    { words: 'texto' },
    { reason: 'x'.repeat(60_000) },
    { id: '../x' },
    { filed_ts: -1 },
  ]
  expect((await partner.send(hn, 'falsos', [], forged.map(report))).status).toBe(200)
  expect(await deskOf(hn, hnChief)).toHaveLength(before)

  // Its own word counts once, and not above others for ever.
  const id = randomUUID()
  const own = report({ id, reporter: `@espia:${partner.serverName}`, filed_ts: 9e15 })
  await partner.send(hn, 'uno', [], [own, own])
  await partner.send(hn, 'dos', [], [own])
  const [taken, ...rest] = (await deskOf(hn, hnChief)).filter(({ ref }) => ref === id)
  expect(rest).toEqual([])
  expect(taken!['filed_ts']).toBeLessThanOrEqual(Date.now())

  const flood = Array.from({ length: 90 }, () =>
    report({ kind: 'person', room_id: undefined, event_id: undefined }),
  )
  await partner.send(hn, 'muchos', [], JSON.parse(JSON.stringify(flood)) as Json[])
  await partner.send(
    hn,
    'mas',
    [],
    Array.from({ length: 20 }, () => report({})),
  )
  expect((await deskOf(hn, hnChief)).length - before).toBeLessThanOrEqual(MAX_OF_PARTNER_PER_HOUR)

  // An outcome of a report that it was not asked about changes nothing.
  const filed = await gt.call('GET', `${API}/reports`, { token: reporter.token })
  const waiting = (filed['reports'] as Json[]).find(({ desks }) =>
    (desks as Json[]).some(({ outcome }) => outcome === undefined),
  )!
  await partner.send(
    gt,
    'resultado',
    [],
    [
      { edu_type: REPORT_OUTCOME_EDU, content: { id: waiting['id'], outcome: 'suspended' } },
      { edu_type: REPORT_OUTCOME_EDU, content: { id: randomUUID(), outcome: 'none' } },
    ],
  )
  expect(await mine(String(waiting['event_id']))).toEqual(waiting)
})
