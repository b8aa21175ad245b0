/** What has become of what one sent (docs/enlace-api.md, "Delivery"). */
import { z } from 'zod'
import { notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { checkJoined, isJoined } from '../rooms/access.ts'

const BASE = '/_enlace/client/v1/rooms/:roomId/delivery'
const MAX_EVENTS = 50
const roomId = z.string().max(255).startsWith('!')
const eventId = z.string().max(255).startsWith('$')
const eventList = z
  .string()
  .max(MAX_EVENTS * 256)
  .transform((text) => text.split(','))
  .pipe(z.array(eventId).max(MAX_EVENTS))

export const deliveryRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    params: z.object({ roomId }),
    query: z.object({ events: eventList.optional() }),
    async handler({ ctx, requester, params, query }) {
      await checkJoined(ctx, params.roomId, requester.userId)
      const destinations = (await ctx.federation.delivery(params.roomId)).map((one) => ({
        server_name: one.serverName,
        pending: one.pending,
        ...(one.lastSuccessTs === undefined ? {} : { last_success_ts: one.lastSuccessTs }),
        ...(one.unreachableSinceTs === undefined ? {} : { unreachable_since_ts: one.unreachableSinceTs }),
      }))
      if (query.events === undefined) return { destinations }
      const asked = (await ctx.rooms.events([...new Set(query.events)])).filter(
        (event) => event.roomId === params.roomId && event.pos !== undefined && !event.outlier,
      )
      const visible = await ctx.rooms.visibleTo(requester.userId, asked)
      const ledgers = await Promise.all(visible.map((event) => ctx.delivery.of(event, { times: false })))
      return {
        destinations,
        events: Object.fromEntries(ledgers.map((one) => [one.event_id, one.summary])),
        names: Object.fromEntries(
          ledgers.flatMap(({ servers }) =>
            servers
              .filter(({ server_name }) => server_name !== ctx.serverName)
              .map(({ server_name, names }) => [server_name, names]),
          ),
        ),
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/:eventId`,
    auth: 'user',
    params: z.object({ roomId, eventId }),
    async handler({ ctx, requester, params }) {
      // One answer for what is not there and what is not theirs.
      const absent = () =>
        notFound(
          'Ese mensaje no existe, o no le toca verlo. / There is no such event, or it is not yours to see.',
        )
      if (!(await isJoined(ctx, params.roomId, requester.userId))) throw absent()
      const event = await ctx.rooms.accessEvent(requester.userId, params.eventId)
      if (!event || event.roomId !== params.roomId || event.pos === undefined || event.outlier) throw absent()
      return ctx.delivery.of(event, { times: true })
    },
  }),
]
