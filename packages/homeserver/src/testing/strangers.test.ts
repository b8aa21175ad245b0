/** Somebody on the internet, without an account, at every endpoint of a node of the network. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noInstitutions } from '../federation/trust/institutions.ts'
import { PASSWORD, startTestNode, type TestNode } from './node.ts'

let node: TestNode
const asked: string[] = []
beforeAll(async () => {
  node = await startTestNode(
    {
      registration: 'closed',
      federation: { list: { url: 'http://127.0.0.1:9/federation-list', root: 'root.json' } },
    },
    {
      overrides: {
        federationList: () => ({
          check: () => {},
          allows: () => true,
          cutOff: () => false,
          hosts: () => true,
          institution: () => undefined,
          institutionsAt: () => [],
          byRosters: false,
          members: () => undefined,
          caseSlot: () => 1,
          ready: () => true,
          pinnedKeys: () => undefined,
          institutions: noInstitutions,
          told: () => ({ versions: {} }),
          report: () => {
            throw new Error('not for strangers')
          },
          compare: async () => {},
          onChange: () => {},
          refresh: async () => {},
          close: () => {},
        }),
      },
    },
  )
  node.partner.request = async (destination) => {
    asked.push(destination)
    throw new Error('unreachable')
  }
  await node.ctx.accounts.create({ localpart: 'guardia', password: PASSWORD })
})
afterAll(() => node?.close())

/** What a client needs before it can sign in, and what says nothing of anybody. */
const OPEN = new Set([
  'GET /_matrix/client/versions',
  'GET /.well-known/matrix/client',
  'GET /_matrix/client/v3/login',
  'GET /_matrix/client/r0/login',
  // Where and how a client signs people in, and the pages for it: they name nobody.
  'GET /_matrix/client/v1/auth_metadata',
  'GET /_matrix/client/unstable/org.matrix.msc2965/auth_metadata',
  'GET /_matrix/client/unstable/org.matrix.msc2965/auth_issuer',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  'GET /oauth2/keys',
  'GET /oauth2/device',
  // Lead there whoever comes without having been.
  'POST /oauth2/device',
  'GET /oauth2/device/:uid',
  'GET /oauth2/assets/pages.css',
  'GET /oauth2/assets/pages.js',
  // To the settings of whoever is signed in there.
  'GET /oauth2/account',
  // The page for clients that do not know the step: what to do, in words; of a session that is not there it says so.
  'GET /_matrix/client/v3/auth/org.enlace.coordinator/fallback/web',
  'GET /_matrix/client/r0/auth/org.enlace.coordinator/fallback/web',
])

test('hostile: a stranger is told of nobody and nothing, and makes the node ask no partner', async () => {
  const answered: string[] = []
  let tried = 0
  for (const route of node.routes)
    for (const path of typeof route.path === 'string' ? [route.path] : route.path) {
      const at = path
        .replace(/\{[^}]*\}/g, '')
        .replace(/\*\w+/g, 'x')
        .replace(':roomAlias', encodeURIComponent('#sala:gt.example'))
        .replace(/:user(Id)?\b/, encodeURIComponent('@guardia:hn.example'))
        .replace(':serverName', 'gt.example')
        .replace(/:(\w+)/g, 'x')
      const query = /publicRooms/.test(path) && route.method === 'GET' ? '?server=gt.example' : ''
      const answer = await node.call(route.method, at + query, route.method === 'GET' ? {} : { body: {} })
      tried++
      if (answer.status < 400 && !OPEN.has(`${route.method} ${path}`))
        answered.push(`${route.method} ${path}: ${answer.status}`)
      expect(answer.status, path).toBeLessThan(500)
      expect(JSON.stringify(answer.body), path).not.toContain('guardia')
    }
  expect(tried).toBeGreaterThan(200)
  expect(answered).toEqual([])
  expect(asked).toEqual([])
})

test('hostile: names that exist and names that do not look the same to a stranger', async () => {
  const answers = async (name: string) => {
    const login = { type: 'm.login.password', user: name, password: 'no es esta clave' }
    const tries = [
      await node.call('POST', '/login', { body: login }),
      await node.call('POST', '/register', {
        body: { username: name, password: 'una clave bien larga y rara' },
      }),
      await node.call('GET', `/register/available?username=${name}`),
      await node.call('GET', `/profile/${encodeURIComponent(`@${name}:hn.example`)}`),
    ]
    return tries.map(({ status, body: { 'org.enlace.request_id': _, ...body } }) => [status, body])
  }
  expect(await answers('guardia')).toEqual(await answers('nadie'))
})

test('hostile: what a stranger may send is small, and refused unread beyond', async () => {
  const password = 'x'.repeat(70_000)
  for (const path of ['/login', '/register', '/refresh']) {
    const answer = await node.call('POST', path, { body: { password, refresh_token: password } })
    expect([path, answer.status, answer.body['errcode']]).toEqual([path, 413, 'M_TOO_LARGE'])
  }
})
