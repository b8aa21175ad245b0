import { caseEventType, caseUpdateContent, caseUpdateEventType, reduceCase } from '@enlace/coordination'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { timelineEvent } from '../stream/envelopes.ts'
import { foundChannel, foundCorridor } from '../testing/channels.ts'
import { directoryOf } from '../testing/node.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'

let world: FederatedWorld
beforeAll(async () => {
  world = await federatedWorld()
})
afterAll(() => world?.close())

const anybody = (node: FederatedNode) => {
  node.ctx.policy.checkMembership = async () => undefined
  node.ctx.policy.refuses = async () => undefined
}

test('a node that joins late has the board of the others, without anybody scrolling up', async () => {
  const overrides = {
    directory: () => directoryOf({ 'hn-rnp-sps': { kind: 'civil_registry', country: 'HN' } }),
  }
  const [hn, gt] = await Promise.all(['hn', 'gt'].map((name) => world.node(name, {}, { overrides })))
  const ana = await hn!.register('ana')
  const beto = await gt!.register('beto')
  for (const node of [hn!, gt!]) anybody(node)
  hn!.ctx.policy.memberOf = async () => ({
    institution: { key: 'hn-rnp-sps', kind: 'civil_registry', country: 'HN' },
    role: 'coordinator',
  })
  const founder = {
    userId: ana.userId,
    ask: (method: string, path: string, body: object) => hn!.call(method, path, { token: ana.token, body }),
  }
  const corridor = await foundCorridor(founder)
  const invite = { invite: [beto.userId] }
  const roomId = await foundChannel(founder, corridor, 'documentation', { more: invite })
  const send = (type: string, content: object) =>
    hn!.ctx.rooms.send({
      roomId,
      sender: ana.userId,
      type,
      content: content as Record<string, unknown>,
    })
  const by = { institution: 'hn-rnp-sps', role: 'staff' } as const
  const cases: string[] = []
  for (let n = 1; n <= 3; n++) {
    const root = await send(caseEventType, {
      reference: `DOC-2026-01000${n}`,
      kind: 'birth_certificate',
      priority: 'high',
      requesting: 'gt-renap',
      responsible: by.institution,
      acknowledge_by: Date.now() + 3_600_000,
      deadline: Date.now() + 7_200_000,
      by: { institution: 'gt-renap', role: 'staff' },
    })
    cases.push(root.eventId)
    const state = reduceCase(timelineEvent(root), [])
    if (typeof state === 'string') throw new Error(state)
    await send(caseUpdateEventType, caseUpdateContent(state, by, { step: 'acknowledge' }))
    for (let i = 0; i < 120; i++)
      await send('m.room.encrypted', { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: `${n}${i}` })
  }
  await hn!.ctx.cases.settled()
  const row = (node: FederatedNode, id: string) => node.ctx.cases.row(id)
  for (const id of cases) expect(row(hn!, id)?.status).toBe('acknowledged')
  await gt!.call('POST', `/join/${encodeURIComponent(roomId)}?via=${encodeURIComponent(hn!.serverName)}`, {
    token: beto.token,
    body: {},
  })
  await eventually(
    'the board of the node that joined late',
    () => cases.every((id) => row(gt!, id)?.status === 'acknowledged'),
    30_000,
  )
  for (const id of cases) expect(row(gt!, id)).toEqual(row(hn!, id))
})
