import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  choose,
  chosen,
  keepScreenshot,
  launchBrowser,
  message,
  offered,
  openChannel,
  PHONE,
  signInPage,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

const webRoot = fileURLToPath(new URL('../apps/web/dist', import.meta.url))
const REQUEST = 'Solicito la partida de nacimiento, tomo 88 Zacualtipan'
const ANSWER = 'Recibido: la enviamos hoy, firma Yoyontzin'

let network: TestNetwork
let browser: Browser
let registrar: Visitor
let court: Visitor
let official: Visitor
let coordinator: Visitor

beforeAll(async () => {
  network = await startTestNetwork({ webRoot })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

test('a wrong password is refused with a sentence in Spanish', async () => {
  registrar = await visit(browser, network.hn.baseUrl)
  const { page } = registrar
  await page.getByTestId('sign-in-user').fill('registro.hn')
  await page.getByTestId('sign-in-password').fill('equivocada')
  await page.getByTestId('sign-in-submit').click()
  await page
    .getByRole('alert')
    .filter({ hasText: /contraseña/i })
    .waitFor()
  await keepScreenshot(page, '01-contrasena-equivocada')
})

test('two people on two nodes talk in an encrypted channel, each in a browser', async () => {
  await signInPage(registrar.page, 'registro.hn')
  // Every channel is known for what it is from the first answer on.
  for (const topic of ['documentation', 'minors'])
    await registrar.page.getByTestId(`channel-${topic}`).waitFor()
  await keepScreenshot(registrar.page, '02-canales')
  court = await visit(browser, network.gt.baseUrl, PHONE)
  await signInPage(court.page, 'juzgado.gt')
  await keepScreenshot(court.page, '03-canales-telefono')
  await openChannel(registrar.page, 'documentation')
  await openChannel(court.page, 'documentation')
  await write(court.page, REQUEST)
  await message(registrar.page, REQUEST).waitFor()
  await write(registrar.page, ANSWER)
  await message(court.page, ANSWER).waitFor()
  await message(court.page, REQUEST).locator('[data-testid="message-state"][data-state="read"]').waitFor()
  await keepScreenshot(registrar.page, '04-conversacion')
  await keepScreenshot(court.page, '05-conversacion-telefono')
})

test('an urgent call reaches the other side, stays, and everyone sees who acknowledged it', async () => {
  official = await visit(browser, network.hn.baseUrl)
  await signInPage(official.page, 'oficial.hn')
  await message(court.page, REQUEST).getByTestId('message-urgent').click()
  // A list inside of a dialog is clicked as one anywhere else, and leaves the dialog usable.
  const whom = court.page.getByTestId('urgent-whom')
  await choose(whom, { index: 1 })
  await expect.poll(() => chosen(whom)).not.toBe('')
  expect((await offered(whom)).length).toBeGreaterThan(2)
  await court.page.getByTestId('urgent-dialog').waitFor()
  await expect.poll(() => whom.evaluate((element) => element.matches(':focus'))).toBe(true)
  await choose(whom, '')
  await expect.poll(() => chosen(whom)).toBe('')
  await court.page.getByTestId('urgent-confirm').click()
  await official.page.getByTestId('alert-banner').first().waitFor()
  await keepScreenshot(official.page, '06-alerta-urgente')
  await official.page.reload()
  await official.page.getByTestId('alert-banner').first().waitFor()
  await official.page.getByTestId('alert-acknowledge').first().click()
  await official.page.getByTestId('alert-banner').waitFor({ state: 'detached' })
  for (const { page } of [court, registrar]) {
    await page
      .getByTestId('escalation')
      .filter({ hasText: /Oficial de turno Honduras/ })
      .first()
      .waitFor()
  }
  await keepScreenshot(court.page, '07-alerta-atendida-telefono')
  await keepScreenshot(registrar.page, '09-alerta-atendida')
})

test('a coordinator removes a member and is told why another cannot be invited', async () => {
  coordinator = await visit(browser, network.hn.baseUrl)
  const { page } = coordinator
  await signInPage(page, 'coordinacion.hn')
  await openChannel(page, 'minors')
  await page.getByTestId('members-open').click()
  await page.getByTestId('invite-open').click()
  await page.getByTestId('invite-input').fill(`@albergue.gt:${network.gt.serverName}`)
  await page.getByTestId('invite-submit').click()
  await page
    .getByRole('alert')
    .filter({ hasText: /albergue|organización|política|admite/i })
    .waitFor()
  await keepScreenshot(page, '08-invitacion-rechazada')
  await page.keyboard.press('Escape')
  const member = page.getByTestId('member').filter({ hasText: 'Registro civil, RENAP' })
  await member.getByTestId('member-remove').click()
  await page.getByTestId('member-remove-confirm').click()
  await member.waitFor({ state: 'detached' })
})

test('no page threw an error, and neither node holds the words', async () => {
  for (const visitor of [registrar, court, official, coordinator]) expect(visitor.errors).toEqual([])
  for (const node of [network.hn, network.gt]) {
    for (const words of ['Zacualtipan', 'Yoyontzin']) {
      const found = execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', words, node.dataDir])
      expect(found.toString()).toBe('')
    }
  }
})
