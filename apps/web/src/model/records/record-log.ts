/**
 * Things of one kind that a channel holds as clear envelopes with encrypted records in their threads (reports of risks, materials): their
 * events and records, from the timelines, the node and what this device kept.
 */
import type { Believe, TimelineEvent } from '@enlace/coordination'
import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore, type ReadableStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'
import { inThread } from '../timeline/outgoing.ts'
import { keptSchema } from './kept-records.ts'
import { fetchEnvelopes, fetchRecord } from './records-api.ts'

const AT_ONCE = 6

export interface RecordKind {
  /** types of the envelope that begins a thing, of its steps, and of the encrypted records */
  root: string
  update: string
  record: string
  /** under which name this device keeps them */
  kept: string
  /** how long after it began a thing stays on the device, in milliseconds */
  keptMs: number
  /** steps of which one must know that their sender is of the institution they speak for */
  proven: readonly string[]
}

/** A record as this device decrypted it; `of`: the thing in whose thread it is. */
export interface KeptRecord {
  sender: string
  of: string
  content: unknown
}

export interface RecordLog {
  readonly records: ReadonlyMap<string, KeptRecord>
  /** whether the node was asked since the page is open */
  readonly asked: ReadableStore<boolean>
  readonly failure: ReadableStore<Failure | undefined>
  readonly believe: Believe
  /** what began each thing, and its steps in no order */
  things(): { root: TimelineEvent; steps: readonly TimelineEvent[] }[]
  /** Asks the node for what is new in these channels. */
  refresh(roomIds: readonly string[]): Promise<void>
  /** @returns the event's ID @throws what the request throws */
  envelope(roomId: string, type: string, content: object, txn: string): Promise<string>
  /** Encrypted, in the thing's thread. @returns the event's ID @throws what the request throws */
  record(roomId: string, of: string, content: object, txn: string): Promise<string>
  keep(): Promise<void>
  close(): void
}

/** @param reduce called whenever there is something new */
export function createRecordLog(
  session: Pick<Session, 'client' | 'database' | 'cases' | 'people' | 'trust' | 'request' | 'userId'>,
  kind: RecordKind,
  reduce: () => void,
): RecordLog {
  const { client, database, cases, people } = session
  const events = new Map<string, TimelineEvent>()
  const records = new Map<string, KeptRecord>()
  const read = new Map<string, string>()
  const asked = createStore(false)
  const failure = createStore<Failure | undefined>(undefined)
  let closed = false

  /** Who is of which institution the node says. A step that needs proof of somebody it knows nothing of does not count. */
  const believe: Believe = (event, institution) => {
    const known = people.person(event.sender, event.room_id).institution
    if (known !== undefined) return known === institution
    const step = (event.content as { step?: unknown } | null)?.step
    return typeof step === 'string' && kind.proven.includes(step) ? false : undefined
  }
  const reduceSoon = coalesce(reduce, 80)

  /** What began long ago does not stay on a device. */
  function forget(): void {
    const gone = new Set<string>()
    for (const event of events.values())
      if (event.type === kind.root && event.origin_server_ts < Date.now() - kind.keptMs)
        gone.add(event.event_id)
    for (const [id, { content }] of events)
      if (gone.has(id) || gone.has(targetOf(content) ?? '')) events.delete(id)
    for (const [id, { of }] of records) if (gone.has(of)) records.delete(id)
  }

  async function keep(): Promise<void> {
    forget()
    const kept = { events: [...events.values()], records: [...records], read: Object.fromEntries(read) }
    await database.put('facts', kind.kept, kept).catch(() => undefined)
  }

  /** A record that did not come encrypted is none. */
  function takeRecord(event: MatrixEvent): boolean {
    if (event.getType() !== kind.record || !event.isEncrypted() || event.isDecryptionFailure()) return false
    const relation = event.getWireContent()['m.relates_to'] as { event_id?: unknown } | undefined
    const id = event.getId()
    if (typeof relation?.event_id !== 'string' || !id || event.status !== null) return false
    const { 'm.relates_to': _, ...content } = event.getContent()
    records.set(id, { sender: event.getSender() ?? '', of: relation.event_id, content })
    return true
  }

  /** An envelope is what servers see too: one that came encrypted is none. */
  function rawOf(event: MatrixEvent): TimelineEvent | undefined {
    const id = event.getId()
    const sender = event.getSender()
    const type = event.getType()
    if (event.isEncrypted() || event.status !== null || !id || !sender) return undefined
    if (type !== kind.root && type !== kind.update) return undefined
    return {
      event_id: id,
      room_id: event.getRoomId(),
      type,
      sender,
      origin_server_ts: event.getTs(),
      content: event.getContent(),
    }
  }

  const onTimeline = (event: MatrixEvent) => {
    const raw = rawOf(event)
    if (raw) events.set(raw.event_id, raw)
    if (raw || takeRecord(event)) reduceSoon()
  }
  client.on(RoomEvent.Timeline, onTimeline)
  client.on(MatrixEventEvent.Decrypted, onTimeline)
  const stop = people.version.subscribe(reduceSoon)

  async function load(): Promise<void> {
    const kept = keptSchema.safeParse(await database.get('facts', kind.kept).catch(() => undefined))
    if (closed) return
    if (kept.success) {
      for (const event of kept.data.events) events.set(event.event_id, event)
      for (const [id, record] of kept.data.records) records.set(id, record)
      for (const [roomId, from] of Object.entries(kept.data.read)) read.set(roomId, from)
    }
    reduce()
  }
  const loaded = load()

  async function fetchRoom(roomId: string): Promise<void> {
    people.need(roomId)
    const types = [kind.root, kind.update]
    const { events: found, next } = await fetchEnvelopes(session.request, roomId, types, read.get(roomId))
    for (const event of found) events.set(event.event_id, event)
    const missing = [...events.values()].flatMap(({ room_id, content }) => {
      const id = (content as { record?: unknown } | null)?.record
      return room_id === roomId && typeof id === 'string' && !records.has(id) ? [id] : []
    })
    for (let at = 0; at < missing.length && !closed; at += AT_ONCE) {
      const some = missing.slice(at, at + AT_ONCE)
      // One that is gone, or not for this device, takes nothing with it.
      const answers = await Promise.allSettled(some.map((id) => fetchRecord(session, roomId, id)))
      for (const one of answers) if (one.status === 'fulfilled') takeRecord(one.value)
      reduceSoon()
    }
    if (next !== undefined) read.set(roomId, next)
  }

  return {
    records,
    asked,
    failure,
    believe,
    things() {
      const steps = new Map<string, TimelineEvent[]>()
      for (const event of events.values()) {
        const id = targetOf(event.content)
        if (event.type !== kind.update || id === undefined) continue
        const list = steps.get(id)
        if (list) list.push(event)
        else steps.set(id, [event])
      }
      return [...events.values()]
        .filter((event) => event.type === kind.root)
        .map((root) => ({ root, steps: steps.get(root.event_id) ?? [] }))
    },
    async refresh(roomIds) {
      failure.set(undefined)
      try {
        await loaded
        for (const roomId of roomIds) if (!closed) await fetchRoom(roomId)
      } catch (error) {
        failure.set(failureOf(error))
      }
      if (closed) return
      reduce()
      asked.set(true)
      await keep()
    },
    async envelope(roomId, type, content, txn) {
      const id = await cases.send.envelope(roomId, type, content as Record<string, unknown>, txn)
      events.set(id, {
        event_id: id,
        room_id: roomId,
        type,
        sender: session.userId,
        origin_server_ts: Date.now(),
        content,
      })
      reduce()
      return id
    },
    async record(roomId, of, content, txn) {
      const threaded = { ...content, 'm.relates_to': inThread(of) }
      const id = await session.trust.send(roomId, kind.record, threaded, txn)
      records.set(id, { sender: session.userId, of, content })
      return id
    },
    keep,
    close() {
      closed = true
      stop()
      client.off(RoomEvent.Timeline, onTimeline)
      client.off(MatrixEventEvent.Decrypted, onTimeline)
      reduceSoon.cancel()
    },
  }
}

function targetOf(content: unknown): string | undefined {
  const relation = (content as { 'm.relates_to'?: { event_id?: unknown } } | null)?.['m.relates_to']
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}
