/**
 * Our chain, shown to partners once a day each: what they have countersigned cannot be changed here without their noticing. One that
 * is away is asked again every hour; when it is back it is shown everything since, page by page.
 */
import { signJson } from '@enlace/room-model'
import { auditWitnessSchema } from '@enlace/trust/audit'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { createOnce } from '../lib/once.ts'
import type { AuditAlarms } from './alarms.ts'
import { nodeHashing } from './entry.ts'
import type { Heads } from './heads.ts'
import type { AuditModels, ChainHead, WitnessAnswer } from './types.ts'

export const AUDIT_HEAD_PATH = '/_enlace/federation/v1/audit/head'
/** Digests in one request: a third of the largest body. */
export const MAX_DIGESTS = 5_000
const DAY_MS = 24 * 3_600_000
const AGAIN_MS = 3_600_000
const AT_ONCE = 8
/** Where federation is open: partners that were ever sent something. */
const MAX_OPEN = 100

const known = z.object({ seq: z.int().min(0), hash: z.string() })
const alarmKind = z.enum(['fork', 'rollback'])
const answerSchema: z.ZodType<WitnessAnswer> = z.union([
  z.object({ witness: auditWitnessSchema }),
  z.object({ alarm: alarmKind, known }),
  z.object({ known }),
])

export function createExchange(ctx: Context, models: AuditModels, heads: Heads, alarms: AuditAlarms) {
  const { Entry, Partner } = models
  const once = createOnce<string, void>()

  async function partners(): Promise<string[]> {
    const listed = ctx.federationList.members()?.active
    if (listed) return listed.filter((name) => name !== ctx.serverName)
    const seen = await ctx.db.connection
      .collection<{ _id: string }>('destinations')
      .find({}, { projection: { _id: 1 } })
      .limit(MAX_OPEN)
      .toArray()
    return seen.map(({ _id }) => _id).filter((name) => name !== ctx.serverName)
  }

  /** Digests after `from`, and where they lead to. */
  async function page(from: ChainHead, end: ChainHead): Promise<{ digests: string[]; to: ChainHead }> {
    const docs = await Entry.find(
      { _id: { $gt: from.seq, $lte: Math.min(from.seq + MAX_DIGESTS, end.seq) } },
      { line: 1, hash: 1 },
    )
      .sort({ _id: 1 })
      .lean()
    const last = docs.at(-1)
    return {
      digests: docs.map(({ line }) => nodeHashing.ofText(line)),
      to: last ? { seq: last._id, hash: last.hash } : end,
    }
  }

  async function ask(server: string, head: object, from: number, digests: readonly string[]) {
    const request = {
      entryPoint: 'audit',
      method: 'POST',
      path: AUDIT_HEAD_PATH,
      body: { head, from, digests },
      timeoutMs: 30_000,
    } as const
    return ctx.federationClient.requestJson(server, request, answerSchema)
  }

  /** @returns what is wrong, if anything */
  async function show(server: string): Promise<string | undefined> {
    const end = await heads.now()
    if (end.seq === 0) return undefined
    const doc = await Partner.findById(server).lean()
    let seen: ChainHead | undefined = doc?.ours
    if (doc?.restarted) {
      const { signatures: _signatures, ...rest } = end
      const anew = signJson({ ...rest, ts: ctx.clock.now(), restarted: true }, ctx.serverName, ctx.signingKey)
      await take(server, await ask(server, anew, 0, []), anew)
      await Partner.updateOne({ _id: server }, { $unset: { restarted: 1 } })
      return undefined
    }
    let told = false
    for (;;) {
      const from = seen && seen.seq < end.seq ? seen : undefined
      const next = from ? await page(from, end) : { digests: [], to: end }
      const head = next.to.seq === end.seq ? end : await heads.at(next.to)
      const answer = await ask(server, head, from?.seq ?? 0, next.digests)
      if ('witness' in answer) {
        await take(server, answer, head)
        if (head.seq >= end.seq) return undefined
        seen = next.to
        continue
      }
      const { known: held } = answer
      const mine = await heads.hashAt(held.seq)
      if ('alarm' in answer || mine !== held.hash) {
        const kind = held.seq > end.seq ? 'own-rollback' : 'own-fork'
        await alarms.raise(kind, server, held.seq)
        // It sees the same: what we show does not follow from what it holds, and it has our signature for that.
        if (!('alarm' in answer) && held.seq < end.seq) await ask(server, end, held.seq, [])
        return kind
      }
      if (told) return 'no-answer'
      told = true
      seen = { seq: held.seq, hash: held.hash }
      if (held.seq === end.seq) return 'no-answer'
    }
  }

  async function take(server: string, answer: WitnessAnswer, head: ChainHead): Promise<void> {
    if (!('witness' in answer)) throw new Error(`${server} did not countersign`)
    const { witness } = answer
    const fits =
      witness.server_name === ctx.serverName &&
      witness.witness === server &&
      witness.seq === head.seq &&
      witness.hash === head.hash
    if (!fits || !(await ctx.keyRing.verifyJson({ ...witness }, server)))
      throw new Error(`what ${server} signed is not what it was shown`)
    await heads.witnessed(witness)
    const ours = { seq: head.seq, hash: head.hash, ts: ctx.clock.now() }
    await Partner.updateOne({ _id: server }, { $set: { ours } }, { upsert: true })
  }

  async function tell(server: string): Promise<void> {
    let problem: string | undefined
    try {
      problem = await show(server)
    } catch (error) {
      problem = 'no-answer'
      ctx.log.info({ server, reason: (error as Error).message }, 'the audit log’s end was not countersigned')
    }
    await Partner.updateOne(
      { _id: server },
      {
        $set: { tried_ts: ctx.clock.now(), ...(problem === undefined ? {} : { problem }) },
        ...(problem === undefined ? { $unset: { problem: 1 } } : {}),
      },
      { upsert: true },
    )
  }

  return {
    partners,
    async run(all: boolean): Promise<void> {
      const now = ctx.clock.now()
      const names = await partners()
      const docs = new Map((await Partner.find({ _id: { $in: names } }).lean()).map((doc) => [doc._id, doc]))
      const due = names.filter((name) => {
        const doc = docs.get(name)
        if (all || doc?.tried_ts === undefined) return true
        return now - doc.tried_ts >= (doc.problem === undefined ? DAY_MS : AGAIN_MS)
      })
      for (let at = 0; at < due.length; at += AT_ONCE)
        await Promise.all(due.slice(at, at + AT_ONCE).map((name) => once.run(name, () => tell(name))))
    },
    async restarted(): Promise<void> {
      for (const name of await partners())
        await Partner.updateOne(
          { _id: name },
          { $set: { restarted: true }, $unset: { tried_ts: 1 } },
          { upsert: true },
        )
    },
  }
}
