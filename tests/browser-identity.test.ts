import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { call, login } from '@enlace/dev-network/matrix'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DESKTOP,
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
import { askWithPassword, newIdentity, operatorTakesCode } from './support/identity.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'
import { signIn } from './support/sdk-client.ts'

/** Somebody starts again with new keys: who is asked, who decides, what others see. On two nodes, in real browsers. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let browser: Browser
/** The consulate's telephone, with the account's first identity; and its new one, with nothing. */
let before: Visitor
let consul: Visitor
let coordinator: Visitor
let clerk: Visitor
let court: Visitor
const all = () => [before, consul, coordinator, clerk, court].filter((one) => one !== undefined)

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  const first = await signIn(network.gt.baseUrl, 'juzgado.gt')
  await newIdentity(first)
  before = await visit(browser, network.hn.baseUrl, PHONE)
  await signInPage(before.page, 'consulado.hn')
  coordinator = await visit(browser, network.hn.baseUrl, DESKTOP)
  await signInPage(coordinator.page, 'coordinacion.hn')
  clerk = await visit(browser, network.gt.baseUrl, DESKTOP, { colorScheme: 'dark' })
  await signInPage(clerk.page, 'registro.gt')
  // Everybody has seen everybody as they are.
  for (const [one, words] of [
    [coordinator, 'Buenos días a todos'],
    [clerk, 'Buenos días desde Guatemala'],
  ] as const) {
    await openChannel(one.page, 'documentation')
    await write(one.page, words)
    await message(one.page, words).waitFor()
  }
  await message(coordinator.page, 'Buenos días desde Guatemala').waitFor()
  first.stop()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** From signing in on a new device to the code that has to be read out. */
async function startAgain({ page }: Visitor): Promise<string> {
  await page.getByTestId('recovery-confirm').click()
  await page.getByTestId('recovery-again').click()
  await page.getByTestId('recovery-again-password').fill(DEMO_PASSWORD)
  await page.getByTestId('recovery-again-submit').click()
  return codeOn(page)
}
const codeOn = async (page: Page) => {
  const text = (await page.getByTestId('restart-code').textContent()) ?? ''
  return /(\d{4} ){5}\d{4}/.exec(text)![0]
}
/** The key that is shown once when the device has taken the new identity on. */
async function finished({ page }: Visitor): Promise<void> {
  await page.getByTestId('recovery-key').waitFor()
  await page.getByTestId('recovery-later').click()
}

describe('8.3: starting again', () => {
  let code: string

  test('a password is not enough: the person sees what to do, and their other device asks whether it is them', async () => {
    consul = await visit(browser, network.hn.baseUrl, PHONE)
    await signInPage(consul.page, 'consulado.hn')
    code = await startAgain(consul)
    await consul.page.getByText('Coordinación Honduras').first().waitFor()
    await keepScreenshot(consul.page, '70-empezar-de-nuevo-codigo-telefono')

    const asked = before.page.getByTestId('own-asked')
    await asked.waitFor()
    await keepScreenshot(before.page, '71-fue-usted-telefono')
    await asked.getByTestId('own-mine').click()
    await asked.waitFor({ state: 'detached' })
  })

  test('it goes on waiting over a reload, with the same code', async () => {
    const { page } = consul
    await page.reload()
    await page.getByTestId('restart-open').click()
    expect(await codeOn(page)).toBe(code)
    await page.setViewportSize(DESKTOP)
    await page.emulateMedia({ colorScheme: 'dark' })
    await keepScreenshot(page, '70-empezar-de-nuevo-codigo-oscuro')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize(PHONE)
  })

  test('the coordinator is told, types the code and their own password; a wrong code approves nothing', async () => {
    const { page } = coordinator
    await page.getByTestId('resets-open').click()
    await page.getByTestId('reset').waitFor()
    await keepScreenshot(page, '72-solicitudes-escritorio')
    await page.getByTestId('reset-decide').click()
    await page.getByTestId('reset-code').fill('1234 5678 9012 3456')
    await page.getByTestId('reset-password').fill(DEMO_PASSWORD)
    await page.getByTestId('reset-approve').click()
    await page
      .getByTestId('reset-dialog')
      .getByText(/El código no coincide/)
      .waitFor()
    await keepScreenshot(page, '73-codigo-no-coincide')
    await page.getByTestId('reset-code').fill(code.replaceAll(' ', ''))
    await page.getByTestId('reset-password').fill('otra contraseña')
    await page.getByTestId('reset-approve').click()
    await page
      .getByTestId('reset-dialog')
      .getByText(/contraseña no es correcta/)
      .waitFor()
    await page.getByTestId('reset-password').fill(DEMO_PASSWORD)
    await page.setViewportSize(PHONE)
    await page.emulateMedia({ colorScheme: 'dark' })
    await keepScreenshot(page, '74-confirmar-telefono-oscuro')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize(DESKTOP)
    await page.getByTestId('reset-approve').click()
    await page.getByTestId('reset-done').waitFor()
    await page.getByTestId('reset-close').click()

    await finished(consul)
    await page.getByTestId('resets-none').waitFor()
    await page.reload()
    await page.locator('[data-testid="reset-decided"][data-state="done"]').waitFor()
    await keepScreenshot(page, '75-decidido-escritorio')
  })

  test('the device with the old identity is told that it is not confirmed any more', async () => {
    await before.page.getByTestId('security-banner').waitFor()
    expect(await before.page.getByTestId('security-banner').getAttribute('data-state')).toBe('unconfirmed')
    expect(await before.page.getByTestId('own-reset').count()).toBe(0)
    await before.context.close()
  })

  test('others go on, here and on the other node, because the coordinator signed; and they are told', async () => {
    const { page } = consul
    await openChannel(page, 'documentation')
    // What was written before comes from the coordinator's device, which has signed for the new identity.
    await message(page, 'Buenos días desde Guatemala').waitFor()
    for (const [one, words] of [
      [clerk, 'Partida de Ana, folio 12, Chiquimula'],
      [coordinator, 'Gracias, la recibo, Tegucigalpa'],
    ] as const) {
      if (one === coordinator) await openChannel(one.page, 'documentation')
      await write(one.page, words)
      await message(page, words).waitFor()
      expect(await one.page.getByTestId('hold').count()).toBe(0)
    }
    const told = clerk.page.getByTestId('identity-confirmed')
    await told.waitFor()
    expect(await told.textContent()).toMatch(/Consulado de Honduras.*Lo confirmó Coordinación Honduras/)
    await keepScreenshot(clerk.page, '76-identidad-confirmada-oscuro')
    await told.getByTestId('identity-confirmed-ok').click()
    await told.waitFor({ state: 'detached' })
    await write(page, 'Ya puedo escribir de nuevo, Omoa')
    await message(clerk.page, 'Ya puedo escribir de nuevo, Omoa').waitFor()
  })
})

describe('8.3: without a coordinator', () => {
  test('the operator takes the code; others are held until two people on two nodes compare pictures', async () => {
    court = await visit(browser, network.gt.baseUrl, DESKTOP)
    await court.page.getByTestId('language-switch').click()
    await signInPage(court.page, 'juzgado.gt')
    const code = await startAgain(court)
    await court.page
      .getByTestId('restart')
      .getByText(/operator of your institution/)
      .waitFor()
    await expect(operatorTakesCode(network.gt, 'juzgado.gt', '1234 5678 9012 3456')).rejects.toThrow(
      /no confirme/,
    )
    await operatorTakesCode(network.gt, 'juzgado.gt', code)
    await finished(court)

    const { page } = coordinator
    await openChannel(page, 'documentation')
    await write(page, 'Audiencia de la niña el martes, Izabal')
    const hold = page.getByTestId('hold')
    await hold.waitFor()
    expect(await hold.getAttribute('data-kind')).toBe('identity')
    await keepScreenshot(page, '77-identidad-cambiada')
    await page.getByTestId('hold-compare').click()
    await court.page.getByTestId('verify-accept').click()
    const pictures = async (one: Page) => {
      await one.getByTestId('verify-match').waitFor()
      const symbols = await one.locator('.emoji li span').allTextContents()
      return { symbols, names: await one.locator('.emoji li small').allTextContents() }
    }
    const [here, there] = [await pictures(page), await pictures(court.page)]
    await keepScreenshot(page, '78-comparar-dibujos-es')
    await court.page.setViewportSize(PHONE)
    await keepScreenshot(court.page, '79-comparar-dibujos-en-telefono')
    expect(here.symbols).toHaveLength(7)
    expect(here.symbols).toEqual(there.symbols)
    // Each in their own language; a few names are the same in both.
    const same = new Set(['Panda', 'Cactus', 'Pizza', 'Robot', 'Clip'])
    for (const [index, name] of here.names.entries())
      if (!same.has(name)) expect(name).not.toBe(there.names[index])
    await page.getByTestId('verify-match').click()
    await court.page.getByTestId('verify-match').click()
    for (const one of [page, court.page]) await one.getByTestId('verify-close').click()
    await hold.waitFor({ state: 'detached' })
    await openChannel(court.page, 'documentation')
    await message(court.page, 'Audiencia de la niña el martes, Izabal').waitFor()
  })
})

describe('hostile: a thief with the password (8.3)', () => {
  test('“No fui yo” on the person’s device stops it, signs the thief out and tells the coordination', async () => {
    const thief = await login(network.hn.baseUrl, 'consulado.hn', DEMO_PASSWORD)
    const { session, completed } = await askWithPassword(thief)
    expect(completed).toEqual(['m.login.password'])
    // Another client shows the node's page for the stage it does not know.
    const other = await visit(
      browser,
      `${network.hn.baseUrl}/_matrix/client/v3/auth/org.enlace.coordinator/fallback/web?session=${encodeURIComponent(session)}`,
      PHONE,
    )
    await other.page.getByText(/(\d{4} ){5}\d{4}/).waitFor()
    await keepScreenshot(other.page, '82-otra-aplicacion-telefono')
    await other.context.close()
    const { page } = consul
    await page.getByTestId('own-asked').waitFor()
    await page.getByTestId('own-not-mine').click()
    await page.getByTestId('own-stopped').waitFor()
    expect(await page.getByTestId('own-stopped').textContent()).toMatch(
      /Se detuvo.*Se avisó a su coordinación/,
    )
    await keepScreenshot(page, '80-no-fui-yo-telefono')
    await expect(call(thief, 'GET', '/account/whoami')).rejects.toMatchObject({ status: 401 })

    await page.getByTestId('own-password').fill(DEMO_PASSWORD)
    await page.getByTestId('own-new-password').fill('quetzal sobre el puente de Corinto')
    await page.getByTestId('own-end-confirm').click()
    await page.getByTestId('own-ended').waitFor()
    await coordinator.page.getByTestId('settings-open').click()
    await coordinator.page.getByTestId('resets-settings').click()
    await coordinator.page.locator('[data-testid="reset-decided"][data-state="reported"]').waitFor()
    expect(await coordinator.page.locator('[data-state="denied"]').count()).toBe(1)
    await keepScreenshot(coordinator.page, '81-coordinacion-avisada')
  })
})

test('no page failed', () => {
  for (const one of all()) expect(one.errors).toEqual([])
})
