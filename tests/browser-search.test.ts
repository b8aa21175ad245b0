import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  attach,
  keepScreenshot,
  launchBrowser,
  message,
  onItsWay,
  openChannel,
  PHONE,
  signInPage,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** One field for everything: found whatever the writing, narrowed, remembered, and looked for further back. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let desk: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, examples: true, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && desk) await keepScreenshot(desk.page, '90-falla-busqueda')
})

const found = (page: Page, group: string) =>
  page.locator(`[data-testid="search-result"][data-group="${group}"]`)
const MANY = 60
async function look(page: Page, text: string) {
  await page.getByTestId('search-input').fill(text)
}
async function shown(page: Page, name: string) {
  await keepScreenshot(page, name)
  expect(await axeViolations(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
    page.viewportSize()!.width,
  )
}

/** As on a device that lost its texts: the last sync is kept, which has the newest fifty. */
async function loseTexts(page: Page): Promise<void> {
  await page.goto(`${network.hn.baseUrl}/icon.svg`)
  await page.evaluate(`(async () => {
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith('enlace:@')) continue
      const open = await new Promise((done) => { const ask = indexedDB.open(name); ask.onsuccess = () => done(ask.result) })
      const change = open.transaction('messages', 'readwrite')
      change.objectStore('messages').clear()
      await new Promise((done) => { change.oncomplete = done })
      open.close()
    }
  })()`)
}

const SAID = {
  name: 'Llega mañana María Hernández, DNI 0801-1990-12345',
  phone: 'Su tía contesta en el +504 9988-7766',
  language: 'Necesita intérprete de q’eqchi’',
}

describe('one field for everything', () => {
  test('messages, files, people and the directory are found together, by keyboard alone', async () => {
    desk = await visit(browser, network.hn.baseUrl)
    const { page } = desk
    await signInPage(page, 'registro.hn')
    await openChannel(page, 'documentation')
    for (const text of Object.values(SAID)) {
      await write(page, text)
      await message(page, text).locator('[data-state]').first().waitFor()
    }
    await attach(page, {
      name: 'acta Hernandez.pdf',
      mimeType: 'application/pdf',
      buffer: Buffer.from('%PDF-1.4'),
    })
    await page.getByTestId('attachment-file').filter({ hasText: 'acta Hernandez.pdf' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByTestId('search-input').waitFor()
    await page.keyboard.type('ernandes')
    await found(page, 'messages').filter({ hasText: 'María Hernández' }).waitFor()
    await found(page, 'files').filter({ hasText: 'acta Hernandez.pdf' }).waitFor()
    await shown(page, '80-busqueda-escritorio')
    await look(page, 'albergue')
    await found(page, 'directory').first().waitFor()
    await look(page, 'recepcion')
    await found(page, 'people').first().waitFor()
    await look(page, 'q´eqchi')
    await found(page, 'messages').filter({ hasText: SAID.language }).waitFor()
    await look(page, '0801199012345')
    await found(page, 'messages').filter({ hasText: SAID.name }).waitFor()
    await look(page, '(504) 99887766')
    await found(page, 'messages').filter({ hasText: SAID.phone }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await message(page, SAID.phone).waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/canal\//)
  })

  test('chips narrow it, and what is looked for often is kept, also after a reload', async () => {
    const { page } = desk
    await page.keyboard.press('Control+k')
    await page
      .getByTestId('search-recent')
      .filter({ hasText: '(504) 99887766' })
      .waitFor({ state: 'detached' })
    await look(page, 'hernandez')
    await found(page, 'messages').first().waitFor()
    await page.getByTestId('search-filter-documents').click()
    await found(page, 'messages').first().waitFor({ state: 'detached' })
    await found(page, 'files').filter({ hasText: 'acta' }).waitFor()
    await page.getByTestId('search-filter-date').click()
    await page.getByTestId('search-filter-choice').first().click()
    await page.getByTestId('search-filter-channel').click()
    await shown(page, '81-busqueda-filtros')
    await page.getByTestId('search-filter-choice').first().click()
    await page.getByTestId('search-save').click()
    await page.getByTestId('search-filter-clear').click()
    await found(page, 'messages').first().waitFor()
    await page.reload()
    await page.getByTestId('search-saved').filter({ hasText: 'hernandez' }).waitFor()
    await page.getByTestId('search-recent').filter({ hasText: '(504) 99887766' }).waitFor()
    await shown(page, '82-busqueda-inicio')
    await page.getByTestId('search-saved').click()
    expect(await page.getByTestId('search-filter-documents').getAttribute('aria-pressed')).toBe('true')
  })

  test('what this device never read is fetched and found, and it says how far back it looked', async () => {
    const { page } = desk
    await page.getByTestId('nav-channels').click()
    await openChannel(page, 'documentation')
    await write(page, 'El dato antiguo: folio 4471')
    await onItsWay(page, 'folio 4471')
    for (let at = 0; at < MANY; at++) await write(page, `Trámite ${at}`)
    await onItsWay(page, `Trámite ${MANY - 1}`)
    await page.setViewportSize(PHONE)
    await page.emulateMedia({ colorScheme: 'dark' })
    // On a busy machine the sync that is kept may be so old that the text is still among its newest fifty.
    await eventually(
      'the device has lost it',
      async () => {
        await loseTexts(page)
        await page.goto(`${network.hn.baseUrl}/buscar`)
        await look(page, 'folio 4471')
        const none = page.getByText('Sin resultados').first()
        await none.or(found(page, 'messages').first()).waitFor()
        return none.isVisible()
      },
      150_000,
    )
    await page.getByTestId('search-back').click()
    await found(page, 'messages').filter({ hasText: 'folio 4471' }).waitFor()
    await page.locator('[data-testid="search-back-state"][data-done="true"]').waitFor()
    await shown(page, '83-busqueda-atras-telefono')
    await found(page, 'messages').filter({ hasText: 'folio 4471' }).click()
    await message(page, 'folio 4471').waitFor()
    expect(desk.errors).toEqual([])
  })
})
