import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type AlertNode,
  alertNode,
  anAlert,
  confirmAddresses,
  type Person,
  reachable,
  temporaryFolder,
} from '../testing/alerts.ts'
import { mailServer, pushService, webhookReceiver } from '../testing/receivers.ts'

const SECRET = 'un secreto de dieciséis'
const HOUR_MS = 3_600_000

let folder: string
let mail: Awaited<ReturnType<typeof mailServer>>
let push: Awaited<ReturnType<typeof pushService>>
let sms: Awaited<ReturnType<typeof webhookReceiver>>
let node: AlertNode
let ana: Person

const settings = () => ({
  federation: { list: 'open', trusted_ca: [push.caFile], allow_private_addresses: true },
  alerts: {
    public_url: 'https://enlace.example/',
    smtp: { url: `smtp://127.0.0.1:${mail.port}`, from: 'Enlace <enlace@hn.example>' },
    webhook: { url: sms.url, secret_file: join(folder, 'webhook.secret') },
    web_push: { contact: 'mailto:soporte@hn.example' },
  },
})
const start = async () => {
  node = await alertNode(settings(), { dataDir: join(folder, 'data'), now: Date.now() })
}

beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'webhook.secret'), `${SECRET}\n`)
  ;[mail, push, sms] = await Promise.all([mailServer(), pushService(folder), webhookReceiver(SECRET)])
  await start()
  ana = await node.register('ana')
})
afterEach(async () => {
  await node.close()
  await Promise.all([mail.close(), push.close(), sms.close()])
  await rm(folder, { recursive: true, force: true })
})

const api = (method: string, path: string, body?: unknown) =>
  node.call(method, `/_enlace/client/v1/${path}`, ana, body)
const channels = async (more: Record<string, unknown> = {}) => {
  const answer = await api('PUT', 'alert-channels', reachable(more))
  await confirmAddresses(node, ana)
  return answer
}
const only = (channel: 'web_push' | 'email' | 'webhook') =>
  channels({ on: { web_push: false, email: false, webhook: false, [channel]: true } })
const entry = async (channel: string) =>
  (await node.ctx.alerts.ledger('')).findLast((one) => one.channel === channel)
/** Jumps over pauses until the delivery has come to `state`. */
const until = (channel: string, state: string) =>
  expect
    .poll(
      async () => {
        node.clock.advance(HOUR_MS)
        return (await entry(channel))?.state
      },
      { timeout: 55_000, interval: 20 },
    )
    .toBe(state)
const settled = (channel: string) =>
  expect.poll(async () => (await entry(channel))?.state, { timeout: 10_000 })

test('an urgent alert goes out on every channel, and says no more than it must', async () => {
  const { body: offered } = await api('GET', 'alert-channels')
  expect(offered['offered']).toEqual({ client: true, web_push: true, email: true, webhook: true })
  const browser = push.browser('a')
  const { body } = await api('POST', 'alert-channels/push-subscriptions', browser.subscription)
  expect((await api('POST', 'alert-channels/push-subscriptions', browser.subscription)).body).toEqual(body)
  await channels()
  await node.ctx.alerts.raise(anAlert(ana.userId, { roomId: '!secreto:hn.example', dueTs: 1 }))
  for (const channel of ['web_push', 'email', 'webhook']) await settled(channel).toBe('sent')

  const [pushed] = push.requests
  expect(pushed).toMatchObject({
    method: 'POST',
    path: '/send/a',
    headers: { ttl: '86400', urgency: 'high', 'content-encoding': 'aes128gcm' },
  })
  const plain = browser.decrypt(pushed!.body)
  expect(JSON.parse(plain)).toEqual({ kind: 'escalation', urgent: true, reference: 'DOC-2026-010001' })
  expect(plain).toHaveLength(128)
  expect(push.sender(pushed!, offered['vapid_public_key'] as string).sub).toBe('mailto:soporte@hn.example')
  expect(JSON.stringify(pushed!.headers)).not.toMatch(/DOC|ana|hn\.example(?!")/)

  expect(mail.mails).toMatchObject([{ from: 'enlace@hn.example', to: ['oficial@registro.example'] }])
  const source = mail.mails[0]!.source
  expect(source).toContain('Subject: Enlace: Caso urgente DOC-2026-010001 / Urgent case DOC-2026-010001')
  expect(source).toContain('https://enlace.example/')
  expect(source).toContain('Auto-Submitted: auto-generated')
  expect(source).not.toMatch(/secreto|ana|\$e/)

  const [message] = sms.messages()
  expect(message).toEqual({
    id: expect.any(String),
    to: '+50499990000',
    text: 'Enlace: Caso urgente DOC-2026-010001. Abra Enlace y acuse recibo. / Urgent case DOC-2026-010001. Open Enlace and acknowledge.',
    urgent: true,
    reference: 'DOC-2026-010001',
  })
  expect((message!['text'] as string).length).toBeLessThanOrEqual(160)
  // The ledger has no address in it, nor do the queue and the alert.
  const { db } = node.ctx
  const stored = await Promise.all(
    ['alerts', 'alert_deliveries'].map((name) => db.connection.collection(name).find().toArray()),
  )
  expect(JSON.stringify([stored, await node.ctx.alerts.ledger('')])).not.toMatch(/oficial@|5049999|localhost/)
  const { mode } = await stat(join(node.dataDir, 'vapid.json'))
  expect(mode & 0o777).toBe(0o600)
})

test('every channel recovers from what passes, with the same id each time', async () => {
  await api('POST', 'alert-channels/push-subscriptions', push.browser('a').subscription)
  await channels()
  push.behaviour.next = ['cut', { status: 503 }, { status: 429, headers: { 'retry-after': '1' } }]
  sms.behaviour.next = [{ status: 500 }, 'cut', { status: 429 }, { status: 408 }]
  mail.behaviour.next = [{ status: 451 }, 'cut', { status: 452 }]
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await expect.poll(async () => (await entry('webhook'))?.reason).toBe('refused')
  const waiting = (await entry('webhook'))!
  expect(waiting).toMatchObject({ state: 'queued', status: 500, attempts: 1 })
  expect(waiting.nextAttemptTs! - node.clock.now()).toBeGreaterThanOrEqual(4_000)
  expect(waiting.nextAttemptTs! - node.clock.now()).toBeLessThanOrEqual(6_000)
  for (const channel of ['web_push', 'email', 'webhook']) await until(channel, 'sent')
  expect(push.requests).toHaveLength(4)
  expect(new Set(push.requests.map(({ headers }) => headers['topic'])).size).toBe(1)
  expect(new Set(sms.messages().map(({ id }) => id)).size).toBe(1)
  expect(await entry('webhook')).toMatchObject({ attempts: 5, state: 'sent' })
  expect((await entry('webhook'))?.reason).toBeUndefined()
  expect(mail.attempts).toHaveLength(4)
  expect(new Set(mail.attempts).size).toBe(1)
  expect(mail.mails).toHaveLength(1)
})

test('what will not pass has failed, with its reason', async () => {
  const { body } = await api('POST', 'alert-channels/push-subscriptions', push.browser('a').subscription)
  await channels()
  push.behaviour.usual = { status: 410 }
  sms.behaviour.usual = { status: 302, headers: { location: 'http://127.0.0.1:1/' } }
  mail.behaviour.usual = { status: 550 }
  await node.ctx.alerts.raise(anAlert(ana.userId))
  for (const channel of ['web_push', 'email', 'webhook']) await settled(channel).toBe('failed')
  expect(await entry('web_push')).toMatchObject({ reason: 'subscription_gone', status: 410 })
  expect(await entry('webhook')).toMatchObject({ reason: 'redirected', status: 302, attempts: 1 })
  expect(await entry('email')).toMatchObject({ reason: 'refused', status: 550, attempts: 1 })
  expect((await api('GET', 'alert-channels')).body['push_subscriptions']).toEqual([])
  expect((await api('DELETE', `alert-channels/push-subscriptions/${body['id']}`)).status).toBe(404)
  sms.behaviour.usual = { status: 422 }
  node.clock.advance(1)
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'again|' }))
  await expect.poll(async () => (await entry('webhook'))?.status).toBe(422)
})

test('it is given up after the last attempt, however the clock runs', async () => {
  await only('webhook')
  sms.behaviour.usual = { status: 503 }
  await node.ctx.alerts.raise(anAlert(ana.userId))
  // Begun is not concluded: the clock must not jump in the middle of an attempt.
  const concluded = (attempts: number) =>
    expect
      .poll(() =>
        node.ctx.db.connection.collection('alert_deliveries').findOne({ channel: 'webhook', leased: null }),
      )
      .toMatchObject({ attempts, status: 503 })
  await concluded(1)
  // A year ahead costs one attempt, a year back none that would not come.
  node.clock.advance(365 * 24 * HOUR_MS)
  await concluded(2)
  expect(sms.requests).toHaveLength(2)
  node.clock.advance(-365 * 24 * HOUR_MS)
  await expect.poll(() => sms.requests.length).toBe(3)
  await until('webhook', 'failed')
  expect(await entry('webhook')).toMatchObject({ attempts: 100, reason: 'attempts_used_up', status: 503 })
})

test('nothing more is sent once the cause is gone', async () => {
  await only('webhook')
  sms.behaviour.usual = { status: 503 }
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await expect.poll(async () => (await entry('webhook'))?.status).toBe(503)
  await node.ctx.alerts.settle('escalation|', 'acknowledged')
  expect(await entry('webhook')).toMatchObject({ state: 'cancelled', reason: 'acknowledged' })
  node.clock.advance(HOUR_MS)
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'next|' }))
  await expect.poll(() => sms.requests.length).toBe(2)
  expect(new Set(sms.messages().map(({ id }) => id)).size).toBe(2)
})

test('whoever is suspended or leaves is written to no more, by no channel: neither what waits nor what comes', async () => {
  await api('POST', 'alert-channels/push-subscriptions', push.browser('telefono').subscription)
  await channels()
  sms.behaviour.usual = push.behaviour.usual = { status: 503 }
  mail.behaviour.usual = { status: 451 }
  const sent = () => [mail.attempts.length, sms.requests.length, push.requests.length]
  await node.ctx.alerts.raise(anAlert(ana.userId))
  const tried = ['email', 'webhook', 'web_push'] as const
  for (const channel of tried) await expect.poll(async () => (await entry(channel))?.status).toBeDefined()
  await node.ctx.accounts.suspend(ana.userId, '@jefa:hn.example', 'perdió el teléfono')
  sms.behaviour.usual = { status: 200 }
  push.behaviour.usual = { status: 201 }
  mail.behaviour.usual = { status: 250 }
  const before = sent()
  for (const channel of tried) {
    await until(channel, 'failed')
    expect(await entry(channel)).toMatchObject({ reason: 'no_account', attempts: 1 })
  }
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'later|', urgent: false, kind: 'case' }))
  await node.ctx.accounts.restore(ana.userId)
  await node.ctx.accounts.setLeaving(ana.userId, 'salida')
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'last|' }))
  node.clock.advance(HOUR_MS)
  for (const key of ['later|', 'last|'])
    expect(await node.ctx.alerts.ledger(key)).toMatchObject([
      { channel: 'client', state: 'failed', reason: 'no_account' },
    ])
  expect(sent()).toEqual(before)
})

test('a channel that hangs holds up no other, and no more than its share of alerts', async () => {
  await channels()
  sms.behaviour.usual = 'hang'
  const keys = Array.from({ length: 20 }, (_, n) => `case|${n}|`)
  await Promise.all(keys.map((key) => node.ctx.alerts.raise(anAlert(ana.userId, { key }))))
  await expect.poll(() => mail.mails.length, { timeout: 50_000 }).toBe(20)
  await expect.poll(() => sms.requests.length).toBe(4)
  expect(new Set(mail.mails.map(({ id }) => id)).size).toBe(20)
})

test('a test message goes to its channel at night too, and shows in the ledger how it went', async () => {
  const weekdays = [1, 2, 3, 4, 5, 6, 7]
  const allDay = { start: '00:00', end: '23:59', time_zone: 'America/Guatemala', weekdays }
  await channels({ quiet_hours: allDay })
  const { status, body } = await api('POST', 'alert-channels/email/test')
  expect(status).toBe(200)
  await settled('email').toBe('sent')
  expect(mail.mails[0]!.source).toContain('Mensaje de prueba')
  expect(sms.requests).toHaveLength(0)
  const { body: mine } = await api('GET', 'alerts')
  expect(mine['alerts']).toMatchObject([
    { id: body['alert_id'], kind: 'test', deliveries: [{ channel: 'email', state: 'sent' }] },
  ])
  expect((await api('POST', 'alert-channels/web_push/test')).status).toBe(400)
  await api('POST', 'alert-channels/push-subscriptions', push.browser('a').subscription)
  await api('POST', 'alert-channels/push-subscriptions', push.browser('b').subscription)
  expect((await api('POST', 'alert-channels/web_push/test')).status).toBe(200)
  await expect.poll(() => push.requests.map(({ path }) => path).sort()).toEqual(['/send/a', '/send/b'])
})

test('subscriptions: https only, real keys, ten at most, gone with their device', async () => {
  const { subscription } = push.browser('a')
  const post = (body: unknown) => api('POST', 'alert-channels/push-subscriptions', body)
  const { keys } = subscription
  for (const wrong of [
    { ...subscription, endpoint: 'http://push.example/' },
    { ...subscription, endpoint: 'https://user:secret@push.example/' },
    { ...subscription, endpoint: 'file:///etc/passwd' },
    { ...subscription, keys: { ...keys, auth: 'AAAA' } },
    { ...subscription, keys: { ...keys, p256dh: Buffer.alloc(65).toString('base64url') } },
    { endpoint: subscription.endpoint },
  ])
    expect((await post(wrong)).status).toBe(400)
  const { body: unfit } = await post({ ...subscription, endpoint: 'http://push.example/' })
  expect(unfit['org.enlace.message']).toEqual({
    es: expect.stringContaining('enciéndalos'),
    en: expect.stringContaining('on again'),
  })
  for (let n = 0; n < 10; n++) expect((await post(push.browser(`${n}`).subscription)).status).toBe(200)
  expect(await post(subscription)).toMatchObject({
    status: 413,
    body: { 'org.enlace.message': { es: expect.stringContaining('10 navegadores a lo más') } },
  })
  await node.call('POST', '/_matrix/client/v3/logout', ana, {})
  expect(await node.ctx.alerts.own.subscriptions(ana.userId)).toEqual([])
})

test('push endpoints in a private network are refused, also those that got in', async () => {
  await api('POST', 'alert-channels/push-subscriptions', push.browser('a').subscription)
  await only('web_push')
  await node.close()
  const config = settings()
  config.federation.allow_private_addresses = false
  node = await alertNode(config, { dataDir: join(folder, 'data') })
  for (const host of ['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254', 'localhost', 'x.localhost']) {
    const endpoint = `https://${host}:${push.port}/x`
    const { subscription } = push.browser('x')
    expect(
      (await api('POST', 'alert-channels/push-subscriptions', { ...subscription, endpoint })).status,
    ).toBe(400)
  }
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await settled('web_push').toBe('failed')
  expect(await entry('web_push')).toMatchObject({ reason: 'private_address' })
  expect(push.requests).toHaveLength(0)
})

test('a restart keeps the keys of web push, and goes on with what was waiting', async () => {
  await api('POST', 'alert-channels/push-subscriptions', push.browser('a').subscription)
  await only('web_push')
  push.behaviour.usual = 'hang'
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await expect.poll(() => push.requests.length).toBe(1)
  const before = await readFile(join(node.dataDir, 'vapid.json'), 'utf8')
  await node.close()
  push.behaviour.usual = { status: 201 }
  await start()
  await settled('web_push').toBe('sent')
  expect(await readFile(join(node.dataDir, 'vapid.json'), 'utf8')).toBe(before)
  const [first, second] = push.requests
  expect(second!.headers['topic']).toBe(first!.headers['topic'])
})

test('addresses are those of the moment of sending; a channel that is gone says so', async () => {
  await channels()
  mail.behaviour.next = [{ status: 451 }]
  sms.behaviour.next = [{ status: 503 }]
  await node.ctx.alerts.raise(anAlert(ana.userId))
  await expect.poll(async () => (await entry('webhook'))?.status).toBe(503)
  await expect.poll(async () => (await entry('email'))?.status).toBe(451)
  await channels({ email: 'guardia@registro.example', phone: null })
  await until('email', 'sent')
  expect(mail.mails).toMatchObject([{ to: ['guardia@registro.example'] }])
  expect(await entry('webhook')).toMatchObject({ state: 'failed', reason: 'no_address' })
  mail.behaviour.usual = { status: 451 }
  await node.ctx.alerts.raise(anAlert(ana.userId, { key: 'later|' }))
  await expect.poll(async () => (await entry('email'))?.status).toBe(451)
  await node.close()
  const { smtp: _off, ...alerts } = settings().alerts
  node = await alertNode(
    { ...settings(), alerts },
    { dataDir: join(folder, 'data'), now: Date.now() + HOUR_MS },
  )
  await settled('email').toBe('failed')
  expect(await entry('email')).toMatchObject({ reason: 'channel_off' })
})
