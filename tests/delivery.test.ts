/**
 * The delivery ledger over two real nodes, by its endpoints and on the sender's phone: the partner is away, hangs, comes
 * back; a device there takes what was sent; a person reads it.
 */
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login, matrixRequest, type Session } from '@enlace/dev-network/matrix'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
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
import { chooseField, fillField, pickInstitution, pickKind, submitCase } from './support/case-form.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let hn: Session
let gt: Session
let returns: string
let sender: Visitor
let court: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  hn = await login(network.hn.baseUrl, 'recepcion.hn', DEMO_PASSWORD)
  gt = await login(network.gt.baseUrl, 'albergue.gt', DEMO_PASSWORD)
  const alias = encodeURIComponent(`#returns:${network.hn.serverName}`)
  returns = String((await call(hn, 'GET', `/directory/room/${alias}`))['room_id'])
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

let n = 0
async function send(): Promise<string> {
  const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' }
  const path = `/rooms/${encodeURIComponent(returns)}/send/m.room.encrypted/d${n++}`
  return String((await call(hn, 'PUT', path, content))['event_id'])
}
type Group = { name: string; persons: number; on_device: number; read: number }
type Ledger = {
  servers: { server_name: string; state: string; accepted_ts?: number; institutions: Group[] }[]
  summary: { state: string; missing?: { server_name: string; since_ts: number }[] }
}
const ledger = async (eventId: string): Promise<Ledger> => {
  const room = `/_enlace/client/v1/rooms/${encodeURIComponent(returns)}`
  const path = `${room}/delivery/${encodeURIComponent(eventId)}`
  return (await matrixRequest(hn.baseUrl, 'GET', path, undefined, hn.accessToken)) as unknown as Ledger
}
const reaches = (eventId: string, state: string) =>
  eventually(state, async () => {
    const found = await ledger(eventId)
    return found.summary.state === state && found
  })
const there = (found: Ledger) => found.servers.find((one) => one.server_name === network.gt.serverName)!

test('away, back, on a device, read: the endpoints say so, each in its time', async () => {
  await network.gt.process.stop()
  const eventId = await send()
  const away = await reaches(eventId, 'undelivered')
  expect(away.summary.missing).toEqual([
    { server_name: network.gt.serverName, reason: 'unreachable', since_ts: expect.any(Number) },
  ])
  expect(there(away)).toMatchObject({ state: 'unreachable' })
  await network.gt.restart()
  await reaches(eventId, 'accepted')
  // That it was accepted is known at once; when, is written down a moment later.
  const accepted = await eventually('the time of acceptance', async () => {
    const now = await reaches(eventId, 'accepted')
    return there(now).accepted_ts !== undefined && now
  })
  expect(there(accepted)).toMatchObject({ state: 'accepted', accepted_ts: expect.any(Number) })
  const { next_batch: since } = await call(gt, 'GET', '/sync?timeout=0')
  await call(gt, 'GET', `/sync?timeout=0&since=${String(since)}`)
  const onDevice = await reaches(eventId, 'on_device')
  const shelter = there(onDevice).institutions.filter(({ on_device }) => on_device > 0)
  expect(shelter).toMatchObject([{ persons: 1, on_device: 1, read: 0 }])
  await call(
    gt,
    'POST',
    `/rooms/${encodeURIComponent(returns)}/receipt/m.read/${encodeURIComponent(eventId)}`,
    {},
  )
  await reaches(eventId, 'read')
})

test('a partner that takes the connection and never answers is told from one that is slow', async () => {
  process.kill(network.gt.process.pid!, 'SIGSTOP')
  let eventId: string
  try {
    eventId = await send()
    await reaches(eventId, 'undelivered')
  } finally {
    process.kill(network.gt.process.pid!, 'SIGCONT')
  }
  expect((await reaches(eventId, 'accepted')).summary.missing).toBeUndefined()
})

const mark = (page: Page, text: string, state: string) =>
  message(page, text).locator(`[data-testid="message-state"][data-state="${state}"]`)

test('the sender sees on the phone since when it is not delivered, and then how far it has come', async () => {
  const FIRST = 'Llegan doce personas a las seis'
  const AWAY = 'Cambia la ruta: entran por Corinto'
  sender = await visit(browser, network.hn.baseUrl, PHONE)
  court = await visit(browser, network.gt.baseUrl, PHONE)
  await signInPage(sender.page, 'registro.hn')
  await signInPage(court.page, 'registro.gt')
  await openChannel(sender.page, 'documentation')
  await write(sender.page, FIRST)
  // The list of channels is open there, not the channel: it is on the device, nobody has read it.
  await mark(sender.page, FIRST, 'on_device').waitFor()
  await openChannel(court.page, 'documentation')
  await mark(sender.page, FIRST, 'read').waitFor()
  await court.page.getByTestId('back').click()

  await network.gt.process.stop()
  await write(sender.page, AWAY)
  await mark(sender.page, AWAY, 'undelivered').waitFor()
  const missing = message(sender.page, AWAY).getByTestId('delivery-missing')
  expect(await missing.textContent()).toMatch(
    /^No entregado desde \d\d:\d\d: el servidor de .+ no responde\. Se enviará solo en cuanto vuelva\.$/,
  )
  await keepScreenshot(sender.page, '10-no-entregado-telefono')
  await mark(sender.page, AWAY, 'undelivered').click()
  const dialog = sender.page.getByTestId('delivery-dialog')
  await dialog.locator('[data-server-state="unreachable"]').first().waitFor()
  await keepScreenshot(sender.page, '11-entrega-telefono')

  // The dialog follows: nothing is closed or reloaded.
  await network.gt.restart()
  await dialog.locator('[data-server-state="unreachable"]').first().waitFor({ state: 'detached' })
  await dialog.locator('[data-server-state="accepted"] [data-step="device"].reached').first().waitFor()
  await keepScreenshot(sender.page, '12-entrega-en-dispositivo-telefono')
  await dialog.getByRole('button', { name: 'Cerrar' }).click()
  await missing.waitFor({ state: 'detached' })
  await openChannel(court.page, 'documentation')
  await mark(sender.page, AWAY, 'read').waitFor()
  await keepScreenshot(sender.page, '13-leido-telefono')
  const wide = await sender.page.evaluate<number>('document.documentElement.scrollWidth')
  expect(wide).toBeLessThanOrEqual(PHONE.width)
  expect([...sender.errors, ...court.errors]).toEqual([])
})

test('the page of a case and its card say the same of what this institution sent', async () => {
  const shelter = await visit(browser, network.gt.baseUrl, PHONE)
  const { page } = shelter
  await signInPage(page, 'albergue.gt')
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await pickKind(page, 'birth_certificate')
  await pickInstitution(page, 'hn-rnp-sps')
  const fill = (field: string, value: string) => fillField(page, field, value)
  const pick = (field: string, value: string) => chooseField(page, field, value)
  await fill('given_names', 'Ana')
  await fill('surnames', 'Paz')
  await fill('birth_date', '2018-03-14')
  await pick('birth_country', 'HN')
  await fill('birth_municipality', 'Omoa')
  await fill('mother_name', 'Rosa Paz')
  await pick('purpose', 'court')
  await pick('consent', 'guardian')
  await fill('consent_date', '2026-01-15')
  await submitCase(page)
  await page.getByTestId('case-tile').first().getByTestId('case-open').click()
  const opened = page.getByTestId('history-opened')
  const reached = ['on_device', 'read'].map((one) => `[data-testid="message-state"][data-state="${one}"]`)
  await opened.locator(reached.join()).waitFor()
  // What another institution has sent is for that one to know.
  const card = sender.page.getByTestId('case-card')
  await card.waitFor()
  expect(await card.getByTestId('message-state').count()).toBe(0)

  await network.hn.process.stop()
  await page.getByTestId('case-note-input').fill('¿Hay novedades?')
  await page.getByTestId('case-note-send').click()
  const note = page.getByTestId('case-note').filter({ hasText: '¿Hay novedades?' })
  const undelivered = note.locator('[data-testid="message-state"][data-state="undelivered"]')
  await undelivered.waitFor()
  await undelivered.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '14-nota-no-entregada-telefono')
  await opened.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '15-caso-entrega-telefono')
  await network.hn.restart()
  await undelivered.waitFor({ state: 'detached' })
  await page.getByTestId('case-channel').click()
  const own = page.getByTestId('case-card').getByTestId('message-state')
  await own.waitFor()
  await own.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '16-tarjeta-entrega-telefono')
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width)
  expect(shelter.errors).toEqual([])
})
