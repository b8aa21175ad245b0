/** Two nodes countersign each other's logs: whoever changes one afterwards is found by both, and whoever was away catches up. */
import { verifyBytes } from '@enlace/room-model'
import { type AuditHead, type AuditWitness, createAuditVerifier, sortedJson } from '@enlace/trust/audit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import type { AuditAlarms } from './alarms.ts'
import { entryOf, lineOf, nodeHashing, tagsOf } from './entry.ts'
import { AUDIT_HEAD_PATH } from './exchange.ts'
import { openAuditModels } from './models.ts'
import type { AuditModels, Entry, ShownHead } from './types.ts'
import { createWitnessing } from './witness.ts'

let world: FederatedWorld
let hn: FederatedNode
let gt: FederatedNode
let models: AuditModels

beforeAll(async () => {
  world = await federatedWorld()
  ;[hn, gt] = [await world.node('hn'), await world.node('gt')]
  await open()
})
afterAll(() => world.close())

async function open(): Promise<void> {
  await hn.ctx.federation.ensureDestinations([gt.serverName])
  models = await openAuditModels(hn.ctx.db)
}
async function act(count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      hn.ctx.audit.record({ act: 'session.start', by: `@p${index}:${hn.serverName}` }),
    ),
  )
}
const stands = async () =>
  (await hn.ctx.audit.status()).partners.find(({ server }) => server === gt.serverName)
const kinds = async (node: FederatedNode) => (await node.ctx.audit.alarms()).map(({ kind }) => kind).sort()

async function verified(against: AuditWitness[] = []) {
  const keyOf = ({ ctx }: FederatedNode) => ({ [ctx.signingKey.keyId]: ctx.signingKey.publicKeyBase64 })
  const verifier = createAuditVerifier({
    hashing: nodeHashing,
    verify: (text, signature, key) => verifyBytes(Buffer.from(text), signature, key),
    keys: { [hn.serverName]: keyOf(hn), [gt.serverName]: keyOf(gt) },
    against,
  })
  for await (const line of hn.ctx.audit.exportLines({})) if (!verifier.push(line)) break
  return verifier.finish()
}

/** Whoever has the database writes an entry, and everything after it, anew. */
async function rewrite(seq: number): Promise<void> {
  let hash = (await models.Entry.findById(seq - 1).lean())?.hash ?? '0'.repeat(64)
  for (const doc of await models.Entry.find({ _id: { $gte: seq } })
    .sort({ _id: 1 })
    .lean()) {
    const was = JSON.parse(doc.line) as Entry
    const entry = doc._id === seq ? { ...was, by: '@somebody-else:hn' } : was
    const line = lineOf(entry)
    hash = nodeHashing.ofPair(hash, nodeHashing.ofText(line))
    await models.Entry.updateOne({ _id: doc._id }, { $set: { line, hash, tags: tagsOf(entry) } })
    await models.Head.updateOne({ _id: doc._id }, { $set: { hash } })
  }
}

test('what was shown is countersigned, and what follows from it too', async () => {
  await act(30)
  await hn.ctx.audit.exchange(true)
  const first = await stands()
  expect(first).toMatchObject({ problem: null })
  await act(5)
  await hn.ctx.audit.exchange(true)
  expect((await stands())!.seq).toBe(first!.seq + 5)
  const given = await gt.ctx.audit.given(hn.serverName)
  expect(given).toMatchObject({ seq: first!.seq + 5, since: first!.seq, witness: gt.serverName })
  expect(await verified([given!])).toMatchObject({ ok: true, witnesses: [{ server: gt.serverName }] })
  expect([await kinds(hn), await kinds(gt)]).toEqual([[], []])
})

test('a partner that was away for days is shown everything since, page by page', async () => {
  await gt.stop()
  await act(5_300)
  await hn.ctx.audit.exchange(true)
  expect(await stands()).toMatchObject({ problem: 'no-answer' })
  await gt.start()
  await expect
    .poll(
      async () => {
        await hn.ctx.audit.exchange(true)
        return (await stands())?.problem
      },
      { timeout: 60_000 },
    )
    .toBe(null)
  expect((await stands())!.seq).toBe((await hn.ctx.audit.status()).seq)
  expect(await verified()).toMatchObject({ ok: true })
}, 120_000)

test('nobody else shows a node’s log, and what is not signed by it counts nothing', async () => {
  const head = JSON.parse((await models.Head.findOne({}).sort({ _id: -1 }).lean())!.head) as AuditHead
  const forged = { ...head, seq: head.seq + 1, hash: 'a'.repeat(64) }
  await expect(
    hn.ctx.federation.request(
      gt.serverName,
      {
        entryPoint: 'audit',
        method: 'POST',
        path: AUDIT_HEAD_PATH,
        body: { head: forged, from: head.seq, digests: [] },
      },
      (await import('zod')).z.unknown(),
    ),
  ).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  // A request that was under way for long is no rollback.
  const old = JSON.parse((await models.Head.findOne({}).sort({ _id: 1 }).lean())!.head) as AuditHead
  expect(await gt.ctx.audit.witness(hn.serverName, { head: old, from: 0, digests: [] })).toHaveProperty(
    'known',
  )
  expect(await kinds(gt)).toEqual([])
})

test('hostile: a head dated far ahead does not silence what is rewritten after it', async () => {
  const name = 'liar.example'
  const liar = createWitnessing(
    {
      clock: gt.ctx.clock,
      serverName: gt.serverName,
      signingKey: gt.ctx.signingKey,
      keyRing: { ...gt.ctx.keyRing, verifyJson: async () => true },
    },
    await openAuditModels(gt.ctx.db),
    { raise: async (kind: string) => void raised.push(kind) } as unknown as AuditAlarms,
  )
  const raised: string[] = []
  const now = gt.ctx.clock.now()
  const shown = (seq: number, hash: string, ts: number, more = {}) =>
    liar.receive(name, {
      head: { type: 'org.enlace.audit.head', server_name: name, seq, hash, ts, signatures: {}, ...more },
      from: 0,
      digests: [],
    } as unknown as ShownHead)
  await shown(10, 'a'.repeat(64), now + 1000 * 365 * 24 * 3_600_000)
  // An hour later its log says something else, ends earlier, and begins anew.
  const later = now + 3_600_000
  expect(await shown(10, 'b'.repeat(64), later)).toMatchObject({ alarm: 'fork' })
  expect(await shown(5, 'c'.repeat(64), later)).toMatchObject({ alarm: 'rollback' })
  expect(await shown(3, 'd'.repeat(64), later, { restarted: true })).toHaveProperty('witness')
  expect(raised).toEqual(['fork', 'rollback', 'restarted'])
})

test('a changed entry: the node finds it by itself; with all that follows changed too, its partner does', async () => {
  const { seq } = (await stands())!
  const at = await models.Entry.findById(seq - 3).lean()
  const entry = JSON.parse(at!.line) as Entry
  await models.Entry.updateOne({ _id: at!._id }, { $set: { line: lineOf({ ...entry, by: '@x:hn' }) } })
  expect(await hn.ctx.audit.check()).toMatchObject({ fault: { kind: 'altered', seq: seq - 3 } })
  expect(await verified()).toMatchObject({ fault: { kind: 'altered', seq: seq - 3 } })
  await models.Entry.updateOne({ _id: at!._id }, { $set: { line: at!.line, tags: ['elsewhere'] } })
  expect(await hn.ctx.audit.check()).toMatchObject({ fault: { kind: 'altered', seq: seq - 3 } })
  await models.Entry.updateOne({ _id: at!._id }, { $set: { tags: at!.tags } })
  expect((await hn.ctx.audit.check()).fault).toBeUndefined()

  await hn.stop()
  await hn.start()
  await open()
  await rewrite(seq - 3)
  await hn.stop()
  await hn.start()
  await open()
  await hn.ctx.audit.exchange(true)
  expect(await kinds(hn)).toEqual(['broken', 'own-fork'])
  expect(await kinds(gt)).toEqual(['fork'])
  expect((await gt.ctx.audit.alarms())[0]!.message.es).toContain(hn.serverName)
  // Nothing it says is countersigned any more.
  await act(1)
  await hn.ctx.audit.exchange(true)
  expect((await gt.ctx.audit.given(hn.serverName))!.seq).toBe(seq)
})

test('the end cut off; and an operator who says that it was a backup', async () => {
  const { seq } = (await gt.ctx.audit.given(hn.serverName))!
  await hn.stop()
  await hn.start()
  await open()
  await models.Entry.deleteMany({ _id: { $gt: seq - 20 } })
  await models.Head.deleteMany({ _id: { $gt: seq - 20 } })
  await models.Partner.updateOne({ _id: gt.serverName }, { $unset: { ours: 1 } })
  await hn.stop()
  await hn.start()
  await open()
  await hn.ctx.audit.exchange(true)
  expect(await kinds(gt)).toEqual(['fork', 'rollback'])
  expect(await kinds(hn)).toContain('own-rollback')
  const held = (await gt.ctx.audit.given(hn.serverName))!
  expect((await verified([held])).fault?.kind).toBe('cut')

  await hn.ctx.audit.restarted()
  await hn.ctx.audit.exchange(true)
  expect(await stands()).toMatchObject({ problem: null })
  expect(await kinds(gt)).toEqual(['fork', 'restarted', 'rollback'])
  await act(3)
  await hn.ctx.audit.exchange(true)
  expect((await gt.ctx.audit.given(hn.serverName))!.seq).toBe((await hn.ctx.audit.status()).seq)
})

test('what is old goes, as far as it was countersigned, and the rest verifies', async () => {
  const old = Date.now() - 3_000 * 24 * 3_600_000
  // As if the first thousands had been written long ago.
  const first = entryOf({ act: 'node.start', by: 'node' }, [], { seq: 1, ts: old })
  let hash = '0'.repeat(64)
  await models.Entry.updateOne({ _id: 1 }, { $set: { line: lineOf(first), tags: tagsOf(first) } })
  const changes: Parameters<typeof models.Entry.bulkWrite>[0] = []
  for await (const doc of models.Entry.find({}).sort({ _id: 1 }).lean().cursor()) {
    const was = JSON.parse(doc.line) as Entry
    const entry = doc._id <= 4_500 ? { ...was, ts: old } : was
    const line = sortedJson(entry)
    hash = nodeHashing.ofPair(hash, nodeHashing.ofText(line))
    changes.push({ updateOne: { filter: { _id: doc._id }, update: { $set: { line, hash, ts: entry.ts } } } })
  }
  await models.Entry.bulkWrite(changes)
  await models.Head.deleteMany({})
  await hn.stop()
  await hn.start()
  await open()
  await models.Head.deleteMany({})
  await hn.ctx.audit.restarted()
  await hn.ctx.audit.exchange(true)
  const last = (await models.Entry.findById(4_000).lean())!
  const head = JSON.stringify({ hash: last.hash })
  await models.Head.create({ _id: 4_000, hash: last.hash, head, witnesses: [] })
  expect(await hn.ctx.audit.trim()).toBe(4_000)
  expect(await verified()).toMatchObject({ ok: true, from: 4_001 })
  expect((await hn.ctx.audit.check()).fault).toBeUndefined()
  expect(await hn.ctx.audit.trim()).toBe(0)
}, 120_000)
