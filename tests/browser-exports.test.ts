/** A case of two nodes leaves as one file, and the file is verified as a court would: without a node and without a network. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXAMPLE_PASSPHRASE } from '@enlace/dev-network/coordinators'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { login, matrixRequest } from '@enlace/dev-network/matrix'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  openChannel,
  PHONE,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { chooseField, fillField, pickInstitution, pickKind, submitCase } from './support/case-form.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const ENLACE = new URL('../apps/homeserver/src/enlace.ts', import.meta.url).pathname
const NOTE = 'La partida PLANTADA está en el libro doce.'
/** One page, as a reader has to mend it: without a table of what is where. */
const DOCUMENT = `%PDF-1.7
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 306 396]/Contents 4 0 R>>endobj
4 0 obj<</Length 32>>stream
40 200 200 120 re f % de prueba
endstream endobj
trailer<</Root 1 0 R>>`

let network: TestNetwork
let browser: Browser
let folder: string
const people: Record<string, Visitor> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlace-exports-'))
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
  await rm(folder, { recursive: true, force: true })
})
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const [name, { page }] of Object.entries(people)) await keepScreenshot(page, `exports-falla-${name}`)
})

async function person(user: string, viewport = DESKTOP): Promise<Page> {
  const known = people[user]
  if (known) return known.page
  const node = user.endsWith('.hn') ? network.hn : network.gt
  people[user] = await visit(browser, node.baseUrl, viewport)
  await signInPage(people[user].page, user)
  return people[user].page
}

async function openNewest(page: Page): Promise<string> {
  const bar = page.getByTestId('board-open')
  for (let back = 0; back < 3 && !(await bar.isVisible()); back++) await page.getByTestId('back').click()
  await bar.click()
  await page.getByTestId('board-tab-all').click()
  const tile = page.locator('[data-testid="case-tile"][data-reference^="DOC-"]').first()
  await tile.waitFor()
  const reference = (await tile.getAttribute('data-reference'))!
  await tile.getByTestId('case-open').click()
  await page.getByTestId('case-page').waitFor()
  return reference
}

/** As whoever has the file does it. */
async function verify(file: string): Promise<{ code: number; said: string }> {
  const program = spawn(process.execPath, [ENLACE, 'exports', 'verify', file, '--lang', 'es'])
  let said = ''
  for (const output of [program.stdout, program.stderr])
    output.on('data', (part) => {
      said += String(part)
    })
  const [code] = (await once(program, 'close')) as [number]
  return { code, said }
}

async function download(page: Page, name: string): Promise<string> {
  const started = page.waitForEvent('download')
  await page.getByTestId('export-save').click()
  const file = join(folder, name)
  await (await started).saveAs(file)
  return file
}

async function looks(page: Page, name: string, part: string): Promise<void> {
  for (const [viewport, colorScheme] of [
    [PHONE, 'dark'],
    [DESKTOP, 'light'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `exports-${name}-${viewport.width}-${colorScheme}`)
    expect(await axeViolations(page, part)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect(wide).toBeLessThanOrEqual(0)
  }
}

test('a case is opened in Guatemala and answered in Honduras, with a note and a document', async () => {
  const page = await person('coordinacion.gt')
  await openChannel(page, 'documentation')
  await page.getByTestId('channel-new-case').click()
  await pickKind(page, 'birth_certificate')
  await pickInstitution(page, 'hn-rnp-sps')
  for (const [field, value] of [
    ['given_names', 'Persona'],
    ['surnames', 'De Prueba'],
    ['birth_date', '1990-03-14'],
    ['birth_municipality', 'Omoa'],
  ] as const)
    await fillField(page, field, value)
  await chooseField(page, 'purpose', 'identity')
  await chooseField(page, 'consent', 'holder')
  await fillField(page, 'consent_date', '2026-01-15')
  await submitCase(page)
  await page.locator('[data-testid="case-tile"][data-reference^="DOC-"]').waitFor()

  const registry = await person('registro.hn')
  await openNewest(registry)
  await registry.getByTestId('step-acknowledge').click()
  await registry.getByTestId('step-accept').click()
  await registry.getByTestId('step-start').click()
  await registry.getByTestId('case-note-input').fill(NOTE)
  await registry.getByTestId('case-note-send').click()
  await registry.getByTestId('case-note').filter({ hasText: 'PLANTADA' }).waitFor()
  await registry.getByTestId('step-issue').click()
  await registry
    .getByTestId('step-file')
    .setInputFiles({ name: 'partida.pdf', mimeType: 'application/pdf', buffer: Buffer.from(DOCUMENT) })
  await registry.getByTestId('step-confirm').click()
  await registry.locator('[data-testid="case-page"][data-status="issued"]').waitFor()
  // As a document in a message: its first page, and page by page for who opens it.
  const first = registry.locator('[data-testid=case-document] [data-testid=attachment-document]')
  await first.locator('img').waitFor()
  expect(await first.getAttribute('aria-label')).toMatch(/partida\.pdf, 1 página/)
  await first.click()
  await registry.locator('[data-testid=document-page][data-drawn="1"] canvas').waitFor()
  await keepScreenshot(registry, 'exports-documento-del-caso')
  await registry.keyboard.press('Escape')
  // Staff read it, and let nothing leave.
  expect(await registry.getByTestId('case-export').count()).toBe(0)
})

test('it is exported, verified offline, and a forgery is found', async () => {
  const page = await person('coordinacion.gt')
  const reference = await openNewest(page)
  await page.locator('[data-testid="case-page"][data-status="issued"]').waitFor()
  await page.getByTestId('case-note').filter({ hasText: 'PLANTADA' }).waitFor()
  await page.getByTestId('case-export').click()
  await page.getByTestId('export-recipient').fill('Juzgado de prueba, oficio 12')
  await looks(page, 'pedir', '[data-testid=confirm-dialog]')
  await page.getByTestId('confirm-password').fill('no es esta')
  await page.getByTestId('confirm-submit').click()
  await page.getByTestId('confirm-dialog').getByRole('alert').waitFor()
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await page.getByTestId('confirm-submit').click()
  await page.getByTestId('export-made').waitFor()
  await looks(page, 'listo', '[data-testid=export-run]')
  const file = await download(page, 'caso.zip')

  const good = await verify(file)
  expect(good.said).toContain('Bien')
  expect(good.said).toContain(`Firma la lista de archivos el servidor ${network.gt.serverName}`)
  expect(good.said).toMatch(new RegExp(`${reference}: .*0 que el dispositivo no pudo abrir; 1 adjuntos`))
  expect(good.said).not.toContain('NO está')
  expect(good.code).toBe(0)

  const files = unzipSync(await readFile(file))
  const document = strFromU8(files['expediente.html']!)
  for (const text of [
    reference,
    'Juzgado de prueba, oficio 12',
    'PLANTADA',
    'Exported case file',
    'partida.pdf',
  ])
    expect(document).toContain(text)
  const attached = Object.keys(files).find((name) => name.includes('/adjuntos/'))!
  expect(strFromU8(files[attached]!)).toBe(DOCUMENT)

  const texts = Object.keys(files).find((name) => name.endsWith('texts.json'))!
  const forged = join(folder, 'falso.zip')
  await writeFile(
    forged,
    zipSync({ ...files, [texts]: strToU8(strFromU8(files[texts]!).replace('libro doce', 'libro trece')) }),
  )
  const found = await verify(forged)
  expect(found.said).toContain(`NO: El archivo ${texts} no es el que se exportó`)
  expect(found.code).toBe(3)
})

test('everybody in the case sees that it left, and the log of the node has it', async () => {
  const page = await person('coordinacion.gt')
  await page.getByTestId('export-run').getByRole('button', { name: 'Cerrar' }).last().click()
  const registry = await person('registro.hn')
  for (const one of [page, registry])
    await one
      .locator('[data-testid=case-exported][data-purpose=court]')
      .filter({ hasText: 'oficio 12' })
      .waitFor()
  const { baseUrl, accessToken } = await login(network.gt.baseUrl, 'coordinacion.gt', DEMO_PASSWORD)
  const path = '/_enlace/client/v1/institution/activity?group=export'
  const acts = await eventually('the act', async () => {
    const { entries } = (await matrixRequest(baseUrl, 'GET', path, undefined, accessToken)) as {
      entries: { act: string; facts: { purpose?: string; manifest?: string } }[]
    }
    return entries.length >= 2 && entries
  })
  expect(acts.map(({ act }) => act)).toEqual(['export.case', 'export.case'])
  expect(acts.map(({ facts }) => Boolean(facts.manifest))).toEqual([true, false])
})

test('with the institution’s key the institution signs; what is withheld is said and not there', async () => {
  const page = await person('coordinacion.gt')
  await page.getByTestId('back').click()
  await page.getByTestId('settings-open').click()
  await page.getByTestId('institution-open').click()
  await page.getByTestId('key-open').click()
  await page
    .getByTestId('key-file')
    .setInputFiles(join(network.dataDir, 'instituciones-de-ejemplo/gt-sbs.llave.json'))
  await page.getByTestId('key-passphrase').fill(EXAMPLE_PASSPHRASE)
  await page.getByTestId('key-open-submit').click()
  await page.locator('[data-testid=key-card][data-kind=good]').waitFor()
  await openNewest(page)
  await page.getByTestId('case-export').click()
  await page.getByTestId('export-purpose-person').check()
  await page.getByTestId('export-withhold-notes').check()
  await page.getByTestId('export-withhold-others').check()
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await page.getByTestId('confirm-submit').click()
  await page.locator('[data-testid=export-made][data-signed-by=institution]').waitFor()
  const file = await download(page, 'persona.zip')
  const { said, code } = await verify(file)
  expect(said).toContain('la institución gt-sbs, con su clave')
  expect(said).toContain('1 reservados')
  expect(code).toBe(0)
  for (const bytes of Object.values(unzipSync(await readFile(file))))
    expect(strFromU8(bytes)).not.toContain('PLANTADA')
  await page.getByTestId('export-run').getByRole('button', { name: 'Cerrar' }).last().click()
  await page.locator('[data-testid=case-exported][data-purpose=person]').waitFor()
})

test('a person has their own data in one file', async () => {
  const page = await person('registro.hn')
  await page.getByTestId('back').click()
  await page.getByTestId('settings-open').click()
  await page.getByTestId('own-data').scrollIntoViewIfNeeded()
  await looks(page, 'mis-datos', '[data-testid=own-data]')
  await page.getByTestId('own-data-open').click()
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await page.getByTestId('confirm-submit').click()
  await page.getByTestId('export-made').waitFor()
  const file = await download(page, 'mis-datos.zip')
  expect((await verify(file)).code).toBe(0)
  const files = unzipSync(await readFile(file))
  expect(strFromU8(files['messages.json']!)).toContain('PLANTADA')
  const lines = strFromU8(files['account.jsonl']!).trim().split('\n')
  const sections = lines.map((line) => (JSON.parse(line) as { section: string }).section)
  for (const wanted of ['account', 'profile', 'session', 'membership', 'activity'])
    expect(sections).toContain(wanted)
  for (const { errors } of Object.values(people)) expect(errors).toEqual([])
})
