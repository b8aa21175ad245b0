/** Escalations for clients (docs/enlace-api.md): the list, one with its whole history, chains. */
import { priorities, stageSelects } from '@enlace/coordination'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { checkJoined, isJoined } from '../rooms/access.ts'
import { chainInRoom } from './room-chain.ts'
import { escalationView, listEscalations } from './views.ts'

const BASE = '/_enlace/client/v1'
const priorityKeys = Object.keys(priorities) as [keyof typeof priorities, ...(keyof typeof priorities)[]]

async function one(ctx: Context, userId: string, id: string): Promise<Record<string, unknown>> {
  const event = await ctx.rooms.accessEvent(userId, id)
  // A call lives on: whoever has left the room sees nothing of it any more.
  const mine = event !== undefined && (await isJoined(ctx, event.roomId, userId)) ? event : undefined
  const escalation = mine && (await ctx.escalations.read(id))
  if (!mine || !escalation)
    throw notFound('Ese llamado no está en sus canales. / There is no such call in your channels.')
  const row = await ctx.escalations.store.row(id)
  const nextStepTs = row?.nextStepTs
  const view = escalationView(
    { escalation, roomId: mine.roomId, ...(nextStepTs === undefined ? {} : { nextStepTs }) },
    userId,
    await ctx.policy.memberOf(userId),
  )
  const alerts = await ctx.escalations.ledger(id)
  return { ...view, alerts, only_here: await ctx.alerts.onlyHere(alerts.map((one) => one.user_id)) }
}

export const escalationRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${BASE}/escalations`,
    auth: 'user',
    async handler({ ctx, requester }) {
      await ctx.escalations.fresh()
      return { escalations: await listEscalations(ctx, requester.userId) }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/escalations/:id`,
    auth: 'user',
    params: z.object({ id: z.string().max(255).startsWith('$') }),
    async handler({ ctx, requester, params }) {
      return one(ctx, requester.userId, params.id)
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/rooms/:roomId/chain`,
    auth: 'user',
    params: z.object({ roomId: z.string().max(255).startsWith('!') }),
    query: z.object({
      institution: z.string().max(64).optional(),
      priority: z.enum(priorityKeys).default('high'),
    }),
    async handler({ ctx, requester, params, query }) {
      const { roomId } = params
      await checkJoined(ctx, roomId, requester.userId)
      const called = query.institution === undefined ? [] : [query.institution]
      if (called.some((key) => !ctx.directory.institution(key)))
        throw notFound(
          'El directorio no conoce esa institución. / The directory does not know the institution.',
        )
      const chain = await chainInRoom(ctx, roomId, called, query.priority)
      const people = (await ctx.escalations.people.inRoom(roomId)).filter(
        (person) => person.userId !== requester.userId,
      )
      return {
        chain: chain.map((stage) => ({
          ...stage,
          members: people
            .filter((person) => stageSelects(stage, person.member))
            .map((person) => ({ user_id: person.userId, institution: person.member.institution!.key })),
        })),
      }
    },
  }),
]
