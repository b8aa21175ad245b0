/**
 * A day at the border, in browsers on two nodes: a shelter asks the Honduran civil registry for a child's birth
 * certificate; nobody answers; the call climbs to the duty official, who takes it; the document arrives encrypted; the
 * court case that waited for it moves. Names planted in it are in neither database.
 */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  choose,
  chosen,
  keepScreenshot,
  launchBrowser,
  openChannel,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { chooseField, fillField, pickInstitution, pickKind, submitCase } from './support/case-form.ts'
import { setClock } from './support/escalations.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
/** Words that must never be in a database: of the form, of a note, of a file and of its name. */
const PLANTED = ['Xochiquetzalli', 'Tlapanochtli', 'Quauhtemallan', 'Ixchelmazatl', 'Nezahualpilli']
const [GIVEN, SURNAME, MOTHER, NOTE, FILE] = PLANTED as [string, string, string, string, string]
const DOCUMENT = `%PDF-1.4\n% certificación de ${GIVEN} ${SURNAME}\n`

let network: TestNetwork
let browser: Browser
let shelter: Visitor
let registrar: Visitor
let court: Visitor
let official: Visitor
let certificate: string
let returning: string

beforeAll(async () => {
  const shiftedClock = fileURLToPath(new URL('./support/shifted-clock.ts', import.meta.url))
  network = await startTestNetwork({ webRoot, nodeFlags: ['--import', shiftedClock] })
  browser = await launchBrowser()
  await shortTimes()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** What each person saw when something failed. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, visitor] of Object.entries({ shelter, registrar, court, official }))
    if (visitor) await keepScreenshot(visitor.page, `30-falla-${name}`)
})

/** The coordination lets a certificate's acknowledgement lapse after a minute, then the registry is called, and an hour later the official. */
async function shortTimes(): Promise<void> {
  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const response = await fetch(`${network.hn.baseUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const answer = (await response.json()) as Record<string, string>
    expect(response.status, JSON.stringify(answer)).toBe(200)
    return answer
  }
  const { access_token: token } = await call('POST', '/_matrix/client/v3/login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'coordinacion.hn' },
    password: DEMO_PASSWORD,
  })
  const alias = encodeURIComponent(`#documentation:${network.hn.serverName}`)
  const { room_id: room } = await call('GET', `/_matrix/client/v3/directory/room/${alias}`, undefined, token)
  const state = `/_matrix/client/v3/rooms/${encodeURIComponent(room!)}/state`
  const minute = { high: { minutes: 1, time: 'clock' } }
  await call(
    'PUT',
    `${state}/org.enlace.case.targets/`,
    { acknowledge: { birth_certificate: minute } },
    token,
  )
  await call(
    'PUT',
    `${state}/org.enlace.escalation.chain/`,
    { national_liaison: { within_minutes: { high: 1 } } },
    token,
  )
}

const pick = chooseField
const fill = fillField

async function openCase(page: Page, reference: string): Promise<void> {
  // On a phone the bar is on the list of channels only; the shelter is at the board already.
  const bar = page.getByTestId('board-open')
  if (await bar.isVisible()) await bar.click()
  await page.getByTestId('board-tab-all').click()
  await page
    .locator(`[data-testid="case-tile"][data-reference="${reference}"] [data-testid="case-open"]`)
    .click()
  await page.getByTestId('case-page').waitFor()
}

const atStatus = (page: Page, status: string) =>
  page.locator(`[data-testid="case-page"][data-status="${status}"]`).waitFor()

test('a shelter asks for a certificate on a phone; what is missing is said, nothing typed is lost', async () => {
  // The registry has been on the network before: a device that comes later has no key for what was sent.
  registrar = await visit(browser, network.hn.baseUrl)
  await signInPage(registrar.page, 'registro.hn')
  shelter = await visit(browser, network.gt.baseUrl, PHONE)
  const { page } = shelter
  await signInPage(page, 'albergue.gt')
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await pickKind(page, 'birth_certificate')
  await pickInstitution(page, 'hn-rnp-sps')
  await fill(page, 'given_names', GIVEN)
  await submitCase(page)
  await page.locator('[data-testid="field-surnames"][aria-invalid="true"]').waitFor()
  await keepScreenshot(page, '30-caso-faltan-datos-telefono')
  await page.reload()
  await page.getByTestId('new-case').waitFor()
  expect(await page.getByTestId('field-given_names').inputValue()).toBe(GIVEN)
  await fill(page, 'surnames', SURNAME)
  await fill(page, 'birth_date', '2018-03-14')
  await pick(page, 'birth_country', 'HN')
  await fill(page, 'birth_municipality', 'Omoa')
  await fill(page, 'mother_name', MOTHER)
  await pick(page, 'purpose', 'court')
  await pick(page, 'consent', 'guardian')
  await fill(page, 'consent_date', '2026-01-15')
  expect(await chosen(page.getByTestId('case-priority'))).toBe('high')
  await page.getByTestId('case-deadline').scrollIntoViewIfNeeded()
  await keepScreenshot(page, '31-caso-plazo-telefono')
  await submitCase(page)
  const tile = page.getByTestId('case-tile').first()
  await tile.waitFor()
  certificate = (await tile.getAttribute('data-reference'))!
  expect(certificate).toMatch(/^DOC-\d{4}-\d{6}$/)
  await keepScreenshot(page, '32-tablero-telefono')
})

test('a court opens the case of the child, which waits for that certificate', async () => {
  court = await visit(browser, network.gt.baseUrl)
  const { page } = court
  await signInPage(page, 'juzgado.gt')
  await openChannel(page, 'minors')
  await page.getByTestId('channel-new-case').click()
  await pickKind(page, 'child_return')
  await page.getByTestId('case-step-institution').click()
  await page.locator('.choice-card[data-testid^="institution-"]').first().click()
  await fill(page, 'given_names', GIVEN)
  await fill(page, 'surnames', SURNAME)
  await fill(page, 'birth_date', '2018-03-14')
  await pick(page, 'nationality', 'HN')
  await fill(page, 'found_at', '2026-01-14T09:30')
  await fill(page, 'found_place', 'Puerto Barrios')
  await pick(page, 'accompanied', 'alone')
  await fill(page, 'current_place', 'Entre Ríos')
  await pick(page, 'medical_needs', 'no')
  await pick(page, 'consent', 'authority')
  await fill(page, 'consent_date', '2026-01-15')
  await fill(page, 'consent_basis', 'Juzgado de la Niñez')
  await page.getByTestId('link-search').fill(certificate)
  await page.getByTestId(`link-found-${certificate}`).click()
  await page.getByTestId('draft-link').waitFor()
  await submitCase(page)
  const tile = page.locator('[data-testid="case-tile"][data-reference^="NNA-"]')
  await tile.waitFor()
  returning = (await tile.getAttribute('data-reference'))!
  await tile.getByTestId('case-open').click()
  await atStatus(page, 'identified')
  await page.getByTestId('step-protect').click()
  await choose(page.getByTestId('step-document-type'), 'protection_measure')
  await page
    .getByTestId('step-file')
    .setInputFiles({ name: 'medida.pdf', mimeType: 'application/pdf', buffer: Buffer.from(DOCUMENT) })
  await keepScreenshot(page, '33-medida-de-proteccion')
  await page.getByTestId('step-confirm').click()
  await atStatus(page, 'in_protective_care')
  await page
    .getByTestId('case-document')
    .filter({ hasText: /medida\.pdf/ })
    .waitFor()
  await page
    .locator('[data-testid="case-link"][data-rel="waits_for"]')
    .filter({ hasText: certificate })
    .waitFor()
  await keepScreenshot(page, '33-caso-de-nina-espera')
})

test('nobody answers: the call climbs to the duty official, who takes it', async () => {
  await registrar.page.getByTestId('board-waiting').filter({ hasText: '1' }).waitFor()
  await keepScreenshot(registrar.page, '34-aviso-de-caso')
  await openChannel(registrar.page, 'documentation')
  await registrar.page.getByTestId('case-card').filter({ hasText: certificate }).waitFor()
  await keepScreenshot(registrar.page, '34-caso-en-el-canal')
  // The registry has an hour, which nobody but itself may change: it passes on the clock of the node that raised the call.
  await registrar.page.getByTestId('alert-banner').first().waitFor({ timeout: 170_000 })
  await setClock(network.gt, 62 * 60_000)
  official = await visit(browser, network.hn.baseUrl)
  await signInPage(official.page, 'oficial.hn')
  await official.page.getByTestId('alert-banner').first().waitFor({ timeout: 170_000 })
  await keepScreenshot(official.page, '35-llamado-al-oficial')
  await official.page.getByTestId('alert-acknowledge').first().click()
  await official.page.getByTestId('alert-banner').waitFor({ state: 'detached' })
  await openCase(shelter.page, certificate)
  await shelter.page
    .getByTestId('history-escalation')
    .filter({ hasText: /Oficial de turno Honduras/ })
    .waitFor()
  await keepScreenshot(shelter.page, '36-escalado-y-atendido-telefono')
  // The official's device came after the form was sent: it asks, and is sent it.
  await openCase(official.page, certificate)
  await official.page.getByTestId('details-ask').click()
  await shelter.page.getByTestId('case-note').first().waitFor()
  await shelter.page.getByTestId('details-share').click()
  await official.page.getByTestId('detail-given_names').filter({ hasText: GIVEN }).waitFor()
  // It is late and stays on the board until somebody acts, the acknowledgement of the call notwithstanding.
  await registrar.page.getByTestId('board-open').click()
  await registrar.page.getByTestId('board-tab-overdue').click()
  await registrar.page.locator(`[data-reference="${certificate}"]`).waitFor()
  await keepScreenshot(registrar.page, '37-atrasados')
})

test('the registry acknowledges in bulk, then issues the document, which arrives encrypted', async () => {
  const { page } = registrar
  await page.locator(`[data-reference="${certificate}"]`).getByTestId('case-select').check()
  await page.getByTestId('bulk-acknowledge').click()
  await page
    .getByTestId('bulk-result')
    .filter({ hasText: /1 caso/ })
    .waitFor()
  await page.getByTestId('bulk-close').click()
  await openCase(page, certificate)
  await atStatus(page, 'acknowledged')
  await page.getByTestId('detail-given_names').filter({ hasText: GIVEN }).waitFor()
  await page.getByTestId('step-accept').click()
  await atStatus(page, 'accepted')
  await page.getByTestId('step-start').click()
  await atStatus(page, 'in_process')
  await page.getByTestId('case-note-input').fill(`La madre firma hoy: ${NOTE}`)
  await page.getByTestId('case-note-send').click()
  await page.getByTestId('case-note').filter({ hasText: NOTE }).waitFor()
  await page.getByTestId('step-issue').click()
  await page.getByTestId('step-confirm').click()
  await page.getByTestId('step-sheet').getByRole('alert').waitFor()
  await page
    .getByTestId('step-file')
    .setInputFiles({ name: `${FILE}.pdf`, mimeType: 'application/pdf', buffer: Buffer.from(DOCUMENT) })
  await keepScreenshot(page, '38-emitir')
  await page.getByTestId('step-confirm').click()
  await atStatus(page, 'issued')
  await keepScreenshot(page, '39-caso-emitido')

  const phone = shelter.page
  await atStatus(phone, 'issued')
  await phone.getByTestId('case-note').filter({ hasText: NOTE }).waitFor()
  const [download] = await Promise.all([
    phone.waitForEvent('download'),
    phone.getByTestId('case-document').getByTestId('attachment-file').click(),
  ])
  expect(download.suggestedFilename()).toBe(`${FILE}.pdf`)
  expect(await readFile(await download.path(), 'utf8')).toBe(DOCUMENT)
  await phone.getByTestId('case-document').scrollIntoViewIfNeeded()
  await keepScreenshot(phone, '40-documento-en-el-telefono')
  await phone.getByTestId('step-deliver').click()
  await choose(phone.getByTestId('step-delivered-to'), 'guardian')
  await choose(phone.getByTestId('step-identity-check'), 'identity_document')
  await phone.getByTestId('step-confirm').click()
  await atStatus(phone, 'delivered')
})

test('the court case that waited moves on, and its file can be printed and made a PDF', async () => {
  const { page } = court
  await page
    .getByTestId('case-link')
    .filter({ hasText: /puede continuar/ })
    .waitFor()
  await page.getByTestId('step-present_to_court').click()
  await page.getByTestId('step-confirm').click()
  await atStatus(page, 'before_court')
  await page.getByTestId('step-order_return').click()
  await page
    .getByTestId('step-file')
    .setInputFiles({ name: 'resolucion.pdf', mimeType: 'application/pdf', buffer: Buffer.from(DOCUMENT) })
  await page.getByTestId('step-confirm').click()
  await atStatus(page, 'return_ordered')
  await keepScreenshot(page, '41-retorno-ordenado')

  await page.evaluate("window.print = () => document.body.setAttribute('data-printed', 'yes')")
  await page.getByTestId('case-print').click()
  await page.locator('body[data-printed="yes"]').waitFor()
  const paper = (await page.getByTestId('printed-case').textContent())!
  for (const words of [returning, GIVEN, SURNAME, certificate, 'retorno ordenado', 'Resolución judicial'])
    expect(paper).toContain(words)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('case-pdf').click()])
  expect(download.suggestedFilename()).toBe(`${returning}.pdf`)
  const bytes = await readFile(await download.path())
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')
  expect(bytes.length).toBeGreaterThan(5_000)
  await writeFile(join(fileURLToPath(new URL('artifacts', import.meta.url)), 'expediente.pdf'), bytes)
  await page.emulateMedia({ media: 'print' })
  await keepScreenshot(page, '42-expediente-impreso')
  await page.emulateMedia({ media: null })
})

test('board, measures and export say the same', async () => {
  const { page } = official
  await page.getByTestId('board-open').click()
  await page.getByTestId('board-tab-all').click()
  await page.locator(`[data-reference="${certificate}"][data-status="delivered"]`).waitFor()
  await keepScreenshot(page, '43-tablero')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('board-export').click(),
  ])
  const csv = await readFile(await download.path(), 'utf8')
  expect(csv).toContain(certificate)
  for (const word of PLANTED) expect(csv).not.toContain(word)
  await page.getByTestId('measures-open').click()
  await page.getByText('De enviada a entregada').first().waitFor()
  await keepScreenshot(page, '44-medidas')
})

test('no page threw an error, and neither node holds the words', async () => {
  for (const visitor of [shelter, registrar, court, official]) expect(visitor.errors).toEqual([])
  for (const node of [network.hn, network.gt]) {
    for (const words of PLANTED) {
      const found = execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', words, node.dataDir])
      expect(found.toString(), words).toBe('')
    }
  }
})
