/**
 * What people of this node suggest to institutions of others: kept here first, carried by a signed request, and told again
 * until the other server has it. Its outcome is told by that server, and asked for now and then, as a call can get lost.
 */
import { isDeepStrictEqual } from 'node:util'
import type { BilingualText } from '@enlace/directory/text'
import type { Edit } from '@enlace/directory/upkeep'
import type { Context } from '../../context.ts'
import { notFound } from '../../errors.ts'
import { FederationError } from '../../federation/errors.ts'
import { isDuplicateKey } from '../../lib/duplicate-key.ts'
import { createKeyedQueue } from '../../lib/in-turn.ts'
import { bookError, keepingRefusals } from './refusals.ts'
import { outcomeSchema } from './schemas.ts'
import type { BookModels, SentDoc, SentSuggestion, Suggestions } from './types.ts'

const MAX_OPEN = 20
const MAX_LISTED = 200
const RETRY_MS = 60_000
const LONGEST_RETRY_MS = 3_600_000
const ASK_MS = 15 * 60_000
const AT_ONCE = 50

type Kept = { edits: Edit[]; note?: string }

export function createSuggestions(ctx: Context, { Sent }: BookModels): Suggestions {
  const inTurn = createKeyedQueue()
  const path = (doc: Pick<SentDoc, 'institution' | '_id'>) =>
    `/_enlace/federation/v1/directory/${encodeURIComponent(doc.institution)}/suggestions/${doc._id}`

  /** The server the network places the institution on. */
  function serverOf(key: string): string {
    const server = ctx.directory.institution(key)?.server_name
    if (!server || server === ctx.serverName || !ctx.federation.hosts(server, key))
      throw bookError('no_server')
    return server
  }

  async function change(id: string, fields: Partial<SentDoc>, done: boolean): Promise<void> {
    await Sent.updateOne({ _id: id }, { $set: fields, ...(done ? { $unset: { next_ts: 1 } } : {}) })
  }

  /** Tells the server, or asks it; whatever it says is written down. */
  async function carry(doc: SentDoc): Promise<void> {
    const { edits, note } = JSON.parse(doc.suggestion) as Kept
    try {
      const said =
        doc.state === 'waiting'
          ? await ctx.federation.request(
              doc.server,
              {
                entryPoint: 'suggestion',
                method: 'PUT',
                path: path(doc),
                body: { user_id: doc.by, edits, ...(note ? { note } : {}) },
              },
              outcomeSchema,
            )
          : await ctx.federation.request(
              doc.server,
              {
                entryPoint: 'suggestion',
                method: doc.state === 'withdrawn' ? 'POST' : 'GET',
                path: doc.state === 'withdrawn' ? `${path(doc)}/withdraw` : path(doc),
                ...(doc.state === 'withdrawn'
                  ? { body: { user_id: doc.by } }
                  : { query: { user_id: doc.by } }),
              },
              outcomeSchema,
            )
      await take(doc, said)
    } catch (error) {
      if (error instanceof FederationError && error.refused && doc.state === 'waiting') {
        await change(doc._id, { state: 'refused', refused: sentenceOf(error) }, true)
        return
      }
      const attempts = doc.attempts + 1
      const pause = Math.min(RETRY_MS * 2 ** Math.min(attempts, 8), LONGEST_RETRY_MS)
      await change(doc._id, { attempts, next_ts: ctx.clock.now() + pause }, false)
    }
  }

  async function take(
    doc: Pick<SentDoc, '_id' | 'server'>,
    said: { state: SentDoc['state']; at?: number | undefined; reason?: string | undefined },
  ): Promise<void> {
    if (said.state === 'open') {
      await change(doc._id, { state: 'open', attempts: 0, next_ts: ctx.clock.now() + ASK_MS }, false)
      return
    }
    const decided = {
      by: '',
      at: said.at ?? ctx.clock.now(),
      ...(said.reason ? { reason: said.reason } : {}),
    }
    await change(doc._id, { state: said.state, decided }, true)
  }

  const find = async (id: string): Promise<SentDoc | undefined> =>
    (await Sent.findById(id).lean()) ?? undefined

  return {
    async send({ key, by, id, edits, note }) {
      if (by.institution === null) throw bookError('of_no_institution')
      const server = serverOf(key)
      const before = await find(id)
      const suggestion = JSON.stringify({ edits, ...(note ? { note } : {}) } satisfies Kept)
      if (before) {
        if (
          before.by !== by.userId ||
          !isDeepStrictEqual(JSON.parse(before.suggestion), JSON.parse(suggestion))
        )
          throw bookError('exists')
        return shown(before)
      }
      const at = ctx.clock.now()
      const doc: SentDoc = {
        _id: id,
        by: by.userId,
        institution: key,
        server,
        at,
        state: 'waiting',
        suggestion,
        next_ts: at + RETRY_MS,
        attempts: 0,
      }
      // Counted and kept one after the other, however many come at once.
      await inTurn(by.userId, async () => {
        // Index {by, at}.
        const open = await Sent.countDocuments({ by: by.userId, state: { $in: ['waiting', 'open'] } })
        if (open >= MAX_OPEN) throw bookError('too_many')
        try {
          await Sent.create(doc)
        } catch (error) {
          if (isDuplicateKey(error)) throw bookError('exists')
          throw error
        }
      })
      await carry(doc)
      return shown((await find(id)) ?? doc)
    },

    async withdraw(userId, id) {
      const doc = await find(id)
      if (doc?.by !== userId) throw bookError('no_such_proposal')
      if (doc.state === 'withdrawn') return shown(doc)
      if (doc.state !== 'open' && doc.state !== 'waiting') throw bookError('already_decided')
      const decided = { by: userId, at: ctx.clock.now() }
      const next: SentDoc = { ...doc, state: 'withdrawn', decided, attempts: 0 }
      await change(id, { state: 'withdrawn', decided, attempts: 0, next_ts: decided.at }, false)
      await carry(next)
      return shown((await find(id)) ?? next)
    },

    async of(userId) {
      // Index {by, at}.
      const docs = await Sent.find({ by: userId }).sort({ at: -1 }).limit(MAX_LISTED).lean()
      return docs.map(shown)
    },

    async outcome(origin, id, { state, decided }) {
      const doc = await find(id)
      if (doc?.server !== origin) throw notFound('There is no such suggestion of ours.')
      if (state !== 'open') await take(doc, { state, at: decided?.at, reason: decided?.reason })
    },

    async resume() {
      // Index {next_ts}.
      const due = await Sent.find({ next_ts: { $lte: ctx.clock.now() } })
        .sort({ next_ts: 1 })
        .limit(AT_ONCE)
        .lean()
      for (const doc of due) await carry(doc)
    },
  }
}

function shown(doc: SentDoc): SentSuggestion {
  const { edits, note } = JSON.parse(doc.suggestion) as Kept
  return {
    id: doc._id,
    institution: doc.institution,
    at: doc.at,
    edits,
    state: doc.state,
    ...(note ? { note } : {}),
    ...(doc.decided ? { decided: doc.decided } : {}),
    ...(doc.refused ? { refused: doc.refused } : {}),
  }
}

/** A server that does not know the endpoint is no Enlace node: it has nobody to decide. */
function sentenceOf(error: FederationError): BilingualText {
  const message = error.extra['org.enlace.message'] as BilingualText | undefined
  return message ?? keepingRefusals.takes_none
}
