/** What people do with messages beside writing them, as they see it; HTML of other clients. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let browser: Browser
let registrar: Visitor
let court: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  registrar = await visit(browser, network.hn.baseUrl, DESKTOP)
  await signInPage(registrar.page, 'registro.hn')
  const context = await browser.newContext({
    viewport: PHONE,
    locale: 'es-GT',
    hasTouch: true,
    isMobile: true,
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.setDefaultTimeout(60_000)
  await page.goto(network.gt.baseUrl)
  court = { page, context, errors }
  await signInPage(page, 'juzgado.gt')
  for (const one of [registrar, court]) await one.page.getByTestId('channel-documentation').click()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

const message = (page: Page, text: string) =>
  page.getByTestId('message').filter({ has: page.getByTestId('message-text').filter({ hasText: text }) })
async function write(page: Page, text: string): Promise<void> {
  await page.getByTestId('composer-input').fill(text)
  await page.getByTestId('composer-send').click()
}
/** A finger that rests, as Chrome's own input has it. */
async function longPress(page: Page, text: string): Promise<void> {
  const box = (await message(page, text).locator('.bubble').boundingBox())!
  const cdp = await page.context().newCDPSession(page)
  const at = { x: box.x + 20, y: box.y + 16 }
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] })
  await page.getByTestId('message-menu').waitFor()
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}
async function looked(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `messages-${name}-${colorScheme}`)
    expect(await axeViolations(page)).toEqual([])
  }
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  expect({ name, wide }).toEqual({ name, wide: 0 })
  await page.emulateMedia({ colorScheme: 'light' })
}

test('formatted text is shown with its form on both sides', async () => {
  await write(
    registrar.page,
    'Faltan *dos* cosas para HN_2026_000123:\n1. acta _original_\n2. foto\n> y la huella\n```\nDNI  0801\n```\nVea https://example.org/a_b_c',
  )
  for (const { page } of [registrar, court]) {
    const text = message(page, 'HN_2026_000123').getByTestId('message-text')
    await text.locator('strong', { hasText: 'dos' }).waitFor()
    expect(await text.locator('ol li').allTextContents()).toEqual(['acta original', 'foto'])
    await text.locator('blockquote', { hasText: 'y la huella' }).waitFor()
    expect(await text.locator('pre').textContent()).toBe('DNI  0801')
    expect(await text.locator('a').getAttribute('href')).toBe('https://example.org/a_b_c')
  }
})

test('reactions: by mouse, by a resting finger, taken back', async () => {
  const { page } = registrar
  await message(page, 'HN_2026_000123').getByTestId('message-text').hover()
  await message(page, 'HN_2026_000123').getByTestId('message-react').click()
  await keepScreenshot(page, 'messages-quick')
  await page.locator('[data-testid=quick-reaction][data-key="✅"]').click()
  const chip = (of: Page) => of.locator('[data-testid=reaction][data-key="✅"]')
  await chip(court.page).waitFor()
  await longPress(court.page, 'HN_2026_000123')
  await looked(court.page, 'menu-phone')
  await court.page.locator('[data-testid=message-menu] [data-key="✅"]').click()
  await expect.poll(() => chip(page).textContent()).toBe('✅2')
  await message(page, 'HN_2026_000123').getByTestId('message-more').click()
  await page.getByTestId('message-who').click()
  await expect.poll(() => page.getByTestId('who-reacted').textContent()).toContain('Juzgado')
  await looked(page, 'who-desk')
  await page.keyboard.press('Escape')
  await chip(page).click()
  await expect.poll(() => chip(court.page).textContent()).toBe('✅1')
})

test('an edit keeps its versions; a deletion can be undone, and then not', async () => {
  const { page } = registrar
  await write(page, 'La cita es a las 9')
  await message(court.page, 'La cita es a las 9').waitFor()
  await message(page, 'La cita').getByTestId('message-more').click()
  await page.getByTestId('message-edit').click()
  await page.getByTestId('composer-input').fill('La cita es a las *10*')
  await page.getByTestId('composer-send').click()
  await message(court.page, 'La cita es a las 10').getByTestId('message-edited').click()
  await expect.poll(() => court.page.getByTestId('message-version').count()).toBe(2)
  await looked(court.page, 'versions-phone')
  await court.page.keyboard.press('Escape')

  await message(page, 'La cita es a las 10').getByTestId('message-more').click()
  await looked(page, 'menu-desk')
  await page.getByTestId('message-delete').click()
  await page.getByTestId('message-going').waitFor()
  await looked(page, 'going-desk')
  await page.getByTestId('message-undo').click()
  await message(page, 'La cita es a las 10').getByTestId('message-more').click()
  await registrar.context.setOffline(true)
  await page.getByTestId('message-delete').click()
  await page.getByTestId('message-going').waitFor()
  expect(await message(court.page, 'La cita es a las 10').count()).toBe(1)
  await registrar.context.setOffline(false)
  await message(court.page, 'La cita').waitFor({ state: 'detached' })
})

test('a thread: begun, answered, unread, followed, in the list', async () => {
  const { page } = registrar
  await write(court.page, 'Falta el acta de la hermana')
  await message(page, 'acta de la hermana').getByTestId('message-text').hover()
  await message(page, 'acta de la hermana').getByTestId('bar-thread').click()
  const panel = page.getByTestId('thread-panel')
  await panel.getByTestId('composer-input').fill('La busco en el libro 12')
  await panel.getByTestId('composer-send').click()
  await message(page, 'libro 12').waitFor()
  const link = message(court.page, 'acta de la hermana').getByTestId('thread-link')
  await link.waitFor()
  expect(await message(court.page, 'libro 12').count()).toBe(0)
  await court.page.getByTestId('threads-open').click()
  await court.page.locator('[data-testid=thread-line][data-unread="1"]').waitFor()
  await looked(court.page, 'threads-phone')
  await court.page.getByTestId('thread-line').click()
  await message(court.page, 'libro 12').waitFor()
  await court.page.getByTestId('thread-panel').getByTestId('composer-input').fill('Gracias, *urge*')
  await court.page.getByTestId('thread-panel').getByTestId('composer-send').click()
  await message(page, 'urge').waitFor()
  await looked(page, 'thread-desk')
  await looked(court.page, 'thread-phone')
  await court.page.getByTestId('thread-close').click()
  await expect.poll(() => link.getAttribute('data-unread')).toBe('0')
  expect(await page.getByTestId('thread-follow').getAttribute('aria-pressed')).toBe('true')
  await page.getByTestId('thread-close').click()
})

test('no page threw an error', () => {
  for (const { errors } of [registrar, court]) expect(errors).toEqual([])
})
