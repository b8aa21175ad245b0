import { materialRecordEventType, materialUpdateEventType } from '@enlace/coordination/materials'
import { newSigningKey } from '@enlace/trust/browser'
import { beforeAll, expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import { nodeOf, ROOM } from '../../model/records/testing.ts'
import type { Session } from '../../model/session/types.ts'
import type { ChannelsModel } from '../channels/types.ts'
import type { SigningDesk } from '../institution/types.ts'
import { createMaterialsModel } from './materials.ts'

const OWN = 'hn-rnp'
const signatures = [{ keyid: '0'.repeat(64), sig: '0'.repeat(128) }]
let key: Awaited<ReturnType<typeof newSigningKey>>
beforeAll(async () => {
  key = await newSigningKey()
})

/** A coordinator of `hn-rnp` in one channel, without a directory, with the institution's key; the registry answers as `answer` says. */
async function desk(answer: { outcome: 'taken' | 'waiting' | 'refused' } = { outcome: 'taken' }) {
  const node = nodeOf(materialRecordEventType, 'coordinator')
  const published: unknown[] = []
  const pending = new Map()
  const session = {
    ...node.session,
    me: createStore({}),
    directory: {
      state: createStore({ phase: 'none' }),
      refresh: async () => {},
      copy: async () => undefined,
    },
  } as unknown as Session
  const channel = { roomId: ROOM, topic: 'information', membership: 'join', kind: { kind: 'channel' } }
  const channels = {
    state: createStore({ corridors: [{ channels: [channel] }] }),
  } as unknown as ChannelsModel
  const signing = {
    ready: Promise.resolve(),
    keys: { held: createStore(new Map([[OWN, key]])) },
    watch: {
      institution: async () => ({ kind: 'silent', keyids: [key.keyid], threshold: 1 }),
      text: async () => undefined,
    },
    publications: {
      pending: createStore(pending),
      publish: async (one: unknown) => {
        published.push(one)
        return answer.outcome
      },
      discard: async () => {},
    },
  } as unknown as SigningDesk
  const model = createMaterialsModel(session, channels, signing, 'https://hn.example')
  const draft = () => model.view.get().drafts[0]!
  const row = () => model.row(model.view.get().rows[0]!.state.id)!
  const steps = () =>
    node.log.filter(({ type }) => type === materialUpdateEventType).map(({ content }) => content)
  /** A colleague's step, as it comes from the node. */
  const step = async (sender: string, institution: string, content: object) => {
    const { state } = row()
    const relation = { rel_type: 'm.reference', event_id: state.id }
    const by = { institution, role: 'coordinator' }
    node.put(
      materialUpdateEventType,
      { 'm.relates_to': relation, after: state.heads, by, ...content },
      crypto.randomUUID(),
      sender,
    )
    await model.refresh()
  }
  model.begin()
  model.drafts.save({
    ...draft(),
    title: 'Ejemplo',
    summary: 'Hoja inventada.',
    blocks: [{ key: 'a', kind: 'text', markdown: 'Pida ayuda.' }],
  })
  return { model, draft, row, steps, step, published, answer }
}

test('a draft is kept until it was sent, and stands in the channel then', async () => {
  const { model, draft, row } = await desk()
  expect(draft()).toMatchObject({ roomId: ROOM, liveAt: 'https://hn.example' })
  model.drafts.save({ ...draft(), title: '' })
  expect(await model.send(draft())).toEqual({ faults: [{ field: 'title' }] })
  model.drafts.save({ ...draft(), title: 'Ejemplo' })
  expect(await model.send(draft())).toEqual({ id: expect.any(String) })
  await expect.poll(() => model.view.get().rows.length).toBe(1)
  expect(model.view.get().drafts).toEqual([])
  // Nobody approves what they wrote.
  expect(row()).toMatchObject({
    status: 'in_review',
    waitsForMe: false,
    content: { slug: 'ejemplo', number: 1 },
  })
  model.begin()
  model.drafts.save({
    ...draft(),
    title: 'Ejemplo',
    summary: 'Otra.',
    blocks: [{ key: 'a', kind: 'text', markdown: 'A' }],
  })
  expect(await model.send(draft())).toEqual({ faults: [{ field: 'address' }] })
  model.close()
})

test('another version builds upon the last; the same in another language has its name', async () => {
  const { model, draft, row } = await desk()
  await model.send(draft())
  await expect.poll(() => model.view.get().rows.length).toBe(1)
  model.beginFrom(row())
  model.drafts.save({ ...draft(), title: 'Ejemplo cambiado' })
  await model.send(draft())
  expect(row()).toMatchObject({ content: { title: 'Ejemplo cambiado', slug: 'ejemplo', number: 2 } })
  expect(row().state).toMatchObject({ apart: [], versions: [{}, {}] })
  model.beginFrom(row(), true)
  model.drafts.save({ ...draft(), language: 'kek' })
  await model.send(draft())
  await expect.poll(() => model.view.get().rows.length).toBe(2)
  const keys = model.view.get().rows.map(({ content }) => `${content!.slug} ${content!.language}`)
  expect(keys.sort()).toEqual(['ejemplo es', 'ejemplo kek'])
  model.close()
})

test('approved without a signature it is not published, and the page knows whose is missing', async () => {
  const { model, draft, row, step, published, steps } = await desk()
  await model.send(draft())
  await expect.poll(() => model.view.get().rows.length).toBe(1)
  const version = row().state.versions[0]!.id
  await step('@hn:hn', 'hn-sreci', { step: 'approve', version })
  expect(row().status).toBe('in_review')
  await step('@gt:gt', 'gt-sbs', { step: 'approve', version })
  expect(row().status).toBe('approved')
  expect(model.unsigned(row().state)).toEqual(['HN', 'GT'])
  expect(await model.publish(row().state, 'Publica')).toEqual({ kind: 'unsigned', countries: ['HN', 'GT'] })
  expect(published).toEqual([])
  expect(steps()).toHaveLength(3)
  model.close()
})

test('the channel says published and withdrawn when the registry has taken it, not before', async () => {
  const { model, draft, row, step, published, answer } = await desk({ outcome: 'refused' })
  await model.send(draft())
  await expect.poll(() => model.view.get().rows.length).toBe(1)
  const version = row().state.versions[0]!.id
  await step('@hn:hn', 'hn-sreci', { step: 'approve', version })
  await step('@gt:gt', 'gt-sbs', { step: 'approve', version })
  /** As if this device read the signatures in their records. */
  const signed = () => {
    const { state } = row()
    for (const stance of state.versions[0]!.stances.values()) stance.signatures = signatures
    return state
  }
  expect(await model.publish(signed(), 'Publica')).toMatchObject({ kind: 'refused' })
  expect(row().status).toBe('approved')
  answer.outcome = 'waiting'
  expect(await model.publish(signed(), 'Publica')).toEqual({ kind: 'waiting' })
  expect(row().status).toBe('approved')
  answer.outcome = 'taken'
  expect(await model.publish(signed(), 'Publica')).toEqual({ kind: 'taken' })
  expect(row().status).toBe('published')
  answer.outcome = 'refused'
  expect(await model.withdraw(row().state, 'changed', 'Retira')).toMatchObject({ kind: 'refused' })
  expect(row().status).toBe('published')
  answer.outcome = 'taken'
  expect(await model.withdraw(row().state, 'changed', 'Retira')).toEqual({ kind: 'taken' })
  expect(row().status).toBe('withdrawn')
  expect(published).toHaveLength(5)
  model.close()
})
