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
import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts'
import { createOnce } from '../../lib/once.ts'
import type { Logger } from '../../log.ts'
import { FederationError } from '../errors.ts'
import type { DestinationDoc, InFlight } from './models.ts'
import { type Edu, type FreshEvent, MAX_PDUS, Waiting, type WaitingDeps } from './waiting.ts'

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

type TransactionBody = { origin: string; origin_server_ts: number; pdus: Pdu[]; edus: Edu[] }
export type DestinationDeps = WaitingDeps & {
  serverName: string
  /** Set on a node that was restored: begins the ids of its transactions. */
  epoch?: string
  log: Logger
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
  #announce = false
  readonly #waiting: Waiting
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
    this.#waiting = new Waiting(name, deps)
    this.#doc = doc
  }

  /** An event for it has been published: in order, each once. */
  noteEvent(event: FreshEvent): void {
    this.#waiting.noteEvent(event)
    this.wake()
  }

  noteEdus(): void {
    this.#waiting.noteEdus()
    this.wake()
  }

  /** Passing EDUs: the newest of a key replaces the older one; when there are too many the oldest go. */
  addPassing(key: string, edu: Edu): void {
    this.#waiting.addPassing(key, edu)
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
    this.#waiting.lookAgain()
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
          this.#waiting.dropPassing()
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
    if (meta.edu_ids.length > 0) {
      await this.#waiting.keepSent(meta.edu_ids)
      await this.#deps.models.Edu.deleteMany({ _id: { $in: meta.edu_ids } })
    }
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
    const { events, edus } = await this.#waiting.again(meta)
    return { meta, body: this.#body(meta, events, edus) }
  }

  async #take(doc: DestinationDoc): Promise<{ meta: InFlight; body: TransactionBody } | undefined> {
    const texts = await this.#waiting.nextEvents(doc.cursor)
    const edus = await this.#waiting.nextEdus()
    const passing = this.#waiting.nextPassing(edus.length)
    if (texts.length + edus.length + passing.length === 0 && !this.#announce) return undefined
    this.#announce = false
    const ts = Date.now()
    const upto = texts.at(-1)?.pos ?? doc.cursor
    const meta: InFlight = {
      // A node put back from a backup has other ids than in its earlier life, whatever its clock says.
      txn_id: `${this.#deps.epoch ?? ''}${ts.toString(36)}-${upto.toString(36)}-${(edus.at(-1)?._id ?? 0).toString(36)}`,
      ts,
      event_ids: texts.map((one) => one.id),
      edu_ids: edus.map((one) => one._id),
      upto,
    }
    return { meta, body: this.#body(meta, texts, [...edus.map((one) => one.edu), ...passing]) }
  }

  /** One write: where the last transaction got us, and what the next one is. */
  async #record(doc: DestinationDoc, meta: InFlight): Promise<void> {
    const empty = meta.event_ids.length === 0 && meta.edu_ids.length === 0
    if (empty || doc.in_flight?.txn_id === meta.txn_id) return
    doc.in_flight = meta
    await this.#deps.models.Destination.updateOne({ _id: this.name }, { $set: fields(doc) }, { upsert: true })
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

function fields(doc: DestinationDoc): Partial<DestinationDoc> {
  const { _id: _, ...rest } = doc
  return rest
}

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
