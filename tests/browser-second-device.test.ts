import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepKey,
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
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** One's second device, let in by the first; and what is said before something that nobody has kept elsewhere is lost. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let browser: Browser
let phone: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  phone = await visit(browser, network.hn.baseUrl, PHONE)
  await phone.page.getByTestId('sign-in-user').fill('registro.hn')
  await phone.page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await phone.page.getByTestId('sign-in-submit').click()
  await phone.page.getByTestId('recovery-dialog').waitFor()
  await keepKey(phone.page)
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

async function looked(page: Page, name: string, within?: string): Promise<void> {
  for (const [size, viewport, colorScheme] of [
    ['desk', DESKTOP, 'light'],
    ['phone', PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `second-device-${name}-${size}`)
    expect(await axeViolations(page, within)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
  }
}

test('10.2: a new computer shows a code, the telephone lets it in and confirms it, and it reads what was written before', async () => {
  await openChannel(phone.page, 'documentation')
  await write(phone.page, 'escrito antes de la computadora nueva')
  await message(phone.page, 'escrito antes de la computadora nueva').waitFor()
  const desk = await visit(browser, network.hn.baseUrl, DESKTOP)
  await desk.page.getByTestId('sign-in-other-device').click()
  const shown = desk.page.getByTestId('other-device-code')
  await shown.waitFor()
  await looked(desk.page, 'shown')
  const link = (await shown.getAttribute('data-link'))!
  const code = (await shown.locator('b').textContent())!
  expect(link).toContain(`/oauth2/device?user_code=${code}`)

  // Whoever scans lands in Enlace where it is open; opening the link alone lets nobody in.
  const { page } = phone
  await page.goto(link)
  await page.getByTestId('new-device-asks').waitFor()
  await page.getByText(code).waitFor()
  await page.getByText('Enlace, Chrome (Linux)').waitFor()
  expect(await page.getByTestId('new-device-yes').isDisabled()).toBe(true)
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  expect(await page.getByTestId('new-device-yes').isDisabled()).toBe(true)
  await page.getByTestId('new-device-in-front').check()
  await looked(page, 'asks')
  await page.getByTestId('confirm-password').fill('otra cosa')
  await page.getByTestId('new-device-yes').click()
  await page.getByRole('alert').waitFor()
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await page.getByTestId('new-device-yes').click()
  await page.getByTestId('new-device-admitted').waitFor()

  // The pictures: begun on the telephone as soon as the computer is in.
  await page.getByTestId('new-device-confirm').click()
  await desk.page.getByTestId('verify-accept').click()
  await page.getByTestId('verify-match').click()
  await desk.page.getByTestId('verify-match').click()
  await page.getByTestId('verify-close').click()
  await page.getByText('El dispositivo nuevo está confirmado').waitFor()
  await looked(page, 'admitted')
  await desk.page.getByTestId('verify-close').click()
  await openChannel(desk.page, 'documentation')
  await message(desk.page, 'escrito antes de la computadora nueva').waitFor()
  await write(desk.page, 'desde la computadora nueva')
  await message(desk.page, 'desde la computadora nueva').waitFor()
  // After a reload it goes on, with a session like every other.
  await desk.page.goto(`${network.hn.baseUrl}/ajustes`)
  await desk.page.getByText('Entró con otro dispositivo').first().waitFor()
  await looked(desk.page, 'sessions', '[data-testid=sessions]')
  expect([...desk.errors, ...phone.errors]).toEqual([])
  await desk.context.close()
})

test('a code is typed in Settings, and answered with no: the other device says so and asks for another', async () => {
  const desk = await visit(browser, network.hn.baseUrl, PHONE)
  await desk.page.getByTestId('sign-in-other-device').click()
  const code = (await desk.page.getByTestId('other-device-code').locator('b').textContent())!
  const { page } = phone
  await page.goto(`${network.hn.baseUrl}/ajustes`)
  await page.getByTestId('new-device-open').click()
  await looked(page, 'type')
  await page.getByTestId('new-device-code').fill(code.toLowerCase().replace('-', ' '))
  await page.getByTestId('new-device-go').click()
  await page.getByTestId('new-device-asks').waitFor()
  await page.getByRole('button', { name: 'No, no fui yo' }).click()
  await page.getByTestId('new-device-refused').waitFor()
  const again = desk.page.getByTestId('other-device-again')
  await again.waitFor()
  expect(await again.getAttribute('data-why')).toBe('denied')
  await looked(desk.page, 'denied')
  await again.click()
  await expect
    .poll(() => desk.page.getByTestId('other-device-code').locator('b').textContent())
    .not.toBe(code)
  // A code that was used says so to whoever types it again.
  await page.goto(`${network.hn.baseUrl}/dispositivo/${code}`)
  await page.getByRole('alert').getByText('ya se usó').waitFor()
  await looked(page, 'used')
  await desk.page.getByTestId('other-device-back').click()
  await desk.page.getByTestId('sign-in-user').waitFor()
  await desk.context.close()
})

test('signing out with unsent messages says how many and where, sends them first, or loses them knowingly', async () => {
  const { page, context } = phone
  await page.goto(network.hn.baseUrl)
  await openChannel(page, 'documentation')
  await context.setOffline(true)
  for (const text of ['sin red, uno', 'sin red, dos']) {
    await write(page, text)
    await message(page, text).waitFor()
  }
  await page.getByTestId('back').click()
  await page.getByTestId('settings-open').click()
  await page.getByTestId('sign-out').click()
  await page.locator('[data-testid=unsent][data-count="2"]').waitFor()
  await page.getByText('Documentación: 2').waitFor()
  const leave = page.getByTestId('sign-out-confirm')
  expect(await leave.isDisabled()).toBe(true)
  await looked(page, 'unsent')
  await page.getByTestId('unsent-lose').check()
  expect(await leave.isDisabled()).toBe(false)
  await page.getByTestId('unsent-lose').uncheck()
  await page.getByTestId('unsent-send').click()
  await page.getByTestId('unsent-waiting').getByText('No hay conexión').waitFor()
  await context.setOffline(false)
  await page.getByTestId('unsent-none').waitFor()
  expect(await leave.isDisabled()).toBe(false)
  await page.keyboard.press('Escape')
})

test('after an expired session another account is not let in over unsent messages unasked', async () => {
  const visitor = await visit(browser, network.hn.baseUrl, PHONE, { serviceWorkers: 'block' })
  const { page, context } = visitor
  await signInPage(page, 'recepcion.hn')
  const text = 'antes de que venciera'
  await openChannel(page, 'documentation')
  await context.setOffline(true)
  await write(page, text)
  await message(page, text).waitFor()
  await page.route('**/_matrix/client/**', (route) =>
    route.fulfill({ status: 401, json: { errcode: 'M_UNKNOWN_TOKEN', error: 'over', soft_logout: true } }),
  )
  await context.setOffline(false)
  await page.getByText('Su sesión venció').waitFor()
  await page.unroute('**/_matrix/client/**')
  await page.getByTestId('forget-here').click()
  await page.locator('[data-testid=forget-dialog] [data-testid=unsent][data-count="1"]').waitFor()
  expect(await page.getByTestId('forget-confirm').isDisabled()).toBe(true)
  await looked(page, 'forget')
  await page.setViewportSize(PHONE)
  await page.getByTestId('forget-dialog').getByRole('button', { name: 'Cancelar' }).click()
  // Whoever goes on loses nothing.
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('composer-input').waitFor()
  await page.goto(network.hn.baseUrl)
  await phone.page.goto(network.hn.baseUrl)
  await openChannel(phone.page, 'documentation')
  await message(phone.page, text).waitFor()
  expect(visitor.errors).toEqual([])
  await context.close()
})

/** The code that a device shows is let in from another one. */
async function letIn(asking: Page, by: Page): Promise<void> {
  await asking.getByTestId('sign-in-other-device').click()
  await by.goto((await asking.getByTestId('other-device-code').getAttribute('data-link'))!)
  await by.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await by.getByTestId('new-device-in-front').check()
  await by.getByTestId('new-device-yes').click()
  await by.getByTestId('new-device-admitted').waitFor()
}

/** Something is written without a network, and when that is back the session is over. */
async function expireUnsent({ page, context }: Visitor, text: string): Promise<void> {
  await context.setOffline(true)
  await write(page, text)
  await message(page, text).waitFor()
  await page.route('**/_matrix/client/**', (route) =>
    // Which ways in there are is asked without a session.
    route.request().url().endsWith('/auth_metadata')
      ? route.continue()
      : route.fulfill({
          status: 401,
          json: { errcode: 'M_UNKNOWN_TOKEN', error: 'over', soft_logout: true },
        }),
  )
  await context.setOffline(false)
  await page.getByText('Su sesión venció').waitFor()
  await page.unroute('**/_matrix/client/**')
}

test('an expired session goes on by another device of one’s own; somebody else’s is not let in over unsent messages unasked', async () => {
  const visitor = await visit(browser, network.hn.baseUrl, PHONE, { serviceWorkers: 'block' })
  const { page, context } = visitor
  await signInPage(page, 'consulado.hn')
  const text = 'otra vez antes de que venciera'
  await openChannel(page, 'documentation')
  await expireUnsent(visitor, text)

  // Nothing is deleted before it was said what, and nobody is in who goes back.
  await letIn(page, phone.page)
  await page.locator('[data-testid=making-place] [data-testid=unsent][data-count="1"]').waitFor()
  await page.getByText('consulado.hn: 1').waitFor()
  expect(await page.getByTestId('making-place-go').isDisabled()).toBe(true)
  await looked(page, 'making-place')
  await page.setViewportSize(PHONE)
  await page.getByTestId('making-place-stop').click()
  await page.getByText('Su sesión venció').waitFor()

  // This one goes on as the device it was, and sends what waited.
  const other = await visit(browser, network.hn.baseUrl, PHONE)
  await signInPage(other.page, 'consulado.hn')
  await letIn(page, other.page)
  await page.getByTestId('composer-input').waitFor()
  await phone.page.goto(network.hn.baseUrl)
  await openChannel(phone.page, 'documentation')
  await message(phone.page, text).waitFor()
  await other.context.close()
  await context.close()
})

test('what cannot be counted is asked about as well, and nothing is deleted before that was agreed to', async () => {
  const visitor = await visit(browser, network.hn.baseUrl, PHONE, { serviceWorkers: 'block' })
  const { page, context } = visitor
  // Somebody without another device, which would have to be confirmed first.
  await signInPage(page, 'oficial.hn')
  await openChannel(page, 'documentation')
  const text = 'no se sabe si espera'
  await expireUnsent(visitor, text)
  await page.evaluate(
    'window.counted = IDBObjectStore.prototype.count; IDBObjectStore.prototype.count = () => { throw new Error("damaged") }',
  )
  await page.getByTestId('forget-here').click()
  await page.locator('[data-testid=forget-dialog] [data-testid=unsent][data-count=unknown]').waitFor()
  expect(await page.getByTestId('forget-confirm').isDisabled()).toBe(true)
  await page.keyboard.press('Escape')
  await letIn(page, phone.page)
  await page.locator('[data-testid=making-place] [data-testid=unsent][data-count=unknown]').waitFor()
  await page.getByText('oficial.hn: no se sabe').waitFor()
  const go = page.getByTestId('making-place-go')
  expect(await go.isDisabled()).toBe(true)
  await looked(page, 'making-place-unknown')
  await page.setViewportSize(PHONE)
  await page.getByTestId('unsent-lose').check()
  expect(await go.isDisabled()).toBe(false)
  await page.getByTestId('making-place-stop').click()
  await page.getByText('Su sesión venció').waitFor()

  // Whoever deletes and goes on is in as themselves; of the other nothing is left here, and nothing was sent.
  await page.evaluate('IDBObjectStore.prototype.count = window.counted')
  await letIn(page, phone.page)
  await page.locator('[data-testid=making-place] [data-testid=unsent][data-count="1"]').waitFor()
  await page.getByText('oficial.hn: 1').waitFor()
  expect(await go.isDisabled()).toBe(true)
  await page.getByTestId('unsent-lose').check()
  await go.click()
  await phone.page.getByTestId('new-device-confirm').click()
  await page.getByTestId('verify-accept').click()
  for (const one of [phone.page, page]) await one.getByTestId('verify-match').click()
  for (const one of [phone.page, page]) await one.getByTestId('verify-close').click()
  await expect
    .poll(() =>
      page.evaluate<string[]>('indexedDB.databases().then((all) => all.map(({ name }) => name ?? ""))'),
    )
    .toEqual(expect.not.arrayContaining([expect.stringContaining('oficial.hn')]))
  await phone.page.goto(network.hn.baseUrl)
  const after = 'después de borrar lo del oficial'
  await openChannel(phone.page, 'documentation')
  await write(phone.page, after)
  // The page is where it was before.
  await page.getByTestId('composer-input').waitFor()
  for (const one of [phone.page, page]) {
    await message(one, after).waitFor()
    expect(await message(one, text).count()).toBe(0)
  }
  await context.close()
})

test('a page that was never fetched says so without a network, and opens by itself when it is back', async () => {
  const visitor = await visit(browser, network.hn.baseUrl, PHONE, { serviceWorkers: 'block' })
  const { page, context } = visitor
  await signInPage(page, 'coordinacion.hn')
  await context.setOffline(true)
  await page.getByTestId('measures-open').click()
  await page.getByTestId('page-not-here').waitFor()
  await looked(page, 'not-here')
  await page.getByTestId('page-retry').click()
  await page.getByTestId('page-not-here').waitFor()
  // Nothing else of the page is gone.
  await page.getByTestId('back').click()
  await page.getByTestId('channel-documentation').waitFor()
  await page.getByTestId('measures-open').click()
  await page.getByTestId('page-not-here').waitFor()
  await context.setOffline(false)
  await page.getByTestId('measures-page').waitFor()

  // A device without room for what comes: said in one place, whatever it is that was not kept.
  await page.goto(network.hn.baseUrl)
  await openChannel(page, 'documentation')
  await page.evaluate(
    "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }",
  )
  await page.getByTestId('composer-input').fill('un borrador que no cabe')
  await page.getByTestId('device-full').waitFor()
  await looked(page, 'device-full', '[data-testid=device-full]')
  await context.close()
})
