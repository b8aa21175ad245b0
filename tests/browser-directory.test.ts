import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  takeNetwork,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** The directory as people use it: found, read, called, on a phone and on a desk, with and without a network. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const WIDE = { width: 1440, height: 900 }

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
    if (visitor) await keepScreenshot(visitor.page, `90-falla-directorio-${name}`)
})

const rows = (page: Page) => page.getByTestId('found-row')
/** Rows are drawn as the list is looked at; how many there are the count says. */
const count = async (page: Page) =>
  Number(/^\d+/.exec((await page.getByTestId('directory-count').textContent()) ?? '')?.[0] ?? Number.NaN)
const openDirectory = async (page: Page) => {
  await page.getByTestId('directory-open').click()
  await page.locator('[data-testid="directory-page"][data-phase="ready"]').waitFor()
}
const search = async (page: Page, text: string) => {
  await page.getByTestId('directory-input').fill(text)
  await rows(page).first().waitFor()
}
const shown = async (page: Page, name: string) => {
  await keepScreenshot(page, name)
  expect(await axeViolations(page)).toEqual([])
  const width = page.viewportSize()!.width
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
}

describe('on the desk', () => {
  test('the directory begins with the services there are, beside the map', async () => {
    desk = await visit(browser, network.hn.baseUrl, WIDE)
    await signInPage(desk.page, 'registro.hn')
    await openDirectory(desk.page)
    await desk.page.getByTestId('service-shelter').waitFor()
    await desk.page.locator('[data-testid="directory-map"]:not([data-marks="0"])').waitFor()
    await shown(desk.page, '60-directorio-inicio-escritorio')
  })

  test.each([
    'partida de nacimiento',
    'comida',
    'abogado',
    'doctor',
    'albergue corinto',
    'pto barrios',
    'RENAP',
    'RNP',
    'PGN',
    'SENAF',
  ])('“%s” finds something', async (text) => {
    await search(desk.page, text)
    expect(await count(desk.page)).toBeGreaterThan(0)
  })

  test('a row says who, what, where, when and how reliable; what is chosen shows on the map', async () => {
    const { page } = desk
    await search(page, 'alvergue corinto')
    await page.getByTestId('directory-understood').getByText('albergue').waitFor()
    const row = rows(page).filter({ hasText: 'Albergue de ejemplo, Corinto' }).first()
    await row.getByText(/abierto/i).waitFor()
    await row.getByText('de ejemplo', { exact: true }).waitFor()
    await row.getByText('Omoa, Cortés').waitFor()
    await row.hover()
    await shown(page, '61-directorio-albergue-escritorio')
    await row.getByRole('button', { name: /ver en el mapa/i }).click()
    await page.getByTestId('directory-spot').waitFor()
    await shown(page, '62-directorio-mapa-escritorio')
  })

  test('filters narrow: service, place, hours, language, and all are taken off at once', async () => {
    const { page } = desk
    await page.getByTestId('directory-clear').click()
    await page.getByTestId('service-civil_registration').click()
    await rows(page).first().waitFor()
    const all = await count(page)
    await choose(page.getByTestId('filter-near'), 'puerto-barrios')
    await rows(page)
      .first()
      .getByText(/en el mismo pueblo/)
      .waitFor()
    await page.getByTestId('filter-more').click()
    await choose(page.getByTestId('filter-language'), 'kek')
    await rows(page).getByText('Registro civil de ejemplo, Puerto Barrios').waitFor()
    expect(await count(page)).toBeLessThan(all)
    await shown(page, '63-directorio-filtros-escritorio')
    await page.getByTestId('directory-clear').click()
    await page.getByTestId('service-civil_registration').waitFor()
  })

  test('the keyboard alone finds a service, reads its entry and comes back to where it was', async () => {
    const { page } = desk
    await page.getByTestId('directory-input').focus()
    await page.keyboard.type('registro civil de ejemplo')
    const row = rows(page).filter({ hasText: 'Registro civil de ejemplo' }).first()
    await row.waitFor()
    const link = row.getByRole('link').first()
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab')
      if (
        await link.evaluate((element) =>
          (element as unknown as { matches(what: string): boolean }).matches(':focus'),
        )
      )
        break
    }
    await page.keyboard.press('Enter')
    await page.locator('[data-testid="directory-entry"][data-key="gt-ejemplo-registro"]').waitFor()
    await page.getByTestId('entry-service').waitFor()
    await page.getByText('Documento de identidad de quien la pide').waitFor()
    await page.getByText('lunes a viernes').waitFor()
    await page.getByText(/18 de diciembre de 2026/).waitFor()
    await shown(page, '64-ficha-escritorio')
    await page.getByTestId('back').focus()
    await page.keyboard.press('Enter')
    await row.waitFor()
    await page.getByRole('application').focus()
    const before = await page.locator('.map-scale').textContent()
    for (const key of ['+', '+', '+', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key)
    await page.locator('.map-scale').filter({ hasNotText: before! }).waitFor()
  })

  test('a case is opened with the institution already chosen', async () => {
    const { page } = desk
    await search(page, 'RENAP')
    await rows(page).first().getByRole('link').first().click()
    await page.getByTestId('entry-case').click()
    await page.getByTestId('entry-case-documentation').click()
    await page.getByTestId('new-case').waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/casos\/nuevo\//)
  })

  test('in English and in the dark it says the same', async () => {
    const { page } = desk
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByTestId('settings-open').click()
    await page.getByTestId('language-en').click()
    await openDirectory(page)
    await page.getByTestId('directory-clear').click()
    await page.getByRole('heading', { name: 'Begin with the service' }).waitFor()
    await shown(page, '65-directory-start-dark')
    await search(page, 'clinic')
    await rows(page)
      .first()
      .getByText(/open|closed|hours/i)
      .first()
      .waitFor()
    await shown(page, '66-directory-results-dark')
    await rows(page).first().getByRole('link').first().click()
    await page.getByTestId('entry-service').first().waitFor()
    await shown(page, '67-entry-dark')
    await page.emulateMedia({ media: 'print', colorScheme: 'light' })
    await keepScreenshot(page, '68-entry-printed')
    expect(await page.getByTestId('entry-call').isVisible()).toBe(false)
    expect(desk.errors).toEqual([])
  })
})

/** The pages for anybody, which the registry serves and every node mirrors. */
describe('the public pages', () => {
  const HOME = '/publico/es/'
  const ENTRY = '/publico/es/institucion/hn-ejemplo-albergue/'
  const settled = async (page: Page) => {
    expect(await axeViolations(page)).toEqual([])
    const width = page.viewportSize()!.width
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  }

  test('are the same at the registry and at both nodes, and no log says what was read', async () => {
    const at = (url: string, path: string) => fetch(`${url}${path}`)
    for (const path of [HOME, ENTRY, '/publico/en/servicio/shelter/', '/publico/es/sw.js']) {
      const answers = await Promise.all(
        [network.registryUrl, network.hn.baseUrl, network.gt.baseUrl].map((url) => at(url, path)),
      )
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
      for (const { headers } of answers) expect(headers.has('set-cookie')).toBe(false)
      expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size, path).toBe(1)
    }
    await at(network.hn.baseUrl, `${ENTRY}?busca=secreto`)
    await at(network.hn.baseUrl, '/publico/es/institucion/secreto/')
    const logs = await Promise.all(
      ['registry', 'hn', 'gt'].map((name) => readFile(join(network.dataDir, `${name}.log`), 'utf8')),
    )
    for (const log of logs) expect(log).not.toMatch(/publico\/|hn-ejemplo-albergue|secreto|servicio\/shelter/)
    expect(logs[1]).toContain('"route":"publico"')
  })

  test.each([
    ['phone', 'es', 'light'],
    ['phone', 'en', 'dark'],
    ['desk', 'es', 'dark'],
    ['desk', 'en', 'light'],
  ] as const)('on a %s, in %s, %s: accessible, and nothing is cut off', async (device, lang, colorScheme) => {
    const viewport = device === 'phone' ? PHONE : WIDE
    const { page, context, errors } = await visit(
      browser,
      `${network.registryUrl}/publico/${lang}/`,
      viewport,
      {
        colorScheme,
      },
    )
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    for (const [name, path] of [
      ['inicio', ''],
      ['lista', 'servicio/shelter/'],
      ['ficha', 'institucion/hn-ejemplo-albergue/'],
      ['riesgos', 'riesgo/'],
    ] as const) {
      await page.goto(`${network.registryUrl}/publico/${lang}/${path}`)
      if (name === 'lista') await page.locator('.now[data-state="open"]').first().waitFor()
      await settled(page)
      await keepScreenshot(page, `76-publico-${name}-${device}-${lang}-${colorScheme}`)
    }
    expect(asked.filter((url) => !url.startsWith(network.registryUrl))).toEqual([])
    expect(await context.cookies()).toEqual([])
    expect(errors).toEqual([])
    await context.close()
  })

  test('work without scripts: found by place, read, and left by a link', async () => {
    const context = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${network.hn.baseUrl}${HOME}`)
    await page.getByRole('link', { name: 'Omoa' }).click()
    await page.getByRole('link', { name: 'Albergue de ejemplo, Corinto' }).click()
    await page.getByText('+504 0000 0101').first().waitFor()
    await page.getByText('las 24 horas').first().waitFor()
    expect(await page.locator('.filter').isVisible()).toBe(false)
    expect(await page.getByRole('link', { name: 'Salir rápido' }).getAttribute('href')).toMatch(/^https:/)
    await context.close()
  })

  test('filter within the page, and three times Escape leaves nothing behind', async () => {
    const { page, context } = await visit(browser, `${network.hn.baseUrl}/publico/es/institucion/`, PHONE)
    await context.route(/wikipedia/, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<p>otro sitio</p>' }),
    )
    const cards = page.locator('.cards > li:visible')
    const all = await cards.count()
    await page.getByLabel('Buscar en esta lista').fill('albergue ejemplo')
    await page.getByRole('link', { name: 'Albergue de ejemplo, Corinto' }).waitFor()
    expect(await cards.count()).toBeLessThan(all)
    expect(page.url()).toBe(`${network.hn.baseUrl}/publico/es/institucion/`)
    await page.getByRole('link', { name: 'Albergue de ejemplo, Corinto' }).click()
    await page.getByRole('heading', { level: 1, name: 'Albergue de ejemplo, Corinto' }).waitFor()
    for (let at = 0; at < 3; at++) await page.keyboard.press('Escape')
    await page.getByText('otro sitio').waitFor()
    await page.goBack().catch(() => undefined)
    await page.getByText('otro sitio').waitFor()
    await context.close()
  })

  test('are read without a network, also those that were never opened', async () => {
    const visitor = await visit(browser, `${network.hn.baseUrl}${HOME}`, PHONE)
    await takeNetwork(visitor)
    const { page, context } = visitor
    await page.goto(`${network.hn.baseUrl}${ENTRY}`)
    await page.getByRole('heading', { level: 1, name: 'Albergue de ejemplo, Corinto' }).waitFor()
    await page.getByText(/Sin conexión. Esta es la copia guardada/).waitFor()
    await settled(page)
    await keepScreenshot(page, '77-publico-sin-conexion-telefono')
    await page.getByRole('link', { name: 'Por lugar' }).click()
    await page.getByRole('link', { name: 'Puerto Barrios', exact: true }).click()
    await page.getByRole('link', { name: 'Clínica de ejemplo, Puerto Barrios' }).waitFor()
    await context.close()
  })
})

describe('on a phone', () => {
  test('services, list and map each have the screen, and nothing is cut off at 360 pixels', async () => {
    phone = await visit(browser, network.gt.baseUrl, PHONE)
    await signInPage(phone.page, 'juzgado.gt')
    await openDirectory(phone.page)
    await phone.page.getByTestId('service-food').waitFor()
    await shown(phone.page, '70-directorio-inicio-telefono')
    await phone.page.getByTestId('service-food').click()
    await rows(phone.page).first().waitFor()
    await shown(phone.page, '71-directorio-lista-telefono')
    await phone.page.getByTestId('directory-switch').click()
    await phone.page.locator('[data-testid="directory-map"]:not([data-marks="0"])').waitFor()
    await shown(phone.page, '72-directorio-mapa-telefono')
    await phone.page.getByTestId('directory-switch').click()
  })

  test('the entry has what people come for at its head', async () => {
    const { page } = phone
    await search(page, 'albergue corinto')
    await rows(page).filter({ hasText: 'Albergue de ejemplo' }).first().getByRole('link').first().click()
    await page.getByTestId('entry-call').waitFor()
    expect(await page.getByTestId('entry-call').getAttribute('href')).toBe('tel:+50400000101;ext=2')
    expect(await page.getByTestId('entry-whatsapp').getAttribute('href')).toBe('https://wa.me/50400000102')
    await page.getByTestId('entry-contact').getByText('Solo para la red').first().waitFor()
    await page.getByText('Quedan 6 de 24').waitFor()
    await shown(page, '73-ficha-telefono')
    await page.getByTestId('entry-route').click()
    await page.getByTestId('route-dialog').locator('a[href^="geo:"]').waitFor()
    await shown(page, '74-ruta-telefono')
    await page.keyboard.press('Escape')
    await page.getByTestId('back').click()
  })

  test('without a network it goes on, says of when the copy is, and does so after a reload', async () => {
    const { page, context } = phone
    await takeNetwork(phone)
    await network.gt.process.stop()
    await page
      .getByTestId('directory-notice')
      .getByText(/copia del/)
      .waitFor()
    await page.getByTestId('directory-clear').click()
    await search(page, 'partida de nacimiento')
    expect(await count(page)).toBeGreaterThan(0)
    await shown(page, '75-directorio-sin-conexion-telefono')
    await page.reload()
    await page.locator('[data-testid="directory-page"][data-phase="ready"]').waitFor()
    await search(page, 'doctor')
    await rows(page).first().getByRole('link').first().click()
    await page.getByTestId('entry-service').first().waitFor()
    await page.getByTestId('back').click()
    await page.getByTestId('directory-notice').waitFor()
    expect(phone.errors).toEqual([])
    await context.setOffline(false)
    await network.gt.restart()
  })
})
