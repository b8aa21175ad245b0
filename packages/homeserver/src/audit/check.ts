/** The chain on the disk, walked from its beginning: whoever changed the database without our key, and without counting on, is found. */
import { AUDIT_GENESIS, type AuditFaultKind, type AuditHead } from '@enlace/trust/audit'
import { nodeHashing, tagsOf } from './entry.ts'
import type { AuditModels, Entry } from './types.ts'

/** Others have their turn in between. */
const SLICE = 500
const pause = () => new Promise<void>((done) => setImmediate(done))

export async function checkChain({ Entry, Head }: Pick<AuditModels, 'Entry' | 'Head'>): Promise<{
  entries: number
  fault?: { kind: AuditFaultKind; seq: number }
}> {
  const first = await Entry.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()
  const signed = new Map(
    (await Head.find({}, { head: 1 }).lean()).map(
      ({ _id, head }) => [_id, (JSON.parse(head) as AuditHead).hash] as const,
    ),
  )
  let entries = 0
  if (!first) return signed.size === 0 ? { entries } : { entries, fault: { kind: 'cut', seq: 1 } }
  let expected = first._id
  let hash = expected === 1 ? AUDIT_GENESIS : signed.get(expected - 1)
  if (hash === undefined) return { entries, fault: { kind: 'removed', seq: expected - 1 } }
  for await (const doc of Entry.find({}).sort({ _id: 1 }).lean().cursor({ batchSize: SLICE })) {
    const fault = (kind: AuditFaultKind, seq = expected) => ({ entries, fault: { kind, seq } })
    if (doc._id !== expected) return fault('removed')
    hash = nodeHashing.ofPair(hash, nodeHashing.ofText(doc.line))
    // By its tags it is found, by its line it is believed.
    const entry = lineOf(doc.line)
    if (hash !== doc.hash) return fault(entry && entry.seq !== expected ? 'reordered' : 'altered')
    if (!entry || entry.seq !== expected || entry.ts !== doc.ts || tagsOf(entry).join() !== doc.tags.join())
      return fault('altered')
    if ((signed.get(expected) ?? hash) !== hash) return fault('rewritten')
    expected += 1
    entries += 1
    if (entries % SLICE === 0) await pause()
  }
  const newest = Math.max(0, ...signed.keys())
  return newest >= expected ? { entries, fault: { kind: 'cut', seq: expected } } : { entries }
}

/** Whoever changed the database may have left anything there. */
function lineOf(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined
  }
}
