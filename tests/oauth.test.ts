import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEMO_PASSWORD } from '@enlace/dev-network/demo'
import { createClient, OAuth2 } from 'matrix-js-sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './support/axe.ts'
import { keepScreenshot, launchBrowser, PHONE, putKeyOff, type Visitor, visit } from './support/browser.ts'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { channel, followTexts, knowsDevicesOf, quiet, signIn, type TestPerson } from './support/sdk-client.ts'

/** The node as OAuth 2.0 provider, for a Matrix client as it is and in a real browser. */
const webRoot = new URL('../apps/web/dist', import.meta.url).pathname

let network: TestNetwork
let browser: Browser
let visitor: Visitor
let back: Server
let redirectUri: string
/** Where browsers came back to. */
const returned: URL[] = []

beforeAll(async () => {
  network = await startTestNetwork({ webRoot, nodeConfig: { rate_limits: 'off' } })
  browser = await launchBrowser()
  visitor = await visit(browser, network.hn.baseUrl, PHONE)
  back = createServer((req, res) => {
    const url = new URL(req.url ?? '', 'http://localhost')
    // Browsers ask for an icon as well.
    if (url.pathname === '/back') returned.push(url)
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.end('<!doctype html><title>Cliente</title><p id="back">De vuelta</p>')
  })
  await new Promise<void>((done) => back.listen(0, '127.0.0.1', done))
  redirectUri = `http://127.0.0.1:${(back.address() as AddressInfo).port}/back`
})
afterAll(async () => {
  back?.close()
  await browser?.close()
  await network?.dispose()
})

async function oauthClient(deviceId: string): Promise<OAuth2> {
  const anonymous = createClient({ baseUrl: network.hn.baseUrl, logger: quiet })
  const metadata = await anonymous.getAuthMetadata()
  const clientId = await OAuth2.registerClient(
    metadata,
    {
      client_name: 'Cliente de prueba',
      client_uri: 'https://client.example.org/',
      redirect_uris: ['http://127.0.0.1/back'],
      application_type: 'native',
    },
    quiet,
  )
  return new OAuth2(metadata, { clientId, deviceId }, quiet)
}

async function looked(page: Page, name: string): Promise<void> {
  await keepScreenshot(page, name)
  expect(await axeViolations(page)).toEqual([])
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  expect(wide).toBeLessThanOrEqual(0)
}

async function typePassword(page: Page, user: string): Promise<void> {
  await page.getByLabel(/Nombre de usuario|User name/).fill(user)
  await page.getByLabel(/Contraseña|Password/).fill(DEMO_PASSWORD)
  await page.getByRole('button', { name: /Continuar|Continue/ }).click()
}

async function personOf(
  oauth: OAuth2,
  tokens: Awaited<ReturnType<OAuth2['completeAuthorizationCodeGrant']>>,
) {
  const baseUrl = network.hn.baseUrl
  const who = createClient({ baseUrl, accessToken: tokens.access_token, logger: quiet })
  const { user_id: userId, device_id: deviceId } = await who.whoami()
  const kept: string[] = []
  const client = createClient({
    baseUrl,
    userId,
    deviceId: deviceId!,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token!,
    oauthClientId: oauth.context.clientId,
    onTokenRefresh: ({ accessToken }) => void kept.push(accessToken),
    logger: quiet,
    timelineSupport: true,
  })
  await client.initRustCrypto({ useIndexedDB: false })
  return { person: await followTexts(client, userId), kept }
}

/** Both read what the other wrote. */
async function talk(one: TestPerson, other: TestPerson, words: string): Promise<void> {
  const room = await channel(one, `#documentation:${network.hn.serverName}`)
  await eventually('the other sees the channel', () => other.client.getRoom(room) !== null)
  await knowsDevicesOf(one, other)
  await knowsDevicesOf(other, one)
  await one.client.sendTextMessage(room, `${words} de ida`)
  await eventually('it is read', () => other.texts(room).some(({ body }) => body === `${words} de ida`))
  await other.client.sendTextMessage(room, `${words} de vuelta`)
  await eventually('the answer is read', () =>
    one.texts(room).some(({ body }) => body === `${words} de vuelta`),
  )
}

describe('a Matrix client signs in through the node’s page', () => {
  let court: TestPerson
  beforeAll(async () => {
    court = await signIn(network.gt.baseUrl, 'juzgado.gt', { http: true })
  })
  afterAll(() => court?.stop())

  test('by code: sign-in, consent, encrypted messages both ways, a refresh, and the end of it', async () => {
    const { page } = visitor
    const oauth = await oauthClient('OAUTHCODE1')
    await page.goto(await oauth.generateAuthorizationCodeGrantUrl('estado-1', redirectUri, 'query'))
    await page.getByText('Cliente de prueba').first().waitFor()
    await looked(page, '95-oauth-ingresar-telefono')
    await page.getByLabel('Nombre de usuario').fill('registro.hn')
    await page.getByLabel('Contraseña').fill('no es esta')
    await page.getByRole('button', { name: 'Continuar' }).click()
    await page.getByRole('alert').filter({ hasText: 'no es correcto' }).waitFor()
    await looked(page, '96-oauth-no-es-correcto-telefono')
    await typePassword(page, 'registro.hn')
    await page.getByRole('heading', { name: 'Dar acceso' }).waitFor()
    await looked(page, '97-oauth-dar-acceso-telefono')
    await page.getByRole('button', { name: 'Dar acceso' }).click()
    await page.locator('#back').waitFor()
    const answer = returned.at(-1)!.searchParams
    expect(answer.get('state')).toBe('estado-1')
    const tokens = await oauth.completeAuthorizationCodeGrant(answer.get('code')!, redirectUri)
    const { person, kept } = await personOf(oauth, tokens)
    try {
      await talk(person, court, 'Guacamaya')
      // As after the quarter of an hour that a token lasts: the client gets itself another.
      person.client.setAccessToken('over')
      expect((await person.client.whoami()).device_id).toBe('OAUTHCODE1')
      expect(kept).toHaveLength(1)
      await person.client.logout(true)
      const over = createClient({ baseUrl: network.hn.baseUrl, accessToken: kept[0]!, logger: quiet })
      await expect(over.whoami()).rejects.toThrow()
    } finally {
      person.stop()
    }
  })

  test('by device code, confirmed on a telephone that shows which device asks', async () => {
    const { page } = visitor
    const oauth = await oauthClient('OAUTHTVSET')
    const session = await oauth.startDeviceAuthorizationGrant()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.goto(session.verification_uri_complete!)
    await page.getByRole('heading', { name: 'Ingresar en otro dispositivo' }).waitFor()
    await looked(page, '98-oauth-codigo-de-dispositivo-telefono')
    await page.getByRole('button', { name: 'Continuar' }).click()
    await page.getByText(session.user_code).waitFor()
    await looked(page, '99-oauth-es-su-dispositivo-telefono')
    await page.getByRole('button', { name: 'Sí, es el mío' }).click()
    await page.getByRole('link', { name: 'English' }).click()
    await typePassword(page, 'registro.hn')
    await page.getByRole('heading', { name: 'Give access' }).waitFor()
    await looked(page, '99b-oauth-give-access-phone')
    await page.getByRole('button', { name: 'Give access' }).click()
    await page.getByRole('heading', { name: /Listo|Done/ }).waitFor()
    await looked(page, '99c-oauth-done-phone')
    await page.emulateMedia({ colorScheme: 'light' })
    const tokens = await oauth.waitForDeviceAuthorizationGrant(session)
    if (!('access_token' in tokens)) throw new Error(JSON.stringify(tokens))
    const { person } = await personOf(oauth, { ...tokens, token_type: 'Bearer' })
    try {
      await talk(person, court, 'Quetzal')
    } finally {
      person.stop()
    }
  })
})

test('a passkey signs in on the page, with no password', async () => {
  const { page } = visitor
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto(network.hn.baseUrl)
  await page.getByTestId('sign-in-user').fill('oficial.hn')
  await page.getByTestId('sign-in-password').fill(DEMO_PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('channel-documentation').waitFor({ state: 'attached' })
  await putKeyOff(page)
  await page.goto(`${network.hn.baseUrl}/ajustes`)
  await page.getByTestId('passkey-add').click()
  await page.getByTestId('passkey-name').fill('Teléfono')
  await page.getByTestId('confirm-password').fill(DEMO_PASSWORD)
  await page.getByTestId('confirm-submit').click()
  await page.getByTestId('codes').waitFor()
  const oauth = await oauthClient('OAUTHPASSK')
  await page.goto(await oauth.generateAuthorizationCodeGrantUrl('estado-3', redirectUri, 'fragment'))
  await page.getByRole('button', { name: 'Usar una llave de acceso' }).click()
  await page.getByRole('heading', { name: 'Dar acceso' }).waitFor()
  await page.getByText(`@oficial.hn:${network.hn.serverName}`).waitFor()
  await page.getByRole('button', { name: 'Dar acceso' }).click()
  await page.locator('#back').waitFor()
  // Where the specification wants it: the host that is returned to does not see the code.
  expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('code')).toMatch(/^.{20,}$/)
  expect(returned.at(-1)!.searchParams.get('code')).toBeNull()
  expect(visitor.errors).toEqual([])
})
