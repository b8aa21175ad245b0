/** How long things stay, as a coordinator sees and decides it: on a phone and a desk, in both languages, in the dark. */
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
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
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off', retention: 'on' } })
  browser = await launchBrowser()
  coordinator = await visit(browser, network.hn.baseUrl, PHONE)
  await signInPage(coordinator.page, 'coordinacion.hn')
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && coordinator) await keepScreenshot(coordinator.page, '72-falla')
})

async function open(): Promise<void> {
  const { page } = coordinator
  await page.goto(`${network.hn.baseUrl}/institucion/conservacion`)
  await page.getByTestId('retention-rules').waitFor()
}

test('the page is read on a phone and a desk, in Spanish and English, in the light and in the dark', async () => {
  const { page } = coordinator
  for (const [language, title, firstDay] of [
    ['es', 'Conservación y borrado', /empieza a borrar por sí mismo el \d{4}-/],
    ['en', 'Retention and deletion', /begins to delete by itself on \d{4}-/],
  ] as const) {
    await page.evaluate(`localStorage.setItem('enlace.language', '${language}')`)
    await open()
    expect(await page.getByRole('heading', { level: 1 }).last().textContent()).toBe(title)
    await page.getByTestId('retention-off').getByText(firstDay).waitFor()
    await page.getByTestId('retention-rights').getByRole('listitem').nth(4).waitFor()
    for (const [name, viewport] of Object.entries({ telefono: PHONE, escritorio: DESKTOP })) {
      const colorScheme = (name === 'telefono') === (language === 'es') ? 'light' : 'dark'
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      await keepScreenshot(page, `72-conservacion-${name}-${language}`)
      expect([name, language, await tooWide(page)]).toEqual([name, language, []])
      expect([name, language, await axeViolations(page)]).toEqual([name, language, []])
      await page.setViewportSize({ ...viewport, height: 2_400 })
      await keepScreenshot(page, `73-conservacion-${name}-${language}`)
    }
  }
  await page.evaluate("localStorage.setItem('enlace.language', 'es')")
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(PHONE)
})

test('a period is shortened after it was seen what that deletes, and it stays', async () => {
  const { page } = coordinator
  await page.goto(network.hn.baseUrl)
  await openChannel(page, 'documentation')
  await write(page, 'Buenos días')
  await open()
  const rule = page.getByTestId('rule-messages')
  await rule.locator('summary').click()
  await rule.getByTestId('days-messages').fill('3')
  expect(await rule.getByTestId('see-messages').isDisabled()).toBe(true)
  await rule.getByTestId('days-messages').fill('90')
  await rule.getByTestId('see-messages').click()
  await rule
    .getByTestId('preview-messages')
    .getByText(/Con este plazo/)
    .waitFor()
  await rule.scrollIntoViewIfNeeded()
  await keepScreenshot(page, '74-conservacion-vista-previa')
  expect(await axeViolations(page)).toEqual([])
  await rule.getByTestId('apply-messages').click()
  await rule.getByText(/pidió menos: 90 días/).waitFor()
  await open()
  await rule.locator('summary').click()
  await rule.getByText(/pidió menos: 90 días/).waitFor()
  await keepScreenshot(page, '74-conservacion-acortada')
  expect(await tooWide(page)).toEqual([])
  expect(await axeViolations(page)).toEqual([])
})
