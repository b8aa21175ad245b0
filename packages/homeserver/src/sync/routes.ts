/** GET /sync (client-server API, "Syncing"). */
import { z } from 'zod'
import { checkNotSuspended } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { invalidParam } from '../errors.ts'
import { clientPaths } from '../http/client-paths.ts'
import { type Route, route } from '../http/route.ts'
import { noteArrived } from './arrived.ts'

/** A filter by its id, or as JSON. @throws M_INVALID_PARAM */
export async function resolveFilter(
  ctx: Context,
  userId: string,
  filter: string | undefined,
): Promise<Record<string, unknown> | undefined> {
  if (filter === undefined || filter === '') return undefined
  if (!filter.startsWith('{')) {
    const stored = await ctx.filters.get(userId, filter)
    if (!stored) throw invalidParam('filter: there is no filter with that ID.')
    return stored
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(filter))
  } catch {
    throw invalidParam('filter: is not JSON.')
  }
}

export const syncQuery = z.object({
  filter: z.string().max(65_536).optional(),
  since: z.string().max(64).optional(),
  full_state: z.enum(['true', 'false']).optional(),
  set_presence: z.enum(['online', 'offline', 'unavailable']).optional(),
  timeout: z.coerce.number().int().min(0).optional(),
  use_state_after: z.enum(['true', 'false']).optional(),
})

export const syncRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/sync'),
    auth: 'user',
    query: syncQuery,
    async handler({ ctx, requester, query, signal }) {
      if (query.since !== undefined) noteArrived(ctx, requester, query.since)
      const answer = await ctx.sync.sync({
        requester,
        since: query.since,
        filter: await resolveFilter(ctx, requester.userId, query.filter),
        fullState: query.full_state === 'true',
        timeoutMs: query.timeout ?? 0,
        setPresence: query.set_presence ?? 'online',
        useStateAfter: query.use_state_after === 'true',
        signal,
      })
      // It may have waited long.
      checkNotSuspended(await ctx.accounts.get(requester.userId))
      return answer
    },
  }),
]
