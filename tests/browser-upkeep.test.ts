import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** Keeping the directory true, through the pages: three people of one node, a phone and two desks. */
const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const KEY = 'hn-sreci'

let network: TestNetwork
let browser: Browser
let consul: Visitor
let coordinator: Visitor
let registrar: Visitor

beforeAll(async () => {
  // Without a list a node's own word is enough, so that what the pages do is seen without a signature.
  const federation = { list: 'open', allow_private_addresses: true, trusted_ca: [] as string[] }
  network = await startTestNetwork({
    webRoot,
    nodeConfig: { rate_limits: 'off', federation },
    prepare: async (folder) => void federation.trusted_ca.push(join(folder, 'ca.pem')),
  })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, visitor] of Object.entries({ consul, coordinator, registrar }))
    if (visitor) await keepScreenshot(visitor.page, `40-falla-${name}`)
})

const open = async (page: Page, path: string, testId: string) => {
  await page.goto(`${network.hn.baseUrl}${path}`)
  await page.getByTestId(testId).first().waitFor()
}
const entry = (page: Page) => open(page, `/directorio/entrada/${KEY}`, 'entry-upkeep')
const edit = (page: Page) => open(page, `/directorio/entrada/${KEY}/cambiar`, 'group-identity')
const review = (page: Page) => open(page, `/directorio/entrada/${KEY}/revisar`, 'upkeep-kept')
/** A group that is open stays open. */
async function unfold(page: Page, group: string): Promise<void> {
  const details = page.getByTestId(`group-${group}`)
  if ((await details.getAttribute('open')) === null) await details.locator('summary').click()
}
const field = (page: Page, table: string, name: string) =>
  page.getByTestId(`record-${table}`).first().getByTestId(`field-${name}`)

async function signedIn(user: string, viewport: typeof PHONE): Promise<Visitor> {
  const visitor = await visit(browser, network.hn.baseUrl, viewport)
  await signInPage(visitor.page, user)
  return visitor
}

test('an office writes a draft on a phone; it survives a reload, and shows what changes before it is sent', async () => {
  consul = await signedIn('consulado.hn', PHONE)
  const { page } = consul
  await entry(page)
  await keepScreenshot(page, '40-entrada-telefono')
  await page.getByTestId('entry-edit').click()
  await unfold(page, 'identity')
  await field(page, 'organizations', 'description').fill('Atiende a personas hondureñas en Guatemala.')
  await unfold(page, 'contact')
  await page.getByTestId('add-phones').click()
  await field(page, 'phones', 'number').fill('123')
  await field(page, 'phones', 'number').blur()
  await page.getByTestId('upkeep-faults').waitFor()
  expect(await page.getByTestId('upkeep-changes').isDisabled()).toBe(true)
  await keepScreenshot(page, '40-error-telefono')
  await field(page, 'phones', 'number').fill('2234 5678')
  await field(page, 'phones', 'number').blur()
  expect(await field(page, 'phones', 'number').inputValue()).toBe('+504 2234 5678')
  await choose(page.getByTestId('record-phones').getByTestId('mark-answers_at_night'), 'yes')
  // Whoever answers at night is for the network, unless somebody says otherwise.
  await page.getByTestId('record-phones').getByTestId('visibility-*').getByText('Solo la red').waitFor()
  await page.reload()
  await page.getByTestId('draft-kept').waitFor()
  expect(await field(page, 'phones', 'number').inputValue()).toBe('+504 2234 5678')
  await keepScreenshot(page, '40-formulario-telefono')
  expect(await axeViolations(page)).toEqual([])
  await page.getByTestId('upkeep-changes').click()
  const changes = page.getByTestId('upkeep-change-list')
  await changes.getByText('Atiende a personas hondureñas en Guatemala.').waitFor()
  await changes
    .getByText(/Nuevo: Teléfono «\+504 2234 5678»/)
    .first()
    .waitFor()
  await page.getByTestId('upkeep-note').fill('Lo confirmé en ventanilla.')
  await keepScreenshot(page, '40-cambios-telefono')
  expect(await axeViolations(page)).toEqual([])
  await page.getByTestId('upkeep-send').click()
  await page.locator('[data-testid="upkeep-sent"][data-sent="draft"]').waitFor()
  expect(consul.errors).toEqual([])
})

test('what was typed by mistake is undone, and a discarded draft is gone', async () => {
  const { page } = consul
  await edit(page)
  await unfold(page, 'services')
  const before = await page.getByTestId('record-services').count()
  await page.getByTestId('record-services').first().getByTestId('record-remove').click()
  expect(await page.getByTestId('record-services').count()).toBe(before - 1)
  await page.getByTestId('upkeep-undo').click()
  expect(await page.getByTestId('record-services').count()).toBe(before)
  await field(page, 'services', 'description').fill('Algo')
  await page.getByTestId('upkeep-discard').click()
  await page.reload()
  await page.getByTestId('group-identity').waitFor()
  expect(await page.getByTestId('draft-kept').count()).toBe(0)
})

test('somebody of another institution suggests', async () => {
  registrar = await signedIn('registro.hn', DESKTOP)
  const { page } = registrar
  await entry(page)
  await page.getByText('Sugerir una corrección').click()
  await unfold(page, 'identity')
  await field(page, 'organizations', 'alternate_name').fill('SREC')
  await page.getByTestId('upkeep-changes').click()
  await keepScreenshot(page, '41-sugerencia')
  await page.getByTestId('upkeep-send').click()
  await page.locator('[data-testid="upkeep-sent"][data-sent="suggestion"]').waitFor()
  await page.getByTestId('open-suggestions').click()
  await page.locator('[data-testid="suggestion"][data-state="open"]').waitFor()
})

test('the coordination sees both in words, accepts one and declines the other with a reason', async () => {
  coordinator = await signedIn('coordinacion.hn', DESKTOP)
  const { page } = coordinator
  await review(page)
  const proposals = page.getByTestId('proposal')
  await expect.poll(() => proposals.count()).toBe(2)
  await keepScreenshot(page, '42-por-revisar')
  expect(await axeViolations(page)).toEqual([])
  const suggestion = proposals.filter({ hasText: 'Sugerencia' })
  await suggestion.getByTestId('proposal-decline').click()
  await suggestion.getByTestId('decline-reason').fill('Esa sigla ya no se usa.')
  await suggestion.getByTestId('decline-confirm').click()
  await expect.poll(() => proposals.count()).toBe(1)
  await proposals.first().getByTestId('proposal-accept').click()
  await page.getByText('No hay nada por revisar').waitFor()
  await page.getByTestId('confirm-contact').click()
  await page.locator('[data-testid="kept-contact"][data-freshness="verified"]').waitFor()
  await keepScreenshot(page, '42-revisado')
  await open(page, `/directorio/entrada/${KEY}/historial`, 'history-change')
  await page.getByText(/Descripción: .* → Atiende a personas hondureñas/).waitFor()
  await keepScreenshot(page, '43-historial')
  expect(await axeViolations(page)).toEqual([])
  expect(coordinator.errors).toEqual([])
})

test('whoever suggested reads the reason', async () => {
  const { page } = registrar
  await open(page, '/directorio/sugerencias', 'upkeep-suggestions')
  const declined = page.locator('[data-testid="suggestion"][data-state="declined"]')
  await declined.getByText('Esa sigla ya no se usa.').waitFor()
  await keepScreenshot(page, '44-mis-sugerencias')
  expect(await axeViolations(page)).toEqual([])
})

test('what somebody changed meanwhile is compared, and the person chooses', async () => {
  const { page } = consul
  await edit(page)
  await unfold(page, 'identity')
  await field(page, 'organizations', 'description').fill('Lo mío')
  const desk = coordinator.page
  await edit(desk)
  await unfold(desk, 'identity')
  await field(desk, 'organizations', 'description').fill('Lo de la coordinación')
  await desk.getByTestId('upkeep-changes').click()
  await desk.getByTestId('also-identity').check()
  await desk.getByTestId('upkeep-send').click()
  await desk.locator('[data-testid="upkeep-sent"][data-sent="published"]').waitFor()
  await page.getByTestId('upkeep-changes').click()
  await page.getByTestId('upkeep-send').click()
  const conflicts = page.getByTestId('upkeep-conflicts')
  await conflicts.getByText('Ahora dice: Lo de la coordinación').waitFor()
  await keepScreenshot(page, '45-conflicto-telefono')
  expect(await axeViolations(page)).toEqual([])
  await conflicts.getByTestId('conflict-mine').click()
  await page.getByTestId('upkeep-changes').click()
  await page.getByTestId('upkeep-change-list').getByText('Lo de la coordinación → Lo mío').waitFor()
})

test('coordinators see what is to be verified; others are told who does', async () => {
  await open(coordinator.page, '/directorio/por-verificar', 'overdue-count')
  await keepScreenshot(coordinator.page, '46-por-verificar')
  expect(await axeViolations(coordinator.page)).toEqual([])
  await open(registrar.page, '/directorio/por-verificar', 'upkeep-overdue')
  await registrar.page.getByText('Solo la coordinación ve').waitFor()
})

test('all of it in English, in the dark, at 360 pixels', async () => {
  const visitor = await visit(browser, network.hn.baseUrl, PHONE, { colorScheme: 'dark' })
  const { page } = visitor
  await page.getByTestId('language-switch').click()
  await signInPage(page, 'coordinacion.hn')
  for (const [name, path, testId] of [
    ['entrada', `/directorio/entrada/${KEY}`, 'entry-upkeep'],
    ['formulario', `/directorio/entrada/${KEY}/cambiar`, 'group-identity'],
    ['revisar', `/directorio/entrada/${KEY}/revisar`, 'upkeep-kept'],
    ['historial', `/directorio/entrada/${KEY}/historial`, 'history-change'],
    ['sugerencias', '/directorio/sugerencias', 'upkeep-suggestions'],
    ['por-verificar', '/directorio/por-verificar', 'overdue-count'],
  ] as const) {
    await page.goto(`${network.hn.baseUrl}${path}`)
    await page.getByTestId(testId).first().waitFor()
    if (name === 'formulario')
      for (const group of ['identity', 'services', 'place']) await unfold(page, group)
    await keepScreenshot(page, `47-${name}-en-oscuro`)
    // The page of an entry has its own test.
    const within = name === 'entrada' ? '[data-testid="entry-upkeep"]' : undefined
    expect([name, await axeViolations(page, within)]).toEqual([name, []])
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect([name, width]).toEqual([name, PHONE.width])
  }
  expect(visitor.errors).toEqual([])
})
