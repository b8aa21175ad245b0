import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepKey,
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
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** What was written before opens for who comes later, and a way back is kept from the first day. Two nodes, real browsers. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const YESTERDAY = 'Ayer llegó el acta de Izabal'

let network: TestNetwork
let browser: Browser
/** Of the same institution as the consulate. */
let coordinator: Visitor
let consul: Visitor
let court: Visitor
let shelter: Visitor
let registrar: Visitor
let official: Visitor
const all = () =>
  [coordinator, consul, registrar, official, court, shelter].filter((one) => one !== undefined)

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  coordinator = await visit(browser, network.hn.baseUrl, DESKTOP)
  await signInPage(coordinator.page, 'coordinacion.hn')
  await openChannel(coordinator.page, 'documentation')
  await write(coordinator.page, YESTERDAY)
  await message(coordinator.page, YESTERDAY).waitFor()
  await write(coordinator.page, 'Y hoy el de Puerto Cortés')
  await message(coordinator.page, 'Y hoy el de Puerto Cortés').waitFor()
})

afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** A fingerprint reader that can work out secrets (WebAuthn `prf`). */
async function fingerprintReader(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      hasPrf: true,
      automaticPresenceSimulation: true,
    },
  })
}
async function signInOnly(page: Page, user: string): Promise<void> {
  await page.getByTestId('sign-in-user').fill(user)
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
}
async function signOut(page: Page): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/ajustes`)
  await page.getByTestId('sign-out').click()
  await page.getByTestId('sign-out-confirm').click()
  await page.getByTestId('sign-in-user').waitFor()
}

describe('11.2: history for who comes later', () => {
  test('a colleague’s device of the own institution opens it by itself, in place', async () => {
    consul = await visit(browser, network.hn.baseUrl, PHONE)
    await signInPage(consul.page, 'consulado.hn')
    await openChannel(consul.page, 'documentation')
    await consul.page.getByTestId('history-closed').waitFor()
    await keepScreenshot(consul.page, '140-historia-cerrada-telefono')
    expect(await axeViolations(consul.page)).toEqual([])
    await message(consul.page, YESTERDAY).waitFor()
    await consul.page.getByTestId('history-closed').waitFor({ state: 'detached' })
    await keepScreenshot(consul.page, '141-historia-abierta-telefono')
    // Nobody had to do anything.
    expect(await coordinator.page.getByTestId('history-asks').count()).toBe(0)
  })

  test('another institution is asked by the person, and opens it after a tap', async () => {
    registrar = await visit(browser, network.gt.baseUrl, PHONE, { colorScheme: 'dark' })
    const { page } = registrar
    await signInPage(page, 'registro.gt')
    // In the other language, all the way.
    await page.getByTestId('language-switch').click()
    await page.getByRole('heading', { name: 'Channels' }).waitFor()
    await openChannel(page, 'documentation')
    await page.getByTestId('history-ask-others').waitFor()
    await keepScreenshot(page, '142-historia-otra-institucion-telefono-oscuro')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('history-ask-others').click()
    await page.locator('[data-testid="history-closed"][data-state="asked"]').waitFor()
    await keepScreenshot(page, '143-historia-pedida-telefono-oscuro')

    const asks = coordinator.page.getByTestId('history-asks')
    await asks.getByText(/Registro civil, RENAP/).waitFor()
    await keepScreenshot(coordinator.page, '144-piden-historia-escritorio')
    expect(await axeViolations(coordinator.page)).toEqual([])
    expect(await message(page, YESTERDAY).count()).toBe(0)
    await coordinator.page.getByTestId('history-give').click()
    await coordinator.page.locator('[data-outcome="given"]').waitFor()
    await coordinator.page.keyboard.press('Escape')
    await message(page, YESTERDAY).waitFor()
    await asks.waitFor({ state: 'detached' })
    // The other one who was asked is told that it is done.
    await consul.page.getByTestId('history-asks').waitFor({ state: 'detached' })
  })

  test('whoever is invited reads what was written before they came', async () => {
    const { page } = coordinator
    const WHILE_AWAY = 'La familia llega el lunes por Corinto'
    official = await visit(browser, network.hn.baseUrl, PHONE)
    await signInPage(official.page, 'oficial.hn')
    await page.getByTestId('members-open').click()
    const row = page.locator('[data-testid="member"][data-user-id^="@oficial.hn:"]')
    await row.getByTestId('member-remove').click()
    await page.getByTestId('member-remove-confirm').click()
    await row.waitFor({ state: 'detached' })
    await official.page.getByTestId('channel-documentation').waitFor({ state: 'detached' })
    await page.getByTestId('members-close').click()
    await write(page, WHILE_AWAY)
    await message(page, WHILE_AWAY).waitFor()
    await page.getByTestId('members-open').click()
    await page.getByTestId('invite-open').click()
    await page.getByTestId('invite-input').fill('oficial.hn')
    await keepScreenshot(page, '151-invitar-con-lo-anterior-escritorio')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('invite-submit').click()
    await page
      .getByTestId('members-done')
      .getByText(/Lo escrito antes va en camino/)
      .waitFor()
    await page.getByTestId('members-close').click()
    await official.page.getByTestId('invite-accept').click()
    await message(official.page, WHILE_AWAY).waitFor()
  })
})

describe('10.4: the first sign-in makes sure that a way back is kept', () => {
  let key: string
  const TEXT = 'El juzgado confirma la audiencia'

  test('the sheet: its key is asked back, and a wrong answer is no proof', async () => {
    court = await visit(browser, network.gt.baseUrl, PHONE)
    const { page } = court
    await signInOnly(page, 'juzgado.gt')
    await page.getByTestId('recovery-key').waitFor()
    await keepScreenshot(page, '145-clave-hoja-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.emulateMedia({ media: 'print' })
    await keepScreenshot(page, '146-clave-hoja-impresa')
    await page.emulateMedia({ media: 'screen' })
    await page.getByTestId('recovery-saved').click()
    await page.getByTestId('recovery-proof-0').fill('abcd')
    await page.getByTestId('recovery-proof-1').fill('efgh')
    await page.getByTestId('recovery-proof-submit').click()
    await page.getByText('No coincide con la clave').waitFor()
    await keepScreenshot(page, '147-clave-comprobar-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('recovery-proof-back').click()
    key = await keepKey(page)
    expect(await page.getByTestId('security-banner').count()).toBe(0)
    await openChannel(page, 'documentation')
    await write(page, TEXT)
    await message(page, TEXT).waitFor()
  })

  test('a lost device with the sheet', async () => {
    const { page } = court
    await signOut(page)
    await signInOnly(page, 'juzgado.gt')
    await page.getByTestId('recovery-confirm').click()
    await page.getByTestId('recovery-input').fill(key)
    await page.getByTestId('recovery-submit').click()
    await page.getByText('Sus mensajes anteriores irán apareciendo').waitFor()
    await page.keyboard.press('Escape')
    await openChannel(page, 'documentation')
    await message(page, TEXT).waitFor()
  })

  test('“later” is remembered; the only device does not go before the person says what they lose', async () => {
    shelter = await visit(browser, network.gt.baseUrl, PHONE, { colorScheme: 'dark' })
    const { page } = shelter
    await fingerprintReader(page)
    await signInPage(page, 'albergue.gt')
    const banner = page.getByTestId('security-banner')
    await banner.getByText(/Pendiente desde: hoy/).waitFor()
    expect(await banner.getAttribute('data-firm')).toBe('false')
    await page.goto(`${new URL(page.url()).origin}/ajustes`)
    await page.getByTestId('sign-out').click()
    expect(await page.getByTestId('sign-out-confirm').isDisabled()).toBe(true)
    await keepScreenshot(page, '148-unico-dispositivo-telefono-oscuro')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('sign-out-lose').fill('perder mis mensajes')
    expect(await page.getByTestId('sign-out-confirm').isEnabled()).toBe(true)
    await page.keyboard.press('Escape')
    for (const _ of [1, 2]) {
      await page.getByTestId('recovery-open').click()
      await page.getByTestId('recovery-later').click()
    }
    await page.reload()
    await page.getByTestId('recovery-firm').waitFor()
    await keepScreenshot(page, '149-clave-pendiente-firme-telefono-oscuro')
    expect(await axeViolations(page)).toEqual([])
  })

  test('a passkey that opens it, on a device that has lost everything else', async () => {
    const { page } = shelter
    await page.getByTestId('recovery-firm-save').click()
    await page.getByTestId('recovery-keep-passkey').click()
    await page.getByTestId('recovery-dialog').waitFor({ state: 'detached' })
    await page.goto(new URL(page.url()).origin)
    await page.getByTestId('channel-documentation').waitFor()
    expect(await page.getByTestId('security-banner').count()).toBe(0)
    await signOut(page)
    await signInOnly(page, 'albergue.gt')
    await page.getByTestId('recovery-confirm').click()
    await page.getByTestId('recovery-passkey').waitFor()
    await keepScreenshot(page, '150-confirmar-con-huella-telefono-oscuro')
    await page.getByTestId('recovery-passkey').click()
    await page.getByText('Sus mensajes anteriores irán apareciendo').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('security-banner').waitFor({ state: 'detached' })
  })
})

test('no page had an uncaught error', () => {
  expect(all().flatMap(({ errors }) => errors)).toEqual([])
})
