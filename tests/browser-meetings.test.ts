/** The Puerto Barrios meeting on two nodes: agenda, attendance, eight commitments, a cut line in the middle, signatures, the next one. And a risk. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { localDateTime } from '@enlace/coordination'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  tooWide,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const DAY = 86_400_000
const AGES = { timeout: 180_000 }
let network: TestNetwork
let browser: Browser
let hnVisitor: Visitor
let gtVisitor: Visitor
let hn: Page
let gt: Page

beforeAll(async () => {
  network = await startTestNetwork({ webRoot })
  browser = await launchBrowser()
  hnVisitor = await visit(browser, network.hn.baseUrl)
  gtVisitor = await visit(browser, network.gt.baseUrl, PHONE, { colorScheme: 'dark' })
  hn = hnVisitor.page
  gt = gtVisitor.page
  await signInPage(hn, 'coordinacion.hn')
  await signInPage(gt, 'coordinacion.gt')
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, page] of Object.entries({ hn, gt })) await keepScreenshot(page, `60-falla-${name}`)
})

async function put(page: Page, testId: string, text: string): Promise<void> {
  await page.getByTestId(testId).fill(text)
  await page.getByTestId(`${testId}-add`).click()
}
async function commit(page: Page, text: string, responsible: string): Promise<void> {
  await choose(page.getByTestId('commitment-responsible'), responsible)
  await page.getByTestId('commitment-position').fill('Jefatura (ejemplo)')
  await put(page, 'commitment-new', text)
  await page.getByTestId('commitment').filter({ hasText: text }).waitFor()
}
const count = (page: Page, testId: string, n: number) =>
  expect.poll(() => page.getByTestId(testId).count(), AGES).toBe(n)
const sent = (page: Page) => page.getByTestId('meetings-waiting').waitFor({ state: 'detached', ...AGES })
const download = async (page: Page, testId: string) => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId(testId).click()])
  return readFile(await file.path())
}

test('convened, with an agenda, attendance and a decision of both sides', async () => {
  await hn.getByTestId('rail-meetings').click()
  await hn.getByTestId('meeting-new').waitFor()
  await keepScreenshot(hn, '60-reuniones-vacia')
  await hn.getByTestId('meeting-new').click()
  await hn.getByTestId('meeting-title').fill('Segunda reunión binacional, Puerto Barrios (ejemplo)')
  await hn.getByTestId('meeting-when').fill(localDateTime(Date.now() + 7 * DAY))
  await hn.getByTestId('meeting-place').fill('Puerto Barrios (lugar de ejemplo)')
  await hn.getByTestId('meeting-with-gt-sbs').click()
  await keepScreenshot(hn, '60-reunion-convocar')
  expect(await axeViolations(hn, 'dialog')).toEqual([])
  await hn.getByTestId('meeting-send').click()
  await hn.getByTestId('meeting-page').waitFor()
  await hn.getByTestId('meeting-freshness').waitFor()
  await put(hn, 'agenda-new', 'Documentación de retornados')
  await hn.getByTestId('agenda-agree').click()
  await put(hn, 'attendance-new', 'Coordinación (ejemplo)')
  await put(hn, 'paragraph-new', 'Se revisó la lista de casos.')
  await hn.getByTestId('document-file').setInputFiles({
    name: 'agenda.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('Puntos de ejemplo'),
  })
  await put(hn, 'document-new', 'Propuesta de agenda (ejemplo)')
  await hn.getByTestId('meeting-document').waitFor(AGES)
  await put(hn, 'decision-new', 'Compartir un calendario de audiencias.')
  await hn.getByTestId('vote-yes').click()
  await sent(hn)

  await gt.getByTestId('settings-open').click()
  await gt.getByTestId('meetings-open').click()
  await gt.getByTestId('meeting-card').click()
  await gt.getByTestId('meeting-confirmed').click()
  const saved = await download(gt, 'attachment-file')
  expect(saved.toString()).toBe('Puntos de ejemplo')
  await put(gt, 'attendance-new', 'Secretaría (ejemplo)')
  await put(gt, 'agenda-new', 'Niñez en protección')
  await gt.getByTestId('vote-yes').click()
  await hn.locator('[data-testid="decision"][data-outcome="adopted"]').waitFor(AGES)
  await hn.locator('[data-testid="meeting-attendance"] [data-institution="gt-sbs"]').waitFor(AGES)
  await count(hn, 'agenda-item', 2)
  const ics = String(await download(hn, 'meeting-ics'))
  expect(ics).toContain('TZID:America/Guatemala')
  expect(ics).toContain('TZID:America/Tegucigalpa')
  expect(ics).toMatch(/DTSTART;TZID=America\/Guatemala:\d{8}T\d{6}/)
})

test('the line is cut: both go on; mended, they have the same minutes and nothing is lost', async () => {
  for (const text of ['Padrón compartido', 'Horario de ventanilla']) await commit(hn, text, 'hn-sreci')
  for (const text of ['Lista de albergues', 'Contacto de turno']) await commit(hn, text, 'gt-sbs')
  await sent(hn)
  await count(gt, 'commitment', 4)
  await network.gt.process.stop()
  const edit = async (page: Page, text: string) => {
    await page.getByTestId('paragraph-edit').first().click()
    await page.getByTestId('paragraph-text').fill(text)
    await page.getByTestId('paragraph-save').click()
    await page.getByTestId('paragraph').filter({ hasText: text }).waitFor()
  }
  await edit(hn, 'Se revisó la lista de actas.')
  await edit(gt, 'Se revisó la lista de audiencias.')
  for (const text of ['Traducción de formularios', 'Revisión mensual']) await commit(hn, text, 'hn-sreci')
  for (const text of ['Calendario de audiencias', 'Ficha de referencia']) await commit(gt, text, 'gt-sbs')
  await gt.getByTestId('meetings-waiting').waitFor()
  await keepScreenshot(gt, '60-reunion-sin-red-telefono')
  await network.gt.restart()
  await sent(gt)
  for (const page of [hn, gt]) {
    await count(page, 'commitment', 8)
    await page.getByTestId('paragraph-apart').waitFor(AGES)
  }
  await keepScreenshot(hn, '60-reunion-dos-versiones')
  // What was written here without a network is there, as what was written there meanwhile is here.
  for (const text of ['Calendario de audiencias', 'Ficha de referencia'])
    await hn.getByTestId('commitment').filter({ hasText: text }).waitFor(AGES)
  for (const text of ['Traducción de formularios', 'Revisión mensual'])
    await gt.getByTestId('commitment').filter({ hasText: text }).waitFor(AGES)
  await edit(gt, 'Se revisaron las actas y las audiencias.')
  for (const page of [hn, gt])
    await page.getByTestId('paragraph-apart').waitFor({ state: 'detached', ...AGES })
  await sent(gt)
})

test('closed with the next one set, signed by both, and opened again with what became of it', async () => {
  await hn.getByTestId('meeting-next-place').fill('Corinto (lugar de ejemplo)')
  await hn.getByTestId('meeting-close').click()
  await hn.getByTestId('meeting-open-next').waitFor()
  await sent(hn)
  await gt.getByTestId('meeting-next').waitFor(AGES)
  const holds = '[data-testid="meeting-signatures"] [data-holds="true"]'
  // It waits until all of the minutes is readable there.
  for (const page of [hn, gt]) await page.getByTestId('meeting-sign').click(AGES)
  for (const page of [hn, gt]) await expect.poll(() => page.locator(holds).count(), AGES).toBe(2)
  const saved: unknown = JSON.parse(String(await download(hn, 'meeting-save')))
  expect(saved).toMatchObject({ _type: 'enlace-minutes-file', signatures: [{}, {}] })
  expect((await download(hn, 'meeting-pdf')).subarray(0, 5).toString()).toBe('%PDF-')

  await gt.getByTestId('commitment-progress').first().click()
  await choose(gt.getByTestId('progress-status'), 'fulfilled')
  await gt.getByTestId('progress-text').fill('Enviado (ejemplo)')
  await gt.getByTestId('progress-save').click()
  await hn.locator('[data-testid="commitment"][data-status="fulfilled"]').waitFor(AGES)
  // What became of a commitment fells no signature; a changed paragraph does.
  expect(await hn.locator(holds).count()).toBe(2)
  for (const [page, name] of [
    [hn, 'escritorio'],
    [gt, 'telefono-oscuro'],
  ] as const) {
    expect(await axeViolations(page, '[data-testid="meeting-page"]'), name).toEqual([])
    expect(await tooWide(page), name).toEqual([])
    await keepScreenshot(page, `60-reunion-${name}`)
    await page.getByTestId('meeting-commitments').scrollIntoViewIfNeeded()
    await keepScreenshot(page, `60-reunion-compromisos-${name}`)
  }
  await put(gt, 'paragraph-new', 'Se agregó una aclaración.')
  await expect.poll(() => hn.locator(holds).count(), AGES).toBe(0)

  await hn.getByTestId('meeting-open-next').click()
  await hn.getByTestId('meeting-title').fill('Tercera reunión binacional (ejemplo)')
  await hn.getByTestId('meeting-send').click()
  await hn.getByTestId('commitment-chart').waitFor()
  await expect.poll(() => hn.locator('[data-count="fulfilled"]').textContent()).toBe('1')
  await expect.poll(() => hn.locator('[data-count="pending"]').textContent()).toBe('7')
  await sent(hn)
  for (const page of [hn, gt]) await page.getByTestId('back').click()
  for (const page of [hn, gt]) await count(page, 'meeting-card', 2)
  await expect.poll(() => gt.locator('[data-count="fulfilled"]').textContent(), AGES).toBe('1')
  // A calendar hears that there are meetings, and of nothing that was written.
  await hn.getByTestId('meetings-calendar-new').click()
  const address = await hn.getByTestId('meetings-calendar-address').textContent()
  const feed = await (await hn.request.get(address ?? '')).text()
  expect(feed.match(/SUMMARY:Reunión \(Enlace\)/g)).toHaveLength(2)
  expect(feed).not.toContain('binacional')
  for (const page of [hn, gt]) expect(await axeViolations(page, '[data-testid="meetings-page"]')).toEqual([])
  await keepScreenshot(hn, '60-reuniones')
  expect([...hnVisitor.errors, ...gtVisitor.errors]).toEqual([])
})

test('a risk is reported as coarse as it may be, alerted, approved by the other country and withdrawn', async () => {
  for (const [page, node] of [
    [hn, network.hn],
    [gt, network.gt],
  ] as const) {
    await page.goto(`${node.baseUrl}/riesgos`)
    await page.getByTestId('risk-new').waitFor()
  }
  await keepScreenshot(gt, '61-riesgos-vacio-telefono-oscuro')
  await hn.getByTestId('risk-new').click()
  await hn.getByTestId('risk-send').click()
  // What is missing is said, and nothing is sent.
  await hn.getByTestId('risk-dialog').getByRole('alert').waitFor()
  await hn.getByTestId('risk-kind-extortion').click()
  await hn.getByTestId('risk-indoors').check()
  await choose(hn.getByTestId('risk-coarseness'), 'municipality')
  await choose(hn.getByTestId('risk-municipality'), 'puerto-barrios')
  await hn.getByTestId('risk-note').fill('Nota solo para la red (ejemplo)')
  expect(await axeViolations(hn, 'dialog')).toEqual([])
  await keepScreenshot(hn, '61-riesgo-reportar')
  await hn.getByTestId('risk-send').click()
  await hn.getByTestId('risk-row').waitFor()
  const row = gt.getByTestId('risk-row')
  await row.waitFor(AGES)
  expect(await row.textContent()).toContain('Puerto Barrios')
  await row.locator('summary').click()
  await row.getByText('Nota solo para la red (ejemplo)').waitFor()
  await row.getByTestId('risk-approve').click()
  await hn.getByTestId('risk-row').locator('summary').click()
  await hn.getByTestId('risk-row').locator('.risk-reviews p').waitFor(AGES)
  // Whoever wrote it does not approve it.
  expect(await hn.getByTestId('risk-approve').count()).toBe(0)
  for (const [page, name] of [
    [hn, 'escritorio'],
    [gt, 'telefono-oscuro'],
  ] as const) {
    expect(await axeViolations(page, '[data-testid="risks-page"]'), name).toEqual([])
    expect(await tooWide(page), name).toEqual([])
    await keepScreenshot(page, `61-riesgos-${name}`)
  }
  await hn.getByTestId('risk-withdraw').click()
  await row.waitFor({ state: 'detached', ...AGES })
  expect([...hnVisitor.errors, ...gtVisitor.errors]).toEqual([])
})
