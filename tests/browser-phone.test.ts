import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  attach,
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

/** Enlace on a phone: shared to, installed, short of space, cleared away; and what people really type, paste and send. */
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
  if (task.result?.state === 'fail' && desk) await keepScreenshot(desk.page, '90-falla-telefono')
})

/** The person's own server has it, and perhaps others too. */
const onItsWay = (page: Page, text: string) =>
  message(page, text)
    .locator(['sent', 'accepted', 'on_device', 'read'].map((state) => `[data-state="${state}"]`).join())
    .first()
    .waitFor()
async function shown(page: Page, name: string) {
  await keepScreenshot(page, name)
  expect(await axeViolations(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
    page.viewportSize()!.width,
  )
}

/** What the phone does when somebody chooses Enlace in another app's list: the browser posts a form. */
const shareInto = (page: Page, text: string, name: string) =>
  page.evaluate(`(() => {
    const files = new DataTransfer()
    const png = atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
    files.items.add(new File([Uint8Array.from(png, (one) => one.charCodeAt(0))], ${JSON.stringify(name)}, { type: 'image/png' }))
    const form = document.createElement('form')
    form.method = 'POST'
    form.action = '/compartir'
    form.enctype = 'multipart/form-data'
    const field = document.createElement('input')
    field.type = 'file'
    field.name = 'files'
    field.files = files.files
    const words = document.createElement('textarea')
    words.name = 'text'
    words.value = ${JSON.stringify(text)}
    form.append(field, words)
    document.body.append(form)
    form.submit()
  })()`)

describe('on a phone', () => {
  test('what another app shares waits until somebody signs in and says where it goes', async () => {
    desk = await visit(browser, network.hn.baseUrl)
    const { page } = desk
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
    await page.reload()
    await page.getByTestId('sign-in-user').waitFor()
    await shareInto(page, 'Firma del acta 77', 'firma.png')
    await page.getByTestId('sign-in-user').waitFor()
    await page.reload()
    await signInPage(page, 'consulado.hn')
    await page.getByTestId('shared-file').filter({ hasText: 'firma.png' }).waitFor()
    await page.setViewportSize(PHONE)
    await shown(page, '84-compartir-telefono')
    await page.reload()
    await page.getByTestId('shared-file').filter({ hasText: 'firma.png' }).waitFor()
    await page.locator('[data-testid="choose-channel"][data-topic="documentation"]').click()
    await page.getByTestId('share-send').click()
    await message(page, 'Firma del acta 77').waitFor()
    await page.getByTestId('attachment-image').first().waitFor()
    await page.goto(`${network.hn.baseUrl}/compartir`)
    await page.getByText('No hay nada por enviar').waitFor()
  })

  test('it offers to be installed after the first message that has gone, and takes no for an answer', async () => {
    const { page } = desk
    const offered = () =>
      page.evaluate(`(() => {
        const event = new Event('beforeinstallprompt', { cancelable: true })
        event.prompt = () => Promise.resolve({ outcome: 'accepted' })
        dispatchEvent(event)
      })()`)
    await page.goto(network.hn.baseUrl)
    await page.getByTestId('channel-documentation').waitFor()
    await offered()
    expect(await page.getByTestId('install-offer').count()).toBe(0)
    await openChannel(page, 'documentation')
    await write(page, 'Primer mensaje')
    await page.getByTestId('install-offer').waitFor()
    await shown(page, '85-instalar-telefono')
    await page.getByTestId('install-no').click()
    await page.getByTestId('install-offer').waitFor({ state: 'detached' })
    await page.reload()
    await page.getByTestId('composer-input').waitFor()
    await offered()
    await write(page, 'Segundo mensaje')
    await onItsWay(page, 'Segundo mensaje')
    expect(await page.getByTestId('install-offer').count()).toBe(0)
  })

  test('shortcuts lead to a case and to an urgent call', async () => {
    const { page } = desk
    await page.goto(`${network.hn.baseUrl}/atajo/caso`)
    await page.locator('[data-testid="choose-channel"][data-topic="documentation"]').click()
    await page.getByTestId('new-case').waitFor()
    await page.goto(`${network.hn.baseUrl}/atajo/urgente`)
    await page.getByTestId('shortcut-what').fill('Dos personas esperan en Corinto')
    await shown(page, '86-atajo-urgente')
    await page.locator('[data-testid="choose-channel"][data-topic="documentation"]').click()
    await page.getByTestId('urgent-dialog').waitFor()
  })

  test('settings say how much is kept and free what can be had again', async () => {
    const { page } = desk
    await page.goto(`${network.hn.baseUrl}/ajustes`)
    const card = page.getByTestId('storage-card')
    await card.scrollIntoViewIfNeeded()
    await card.getByText(/Enlace usa .*(KB|MB|GB)/).waitFor()
    await shown(page, '87-espacio-telefono')
    await card.getByTestId('storage-free').click()
    await card.getByText('Listo: se liberó').waitFor()
    await page.goto(`${network.hn.baseUrl}/buscar`)
    await page.locator('[data-testid="search-size"]').waitFor()
  })

  test('when the phone clears away what it kept, the page says so and how one comes back', async () => {
    const { page, context } = desk
    const wire = await context.newCDPSession(page)
    const clear = () =>
      wire.send('Storage.clearDataForOrigin', { origin: network.hn.baseUrl, storageTypes: 'indexeddb' })
    await page.goto(network.hn.baseUrl)
    await page.getByTestId('channel-documentation').waitFor()
    await openChannel(page, 'documentation')
    await clear()
    // Not every browser says so at once: it is seen when something is to be kept.
    await page.getByTestId('composer-input').pressSequentially('Un borrador')
    await page.getByText('Este navegador borró lo que Enlace guardaba aquí').waitFor()
    await shown(page, '88-borrado-telefono')
    await signInPage(page, 'consulado.hn')
    await page.locator('[data-testid="security-banner"][data-state="unconfirmed"]').waitFor()
    // The same while the page was closed.
    await page.goto('about:blank')
    await clear()
    await page.goto(network.hn.baseUrl)
    await page.getByText('Este navegador borró lo que Enlace guardaba aquí').waitFor()
    expect(desk.errors).toEqual([])
  })
})

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

describe('what people really type, paste and send', () => {
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
      '(en https://es.wikipedia.org/wiki/Trojes_(Honduras))':
        'https://es.wikipedia.org/wiki/Trojes_(Honduras)',
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
      page.evaluate(
        "Math.max(...[...document.querySelectorAll('dialog img')].map((one) => one.naturalWidth))",
      )
    await expect.poll(widest).toBeGreaterThanOrEqual(700)
    await page.keyboard.press('Escape')
  })

  test('a paste from Word sends no picture, and a text that is too long is not cut', async () => {
    const { page } = desk
    const before = await page.getByTestId('message').count()
    await page.getByTestId('composer-input').evaluate(`(field) => {
      const data = new DataTransfer()
      data.setData('text/plain', 'Expediente 12')
      data.items.add(new File([new Uint8Array([1])], 'image.png', { type: 'image/png' }))
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    }`)
    await page.getByTestId('composer-input').fill('ñ'.repeat(20_006))
    await page.getByTestId('composer-as-file').waitFor()
    expect(await page.getByTestId('composer-send').isDisabled()).toBe(true)
    expect((await page.getByTestId('composer-input').inputValue()).length).toBe(20_006)
    expect(await page.getByTestId('message').count()).toBe(before)
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
    await expect.poll(() => page.locator('.day').last().textContent()).toBe('Ayer')
  })
})
