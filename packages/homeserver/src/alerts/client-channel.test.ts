import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type AlertNode,
  alertNode,
  anAlert,
  type Person,
  reachable,
  temporaryFolder,
} from '../testing/alerts.ts'

const DAY_MS = 24 * 3_600_000
/** A Monday, 12:00 in Tegucigalpa. */
const NOON = Date.parse('2026-03-02T18:00:00Z')

let node: AlertNode
let ana: Person
beforeEach(async () => {
  node = await alertNode({}, { now: NOON })
  ana = await node.register('ana')
})
afterEach(() => node.close())

const sync = (person: Person, since?: string, timeout = 0) =>
  node
    .call(
      'GET',
      `/_matrix/client/v3/sync?timeout=${timeout}${since === undefined ? '' : `&since=${since}`}`,
      person,
    )
    .then(({ body }) => ({
      next: body['next_batch'] as string,
      alerts: (
        body['account_data'] as
          | { events: { type: string; content: { alerts: Record<string, unknown>[] } }[] }
          | undefined
      )?.events.find(({ type }) => type === 'org.enlace.alerts')?.content.alerts,
    }))
const ledgerOf = (prefix: string) => node.ctx.alerts.ledger(prefix)
const ledger = () => ledgerOf('escalation|')
const mine = async (person = ana) =>
  (await node.call('GET', '/_enlace/client/v1/alerts', person)).body['alerts'] as Record<string, unknown>[]

test('an alert is queued, handed to a device, acknowledged by it, seen, and gone when the cause is', async () => {
  const { next: before } = await sync(ana)
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await node.ctx.alerts.raise(anAlert(ana.userId, { reference: 'DOC-2026-000002' }))
  expect(await ledger()).toMatchObject([{ channel: 'client', state: 'queued', queuedTs: NOON }])

  node.clock.advance(1_000)
  const { next, alerts } = await sync(ana, before, 10_000)
  expect(alerts).toEqual([
    {
      id: expect.any(String),
      kind: 'escalation',
      urgent: true,
      reference: 'DOC-2026-010001',
      room_id: '!r:hn.example',
      event_id: '$e',
      level: 'focal_point',
      raised_ts: NOON,
    },
  ])
  await expect.poll(ledger).toMatchObject([{ state: 'sent', sentTs: NOON + 1_000 }])
  node.clock.advance(1_000)
  await sync(ana, next)
  await expect.poll(ledger).toMatchObject([{ state: 'delivered', deliveredTs: NOON + 2_000 }])

  const { id } = alerts![0]!
  const bela = await node.register('bela')
  expect((await node.call('POST', `/_enlace/client/v1/alerts/${id}/seen`, bela, {})).status).toBe(404)
  expect(await mine(bela)).toEqual([])
  node.clock.advance(1_000)
  expect((await node.call('POST', `/_enlace/client/v1/alerts/${id}/seen`, ana, {})).status).toBe(200)
  expect(await ledger()).toMatchObject([{ state: 'seen', seenTs: NOON + 3_000, sentTs: NOON + 1_000 }])
  const seen = await sync(ana, next)
  expect(seen.alerts).toMatchObject([{ id, seen_ts: NOON + 3_000 }])
  expect(await mine()).toMatchObject([{ id, state: 'open', deliveries: [{ channel: 'client' }] }])

  await node.ctx.alerts.settle('escalation|$e|', 'acknowledged')
  expect((await sync(ana, seen.next)).alerts).toEqual([])
  expect(await mine()).toMatchObject([{ id, state: 'settled', settled_reason: 'acknowledged' }])
  // Raised again by a replay: it was dealt with.
  await node.ctx.alerts.raise(anAlert(ana.userId))
  expect(await mine()).toMatchObject([{ state: 'settled' }])
})

test('settling goes by the prefix only, and leaves to the ledger what was not sent', async () => {
  for (const key of ['escalation|$a|0|ana', 'escalation|$a|1|ana', 'escalation|$ab|0|ana']) {
    node.clock.advance(1)
    await node.ctx.alerts.raise(anAlert(ana.userId, { key }))
  }
  await node.ctx.alerts.settle('escalation|$a|', 'resolved')
  expect((await ledger()).map(({ key, state, reason }) => [key, state, reason])).toEqual([
    ['escalation|$a|0|ana', 'cancelled', 'resolved'],
    ['escalation|$a|1|ana', 'cancelled', 'resolved'],
    ['escalation|$ab|0|ana', 'queued', undefined],
  ])
  expect((await sync(ana)).alerts).toHaveLength(1)
  await expect(node.ctx.alerts.settle('', 'resolved')).rejects.toThrow()
})

test('clients cannot write the list, and are shown the newest fifty', async () => {
  const path = `/_matrix/client/v3/user/${ana.userId}/account_data/org.enlace.alerts`
  expect((await node.call('PUT', path, ana, { alerts: [] })).status).toBe(405)
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => node.ctx.alerts.raise(anAlert(ana.userId, { key: `case|${n}|` }))),
  )
  await expect.poll(async () => (await sync(ana)).alerts?.length).toBe(50)
  expect(await mine()).toHaveLength(60)
})

test('quiet hours hold back what is not urgent', async () => {
  const quiet_hours = {
    start: '20:00',
    end: '06:00',
    time_zone: 'America/Tegucigalpa',
    weekdays: [1, 2, 3, 4, 5, 6, 7],
  }
  const put = await node.call('PUT', '/_enlace/client/v1/alert-channels', ana, reachable({ quiet_hours }))
  expect(put.body).toMatchObject({ quiet_hours })
  // 22:00
  node.clock.set(NOON + 10 * 3_600_000)
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'case|1|', kind: 'case', urgent: false }))
  node.clock.advance(1)
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'escalation|1|' }))
  const morning = Date.parse('2026-03-03T12:00:00Z')
  await expect.poll(() => ledgerOf('case|')).toMatchObject([{ state: 'queued', heldUntilTs: morning }])
  const night = await sync(ana)
  expect(night.alerts).toMatchObject([{ kind: 'escalation' }])
  node.clock.set(morning - 60_000)
  expect((await sync(ana, night.next, 300)).alerts).toBeUndefined()
  node.clock.set(morning)
  expect((await sync(ana, night.next, 10_000)).alerts).toMatchObject([
    { kind: 'escalation' },
    { kind: 'case' },
  ])

  // Held again the next night, and let through when the person changes their mind.
  node.clock.set(morning + 16 * 3_600_000)
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'case|2|', kind: 'case', urgent: false }))
  await expect.poll(() => ledgerOf('case|2')).toMatchObject([{ heldUntilTs: morning + DAY_MS }])
  await node.call('PUT', '/_enlace/client/v1/alert-channels', ana, reachable())
  await expect.poll(async () => (await sync(ana)).alerts).toHaveLength(3)
})

test('after a restart what was not shown yet is shown, and what was settled is not', async () => {
  const dataDir = await temporaryFolder()
  const first = await alertNode({}, { dataDir })
  const person = await first.register('ana')
  await first.ctx.alerts.raise(anAlert(person.userId, { key: 'a|' }))
  await first.ctx.alerts.raise(anAlert(person.userId, { key: 'b|' }))
  await first.ctx.alerts.settle('b|', 'resolved')
  await first.close()
  const second = await alertNode({}, { dataDir })
  await node.close()
  node = second
  expect((await sync(person)).alerts).toMatchObject([{ kind: 'escalation' }])
  expect(await second.ctx.alerts.ledger('a|')).toHaveLength(1)
})

test('after 90 days nothing is left', async () => {
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'new|' }))
  await node.ctx.alerts.settle('new|', 'resolved')
  await node.ctx.alerts.trim()
  expect(await mine()).toHaveLength(2)
  node.clock.advance(91 * DAY_MS)
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'newer|' }))
  await node.ctx.alerts.trim()
  expect(await ledgerOf('')).toMatchObject([{ key: 'newer|' }])
  // A session unused for so long has ended.
  const { body } = await node.call('POST', '/_matrix/client/v3/login', undefined, {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: ana.userId },
    password: 'una contraseña larga',
  })
  const again = { ...ana, token: String(body['access_token']) }
  // The sign-in itself is told: nothing shows that the person has been there before.
  await expect
    .poll(async () => (await sync(again)).alerts?.map(({ kind }) => kind).sort())
    .toEqual([anAlert(ana.userId).kind, 'new_device'].sort())
})

test('a person who is not here, or has left, is in the ledger as not reached', async () => {
  await expect(node.ctx.alerts.raise(anAlert('@x:gt.example'))).rejects.toThrow()
  await node.ctx.alerts.raise(anAlert('@nobody:hn.example'))
  expect(await ledger()).toMatchObject([{ state: 'failed', reason: 'no_account' }])
})

test('settings are strict, and the test of a channel is limited', async () => {
  const put = (body: unknown) => node.call('PUT', '/_enlace/client/v1/alert-channels', ana, body)
  const quiet = { start: '20:00', end: '06:00', time_zone: 'America/Tegucigalpa', weekdays: [1] }
  for (const wrong of [
    {},
    reachable({ phone: '9999-0000' }),
    reachable({ email: 'nobody' }),
    reachable({ email: 'a@b.example\r\nBcc: c@d.example' }),
    reachable({ more: 1 }),
    reachable({ quiet_hours: { ...quiet, time_zone: 'Europe/Madrid' } }),
    reachable({ quiet_hours: { ...quiet, end: '24:00' } }),
    reachable({ quiet_hours: { ...quiet, weekdays: [1, 1] } }),
    reachable({ quiet_hours: { ...quiet, end: '20:00' } }),
  ])
    expect(await put(wrong)).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } })
  expect((await put(reachable())).status).toBe(200)
  expect((await node.call('GET', '/_enlace/client/v1/alert-channels', ana)).body).toEqual({
    offered: { client: true, web_push: false, email: false, webhook: false },
    vapid_public_key: null,
    ...reachable(),
    confirmed: { email: null, phone: null },
    push_subscriptions: [],
  })
  const attempt = (channel: string) =>
    node.call('POST', `/_enlace/client/v1/alert-channels/${channel}/test`, ana)
  expect((await attempt('email')).status).toBe(400)
  expect((await attempt('fax')).status).toBe(400)
  const { status, body } = await attempt('client')
  expect(status).toBe(200)
  await expect
    .poll(async () => (await sync(ana)).alerts)
    .toMatchObject([{ id: body['alert_id'], kind: 'test' }])
  expect(await attempt('client')).toMatchObject({ status: 429, body: { retry_after_ms: 30_000 } })
  await node.call('POST', `/_enlace/client/v1/alerts/${body['alert_id']}/seen`, ana, {})
  expect(await mine()).toMatchObject([{ state: 'settled', deliveries: [{ state: 'seen' }] }])
  for (let n = 0; n < 9; n++) {
    node.clock.advance(31_000)
    expect((await attempt('client')).status).toBe(200)
  }
  node.clock.advance(31_000)
  expect((await attempt('client')).status).toBe(429)
})
