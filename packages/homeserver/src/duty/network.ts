/**
 * Who is on duty at institutions of other nodes: the institution's signed word where there is one,
 * else what its node says, or said when it could be asked last. Whoever is named counts only while they speak for that institution.
 */
import { type DutyBook, dutyBookSchema, emptyDutyBook } from '@enlace/coordination/duty'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { FederationError } from '../federation/errors.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import type { DutyModels, KnownDuty } from './types.ts'

const TIMEOUT_MS = 4_000
/** An answer counts so long: a page asks about many positions. */
const FRESH_MS = 20_000

export const DUTY_PATH = '/_enlace/federation/v1/duty'
const toldSchema = z.object({ institution: z.string(), revision: z.int().min(0), book: dutyBookSchema })

export function createPartnersDuty(ctx: Context, models: DutyModels) {
  const fresh = growingCache<string, KnownDuty>(500, { ttl: FRESH_MS, clock: ctx.clock })
  const asking = createOnce<string, KnownDuty>()

  async function ask(institution: string, server: string): Promise<KnownDuty> {
    const word = signed(institution)
    const live = await tellOf(institution, server)
    // What is signed is the institution's word. Its host may be somebody else, and says nothing in its place.
    if (word) {
      const away = live === 'away'
      if (live !== 'away' && live !== 'none') await remember(institution, server, live)
      const copy = away ? await models.Copy.findById(institution, { heard_ts: 1 }).lean() : undefined
      return { source: 'signed', ...word, away, ...(copy ? { asOf: copy.heard_ts } : {}) }
    }
    if (live === 'none') return { source: 'none', book: emptyDutyBook, revision: 0, away: false }
    if (live !== 'away') {
      await remember(institution, server, live)
      return { source: 'live', ...live, away: false }
    }
    const copy = await models.Copy.findById(institution).lean()
    // Only of the server that hosts it now.
    if (copy?.server !== server) return { source: 'none', book: emptyDutyBook, revision: 0, away: true }
    const { revision, heard_ts } = copy
    return { source: 'copy', book: dutyBookSchema.parse(copy.book), revision, away: true, asOf: heard_ts }
  }

  function signed(institution: string): Pick<KnownDuty, 'book' | 'revision'> | undefined {
    const found = ctx.federation.signedDuty(institution)
    const book = dutyBookSchema.safeParse(found?.duty)
    return found && book.success ? { book: book.data, revision: found.revision } : undefined
  }

  async function remember(institution: string, server: string, live: { book: DutyBook; revision: number }) {
    await models.Copy.replaceOne(
      { _id: institution },
      { ...live, server, heard_ts: ctx.clock.now() },
      { upsert: true },
    )
  }

  async function tellOf(institution: string, server: string) {
    try {
      const path = `${DUTY_PATH}/${encodeURIComponent(institution)}`
      const args = { entryPoint: 'duty', method: 'GET', path, timeoutMs: TIMEOUT_MS } as const
      const { book, revision } = await ctx.federation.request(server, args, toldSchema)
      return { book, revision }
    } catch (error) {
      // Another implementation, or one that does not host it, has nothing to say: it is not away.
      if (error instanceof FederationError && error.refused) return 'none' as const
      return 'away' as const
    }
  }

  return {
    /** Which server of the list hosts the institution; undefined: none that is known. */
    serverOf(institution: string): string | undefined {
      const named = ctx.directory.institution(institution)?.server_name ?? undefined
      if (named !== undefined && ctx.federation.hosts(named, institution)) return named
      // Where federation is open this node may host any.
      return ctx.federation.hosts(ctx.serverName, institution) ? ctx.serverName : undefined
    },
    bookOf: (institution: string, server: string) =>
      asking.run(institution, async () => {
        const known = fresh.get(institution)
        if (known) return known
        const found = await ask(institution, server)
        fresh.set(institution, found)
        return found
      }),
  }
}
