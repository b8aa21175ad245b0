/** Alert addresses are confirmed with a code before use. A real mail server and gateway, and people who lie about whose address it is. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type AlertNode,
  alertNode,
  anAlert,
  type Person,
  reachable,
  temporaryFolder,
} from '../testing/alerts.ts'
import { mailServer, webhookReceiver } from '../testing/receivers.ts'

const SECRET = 'un secreto de dieciséis'
const MINUTE = 60_000
const STRANGER = 'ajena@otra.example'

let folder: string
let mail: Awaited<ReturnType<typeof mailServer>>
let sms: Awaited<ReturnType<typeof webhookReceiver>>
let node: AlertNode
let ana: Person
let alerts = 0

const start = async () => {
  node = await alertNode(
    {
      institutions: ['hn-rnp-sps'],
      alerts: {
        public_url: 'https://enlace.example/',
        smtp: { url: `smtp://127.0.0.1:${mail.port}`, from: 'Enlace <enlace@hn.example>' },
        webhook: { url: sms.url, secret_file: join(folder, 'webhook.secret') },
      },
    },
    { dataDir: join(folder, 'data'), now: Date.now() },
  )
}
beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'webhook.secret'), SECRET)
  ;[mail, sms] = await Promise.all([mailServer(), webhookReceiver(SECRET)])
  await start()
  ana = await node.register('ana')
})
afterEach(async () => {
  await node.close()
  await Promise.all([mail.close(), sms.close()])
  await rm(folder, { recursive: true, force: true })
})

const api = (method: string, path: string, body?: unknown, who = ana) =>
  node.call(method, `/_enlace/client/v1/alert-channels${path}`, who, body)
const save = (more: Record<string, unknown> = {}, who = ana) => api('PUT', '', reachable(more), who)
const ask = (channel: string, who = ana) => api('POST', `/${channel}/code`, undefined, who)
const confirm = (channel: string, code: string, who = ana) =>
  api('POST', `/${channel}/confirm`, { code }, who)
const mailed = () => /^C=C3=B3digo: (\d{6})|^Código: (\d{6})|^Code: (\d{6})/m.exec(mail.mails.at(-1)!.source)!
const mailedCode = () => mailed().slice(1).find(Boolean)!
const textedCode = () => /(\d{6})/.exec(String(sms.messages().at(-1)!['text']))![1]!
const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const refusal = (rule: string) => ({ status: 403, body: { 'org.enlace.rule': rule } })
/** Raises an alert, and says to whom it goes. */
async function alerted(): Promise<string[]> {
  const key = `llamado|${alerts++}|`
  await node.ctx.alerts.raise(anAlert(ana.userId, { key }))
  const ledger = await node.ctx.alerts.ledger(key)
  await expect
    .poll(async () =>
      (await node.ctx.alerts.ledger(key)).every((one) => one.channel === 'client' || one.state === 'sent'),
    )
    .toBe(true)
  return ledger.map(({ channel }) => channel).sort()
}

test('nothing of a case goes to an address before its code came back by that channel', async () => {
  expect((await save({ email: STRANGER })).body).toMatchObject({
    email: STRANGER,
    confirmed: { email: null, phone: null },
  })
  expect(await alerted()).toEqual(['client'])
  expect((await api('POST', '/email/test')).status).toBe(400)
  expect([mail.mails, sms.requests]).toEqual([[], []])

  const { status, body } = await ask('email')
  expect([status, body]).toEqual([200, { expires_ts: node.clock.now() + 15 * MINUTE }])
  expect(mail.mails).toMatchObject([{ to: [STRANGER] }])
  // What a stranger learns: that somebody wrote this address. Not who, nor of which case.
  expect(mail.mails[0]!.source).not.toMatch(/ana|DOC-2026/)
  await ask('webhook')
  const text = String(sms.messages()[0]!['text'])
  expect(sms.messages()).toMatchObject([{ to: '+50499990000', urgent: true }])
  expect(text.length).toBeLessThanOrEqual(160)
  expect(text).not.toMatch(/[áíóú]|ana|reference/)

  // A code is for its channel.
  expect(await confirm('webhook', other(textedCode()))).toMatchObject(refusal('alert-address.code'))
  if (mailedCode() !== textedCode())
    expect(await confirm('webhook', mailedCode())).toMatchObject(refusal('alert-address.code'))
  const code = mailedCode()
  expect((await confirm('email', `${code.slice(0, 3)} ${code.slice(3)}`)).body).toMatchObject({
    confirmed: { email: STRANGER, phone: null },
  })
  expect(await alerted()).toEqual(['client', 'email'])
  await confirm('webhook', textedCode())
  expect(await alerted()).toEqual(['client', 'email', 'webhook'])
  expect((await api('POST', '/email/test')).status).toBe(200)
  // Spent: it confirms nothing again.
  expect((await confirm('email', code)).status).toBe(400)
})

test('another address needs another code; until then alerts go where they went', async () => {
  await save({ phone: null })
  await ask('email')
  const first = mailedCode()
  await confirm('email', first)
  // Whoever holds a stolen session does not turn the alerts away with it.
  expect((await save({ email: STRANGER, phone: null })).body).toMatchObject({
    email: STRANGER,
    confirmed: { email: 'oficial@registro.example' },
  })
  await alerted()
  expect(mail.mails.at(-1)!.to).toEqual(['oficial@registro.example'])
  node.clock.advance(MINUTE)
  // Neither the old code, nor one that went to another address, confirms it.
  expect(await confirm('email', first)).toMatchObject(refusal('alert-address.no-code'))
  await ask('email')
  const strangers = mailedCode()
  await save({ email: 'tercera@registro.example', phone: null })
  expect(await confirm('email', strangers)).toMatchObject(refusal('alert-address.no-code'))
  await save({ email: STRANGER, phone: null })
  expect(await confirm('email', strangers)).toMatchObject({ status: 200 })
  await alerted()
  expect(mail.mails.at(-1)!.to).toEqual([STRANGER])
  // Going back is a change as well.
  await save({ email: 'oficial@registro.example', phone: null })
  await alerted()
  expect(mail.mails.at(-1)!.to).toEqual([STRANGER])
  // What is taken out is out at once.
  expect((await save({ email: null, phone: null })).body).toMatchObject({ confirmed: { email: null } })
  expect(await alerted()).toEqual(['client'])
})

test('a code lasts fifteen minutes and five attempts, also when they come at once, and not longer after a restart', async () => {
  await save()
  await ask('email')
  const late = mailedCode()
  node.clock.advance(15 * MINUTE)
  expect(await confirm('email', late)).toMatchObject(refusal('alert-address.no-code'))
  await ask('email')
  const code = mailedCode()
  const wrong = other(code)
  const guesses = await Promise.all(Array.from({ length: 12 }, () => confirm('email', wrong)))
  expect(guesses.map(({ status }) => status)).toEqual(guesses.map(() => 403))
  expect(guesses.filter(({ body }) => body['org.enlace.rule'] === 'alert-address.code')).toHaveLength(5)
  const now = node.clock.now()
  await node.close()
  await start()
  node.clock.set(now)
  expect(await confirm('email', code)).toMatchObject(refusal('alert-address.no-code'))
  // A clock that jumps back gives a code no longer life.
  node.clock.advance(MINUTE)
  await ask('email')
  node.clock.advance(-24 * 60 * MINUTE)
  expect(await confirm('email', mailedCode())).toMatchObject(refusal('alert-address.no-code'))
  for (const bad of ['', '12345', '1234567', 'abcdef', '１２３４５６', { $gt: '' }])
    expect((await api('POST', '/email/confirm', { code: bad })).status).toBe(400)
})

test('nobody’s mailbox or telephone is filled with codes', async () => {
  const beto = await node.register('beto')
  const victim = { email: STRANGER, phone: '+50422220000' }
  await save(victim)
  await save({ ...victim, email: STRANGER.toUpperCase() }, beto)
  expect((await ask('email')).status).toBe(200)
  expect(await ask('email')).toMatchObject({ status: 429, body: { retry_after_ms: MINUTE } })
  for (let n = 0; n < 3; n++) {
    node.clock.advance(MINUTE)
    expect((await ask('email')).status).toBe(200)
  }
  node.clock.advance(MINUTE)
  expect((await ask('email')).status).toBe(429)
  // Others who write the same address share what it may get.
  expect((await ask('email', beto)).status).toBe(200)
  node.clock.advance(MINUTE)
  expect((await ask('email', beto)).status).toBe(200)
  node.clock.advance(MINUTE)
  expect((await ask('email', beto)).status).toBe(429)
  expect(mail.mails).toHaveLength(6)
  const now = node.clock.now()
  await node.close()
  await start()
  node.clock.set(now)
  expect((await ask('email', beto)).status).toBe(429)
  // At once they are counted too.
  const many = await Promise.all(Array.from({ length: 8 }, () => ask('webhook')))
  expect(many.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(sms.requests).toHaveLength(1)
  node.clock.advance(24 * 60 * MINUTE)
  await node.ctx.alerts.trim()
  expect((await ask('email')).status).toBe(200)
})

test('what was written before there were codes stays in use until it is changed', async () => {
  const all = node.ctx.db.connection.collection<{ _id: string }>('alert_settings')
  const { quiet_hours: _none, ...before } = reachable()
  await all.insertOne({ _id: ana.userId, ...before })
  expect((await api('GET', '')).body).toMatchObject({
    confirmed: { email: 'oficial@registro.example', phone: '+50499990000' },
  })
  expect(await alerted()).toEqual(['client', 'email', 'webhook'])
  await save()
  expect(await alerted()).toEqual(['client', 'email', 'webhook'])
  await save({ email: STRANGER })
  expect((await api('GET', '')).body).toMatchObject({ confirmed: { email: 'oficial@registro.example' } })
})

test('a code that cannot be sent says so, and a channel that is off takes none', async () => {
  await save()
  expect(await ask('web_push')).toMatchObject({ status: 400 })
  expect(await ask('client')).toMatchObject({ status: 400 })
  mail.behaviour.usual = { status: 550 }
  expect(await ask('email')).toMatchObject({
    status: 502,
    body: { 'org.enlace.message': { es: expect.stringContaining('no se pudo enviar') } },
  })
  expect((await node.call('POST', '/_enlace/client/v1/alert-channels/email/code')).status).toBe(401)
  // Nothing of the codes, nor of a failure, is readable on disk.
  await ask('webhook')
  const kept = await node.ctx.db.connection.collection('alert_address_codes').find().toArray()
  expect(JSON.stringify(kept)).not.toMatch(new RegExp(`${textedCode()}|9999|registro`))
  await node.ctx.alerts.removeAccount(ana.userId)
  expect(
    await node.ctx.db.connection.collection<{ _id: string }>('alert_address_codes').countDocuments({
      _id: `${ana.userId}|webhook`,
    }),
  ).toBe(0)
})

test('who is reached nowhere but in an open Enlace is known', async () => {
  const beto = await node.register('beto')
  await save({ phone: null })
  expect(await node.ctx.alerts.onlyHere([ana.userId, beto.userId])).toEqual([ana.userId, beto.userId])
  await ask('email')
  await confirm('email', mailedCode())
  expect(await node.ctx.alerts.onlyHere([ana.userId, beto.userId])).toEqual([beto.userId])
  await save({ phone: null, on: { web_push: true, email: false, webhook: true } })
  expect(await node.ctx.alerts.onlyHere([ana.userId])).toEqual([ana.userId])
})

test('those who keep the roster are told which officials no call would reach', async () => {
  const place = async (localpart: string, role: 'staff' | 'official' | 'coordinator') => {
    const { userId, token } = await node.register(localpart)
    await node.ctx.accounts.setPosition(userId, { institution: 'hn-rnp-sps', role })
    return { userId, token }
  }
  const [official, chief, worker] = [
    await place('oficial', 'official'),
    await place('jefa', 'coordinator'),
    await place('personal', 'staff'),
  ]
  const duty = async (who: Person) => (await node.call('GET', '/_enlace/client/v1/duty', who)).body
  expect(await duty(chief)).toMatchObject({ only_here: [official.userId] })
  expect(await duty(worker)).not.toHaveProperty('only_here')
  const turn = { user_id: worker.userId, weekdays: [1], from: '08:00', to: '16:00' }
  const put = await node.call('PUT', '/_enlace/client/v1/duty', chief, { shifts: [], weekly: [turn] })
  expect(put.body).toMatchObject({ only_here: [official.userId, worker.userId] })
  await save({ phone: null }, official)
  // Written is not confirmed.
  expect(await duty(chief)).toMatchObject({ only_here: [official.userId, worker.userId] })
  await ask('email', official)
  await confirm('email', mailedCode(), official)
  expect(await duty(chief)).toMatchObject({ only_here: [worker.userId] })
})
