import { afterAll, beforeAll, expect, test } from 'vitest'
import { startListeners } from '../http/listeners.ts'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { peopleOf } from '../testing/people.ts'
import { openIdFederationRoutes } from './routes/openid.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node.close())

const { newUser, ask } = peopleOf(() => node)

test('an OpenID token tells who somebody is, and opens nothing', async () => {
  const ana = await newUser()
  const given = (await ask(ana, 'POST', `/user/${ana.userId}/openid/request_token`, {})).body
  expect(given).toMatchObject({ token_type: 'Bearer', matrix_server_name: 'hn.example', expires_in: 3600 })
  const token = given['access_token'] as string
  expect((await node.call('GET', '/account/whoami', { token })).status).toBe(401)
  expect(node.ctx.tokens.openIdUser(token)).toBe(ana.userId)
  expect(node.ctx.tokens.openIdUser(ana.token)).toBeUndefined()
  expect(node.ctx.tokens.openIdUser('x')).toBeUndefined()
  const beto = await newUser()
  expect((await ask(beto, 'POST', `/user/${ana.userId}/openid/request_token`, {})).status).toBe(403)
})

test('a third party asks the federation port, with the token alone', async () => {
  const ana = await newUser()
  const given = (await ask(ana, 'POST', `/user/${ana.userId}/openid/request_token`, {})).body
  const [listener] = await startListeners(
    node.ctx,
    { client: [], federation: openIdFederationRoutes, operations: [] },
    {},
  )
  try {
    const userInfo = async (token: string) => {
      const query = new URLSearchParams({ access_token: token })
      const answer = await fetch(`${listener!.url}/_matrix/federation/v1/openid/userinfo?${query}`)
      return [answer.status, await answer.json()]
    }
    expect(await userInfo(given['access_token'] as string)).toEqual([200, { sub: ana.userId }])
    const unknown = [401, expect.objectContaining({ errcode: 'M_UNKNOWN_TOKEN' })]
    // An access token is none of these, however good it is.
    for (const token of [ana.token, 'x', '']) expect(await userInfo(token)).toEqual(unknown)
    await node.ctx.accounts.suspend(ana.userId, '@jefa:hn.example', 'perdió el teléfono')
    expect(await userInfo(given['access_token'] as string)).toEqual(unknown)
    await node.ctx.accounts.restore(ana.userId)
    expect((await userInfo(given['access_token'] as string))[0]).toBe(200)
    await node.ctx.accounts.deactivate(ana.userId)
    expect(await userInfo(given['access_token'] as string)).toEqual(unknown)
  } finally {
    await listener!.close()
  }
})
