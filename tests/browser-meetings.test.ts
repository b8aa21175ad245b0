/** The Puerto Barrios meeting on two nodes: convened, agenda, attendance, a decision, the calendar file. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { localDateTime } from '@enlace/coordination'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import { keepScreenshot, launchBrowser, PHONE, signInPage, type Visitor, visit } from './support/browser.ts'
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
  await put(hn, 'agenda-new', 'Documentación de retornados')
  await hn.getByTestId('agenda-agree').click()
  await put(hn, 'attendance-new', 'Coordinación (ejemplo)')
  await put(hn, 'paragraph-new', 'Se revisó la lista de casos.')
  await put(hn, 'decision-new', 'Compartir un calendario de audiencias.')
  await hn.getByTestId('vote-yes').click()
  await sent(hn)

  await gt.getByTestId('settings-open').click()
  await gt.getByTestId('meetings-open').click()
  await gt.getByTestId('meeting-card').click()
  await gt.getByTestId('meeting-confirmed').click()
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
