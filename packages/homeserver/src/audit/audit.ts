import type { Context } from '../context.ts'
import { openEntryModel } from './models.ts'
import { createRefusals } from './refusals.ts'
import type { ActRecord, Audit } from './types.ts'
import { openChainWriter } from './writer.ts'

const TICK_MS = 60_000

export async function createAudit(ctx: Context): Promise<Audit> {
  const Entry = await openEntryModel(ctx.db)
  const writer = await openChainWriter(Entry, ctx.clock)

  /** Those of the people of this node who are concerned: their coordinators see it. */
  async function institutionsOf({ by, on, institution }: ActRecord): Promise<string[]> {
    const found = institution === undefined ? [] : [institution]
    for (const userId of new Set([by, on])) {
      if (!userId?.startsWith('@') || !ctx.accounts.isLocal(userId)) continue
      const place = await ctx.policy.placeOf(userId).catch(() => undefined)
      if (place?.institution !== undefined) found.push(place.institution)
    }
    return found
  }

  async function record(act: ActRecord): Promise<void> {
    try {
      await writer.append(act, institutionsOf(act))
    } catch (error) {
      ctx.log.error({ err: error, act: act.act }, 'an act could not be recorded')
      throw error
    }
  }

  const refusals = createRefusals(ctx.clock, record)
  const timer = setInterval(() => void refusals.tick().catch(() => undefined), TICK_MS)
  timer.unref()

  return {
    record,
    refusedSignIn: (refusal) => refusals.refused(refusal),
    async close() {
      clearInterval(timer)
      await refusals.flush().catch(() => undefined)
      await writer.close()
    },
  }
}
