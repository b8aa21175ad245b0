/**
 * Which institution a person belongs to, without waiting for partners: whoever asks what was not delivered asks just when
 * a partner does not answer. What was known last serves until more is.
 */
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'

const FRESH_MS = 5 * 60_000
/** Somebody who has never been heard of is waited for this long. */
const PATIENCE_MS = 1_000

export function createInstitutions(ctx: Context) {
  const known = growingCache<string, { key: string | undefined; at: number }>(10_000)
  const asking = createOnce<string, string | undefined>()

  const ask = (userId: string) => asking.run(userId, () => askNow(userId))

  async function askNow(userId: string): Promise<string | undefined> {
    try {
      const { institution } = await ctx.policy.memberOf(userId)
      const before = known.get(userId)?.key
      const server = serverNameOf(userId) ?? ''
      const key =
        institution?.key ??
        (!ctx.policy.byRosters && before !== undefined && ctx.federation.hosts(server, before)
          ? before
          : undefined)
      known.set(userId, { key, at: performance.now() })
      return key
    } catch (error) {
      ctx.log.debug({ err: error, user: userId }, 'institution not known')
      return undefined
    }
  }

  /** The only institution of a server, where it has only one: whoever is there belongs to it, unless rosters say who does. */
  function only(userId: string): string | undefined {
    if (ctx.policy.byRosters) return undefined
    const there = ctx.federation.institutionsAt(serverNameOf(userId) ?? '')
    return there.length === 1 ? there[0] : undefined
  }

  return {
    async of(userId: string): Promise<string | undefined> {
      if (ctx.accounts.isLocal(userId)) return ask(userId)
      const before = known.get(userId)
      if (before && performance.now() - before.at < FRESH_MS) return before.key ?? only(userId)
      const answer = ask(userId)
      if (before) return before.key ?? only(userId)
      return (await within(answer, PATIENCE_MS)) ?? only(userId)
    },
    /** Names of the institutions a server hosts by the list, as the directory calls them. */
    namesAt: (server: string): string[] =>
      ctx.federation.institutionsAt(server).flatMap((key) => ctx.directory.institution(key)?.name ?? []),
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
