/**
 * What waits for one partner and is not on its way: PDUs (from memory while the partner keeps up, else from the log, a page
 * at a time), EDUs that must arrive (on disk), and EDUs that pass (in memory, the newest of each key).
 */
import type { Pdu } from '@enlace/room-model'
import type { Collection } from 'mongoose'
import type { InFlight, OutboxModels } from './models.ts'

/** Limits of a transaction (server-server API, "Transactions"). */
export const MAX_PDUS = 50
const MAX_EDUS = 100
/** A transaction that has grown beyond this takes nothing more in: receivers refuse bodies they find too large. */
const MAX_BYTES = 3 * 1024 * 1024
const MAX_PASSING = 1_000
/** Events kept in memory for a partner that keeps up. */
const MAX_RECENT = 200

export type Edu = { edu_type: string; content: Record<string, unknown> }
type EventText = { _id: string; pos: number; json: string }
export type FreshEvent = { id: string; pos: number; size: number; pdu: Pdu }

export type WaitingDeps = {
  models: OutboxModels
  events: Collection<EventText>
  /** Everything up to here is on disk: positions above may still be written in any order. */
  stable(): number
}

export class Waiting {
  readonly #name: string
  readonly #deps: WaitingDeps
  #mayHaveEvents = true
  /** Everything for it that is not on its way yet, while it keeps up; else undefined, and the log is read. */
  #recent: FreshEvent[] | undefined
  #mayHaveEdus = true
  readonly #passing = new Map<string, Edu>()

  constructor(name: string, deps: WaitingDeps) {
    this.#name = name
    this.#deps = deps
  }

  /** An event for it has been published: in order, each once. */
  noteEvent(event: FreshEvent): void {
    if (this.#recent) this.#recent.push(event)
    // Too far behind to be kept in memory: read from the log.
    if (this.#recent && this.#recent.length > MAX_RECENT) this.#recent = undefined
    this.#mayHaveEvents = true
  }

  noteEdus(): void {
    this.#mayHaveEdus = true
  }

  /** The newest of a key replaces the older one; when there are too many the oldest go. */
  addPassing(key: string, edu: Edu): void {
    this.#passing.delete(key)
    this.#passing.set(key, edu)
    if (this.#passing.size > MAX_PASSING) this.#passing.delete(this.#passing.keys().next().value!)
  }

  dropPassing(): void {
    this.#passing.clear()
  }

  /** What is in memory may not be all: the disk is asked. */
  lookAgain(): void {
    this.#recent = undefined
    this.#mayHaveEvents = true
    this.#mayHaveEdus = true
  }

  /** The next PDUs after the cursor, as many as fit one transaction. */
  async nextEvents(cursor: number): Promise<FreshEvent[]> {
    if (!this.#mayHaveEvents) return []
    this.#mayHaveEvents = false
    if (!this.#recent) {
      const found = await this.#readLog(cursor)
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
  async #readLog(cursor: number): Promise<FreshEvent[]> {
    const stable = this.#deps.stable()
    this.#recent = []
    try {
      // Served by {dest, pos}, filter and sort alike.
      const found = await this.#deps.events
        .find({ dest: this.#name, pos: { $gt: cursor, $lte: stable } } as never)
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

  /** The next EDUs that must arrive, in order. */
  async nextEdus(): Promise<{ _id: number; edu: Edu }[]> {
    if (!this.#mayHaveEdus) return []
    this.#mayHaveEdus = false
    // Served by {dest, _id}, filter and sort alike.
    const found = await this.#deps.models.Edu.find({ dest: this.#name })
      .sort({ _id: 1 })
      .limit(MAX_EDUS)
      .lean()
    const fit = fitting(found.map((one) => ({ ...one, size: one.json.length })))
    if (found.length === MAX_EDUS || fit.length < found.length) this.#mayHaveEdus = true
    return fit.map(({ _id, json }) => ({ _id, edu: JSON.parse(json) as Edu }))
  }

  /** Messages to devices are nowhere else once the partner has taken them: they are kept in case it loses them. */
  async keepSent(ids: readonly number[]): Promise<void> {
    const edus = await this.#deps.models.Edu.find({ _id: { $in: [...ids] } }).lean()
    const kept = edus.filter(({ json }) => json.startsWith('{"edu_type":"m.direct_to_device"'))
    if (kept.length === 0) return
    const at = new Date()
    await this.#deps.models.SentEdu.bulkWrite(
      kept.map(({ _id, dest, json }) => ({
        updateOne: { filter: { _id }, update: { $setOnInsert: { dest, json, at } }, upsert: true },
      })),
      { ordered: false },
    )
  }

  /** The oldest of the passing ones, where a transaction has place beside `others`. They are sent once, or never. */
  nextPassing(others: number): Edu[] {
    const some = [...this.#passing].slice(0, MAX_EDUS - others)
    for (const [key] of some) this.#passing.delete(key)
    return some.map(([, edu]) => edu)
  }

  /** What a transaction of an earlier run had in it, in the same order. */
  async again(meta: InFlight): Promise<{ events: { pdu: Pdu }[]; edus: Edu[] }> {
    const texts = await this.#deps.events.find({ _id: { $in: meta.event_ids } }).toArray()
    const edus = await this.#deps.models.Edu.find({ _id: { $in: meta.edu_ids } })
      .sort({ _id: 1 })
      .lean()
    texts.sort((a, b) => a.pos - b.pos)
    return {
      events: texts.map(({ json }) => ({ pdu: JSON.parse(json) as Pdu })),
      edus: edus.map(({ json }) => JSON.parse(json) as Edu),
    }
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
