/**
 * The queue of one partner server. At most one transaction is on its way; while it is, the next one gathers.
 *
 *   load -> take: PDUs after the cursor, durable EDUs, passing EDUs -> write down what is in it -> PUT /send/{txnId}
 *        -> accepted: the cursor moves (written with the next transaction, or when there is none)
 *        -> not: the same transaction again, later and later; at once when the partner is heard from
 *
 * What is on disk is a cursor and the ids of one transaction. After a crash that transaction is sent again under its id.
 */
import type { Pdu } from '@enlace/room-model'
import type { Collection } from 'mongoose'
import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts'
import { createOnce } from '../../lib/once.ts'
import type { Logger } from '../../log.ts'
import { FederationError } from '../errors.ts'
import type { DestinationDoc, InFlight, OutboxModels } from './models.ts'

/** Limits of a transaction (server-server API, "Transactions"). */
const MAX_PDUS = 50
const MAX_EDUS = 100
/** A transaction that is larger waits for no more: receivers refuse bodies they find too large. */
const MAX_BYTES = 3 * 1024 * 1024
const MAX_PASSING = 1_000
/** Events kept in memory for a partner that keeps up. */
const MAX_RECENT = 200
const SEND_TIMEOUT_MS = 90_000
/** No answer for this long: it counts as not reached, though it may still answer. */
const OVERDUE_MS = 25_000
/** Between half and all of the time: partners that lost the same server do not come back all at once. */
const BACKOFF: BackoffPolicy = { firstMs: 500, longestMs: 60_000, jitter: { from: 0.5, to: 1 } }
/** Gone for longer than this: asked for less often. */
const LONG_GONE_MS = 24 * 3_600_000
const LONG_GONE_BACKOFF: BackoffPolicy = { ...BACKOFF, longestMs: 15 * 60_000 }
/** When the database fails. */
const DATABASE_RETRY_MS = 5_000
/** Heard from, but unreachable: not tried again more often than this. */
const MIN_GAP_MS = 1_000
const SETTLE_MS = 500

export type Edu = { edu_type: string; content: Record<string, unknown> }
type TransactionBody = { origin: string; origin_server_ts: number; pdus: Pdu[]; edus: Edu[] }
type EventText = { _id: string; pos: number; json: string }
export type FreshEvent = { id: string; pos: number; size: number; pdu: Pdu }

export type DestinationDeps = {
  serverName: string
  log: Logger
  models: OutboxModels
  events: Collection<EventText>
  /** Everything up to here is on disk: positions above may still be written in any order. */
  stable(): number
  allowed(destination: string): boolean
  send(destination: string, txnId: string, body: TransactionBody, signal: AbortSignal): Promise<unknown>
  /** It has taken these, after the position `from` and up to `upto`. */
  accepted(destination: string, events: { from: number; upto: number; pdus: readonly Pdu[] }): void
  /** It is not reached any more, or again; what is after the cursor waits. */
  reachability(destination: string, cursor: number): void
  /** For tests: after how long without an answer it counts as not reached. */
  overdueMs?: number
}

export class Destination {
  readonly name: string
  #deps: DestinationDeps
  #doc: DestinationDoc | undefined
  readonly #loading = createOnce<'record', DestinationDoc>()
  #running: Promise<void> | undefined
  #wanted = false
  #closed = false
  #mayHaveEvents = true
  /** Everything for it that is not on its way yet, while it keeps up; else undefined, and the log is read. */
  #recent: FreshEvent[] | undefined
  #mayHaveEdus = true
  #announce = false
  #passing = new Map<string, Edu>()
  #onItsWay: { meta: InFlight; body: TransactionBody } | undefined
  #timer: NodeJS.Timeout | undefined
  #settling: NodeJS.Timeout | undefined
  #lastTry = 0
  #abort = new AbortController()
  /** Ends an attempt that is overdue. */
  #giveUp: (() => void) | undefined

  constructor(name: string, deps: DestinationDeps, doc?: DestinationDoc) {
    this.name = name
    this.#deps = deps
    this.#doc = doc
  }

  /** An event for it has been published: in order, each once. */
  noteEvent(event: FreshEvent): void {
    if (this.#recent) this.#recent.push(event)
    // Too far behind to be kept in memory: read from the log.
    if (this.#recent && this.#recent.length > MAX_RECENT) this.#recent = undefined
    this.#mayHaveEvents = true
    this.wake()
  }

  noteEdus(): void {
    this.#mayHaveEdus = true
    this.wake()
  }

  /** Passing EDUs: the newest of a key replaces the older one; when there are too many the oldest go. */
  addPassing(key: string, edu: Edu): void {
    this.#passing.delete(key)
    this.#passing.set(key, edu)
    if (this.#passing.size > MAX_PASSING) this.#passing.delete(this.#passing.keys().next().value!)
    this.wake()
  }

  /** Lets the partner know that this server is there again, so that it sends what it has kept. */
  announce(): void {
    this.#announce = true
    this.wake()
  }

  /** It is up after all: no waiting. */
  heardFrom(): void {
    // An attempt without an answer, and yet it speaks: the connection is dead, not the partner.
    this.#giveUp?.()
    if (this.#timer === undefined || performance.now() - this.#lastTry < MIN_GAP_MS) return
    this.#stopTimer()
    if (this.#doc) this.#doc.retry_at = 0
    this.wake()
  }

  /** The list changed: a server that may be talked to again is. */
  recheck(): void {
    this.#recent = undefined
    this.#mayHaveEvents = true
    this.#mayHaveEdus = true
    this.wake()
  }

  wake(): void {
    this.#wanted = true
    if (this.#running || this.#closed || this.#timer) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#wanted && !this.#closed && !this.#timer) this.wake()
    })
  }

  /** Where the partner stands. Loads its record. */
  async status(): Promise<{ cursor: number; lastSuccessTs?: number; unreachableSinceTs?: number }> {
    const { cursor, last_success_ts, unreachable_since } = await this.#load()
    return {
      cursor,
      ...(last_success_ts === undefined ? {} : { lastSuccessTs: last_success_ts }),
      ...(unreachable_since === undefined ? {} : { unreachableSinceTs: unreachable_since }),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopTimer()
    clearTimeout(this.#settling)
    this.#abort.abort()
    await this.#running
    if (this.#doc?.in_flight && !this.#onItsWay) await this.#settle(this.#doc)
  }

  /** One record, however many ask for it at once: two would go their own ways. */
  async #load(): Promise<DestinationDoc> {
    if (this.#doc) return this.#doc
    return this.#loading.run('record', async () => {
      const found = await this.#deps.models.Destination.findById(this.name).lean()
      this.#doc = found ?? { _id: this.name, cursor: 0, failures: 0, retry_at: 0 }
      return this.#doc
    })
  }

  async #run(): Promise<void> {
    try {
      const doc = await this.#load()
      while (this.#wanted && !this.#closed) {
        this.#wanted = false
        if (!this.#deps.allowed(this.name)) {
          this.#passing.clear()
          return
        }
        const wait = doc.retry_at - Date.now()
        if (wait > 0) return this.#startTimer(wait)
        // Nothing may be waiting, but whether it is back shows only when it is asked.
        if (doc.unreachable_since !== undefined) this.#announce = true
        this.#onItsWay ??= (await this.#resume(doc)) ?? (await this.#take(doc))
        if (!this.#onItsWay) break
        await this.#attempt(doc, this.#onItsWay)
      }
      if (doc.in_flight && !this.#onItsWay) this.#settleSoon(doc)
    } catch (error) {
      // The database: it is tried again with the next event, or then.
      this.#deps.log.error({ err: error, destination: this.name }, 'outbox stopped')
      this.#startTimer(DATABASE_RETRY_MS)
    }
  }

  async #attempt(doc: DestinationDoc, sending: { meta: InFlight; body: TransactionBody }): Promise<void> {
    const { meta, body } = sending
    this.#lastTry = performance.now()
    let answer: unknown
    // Written down while it is on its way: a crash before that is on disk only makes the same events go under another
    // id, which the partner knows by their own.
    const recorded = this.#record(doc, meta)
    recorded.catch(() => undefined)
    const began = Date.now()
    const attempt = new AbortController()
    const overdue = setTimeout(() => {
      this.#giveUp = () => attempt.abort()
      this.#missed(doc, began)
    }, this.#deps.overdueMs ?? OVERDUE_MS)
    overdue.unref()
    try {
      const signal = AbortSignal.any([
        this.#abort.signal,
        attempt.signal,
        AbortSignal.timeout(SEND_TIMEOUT_MS),
      ])
      answer = await this.#deps.send(this.name, meta.txn_id, body, signal)
      await recorded
    } catch (error) {
      await recorded
      if (this.#closed) return
      return await this.#failed(doc, sending, { error, began, dead: attempt.signal.aborted })
    } finally {
      clearTimeout(overdue)
      this.#giveUp = undefined
    }
    this.#onItsWay = undefined
    this.#wanted = true
    // Any transaction that arrived says that this server is there, and shows that the partner is.
    this.#announce = false
    logRefusals(this.#deps.log, this.name, answer)
    const wasAway = doc.unreachable_since !== undefined
    const from = doc.cursor
    doc.cursor = Math.max(doc.cursor, meta.upto)
    doc.failures = 0
    doc.retry_at = 0
    doc.last_success_ts = Date.now()
    delete doc.unreachable_since
    // Deleted before the next transaction is written down, or a crash would send them twice.
    if (meta.edu_ids.length > 0) await this.#deps.models.Edu.deleteMany({ _id: { $in: meta.edu_ids } })
    if (wasAway) await this.#settle(doc)
    if (body.pdus.length > 0) this.#deps.accepted(this.name, { from, upto: doc.cursor, pdus: body.pdus })
    if (wasAway) this.#deps.reachability(this.name, doc.cursor)
  }

  /** Known to be away from the moment on that the first attempt in vain began; in memory until that has failed. */
  #missed(doc: DestinationDoc, began: number): void {
    if (doc.unreachable_since !== undefined || this.#closed) return
    doc.unreachable_since = began
    this.#deps.reachability(this.name, doc.cursor)
  }

  async #failed(
    doc: DestinationDoc,
    { meta, body }: { meta: InFlight; body: TransactionBody },
    { error, began, dead }: { error: unknown; began: number; dead: boolean },
  ): Promise<void> {
    const onlyPassing = meta.event_ids.length === 0 && meta.edu_ids.length === 0
    // What passes has passed by the time of the next try.
    if (onlyPassing) this.#onItsWay = undefined
    else body.edus = body.edus.slice(0, meta.edu_ids.length)
    doc.failures += 1
    this.#missed(doc, began)
    const longGone = Date.now() - (doc.unreachable_since ?? began) > LONG_GONE_MS
    // The connection was dead, not the partner: that says nothing about how long it will be away.
    const wait = backoffMs(longGone ? LONG_GONE_BACKOFF : BACKOFF, dead ? 1 : doc.failures)
    doc.retry_at = Date.now() + wait
    this.#wanted = true
    this.#deps.log.info(
      {
        destination: this.name,
        reason: error instanceof FederationError ? error.detail : (error as Error).message,
        failures: doc.failures,
      },
      'transaction not delivered',
    )
    const { failures, retry_at, unreachable_since } = doc
    await this.#deps.models.Destination.updateOne(
      { _id: this.name },
      { $set: { failures, retry_at, unreachable_since }, $setOnInsert: { cursor: doc.cursor } },
      { upsert: true },
    )
    this.#startTimer(wait)
  }

  /** After a crash: the transaction that may or may not have arrived, as it was. */
  async #resume(doc: DestinationDoc): Promise<{ meta: InFlight; body: TransactionBody } | undefined> {
    const meta = doc.in_flight
    if (!meta || meta.upto <= doc.cursor) return undefined
    const texts = await this.#deps.events.find({ _id: { $in: meta.event_ids } }).toArray()
    const edus = await this.#deps.models.Edu.find({ _id: { $in: meta.edu_ids } })
      .sort({ _id: 1 })
      .lean()
    texts.sort((a, b) => a.pos - b.pos)
    const events = texts.map(({ json }) => ({ pdu: JSON.parse(json) as Pdu }))
    return { meta, body: this.#body(meta, events, edus.map(parseEdu)) }
  }

  async #take(doc: DestinationDoc): Promise<{ meta: InFlight; body: TransactionBody } | undefined> {
    const texts = await this.#nextEvents(doc)
    const edus = await this.#nextEdus()
    const passing = [...this.#passing].slice(0, MAX_EDUS - edus.length)
    for (const [key] of passing) this.#passing.delete(key)
    if (texts.length + edus.length + passing.length === 0 && !this.#announce) return undefined
    this.#announce = false
    const ts = Date.now()
    const upto = texts.at(-1)?.pos ?? doc.cursor
    const meta: InFlight = {
      txn_id: `${ts.toString(36)}-${upto.toString(36)}-${(edus.at(-1)?._id ?? 0).toString(36)}`,
      ts,
      event_ids: texts.map((one) => one.id),
      edu_ids: edus.map((one) => one._id),
      upto,
    }
    return { meta, body: this.#body(meta, texts, [...edus.map(parseEdu), ...passing.map(([, edu]) => edu)]) }
  }

  /** One write: where the last transaction got us, and what the next one is. */
  async #record(doc: DestinationDoc, meta: InFlight): Promise<void> {
    const empty = meta.event_ids.length === 0 && meta.edu_ids.length === 0
    if (empty || doc.in_flight?.txn_id === meta.txn_id) return
    doc.in_flight = meta
    await this.#deps.models.Destination.updateOne({ _id: this.name }, { $set: fields(doc) }, { upsert: true })
  }

  async #nextEvents(doc: DestinationDoc): Promise<FreshEvent[]> {
    if (!this.#mayHaveEvents) return []
    this.#mayHaveEvents = false
    if (!this.#recent) {
      const found = await this.#readLog(doc)
      const fit = fitting(found)
      // Kept up with only when this is all there was, and not too much has come since.
      const all = found.length < MAX_PDUS && this.#recent !== undefined
      this.#recent = all ? [...found.slice(fit.length), ...this.#recent!] : undefined
      if (!all || this.#recent!.length > 0) this.#mayHaveEvents = true
      return fit
    }
    const fit = fitting(this.#recent.slice(0, MAX_PDUS))
    this.#recent.splice(0, fit.length)
    if (this.#recent.length > 0) this.#mayHaveEvents = true
    return fit
  }

  /** The next page of the log. What is published while it is read is gathered in `#recent`. */
  async #readLog(doc: DestinationDoc): Promise<FreshEvent[]> {
    const stable = this.#deps.stable()
    this.#recent = []
    try {
      // Served by {dest, pos}, filter and sort alike.
      const found = await this.#deps.events
        .find({ dest: this.name, pos: { $gt: doc.cursor, $lte: stable } } as never)
        .sort({ pos: 1 })
        .limit(MAX_PDUS)
        .project<EventText>({ pos: 1, json: 1 })
        .toArray()
      return found.map(({ _id, pos, json }) => ({
        id: _id,
        pos,
        size: json.length,
        pdu: JSON.parse(json) as Pdu,
      }))
    } catch (error) {
      this.#recent = undefined
      this.#mayHaveEvents = true
      throw error
    }
  }

  async #nextEdus(): Promise<{ _id: number; json: string }[]> {
    if (!this.#mayHaveEdus) return []
    this.#mayHaveEdus = false
    // Served by {dest, _id}, filter and sort alike.
    const found = await this.#deps.models.Edu.find({ dest: this.name })
      .sort({ _id: 1 })
      .limit(MAX_EDUS)
      .lean()
    const fit = fitting(found.map((one) => ({ ...one, size: one.json.length })))
    if (found.length === MAX_EDUS || fit.length < found.length) this.#mayHaveEdus = true
    return fit
  }

  #body(meta: InFlight, events: readonly { pdu: Pdu }[], edus: Edu[]): TransactionBody {
    return {
      origin: this.#deps.serverName,
      origin_server_ts: meta.ts,
      pdus: events.map((one) => one.pdu),
      edus,
    }
  }

  /** The last acceptance is written down with the next transaction, or after a moment without one. */
  #settleSoon(doc: DestinationDoc): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined
      if (this.#running || this.#onItsWay || this.#closed) return
      this.#settle(doc).catch((error: unknown) =>
        this.#deps.log.warn({ err: error, destination: this.name }, 'outbox cursor not written'),
      )
    }, SETTLE_MS).unref()
  }

  async #settle(doc: DestinationDoc): Promise<void> {
    delete doc.in_flight
    await this.#deps.models.Destination.updateOne(
      { _id: this.name },
      {
        $set: fields(doc),
        $unset: { in_flight: 1, ...(doc.unreachable_since === undefined ? { unreachable_since: 1 } : {}) },
      },
      { upsert: true },
    )
  }

  #startTimer(ms: number): void {
    if (this.#closed) return
    this.#stopTimer()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // It has waited: a wall clock that was set back meanwhile must not make it wait again.
      if (this.#doc) this.#doc.retry_at = 0
      this.wake()
    }, ms)
    this.#timer.unref()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** As many as fit a transaction: at least one. */
function fitting<T extends { size: number }>(list: readonly T[]): T[] {
  let bytes = 0
  const end = list.findIndex(({ size }, index) => {
    bytes += size
    return index > 0 && bytes > MAX_BYTES
  })
  return end < 0 ? [...list] : list.slice(0, end)
}

function fields(doc: DestinationDoc): Partial<DestinationDoc> {
  const { _id: _, ...rest } = doc
  return rest
}

const parseEdu = ({ json }: { json: string }): Edu => JSON.parse(json) as Edu

/** A partner that refuses an event has still got it: it is not sent again. */
function logRefusals(log: Logger, destination: string, answer: unknown): void {
  const pdus = (answer as { pdus?: unknown } | null)?.pdus
  if (typeof pdus !== 'object' || pdus === null) return
  for (const [eventId, result] of Object.entries(pdus).slice(0, MAX_PDUS)) {
    const error = (result as { error?: unknown } | null)?.error
    if (typeof error === 'string')
      log.warn({ destination, event: eventId, reason: error.slice(0, 300) }, 'a partner refused an event')
  }
}
