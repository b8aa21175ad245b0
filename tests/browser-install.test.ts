import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
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
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** Enlace on the home screen of a phone: installed, opened without network, updated in the middle of a sentence. */
const built = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const SAID = 'La familia llega a Corinto a las tres'
const DRAFT = 'Un borrador a medio escri'

let webRoot: string
let network: TestNetwork
let browser: Browser
let person: Visitor

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'enlace-web-'))
  await cp(built, webRoot, { recursive: true })
  network = await startTestNetwork({ webRoot })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
  await rm(webRoot, { recursive: true, force: true })
})

/** The person's own server has it, and perhaps others too. */
const onItsWay = (page: Page, text: string) =>
  message(page, text)
    .locator(['sent', 'accepted', 'on_device', 'read'].map((state) => `[data-state="${state}"]`).join())
    .first()
    .waitFor()

test('it can be installed', async () => {
  person = await visit(browser, network.hn.baseUrl, PHONE, { serviceWorkers: 'allow' })
  const { page, context } = person
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)')
  const wire = await context.newCDPSession(page)
  const { data, errors } = await wire.send('Page.getAppManifest')
  expect(errors).toEqual([])
  const manifest = JSON.parse(data ?? '') as {
    start_url: string
    display: string
    lang: string
    icons: { src: string; sizes: string; purpose?: string }[]
  }
  expect(manifest).toMatchObject({ start_url: '/', display: 'standalone', lang: 'es' })
  for (const icon of manifest.icons) {
    const answer = await fetch(new URL(icon.src, network.hn.baseUrl))
    expect([icon.src, answer.status, answer.headers.get('content-type')]).toEqual([
      icon.src,
      200,
      expect.stringMatching(/^image\//),
    ])
  }
  expect(manifest.icons.some((icon) => icon.purpose === 'maskable')).toBe(true)
  // A profile made for a test counts as private browsing, where nothing can be installed: all else must be right.
  const { installabilityErrors } = await wire.send('Page.getInstallabilityErrors')
  expect(installabilityErrors.map((one) => one.errorId).filter((id) => id !== 'in-incognito')).toEqual([])
})

test('without any network it opens with what was seen last, in every page', async () => {
  const { page, context } = person
  await signInPage(page, 'registro.hn')
  await openChannel(page, 'documentation')
  await write(page, SAID)
  await onItsWay(page, SAID)
  // What came is on disk two seconds later.
  await page.waitForTimeout(3_000)
  await context.setOffline(true)
  await page.reload()
  await message(page, SAID).waitFor()
  await page.getByTestId('connection-banner').waitFor()
  for (const [path, part] of [
    ['/buscar', 'search-input'],
    ['/medidas', 'measures-page'],
    ['/ajustes', 'alert-settings'],
    ['/', 'channel-documentation'],
  ] as const) {
    await page.goto(`${network.hn.baseUrl}${path}`)
    await page.getByTestId(part).waitFor()
    await page.getByTestId('connection-banner').waitFor()
  }
  await page.getByTestId('search-open').click()
  await page.getByTestId('search-input').fill('corinto')
  await page.getByTestId('search-result').filter({ hasText: SAID }).waitFor()
  await keepScreenshot(page, '70-busqueda-sin-red-telefono')
  await context.setOffline(false)
  await page.getByTestId('connection-banner').waitFor({ state: 'detached' })
})

test('a new version waits for a tap, and does not lose a word that was being written', async () => {
  const { page } = person
  await page.goto(network.hn.baseUrl)
  await openChannel(page, 'documentation')
  await publishNewVersion()
  await page.evaluate('navigator.serviceWorker.getRegistration().then((own) => own.update())')
  const offer = page.getByText('Hay una versión nueva de Enlace.')
  await offer.waitFor()
  const version = () => page.locator('meta[name="version"]').count()
  expect(await version()).toBe(0)
  await page.getByTestId('composer-input').pressSequentially(DRAFT)
  await keepScreenshot(page, '71-version-nueva-telefono')
  const [toast, line] = await Promise.all([
    offer.boundingBox(),
    page.getByTestId('composer-input').boundingBox(),
  ])
  expect(toast!.y + toast!.height).toBeLessThan(line!.y)
  await page.getByRole('button', { name: 'Actualizar' }).click()
  await eventually('the new version', async () => (await version().catch(() => 0)) === 1)
  await eventually(
    'the draft is there',
    async () => (await page.getByTestId('composer-input').inputValue()) === DRAFT,
  )
  expect(await offer.count()).toBe(0)
  await page.getByTestId('composer-input').pressSequentially('r')
  await page.getByTestId('composer-send').click()
  await onItsWay(page, `${DRAFT}r`)
  expect(person.errors).toEqual([])
})

/** What a build of the next version changes: the shell, and with it the service worker's list. */
async function publishNewVersion(): Promise<void> {
  const html = await readFile(join(webRoot, 'index.html'), 'utf8')
  await publish('index.html', html.replace('<head>', '<head><meta name="version" content="2">'))
  const code = await readFile(join(webRoot, 'sw.js'), 'utf8')
  const next = code.replace(/(url:"index\.html",revision:")[0-9a-f]+/, `$1${'0'.repeat(32)}`)
  expect(next).not.toBe(code)
  await publish('sw.js', next)
}

/** A file, and beside it what the node serves of it to whoever takes it compressed. */
async function publish(name: string, text: string): Promise<void> {
  const file = join(webRoot, name)
  await writeFile(file, text)
  await writeFile(`${file}.br`, brotliCompressSync(text))
  await writeFile(`${file}.gz`, gzipSync(text))
}
