/** Suggestions between nodes (docs/enlace-api.md, "Directory between nodes"): signed requests, judged by `memberOf` here. */
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { forbidden } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { bookError } from './books/refusals.ts'
import { editsSchema, keySchema, MAX_BODY, noteSchema, outcomeSchema } from './books/schemas.ts'

const PATH = '/_enlace/federation/v1/directory/:key/suggestions/:id'
const params = z.object({ key: keySchema, id: z.uuid() })
const person = z.string().max(255).startsWith('@')
/** Of one server, undecided: what one office can look through. */
const MAX_OPEN_OF_SERVER = 60

function checkOrigin(origin: string, userId: string): void {
  if (serverNameOf(userId) !== origin) throw forbidden('That person is not of the server that asks.')
}

async function proposalOf(ctx: Context, key: string, id: string, userId: string) {
  const { book } = await ctx.directoryBooks.books.read(key)
  const proposal = book.proposals.find((one) => one.id === id && one.by === userId)
  if (!proposal) throw bookError('no_such_proposal')
  const { reason, at } = proposal.decided ?? {}
  return {
    state: proposal.state,
    ...(at === undefined ? {} : { at }),
    ...(reason === undefined ? {} : { reason }),
  }
}

export const directoryFederationRoutes: Route[] = [
  route({
    method: 'PUT',
    path: PATH,
    auth: 'server',
    entryPoint: 'suggestion',
    params,
    maxBody: MAX_BODY,
    body: z.object({ user_id: person, edits: editsSchema, note: noteSchema.optional() }),
    async handler({ ctx, origin, params: { key, id }, body: { user_id, edits, note } }) {
      checkOrigin(origin, user_id)
      const { books } = ctx.directoryBooks
      const { book } = await books.read(key)
      const open = book.proposals.filter((one) => one.state === 'open' && serverNameOf(one.by) === origin)
      if (open.length >= MAX_OPEN_OF_SERVER && !open.some((one) => one.id === id)) throw bookError('too_many')
      const by = await books.actorOf(user_id)
      await books.act(key, [
        { type: 'propose', id, by, at: ctx.clock.now(), edits, ...(note ? { note } : {}) },
      ])
      return proposalOf(ctx, key, id, user_id)
    },
  }),
  route({
    method: 'GET',
    path: PATH,
    auth: 'server',
    entryPoint: 'suggestion',
    params,
    query: z.object({ user_id: person }),
    async handler({ ctx, origin, params: { key, id }, query: { user_id } }) {
      checkOrigin(origin, user_id)
      return proposalOf(ctx, key, id, user_id)
    },
  }),
  route({
    method: 'POST',
    path: `${PATH}/withdraw`,
    auth: 'server',
    entryPoint: 'suggestion',
    params,
    body: z.object({ user_id: person }),
    async handler({ ctx, origin, params: { key, id }, body: { user_id } }) {
      checkOrigin(origin, user_id)
      const { books } = ctx.directoryBooks
      const by = await books.actorOf(user_id)
      await books.act(key, [{ type: 'withdraw', id, by, at: ctx.clock.now() }])
      return proposalOf(ctx, key, id, user_id)
    },
  }),
  route({
    method: 'PUT',
    path: `${PATH}/outcome`,
    auth: 'server',
    entryPoint: 'suggestion',
    params,
    body: outcomeSchema,
    async handler({ ctx, origin, params: { key, id }, body: { state, at, reason } }) {
      if (!ctx.federation.hosts(origin, key))
        throw forbidden('That institution is not of the server that asks.')
      await ctx.directoryBooks.suggestions.outcome(origin, id, {
        state,
        decided: { by: '', at: at ?? ctx.clock.now(), ...(reason ? { reason } : {}) },
      })
      return {}
    },
  }),
]
