import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { login, matrixRequest } from '@enlace/dev-network/matrix'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
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
import { rostersOf } from './support/coordinators.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'

/** 10.4: the recovery key in an envelope that two coordinators of the institution open together. Real browsers. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
/** The first of this node in the order of the lists: who is on several is of this one. */
const INSTITUTION = 'hn-camr-omoa'
const TEXT = 'La familia duerme hoy en el centro'

let network: TestNetwork
let browser: Browser
let rosters: ReturnType<typeof rostersOf>
/** Of the staff; and the two who coordinate. */
let person: Visitor
let chief: Visitor
let second: Visitor
const all = () => [person, chief, second].filter((one) => one !== undefined)
const idOf = (localpart: string) => `@${localpart}:${network.hn.serverName}`

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  rosters = rostersOf(network)
  browser = await launchBrowser()
  await rosters.say(INSTITUTION, [
    { userId: idOf('recepcion.hn'), role: 'staff' },
    { userId: idOf('coordinacion.hn'), role: 'coordinator' },
    { userId: idOf('consulado.hn'), role: 'coordinator' },
  ])
  await coordinates('consulado.hn')
  chief = await visit(browser, network.hn.baseUrl, DESKTOP)
  second = await visit(browser, network.hn.baseUrl, PHONE, { colorScheme: 'dark' })
  await signInPage(chief.page, 'coordinacion.hn')
  await signInPage(second.page, 'consulado.hn')
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** The node has taken up the newest list. */
async function coordinates(localpart: string): Promise<void> {
  const { baseUrl, accessToken } = await login(network.hn.baseUrl, localpart, DEMO_PASSWORD)
  const path = '/_enlace/client/v1/me'
  await eventually('the roster has come', async () => {
    const me = await matrixRequest(baseUrl, 'GET', path, undefined, accessToken)
    return me['role'] === 'coordinator'
  })
}

async function signInOnly(page: Page): Promise<void> {
  await page.getByTestId('sign-in-user').fill('recepcion.hn')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
}
const keeper = (page: Page, who: string) =>
  page.locator(`[data-testid=envelope-keeper][data-user-id="${idOf(who)}"]`)

/** What both see is the same: both say so. */
async function compare(page: Page, who: string, other: Page): Promise<void> {
  await keeper(page, who).getByTestId('envelope-compare').click()
  await other.getByTestId('verify-accept').click()
  const symbols = async (one: Page) => {
    await one.getByTestId('verify-match').waitFor()
    return one.locator('.emoji li span').allTextContents()
  }
  expect(await symbols(page)).toEqual(await symbols(other))
  await page.getByTestId('verify-match').click()
  await other.getByTestId('verify-match').click()
  await page.getByTestId('verify-close').click()
  await other.getByTestId('verify-close').click()
  await page.locator(`[data-user-id="${idOf(who)}"][data-state=ready]`).waitFor()
}

async function release({ page }: Visitor, code: string): Promise<void> {
  await page.getByTestId('resets-open').click()
  await page.getByTestId('envelope-decide').click()
  await page.getByTestId('envelope-typed').fill(code)
  await page.getByTestId('envelope-password').fill(DEMO_PASSWORD)
}

describe('10.4: the institution’s sealed envelope', () => {
  let code = ''

  test('one’s key goes to two coordinators with whom pictures were compared', async () => {
    person = await visit(browser, network.hn.baseUrl, PHONE)
    const { page } = person
    await signInOnly(page)
    await page.getByTestId('recovery-keep-envelope').click()
    await keeper(page, 'coordinacion.hn').waitFor()
    expect(await page.getByTestId('envelope-seal').isDisabled()).toBe(true)
    await keepScreenshot(page, '160-sobre-quienes-telefono')
    expect(await axeViolations(page)).toEqual([])
    await compare(page, 'coordinacion.hn', chief.page)
    expect(await page.getByTestId('envelope-seal').isDisabled()).toBe(true)
    await compare(page, 'consulado.hn', second.page)
    await page.getByTestId('envelope-seal').click()
    await page.locator('[data-testid=envelope-kept][data-kept="2"]').waitFor()
    await keepScreenshot(page, '161-sobre-repartido-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('envelope-close').click()
    await page.getByTestId('channel-documentation').waitFor()
    await page.getByTestId('security-banner').waitFor({ state: 'detached' })
    await openChannel(page, 'documentation')
    await write(page, TEXT)
    // Not only in the outbox of a device that is about to be lost.
    await openChannel(chief.page, 'documentation')
    await message(chief.page, TEXT).waitFor()
  })

  test('who lost the device asks; a coordinator who is read another code releases nothing', async () => {
    const { page } = person
    // What is on the device goes; nothing but the account is left.
    await page.goto(`${network.hn.baseUrl}/ajustes`)
    await page.getByTestId('sign-out').click()
    await page.getByTestId('sign-out-confirm').click()
    await page.getByTestId('sign-in-user').waitFor()
    await signInOnly(page)
    await page.getByTestId('recovery-confirm').click()
    await page.getByTestId('recovery-envelope').click()
    await page.getByTestId('envelope-released').waitFor()
    code = ((await page.getByTestId('envelope-code').textContent()) ?? '').trim().replace(/\s+/g, ' ')
    expect(code).toMatch(/^(\d{4} ){5}\d{4}$/)
    await keepScreenshot(page, '162-sobre-pedido-telefono')
    expect(await axeViolations(page)).toEqual([])

    await chief.page
      .getByTestId('resets-banner')
      .getByText(/pide que abran su sobre/)
      .waitFor()
    await release(chief, '1234 5678 1234 5678')
    await chief.page.getByTestId('envelope-release').click()
    await chief.page.locator('[data-testid=envelope-stop][data-stop=wrong_code]').waitFor()
    await keepScreenshot(chief.page, '163-sobre-otro-codigo-escritorio')
    expect(await axeViolations(chief.page)).toEqual([])
    expect(await page.getByTestId('envelope-released').getAttribute('data-released')).toBe('0')
    await chief.page.getByTestId('envelope-typed').fill(code)
    await chief.page.getByTestId('envelope-release').click()
    await chief.page.locator('[data-testid=envelope-decided][data-outcome=handedOver]').waitFor()
    await chief.page.getByTestId('envelope-close').click()
    await page.locator('[data-testid=envelope-released][data-released="1"]').waitFor()
  })

  test('the second one releases; the device opens it, reads what was, and the envelope is renewed', async () => {
    const { page } = person
    // In the other language, dark, on a telephone.
    await second.page.getByTestId('language-switch').click()
    await release(second, code)
    await keepScreenshot(second.page, '164-sobre-entregar-telefono-oscuro-en')
    expect(await axeViolations(second.page)).toEqual([])
    await second.page.getByTestId('envelope-release').click()
    await second.page.locator('[data-testid=envelope-decided][data-outcome=handedOver]').waitFor()
    await second.page.getByTestId('envelope-close').click()
    await page.getByTestId('envelope-done').waitFor()
    await keepScreenshot(page, '165-sobre-abierto-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.getByTestId('envelope-close').click()
    await page.getByTestId('security-banner').waitFor({ state: 'detached' })
    await openChannel(page, 'documentation')
    await message(page, TEXT).waitFor()
  })

  test('another coordinator: the person is told that the envelope needs renewal', async () => {
    const { page } = person
    await rosters.say(INSTITUTION, [
      { userId: idOf('recepcion.hn'), role: 'staff' },
      { userId: idOf('coordinacion.hn'), role: 'coordinator' },
      { userId: idOf('registro.hn'), role: 'coordinator' },
    ])
    await coordinates('registro.hn')
    await page.goto(network.hn.baseUrl)
    await page.getByTestId('envelope-renew-open').click()
    await page
      .getByTestId('envelope-renew')
      .getByText(/Ya no coordina: /)
      .waitFor()
    await keepScreenshot(page, '166-sobre-renovar-telefono')
    expect(await axeViolations(page)).toEqual([])
  })

  test('10.3: the institution demands a lock: the device asks for it, and no longer time can be chosen', async () => {
    await chief.page.goto(`${network.hn.baseUrl}/institucion`)
    const card = chief.page.getByTestId('lock-rule')
    await choose(card.getByTestId('lock-rule-required'), 'always')
    await choose(card.getByTestId('lock-rule-idle'), '5')
    await card.scrollIntoViewIfNeeded()
    await keepScreenshot(chief.page, '167-regla-de-bloqueo-escritorio')
    expect(await axeViolations(chief.page)).toEqual([])
    await card.getByTestId('lock-rule-save').click()
    // For their own devices as well, at once.
    await chief.page.getByTestId('pin-dialog').waitFor()
    const { page } = person
    await page.goto(`${network.hn.baseUrl}/ajustes`)
    await page.getByTestId('pin-dialog').waitFor()
    await keepScreenshot(page, '168-bloqueo-exigido-telefono')
    expect(await axeViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByTestId('pin-new').fill('mango verde 41')
    await page.getByTestId('pin-again').fill('mango verde 41')
    await page.getByTestId('pin-save').click()
    await page
      .getByTestId('lock-by-rule')
      .getByText(/5 minutos/)
      .waitFor()
    await page.getByTestId('lock-card').scrollIntoViewIfNeeded()
    expect(await offered(page.getByTestId('lock-idle'))).toEqual(['1', '3', '5'])
    expect(await page.getByTestId('lock-remove').count()).toBe(0)
    await keepScreenshot(page, '169-bloqueo-por-regla-telefono')
  })

  test('the activity of the institution says who did what, and nothing of it', async () => {
    const session = await login(network.hn.baseUrl, 'coordinacion.hn', DEMO_PASSWORD)
    const read = () =>
      matrixRequest(
        session.baseUrl,
        'GET',
        '/_enlace/client/v1/institution/activity?limit=200',
        undefined,
        session.accessToken,
      )
    const { entries } = (await read()) as unknown as { entries: { act: string; by: string }[] }
    const acts = entries.map(({ act, by }) => `${act} ${by.split(':')[0]}`)
    expect(acts).toEqual(
      expect.arrayContaining([
        'account.recovery_made @recepcion.hn',
        'envelope.made @recepcion.hn',
        'envelope.asked @recepcion.hn',
        'envelope.released @coordinacion.hn',
        'envelope.released @consulado.hn',
        'account.recovery @recepcion.hn',
        'envelope.opened @recepcion.hn',
        'lock.rule @coordinacion.hn',
      ]),
    )
    expect(JSON.stringify(entries)).not.toContain(code.replaceAll(' ', ''))
  })

  test('no page had an uncaught error', () => {
    expect(all().flatMap(({ errors }) => errors)).toEqual([])
  })
})
