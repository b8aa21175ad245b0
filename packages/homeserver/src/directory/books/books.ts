/**
 * The books of this node's institutions: what is proposed, decided and confirmed. `reduceBook` decides; here each result is
 * one write of one document that counts only if nobody wrote meanwhile, so that deciders who act at once converge.
 *
 * A signed change is written down, with its signature, before the registry is asked. Whatever is interrupted, it is asked
 * again; when the registry has the entry, the change is recorded, and when it refuses, it never was.
 */
import { isDeepStrictEqual } from 'node:util'
import { checkEntry } from '@enlace/directory/check-entry'
import {
  adoptSigned,
  type BookEvent,
  type EntryBook,
  newBook,
  type Proposal,
  reduceBook,
  startingEntry,
  unsignedGroups,
} from '@enlace/directory/upkeep'
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { FederationError } from '../../federation/errors.ts'
import { isDuplicateKey } from '../../lib/duplicate-key.ts'
import { createKeyedQueue } from '../../lib/in-turn.ts'
import { bookError } from './refusals.ts'
import type { Acted, BookDoc, BookModels, Books, KeptBook, Publisher, Publishing } from './types.ts'

const ATTEMPTS = 8
/** Far below what a document of the database holds. */
const MAX_BOOK = 8 * 1024 * 1024
const MAX_CLOCK_MS = 3_600_000
const rules = { isValid: (entry: unknown) => checkEntry(entry).ok }

type Loaded = {
  doc: BookDoc | undefined
  book: EntryBook
  publishing: Publishing | undefined
  signedRevision: number
}

export function createBooks(ctx: Context, { Book }: BookModels, publisher: Publisher): Books {
  const inTurn = createKeyedQueue()
  const hosts = (key: string) => ctx.config.institutions.includes(key)

  function check(key: string): void {
    if (!hosts(key) || !ctx.directory.record(key)) throw bookError('not_hosted')
  }

  /** Before anything of it was signed: what the registry has, or else the list. */
  function unkept(key: string) {
    const record = ctx.directory.record(key)!
    return record.entry ?? startingEntry(record.institution)
  }

  async function load(key: string): Promise<Loaded> {
    const doc = (await Book.findById(key).lean()) ?? undefined
    const signed = publisher.signed(key)
    if (!doc) {
      const book = newBook(signed?.entry ?? unkept(key))
      return {
        doc,
        book: { ...book, revision: signed?.revision ?? 0 },
        publishing: undefined,
        signedRevision: signed?.revision ?? 0,
      }
    }
    const kept = JSON.parse(doc.book) as EntryBook
    const publishing = doc.publishing === undefined ? undefined : (JSON.parse(doc.publishing) as Publishing)
    if (signed && signed.revision > doc.signed_revision)
      return {
        doc,
        book: adoptSigned(kept, signed, { by: '', at: ctx.clock.now() }),
        publishing,
        signedRevision: signed.revision,
      }
    // Only proposals so far: what the registry has now is what they are about.
    const book = !signed && kept.revision === 0 ? { ...kept, entry: unkept(key) } : kept
    return { doc, book, publishing, signedRevision: doc.signed_revision }
  }

  /** @returns false when somebody wrote meanwhile */
  async function write(
    key: string,
    before: BookDoc | undefined,
    next: { book: EntryBook; signedRevision: number; publishing?: Publishing; outcomes?: readonly string[] },
  ): Promise<boolean> {
    const { publishing, outcomes = [] } = next
    const fields = { signed_revision: next.signedRevision, book: bounded(next.book) }
    if (!before) {
      try {
        await Book.create({
          _id: key,
          version: 1,
          ...fields,
          ...(publishing ? { publishing: JSON.stringify(publishing) } : {}),
          outcomes: [...outcomes],
        })
        return true
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    }
    const { matchedCount } = await Book.updateOne(
      { _id: key, version: before.version },
      {
        $set: {
          version: before.version + 1,
          ...fields,
          ...(publishing ? { publishing: JSON.stringify(publishing) } : {}),
        },
        ...(publishing ? {} : { $unset: { publishing: 1 } }),
        ...(outcomes.length > 0 ? { $addToSet: { outcomes: { $each: [...outcomes] } } } : {}),
      },
    )
    return matchedCount === 1
  }

  function shown(key: string, { book, publishing }: Pick<Loaded, 'book' | 'publishing'>): KeptBook {
    const published =
      publisher.keeping(key) === 'here' ? book.entry : (publisher.signed(key)?.entry ?? unkept(key))
    return {
      book,
      published,
      unsigned: unsignedGroups(book.entry, published),
      publishing: publishing !== undefined,
    }
  }

  /** All events, or the refusal of the first that is refused. What was done already, by the same person, is done. */
  function reduceAll(book: EntryBook, events: readonly BookEvent[]): EntryBook {
    let next = book
    for (const event of events) {
      const done = 'id' in event && next.proposals.find(({ id }) => id === event.id)
      if (done && isSame(done, event)) continue
      const result = reduceBook(next, event, rules)
      if (!result.ok) throw bookError(result.refusal)
      next = result.book
    }
    return next
  }

  function checkTimes(events: readonly BookEvent[]): void {
    if (events.some(({ at }) => Math.abs(at - ctx.clock.now()) > MAX_CLOCK_MS)) throw bookError('clock')
  }

  async function act(key: string, events: readonly BookEvent[], publication?: unknown): Promise<Acted> {
    check(key)
    checkTimes(events)
    const keeping = publisher.keeping(key)
    if (keeping === 'no_key') throw bookError('no_key')
    const acted = await inTurn(key, () => attempt(key, events, keeping === 'signed', publication))
    void tellOutcomes(key)
    return acted
  }

  async function attempt(
    key: string,
    events: readonly BookEvent[],
    signs: boolean,
    publication: unknown,
  ): Promise<Acted> {
    for (let tries = 0; tries < ATTEMPTS; tries += 1) {
      const loaded = await load(key)
      const { doc, book, publishing, signedRevision } = loaded
      const next = reduceAll(book, events)
      const outcomes = newlyDecided(book, next).filter(({ by }) => serverNameOf(by) !== ctx.serverName)
      const ids = outcomes.map(({ id }) => id)
      const isPublished = signs && (publication !== undefined || events.some(({ type }) => type === 'accept'))
      const isOld = publication === undefined || book.revision <= signedRevision
      if (isDeepStrictEqual(next, book) && isOld) return { kept: shown(key, loaded), state: 'done' }
      if (!isPublished) {
        const kept = { book: next, signedRevision, ...(publishing ? { publishing } : {}) }
        if (publishing) {
          // What is on its way was made from the book as it was; it has to come to the same with this.
          const ahead = carried(publishing.book, events)
          if (!ahead) throw bookError('publishing')
          kept.publishing = { ...publishing, book: ahead }
        }
        if (!(await write(key, doc, { ...kept, outcomes: ids }))) continue
        if (!signs) ctx.directory.keep(next.entry)
        return { kept: shown(key, kept as Loaded), state: 'done' }
      }
      if (publishing) throw bookError('publishing')
      if (publication === undefined) throw bookError('needs_signature')
      const fault = publisher.check(key, next, publication)
      if (fault) throw bookError('quicker', fault)
      const since = ctx.clock.now()
      const step = { book: next, publication, since, outcomes: ids }
      if (!(await write(key, doc, { book, signedRevision, publishing: step }))) continue
      return finish(key)
    }
    throw bookError('quicker')
  }

  /** What was written down as signed: to the registry, and then into the book. */
  async function finish(key: string): Promise<Acted> {
    const { doc, book, publishing, signedRevision } = await load(key)
    if (!doc || !publishing) return { kept: shown(key, { book, publishing }), state: 'done' }
    const answer = publisher.isInForce(key, publishing.book)
      ? { state: 'published' as const }
      : await publisher.relay(key, publishing.publication)
    if (answer.state === 'unreachable') return { kept: shown(key, { book, publishing }), state: 'waiting' }
    // The registry may have had it before, and refuses it the second time.
    if (answer.state === 'refused' && !publisher.isInForce(key, publishing.book)) {
      await write(key, doc, { book, signedRevision })
      throw bookError('quicker', answer.message)
    }
    const { revision } = publishing.book
    const next = { book: publishing.book, signedRevision: revision, outcomes: publishing.outcomes }
    if (!(await write(key, doc, next))) return finish(key)
    return { kept: shown(key, { book: publishing.book, publishing: undefined }), state: 'done' }
  }

  /** The same events on top of what is on its way, where they change no entry: suggestions, and what is declined. */
  function carried(ahead: EntryBook, events: readonly BookEvent[]): EntryBook | undefined {
    if (events.some(({ type }) => type === 'accept' || type === 'confirm')) return undefined
    return reduceAll(ahead, events)
  }

  async function tellOutcomes(key: string): Promise<void> {
    const doc = await Book.findById(key).lean()
    if (!doc || doc.outcomes.length === 0) return
    const { proposals } = JSON.parse(doc.book) as EntryBook
    for (const id of doc.outcomes) {
      const proposal = proposals.find((one) => one.id === id)
      const server = proposal && serverNameOf(proposal.by)
      try {
        if (proposal && server && proposal.state !== 'open') {
          const { reason } = proposal.decided ?? {}
          await ctx.federation.request(
            server,
            {
              entryPoint: 'suggestion',
              method: 'PUT',
              path: `/_enlace/federation/v1/directory/${encodeURIComponent(key)}/suggestions/${id}/outcome`,
              body: {
                state: proposal.state,
                at: proposal.decided?.at ?? 0,
                ...(reason === undefined ? {} : { reason }),
              },
            },
            z.object({}),
          )
        }
      } catch (error) {
        // Later again; a server that knows nothing of it is told no more.
        if (!(error instanceof FederationError && error.refused)) continue
      }
      await Book.updateOne({ _id: key }, { $pull: { outcomes: id } })
    }
  }

  async function resume(): Promise<void> {
    for (const key of ctx.config.institutions) {
      if (!ctx.directory.record(key)) continue
      try {
        const { publishing, book } = await load(key)
        if (publishing) await inTurn(key, () => finish(key))
        else if (publisher.keeping(key) === 'here' && book.revision > 0) ctx.directory.keep(book.entry)
        await tellOutcomes(key)
      } catch (error) {
        ctx.log.warn({ err: error, institution: key }, 'a change of an entry did not go through')
      }
    }
  }

  return {
    hosts,
    keeping: publisher.keeping,
    act,
    resume,
    tellOutcomes,
    close() {},

    async actorOf(userId) {
      const { institution, role } = await ctx.policy.memberOf(userId)
      return { userId, institution: institution?.key ?? null, role: role ?? 'staff' }
    },

    async read(key) {
      check(key)
      return shown(key, await load(key))
    },
  }
}

function newlyDecided(before: EntryBook, after: EntryBook): Proposal[] {
  const open = new Set(before.proposals.flatMap(({ id, state }) => (state === 'open' ? [id] : [])))
  return after.proposals.filter(({ id, state }) => open.has(id) && state !== 'open' && state !== 'withdrawn')
}

/** The same request once more: its answer was lost on the way. */
function isSame(proposal: Proposal, event: Exclude<BookEvent, { type: 'confirm' }>): boolean {
  if (event.type === 'propose')
    return proposal.by === event.by.userId && isDeepStrictEqual(proposal.edits, event.edits)
  const state = { accept: 'accepted', decline: 'declined', withdraw: 'withdrawn' }[event.type]
  return proposal.state === state && proposal.decided?.by === event.by.userId
}

/** What is oldest goes when a book grows too long: decided proposals first, then history. */
function bounded(book: EntryBook): string {
  let kept = book
  for (;;) {
    const text = JSON.stringify(kept)
    if (text.length <= MAX_BOOK) return text
    const decided = kept.proposals.filter(({ state }) => state !== 'open')
    if (decided.length === 0 && kept.history.length === 0) throw bookError('too_many')
    const old = new Set(decided.slice(0, Math.ceil(decided.length / 2)))
    kept = {
      ...kept,
      proposals: kept.proposals.filter((one) => !old.has(one)),
      history: old.size > 0 ? kept.history : kept.history.slice(Math.ceil(kept.history.length / 2)),
    }
  }
}
