/** Duty in browsers on two nodes: a coordinator plans the week, colleagues swap, and a partner writes to whoever is on duty. */
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  keepScreenshot,
  launchBrowser,
  offered,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
let network: TestNetwork
let browser: Browser
const people: Record<string, Visitor> = {}

beforeAll(async () => {
  network = await startTestNetwork({ webRoot })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, { page }] of Object.entries(people)) await keepScreenshot(page, `70-falla-${name}`)
})

async function person(user: string, viewport?: typeof PHONE): Promise<Page> {
  const known = people[user]
  if (known) return known.page
  const node = user.endsWith('.hn') ? network.hn : network.gt
  const visitor = await visit(browser, node.baseUrl, viewport)
  people[user] = visitor
  await signInPage(visitor.page, user)
  return visitor.page
}
async function duty(page: Page): Promise<void> {
  await page.getByTestId('settings-open').click()
  await page.getByTestId('duty-open').click()
  await page.getByTestId('duty-now').waitFor()
}

test('a coordinator makes a position, puts people on duty, and sees the gaps in words', async () => {
  const page = await person('coordinacion.gt')
  await duty(page)
  await page.getByTestId('duty-position-add').click()
  const save = page.getByTestId('duty-save')
  expect(await save.isDisabled()).toBe(true)
  await page.getByTestId('duty-position-es').fill('Coordinación, de turno')
  await page.getByTestId('duty-position-en').fill('Coordination, on duty')
  await choose(page.getByTestId('duty-position-covers'), 'always')
  await page.getByTestId('duty-weekly-add').click()
  // Every day but the one after tomorrow: somebody is on duty whenever this runs, and there is a gap to see.
  const local = new Date(Date.now() - 6 * 3_600_000 + 2 * 86_400_000)
  const free = local.getUTCDay() === 0 ? 7 : local.getUTCDay()
  for (let day = 1; day <= 7; day++) {
    const box = page.getByTestId(`duty-day-${day}`)
    if ((await box.isChecked()) === (day !== free)) continue
    await box.focus()
    await page.keyboard.press('Space')
  }
  await page.getByTestId('duty-weekly-from').fill('00:00')
  await page.getByTestId('duty-weekly-to').fill('00:00')
  await save.click()
  await page
    .getByTestId('duty-saved')
    .filter({ hasText: /Guardado por/ })
    .waitFor()
  await page
    .getByTestId('duty-gaps')
    .filter({ hasText: /sin nadie de turno de/ })
    .waitFor()
  await page.getByTestId('duty-week-after').click()
  await page.locator('.duty-table .duty-stretch.gap').getByText('Sin nadie').first().waitFor()
  await keepScreenshot(page, '71-turnos-escritorio')
  expect(await axeViolations(page, '[data-testid="duty-page"]')).toEqual([])
})

test('the year is looked through and confirmed; a feast of the office is added and taken out', async () => {
  const page = await person('coordinacion.gt')
  const calendar = page.getByTestId('duty-calendar')
  await calendar.scrollIntoViewIfNeeded()
  await page.getByTestId('duty-feast-date').fill(`${new Date().getUTCFullYear()}-07-15`)
  await page.getByTestId('duty-feast-name').fill('Feria de Puerto Barrios')
  await page.getByTestId('duty-feast-add').click()
  await calendar.getByText('Feria de Puerto Barrios').waitFor()
  await page.getByRole('button', { name: /Quitar día: Feria de Puerto Barrios/ }).click()
  await calendar.getByText('Feria de Puerto Barrios').waitFor({ state: 'detached' })
  await page.getByTestId('duty-confirm-year').click()
  await page.getByTestId('duty-confirm-note').waitFor({ state: 'detached' })
})

test('a calendar is subscribed to by an address that is shown once, and withdrawn', async () => {
  const page = await person('coordinacion.gt')
  await page.getByTestId('duty-feed-mine').click()
  const address = String(await page.getByTestId('duty-feed-address').textContent())
  const text = await (await fetch(address)).text()
  expect(text).toContain('BEGIN:VCALENDAR')
  expect(text).toContain('Coordinación\\, de turno')
  await page.getByTestId('duty-feed-revoke').click()
  await page.getByTestId('duty-feed').waitFor({ state: 'detached' })
  expect((await fetch(address)).status).toBe(404)
})

test('on a phone the week is a list of days, in both languages, without sideways scrolling, light and dark', async () => {
  const page = await person('oficial.gt', PHONE)
  await duty(page)
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.getByTestId('duty-now').waitFor()
    const wide = await page
      .locator('[data-testid="duty-page"] .page-scroll')
      .evaluate((one) => one.scrollWidth)
    expect(wide).toBeLessThanOrEqual(PHONE.width)
    await keepScreenshot(page, `72-turnos-telefono-${scheme}`)
    expect(await axeViolations(page, '[data-testid="duty-page"]')).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'light' })
})

test('a partner sees who is on duty and writes to them, encrypted; they answer', async () => {
  const consul = await person('consulado.hn')
  await duty(consul)
  const chief = await person('coordinacion.gt')
  // The one that the coordinator does not see among the others: her own.
  const known = await offered(chief.getByTestId('duty-institution'))
  const theirs = (await offered(consul.getByTestId('duty-institution'))).find(
    (one) => one !== '' && !known.includes(one),
  )
  expect(theirs).toBeDefined()
  await choose(consul.getByTestId('duty-institution'), theirs!)
  await consul.getByTestId('duty-others').getByText('Coordinación, de turno').waitFor()
  await keepScreenshot(consul, '73-guardia-de-otra-institucion')
  await consul.getByTestId('duty-write').click()
  await consul.locator('[data-testid="room-kind"][data-kind="conversation"]').waitFor()
  await chief.getByTestId('invite-accept').click()
  await chief.locator('[data-testid="room-kind"][data-kind="conversation"]').waitFor()
  await consul.getByTestId('composer-input').fill('¿Tiene el expediente?')
  await consul.getByTestId('composer-send').click()
  await chief.getByText('¿Tiene el expediente?').first().waitFor()
  await keepScreenshot(chief, '74-conversacion-con-la-guardia')
  expect(await axeViolations(chief)).toEqual([])
})

test('a case for that institution begins with it chosen', async () => {
  const page = await person('consulado.hn')
  await duty(page)
  const value = String((await offered(page.getByTestId('duty-institution')))[1])
  await choose(page.getByTestId('duty-institution'), value)
  await page.getByTestId('duty-new-case').click()
  await page.getByTestId('new-case').waitFor()
})
