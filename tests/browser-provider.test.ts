import { readFile, writeFile } from 'node:fs/promises'
import { SECRET, startProvider, type TestProvider } from '@enlace/homeserver/testing/providers'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import { DESKTOP, keepScreenshot, launchBrowser, PHONE, putKeyOff, visit } from './support/browser.ts'
import { rostersOf } from './support/coordinators.ts'
import { startTestNetwork, type TestNetwork } from './support/network.ts'

/** Somebody comes in with the account of their institution, at a provider of OpenID Connect with pages of its own. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let provider: TestProvider
let browser: Browser

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  const { hn } = network
  provider = await startProvider([`${hn.baseUrl}/oauth2/back/cuenta`])
  const institution = hn.demo.institutions[0]!
  const config = JSON.parse(await readFile(hn.configFile, 'utf8')) as Record<string, unknown>
  const identityProvider = {
    id: 'cuenta',
    name: { es: 'la cuenta de la institución', en: 'the institution’s account' },
    institution,
    issuer: provider.url,
    client_id: 'enlace',
    client_secret: SECRET,
  }
  const gone = { ...identityProvider, id: 'lejos', name: 'Lejos', issuer: 'http://localhost:9' }
  await hn.process.stop()
  await writeFile(hn.configFile, JSON.stringify({ ...config, identity_providers: [identityProvider, gone] }))
  await hn.restart()
  const own = hn.demo.accounts.filter((one) => one.institution === institution)
  await rostersOf(network).say(institution, [
    ...own.map(({ localpart, role }) => ({ userId: `@${localpart}:${hn.serverName}`, role })),
    { userId: `@marta.xol:${hn.serverName}`, role: 'staff' },
  ])
  provider.people.set('marta.xol', { preferred_username: 'marta.xol', name: 'Marta Xol Caal' })
  provider.people.set('otra', { preferred_username: 'otra', name: 'Otra persona' })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await provider?.close()
  await network?.dispose()
})

async function looked(page: Page, name: string): Promise<void> {
  for (const [size, viewport, colorScheme] of [
    ['desk', DESKTOP, 'light'],
    ['phone', PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `provider-${name}-${size}`)
    expect(await axeViolations(page)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    expect({ name, size, wide: wide > 0 }).toEqual({ name, size, wide: false })
  }
}

async function atProvider(page: Page, user: string): Promise<void> {
  await page.getByTestId('sign-in-provider').first().click()
  await page.getByLabel('Usuario').fill(user)
  await page.getByRole('button', { name: 'Entrar' }).click()
}

test('who is on no roster reads why, and comes back to the sign-in page', async () => {
  const { page, context, errors } = await visit(browser, network.hn.baseUrl, PHONE)
  await page.getByTestId('sign-in-provider').first().waitFor()
  // The one that does not answer says so, once it has been asked.
  await page.reload()
  await page.getByText('Lejos no responde ahora').waitFor()
  await looked(page, 'sign-in')
  await page.getByTestId('language-switch').click()
  await page.getByText('Sign in with the institution’s account').waitFor()
  await looked(page, 'sign-in-en')
  await page.getByTestId('language-switch').click()
  await atProvider(page, 'otra')
  await page.getByRole('alert').getByText('lista firmada').waitFor()
  await looked(page, 'refused')
  await page.getByRole('button', { name: 'Ingresar de otra forma' }).click()
  await page.getByRole('link', { name: 'Entrar con la cuenta de la institución' }).waitFor()
  await looked(page, 'node-page')
  await page.getByRole('button', { name: 'Cancelar' }).click()
  await page.getByTestId('sign-in-user').waitFor()
  expect(new URL(page.url()).search).toBe('')
  expect(errors).toEqual([])
  await context.close()
})

test('a person of the roster signs in for the first time and lands in the channels', async () => {
  const { page, context, errors } = await visit(browser, network.hn.baseUrl, DESKTOP)
  await atProvider(page, 'marta.xol')
  await page.getByTestId('settings-open').waitFor({ state: 'attached' })
  const at = new URL(page.url())
  expect([at.pathname, at.search]).toEqual(['/', ''])
  await putKeyOff(page)
  await page.goto(`${network.hn.baseUrl}/ajustes`)
  await page.getByTestId('sessions').getByText('Entró con la cuenta de su institución').waitFor()
  await page.getByText('Marta Xol Caal').first().waitFor()
  await keepScreenshot(page, 'provider-settings')
  // What the account is opened with: seen, and not taken off while it is the only way in.
  const card = page.getByTestId('linked-accounts')
  await card.getByText('Es la única forma de entrar').waitFor()
  expect(await card.getByTestId('linked-account-remove').count()).toBe(0)
  await card.scrollIntoViewIfNeeded()
  expect(await axeViolations(page, '[data-testid=linked-accounts]')).toEqual([])
  await keepScreenshot(page, 'provider-linked')
  // Where other apps send people to see where their account is open.
  await page.goto(`${network.hn.baseUrl}/oauth2/account?action=org.matrix.devices_list`)
  await page.locator('#sesiones:focus').waitFor()
  const below = await page.evaluate<number>(
    "document.querySelector('#sesiones').getBoundingClientRect().top - innerHeight",
  )
  expect(below).toBeLessThan(0)
  expect(errors).toEqual([])
  await context.close()
})

test('a link with somebody’s token in it signs nobody in', async () => {
  const { page, context } = await visit(browser, network.hn.baseUrl, DESKTOP)
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/login')) asked.push(request.url())
  })
  await page.goto(`${network.hn.baseUrl}/?ingreso=ajeno&loginToken=de-otra-persona`)
  await page.getByTestId('sign-in-user').waitFor()
  expect([new URL(page.url()).search, asked]).toEqual(['', []])
  await context.close()
})
