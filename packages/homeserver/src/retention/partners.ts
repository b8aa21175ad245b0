/** Partners of a room say, signed, that they have deleted too. They are asked until they do; what they have not said is listed. */
import { type RetentionReceipt, receiptSchema } from '@enlace/coordination'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { FederationError } from '../federation/errors.ts'
import type { ErasureStore } from './store.ts'
import type { Erasure, PartnerState } from './types.ts'

export const RETENTION_PATH = '/_enlace/federation/v1/retention'
const TIMEOUT_MS = 20_000
const AT_ONCE = 200
const CLOCKS_DIFFER_MS = 3_600_000

const count = z.int().min(0)
const answerSchema = z.object({
  state: z.enum(['done', 'held', 'not_due', 'working', 'off']),
  receipt: receiptSchema.optional(),
  devices: z.object({ confirmed: count, waiting: count }).optional(),
})

export function createPartners(ctx: Context, store: ErasureStore) {
  async function askOne(erasure: Erasure, partner: PartnerState): Promise<Partial<PartnerState>> {
    const { room_id, subject, until_ts } = erasure
    const path = `${RETENTION_PATH}/${encodeURIComponent(room_id)}/${encodeURIComponent(subject)}`
    const query = until_ts === undefined ? {} : { query: { until_ts: String(until_ts) } }
    try {
      const answer = await ctx.federation.request(
        partner.server,
        { entryPoint: 'retention', method: 'GET', path, timeoutMs: TIMEOUT_MS, ...query },
        answerSchema,
      )
      if (answer.state !== 'done') return { why: answer.state }
      if (!answer.receipt || !(await isOf(answer.receipt, erasure, partner.server)))
        return { why: 'not_understood' }
      return { receipt: answer.receipt, ...(answer.devices ? { devices: answer.devices } : {}) }
    } catch (error) {
      if (error instanceof FederationError && error.refused) return { why: 'not_understood' }
      return { why: 'unreachable' }
    }
  }

  /** It is about the same, at least as far, and the partner signed it. */
  async function isOf(receipt: RetentionReceipt, erasure: Erasure, server: string): Promise<boolean> {
    if (receipt.server !== server || receipt.room_id !== erasure.room_id) return false
    if (receipt.subject !== erasure.subject || (receipt.until_ts ?? 0) < (erasure.until_ts ?? 0)) return false
    // Not from before there was anything to delete, nor from a time that has not come.
    const since = erasure.until_ts ?? erasure.about?.ended_ts ?? 0
    if (receipt.erased_ts < since || receipt.erased_ts > ctx.clock.now() + CLOCKS_DIFFER_MS) return false
    return ctx.keyRing.verifyJson(receipt, server)
  }

  return {
    async askAll(): Promise<void> {
      for (const erasure of await store.open(AT_ONCE)) {
        if (erasure.state !== 'done') continue
        const waiting = erasure.partners.filter((one) => !one.receipt || (one.devices?.waiting ?? 0) > 0)
        for (const partner of waiting) {
          const news = { ...(await askOne(erasure, partner)), asked_ts: ctx.clock.now() }
          await store.change(erasure.id, (now) => ({
            ...now,
            partners: now.partners.map((one) => {
              if (one.server !== partner.server) return one
              const { why: _, ...rest } = one
              return { ...rest, ...(rest.receipt && news.why ? { asked_ts: news.asked_ts } : news) }
            }),
          }))
        }
      }
    },
  }
}
