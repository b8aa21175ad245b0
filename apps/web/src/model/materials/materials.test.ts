import {
  isApproved,
  materialEventType,
  materialRecordEventType,
  materialStatus,
  materialUpdateEventType,
} from '@enlace/coordination/materials'
import type { MaterialContent } from '@enlace/coordination/materials/published'
import { expect, test } from 'vitest'
import { nodeOf, ROOM } from '../records/testing.ts'
import { holdMaterials } from './materials.ts'

const content: MaterialContent = {
  institution: 'hn-rnp',
  slug: 'ejemplo',
  language: 'es',
  number: 1,
  topic: 'rights',
  level: 'easy',
  title: 'Ejemplo secreto',
  summary: 'Hoja inventada.',
  blocks: [{ kind: 'text', markdown: 'Pida ayuda.' }],
  names: [],
  valid_until: Date.now() + 86_400_000,
}
const version = { what: 'version', content } as const
const node = (failing?: { record: boolean }) => nodeOf(materialRecordEventType, 'coordinator', failing)
const countryOf = (key: string) => key.slice(0, 2).toUpperCase()

test('a material is three events, its text the encrypted one; cut off anywhere, it goes on and is not made twice', async () => {
  const { session, sent, failing, log } = node({ record: true })
  const { value: materials, release } = holdMaterials(session)
  await expect(materials.propose(ROOM, version, 'a')).rejects.toThrow('no network')
  failing.record = false
  const id = await materials.propose(ROOM, version, 'a')
  expect(await materials.propose(ROOM, version, 'a')).toBe(id)
  expect(sent).toEqual([materialEventType, materialRecordEventType, materialUpdateEventType])
  expect(JSON.stringify(log.filter((one) => one.type !== 'm.room.encrypted'))).not.toContain('secreto')
  expect(materials.all.get()).toMatchObject([{ id, versions: [{ content: { title: 'Ejemplo secreto' } }] }])
  release()
})

test('approvals, publications and withdrawals count of people whom the node knows as of that institution alone', async () => {
  const { session, put } = node()
  const { value: materials, release } = holdMaterials(session)
  await materials.propose(ROOM, version, 'a')
  const one = () => materials.all.get()[0]!
  const step = async (sender: string, institution: string, draft: object) => {
    const by = { institution, role: 'coordinator' }
    const relation = { rel_type: 'm.reference', event_id: one().id }
    const update = { 'm.relates_to': relation, after: one().heads, by, ...draft }
    put(materialUpdateEventType, update, crypto.randomUUID(), sender)
    await materials.refresh([ROOM])
    return materialStatus(one(), Date.now(), countryOf)
  }
  const last = one().versions[0]!.id
  const approve = { step: 'approve', version: last }
  expect(await step('@hn:hn', 'hn-sreci', approve)).toBe('in_review')
  expect(await step('@hn:hn', 'gt-sbs', approve)).toBe('in_review')
  expect(await step('@nadie:gt', 'gt-sbs', approve)).toBe('in_review')
  expect(await step('@gt:gt', 'gt-sbs', approve)).toBe('approved')
  expect(isApproved(one().versions[0]!, countryOf)).toBe(true)
  const publish = { step: 'publish', version: last, valid_until_ts: content.valid_until }
  expect(await step('@nadie:hn', 'hn-rnp', publish)).toBe('approved')
  await materials.step(one(), { step: 'publish', version: last, valid_until_ts: content.valid_until })
  expect(materialStatus(one(), Date.now(), countryOf)).toBe('published')
  const publication = one().publications[0]!.id
  expect(await step('@nadie:gt', 'gt-sbs', { step: 'withdraw', publication, reason: 'changed' })).toBe(
    'published',
  )
  expect(await step('@gt:gt', 'gt-sbs', { step: 'withdraw', publication, reason: 'changed' })).toBe(
    'withdrawn',
  )
  release()
})
