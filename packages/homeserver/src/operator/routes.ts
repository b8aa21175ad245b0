/** How the node stands, for coordinators of its institutions (docs/enlace-api.md, "Status"). */
import { type Route, route } from '../http/route.ts'
import { coordinated } from '../people/people-routes.ts'
import { standingOf } from './standing.ts'

export const statusRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/institution/status',
    auth: 'user',
    async handler({ ctx, requester }) {
      const institution = await coordinated(ctx, requester.userId)
      // Of other institutions on the node their own coordinators are told.
      return { ...(await standingOf(ctx, [institution])), institution }
    },
  }),
]
