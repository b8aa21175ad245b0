import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import {
  choose,
  DESKTOP,
  keepScreenshot,
  launchBrowser,
  message,
  onItsWay,
  openChannel,
  PHONE,
  signInPage,
  takeNetwork,
  type Visitor,
  visit,
  write,
} from './support/browser.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** A computer that several people use: what it keeps is shut, people change places, and a public one keeps nothing. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname
const PIN = '204816'
const OTHER_PIN = 'caña brava 7'
const SECRET = 'palabra-plantada-mangle'

let network: TestNetwork
let browser: Browser
let office: Visitor
let authenticator: { cdp: CDPSession; id: string }

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  office = await visit(browser, network.hn.baseUrl, DESKTOP)
  const cdp = await office.page.context().newCDPSession(office.page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  authenticator = { cdp, id: authenticatorId }
})
afterAll(async () => {
  await browser?.close()
  await network?.dispose()
})

/** Everything the browser keeps for this page, as text: databases with their bytes, local and session storage. */
const KEPT = `(async () => {
  const parts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)]
  const latin = new TextDecoder('latin1')
  const show = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return latin.decode(value)
    if (typeof value === 'object' && value !== null) return Object.values(value).map(show).join('\\n')
    return String(value)
  }
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name))
    for (const store of database.objectStoreNames)
      parts.push(name + ' ' + store + ': ' + show(await done(database.transaction(store).objectStore(store).getAll())))
    database.close()
  }
  return parts.join('\\n')
})()`
const kept = (page: Page): Promise<string> => page.evaluate<string>(KEPT)

/** @param pin of whoever is shut out by the page beginning anew */
async function settings(page: Page, pin?: string): Promise<void> {
  await page.goto(`${network.hn.baseUrl}/ajustes`)
  if (pin !== undefined) await unlock(page, pin)
  await page.getByTestId('lock-card').scrollIntoViewIfNeeded()
}

async function setPin(page: Page, pin: string): Promise<void> {
  await page.getByTestId('pin-new').fill(pin)
  await page.getByTestId('pin-again').fill(pin)
  await page.getByTestId('pin-save').click()
}

async function unlock(page: Page, pin: string): Promise<void> {
  await page.getByTestId('unlock-pin').fill(pin)
  await page.getByTestId('unlock').click()
}

describe('an office computer', () => {
  test('nothing that was said can be read in what the browser keeps, lock or not', async () => {
    const { page } = office
    await signInPage(page, 'registro.hn')
    await openChannel(page, 'documentation')
    await write(page, SECRET)
    await message(page, SECRET).waitFor()
    await page.getByTestId('composer-input').fill(`borrador ${SECRET}`)
    // The store of the last sync is written some seconds later.
    await expect.poll(() => kept(page)).toMatch(/enlace:@registro\.hn\S* sync: [\s\S]/)
    const all = await kept(page)
    expect(all).not.toContain(SECRET)
    expect(all).not.toMatch(/Registro Civil|Registro Nacional|coordinacion\.hn/)
  })

  test('a PIN that everybody tries is refused; with a good one and a passkey the page shuts', async () => {
    const { page } = office
    await settings(page)
    await keepScreenshot(page, '98-bloqueo-sin-poner')
    await page.getByTestId('lock-set').click()
    await setPin(page, '123456')
    await page.getByText(/de los primeros/).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await keepScreenshot(page, '98-bloqueo-pin')
    await page.getByTestId('pin-passkey').check()
    await setPin(page, PIN)
    await page.getByText('Se bloquea después de 10 min sin uso').waitFor()
    await page.getByText('o con su llave de acceso').waitFor()
    await keepScreenshot(page, '98-bloqueo-puesto')
    expect(await axeViolations(page)).toEqual([])

    await page.getByTestId('nav-lock').click()
    await page.getByTestId('unlock-pin').waitFor()
    await expect(page.getByTestId('locked-who').textContent()).resolves.toBe('registro.hn')
    await keepScreenshot(page, '98-bloqueado')
    expect(await axeViolations(page)).toEqual([])
    await page.setViewportSize(PHONE)
    await keepScreenshot(page, '98-bloqueado-telefono')
    await page.setViewportSize(DESKTOP)
    expect(await kept(page)).not.toContain(SECRET)
  })

  test('a wrong PIN says how many are left; the right one opens everything as it was', async () => {
    const { page } = office
    await unlock(page, '000000')
    await page.getByText(/Quedan 9 intentos/).waitFor()
    await unlock(page, PIN)
    await openChannel(page, 'documentation')
    await message(page, SECRET).waitFor()
    await expect.poll(() => page.getByTestId('composer-input').inputValue()).toBe(`borrador ${SECRET}`)
  })

  test('after loading anew it is shut, and the passkey opens it', async () => {
    const { page } = office
    await page.reload()
    await page.getByTestId('unlock-passkey').click()
    await page.getByTestId('composer-input').waitFor()
    await message(page, SECRET).waitFor()
  })

  test('two people change places: each opens the own with the own PIN, and finds it as it was', async () => {
    const { page } = office
    await settings(page, PIN)
    await page.getByTestId('change-person').click()
    await page.getByTestId('seat').getByText('registro.hn').waitFor()
    await keepScreenshot(page, '98-otra-persona')
    expect(await axeViolations(page)).toEqual([])
    await signInPage(page, 'consulado.hn')
    await settings(page)
    await page.getByTestId('lock-set').click()
    await setPin(page, OTHER_PIN)
    await page.getByTestId('change-person').click()
    await page.getByTestId('seat').filter({ hasText: 'registro.hn' }).click()
    await unlock(page, OTHER_PIN)
    await page.getByText(/Quedan 9 intentos/).waitFor()
    await unlock(page, PIN)
    await openChannel(page, 'documentation')
    await message(page, SECRET).waitFor()
    await page.getByTestId('nav-lock').click()
    await page.getByTestId('other-person').click()
    await expect
      .poll(() => page.getByTestId('seat').allTextContents())
      .toEqual(expect.arrayContaining(['registro.hn', 'consulado.hn']))
    await page.getByTestId('seat').filter({ hasText: 'consulado.hn' }).click()
    await unlock(page, OTHER_PIN)
    await page.getByTestId('channel-documentation').waitFor()
    expect(office.errors).toEqual([])
  })

  test('whoever forgot the PIN is told of what was not sent before it is deleted', async () => {
    const { page } = office
    const text = 'escrito antes de olvidar el PIN'
    await openChannel(page, 'documentation')
    await takeNetwork(office)
    await write(page, text)
    await message(page, text).waitFor()
    await page.getByTestId('nav-lock').click()
    await page.getByTestId('forgot-pin').click()
    await page.locator('[data-testid=forgot-dialog] [data-testid=unsent][data-count="1"]').waitFor()
    expect(await page.getByTestId('forgot-confirm').isDisabled()).toBe(true)
    for (const viewport of [PHONE, DESKTOP]) {
      await page.setViewportSize(viewport)
      await keepScreenshot(page, `98-olvido-pin-${viewport.width}`)
      expect(await axeViolations(page)).toEqual([])
    }
    await page.getByTestId('unsent-lose').check()
    expect(await page.getByTestId('forgot-confirm').isDisabled()).toBe(false)
    await page.keyboard.press('Escape')
    await office.context.setOffline(false)
    // With the PIN after all it is sent.
    await unlock(page, OTHER_PIN)
    await openChannel(page, 'documentation')
    await onItsWay(page, text)
  })

  test('left alone it shuts by itself', async () => {
    const { page } = office
    await settings(page, OTHER_PIN)
    await choose(page.getByTestId('lock-idle'), '1')
    await page.clock.install()
    await page.reload()
    await unlock(page, OTHER_PIN)
    await page.getByTestId('lock-card').waitFor()
    await page.clock.fastForward(30_000)
    await page.mouse.move(200, 200)
    await page.clock.fastForward(50_000)
    await page.getByTestId('lock-card').waitFor()
    await page.clock.fastForward(70_000)
    await page.getByTestId('unlock-pin').waitFor()
    expect(authenticator.id).not.toBe('')
  })
})

describe('a public computer', () => {
  test('shows everything and keeps nothing; closing the page ends the session', async () => {
    const guest = await visit(browser, network.hn.baseUrl, PHONE)
    const { page } = guest
    await page.getByTestId('public-computer').check()
    await page.getByText(/Al cerrarla o recargarla/).waitFor()
    await keepScreenshot(page, '99-equipo-publico-telefono')
    expect(await axeViolations(page)).toEqual([])
    await signInPage(page, 'recepcion.hn')
    await openChannel(page, 'documentation')
    await write(page, `${SECRET}-publica`)
    await message(page, `${SECRET}-publica`).waitFor()
    const all = await kept(page)
    expect(all).not.toMatch(new RegExp(`${SECRET}|recepcion|syt_|access`))
    expect(
      await page.evaluate<string[]>('indexedDB.databases().then((all) => all.map(({ name }) => name))'),
    ).toEqual(expect.not.arrayContaining([expect.stringMatching(/crypto|sync|@/)]))
    await page.reload()
    await page.getByTestId('sign-in-user').waitFor()
    const answer = await fetch(`${network.hn.baseUrl}/_matrix/client/v3/login`, {
      method: 'POST',
      body: JSON.stringify({
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'recepcion.hn' },
        password: DEMO_PASSWORD,
      }),
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    const names = async () => {
      const devices = await fetch(`${network.hn.baseUrl}/_matrix/client/v3/devices`, {
        headers: { Authorization: `Bearer ${access_token}` },
      })
      const found = (await devices.json()) as { devices: { display_name?: string }[] }
      return found.devices.filter((one) => one.display_name?.startsWith('Enlace,')).length
    }
    await expect.poll(names).toBe(0)
    expect(guest.errors).toEqual([])
  })

  test('left alone with something unsent it says so before it ends, and whoever comes next is told that it was lost', async () => {
    const guest = await visit(browser, network.hn.baseUrl, PHONE)
    const { page, context } = guest
    await page.clock.install()
    await page.reload()
    await page.getByTestId('public-computer').check()
    await signInPage(page, 'coordinacion.hn')
    await openChannel(page, 'documentation')
    await takeNetwork(guest)
    await write(page, 'sin red en un equipo público')
    await message(page, 'sin red en un equipo público').waitFor()
    await page.clock.fastForward('06:00')
    expect(await page.getByTestId('idle-warning').count()).toBe(0)
    await page.clock.fastForward('02:30')
    const warning = page.getByTestId('idle-warning')
    await warning.locator('[data-testid=unsent][data-count="1"]').waitFor()
    await keepScreenshot(page, '99-equipo-publico-sin-uso')
    expect(await axeViolations(page)).toEqual([])
    // Whoever is there stays, and has as long again.
    await page.getByTestId('idle-stay').click()
    await warning.waitFor({ state: 'detached' })
    await page.clock.fastForward('06:00')
    expect(await warning.count()).toBe(0)
    await page.clock.fastForward('05:00')
    await page.getByText('Lo que no se había enviado se perdió').waitFor()
    await page.getByTestId('sign-in-user').waitFor()
    await keepScreenshot(page, '99-equipo-publico-se-perdio')
    await context.close()
  })
})
