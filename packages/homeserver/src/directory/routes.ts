/** Enlace's own client endpoints (docs/enlace-api.md): who I am, who is here. */
import { z } from 'zod'
import type { AccountRecord } from '../accounts/types.ts'
import type { Context } from '../context.ts'
import { type Route, route } from '../http/route.ts'
import type { Standing } from '../policy/types.ts'
import { checkJoined } from '../rooms/access.ts'
import { directoryBookRoutes } from './book-routes.ts'
import { directoryCopyRoute } from './copy-route.ts'
import { directoryEntryRoutes } from './entry-routes.ts'

const BASE = '/_enlace/client/v1'
const roomParams = z.object({ roomId: z.string().max(255).startsWith('!') })
const MAX_MEMBERS = 2_000

/** Whom the person speaks for. Where rosters decide and none confirms what was said of the account: what to do next. */
function placeOf(ctx: Context, account: AccountRecord | undefined, standing: Standing) {
  const claimed = (account?.institution && ctx.directory.institution(account.institution)) || null
  if (!ctx.policy.byRosters) return { institution: claimed, role: account?.role ?? null }
  const member = standing.known ? standing.member : {}
  const key = member.institution?.key
  return {
    institution:
      (key !== undefined && (ctx.directory.institution(key) ?? { ...member.institution, name: key })) || null,
    role: member.role ?? null,
    ...(key === undefined
      ? { unconfirmed: unconfirmed(claimed?.name ?? account?.institution, standing) }
      : {}),
  }
}

function unconfirmed(institution: string | undefined, standing: Standing) {
  const waiting = standing.known ? undefined : standing.why
  const of =
    institution === undefined
      ? { es: 'su institución', en: 'your institution' }
      : { es: institution, en: institution }
  return {
    ...(institution === undefined ? {} : { institution }),
    message: {
      es: `Su cuenta todavía no figura en la lista firmada de quienes hablan por ${of.es}. Hasta entonces no entra en los canales temáticos ni atiende llamados. Pida a la coordinación de ${of.es} que la agregue en la página de la institución.${waiting ? ` ${waiting.es}` : ''}`,
      en: `Your account is not on the signed roster of those who speak for ${of.en} yet. Until then it has no part in topic channels and answers no calls. Ask the coordination of ${of.en} to add it on the institution’s page.${waiting ? ` ${waiting.en}` : ''}`,
    },
  }
}

export const directoryRoutes: Route[] = [
  ...directoryEntryRoutes,
  ...directoryBookRoutes,
  directoryCopyRoute,
  route({
    method: 'GET',
    path: `${BASE}/me`,
    auth: 'user',
    async handler({ ctx, requester }) {
      const [account, standing, profile] = await Promise.all([
        ctx.accounts.get(requester.userId),
        ctx.policy.standingOf(requester.userId),
        ctx.profiles.get(requester.userId),
      ])
      return {
        user_id: requester.userId,
        server_name: ctx.serverName,
        display_name: profile?.['displayname'] ?? null,
        ...placeOf(ctx, account, standing),
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
