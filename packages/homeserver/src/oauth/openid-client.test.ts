/** The provider for a client that is not ours: `openid-client`, which checks what the standards say of each answer. */
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { allow, CLIENT, formsOf, pageBrowser, scopeOf, send } from '../testing/oauth.ts'

let node: TestNode
let config: client.Configuration
beforeAll(async () => {
  node = await startTestNode()
  await node.ctx.accounts.create({ localpart: 'ana', password: PASSWORD })
  config = await client.dynamicClientRegistration(new URL(node.url), CLIENT, client.None(), {
    execute: [client.allowInsecureRequests],
  })
})
afterAll(() => node?.close())

test('discovery, code with PKCE, ID token with nonce, refresh and revocation', async () => {
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CLIENT.redirect_uris[0]!,
    scope: `openid ${scopeOf('CONFORM001')}`,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
  const back = await allow(pageBrowser(node.url), url.href, 'ana')
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
  const tokens = await client.authorizationCodeGrant(config, new URL(back.url), checks)
  expect(tokens.claims()?.sub).toBe('@ana:hn.example')
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token!)
  expect((await node.call('GET', '/account/whoami', { token: fresh.access_token })).status).toBe(200)
  await client.tokenRevocation(config, fresh.access_token)
  expect((await node.call('GET', '/account/whoami', { token: fresh.access_token })).status).toBe(401)
  await expect(client.refreshTokenGrant(config, fresh.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
})

test('the device grant, and one that is refused', async () => {
  const begin = (device: string) => client.initiateDeviceAuthorization(config, { scope: scopeOf(device) })
  const confirm = async (code: client.DeviceAuthorizationResponse, answer: 'confirm' | 'abort') => {
    const browser = pageBrowser(node.url)
    const input = await browser.go(code.verification_uri_complete!)
    const shown = formsOf(await browser.go('/oauth2/device', formsOf(input)[0]!.fields))[0]!
    return { browser, page: await browser.go('/oauth2/device', { ...shown.fields, [answer]: 'yes' }) }
  }
  const code = await begin('CONFORM002')
  const { browser, page } = await confirm(code, 'confirm')
  const asked = await send(browser, page, 'password', { user: 'ana', password: PASSWORD })
  await send(browser, asked, 'allow')
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...code, interval: 0.1 })
  expect((await node.call('GET', '/account/whoami', { token: tokens.access_token })).body).toMatchObject({
    device_id: 'CONFORM002',
  })
  const refused = await begin('CONFORM003')
  expect((await confirm(refused, 'abort')).page.text).toContain('No se dio acceso')
  await expect(
    client.pollDeviceAuthorizationGrant(config, { ...refused, interval: 0.1 }),
  ).rejects.toMatchObject({ error: 'access_denied' })
})
