import {
  type MeetingStepDraft,
  meetingEventType,
  meetingUpdateContent,
  meetingUpdateEventType,
} from '@enlace/coordination/meetings'
import ICAL from 'ical.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { confirmAddresses, reachable } from '../testing/alerts.ts'
import { by, type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'
import { mailServer } from '../testing/receivers.ts'

const DAY = 86_400_000
const BASE = `${caseApi}/meetings/calendar`
let kit: CaseNode
let mail: Awaited<ReturnType<typeof mailServer>>
let registrar: Person

beforeAll(async () => {
  mail = await mailServer()
  kit = await startCaseNode({
    alerts: {
      public_url: 'https://enlace.example/',
      smtp: { url: `smtp://127.0.0.1:${mail.port}`, from: 'Enlace <enlace@hn.example>' },
    },
  })
  registrar = await kit.join('jefatura', 'hn-registro', 'coordinator')
})
afterAll(async () => {
  await kit?.node.close()
  await mail?.close()
})

async function convene(startsIn: number, institutions = ['hn-senaf', 'hn-registro'], follows?: string) {
  const answer = await kit.send(kit.chief, meetingEventType, {
    institutions,
    conveners: ['hn-senaf'],
    starts_ts: kit.now() + startsIn,
    by: by(kit.chief),
    ...(follows ? { follows: { event_id: follows, room_id: kit.roomId } } : {}),
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  await kit.node.ctx.meetings.settled()
  return String(answer.body['event_id'])
}
async function step(id: string, draft: MeetingStepDraft) {
  const state = await kit.node.ctx.meetings.state(id)
  const content = meetingUpdateContent(state!, by(kit.chief), draft)
  expect((await kit.send(kit.chief, meetingUpdateEventType, content)).status).toBe(200)
  await kit.node.ctx.meetings.settled()
}
const address = async (who: Person) => String((await kit.call(who, 'POST', BASE, {})).body['path'])
async function events(path: string) {
  const answer = await kit.node.call('GET', path)
  expect(answer.status).toBe(200)
  return new ICAL.Component(ICAL.parse(answer.bytes.toString())).getAllSubcomponents('vevent').map((one) => {
    const event = new ICAL.Event(one)
    return { uid: event.uid, at: event.startDate.toJSDate().getTime(), summary: event.summary }
  })
}

test('a calendar says that there is a meeting and when; of one’s own institution, and nothing else', async () => {
  const ours = await convene(7 * DAY)
  await convene(8 * DAY, ['hn-senaf', 'gt-casa'])
  const path = await address(registrar)
  const text = (await kit.node.call('GET', path)).bytes.toString()
  for (const said of ['hn-', 'gt-', kit.roomId, ours, registrar.userId, 'DTEND'])
    expect(text).not.toContain(said)
  const [one, ...more] = await events(path)
  expect(more).toEqual([])
  expect(one).toMatchObject({ summary: 'Reunión (Enlace)' })

  // Moved it is the same event; closed, the next one is there until it is convened.
  await step(ours, { step: 'move', starts_ts: kit.now() + 9 * DAY })
  const [moved] = await events(path)
  expect(moved!.uid).toBe(one!.uid)
  expect(moved!.at).toBeGreaterThan(one!.at)
  await step(ours, { step: 'close', next_ts: kit.now() + 90 * DAY })
  expect((await events(path)).map(({ uid }) => uid === one!.uid)).toEqual([true, false])
  const next = await convene(90 * DAY, undefined, ours)
  expect(next).not.toBe(ours)
  expect(await events(path)).toHaveLength(2)
})

test('an address ends when it is withdrawn or made anew, and with its person’s place', async () => {
  const path = await address(registrar)
  expect((await kit.call(registrar, 'GET', BASE)).body).toMatchObject({
    address: { created_ts: expect.any(Number) },
    mail: false,
  })
  const second = await address(registrar)
  expect((await kit.node.call('GET', path)).status).toBe(404)
  expect((await kit.node.call('GET', second)).status).toBe(200)
  await kit.node.ctx.accounts.suspend(registrar.userId, kit.chief.userId, 'perdió el teléfono')
  expect((await kit.node.call('GET', second)).status).toBe(404)
  await kit.node.ctx.accounts.restore(registrar.userId)
  registrar = { ...registrar, token: String((await kit.node.login('jefatura')).body['access_token']) }
  expect((await kit.node.call('GET', second)).status).toBe(200)
  expect((await kit.call(registrar, 'DELETE', BASE)).status).toBe(200)
  expect((await kit.call(registrar, 'DELETE', BASE)).status).toBe(404)
  expect((await kit.node.call('GET', second)).status).toBe(404)
  expect((await kit.node.call('GET', `/_enlace/meetings/calendar/${'x'.repeat(43)}.ics`)).status).toBe(404)
})

test('by mail only to whoever asked, at a confirmed address, once for each date, and as blind', async () => {
  const set = (on: boolean) => kit.call(registrar, 'PUT', `${BASE}/mail`, { on })
  const refused = await set(true)
  expect(refused.status).toBe(400)
  expect(refused.body['error']).toMatch(/correo.*Settings/s)
  await kit.call(registrar, 'PUT', `${caseApi}/alert-channels`, reachable({ phone: null }))
  await confirmAddresses(kit.node, registrar)
  expect(mail.mails).toEqual([])
  expect((await set(true)).status).toBe(200)
  // The one that is ahead already; told again it is not.
  await expect.poll(() => mail.mails.length).toBe(1)
  expect((await set(true)).status).toBe(200)
  const id = await convene(20 * DAY)
  await expect.poll(() => mail.mails.length).toBe(2)
  await step(id, { step: 'move', starts_ts: kit.now() + 21 * DAY })
  await expect.poll(() => mail.mails.length).toBe(3)
  await kit.node.ctx.meetings.look()

  const sources = mail.mails.map(({ source }) => source)
  const calendars = sources.map((source) => {
    expect(source).toMatch(/Content-Type: text\/calendar; charset=utf-8; method=PUBLISH/i)
    for (const said of ['hn-senaf', kit.roomId, 'albergue']) expect(source).not.toContain(said)
    const [, encoded = ''] = /filename=reunion\.ics[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(source) ?? []
    return Buffer.from(encoded, 'base64').toString()
  })
  const uids = calendars.map((text) => /^UID:(.*)$/m.exec(text)?.[1])
  expect(uids[1]).toBe(uids[2])
  expect(uids[0]).not.toBe(uids[1])
  for (const text of calendars) expect(text).toContain('SUMMARY:Reunión (Enlace)')

  expect((await set(false)).status).toBe(200)
  await convene(22 * DAY)
  await kit.node.ctx.meetings.look()
  expect(mail.mails).toHaveLength(3)
  // No client shows what came by mail.
  const shown = await kit.node.ctx.alerts.own.list(registrar.userId)
  expect(shown.filter((one) => one['kind'] === 'meeting')).toEqual([])
})
