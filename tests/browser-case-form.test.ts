/** A case opened from a message: taps counted, partly known dates, a child without a surname, numbers judged as they are typed. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  chosen,
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
import { chooseField, fillField, pickKind } from './support/case-form.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'
import { tapsFor } from './support/taps.ts'

const REQUEST =
  'Necesitamos la partida de nacimiento de la niña María José Caal Coc, nacida en marzo de 2018 en Omoa, Cortés. Madre: Rosa Elvira Coc.'

let network: TestNetwork
let browser: Browser
let shelter: Visitor

beforeAll(async () => {
  network = await startTestNetwork({
    webRoot: new URL('../apps/web/dist', import.meta.url).pathname,
  })
  browser = await launchBrowser()
  shelter = await visit(browser, network.gt.baseUrl, PHONE)
  await signInPage(shelter.page, 'albergue.gt')
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepScreenshot(shelter.page, '11-formulario-falla')
})

/** Each look is checked for what a machine can see, in light and dark. */
async function looks(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await axeViolations(page, '[data-testid="new-case"]')).toEqual([])
    await keepScreenshot(page, `11-formulario-${name}-${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  const [wide, shown] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )
  expect(wide).toBeLessThanOrEqual(shown)
}

test('a certificate is asked for from a message in at most eight taps', async () => {
  const { page } = shelter
  await openChannel(page, 'documentation')
  await write(page, REQUEST)
  await message(page, REQUEST).waitFor()
  const taps = await tapsFor(page, async () => {
    await message(page, REQUEST).getByTestId('message-more').click()
    await page.getByTestId('message-case').click()
    // What the message says, and whom the directory knows for it, is there: one looks it over.
    await page
      .locator(
        '[data-testid="case-step-person"][aria-current="step"], [data-testid="case-step-request"][aria-current="step"]',
      )
      .waitFor()
    await looks(page, 'de-mensaje')
    await page.getByTestId('field-purpose-return').click()
    await page.getByTestId('case-next').click()
    await page.getByTestId('field-consent-parent').click()
    await looks(page, 'enviar')
    await page.getByTestId('case-submit').click()
    await page.getByTestId('case-tile').first().waitFor()
  })
  expect(taps).toBe(6)
  await page.getByTestId('case-person').filter({ hasText: 'María José Caal Coc' }).waitFor()
  await page.getByTestId('case-tile').first().getByTestId('case-open').click()
  await page.getByTestId('detail-birth_date').filter({ hasText: 'marzo de 2018' }).waitFor()
  await page.getByTestId('detail-mother_name').filter({ hasText: 'Rosa Elvira Coc' }).waitFor()
  await keepScreenshot(page, '11-caso-de-mensaje')
})

test('a child of whom little is known is recorded as it is, and treated as a child', async () => {
  const { page } = shelter
  await page.goto(`${network.gt.baseUrl}/`)
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await page.getByTestId('case-kind-birth_certificate').waitFor()
  await looks(page, 'clases')
  await pickKind(page, 'birth_certificate')
  await fillField(page, 'given_names', 'Domingo')
  await fillField(page, 'surnames', 'NN')
  await page.getByTestId('advice-surnames').waitFor()
  await page.getByTestId('field-surnames-not_known').check()
  expect(await page.getByTestId('field-surnames').inputValue()).toBe('')
  await page.getByTestId('field-birth_date-age').check()
  await page.getByTestId('field-birth_date-age-of').fill('17')
  await chooseField(page, 'birth_country', 'HN')
  await fillField(page, 'birth_municipality', 'Omoa')
  // A number is judged as it is typed, and stops nothing.
  await fillField(page, 'identity_number', '0513-2009')
  await page.getByTestId('advice-identity_number').filter({ hasText: 'no tiene municipio 13' }).waitFor()
  await looks(page, 'persona')
  await chooseField(page, 'purpose', 'return')
  await chooseField(page, 'consent', 'holder')
  await page.getByTestId('advice-consent').waitFor()
  expect(await chosen(page.getByTestId('case-priority'))).toBe('high')
  await page.getByTestId('case-step-institution').click()
  await looks(page, 'institucion')
  expect(await page.getByTestId('institution-hn-rnp-sps').locator('input').isChecked()).toBe(true)
  await page.getByTestId('case-step-send').click()
  await page.getByTestId('case-submit').click()
  const tile = page.getByTestId('case-tile').filter({ hasText: 'Domingo (apellidos no conocidos)' })
  await tile.getByTestId('case-open').click()
  await page.locator('[data-testid="case-age"][data-age="uncertain"]').waitFor()
  await page.getByTestId('detail-birth_date').filter({ hasText: 'unos 17 años' }).waitFor()
  await keepScreenshot(page, '11-caso-sin-apellido')
  expect(shelter.errors).toEqual([])
})

test('on a desk the steps are named, and the keyboard alone goes through them', async () => {
  const registry = await visit(browser, network.gt.baseUrl)
  const { page } = registry
  await signInPage(page, 'juzgado.gt')
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await page.getByTestId('case-kind-birth_certificate').waitFor()
  await looks(page, 'clases-escritorio')
  await page.getByTestId('case-kind').first().locator('input').first().focus()
  await page.keyboard.press('ArrowDown')
  // Walking through them chooses, and does not leave.
  await page.getByTestId('case-next').waitFor()
  expect(await page.getByTestId('case-kind-late_registration').locator('input').isChecked()).toBe(true)
  await page.getByTestId('case-step-person').focus()
  await page.keyboard.press('Enter')
  await page.getByTestId('field-given_names').waitFor()
  // Who may be a child: the way to the channel that is kept for children, and nobody is made to take it.
  await page.getByTestId('child-channel').waitFor({ state: 'detached' })
  await page.getByTestId('field-birth_date-year').check()
  await page.getByTestId('field-birth_date-year-of').fill(String(new Date().getFullYear() - 18))
  await page.getByTestId('child-channel').waitFor()
  await looks(page, 'persona-escritorio')
  await page.getByTestId('child-channel-move').click()
  await page.getByTestId('new-case').filter({ hasText: 'Niñez y adolescencia migrante' }).waitFor()
  await page.getByTestId('child-channel').waitFor({ state: 'detached' })
  expect(registry.errors).toEqual([])
})
