/** A node that does not delete by itself, or not yet: nothing goes, nobody is asked, and everybody is told so in words. */
import { DAY_MS, holdEventType, networkDefault } from '@enlace/coordination'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { retentionArea } from '../operator/areas/retention.ts'
import { commandNamed } from '../operator/areas.ts'
import { by, type CaseNode, caseApi, startCaseNode } from '../testing/cases.ts'
import { DOES_NOT_DELETE, GRACE_DAYS } from './off.ts'

let net: CaseNode
const asked: string[] = []
beforeEach(async () => {
  net = await startCaseNode({
    retention: 'off',
    session_idle_days: 365,
    password_alone: true,
  })
  asked.length = 0
  net.node.partner.request = async (destination, { path }) => {
    if (!path.includes('/retention/')) throw new Error('unreachable')
    asked.push(destination)
    return { state: 'working' }
  }
})
afterEach(() => net.node.close())

const ctx = () => net.node.ctx
const DAYS = Math.max(networkDefault('birth_certificate').days, networkDefault('messages').days)

async function overdue(): Promise<string> {
  const id = await net.open()
  await net.step(net.shelter, id, { step: 'revoke', reason: 'other' })
  await net.send(net.shelter, 'm.room.encrypted', {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: 'AwgA',
    session_id: 's',
  })
  await ctx().cases.settled()
  for (let left = DAYS + 8; left > 0; left -= 200) {
    net.advance(Math.min(left, 200) * DAY_MS)
    for (const who of [net.chief, net.shelter]) await net.call(who, 'GET', '/account/whoami')
  }
  return id
}

/** It is announced with the next run, and comes. */
async function pastFirstDay(): Promise<void> {
  expect(await ctx().retention.run()).toEqual([])
  net.advance(GRACE_DAYS * DAY_MS)
}

async function operator(name: string) {
  const command = commandNamed(retentionArea, name)!
  if (command.where !== 'node') throw new Error('not on a node')
  const answer = await command.run(ctx(), {})
  return { answer, shown: command.show?.(answer, 'es') ?? '' }
}

test('the key is on where nobody wrote it, and is read as YAML writes it', () => {
  const base = { server_name: 'hn.example', data_dir: '.', listeners: [{ port: 0, serves: ['client'] }] }
  expect(parseConfig(base).retention).toBe('on')
  expect(parseConfig({ ...base, retention: false }).retention).toBe('off')
  expect(() => parseConfig({ ...base, retention: 'soon' })).toThrow('retention')
})

test('off: nothing is deleted and nobody asked; page, operator and partners are told so, and what would be due', async () => {
  await net.admit('@funcionaria:socio.example')
  const id = await overdue()
  const reference = ctx().cases.row(id)!.reference
  expect(await ctx().retention.run()).toEqual([])
  expect(asked).toEqual([])
  expect(await ctx().retention.erasures({}, 10)).toEqual([])
  expect((await net.call(net.shelter, 'GET', `${caseApi}/cases/${encodeURIComponent(id)}`)).status).toBe(200)

  const page = await net.call(net.chief, 'GET', `${caseApi}/retention`)
  expect(page.body).toMatchObject({
    deletes: false,
    message: DOES_NOT_DELETE,
    upcoming: [{ case_id: id, state: 'due' }],
    due_messages: [{ room_id: net.roomId }],
  })
  const one = await net.call(net.chief, 'GET', `${caseApi}/retention/cases/${encodeURIComponent(id)}`)
  expect(one.body).toMatchObject({ deletes: false, message: DOES_NOT_DELETE, state: 'due' })

  const { answer, shown } = await operator('status')
  expect(answer).toMatchObject({ deletes: false, due: [{ what: reference }, { what: net.roomId }] })
  for (const word of [DOES_NOT_DELETE.es, reference, net.roomId]) expect(shown).toContain(word)
  expect((await operator('due')).shown).toContain(reference)
  await expect(operator('run')).rejects.toMatchObject({ extra: { 'org.enlace.rule': 'retention.off' } })

  for (const subject of [id, 'messages'])
    expect(await ctx().retention.answer(net.roomId, subject, subject === id ? undefined : 1)).toEqual({
      state: 'off',
      message: DOES_NOT_DELETE,
    })
  expect(await ctx().retention.run()).toEqual([])
})

test('switched on it deletes from the day it has announced; switched off again it gives the receipt of what it deleted, and no other', async () => {
  await net.admit('@funcionaria:socio.example')
  const id = await overdue()
  ctx().config.retention = 'on'
  await pastFirstDay()
  expect((await ctx().retention.run()).map(({ subject }) => subject).sort()).toEqual([id, 'messages'].sort())
  expect(asked.length).toBeGreaterThan(0)
  expect((await operator('status')).answer).toMatchObject({ deletes: true })
  ctx().config.retention = 'off'
  asked.length = 0
  await ctx().retention.run()
  expect(asked).toEqual([])
  expect(await ctx().retention.answer(net.roomId, id)).toMatchObject({
    state: 'done',
    receipt: { subject: id },
  })
  expect(await ctx().retention.answer(net.roomId, 'messages', net.now())).toMatchObject({ state: 'off' })
})

test('a partner that is off is listed as such', async () => {
  await net.admit('@funcionaria:socio.example')
  const id = await overdue()
  ctx().config.retention = 'on'
  await pastFirstDay()
  net.node.partner.request = async () => ({ state: 'off', message: DOES_NOT_DELETE })
  await ctx().retention.run()
  const { body } = await net.call(net.chief, 'GET', `${caseApi}/retention/cases/${encodeURIComponent(id)}`)
  expect(body).toMatchObject({ erasure: { unconfirmed: [{ server: 'socio.example', why: 'off' }] } })
})

test('an upgrade: what was due long ago stays for two weeks, shown with the day, over restarts; a hold placed then keeps it', async () => {
  await net.admit('@funcionaria:socio.example')
  const open = await net.open()
  const say = async (event_id?: string) => {
    const relation = event_id ? { 'm.relates_to': { rel_type: 'm.thread', event_id } } : {}
    const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgA', session_id: 's', ...relation }
    return String((await net.send(net.shelter, 'm.room.encrypted', content)).body['event_id'])
  }
  const [outside, inOpen, unknown] = [await say(), await say(open), await say('$no-esta')]
  const [id, held] = [await overdue(), await overdue()]
  const court = await net.join('juzgado', 'gt-malo', 'coordinator')
  ctx().config.retention = 'on'
  await net.node.reopen('retention')
  const begins_ts = net.now() + GRACE_DAYS * DAY_MS
  const page = async () => (await net.call(net.chief, 'GET', `${caseApi}/retention`)).body
  const said = (await page())['begins_ts'] as number
  expect(Math.abs(said - begins_ts)).toBeLessThan(60_000)
  const day = new Date(said).toISOString().slice(0, 10)
  for (const left of [GRACE_DAYS - 1, 0.5]) {
    net.advance(left * DAY_MS)
    await net.node.reopen('retention')
    expect(await ctx().retention.run()).toEqual([])
    expect(await page()).toMatchObject({
      deletes: false,
      begins_ts: said,
      message: { es: expect.stringContaining(day) },
    })
    expect((await operator('status')).shown).toContain(day)
    await expect(operator('run')).rejects.toThrow(day)
    expect(await ctx().retention.answer(net.roomId, id)).toEqual({ state: 'not_due' })
    if (left > 1) {
      const about = { 'm.relates_to': { rel_type: 'm.reference', event_id: held } }
      const hold = { ...about, hold: 'place', reason: 'complaint', review_ts: net.now() + 90 * DAY_MS }
      const { body } = await net.send(net.chief, holdEventType, { ...hold, by: by(net.chief) })
      const after = [String(body['event_id'])]
      expect((await net.send(court, holdEventType, { ...hold, after, by: by(court) })).status).toBe(200)
    }
  }
  expect(asked).toEqual([])
  net.advance(DAY_MS)
  const gone = (await ctx().retention.run()).map(({ subject }) => subject)
  expect(gone).toContain(id)
  expect(gone).not.toContain(held)
  expect(gone).not.toContain(open)
  for (const one of [held, open])
    expect((await net.call(net.chief, 'GET', `${caseApi}/cases/${encodeURIComponent(one)}`)).status).toBe(200)
  const contentOf = async (one: string) =>
    (await net.call(net.chief, 'GET', `/rooms/${net.roomId}/event/${encodeURIComponent(one)}`)).body[
      'content'
    ]
  expect(await contentOf(outside)).toEqual({})
  for (const one of [inOpen, unknown]) expect(await contentOf(one)).toHaveProperty('ciphertext')

  // Switched off and on again it announces anew.
  ctx().config.retention = 'off'
  await ctx().retention.run()
  ctx().config.retention = 'on'
  expect(ctx().retention.mode().deletes).toBe(false)
})
