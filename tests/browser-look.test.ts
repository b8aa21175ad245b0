import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  chosen,
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
import { startTestNetwork, type TestNetwork } from './support/network.ts'
import { brokenWords } from './support/whole-words.ts'

/** How the pages are laid out on a desk, a tablet and a telephone, and the parts that all of them share. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const TABLET = { width: 820, height: 1100 }
/** A desk of 1280 x 800 whose person reads at 200 %. */
const ENLARGED = { width: 640, height: 400 }

let network: TestNetwork
let browser: Browser
let desk: Visitor
let phone: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, examples: true, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, visitor] of Object.entries({ desk, phone }))
    if (visitor) await keepScreenshot(visitor.page, `90-falla-aspecto-${name}`)
})

const seen = (page: Page, testId: string) => page.getByTestId(testId).isVisible()
const fits = async (page: Page) =>
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
    page.viewportSize()!.width,
  )
const sections = ['board-open', 'directory-open', 'search-open', 'measures-open', 'settings-open'] as const

test('a desk shows the rail, the list, the conversation and its members at once; a tablet all but the last', async () => {
  desk = await visit(browser, network.hn.baseUrl, DESKTOP)
  const { page } = desk
  await signInPage(page, 'registro.hn')
  await openChannel(page, 'documentation')
  const address = page.url()
  await write(page, 'Buenos días')
  await message(page, 'Buenos días').waitFor()
  await page.getByTestId('members-open').click()
  await page.getByTestId('member').first().waitFor()
  for (const part of ['rail-duty', 'channel-documentation', 'composer-input'])
    expect(await seen(page, part), part).toBe(true)
  expect(await axeViolations(page)).toEqual([])
  await keepScreenshot(page, '180-escritorio')

  await page.setViewportSize(TABLET)
  await expect.poll(() => seen(page, 'composer-input')).toBe(false)
  expect(await seen(page, 'channel-documentation')).toBe(true)
  await page.getByTestId('members-open').waitFor({ state: 'hidden' })
  await page.goBack()
  await page.getByTestId('composer-input').waitFor()
  expect(page.url()).toBe(address)
  expect(await axeViolations(page)).toEqual([])
  await fits(page)
  await keepScreenshot(page, '181-tableta')
  await page.setViewportSize(DESKTOP)
})

test('on a tablet no word of the interface is broken in the middle, in either language', async () => {
  const { page } = desk
  const everywhere = [
    'nav-channels',
    'board-open',
    'directory-open',
    'rail-duty',
    'search-open',
    'measures-open',
  ] as const
  const broken: string[] = []
  for (const language of ['es', 'en']) {
    await page.evaluate(`localStorage.setItem('enlace.language', '${language}')`)
    await page.reload()
    for (const open of [...everywhere, 'rail-institution', 'settings-open']) {
      await page.getByTestId(open).click()
      await page.locator(`[data-testid="${open}"][aria-current="page"]`).waitFor()
      if (open === 'nav-channels') await openChannel(page, 'documentation')
      await page.locator('main .skeleton').waitFor({ state: 'detached' })
      for (const width of open === 'nav-channels' ? [768, 820, 1024] : [768]) {
        await page.setViewportSize({ width, height: 1100 })
        await fits(page)
        for (const word of await brokenWords(page)) broken.push(`${language} ${width} ${open}: ${word}`)
      }
      await page.setViewportSize(DESKTOP)
    }
  }
  expect(broken).toEqual([])
})

test('a telephone shows one page, with the rail at the foot of those it leads to', async () => {
  phone = await visit(browser, network.hn.baseUrl, PHONE)
  const { page } = phone
  await signInPage(page, 'recepcion.hn')
  for (const open of sections) {
    await page.getByTestId(open).click()
    await page.locator(`[data-testid="${open}"][aria-current="page"]`).waitFor()
    await page.locator('main h1, main h2').first().waitFor()
    expect(await seen(page, 'channel-documentation'), open).toBe(false)
    await fits(page)
  }
  await page.getByTestId('nav-channels').click()
  await openChannel(page, 'documentation')
  expect(await seen(page, 'nav-channels')).toBe(false)
  await page.getByTestId('back').click()
  await page.getByTestId('channel-documentation').waitFor()
  expect(await seen(page, 'nav-channels')).toBe(true)
  await keepScreenshot(page, '183-telefono')
})

test('a long list is opened, searched and chosen from with the keyboard alone', async () => {
  const { page } = desk
  await page.getByTestId('directory-open').click()
  const select = page.getByTestId('filter-near')
  await select.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('option', { name: 'Livingston' }).waitFor()
  await keepScreenshot(page, '184-lista')
  expect(await axeViolations(page)).toEqual([])
  await page.keyboard.type('Río d')
  await page.getByRole('option', { name: 'Livingston' }).waitFor({ state: 'detached' })
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect.poll(() => chosen(select)).toBe('rio-dulce')
  // Closed, and where one was.
  await page.getByRole('listbox').waitFor({ state: 'detached' })
  await expect.poll(() => select.evaluate((element) => element.matches(':focus'))).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('listbox').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('listbox').waitFor({ state: 'detached' })
  expect(await chosen(select)).toBe('rio-dulce')
})

test('how close things stand is chosen at a desk, and kept', async () => {
  const { page } = desk
  await page.getByTestId('settings-open').click()
  await page.getByTestId('density-compact').check()
  const compact = () => page.evaluate('document.documentElement.dataset.density')
  expect(await compact()).toBe('compact')
  await page.reload()
  await page.getByTestId('density-compact').waitFor()
  expect(await compact()).toBe('compact')
  expect(await page.getByTestId('density-compact').isChecked()).toBe(true)
  await page.getByTestId('density-comfortable').check()
})

test('the letters of the corridor are in the font that comes with the pages', async () => {
  const { page } = desk
  // Q'eqchi' with its saltillo and its modifier letter, Garífuna, Spanish.
  const covered = `document.fonts.load('16px "Enlace Sans"', 'qꞌeqchiʼ Garífuna ñü ¿?')`
  const states = await page.evaluate(`${covered}.then((faces) => faces.map((face) => face.status))`)
  expect(states).toEqual(['loaded', 'loaded'])
})

test('every section is readable at 200 %, in the dark, and without a violation', async () => {
  const { page } = desk
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  for (const open of sections) {
    await page.setViewportSize(DESKTOP)
    await page.getByTestId(open).click()
    await page.locator(`[data-testid="${open}"][aria-current="page"]`).waitFor()
    await page.locator('main .skeleton').waitFor({ state: 'detached' })
    expect(await axeViolations(page), open).toEqual([])
    await keepScreenshot(page, `182-oscuro-${open}`)
    await page.setViewportSize(ENLARGED)
    await fits(page)
  }
  expect([...desk.errors, ...phone.errors]).toEqual([])
})
