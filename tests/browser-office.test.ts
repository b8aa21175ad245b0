/** Status and activity of an institution, as its coordinator sees them: on a phone and a desk, in both languages. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  openChannel,
  PHONE,
  signInPage,
  tooWide,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let coordinator: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  coordinator = await visit(browser, network.hn.baseUrl, PHONE)
  await signInPage(coordinator.page, 'coordinacion.hn')
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && coordinator) await keepScreenshot(coordinator.page, 'office-falla')
})

async function open(part: string, testId: string): Promise<void> {
  const { page } = coordinator
  await page.goto(`${network.hn.baseUrl}/institucion/${part}`)
  await page.getByTestId(testId).first().waitFor()
}

/** As it is on a phone and a desk, in Spanish and English, in the light and in the dark. */
async function seen(part: string, testId: string, titles: { es: string; en: string }): Promise<void> {
  const { page } = coordinator
  for (const language of ['es', 'en'] as const) {
    await page.evaluate(`localStorage.setItem('enlace.language', '${language}')`)
    await open(part, testId)
    expect(await page.getByRole('heading', { level: 1 }).last().textContent()).toBe(titles[language])
    for (const [name, viewport] of Object.entries({ telefono: PHONE, escritorio: DESKTOP })) {
      const colorScheme = (name === 'telefono') === (language === 'es') ? 'light' : 'dark'
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      await keepScreenshot(page, `office-${part}-${name}-${language}`)
      expect([part, name, language, await tooWide(page)]).toEqual([part, name, language, []])
      expect([part, name, language, await axeViolations(page)]).toEqual([part, name, language, []])
      await page.setViewportSize({ ...viewport, height: 2_000 })
      await keepScreenshot(page, `office-${part}-${name}-${language}-whole`)
    }
  }
  await page.evaluate("localStorage.setItem('enlace.language', 'es')")
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(PHONE)
  await open(part, testId)
}

test('the activity is searched, taken away as a table, and verified on the device', async () => {
  const { page } = coordinator
  await open('actividad', 'activity-row')
  await seen('actividad', 'activity-row', {
    es: 'Actividad de la institución',
    en: 'Activity of the institution',
  })
  const rows = page.getByTestId('activity-row')
  const acts = () => rows.evaluateAll((all) => all.map((one) => one.getAttribute('data-act') ?? ''))
  expect((await acts()).some((act) => !act.startsWith('session.'))).toBe(true)
  await choose(page.getByTestId('activity-group'), 'session')
  await expect
    .poll(async () => {
      const found = await acts()
      return found.length > 0 && found.every((act) => act.startsWith('session.'))
    })
    .toBe(true)
  await page.getByTestId('activity-person').fill('nadie.hn')
  await page.getByTestId('activity-person').press('Enter')
  await page.getByText('No hay nada con esos filtros').waitFor()
  expect(await page.evaluate<string>('document.activeElement.dataset.testid')).toBe('activity-person')
  await page.getByTestId('activity-person').fill('coordinacion.hn')
  await page.getByTestId('activity-person').press('Enter')
  await rows.first().waitFor()
  await keepScreenshot(page, 'office-actividad-filtrada')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('activity-csv').click(),
  ])
  expect(download.suggestedFilename()).toBe('actividad.csv')
  const table = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
  expect(table.length).toBe(1 + (await rows.count()))
  expect(table[1]).toContain('session.start')
  await page.getByTestId('activity-clear').click()
  await expect.poll(() => page.getByTestId('activity-person').inputValue()).toBe('')
  // The download is an act too.
  await expect.poll(acts).toContain('export.audit')
  await page.getByTestId('activity-verify').click()
  const chain = page.locator('[data-testid="activity-chain"][data-ok="true"]')
  await chain.getByText(/Comprobado en este dispositivo: \d+ actos seguidos/).waitFor()
  await keepScreenshot(page, 'office-actividad-comprobada')
  expect(await axeViolations(page)).toEqual([])
})

test('a partner that is stopped is away in words, and what needs attention comes first', async () => {
  const { page } = coordinator
  await open('estado', 'status-partners')
  const partners = page.getByTestId('status-partners')
  await partners.getByText(/se alcanza/).waitFor()
  await network.gt.process.stop()
  await page.goto(network.hn.baseUrl)
  await openChannel(page, 'documentation')
  await write(page, '¿Hay alguien?')
  await open('estado', 'status-partners')
  await expect
    .poll(async () => {
      await page.getByTestId('status-again').click()
      return partners.textContent()
    })
    .toMatch(/no contesta desde: .*espera y no se pierde/)
  await seen('estado', 'status-partners', { es: 'Estado del servidor', en: 'Server status' })
  expect(coordinator.errors).toEqual([])
})
