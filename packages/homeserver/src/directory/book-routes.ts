/** An entry and how it is kept true (docs/enlace-api.md, "Directory"): read, propose, decide, confirm. */
import {
  assuredDates,
  type BookEvent,
  entryFreshness,
  type FieldGroup,
  groupFreshness,
  startingEntry,
} from '@enlace/directory/upkeep'
import { publicView } from '@enlace/directory/visibility'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { bookError, keepingRefusals } from './books/refusals.ts'
import { editsSchema, groupsSchema, keySchema, MAX_BODY, noteSchema } from './books/schemas.ts'
import type { Acted, KeptBook, SentSuggestion } from './books/types.ts'
import type { DirectoryRecord } from './types.ts'

const BASE = '/_enlace/client/v1/directory'
const MAX_PUBLICATION = 6 * 1024 * 1024
const params = z.object({ key: keySchema })
const proposalParams = z.object({ key: keySchema, id: z.uuid() })
const signed = { at: z.number(), publication: z.unknown().optional() }

function recordOf(ctx: Context, key: string): DirectoryRecord {
  const record = ctx.directory.record(key)
  if (!record)
    throw notFound('El directorio no tiene esa institución. / The directory has no such institution.')
  return record
}

/** What its own people see of their book. */
function bookView(ctx: Context, kept: KeptBook) {
  const { book, unsigned, publishing } = kept
  const { entry, revision, proposals } = book
  return {
    entry,
    revision,
    proposals,
    groups: ctx.directoryBooks.reminders.ofBook(kept),
    unsigned: unsigned.map((group) => ({ group, ...whoConfirmed(kept, group) })),
    publishing,
    keeping: ctx.directoryBooks.books.keeping(entry.key),
    now: ctx.clock.now(),
  }
}

function whoConfirmed({ book }: KeptBook, group: FieldGroup) {
  const change = book.history.findLast(
    ({ edit }) => edit.kind === 'add' && String(edit.row['value']).startsWith(`${group}:`),
  )
  return change ? { by: change.by, at: change.at } : {}
}

const actedView = (ctx: Context, { kept, state }: Acted) => ({ state, ...bookView(ctx, kept) })

/** Own people: all of it. Others: what they suggested. */
async function standing(ctx: Context, userId: string, key: string) {
  const actor = await ctx.directoryBooks.books.actorOf(userId)
  return { actor, isOwn: actor.institution === key && ctx.directoryBooks.books.hosts(key) }
}

async function own(ctx: Context, userId: string, key: string) {
  const { actor, isOwn } = await standing(ctx, userId, key)
  if (!isOwn) throw bookError('not_the_owner')
  return actor
}

export const directoryBookRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${BASE}/entries/:key`,
    auth: 'user',
    params,
    async handler({ ctx, requester, params: { key } }) {
      const record = recordOf(ctx, key)
      const { actor, isOwn } = await standing(ctx, requester.userId, key)
      const view = actor.institution ? 'network' : 'public'
      const whole = record.entry ?? startingEntry(record.institution)
      const now = ctx.clock.now()
      const dates = assuredDates(whole)
      const freshness = groupFreshness(whole, now)
      const { books } = ctx.directoryBooks
      const server = ctx.directory.institution(key)?.server_name ?? null
      const hosted = books.hosts(key)
      return {
        institution: record.institution,
        source: record.source,
        revision: record.revision ?? null,
        last_modified: record.lastModified,
        view,
        entry: view === 'network' ? whole : publicView(whole),
        freshness: entryFreshness(whole, now),
        groups: Object.entries(freshness).map(([group, state]) => ({
          group,
          freshness: state,
          ...(dates[group as FieldGroup] ? { assured_date: dates[group as FieldGroup] } : {}),
        })),
        own: isOwn,
        may: {
          propose: actor.institution !== null && (hosted ? books.keeping(key) !== 'no_key' : server !== null),
          decide: isOwn && actor.role === 'coordinator' && books.keeping(key) !== 'no_key',
        },
        // Why nobody can propose anything, where that is so.
        ...(hosted && books.keeping(key) === 'no_key' ? { closed: keepingRefusals.no_key } : {}),
        ...(!hosted && server === null ? { closed: keepingRefusals.no_server } : {}),
        ...(isOwn ? { book: bookView(ctx, await books.read(key)) } : {}),
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/entries/:key/history`,
    auth: 'user',
    params,
    query: z.object({
      before: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    async handler({ ctx, requester, params: { key }, query: { before, limit } }) {
      recordOf(ctx, key)
      const { actor } = await standing(ctx, requester.userId, key)
      if (actor.institution === null) throw bookError('of_no_institution')
      if (!ctx.directoryBooks.books.hosts(key)) return { kept_by: 'other', changes: [] }
      const { book } = await ctx.directoryBooks.books.read(key)
      const end = Math.min(before ?? book.history.length, book.history.length)
      const start = Math.max(0, end - limit)
      return {
        kept_by: 'here',
        changes: book.history.slice(start, end).reverse(),
        ...(start > 0 ? { before: start } : {}),
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/entries/:key/proposals`,
    auth: 'user',
    params,
    async handler({ ctx, requester, params: { key } }) {
      recordOf(ctx, key)
      const { userId } = requester
      const { isOwn } = await standing(ctx, userId, key)
      if (isOwn) return { proposals: (await ctx.directoryBooks.books.read(key)).book.proposals }
      return { proposals: (await suggestionsOf(ctx, userId)).filter((one) => one.institution === key) }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/entries/:key/proposals`,
    auth: 'user',
    params,
    maxBody: MAX_BODY,
    body: z.object({ id: z.uuid(), edits: editsSchema, note: noteSchema.optional() }),
    async handler({ ctx, requester, params: { key }, body: { id, edits, note } }) {
      recordOf(ctx, key)
      const { books, suggestions } = ctx.directoryBooks
      const by = await books.actorOf(requester.userId)
      const more = note ? { note } : {}
      if (!books.hosts(key)) return await suggestions.send({ key, by, id, edits, ...more })
      const acted = await books.act(key, [{ type: 'propose', id, by, at: ctx.clock.now(), edits, ...more }])
      const proposal = acted.kept.book.proposals.find((one) => one.id === id)!
      return { ...proposal, institution: key }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/entries/:key/proposals/:id/accept`,
    auth: 'user',
    params: proposalParams,
    maxBody: MAX_PUBLICATION,
    body: z.object({ ...signed, confirm: groupsSchema.default([]) }),
    async handler({ ctx, requester, params: { key, id }, body: { at, confirm, publication } }) {
      const by = await own(ctx, requester.userId, key)
      const events: BookEvent[] = [
        { type: 'accept', id, by, at },
        ...confirm.map((group): BookEvent => ({ type: 'confirm', group, by, at })),
      ]
      return actedView(ctx, await ctx.directoryBooks.books.act(key, events, publication))
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/entries/:key/proposals/:id/decline`,
    auth: 'user',
    params: proposalParams,
    body: z.object({ reason: z.string().max(1_000) }),
    async handler({ ctx, requester, params: { key, id }, body: { reason } }) {
      const by = await own(ctx, requester.userId, key)
      const at = ctx.clock.now()
      return actedView(
        ctx,
        await ctx.directoryBooks.books.act(key, [{ type: 'decline', id, by, at, reason }]),
      )
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/entries/:key/proposals/:id/withdraw`,
    auth: 'user',
    params: proposalParams,
    body: z.object({}),
    async handler({ ctx, requester, params: { key, id } }) {
      recordOf(ctx, key)
      const { books, suggestions } = ctx.directoryBooks
      if (!books.hosts(key)) return suggestions.withdraw(requester.userId, id)
      const by = await books.actorOf(requester.userId)
      const { kept } = await books.act(key, [{ type: 'withdraw', id, by, at: ctx.clock.now() }])
      return { ...kept.book.proposals.find((one) => one.id === id)!, institution: key }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/entries/:key/confirm`,
    auth: 'user',
    params,
    maxBody: MAX_PUBLICATION,
    body: z.object({ ...signed, groups: groupsSchema.min(1) }),
    async handler({ ctx, requester, params: { key }, body: { groups, at, publication } }) {
      const by = await own(ctx, requester.userId, key)
      const events = groups.map((group): BookEvent => ({ type: 'confirm', group, by, at }))
      const acted = await ctx.directoryBooks.books.act(key, events, publication)
      // Whoever was reminded need not be any more.
      await ctx.directoryBooks.reminders.run()
      return actedView(ctx, acted)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/entries/:key/publish`,
    auth: 'user',
    params,
    maxBody: MAX_PUBLICATION,
    body: z.object({ publication: z.unknown() }),
    async handler({ ctx, requester, params: { key }, body: { publication } }) {
      await own(ctx, requester.userId, key)
      return actedView(ctx, await ctx.directoryBooks.books.act(key, [], publication))
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/suggestions`,
    auth: 'user',
    async handler({ ctx, requester }) {
      return { suggestions: await suggestionsOf(ctx, requester.userId) }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/overdue`,
    auth: 'user',
    async handler({ ctx, requester }) {
      const { role, institution } = await ctx.policy.memberOf(requester.userId)
      if (role !== 'coordinator' || !institution) throw bookError('coordinators_only')
      const { books, reminders } = ctx.directoryBooks
      const all = reminders.overdue()
      const count = { due: 0, overdue: 0 }
      for (const { groups } of all)
        for (const { freshness } of groups) if (freshness !== 'verified') count[freshness] += 1
      return {
        institution: institution.key,
        own: books.hosts(institution.key) ? reminders.ofBook(await books.read(institution.key)) : [],
        count,
        institutions: all,
      }
    },
  }),
]

/** What somebody suggested to institutions of this node and of others, the latest first. */
async function suggestionsOf(ctx: Context, userId: string) {
  const { books, suggestions } = ctx.directoryBooks
  const out: Array<SentSuggestion & { kind?: string }> = await suggestions.of(userId)
  for (const key of ctx.config.institutions) {
    if (!ctx.directory.record(key)) continue
    const { book } = await books.read(key)
    for (const proposal of book.proposals)
      if (proposal.by === userId) out.push({ ...proposal, institution: key })
  }
  return out.sort((a, b) => b.at - a.at)
}
