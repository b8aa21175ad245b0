/** Enlace's own client endpoints (docs/enlace-api.md): who I am, who is here. */
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { checkJoined } from '../rooms/access.ts'
import { directoryBookRoutes } from './book-routes.ts'
import { directoryEntryRoutes } from './entry-routes.ts'

const BASE = '/_enlace/client/v1'
const roomParams = z.object({ roomId: z.string().max(255).startsWith('!') })
const MAX_MEMBERS = 2_000

export const directoryRoutes: Route[] = [
  ...directoryEntryRoutes,
  ...directoryBookRoutes,
  route({
    method: 'GET',
    path: `${BASE}/me`,
    auth: 'user',
    async handler({ ctx, requester }) {
      const [account, profile] = await Promise.all([
        ctx.accounts.get(requester.userId),
        ctx.profiles.get(requester.userId),
      ])
      return {
        user_id: requester.userId,
        server_name: ctx.serverName,
        display_name: profile?.['displayname'] ?? null,
        institution: (account?.institution && ctx.directory.institution(account.institution)) || null,
        role: account?.role ?? null,
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/institutions`,
    auth: 'user',
    handler: ({ ctx }) => ({ institutions: ctx.directory.all() }),
  }),
  route({
    method: 'GET',
    path: `${BASE}/rooms/:roomId/members`,
    auth: 'user',
    params: roomParams,
    async handler({ ctx, requester, params }) {
      await checkJoined(ctx, params.roomId, requester.userId)
      const events = (await ctx.rooms.memberEvents(params.roomId))
        .filter(({ pdu }) => ['join', 'invite', 'knock'].includes(String(pdu.content['membership'])))
        .slice(0, MAX_MEMBERS)
      const members = await Promise.all(
        events.map(async ({ pdu }) => {
          const userId = pdu.state_key ?? ''
          const { institution, role } = await ctx.policy.memberOf(userId)
          return {
            user_id: userId,
            display_name: pdu.content['displayname'] ?? null,
            membership: pdu.content['membership'],
            institution: institution?.key ?? null,
            institution_name: (institution && ctx.directory.institution(institution.key)?.name) ?? null,
            country: institution?.country ?? null,
            role: role ?? null,
          }
        }),
      )
      return { members }
    },
  }),
]
