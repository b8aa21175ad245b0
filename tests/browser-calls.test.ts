import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  choose,
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  message,
  openChannel,
  PHONE,
  signInPage,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { tapsFor } from './support/taps.ts'

/** Urgent calls and what surrounds them, through the pages: the call itself, alerts, measures, Web Push. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const REQUEST = 'Niña sin documentos en Entre Ríos, planto Chiquimulilla'

let network: TestNetwork
let browser: Browser
let court: Visitor
let hn: Visitor
let gt: Visitor
let folder: string
let gateway: Server
let gatewayAnswer = 200
const texts: string[] = []
const mails: string[] = []
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData(stream, _session, done) {
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => {
      mails.push(Buffer.concat(parts).toString())
      done()
    })
  },
})
smtp.on('error', () => undefined)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-calls-'))
  const secret = join(folder, 'secret')
  await writeFile(secret, 'una clave larga para firmar los avisos', { mode: 0o600 })
  await new Promise<void>((done) => smtp.listen(0, '127.0.0.1', done))
  gateway = createServer((req, res) => {
    const parts: Buffer[] = []
    req.on('data', (part: Buffer) => parts.push(part))
    req.on('end', () => {
      texts.push(Buffer.concat(parts).toString())
      res.writeHead(gatewayAnswer).end('{}')
    })
  })
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done))
  network = await startTestNetwork({
    webRoot,
    nodeConfig: {
      rate_limits: 'off',
      alerts: {
        smtp: {
          url: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
          from: 'Enlace <avisos@localhost>',
        },
        webhook: {
          url: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/`,
          secret_file: secret,
        },
        web_push: { contact: 'mailto:soporte@enlace.example' },
      },
    },
  })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
  smtp.close(() => undefined)
  gateway?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A mail without its headers. */
const bodyOf = (mail: string) => mail.slice(mail.search(/\r?\n\r?\n/))

/** Counts what an insistent alert does to the senses. */
const SENSES = `
  window.rung = { tones: 0, shakes: 0 }
  navigator.vibrate = () => { window.rung.shakes += 1; return true }
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (...at) { window.rung.tones += 1; return start.apply(this, at) }
`
const rung = (page: Page) => page.evaluate<{ tones: number; shakes: number }>('window.rung')
const callState = (page: Page, state: string) =>
  page.locator(`[data-testid="call-state"][data-state="${state}"]`)
const history = async (page: Page) =>
  (await page.getByTestId('call-history').locator('li > span').allTextContents()).map((line) => line.trim())
const shots = async (page: Page, name: string) => {
  const was = page.viewportSize()!
  for (const [size, suffix] of [
    [PHONE, 'telefono'],
    [DESKTOP, 'escritorio'],
  ] as const) {
    await page.setViewportSize(size)
    await page.waitForTimeout(250)
    await keepScreenshot(page, `${name}-${suffix}`)
    await fits(page)
  }
  await page.setViewportSize(was)
}
/** Nothing reaches over the edge of the page, and everything to tap is large enough for a thumb. */
async function fits(page: Page): Promise<void> {
  const found = await page.evaluate<{ over: string[]; small: string[]; wide: boolean }>(`(() => {
    const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0
    const name = (element) => element.tagName + ' ' + (element.dataset.testid ?? element.textContent.trim().slice(0, 40))
    const all = [...document.querySelectorAll('button, select, input, textarea, a, h2, h3, p, li')].filter(seen)
    const scrolls = (element) => element.closest('.scroll-x, .visually-hidden') !== null
    return {
      wide: document.documentElement.scrollWidth > innerWidth,
      over: all
        .filter((one) => !scrolls(one) && one.getBoundingClientRect().right > innerWidth + 1)
        .map(name),
      small: all
        .filter((one) => one.matches('button:not(.state), select') && one.getBoundingClientRect().height < 32)
        .map(name),
    }
  })()`)
  expect(found).toEqual({ over: [], small: [], wide: false })
}

test('an urgent call insists: banner, title, sound and vibration, again after a reload', async () => {
  court = await visit(browser, network.gt.baseUrl)
  hn = await visit(browser, network.hn.baseUrl, PHONE)
  gt = await visit(browser, network.gt.baseUrl)
  for (const { context } of [hn, gt]) await context.addInitScript(SENSES)
  await hn.page.reload()
  await gt.page.reload()
  await signInPage(court.page, 'juzgado.gt')
  await signInPage(hn.page, 'oficial.hn')
  await signInPage(gt.page, 'oficial.gt')
  await openChannel(court.page, 'documentation')
  await write(court.page, REQUEST)
  await message(court.page, REQUEST).getByTestId('message-urgent').click()
  await court.page.getByTestId('urgent-dialog').waitFor()
  await shots(court.page, '50-llamar')
  await court.page.getByTestId('urgent-confirm').click()
  for (const { page } of [hn, gt]) {
    await page.getByTestId('alert-banner').waitFor()
    await eventually('the title says so', async () => (await page.title()).startsWith('⚠'))
    await eventually('it was heard and felt', async () => {
      const { tones, shakes } = await rung(page)
      return tones >= 4 && shakes >= 1
    })
  }
  await shots(hn.page, '51-alerta')
  await hn.page.reload()
  await hn.page.getByTestId('alert-banner').waitFor()
  expect(await hn.page.title()).toMatch(/^⚠/)
})

test('a call is acknowledged, given back, snoozed with a reason, handed over and resolved', async () => {
  const taps = await tapsFor(hn.page, async () => {
    await hn.page.getByTestId('alert-details').click()
    await hn.page.getByTestId('call-dialog').waitFor()
    await callState(hn.page, 'open').waitFor()
    await hn.page.getByTestId('call-next').waitFor()
    await shots(hn.page, '52-llamado')

    await hn.page.getByTestId('call-acknowledge').click()
    await callState(hn.page, 'acknowledged').waitFor()
  })
  expect(taps).toBe(2)
  await gt.page.getByTestId('alert-banner').waitFor({ state: 'detached' })
  expect(await gt.page.title()).not.toMatch(/⚠/)
  await shots(hn.page, '53-atendido')

  await hn.page.getByTestId('call-unacknowledge').click()
  await callState(hn.page, 'open').waitFor()
  await gt.page.getByTestId('alert-banner').waitFor()

  await hn.page.getByTestId('call-snooze').click()
  await hn.page.getByTestId('snooze-confirm').click()
  // Without a reason it does not go, and it says why.
  await hn.page.getByTestId('call-dialog').getByRole('alert').waitFor()
  await callState(hn.page, 'open').waitFor()
  await choose(hn.page.getByTestId('snooze-minutes'), { index: 0 })
  await choose(hn.page.getByTestId('snooze-reason'), { index: 0 })
  await shots(hn.page, '54-pausa')
  await hn.page.getByTestId('snooze-confirm').click()
  await callState(hn.page, 'snoozed').waitFor()
  await gt.page.getByTestId('alert-banner').waitFor({ state: 'detached' })

  await hn.page.getByTestId('call-acknowledge').click()
  await callState(hn.page, 'acknowledged').waitFor()
  await hn.page.getByTestId('call-hand_over').click()
  await choose(hn.page.getByTestId('hand-over-to'), `@oficial.gt:${network.gt.serverName}`)
  await shots(hn.page, '55-entregar')
  await hn.page.getByTestId('hand-over-confirm').click()
  await gt.page.getByTestId('alert-banner').waitFor()
  await gt.page.getByTestId('alert-details').click()
  await gt.page.getByTestId('call-accept_hand_over').click()
  await callState(gt.page, 'acknowledged').waitFor()
  await gt.page.getByTestId('call-resolve').click()
  await callState(gt.page, 'resolved').waitFor()
  await callState(hn.page, 'resolved').waitFor()
  await shots(gt.page, '56-resuelto')

  await eventually('both sides tell the same story', async () => {
    const [there, here] = await Promise.all([history(hn.page), history(gt.page)])
    return there.length >= 8 && JSON.stringify(there) === JSON.stringify(here)
  })
  const story = (await history(gt.page)).join('\n')
  for (const said of [
    /hizo el llamado/,
    /lo devolvió/,
    /en pausa hasta .*\(/,
    /lo entrega a/,
    /lo tomó/,
    /resuelto/,
  ])
    expect(story).toMatch(said)
  await hn.page.keyboard.press('Escape')
  await gt.page.keyboard.press('Escape')
  await hn.page.getByTestId('alert-banner').waitFor({ state: 'detached' })
})

test('alerts: each channel is set up and tried; what goes wrong is said in Spanish, with what to do', async () => {
  const { page, context } = gt
  await context.grantPermissions(['notifications'], { origin: network.gt.baseUrl })
  await page.getByTestId('settings-open').click()
  const card = page.getByTestId('alert-settings')
  await card.getByTestId('alert-test-client').click()
  await card.getByText('Prueba enviada').waitFor()
  await card
    .getByTestId('alerts-recent')
    .getByText(/Prueba.*Enlace/)
    .waitFor()

  await card.getByTestId('alert-phone').fill('99 99')
  await card.getByTestId('alert-save').click()
  await page
    .getByRole('alert')
    .filter({ hasText: /teléfono|código de país|número/i })
    .waitFor()
  await shots(page, '57-telefono-malo')
  await card.getByTestId('alert-phone').fill('+502 5555 0000')
  await card.getByTestId('alert-email').fill('oficial@procuraduria.example')
  await card.getByTestId('alert-quiet').check()
  await card.getByTestId('alert-save').click()
  await card.getByText('Le enviamos un código').waitFor()
  // Until the codes came back, nothing can be sent there.
  expect(await card.getByTestId('alert-test-email').count()).toBe(0)
  const code = (said: string) => /(?<!\d)(\d{6})(?!\d)/.exec(said)![1]!
  await shots(page, '58-codigo')
  await card.getByTestId('alert-code-email').fill('000')
  expect(await card.getByTestId('alert-confirm-email').isEnabled()).toBe(false)
  const right = code(bodyOf(mails.at(-1)!))
  await card.getByTestId('alert-code-email').fill(right === '000000' ? '000001' : '000000')
  await card.getByTestId('alert-confirm-email').click()
  const waiting = card.getByTestId('alert-unconfirmed-email')
  await waiting.getByText('El código no es ese').waitFor()
  await card.getByTestId('alert-code-email').fill(right)
  await card.getByTestId('alert-confirm-email').click()
  await card.getByText('Confirmado').waitFor()
  await card.getByTestId('alert-code-webhook').fill(code(JSON.parse(texts.at(-1)!).text))
  await page.keyboard.press('Enter')
  await card.getByTestId('alert-unconfirmed-webhook').waitFor({ state: 'detached' })
  await card.getByTestId('alert-test-email').click()
  await card
    .getByTestId('alerts-recent')
    .getByText(/Correo: (enviado|entregado)/)
    .first()
    .waitFor()
  expect(mails.length).toBeGreaterThan(0)
  gatewayAnswer = 400
  await card.getByTestId('alert-test-webhook').click()
  await card
    .getByTestId('alerts-recent')
    .getByText(/WhatsApp: no llegó/)
    .first()
    .waitFor()
  gatewayAnswer = 200
  await shots(page, '58-avisos')
  await page.reload()
  expect(await page.getByTestId('alert-email').inputValue()).toBe('oficial@procuraduria.example')
  expect(await page.getByTestId('alert-quiet').isChecked()).toBe(true)
  for (const said of [...mails, ...texts]) expect(said).not.toContain('Chiquimulilla')
})

test('a push shows no more than that there is an urgent case, and its reference; a tap opens Enlace', async () => {
  const { page, context } = gt
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
  const wire = await context.newCDPSession(page)
  const registration = new Promise<string>((found) =>
    wire.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find((one) => one.scopeURL.startsWith(network.gt.baseUrl))
      if (own) found(own.registrationId)
    }),
  )
  await wire.send('ServiceWorker.enable')
  const registrationId = await registration
  const push = (data: unknown) =>
    wire.send('ServiceWorker.deliverPushMessage', {
      origin: network.gt.baseUrl,
      registrationId,
      data: typeof data === 'string' ? data : JSON.stringify(data),
    })
  const shown = () =>
    page.evaluate<{ title: string; body: string; requireInteraction: boolean }[]>(
      `navigator.serviceWorker.ready.then((own) => own.getNotifications()).then((all) =>
        all.map(({ title, body, requireInteraction }) => ({ title, body, requireInteraction })))`,
    )
  await push({
    kind: 'escalation',
    urgent: true,
    reference: 'DOC-2026-000123',
    body: 'Xochitl Pérez',
    title: 'Xochitl Pérez',
  })
  await eventually('a notification', async () => (await shown()).length === 1)
  expect(await shown()).toEqual([
    {
      title: 'Caso urgente DOC-2026-000123',
      body: expect.stringMatching(/^Abra Enlace/),
      requireInteraction: true,
    },
  ])
  await push({ kind: 'test', urgent: false })
  await push({ kind: 'deadline', urgent: false, reference: 'RET-2026-000007' })
  await push('esto no es JSON')
  await eventually('all four', async () => (await shown()).length === 4)
  const said = await shown()
  expect(said.map((one) => one.title).toSorted()).toEqual([
    'Caso urgente',
    'Caso urgente DOC-2026-000123',
    'Enlace RET-2026-000007',
    'Prueba de avisos de Enlace',
  ])
  expect(JSON.stringify(said)).not.toContain('Xochitl')

  const worker = context.serviceWorkers()[0]!
  const opened = await worker.evaluate<string>(`(async () => {
    const [notification] = await self.registration.getNotifications()
    const focused = new Promise((resolve) => { WindowClient.prototype.focus = async function () { resolve(this.url); return this } })
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
    return focused
  })()`)
  expect(opened.startsWith(network.gt.baseUrl)).toBe(true)
  await eventually('the one tapped is gone', async () => (await shown()).length === 3)
})

test('measures: nothing yet, then what was measured, as charts and as CSV', async () => {
  const { page } = gt
  await page.goto(`${network.gt.baseUrl}/medidas`)
  await page.getByText('No hay casos en este periodo').waitFor()
  await shots(page, '59-medidas-sin-casos')
  await seedCases()
  await eventually('the case is in the measures', async () => {
    await page.reload()
    await page.getByTestId('measures-page').waitFor()
    await page.waitForTimeout(500)
    return (await page.getByTestId('measures-table').count()) > 0
  })
  await page
    .getByTestId('measures-table')
    .getByText('Partida de nacimiento')
    .or(page.getByText(/nacimiento/i))
    .first()
    .waitFor()
  await shots(page, '60-medidas')
  await choose(page.getByTestId('measures-group'), 'institution')
  await page.getByTestId('measures-table').locator('tbody tr').first().waitFor()
  await shots(page, '61-medidas-institucion')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('measures-csv').click(),
  ])
  expect(download.suggestedFilename()).toBe('medidas-institution.csv')
  const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.some((line) => line.includes('hn-rnp-sps'))).toBe(true)
  await network.gt.process.stop()
  await choose(page.getByTestId('measures-group'), 'country')
  await page
    .getByRole('alert')
    .filter({ hasText: /Sin conexión.*vuelva a intentar/ })
    .waitFor()
  await shots(page, '62-medidas-sin-red')
  await network.gt.restart()
})

test('no page threw an error', () => {
  for (const visitor of [court, hn, gt]) expect(visitor.errors).toEqual([])
})

/** Three requests of the Guatemalan civil registry to the Honduran one, which acts upon two. */
async function seedCases(): Promise<void> {
  const asking = await api(network.gt.baseUrl, 'registro.gt')
  const answering = await api(network.hn.baseUrl, 'registro.hn')
  const { room_id: roomId } = await asking<{ room_id: string }>(
    'GET',
    `/_matrix/client/v3/directory/room/${encodeURIComponent(`#documentation:${network.hn.serverName}`)}`,
  )
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`
  for (const steps of [['acknowledge', 'accept', 'start'], ['acknowledge'], []]) {
    const { reference } = await asking<{ reference: string }>('POST', '/_enlace/client/v1/cases/reference', {
      kind: 'birth_certificate',
      room_id: roomId,
    })
    const { event_id: id } = await asking<{ event_id: string }>(
      'PUT',
      `${room}/send/org.enlace.case/${reference}`,
      {
        reference,
        kind: 'birth_certificate',
        priority: 'high',
        requesting: 'gt-renap',
        responsible: 'hn-rnp-sps',
        acknowledge_by: Date.now() + 3_600_000,
        deadline: Date.now() + 86_400_000,
        by: { institution: 'gt-renap', role: 'staff' },
      },
    )
    let after: string | undefined
    for (const step of steps) {
      await eventually('the other side knows the case', async () => {
        const board = await answering<{ rows: { reference: string }[] }>('GET', '/_enlace/client/v1/cases')
        return board.rows.some((row) => row.reference === reference)
      })
      const sent = await answering<{ event_id: string }>(
        'PUT',
        `${room}/send/org.enlace.case.update/${reference}-${step}`,
        {
          'm.relates_to': { rel_type: 'm.reference', event_id: id },
          ...(after ? { after: [after] } : {}),
          by: { institution: 'hn-rnp-sps', role: 'staff' },
          step,
        },
      )
      after = sent.event_id
    }
  }
}

async function api(baseUrl: string, user: string) {
  let token = ''
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${baseUrl}${path}`, {
      method,
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const { access_token } = await call<{ access_token: string }>('POST', '/_matrix/client/v3/login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password: DEMO_PASSWORD,
  })
  token = access_token
  return call
}
