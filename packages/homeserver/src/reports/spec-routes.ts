/**
 * Reports by any Matrix client (client-server API, "Reporting Content"). They reach the same desk. The words come in clear and are
 * not kept: a node keeps nothing of what people say. Coordinators ask the person, who is named to the own coordination alone.
 */
import { z } from 'zod'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { clientPaths } from '../http/client-paths.ts'
import { type Route, route } from '../http/route.ts'
import { eventParams, roomParams } from '../rooms/routes/schemas.ts'
import type { NewReport } from './types.ts'

const reason = z.string().max(10_000)

async function file(
  ctx: Context,
  reporter: string,
  report: Pick<NewReport, 'kind' | 'roomId' | 'eventId' | 'about'>,
) {
  try {
    await ctx.reports.file(reporter, { ...report, reason: 'other', named: false, disclosed: false })
  } catch (error) {
    // Another client has no words for it, and its report is not lost: the operator is told.
    if (!(error instanceof MatrixError) || error.extra['org.enlace.rule'] !== 'report.nobody') throw error
    ctx.log.warn({ reporter, room: report.roomId, event: report.eventId }, 'a report that nobody reads')
  }
  return {}
}

export const specReportRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/report/:eventId'),
    auth: 'user',
    params: eventParams,
    body: z.looseObject({ reason: reason.optional(), score: z.number().int().min(-100).max(0).optional() }),
    handler: ({ ctx, requester, params }) =>
      file(ctx, requester.userId, { kind: 'message', roomId: params.roomId, eventId: params.eventId }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/rooms/:roomId/report'),
    auth: 'user',
    params: roomParams,
    body: z.looseObject({ reason }),
    async handler({ ctx, requester, params }) {
      // The answer is the same for a room that is not here: a report must not tell which rooms there are.
      if (await ctx.rooms.membership(params.roomId, requester.userId))
        return file(ctx, requester.userId, { kind: 'room', roomId: params.roomId })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/users/:userId/report'),
    auth: 'user',
    params: z.object({ userId: z.string().min(3).max(255).startsWith('@') }),
    body: z.looseObject({ reason }),
    async handler({ ctx, requester, params }) {
      const { userId: about } = params
      // Alike for who is not there, limits included: whether there is such a person is for the coordination to see.
      if (about === requester.userId) return {}
      return file(ctx, requester.userId, { kind: 'person', about })
    },
  }),
]
