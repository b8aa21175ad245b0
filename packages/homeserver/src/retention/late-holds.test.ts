/** Holds that come while something is being deleted; many things of one moment at a page's border; what of it the log of acts says. */
import {
  DAY_MS,
  type HoldReason,
  holdEventType,
  networkDefault,
  retentionEventType,
} from '@enlace/coordination'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'
import { eventually } from '../testing/world.ts'
import { MESSAGE_TYPES } from './erase.ts'

let net: CaseNode
let court: Person
beforeEach(async () => {
  net = await startCaseNode({
    retention: 'on',
    session_idle_days: 365,
    password_alone: true,
  })
  court = await net.join('juzgado', 'gt-malo', 'coordinator')
})
afterEach(() => net.node.close())
const ctx = () => net.node.ctx

async function later(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 200 * DAY_MS) {
    net.advance(Math.min(left, 200 * DAY_MS))
    for (const who of [net.chief, net.shelter, net.registrar, court])
      await net.call(who, 'GET', '/account/whoami')
  }
}
const say = async (n: number) =>
  String(
    (
      await net.send(net.shelter, 'm.room.encrypted', {
        algorithm: 'm.megolm.v1.aes-sha2',
        ciphertext: `AwgA${n}`,
        session_id: 'sesion',
      })
    ).body['event_id'],
  )
const one = async (who: Person, about: string | undefined, what: 'place' | 'lift', after: string[]) => {
  const { body } = await net.send(who, holdEventType, {
    ...(about ? { 'm.relates_to': { rel_type: 'm.reference', event_id: about } } : {}),
    by: by(who),
    hold: what,
    ...(after.length > 0 ? { after } : {}),
    ...(what === 'place'
      ? { reason: 'court_order' satisfies HoldReason, review_ts: net.now() + 90 * DAY_MS }
      : {}),
  })
  return [String(body['event_id'])]
}
const both = async (about: string | undefined, what: 'place' | 'lift', after: string[] = []) =>
  one(court, about, what, await one(net.chief, about, what, after))
async function endedCase(): Promise<string> {
  const id = await net.open()
  await net.step(net.shelter, id, { step: 'revoke', reason: 'other' })
  await ctx().cases.settled()
  return id
}
const record = async (id: string) =>
  (await net.call(net.chief, 'GET', `${caseApi}/retention/cases/${encodeURIComponent(id)}`)).body

test('a hold that comes after the deletion was decided stops it, as if it had not begun', async () => {
  const id = await endedCase()
  await later((networkDefault('birth_certificate').days + 8) * DAY_MS)
  const { rooms } = ctx()
  const { belonging } = rooms
  let placed: string[] = []
  rooms.belonging = async (...args) => {
    placed = await both(id, 'place')
    return belonging(...args)
  }
  expect(await ctx().retention.run()).toEqual([])
  rooms.belonging = belonging
  const held = await record(id)
  expect(held).toMatchObject({ state: 'held' })
  expect(held).not.toHaveProperty('erasure')
  expect(await ctx().retention.erasures({}, 10)).toEqual([])
  expect((await net.call(net.chief, 'GET', `${caseApi}/cases/${encodeURIComponent(id)}`)).status).toBe(200)
  await both(id, 'lift', placed)
  expect((await ctx().retention.run()).map(({ subject }) => subject)).toEqual([id])
})

test('half of it gone when the hold comes: the other half waits, no receipt says otherwise, and it ends when the hold does', async () => {
  const ids: string[] = []
  for (let n = 0; n < 203; n++) ids.push(await say(n))
  await later((networkDefault('messages').days + 2) * DAY_MS)
  const { rooms } = ctx()
  const { erase } = rooms
  let placed: string[] = []
  rooms.erase = async (given) => {
    const gone = await erase(given)
    if (placed.length === 0) placed = await both(undefined, 'place')
    return gone
  }
  expect(await ctx().retention.run()).toEqual([])
  rooms.erase = erase
  const left = async () =>
    (await rooms.sentBefore(net.roomId, MESSAGE_TYPES, { from: 0, untilTs: net.now() }, 500)).length
  expect(await left()).toBe(3)
  const page = (await net.call(net.chief, 'GET', `${caseApi}/retention`)).body
  expect(page).toMatchObject({
    erasures: [{ subject: 'messages', receipts: [], unconfirmed: [{ why: 'held' }] }],
  })
  expect(await ctx().retention.run()).toEqual([])
  expect(await left()).toBe(3)
  await both(undefined, 'lift', placed)
  expect(await ctx().retention.run()).toMatchObject([{ subject: 'messages', counts: { events: 203 } }])
  expect(await left()).toBe(0)
})

test('however many ended, or were sent, in one moment: pages skip none and give none twice', async () => {
  const cases: string[] = []
  for (let n = 0; n < 5; n++) cases.push(await endedCase())
  const sent: string[] = []
  for (let n = 0; n < 5; n++) sent.push(await say(n))
  const moment = net.now() - DAY_MS
  const { connection } = ctx().db
  for (const id of cases.slice(0, 4)) {
    const doc = await connection.collection<{ _id: string; row: string }>('cases').findOne({ _id: id })
    const row = JSON.stringify({ ...JSON.parse(doc!.row), changed_ts: moment })
    await connection
      .collection<{ _id: string }>('cases')
      .updateOne({ _id: id }, { $set: { row, changed_ts: moment } })
  }
  const seen: string[] = []
  for (let after: { ts: number; id: string } | undefined; ; ) {
    const page = await ctx().cases.ended(after, net.now(), 2)
    seen.push(...page.map(({ id }) => id))
    const last = page.at(-1)
    if (!last || page.length < 2) break
    after = { ts: last.changed_ts, id: last.id }
  }
  expect(seen).toHaveLength(5)
  expect(seen.toSorted()).toEqual(cases.toSorted())

  await connection
    .collection<{ _id: string }>('events')
    .updateMany({ _id: { $in: sent } }, { $set: { ts: moment } })
  const found: string[] = []
  for (let after: { ts: number; id: string } | undefined; ; ) {
    const range = { from: 0, untilTs: net.now() + 1, after }
    const page = await ctx().rooms.sentBefore(net.roomId, MESSAGE_TYPES, range, 2)
    found.push(...page.map(({ eventId }) => eventId))
    const last = page.at(-1)
    if (!last || page.length < 2) break
    after = { ts: moment, id: last.eventId }
  }
  expect(found).toEqual(sent.toSorted())
})

test('who sets a period, places a hold and lifts it is in the log of acts', async () => {
  ctx().audit.start()
  const id = await endedCase()
  await net.send(net.chief, retentionEventType, { by: by(net.chief), shorter: { messages: 30 } })
  await both(id, 'lift', await both(id, 'place'))
  const acts = async () =>
    (await ctx().audit.find({ group: 'retention' })).entries.map(({ act, by: who, case: of }) => ({
      act,
      who,
      ...(of ? { of } : {}),
    }))
  const expected = [
    { act: 'retention.rule', who: net.chief.userId },
    ...(['hold.place', 'hold.lift'] as const).flatMap((act) =>
      [net.chief, court].map(({ userId: who }) => ({ act, who, of: id })),
    ),
  ]
  await eventually('all of it is recorded', async () => (await acts()).length === expected.length)
  expect(await acts()).toEqual(expect.arrayContaining(expected))
})
