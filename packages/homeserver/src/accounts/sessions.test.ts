/** Where one is signed in, and being told of a sign-in from somewhere new. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startTestNode, type TestNode } from '../testing/node.ts'
import { withPassword } from '../testing/sign-in.ts'

const SESSIONS = '/_enlace/client/v1/sessions'
let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node?.close())

const alerts = async (token: string) =>
  (
    (await node.call('GET', '/_enlace/client/v1/alerts', { token })).body['alerts'] as Record<
      string,
      unknown
    >[]
  ).filter(({ kind }) => kind === 'new_device')

async function loginFrom(address: string, cookie?: string, more: Record<string, unknown> = {}) {
  const answer = await fetch(`${node.url}/_matrix/client/v3/login`, {
    method: 'POST',
    headers: { 'x-forwarded-for': address, ...(cookie === undefined ? {} : { cookie }) },
    body: JSON.stringify({ type: 'm.login.password', user: 'ana', password: PASSWORD, ...more }),
  })
  return {
    cookie: answer.headers.getSetCookie()[0]!.split(';')[0]!,
    body: (await answer.json()) as { access_token: string; device_id: string },
  }
}

test('each session has its name, place and times; one or all others are ended, with the password', async () => {
  await node.ctx.accounts.create({ localpart: 'ana', password: PASSWORD })
  const first = await loginFrom('192.0.2.1', undefined, { initial_device_display_name: 'oficina' })
  const token = first.body.access_token
  expect(await alerts(token)).toEqual([])
  const second = await loginFrom('198.51.100.9')
  const third = await loginFrom('198.51.100.10', first.cookie)
  const { body } = await node.call('GET', SESSIONS, { token })
  const listed = body['sessions'] as Record<string, unknown>[]
  expect(listed).toHaveLength(3)
  expect(listed.find((one) => one['current'])).toMatchObject({
    device_id: first.body.device_id,
    display_name: 'oficina',
    signed_in_ip: '192.0.2.1',
    signed_in_with: 'password',
    first_seen_ts: expect.any(Number),
  })
  // A stranger's place is told, a browser that was here before is not.
  const told = await alerts(token)
  expect(told).toMatchObject([{ kind: 'new_device', reference: second.body.device_id, state: 'open' }])
  const ana = { userId: '@ana:hn.example', token, deviceId: first.body.device_id }
  expect((await node.call('POST', `${SESSIONS}/end-others`, { token, body: {} })).status).toBe(401)
  expect((await node.call('GET', SESSIONS, { token: third.body.access_token })).status).toBe(200)
  const ended = await withPassword(node, ana, 'POST', `${SESSIONS}/end-others`)
  expect(ended.body).toEqual({ ended: 2 })
  for (const other of [second, third])
    expect((await node.call('GET', SESSIONS, { token: other.body.access_token })).status).toBe(401)
  expect((await node.call('GET', SESSIONS, { token })).status).toBe(200)
  expect(await alerts(token)).toMatchObject([{ state: 'settled' }])
})

test('hostile: signing in over a device of the person is told as well, and after all sessions have ended', async () => {
  const mine = await loginFrom('192.0.2.1')
  const over = await loginFrom('203.0.113.5', undefined, { device_id: mine.body.device_id })
  const open = async (token: string) => (await alerts(token)).filter(({ state }) => state === 'open').length
  expect(await open(over.body.access_token)).toBe(2)
  await node.ctx.accounts.endSessions('@ana:hn.example')
  const thief = await loginFrom('203.0.113.6')
  expect(await open(thief.body.access_token)).toBe(1)
  const id = (await alerts(thief.body.access_token)).find(({ state }) => state === 'open')!['id']
  const seen = await node.call('POST', `/_enlace/client/v1/alerts/${String(id)}/seen`, {
    token: thief.body.access_token,
    body: { channel: 'client' },
  })
  expect(seen.status).toBe(200)
  expect(await open(thief.body.access_token)).toBe(0)
})
