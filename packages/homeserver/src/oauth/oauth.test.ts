/** The node as OAuth 2.0 provider: what clients and browsers do, and what they try. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { askTokens, oauthSession, registerClient } from '../testing/oauth.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
  // node.call takes paths of the node that begin with an underscore or a dot as they are.
  for (const localpart of ['ana', 'beto']) await node.ctx.accounts.create({ localpart, password: PASSWORD })
})
afterAll(() => node?.close())

test('a client registers, is given access with a password, and has a session like any other', async () => {
  const { body } = await node.call('GET', '/_matrix/client/v1/auth_metadata')
  expect(body).toMatchObject({ issuer: `${node.url}/`, code_challenge_methods_supported: ['S256'] })
  const session = await oauthSession(node, 'ana', 'AAAABBBB11')
  expect(session.body).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
  const who = await node.call('GET', '/account/whoami', { token: session.token })
  expect(who.body).toMatchObject({ user_id: '@ana:hn.example', device_id: 'AAAABBBB11' })
  const again = await askTokens(node, {
    grant_type: 'refresh_token',
    refresh_token: session.refresh,
    client_id: session.client,
  })
  expect(again.status).toBe(200)
})
