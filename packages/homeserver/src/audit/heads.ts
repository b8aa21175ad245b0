/** Signed ends of the chain: every thousand entries, every hour in which something happened, and whenever somebody is shown it. */
import { signJson } from '@enlace/room-model'
import { AUDIT_HEAD, type AuditHead, type AuditWitness } from '@enlace/trust/audit'
import type { Context } from '../context.ts'
import type { AuditModels, ChainHead } from './types.ts'
import type { ChainWriter } from './writer.ts'

const EVERY = 1_000

export interface Heads {
  /** The end of the chain as it is now, signed and kept. */
  now(): Promise<AuditHead>
  /** An earlier place, signed: what a partner is shown on the way. */
  at(place: ChainHead): Promise<AuditHead>
  witnessed(witness: AuditWitness): Promise<void>
  /** Called after each write. */
  grown(head: ChainHead): void
  /** The hash after an entry, also where the entry itself was deleted. */
  hashAt(seq: number): Promise<string | undefined>
}

export function createHeads(
  ctx: Pick<Context, 'clock' | 'log' | 'serverName' | 'signingKey'>,
  { Entry, Head }: Pick<AuditModels, 'Entry' | 'Head'>,
  writer: () => ChainWriter,
): Heads {
  let last = 0

  async function at({ seq, hash }: ChainHead): Promise<AuditHead> {
    const known = await Head.findOne({ _id: seq, hash }).lean()
    const before = known ? (JSON.parse(known.head) as AuditHead) : undefined
    // What is signed counts, not what stands beside it.
    if (before?.seq === seq && before.hash === hash) return before
    const unsigned = {
      type: AUDIT_HEAD,
      server_name: ctx.serverName,
      seq,
      hash,
      ts: ctx.clock.now(),
    } as const
    const head = signJson(unsigned, ctx.serverName, ctx.signingKey)
    await Head.updateOne(
      { _id: seq },
      { $set: { hash, head: JSON.stringify(head), witnesses: [] } },
      { upsert: true },
    )
    last = Math.max(last, seq)
    return head
  }

  return {
    at,
    now: () => at(writer().head()),
    grown(head) {
      if (head.seq - last < EVERY) return
      last = head.seq
      at(head).catch((error: unknown) => ctx.log.warn({ err: error }, 'the audit log’s end was not signed'))
    },
    async witnessed(witness) {
      await Head.updateOne(
        { _id: witness.seq, hash: witness.hash },
        { $push: { witnesses: { $each: [JSON.stringify(witness)], $slice: -200 } } },
      )
    },
    async hashAt(seq) {
      const entry = await Entry.findById(seq, { hash: 1 }).lean()
      return entry?.hash ?? (await Head.findById(seq, { hash: 1 }).lean())?.hash
    },
  }
}
