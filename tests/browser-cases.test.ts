/** What people do with cases besides the day at the border: groups that return, offline drafts, transfers, rules, rosters. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  choose,
  keepScreenshot,
  launchBrowser,
  openChannel,
  PHONE,
  signInPage,
  takeNetwork,
  type Visitor,
  visit,
} from './support/browser.ts'
import { chooseField, fillField, pickInstitution, pickKind, submitCase } from './support/case-form.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
let network: TestNetwork
let browser: Browser
const people: Record<string, Visitor> = {}

beforeAll(async () => {
  network = await startTestNetwork({ webRoot })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, { page }] of Object.entries(people)) await keepScreenshot(page, `50-falla-${name}`)
})

async function person(user: string, viewport?: typeof PHONE): Promise<Page> {
  const known = people[user]
  if (known) return known.page
  const node = user.endsWith('.hn') ? network.hn : network.gt
  const visitor = await visit(browser, node.baseUrl, viewport)
  people[user] = visitor
  await signInPage(visitor.page, user)
  return visitor.page
}

const tile = (page: Page, reference: string) =>
  page.locator(`[data-testid="case-tile"][data-reference="${reference}"]`)
const atStatus = (page: Page, status: string) =>
  page.locator(`[data-testid="case-page"][data-status="${status}"]`).waitFor()
const fill = fillField
const pick = chooseField

async function toBoard(page: Page): Promise<void> {
  const bar = page.getByTestId('board-open')
  for (let back = 0; back < 3 && !(await bar.isVisible()); back++) await page.getByTestId('back').click()
  await bar.click()
}

async function openCase(page: Page, reference: string): Promise<void> {
  await toBoard(page)
  await page.getByTestId('board-tab-all').click()
  await tile(page, reference).getByTestId('case-open').click()
  await page.getByTestId('case-page').waitFor()
}

async function newestReference(page: Page, prefix: string): Promise<string> {
  const first = page.locator(`[data-testid="case-tile"][data-reference^="${prefix}-"]`).first()
  await first.waitFor()
  return (await first.getAttribute('data-reference'))!
}

async function certificate(page: Page, institution: string): Promise<void> {
  await pickKind(page, 'birth_certificate')
  await pickInstitution(page, institution)
  for (const [field, value] of [
    ['given_names', 'Persona'],
    ['surnames', 'De Prueba'],
    ['birth_date', '1990-03-14'],
    ['birth_municipality', 'Omoa'],
  ] as const)
    await fill(page, field, value)
  await pick(page, 'purpose', 'identity')
  await pick(page, 'consent', 'holder')
  await fill(page, 'consent_date', '2026-01-15')
}

test('a coordinator sets times; staff read them and cannot change them', async () => {
  const page = await person('coordinacion.hn')
  await openChannel(page, 'documentation')
  await page.getByTestId('rules-open').click()
  await page.getByTestId('rules-acknowledge-medium').fill('90')
  await choose(page.getByTestId('rules-acknowledge-medium-unit'), 'minutes')
  // What is everybody's is set for everybody; what is an institution's own, by its coordination alone.
  expect(await page.getByTestId('rules-within-focal_point-high').count()).toBe(0)
  await page.getByTestId('rules-within-national_liaison-high').fill('0')
  await page.getByRole('alert').waitFor()
  await page.getByTestId('rules-within-national_liaison-high').fill('15')
  await page.getByTestId('rules-save').click()
  await page.getByTestId('rules-saved').waitFor()
  await keepScreenshot(page, '50-plazos')
  await choose(page.getByTestId('rules-whom'), 'hn-rnp-sps')
  expect(await page.getByTestId('rules-within-focal_point-high').isDisabled()).toBe(true)
  expect(await page.getByTestId('rules-save').count()).toBe(0)
  await choose(page.getByTestId('rules-whom'), 'hn-sreci')
  const own = page.getByTestId('rules-within-focal_point-high')
  await own.fill('241')
  await page.getByRole('alert').waitFor()
  await own.fill('15')
  await page.getByTestId('rules-save').click()
  await page.getByTestId('rules-saved').waitFor()
  await keepScreenshot(page, '50-plazos-propios')
  const staff = await person('registro.hn', PHONE)
  await openChannel(staff, 'documentation')
  await staff.getByTestId('rules-open').click()
  await staff.locator('[data-testid="rules-acknowledge-medium"]').waitFor()
  await expect.poll(() => staff.getByTestId('rules-acknowledge-medium').inputValue()).toBe('90')
  expect(await staff.getByTestId('rules-acknowledge-medium').isDisabled()).toBe(true)
  expect(await staff.getByTestId('rules-save').count()).toBe(0)
  await keepScreenshot(staff, '51-plazos-solo-lectura-telefono')
})

test('the roster says who is on duty now', async () => {
  const page = await person('coordinacion.hn')
  await page.getByTestId('settings-open').click()
  await page.getByTestId('duty-open').click()
  await page.getByTestId('duty-now').filter({ hasText: /nadie/ }).waitFor()
  await page.getByTestId('duty-weekly-add').click()
  await page.getByTestId('duty-shift-add').click()
  await choose(page.getByTestId('duty-shift-person'), { label: 'Consulado de Honduras' })
  await page.getByTestId('duty-save').click()
  await page
    .getByTestId('duty-now')
    .filter({ hasText: /Consulado de Honduras/ })
    .waitFor()
  await keepScreenshot(page, '52-turnos')
})

test('written without network, a case waits on the device and is sent once when the network is back', async () => {
  const page = await person('albergue.gt', PHONE)
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await certificate(page, 'hn-rnp-sps')
  await page
    .getByTestId('case-deadline')
    .filter({ hasText: /5 días hábiles/ })
    .waitFor()
  const visitor = people['albergue.gt']!
  await takeNetwork(visitor)
  await submitCase(page)
  await page
    .getByRole('alert')
    .filter({ hasText: /conexión|red/i })
    .waitFor()
  await keepScreenshot(page, '53-caso-sin-red-telefono')
  await toBoard(page)
  await page.getByTestId('case-draft').waitFor()
  await keepScreenshot(page, '54-borrador-en-cola-telefono')
  await visitor.context.setOffline(false)
  await page.getByTestId('case-draft').waitFor({ state: 'detached' })
  const reference = await newestReference(page, 'DOC')
  const registry = await person('registro.hn')
  await toBoard(registry)
  await tile(registry, reference).waitFor()
  expect(await registry.getByTestId('case-tile').count()).toBe(1)
})

test('responsibility is offered, refused with a reason, offered again and taken; there is always an owner', async () => {
  const page = await person('registro.hn')
  const reference = await newestReference(page, 'DOC')
  await openCase(page, reference)
  const offer = async () => {
    await page.getByTestId('case-more').click()
    await page.getByTestId('step-offer_transfer').click()
    await choose(page.getByTestId('step-to'), 'hn-sreci')
    await choose(page.getByTestId('step-reason'), 'not_competent')
    await page.getByTestId('step-confirm').click()
    await page.getByTestId('step-sheet').waitFor({ state: 'detached' })
  }
  await offer()
  const consulate = await person('consulado.hn')
  await openCase(consulate, reference)
  await consulate.getByTestId('step-reject_transfer').click()
  await choose(consulate.getByTestId('step-reason'), 'no_capacity')
  await consulate.getByTestId('step-confirm').click()
  await page
    .getByTestId('history-step')
    .filter({ hasText: /Sin cupo/ })
    .waitFor()
  await page
    .getByTestId('case-owner')
    .filter({ hasText: /Registro Nacional/ })
    .waitFor()
  await offer()
  await consulate.getByTestId('step-accept_transfer').click()
  await page
    .getByTestId('case-owner')
    .filter({ hasText: /Relaciones Exteriores/ })
    .waitFor()
  await keepScreenshot(page, '55-transferido-telefono')
})

test('a group is announced, acknowledged by each institution, arrives; who was received is counted against it', async () => {
  // Whoever receives was here before: the numbers are in the encrypted part, for devices there are.
  const reception = await person('recepcion.hn')
  const page = await person('oficial.gt')
  await openChannel(page, 'returns')
  await page.getByTestId('channel-new-case').click()
  await pickKind(page, 'return_notice')
  await pickInstitution(page, 'hn-camr-omoa')
  await pickInstitution(page, 'hn-senaf-corinto')
  const tomorrow = new Date(Date.now() + 18 * 3_600_000).toISOString().slice(0, 16)
  await fill(page, 'expected', tomorrow)
  await pick(page, 'route', 'agua_caliente')
  await pick(page, 'transport', 'official_vehicle')
  for (const [key, n] of [
    ['adults', '30'],
    ['families', '4'],
    ['unaccompanied_children', '2'],
    ['medical_needs', '1'],
  ] as const)
    await fill(page, key, n)
  await submitCase(page)
  const reference = await newestReference(page, 'RET')
  await openCase(page, reference)
  await openCase(reception, reference)
  await reception.getByTestId('step-acknowledge').click()
  await reception
    .getByTestId('receiving-hn-camr-omoa')
    .filter({ hasText: /acusó recibo/ })
    .waitFor()
  const protection = await person('oficial.hn')
  await openCase(protection, reference)
  expect(await protection.getByTestId('case-page').getAttribute('data-status')).toBe('sent')
  await protection.getByTestId('step-acknowledge').click()
  await atStatus(page, 'acknowledged')
  await reception.getByTestId('step-arrive').click()
  await atStatus(reception, 'arrived')
  await reception.getByTestId('step-receive').click()
  for (const [key, n] of [
    ['adults', '29'],
    ['families', '4'],
    ['unaccompanied_children', '2'],
    ['medical_needs', '1'],
  ] as const)
    await reception.getByTestId(`step-count-${key}`).fill(n)
  await reception.getByTestId('step-confirm').click()
  // One adult is missing: that has to be meant.
  await reception.getByTestId('step-sheet').getByRole('alert').waitFor()
  await keepScreenshot(reception, '56-recibidos-no-coinciden')
  await reception.getByTestId('step-confirm').click()
  await atStatus(page, 'received')
  // How many came is said to people, in an encrypted note.
  await page.getByTestId('case-note').filter({ hasText: /29/ }).first().waitFor()
  await keepScreenshot(page, '57-grupo-recibido')
  // 8.12: no server can read by where and in what they come, nor that children do.
  for (const { dataDir } of [network.hn, network.gt])
    for (const word of ['agua_caliente', 'official_vehicle', 'unaccompanied_children', 'expected_ts']) {
      const found = execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', word, dataDir])
      expect(found.toString(), word).toBe('')
    }
})

test('a person in a case twice is noticed on the device, before and after sending', async () => {
  const page = await person('albergue.gt')
  await toBoard(page)
  await page.getByTestId('case-new').click()
  const topic = page.getByTestId('case-new-documentation')
  await topic.or(page.getByTestId('case-kind')).first().waitFor()
  if (await topic.isVisible()) await topic.click()
  await certificate(page, 'hn-rnp-sps')
  await page.getByTestId('case-similar').waitFor()
  await page.getByTestId('case-similar').scrollIntoViewIfNeeded()
  await keepScreenshot(page, '58-posible-duplicado-telefono')
})

test('the keyboard goes through the board; no page threw an error', async () => {
  const page = await person('coordinacion.hn')
  await page.getByTestId('board-open').click()
  await page.getByTestId('board-tab-all').click()
  await expect.poll(() => page.getByTestId('case-tile').count()).toBe(2)
  await page.locator('[data-tile-open]').first().focus()
  const first = await page.evaluate('document.activeElement.dataset.tileOpen')
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => page.evaluate('document.activeElement.dataset.tileOpen')).not.toBe(first)
  await page.keyboard.press('x')
  await page.getByTestId('bulk').waitFor()
  await keepScreenshot(page, '59-tablero-teclado')
  await page.keyboard.press('Enter')
  await page.getByTestId('case-page').waitFor()
  for (const [name, { errors }] of Object.entries(people)) expect(errors, name).toEqual([])
})
