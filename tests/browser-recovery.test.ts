import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
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
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** What was written before opens for who comes later, and a way back is kept from the first day. Two nodes, real browsers. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const YESTERDAY = 'Ayer llegó el acta de Izabal'

let network: TestNetwork
let browser: Browser
/** Of the same institution as the consulate. */
let coordinator: Visitor
let consul: Visitor
let registrar: Visitor
const all = () => [coordinator, consul, registrar].filter((one) => one !== undefined)

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
})

test('no page had an uncaught error', () => {
  expect(all().flatMap(({ errors }) => errors)).toEqual([])
})
