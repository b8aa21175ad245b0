import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { TOTP } from 'otpauth'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  PHONE,
  putKeyOff,
  signInPage,
  type Visitor,
  visit,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** Signing in safely, in a real browser with Chromium's own virtual authenticator. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let browser: Browser
let official: Visitor
let authenticator: { cdp: CDPSession; id: string }

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  official = await visit(browser, network.hn.baseUrl, PHONE)
  authenticator = await virtualAuthenticator(official.page)
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** A telephone's fingerprint reader. It answers when `touch` says so, as a person does. */
async function virtualAuthenticator(page: Page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
    },
  })
  return { cdp, id: authenticatorId }
}
const touch = (enabled: boolean) =>
  authenticator.cdp.send('WebAuthn.setAutomaticPresenceSimulation', {
    authenticatorId: authenticator.id,
    enabled,
  })

async function openSettings(page: Page): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/ajustes`)
  await page.getByTestId('factors').waitFor()
  await page.getByTestId('totp-state').waitFor()
}

async function signOut(page: Page): Promise<void> {
  await openSettings(page)
  await page.getByTestId('sign-out').click()
  const confirm = page.getByTestId('sign-out-confirm')
  // Until the account has said what would be lost, the button waits; the last device asks for the words.
  await page.getByTestId('sign-out-asking').waitFor({ state: 'detached' })
  if (await confirm.isDisabled()) await page.getByTestId('sign-out-lose').fill('perder mis mensajes')
  await confirm.click()
  await page.getByTestId('sign-in-user').waitFor()
}

async function confirmWithPassword(page: Page): Promise<void> {
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await page.getByTestId('confirm-submit').click()
}

async function typePassword(page: Page, user: string): Promise<void> {
  await page.getByTestId('sign-in-user').fill(user)
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
}

async function inside(page: Page): Promise<void> {
  // On a phone another page may stand before the list.
  await page.getByTestId('channel-documentation').waitFor({ state: 'attached' })
  await putKeyOff(page)
}

describe('signing in safely', () => {
  test('a passkey is added with the password, codes for paper are shown once, and it signs in alone', async () => {
    const { page } = official
    await signInPage(page, 'oficial.hn')
    await openSettings(page)
    await page.getByTestId('factors').scrollIntoViewIfNeeded()
    await keepScreenshot(page, '90-entrar-con-seguridad-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('passkey-add').click()
    await page.getByTestId('passkey-name').fill('Teléfono de guardia')
    await touch(true)
    await confirmWithPassword(page)
    await page.getByTestId('codes').waitFor()
    expect(await page.getByTestId('codes').locator('li').count()).toBe(10)
    await keepScreenshot(page, '91-codigos-de-recuperacion-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('codes-saved').click()
    await page.getByTestId('passkey').getByText('Teléfono de guardia').waitFor()
    await touch(false)

    await signOut(page)
    await page.getByTestId('sign-in-passkey').waitFor()
    await keepScreenshot(page, '92-entrar-con-llave-telefono')
    expect(await axeViolations(page)).toEqual([])
    await touch(true)
    await page.getByTestId('sign-in-passkey').click()
    await inside(page)
    await touch(false)
  })

  test('the password alone opens it no more: a second step is asked for', async () => {
    const { page } = official
    await signOut(page)
    await typePassword(page, 'oficial.hn')
    await page.getByTestId('second-step').waitFor()
    await keepScreenshot(page, '93-segundo-paso-llave-telefono')
    expect(await axeViolations(page)).toEqual([])
    // The reader answers what is asked from now on, not what waits already.
    await touch(true)
    await page.getByTestId('second-step-passkey').click()
    await inside(page)
    await touch(false)
    await openSettings(page)
    await page.getByTestId('sessions').getByText('contraseña y llave de acceso').waitFor()
    expect(official.errors).toEqual([])
  })

  test('what the browser offers unasked gives way to a second step that the person began', async () => {
    const { page } = official
    // A slow network: the challenge of the offer comes when the second step is on the page.
    const late: (() => void)[] = []
    await page.route('**/sign-in/challenge', async (route) => {
      await new Promise<void>((go) => late.push(go))
      await route.continue()
    })
    await signOut(page)
    await typePassword(page, 'oficial.hn')
    await page.getByTestId('second-step-passkey').click()
    await page.getByTestId('second-step').getByText('Ingresando').waitFor()
    await expect.poll(() => late.length).toBe(1)
    const answered = page.waitForResponse('**/sign-in/challenge')
    late[0]?.()
    await (await answered).finished()
    await page.unroute('**/sign-in/challenge')
    // An offer would have closed the dialog of the second step by now, and the page would say so.
    await page.evaluate(() => new Promise((go) => setTimeout(go, 500)))
    expect(await page.getByTestId('second-step').textContent()).toContain('Ingresando')
    expect(official.errors).toEqual([])
  })
})

describe('an app with codes', () => {
  let clerk: Visitor
  let secret = ''
  let last = ''
  const code = () => new TOTP({ secret }).generate()
  /** Each code counts once: waits for the next one of the app. */
  async function nextCode(): Promise<string> {
    await expect.poll(code, { timeout: 60_000, interval: 500 }).not.toBe(last)
    last = code()
    return last
  }

  test('the square and the key are shown once, and its first code makes it count', async () => {
    clerk = await visit(browser, network.hn.baseUrl, DESKTOP, { colorScheme: 'dark' })
    const { page } = clerk
    await signInPage(page, 'registro.hn')
    await openSettings(page)
    await page.getByTestId('totp-add').click()
    await confirmWithPassword(page)
    secret = ((await page.getByTestId('totp-secret').textContent()) ?? '').replaceAll(' ', '')
    await keepScreenshot(page, '94-aplicacion-de-codigos-oscuro')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('totp-code').fill('000000')
    await page.getByTestId('totp-confirm').click()
    await page.getByText(/no se aceptó/).waitFor()
    await page.getByTestId('totp-code').fill(await nextCode())
    await page.getByTestId('totp-confirm').click()
    await page.getByTestId('codes-saved').click()
    await page.getByTestId('codes-left').getByText('10').waitFor()
  })

  test('signing in asks for a code: one used before is told apart from a wrong one, the next one opens', async () => {
    const { page } = clerk
    await signOut(page)
    await typePassword(page, 'registro.hn')
    await page.getByTestId('factor-code').fill(last)
    await page.getByTestId('second-step-submit').click()
    await page.getByText(/ya se usó/).waitFor()
    await keepScreenshot(page, '95-segundo-paso-codigo-oscuro')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('factor-code').fill(await nextCode())
    await page.getByTestId('second-step-submit').click()
    await inside(page)
  })

  test('the sessions page shows where the account is open, names it, and ends another device at once', async () => {
    const { page } = clerk
    const phone = await visit(browser, network.hn.baseUrl, PHONE)
    await typePassword(phone.page, 'registro.hn')
    await phone.page.getByTestId('factor-code').fill(await nextCode())
    await phone.page.getByTestId('second-step-submit').click()
    await inside(phone.page)
    await page.getByTestId('own-device').waitFor()
    await page.getByTestId('own-mine').click()

    await openSettings(page)
    const other = page.locator('[data-testid="device"][data-current="false"]')
    await other.waitFor()
    await page
      .getByTestId('sessions')
      .getByText(/contraseña y código/)
      .first()
      .waitFor()
    await other.getByTestId('device-rename').click()
    await page.getByTestId('name-input').fill('Teléfono de la ventanilla')
    await page.getByTestId('name-save').click()
    await other.getByText('Teléfono de la ventanilla').waitFor()
    await page.getByTestId('sessions').scrollIntoViewIfNeeded()
    await keepScreenshot(page, '96-sesiones-oscuro')
    expect(await axeViolations(page)).toEqual([])
    await page.setViewportSize(PHONE)
    await page.getByTestId('sessions').scrollIntoViewIfNeeded()
    await keepScreenshot(page, '97-sesiones-telefono-oscuro')
    await page.setViewportSize(DESKTOP)
    await page.getByTestId('sessions-end-others').click()
    await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
    await page.getByTestId('confirm-submit').click()
    await phone.page.getByTestId('sign-in-user').waitFor()
    await expect.poll(() => page.getByTestId('device').count()).toBe(1)
    expect([...clerk.errors, ...phone.errors]).toEqual([])
  })
})
