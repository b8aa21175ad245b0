import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
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
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** Enlace on a phone: shared to, installed, short of space, cleared away. */
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
    // Whatever posts forms here fills no telephone.
    const waiting = await page.evaluate(`(async () => {
      for (let at = 0; at < 12; at++) {
        const body = new FormData()
        body.set('text', 'otra ' + at)
        await fetch('/compartir', { method: 'POST', body })
      }
      const open = indexedDB.open('enlace-shared')
      const database = await new Promise((done) => (open.onsuccess = () => done(open.result)))
      const count = database.transaction('things').objectStore('things').count()
      await new Promise((done) => (count.onsuccess = done))
      database.close()
      return count.result
    })()`)
    expect(waiting).toBe(10)
    await shareInto(page, 'Una más', 'una-mas.png')
    await page.getByText('ya espera todo lo que puede esperar').waitFor()
    expect(await page.getByTestId('shared-file').count()).toBe(0)
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

  test('a phone that cleared everything away between two starts says so, and asks to be confirmed', async () => {
    const { page, context } = desk
    const cdp = await context.newCDPSession(page)
    await page.goto('about:blank')
    // All that a page keeps goes at once; cookies are no part of it.
    await cdp.send('Storage.clearDataForOrigin', {
      origin: network.hn.baseUrl,
      storageTypes: 'indexeddb,local_storage,cache_storage,service_workers,file_systems,websql',
    })
    await page.goto(network.hn.baseUrl)
    await page.getByText('Este navegador borró lo que Enlace guardaba aquí').waitFor()
    await shown(page, '88-borrado-por-el-telefono')
    await signInPage(page, 'consulado.hn')
    // It is another device now: whoever confirms it reads and writes again.
    await page.getByTestId('channel-documentation').click()
    await page.getByText('Este dispositivo aún no está confirmado').waitFor()
    await keepScreenshot(page, '89-despues-de-borrado')
    expect(desk.errors).toEqual([])
  })

  test('a phone that cleared the database and kept the rest says so as well', async () => {
    const { page, context } = desk
    const cdp = await context.newCDPSession(page)
    await page.goto('about:blank')
    await cdp.send('Storage.clearDataForOrigin', { origin: network.hn.baseUrl, storageTypes: 'indexeddb' })
    await page.goto(network.hn.baseUrl)
    await page.getByText('Este navegador borró lo que Enlace guardaba aquí').waitFor()
    await shown(page, '88-borrada-la-base')
    await signInPage(page, 'consulado.hn')
    await page.getByTestId('channel-documentation').click()
    await page.getByText('Este dispositivo aún no está confirmado').waitFor()
    expect(desk.errors).toEqual([])
  })
})
