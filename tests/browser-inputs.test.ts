import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  attach,
  keepScreenshot,
  launchBrowser,
  onItsWay,
  openChannel,
  signInPage,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** What people really type, paste and send, and what happens to it. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
let desk: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && desk) await keepScreenshot(desk.page, '91-falla-entradas')
})

async function shown(page: Page, name: string) {
  await keepScreenshot(page, name)
  expect(await axeViolations(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
    page.viewportSize()!.width,
  )
}

/** A picture drawn in the page: black strokes on nothing. */
const drawn = (page: Page, width: number, height: number, type: string) =>
  page
    .evaluate(`(async () => {
      const canvas = document.createElement('canvas')
      canvas.width = ${width}
      canvas.height = ${height}
      const pen = canvas.getContext('2d')
      pen.lineWidth = 6
      pen.strokeRect(${width} / 4, ${height} / 4, ${width} / 2, ${height} / 2)
      const blob = await new Promise((done) => canvas.toBlob(done, '${type}'))
      const bytes = new Uint8Array(await blob.arrayBuffer())
      let text = ''
      for (const byte of bytes) text += String.fromCharCode(byte)
      return btoa(text)
    })()`)
    .then((text) => Buffer.from(String(text), 'base64'))

test('a user name from a message signs in: marks nobody sees, a capital server, a full-width dot', async () => {
  desk = await visit(browser, network.gt.baseUrl)
  const { page } = desk
  const server = network.gt.serverName.toUpperCase()
  await signInPage(page, `\u2066 \u200bregistro．gt:${server}\u200e`)
  expect(await page.getByTestId('channel-documentation').count()).toBe(1)
})

test('links keep their brackets and apostrophes and lose what is not theirs', async () => {
  const { page } = desk
  await openChannel(page, 'documentation')
  const links = {
    'Vea https://es.wikipedia.org/wiki/Güinope_(El_Paraíso).':
      'https://es.wikipedia.org/wiki/Güinope_(El_Paraíso)',
    '(en https://es.wikipedia.org/wiki/Trojes_(Honduras))': 'https://es.wikipedia.org/wiki/Trojes_(Honduras)',
    "https://ejemplo.org/q'eqchi'/lista": "https://ejemplo.org/q'eqchi'/lista",
    'https://ejemplo.org/acta\u200b\u200e, folio 3': 'https://ejemplo.org/acta',
  }
  for (const [text, href] of Object.entries(links)) {
    await write(page, text)
    await page.locator('[data-testid="message"] a').last().waitFor()
    await expect
      .poll(() => page.locator('[data-testid="message"] a').last().getAttribute('href'))
      .toSatisfy((got: string) => decodeURI(got) === href)
  }
})

test('file names keep their ending and say what they are', async () => {
  const { page } = desk
  const names = [
    `${'Constancia de residencia '.repeat(8)}final.pdf`,
    `inscripci\u202Efdp.exe`,
    `${'🧾'.repeat(70)}.docx`,
  ]
  for (const name of names) {
    await attach(page, { name, mimeType: 'application/octet-stream', buffer: Buffer.from('x') })
    const shownName = page.getByTestId('attachment-file').last().locator('b')
    await expect
      .poll(() => shownName.textContent())
      .toMatch(new RegExp(`\\${name.slice(name.lastIndexOf('.'))}$`))
    const text = (await shownName.textContent())!
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    expect(text.isWellFormed()).toBe(true)
  }
})

test('a black signature on nothing is seen on white, as PNG and as WebP', async () => {
  const { page } = desk
  for (const type of ['image/png', 'image/webp']) {
    const before = await page.getByTestId('attachment-image').count()
    await attach(page, {
      name: `sello.${type.slice(6)}`,
      mimeType: type,
      buffer: await drawn(page, 900, 500, type),
    })
    await expect.poll(() => page.getByTestId('attachment-image').count()).toBe(before + 1)
    await page.locator('[data-testid="attachment-image"] img').nth(before).waitFor()
    const corner = await page.evaluate(`(async () => {
      const image = [...document.querySelectorAll('[data-testid="attachment-image"] img')].at(-1)
      await image.decode()
      const canvas = document.createElement('canvas')
      canvas.width = image.naturalWidth
      canvas.height = image.naturalHeight
      const pen = canvas.getContext('2d')
      pen.drawImage(image, 0, 0)
      return [...pen.getImageData(2, 2, 1, 1).data]
    })()`)
    expect([type, corner]).toEqual([type, [255, 255, 255, 255]])
  }
})

test('a telephone’s long screenshot stays wide enough to be read', async () => {
  const { page } = desk
  const before = await page.getByTestId('attachment-image').count()
  await attach(page, {
    name: 'captura.png',
    mimeType: 'image/png',
    buffer: await drawn(page, 1080, 12_000, 'image/png'),
  })
  await expect.poll(() => page.getByTestId('attachment-image').count()).toBe(before + 1)
  await page.getByTestId('attachment-image').last().click()
  const widest = () =>
    page.evaluate("Math.max(...[...document.querySelectorAll('dialog img')].map((one) => one.naturalWidth))")
  await expect.poll(widest).toBeGreaterThanOrEqual(700)
  await page.keyboard.press('Escape')
})

test('a paste from Word sends no picture, and a text that is too long is not cut', async () => {
  const { page } = desk
  // Only what is looked at is drawn: the last message is still the last one.
  const last = () => page.getByTestId('message').last().getAttribute('data-event-id')
  await expect.poll(last).toMatch(/^\$/)
  const before = await last()
  await page.evaluate(`{
    const field = document.querySelector('[data-testid=composer-input]')
    const data = new DataTransfer()
    data.setData('text/plain', 'Expediente 12')
    data.items.add(new File([new Uint8Array([1])], 'image.png', { type: 'image/png' }))
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }`)
  await page.getByTestId('composer-input').fill('ñ'.repeat(20_006))
  await page.getByTestId('composer-as-file').waitFor()
  await page.getByTestId('composer-picture').waitFor()
  expect(await page.getByTestId('send-sheet').count()).toBe(0)
  expect(await page.getByTestId('composer-send').isDisabled()).toBe(true)
  expect((await page.getByTestId('composer-input').inputValue()).length).toBe(20_006)
  expect(await last()).toBe(before)
  await page.getByTestId('composer-input').fill('')
})

test('a full telephone is told so: nothing written is lost, and it goes without being kept', async () => {
  const { page } = desk
  // As a browser whose disk is full: what would be written is refused.
  await page.evaluate(`{
    const put = IDBObjectStore.prototype.put
    globalThis.emptied = () => { IDBObjectStore.prototype.put = put }
    IDBObjectStore.prototype.put = function (...given) {
      if (['outbox', 'drafts', 'case_drafts', 'messages'].includes(this.name))
        throw new DOMException('No room.', 'QuotaExceededError')
      return put.apply(this, given)
    }
  }`)
  await page.getByTestId('composer-input').fill('Sin espacio en el teléfono')
  await page.getByTestId('composer-send').click()
  await page.getByTestId('composer-unkept').waitFor()
  expect(await page.getByTestId('composer-input').inputValue()).toBe('Sin espacio en el teléfono')
  await shown(page, '89-sin-espacio')
  await page.getByTestId('composer-unkept').click()
  await onItsWay(page, 'Sin espacio en el teléfono')
  await page
    .getByTestId('attach-input')
    .setInputFiles({ name: 'lleno.pdf', mimeType: 'application/pdf', buffer: Buffer.from('x') })
  await page.getByTestId('sheet-send').click()
  const sheet = page.getByTestId('send-sheet')
  await sheet.getByTestId('sheet-free').waitFor()
  await page.evaluate('emptied()')
  await sheet.getByTestId('sheet-free').click()
  await sheet.getByTestId('sheet-freed').waitFor()
  await page.getByTestId('sheet-send').click()
  await page.getByTestId('attachment-file').filter({ hasText: 'lleno.pdf' }).waitFor()
  expect(desk.errors).toEqual([])
})

test('a page left open over midnight calls yesterday’s messages so', async () => {
  const { page } = desk
  await page.clock.setSystemTime(Date.now() + 86_400_000)
  await page.evaluate("dispatchEvent(new Event('focus'))")
  // The day is said where it begins.
  await page.getByTestId('message').last().hover()
  await page.mouse.wheel(0, -20_000)
  await expect.poll(() => page.locator('.day').last().textContent()).toBe('Ayer')
})
