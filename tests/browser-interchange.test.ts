import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fromHsdsJson } from '@enlace/directory/interchange'
import { readTable } from '@enlace/directory/lists'
import type { Browser, Download, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  chosen,
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** Lists into the directory and out of it, through the pages: on a phone in Spanish, at a desk in English. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))

let network: TestNetwork
let browser: Browser
const visitors: Record<string, Visitor> = {}

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
  for (const [name, { page }] of Object.entries(visitors)) await keepScreenshot(page, `60-falla-${name}`)
})

async function signedIn(
  name: string,
  user: string,
  viewport: typeof PHONE,
  colorScheme: 'light' | 'dark',
): Promise<Page> {
  const visitor = await visit(browser, network.hn.baseUrl, viewport, { colorScheme })
  visitors[name] = visitor
  await signInPage(visitor.page, user)
  return visitor.page
}

const atStep = (page: Page, step: string) =>
  page.locator(`[data-testid="import-page"][data-step="${step}"][data-busy=""]`).waitFor()
const fault = (page: Page, row: number, column: string) =>
  page.locator(`[data-testid="import-fault"][data-row="${row}"][data-column="${column}"]`)

/** As an office's Excel writes it: Windows-1252, semicolons, a title above the headings. */
function officeList(): Buffer {
  const rows = [
    ['Servicios de la oficina, noviembre'],
    [],
    [
      'Institución',
      'Nombre del servicio',
      'Tipo de servicio',
      'Oficina',
      'Dirección',
      'Municipio',
      'Depto.',
      'Tel.',
      'Horario de atención',
      'Observaciones',
    ],
    [
      '',
      'Pasaportes',
      'consulado',
      'Oficina de Omoa',
      'Barrio El Centro',
      'Omoa',
      'Cortés',
      '2234 5678',
      'lunes a viernes de 8 a 4',
      'interno',
    ],
    [
      '',
      'Partidas de nacimiento',
      'partida de nacimiento',
      'Oficina de Omoa',
      'Barrio El Centro',
      'Omoa',
      'Cortés',
      '2234 567',
      'L-V 8:00-16:00',
      '',
    ],
    [
      '',
      'Orientación',
      'información',
      'Oficina de Omoa',
      'Barrio El Centro',
      'Omoa',
      'Cortés',
      '',
      'de 8 a 4',
      '',
    ],
    [
      'Registro Nacional de las Personas (RENAP)',
      'Ropa limpia',
      'ropa',
      'Casa de ejemplo',
      '',
      'Puerto Barrios',
      'Izabal',
      '',
      'sábados de 8 a 12',
      '',
    ],
  ]
  return Buffer.from(rows.map((row) => row.join(';')).join('\r\n'), 'latin1')
}

async function downloaded(page: Page, testId: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent('download') as Promise<Download>,
    page.getByTestId(testId).click(),
  ])
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}

test('on a phone: an office’s own list, its errors by row and column, corrected, looked through and sent', async () => {
  const page = await signedIn('phone', 'consulado.hn', PHONE, 'light')
  await page.goto(`${network.hn.baseUrl}/directorio`)
  await page.getByTestId('import-open').click()
  await atStep(page, 'choose')
  await keepScreenshot(page, '60-importar-telefono')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  // What is no table says so, and what to do.
  await page
    .getByTestId('import-file')
    .setInputFiles({ name: 'foto.csv', mimeType: 'text/csv', buffer: Buffer.from([0x89, 0x50, 0, 0, 1, 2]) })
  await page.getByText('Esto no es una tabla').waitFor()

  await page
    .getByTestId('import-file')
    .setInputFiles({ name: 'lista.csv', mimeType: 'text/csv', buffer: officeList() })
  await atStep(page, 'columns')
  expect(await chosen(page.getByTestId('import-header-row'))).toBe('2')
  expect(await chosen(page.getByTestId('import-column-B'))).toBe('service')
  expect(await chosen(page.getByTestId('import-column-H'))).toBe('phone')
  await page.getByText('No se importará: Observaciones.').waitFor()
  await keepScreenshot(page, '60-columnas-telefono')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  await page.getByTestId('import-check').click()

  await atStep(page, 'faults')
  const faults = page.getByTestId('import-fault')
  expect(
    await faults.evaluateAll((all) =>
      all.map((one) => [one.dataset['row'], one.dataset['column'], one.dataset['code']]),
    ),
  ).toEqual([
    ['5', 'phone', 'no_such_number'],
    ['6', 'hours', 'no_days'],
  ])
  await keepScreenshot(page, '60-errores-telefono')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  // By keyboard from one to the next; corrected in the page, and still there after a reload.
  await page.getByTestId('fault-next').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('2234 5679')
  await page.keyboard.press('Enter')
  await fault(page, 5, 'phone').waitFor({ state: 'detached' })
  await page.reload()
  await page.getByTestId('import-restored').waitFor()
  await atStep(page, 'faults')
  expect(await faults.count()).toBe(1)
  await fault(page, 6, 'hours').getByTestId('fault-leave').click()
  await atStep(page, 'faults')
  await page.getByTestId('import-left-out').getByText('1 fila queda fuera.').waitFor()
  await page.getByTestId('import-to-preview').click()

  await atStep(page, 'preview')
  const shelter = page.locator('[data-testid="import-institution"][data-key="gt-renap"]')
  await shelter.getByText('Se envía como sugerencia').waitFor()
  await shelter.getByTestId('import-counts').getByText('1 nuevos, 0 con cambios, 0 sin cambios').waitFor()
  const own = page.locator('[data-testid="import-institution"][data-key="hn-sreci"]')
  await own.getByTestId('import-counts').getByText('2 nuevos').waitFor()
  // What the list does not have stays, unless somebody ticks it.
  await own.getByTestId('import-missing').locator('summary').click()
  expect(await own.getByTestId('import-remove').first().isChecked()).toBe(false)
  await keepScreenshot(page, '60-revisar-telefono')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  await page.getByTestId('import-send').click()
  await atStep(page, 'sent')
  expect(
    await page
      .getByTestId('import-sent-to')
      .evaluateAll((all) => all.map((one) => [one.dataset['key'], one.dataset['kind']]).sort()),
  ).toEqual([
    ['gt-renap', 'suggestion'],
    ['hn-sreci', 'draft'],
  ])
  await keepScreenshot(page, '60-enviado-telefono')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  expect(visitors['phone']?.errors).toEqual([])
})

test('the draft is one proposal that the office’s coordination sees', async () => {
  const page = visitors['phone']!.page
  await page.goto(`${network.hn.baseUrl}/directorio/entrada/hn-sreci/revisar`)
  await page.getByText('+50422345679').or(page.getByText('+504 2234 5679')).first().waitFor()
  await page.getByText('Pasaportes').first().waitFor()
})

test('at a desk, in English and in the dark: a pasted table, the same steps', async () => {
  const page = await signedIn('desk', 'coordinacion.hn', DESKTOP, 'dark')
  await page.evaluate(() => localStorage.setItem('enlace.language', 'en'))
  await page.goto(`${network.hn.baseUrl}/directorio/importar`)
  await atStep(page, 'choose')
  await page.getByText('Step 1 of 4: File').waitFor()
  await page
    .getByTestId('import-text')
    .fill(
      'Service\tCategory\tPlace\tHours\tLanguages\nAdvice\tlegal aid\tOffice in Omoa\tMon-Fri 9am-5pm\tSpanish, Qeqchi\nAdvise\tlegul\tOffice in Omoa\tMon-Fri 08:00-04:00\tEnglish',
    )
  await page.getByTestId('import-paste').click()
  await atStep(page, 'columns')
  await keepScreenshot(page, '60-columns-desk')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  await page.getByTestId('import-check').click()
  await atStep(page, 'faults')
  await page.getByText('Row 3, column B (Category)').waitFor()
  await keepScreenshot(page, '60-errors-desk')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  await page.getByTestId('fault-use-all').click()
  await page
    .locator('[data-testid="import-page"]:is([data-step="preview"],[data-step="faults"])[data-busy=""]')
    .waitFor()
  await page.getByTestId('import-fault').first().waitFor({ state: 'detached' })
  await page.getByTestId('import-to-preview').click()
  await atStep(page, 'preview')
  await page.getByTestId('import-row').first().locator('summary').click()
  await keepScreenshot(page, '60-review-desk')
  expect(await axeViolations(page, '[data-testid="import-page"]')).toEqual([])
  await page.getByTestId('import-discard').click()
  await atStep(page, 'choose')
  expect(visitors['desk']?.errors).toEqual([])
})

test('the directory as files: lists that are read again, paper, HSDS, cards and a code for a camera', async () => {
  const { page, errors } = visitors['phone']!
  await page.goto(`${network.hn.baseUrl}/directorio`)
  await page.getByTestId('export-open').click()
  await page.getByTestId('export-page').waitFor()
  await page.getByTestId('export-a6').waitFor()
  await keepScreenshot(page, '60-descargar-telefono')
  expect(await axeViolations(page, '[data-testid="export-page"]')).toEqual([])
  for (const kind of ['export-xlsx', 'export-csv', 'export-csv-comma']) {
    const { bytes } = await downloaded(page, kind)
    const read = readTable(new Uint8Array(bytes))
    expect(read.ok && read.file.sheets[0]!.rows.length).toBeGreaterThan(4)
  }
  const network_ = await downloaded(page, 'export-vcard')
  expect(network_.bytes.toString()).toContain('+50400000102')
  await page.getByTestId('export-public').check()
  const cards = await downloaded(page, 'export-vcard')
  expect(cards.bytes.toString()).toMatch(/^BEGIN:VCARD\r\nVERSION:4\.0/)
  // Whoever answers at night is the network's.
  expect(cards.bytes.toString()).not.toContain('+50400000102')
  const hsds = await downloaded(page, 'export-hsds')
  expect(fromHsdsJson(hsds.bytes.toString()).tables.services?.size).toBeGreaterThan(4)
  expect((await downloaded(page, 'export-package')).name).toMatch(/\.datapackage\.zip$/)
  for (const format of ['a6', 'a5', 'a4', 'letter']) {
    const { bytes } = await downloaded(page, `export-${format}`)
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')
  }
  await page.goto(`${network.hn.baseUrl}/directorio/entrada/hn-ejemplo-albergue`)
  await page.getByTestId('entry-cards').click()
  await page.getByTestId('card-code-open').first().click()
  const code = page.getByTestId('card-code').first()
  await code.waitFor()
  await keepScreenshot(page, '60-codigo-telefono')
  expect(await axeViolations(page, '[data-testid="cards-dialog"]')).toEqual([])
  expect(errors).toEqual([])
})
