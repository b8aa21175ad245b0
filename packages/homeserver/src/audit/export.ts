/**
 * The log as a file (JSON lines, `@enlace/trust/audit`): what it is, every entry in order, and between them the signed heads with
 * their countersignatures. What does not concern whoever exports is there as its digest: the chain holds, and says nothing.
 */
import { AUDIT_EXPORT, AUDIT_GENESIS, AUDIT_PRUNE, type AuditWitness } from '@enlace/trust/audit'
import type { Context } from '../context.ts'
import { groupOf } from './acts.ts'
import { nodeHashing, tagsWanted } from './entry.ts'
import type { Heads } from './heads.ts'
import type { AuditModels, AuditQuery, Entry, EntryDoc } from './types.ts'

type Wanted = Omit<AuditQuery, 'before' | 'limit'>

/** Whether an entry is shown in full. */
export function isWanted(doc: Pick<EntryDoc, 'tags' | 'ts'>, entry: Entry, query: Wanted): boolean {
  if (query.from_ts !== undefined && doc.ts < query.from_ts) return false
  if (query.to_ts !== undefined && doc.ts > query.to_ts) return false
  if (query.institution !== undefined)
    return tagsWanted(query.institution, query).every((tag) => doc.tags.includes(tag))
  return fits(entry, query)
}

/** For the operator, who sees all: entries without an institution have no tags. */
function fits(entry: Entry, { group, person, case: caseRef, outcome }: Wanted): boolean {
  return (
    (group === undefined || groupOf(entry.act) === group) &&
    (person === undefined || entry.by === person || entry.on === person) &&
    (caseRef === undefined || entry.case === caseRef) &&
    (outcome === undefined || entry.outcome === outcome)
  )
}

export async function* exportLines(
  ctx: Pick<Context, 'keyRing' | 'serverName'>,
  { Entry, Head }: Pick<AuditModels, 'Entry' | 'Head'>,
  heads: Heads,
  query: Wanted,
): AsyncGenerator<string> {
  const end = await heads.now()
  const first = await Entry.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()
  const from = first?._id ?? end.seq + 1
  const signed = await Head.find({ _id: { $gte: from, $lte: end.seq } })
    .sort({ _id: 1 })
    .lean()
  const witnesses = signed.flatMap((one) => one.witnesses.map((text) => JSON.parse(text) as AuditWitness))
  yield JSON.stringify({
    type: AUDIT_EXPORT,
    server_name: ctx.serverName,
    ...(query.institution === undefined ? {} : { institution: query.institution }),
    from,
    before: from === 1 ? AUDIT_GENESIS : await heads.hashAt(from - 1),
    end,
    keys: await keysOf(ctx, new Set([ctx.serverName, ...witnesses.map(({ witness }) => witness)])),
  })
  let at = 0
  const cursor = Entry.find({ _id: { $lte: end.seq } })
    .sort({ _id: 1 })
    .lean()
    .cursor({ batchSize: 1_000 })
  for await (const doc of cursor) {
    const entry = JSON.parse(doc.line) as Entry
    yield isWanted(doc, entry, query) || entry.act === AUDIT_PRUNE
      ? `{"entry":${doc.line},"hash":"${doc.hash}"}`
      : JSON.stringify({ seq: doc._id, digest: nodeHashing.ofText(doc.line) })
    for (; signed[at] !== undefined && signed[at]!._id <= doc._id; at++) {
      const head = signed[at]!
      yield head.head
      yield* head.witnesses
    }
  }
}

/** As they are now: whoever verifies should have them from elsewhere too, and the verifier says so. */
async function keysOf(
  ctx: Pick<Context, 'keyRing'>,
  servers: Iterable<string>,
): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {}
  for (const server of servers) {
    const answer = await ctx.keyRing.notarised(server, 0).catch(() => undefined)
    const named = {
      ...(answer?.['old_verify_keys'] as Record<string, { key: string }> | undefined),
      ...(answer?.['verify_keys'] as Record<string, { key: string }> | undefined),
    }
    found[server] = Object.fromEntries(Object.entries(named).map(([id, { key }]) => [id, key]))
  }
  return found
}
