/** What is due is gone from every file of the node, and nothing else is; holds, partners that are away, crashes, wrong clocks. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DAY_MS,
  type HoldReason,
  holdEventType,
  networkDefault,
  type RetentionReceipt,
  receiptSchema,
  retentionEventType,
} from '@enlace/coordination'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FederationError } from '../federation/errors.ts'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'
import { ERASURES_TYPE } from './erase.ts'

const DAYS = networkDefault('birth_certificate').days
/** Looks like ciphertext, and is found in a dump. */
const planted = (word: string) => `AwgAPLANTADA${word}${'x'.repeat(40)}`
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

/** People use their sessions meanwhile: they do not end. */
async function later(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 200 * DAY_MS) {
    net.advance(Math.min(left, 200 * DAY_MS))
    for (const who of [net.chief, net.shelter, net.registrar, net.guest, court])
      await net.call(who, 'GET', '/account/whoami')
  }
}

const api = `${caseApi}/retention`
const enc = encodeURIComponent

/** Which of the words stand in any file of the node. */
function dump(...words: string[]): string[] {
  const found = new Set<string>()
  const root = net.node.ctx.config.data_dir
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = readFileSync(join(entry.parentPath, entry.name))
    for (const word of words) if (bytes.includes(word)) found.add(word)
  }
  return [...found].sort()
}

const say = async (text: string, relation?: object, session = 'sesion', who = net.shelter) => {
  const { body, status } = await net.send(who, 'm.room.encrypted', {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: planted(text),
    session_id: session,
    ...(relation ? { 'm.relates_to': relation } : {}),
  })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return String(body['event_id'])
}
const thread = (id: string) => ({ rel_type: 'm.thread', event_id: id })

async function endedCase(): Promise<string> {
  const id = await net.open()
  const { status } = await net.step(net.shelter, id, { step: 'revoke', reason: 'other' })
  if (status !== 200) throw new Error('not revoked')
  await net.node.ctx.cases.settled()
  return id
}
const hold = (who: Person, id: string | undefined, what: 'place' | 'lift', after: string[] = []) =>
  net.send(who, holdEventType, {
    ...(id ? { 'm.relates_to': { rel_type: 'm.reference', event_id: id } } : {}),
    by: by(who),
    hold: what,
    ...(after.length > 0 ? { after } : {}),
    ...(what === 'place'
      ? { reason: 'court_order' satisfies HoldReason, review_ts: net.now() + 90 * DAY_MS }
      : {}),
  })
const record = async (id: string, who = net.chief) =>
  (await net.call(who, 'GET', `${api}/cases/${enc(id)}`)).body as Record<string, unknown> & {
    erasure?: {
      receipts: { server: string; receipt: RetentionReceipt }[]
      unconfirmed: object[]
      devices: Record<string, unknown>
    }
  }

test('a case is gone from every file when its time is over, with what is in its thread; the rest of the room is as it was', async () => {
  const id = await net.open()
  const first = await say('UNO', thread(id), 'del-caso')
  await say('CORREGIDO', { rel_type: 'm.replace', event_id: first }, 'del-caso')
  const other = await say('OTRO', undefined, 'de-todos')
  await say('DOS', thread(id), 'de-todos')
  const upload = await net.node.call('POST', '/_matrix/media/v3/upload', {
    token: net.shelter.token,
    raw: Buffer.from('PLANTADA-EN-UN-ARCHIVO'),
    type: 'application/octet-stream',
  })
  const mediaId = String(upload.body['content_uri']).split('/').at(-1)!
  await net.node.ctx.media.carriedBy(net.shelter.userId, mediaId, first)
  const version = await net.node.ctx.keyBackup.create(net.registrar.userId, 'a', {})
  const key = (word: string) => ({
    first_message_index: 0,
    forwarded_count: 0,
    is_verified: true,
    session_data: { ciphertext: planted(word) },
  })
  await net.node.ctx.keyBackup.put(net.registrar.userId, version, {
    [net.roomId]: { 'del-caso': key('LLAVE'), 'de-todos': key('QUEDA') },
  })
  await net.step(net.shelter, id, { step: 'revoke', reason: 'other' })
  const words = ['UNO', 'CORREGIDO', 'DOS', 'OTRO', 'LLAVE', 'QUEDA'].map(planted)
  expect(dump(...words, 'PLANTADA-EN-UN-ARCHIVO')).toHaveLength(7)

  await later((DAYS - 1) * DAY_MS)
  expect(await net.node.ctx.retention.run()).toEqual([])
  expect(await record(id)).toMatchObject({ state: 'waits', period: { days: DAYS, from: 'network' } })
  // Messages outside of cases go on the same day: kept here by a hold on nothing but time.
  await later(1.5 * DAY_MS)
  const done = await net.node.ctx.retention.run()
  expect(done.map(({ subject }) => subject)).toContain(id)
  expect(dump(...words.filter((word) => !/OTRO|QUEDA/.test(word)), 'PLANTADA-EN-UN-ARCHIVO')).toEqual([])

  const { erasure } = await record(id)
  const receipt = receiptSchema.parse(erasure!.receipts[0]!.receipt)
  expect(await net.node.ctx.keyRing.verifyJson(receipt, net.node.ctx.serverName)).toBe(true)
  expect(receipt).toMatchObject({
    subject: id,
    counts: { events: 5, files: 1, keys: 1 },
    storage: 'rewritten',
  })
  expect(erasure).toMatchObject({
    about: { kind: 'birth_certificate' },
    devices: { waiting: 4, confirmed: 0 },
  })
  const opened = await net.call(net.shelter, 'GET', `${caseApi}/cases/${enc(id)}`)
  expect(opened).toMatchObject({ status: 410, body: { 'org.enlace.rule': 'case.erased' } })
  const kept = await net.call(net.shelter, 'GET', `/rooms/${net.roomId}/event/${first}`)
  expect(kept.body).toMatchObject({ sender: net.shelter.userId, content: {} })
  expect(kept.body).toMatchObject({
    unsigned: { redacted_because: { content: { 'org.enlace.retention': true } } },
  })
  // The room goes on, and the next case as well.
  await net.open()
  expect(other).toBeTruthy()
  expect(await net.node.ctx.retention.run()).toEqual([])
  const log = await net.node.ctx.db.connection.collection('audit_entries').find({}).toArray()
  expect(JSON.stringify(log)).not.toContain('PLANTADA')
})

test('two institutions hold it and two let it go; what one asks for alone stops it for two weeks', async () => {
  const id = await endedCase()
  await later((DAYS + 1) * DAY_MS)
  const staff = await hold(net.shelter, id, 'place')
  expect(staff).toMatchObject({ status: 403, body: { 'org.enlace.rule': 'retention.coordinator' } })
  const placed = String((await hold(net.chief, id, 'place')).body['event_id'])
  // The event's time is that of this computer, not of the test's clock: asked long ago, it has lapsed; both hold it for good.
  const second = await hold(court, id, 'place', [placed])
  expect(second.status).toBe(200)
  expect(await net.node.ctx.retention.run()).toEqual([])
  expect(await record(id)).toMatchObject({ state: 'held', holds: [{ state: 'held', reason: 'court_order' }] })
  const one = String((await hold(net.chief, id, 'lift', [String(second.body['event_id'])])).body['event_id'])
  expect(await net.node.ctx.retention.run()).toEqual([])
  await hold(court, id, 'lift', [one])
  expect((await net.node.ctx.retention.run()).map(({ subject }) => subject)).toContain(id)
})

test('a hold on the channel stops its messages and its cases; without it they go, and those of open cases stay', async () => {
  const open = await net.open()
  await say('EN-CASO', thread(open))
  await say('SUELTO')
  const placed = String((await hold(net.chief, undefined, 'place')).body['event_id'])
  const second = String((await hold(court, undefined, 'place', [placed])).body['event_id'])
  const words = [planted('EN-CASO'), planted('SUELTO')]
  await later((networkDefault('messages').days + 2) * DAY_MS)
  expect(await net.node.ctx.retention.run()).toEqual([])
  const one = String((await hold(net.chief, undefined, 'lift', [second])).body['event_id'])
  await hold(court, undefined, 'lift', [one])
  expect(await net.node.ctx.retention.run()).toMatchObject([{ subject: 'messages', counts: { events: 1 } }])
  expect(dump(...words)).toEqual([planted('EN-CASO')])
  expect(await net.node.ctx.retention.run()).toEqual([])
})

test('an institution shortens after it has seen what that deletes; others’ cases are not touched', async () => {
  const id = await endedCase()
  const shorter = { birth_certificate: 30 }
  await later(40 * DAY_MS)
  const preview = (who: Person) => net.call(who, 'POST', `${api}/preview`, { room_id: net.roomId, shorter })
  expect((await preview(net.shelter)).status).toBe(403)
  // Neither asks nor answers in this case.
  expect((await preview(net.chief)).body).toMatchObject({ cases: 1, at_once: 0 })
  const boss = await net.join('jefa', 'hn-registro', 'coordinator')
  expect((await preview(boss)).body).toMatchObject({ cases: 1, at_once: 1, messages: 0 })
  const rule = (who: Person) => net.send(who, retentionEventType, { by: by(who), shorter })
  await rule(net.chief)
  expect(await net.node.ctx.retention.run()).toEqual([])
  await rule(boss)
  expect((await net.node.ctx.retention.run()).map(({ subject }) => subject)).toEqual([id])
})

describe('whatever happens between', () => {
  test('a crash before the files are rewritten: no receipt until they are, and nothing is counted twice', async () => {
    const id = await endedCase()
    await say('EN-CASO', thread(id))
    await later((DAYS + 1) * DAY_MS)
    const { db } = net.node.ctx
    const { rewrite } = db
    db.rewrite = () => Promise.reject(new Error('crash'))
    await expect(net.node.ctx.retention.run()).rejects.toThrow('crash')
    expect(await record(id)).toMatchObject({ erasure: { state: 'rewriting', receipts: [] } })
    db.rewrite = rewrite
    await net.node.reopen('retention')
    const done = await net.node.ctx.retention.run()
    expect(done.find(({ subject }) => subject === id)).toMatchObject({ state: 'done', counts: { events: 3 } })
    expect(dump(planted('EN-CASO'))).toEqual([])
  })

  test('a partner that is away is asked until it confirms; another’s receipt, or an unsigned one, is none', async () => {
    await net.admit('@funcionaria:socio.example')
    const id = await endedCase()
    await later((DAYS + 1) * DAY_MS)
    net.node.partner.request = async () => {
      throw new FederationError('socio.example', 'no answer')
    }
    await net.node.ctx.retention.run()
    const waiting = { server: 'socio.example', since: expect.any(Number) }
    expect((await record(id)).erasure?.unconfirmed).toMatchObject([{ ...waiting, why: 'unreachable' }])
    const receipt = {
      type: 'org.enlace.retention.receipt',
      server: 'socio.example',
      room_id: net.roomId,
      subject: id,
      erased_ts: net.now(),
      counts: { events: 3, files: 0, keys: 0 },
      storage: 'rewritten',
      signatures: { 'socio.example': { 'ed25519:1': 'x' } },
    }
    const devices = { confirmed: 1, waiting: 1 }
    net.node.partner.request = async () => ({
      state: 'done',
      receipt: { ...receipt, subject: '$otro' },
      devices,
    })
    await net.node.ctx.retention.run()
    expect((await record(id)).erasure?.unconfirmed).toMatchObject([{ ...waiting, why: 'not_understood' }])
    net.node.partner.request = async () => ({ state: 'done', receipt, devices })
    await net.node.ctx.retention.run()
    expect((await record(id)).erasure).toMatchObject({
      unconfirmed: [],
      receipts: [{ server: net.node.ctx.serverName }, { server: 'socio.example', receipt }],
      devices: { elsewhere: [{ server: 'socio.example', ...devices }] },
    })
  })

  test('a partner that has left is asked and listed too; one that was only invited has nothing', async () => {
    await net.admit('@funcionaria:socio.example')
    const id = await endedCase()
    const kick = { user_id: '@funcionaria:socio.example' }
    expect((await net.call(net.chief, 'POST', `/rooms/${net.roomId}/kick`, kick)).status).toBe(200)
    const { sender } = (await net.node.ctx.rooms.currentState(net.roomId)).get('m.room.create')!.pdu
    for (const membership of ['invite', 'leave'])
      await net.node.ctx.rooms.send({
        roomId: net.roomId,
        sender,
        type: 'm.room.member',
        stateKey: '@nadie:otro.example',
        content: { membership },
      })
    await later((DAYS + 1) * DAY_MS)
    await net.node.ctx.retention.run()
    expect((await record(id)).erasure?.unconfirmed).toMatchObject([
      { server: 'socio.example', why: 'unreachable' },
    ])
  })

  test('devices hear how long nothing becomes due: to the end of the day, of an ended case, of what one institution holds alone', async () => {
    const HOUR = 3_600_000
    const quiet = async () =>
      (await net.call(net.shelter, 'GET', `${api}/erasures`)).body['quiet_ms'] as number | undefined
    const toMidnight = () => DAY_MS - (net.now() % DAY_MS)
    await endedCase()
    await hold(net.chief, undefined, 'place')
    await net.node.ctx.retention.run()
    expect(Math.abs((await quiet())! - toMidnight())).toBeLessThan(60_000)
    for (const days of [14, DAYS - 14]) {
      await later(days * DAY_MS - HOUR)
      await net.node.ctx.retention.run()
      expect(await quiet()).toBeLessThanOrEqual(Math.min(HOUR, toMidnight()))
      // Over by the clock, and the node has not looked since.
      net.advance(HOUR)
      expect(await quiet()).toBeUndefined()
    }
  })

  test('devices are told what to delete, and listed until they say that they have', async () => {
    const id = await endedCase()
    await say('EN-CASO', thread(id), 'solo-esta')
    await net.call(net.chief, 'POST', `/rooms/${net.roomId}/ban`, { user_id: net.registrar.userId })
    await later((DAYS + 1) * DAY_MS)
    // Whoever asks about it as of another room is told nothing of it.
    expect(await net.node.ctx.retention.answer('!otra:hn.example', id, undefined)).toEqual({
      state: 'not_due',
    })
    await net.node.ctx.retention.run()
    const erasures = async (who: Person) =>
      (await net.call(who, 'GET', `${api}/erasures`)).body['erasures'] as { id: string; subject: string }[]
    const mine = await erasures(net.shelter)
    const told = (who: Person) => net.node.ctx.accountData.get(who.userId, ERASURES_TYPE)
    expect(await told(net.shelter)).toEqual({ newest_ts: expect.any(Number) })
    expect(await told(net.guest)).toBeUndefined()
    expect(mine).toMatchObject([
      { subject: id, sessions: ['solo-esta'], event_ids: expect.arrayContaining([id]) },
    ])
    expect(await erasures(net.guest)).toEqual([])
    // Who was banned has it as well.
    expect(await erasures(net.registrar)).toMatchObject([{ subject: id }])
    await net.call(net.guest, 'POST', `${api}/erasures/confirm`, { ids: [mine[0]!.id] })
    await net.call(net.shelter, 'POST', `${api}/erasures/confirm`, { ids: [mine[0]!.id] })
    expect(await erasures(net.shelter)).toEqual([])
    const { erasure } = await record(id)
    expect(erasure?.devices).toMatchObject({ confirmed: 1, waiting: 3 })
    // Which devices of whom is for the coordination of their own institution alone.
    const seenBy = async (who?: Person) =>
      ((await record(id, who)).erasure?.devices['list'] as { user_id: string }[] | undefined)?.map(
        ({ user_id }) => user_id,
      )
    expect(await seenBy()).toEqual([net.chief.userId])
    expect(await seenBy(net.shelter)).toBeUndefined()
    const shelter = net.shelter.institution!
    await net.node.ctx.accounts.setPosition(net.shelter.userId, { institution: shelter, role: 'coordinator' })
    expect(await seenBy(net.shelter)).toEqual([net.shelter.userId])
    expect((await record(id, net.shelter)).erasure?.devices['list']).toMatchObject([
      { confirmed_ts: expect.any(Number) },
    ])
    await net.node.ctx.accounts.setPosition(net.shelter.userId, { institution: shelter, role: 'staff' })
    expect((await net.call(net.guest, 'GET', `${api}/cases/${enc(id)}`)).status).toBe(404)
  })
})
