import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { peopleOf } from '../testing/people.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode({ public_base_url: 'https://chat.hn.example' })
})
afterAll(() => node.close())

const { newUser, ask } = peopleOf(() => node)

test('versions, capabilities, well-known, and what it does not have', async () => {
  const ana = await newUser()
  expect((await node.call('GET', '/_matrix/client/versions')).body['versions']).toContain('v1.18')
  expect((await node.call('GET', '/.well-known/matrix/client')).body).toEqual({
    'm.homeserver': { base_url: 'https://chat.hn.example' },
  })
  expect((await ask(ana, 'GET', '/capabilities')).body['capabilities']).toMatchObject({
    'm.change_password': { enabled: true },
    'm.room_versions': { default: '12', available: { 10: 'stable', 11: 'stable', 12: 'stable' } },
  })
  expect((await ask(ana, 'GET', '/voip/turnServer')).body).toEqual({})
  expect((await ask(ana, 'GET', '/thirdparty/protocols')).body).toEqual({})
  expect((await ask(ana, 'GET', `/admin/whois/${ana.userId}`)).body['user_id']).toBe(ana.userId)
  const beto = await newUser()
  expect((await ask(beto, 'GET', `/admin/whois/${ana.userId}`)).status).toBe(403)
})
