import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestNode, type TestNode } from '../testing/node.ts'
import { createPartner } from '../testing/partner.ts'

let node: TestNode
beforeAll(async () => {
  node = await startTestNode()
})
afterAll(() => node?.close())

const told = () =>
  node.edus
    .filter(({ edu_type }) => edu_type === 'm.presence')
    .flatMap(({ destinations, content }) =>
      (content['push'] as { user_id: string; presence: string }[]).map(
        ({ user_id, presence }) => `${destinations.join()} ${user_id} ${presence}`,
      ),
    )

test('who newly shares a room is told who is there, here and at a partner’s', async () => {
  const ana = await node.register('ana')
  const beto = await node.register('beto')
  const away = await node.register('ausente')
  const partner = createPartner(node.ctx, 'gt.example')
  const judge = '@juez:gt.example'
  await node.ctx.ephemeral.setPresence(ana.userId, 'online')
  await node.ctx.ephemeral.setPresence(beto.userId, 'unavailable')
  const made = await node.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } })
  const roomId = String(made.body['room_id'])
  await node.call('POST', `/join/${roomId}`, { token: away.token, body: {} })
  expect(told()).toEqual([])

  // A partner's person comes in: their server hears of those who are there, and of nobody else.
  await partner.join(roomId, judge)
  await expect.poll(told).toEqual(['gt.example @ana:hn.example online'])
  // Another comes in here: the partner hears of them.
  const { body } = await node.call('GET', '/sync', { token: ana.token })
  await node.call('POST', `/join/${roomId}`, { token: beto.token, body: {} })
  await expect.poll(told).toContain('gt.example @beto:hn.example unavailable')
  // And so does whoever was in the room before.
  const heard = async () =>
    JSON.stringify(
      (await node.call('GET', `/sync?since=${body['next_batch']}`, { token: ana.token })).body['presence'],
    )
  await expect.poll(heard).toContain('@beto:hn.example')

  // A new name is no coming.
  const before = told().length
  await node.call('PUT', `/profile/${beto.userId}/displayname`, {
    token: beto.token,
    body: { displayname: 'Beto' },
  })
  await node.call('POST', `/rooms/${roomId}/leave`, { token: away.token, body: {} })
  expect(told()).toHaveLength(before)
})
