/**
 * What a partner shows of its chain, looked at and countersigned. This node keeps of each partner the last head it countersigned,
 * and signs a newer one only when it was shown how that follows: the digests of the entries between, which it chains itself.
 * A head that ends earlier, or does not follow, is an alarm with both signed heads as evidence.
 *
 * Digests rather than a Merkle tree (RFC 6962): a day of a node is some hundreds of entries of 32 bytes, so a proof that is
 * longer but made of nothing but the chain's own rule costs less than a second tree that would have to be kept and believed.
 */
import { signJson } from '@enlace/room-model'
import { AUDIT_WITNESS, type AuditHead, type AuditWitness } from '@enlace/trust/audit'
import type { Context } from '../context.ts'
import { forbidden } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import type { AuditAlarms } from './alarms.ts'
import { nodeHashing } from './entry.ts'
import type { AuditModels, PartnerDoc, ShownHead, WitnessAnswer } from './types.ts'

/** How far a partner's clock may be ahead of ours. */
const AHEAD_MS = 10 * 60_000

type Theirs = NonNullable<PartnerDoc['theirs']>

export function createWitnessing(
  ctx: Pick<Context, 'clock' | 'keyRing' | 'serverName' | 'signingKey'>,
  { Partner }: Pick<AuditModels, 'Partner'>,
  alarms: AuditAlarms,
) {
  const inTurn = createKeyedQueue()

  async function countersign(
    origin: string,
    head: AuditHead,
    since: number,
    notBefore = 0,
  ): Promise<WitnessAnswer> {
    const unsigned = {
      type: AUDIT_WITNESS,
      server_name: origin,
      witness: ctx.serverName,
      seq: head.seq,
      hash: head.hash,
      since,
      ts: ctx.clock.now(),
    } as const
    const witness: AuditWitness = signJson(unsigned, ctx.serverName, ctx.signingKey)
    const theirs: Theirs = {
      seq: head.seq,
      hash: head.hash,
      // Not its word alone: with a date far ahead, whatever it shows later would count as having come late, and raise nothing.
      ts: Math.min(Math.max(head.ts, notBefore), ctx.clock.now() + AHEAD_MS),
      since,
      head: JSON.stringify(head),
      witness: JSON.stringify(witness),
    }
    // Kept before it is given: what was countersigned is never forgotten.
    await Partner.updateOne({ _id: origin }, { $set: { theirs } }, { upsert: true })
    return { witness }
  }

  async function receive(origin: string, { head, from, digests }: ShownHead): Promise<WitnessAnswer> {
    if (head.server_name !== origin || !(await ctx.keyRing.verifyJson({ ...head }, origin)))
      throw forbidden('That head is not signed by the server that shows it.')
    const known = (await Partner.findById(origin).lean())?.theirs
    if (!known) return countersign(origin, head, head.seq)
    const last = { seq: known.seq, hash: known.hash }
    const alarm = async (kind: 'fork' | 'rollback'): Promise<WitnessAnswer> => {
      // A request that took long to arrive says nothing new.
      if (head.ts < known.ts) return { known: last }
      await alarms.raise(kind, origin, known.seq, [known.head, JSON.stringify(head)])
      return { alarm: kind, known: last }
    }
    if (head.seq === known.seq && head.hash === known.hash)
      return countersign(origin, head, known.since, known.ts)
    if (head.restarted) {
      if (head.ts < known.ts) return { known: last }
      await alarms.raise('restarted', origin, known.seq, [known.head, JSON.stringify(head)])
      return countersign(origin, head, head.seq)
    }
    if (head.seq < known.seq) return alarm('rollback')
    if (head.seq === known.seq) return alarm('fork')
    if (from !== known.seq) return { known: last }
    let hash = known.hash
    for (const digest of digests) hash = nodeHashing.ofPair(hash, digest)
    if (digests.length !== head.seq - from || hash !== head.hash) return alarm('fork')
    return countersign(origin, head, known.since, known.ts)
  }

  return {
    /** One after another for each partner: two at a time would each follow from what the other replaces. */
    receive: (origin: string, shown: ShownHead) => inTurn(origin, () => receive(origin, shown)),
    async given(server: string): Promise<AuditWitness | undefined> {
      const theirs = (await Partner.findById(server).lean())?.theirs
      return theirs && (JSON.parse(theirs.witness) as AuditWitness)
    },
  }
}
