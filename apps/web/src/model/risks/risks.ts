/**
 * Reports of risks as this device knows them: their envelopes and the records it decrypted, from the timelines, the node and what it
 * kept, reduced as every other device does.
 */
import type { Believe, TimelineEvent } from '@enlace/coordination'
import {
  type ReadRiskRecord,
  type RiskReport,
  reduceRisk,
  riskEventType,
  riskRecordEventType,
  riskUpdateContent,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { createShared } from '../../lib/shared.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'
import { inThread } from '../timeline/outgoing.ts'
import { keptSchema } from './risk-records.ts'
import { fetchEnvelopes, fetchRecord } from './risks-api.ts'
import type { Risks } from './types.ts'

const KEPT = 'risks'
/** Newest first; older ones have faded. */
const MAX_REPORTS = 500
const AT_ONCE = 6
/** Longer than the longest a report is valid for and fades. */
const KEPT_MS = 400 * 86_400_000

export const holdRisks = createShared(createRisks)

function createRisks(session: Session): Risks {
  const { client, database, cases, people } = session
  const events = new Map<string, TimelineEvent>()
  const records = new Map<string, ReadRiskRecord>()
  const read = new Map<string, string>()
  const all = createStore<readonly RiskReport[]>([])
  const asked = createStore(false)
  const failure = createStore<Failure | undefined>(undefined)
  let closed = false

  /** Who is of which institution the node says. An approval of somebody it knows nothing of does not count. */
  const believe: Believe = (event, institution) => {
    const known = people.person(event.sender, event.room_id).institution
    if (known !== undefined) return known === institution
    return (event.content as { step?: unknown } | null)?.step === 'approve' ? false : undefined
  }

  function reduce(): void {
    const steps = new Map<string, TimelineEvent[]>()
    for (const event of events.values()) {
      const id = reportOf(event.content)
      if (event.type !== riskUpdateEventType || id === undefined) continue
      const list = steps.get(id)
      if (list) list.push(event)
      else steps.set(id, [event])
    }
    const next: RiskReport[] = []
    for (const root of events.values()) {
      if (root.type !== riskEventType) continue
      const state = reduceRisk(root, steps.get(root.event_id) ?? [], records, believe)
      if (typeof state !== 'string') next.push(state)
    }
    all.set(next.sort((a, b) => b.opened.at - a.opened.at).slice(0, MAX_REPORTS))
  }
  const reduceSoon = coalesce(reduce, 80)

  /** What was reported long ago is over whatever it said, and does not stay on a device. */
  function forget(): void {
    const gone = new Set<string>()
    for (const event of events.values())
      if (event.type === riskEventType && event.origin_server_ts < Date.now() - KEPT_MS)
        gone.add(event.event_id)
    for (const [id, { content }] of events)
      if (gone.has(id) || gone.has(reportOf(content) ?? '')) events.delete(id)
    for (const [id, { report }] of records) if (gone.has(report)) records.delete(id)
  }
  async function keep(): Promise<void> {
    forget()
    const kept = { events: [...events.values()], records: [...records], read: Object.fromEntries(read) }
    await database.put('facts', KEPT, kept).catch(() => undefined)
  }

  /** A record that did not come encrypted is none. */
  function takeRecord(event: MatrixEvent): boolean {
    if (event.getType() !== riskRecordEventType || !event.isEncrypted() || event.isDecryptionFailure())
      return false
    const relation = event.getWireContent()['m.relates_to'] as { event_id?: unknown } | undefined
    const id = event.getId()
    if (typeof relation?.event_id !== 'string' || !id || event.status !== null) return false
    const { 'm.relates_to': _, ...content } = event.getContent()
    records.set(id, { sender: event.getSender() ?? '', report: relation.event_id, content })
    return true
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
    const kept = keptSchema.safeParse(await database.get('facts', KEPT).catch(() => undefined))
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
    const { events: found, next } = await fetchEnvelopes(session.request, roomId, read.get(roomId))
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

  async function send(roomId: string, type: string, content: object, txn: string): Promise<string> {
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
  }
  function actor() {
    const by = cases.actor()
    if (!by) throw new Error('The account has no institution.')
    return by
  }

  return {
    all,
    asked,
    failure,
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
    async report(roomId, record, attempt) {
      const by = actor()
      const id = await send(roomId, riskEventType, { by }, attempt)
      // What is written may have been changed since an attempt that was cut off.
      const txn = crypto.randomUUID()
      const content = { ...record, 'm.relates_to': inThread(id) }
      const named = await session.trust.send(roomId, riskRecordEventType, content, `${txn}r`)
      records.set(named, { sender: session.userId, report: id, content: record })
      const state = all.get().find((one) => one.id === id) ?? { id, heads: [] }
      const step = riskUpdateContent(state, by, { step: 'report', record: named })
      await send(roomId, riskUpdateEventType, step, txn)
      await keep()
    },
    async step(report, draft) {
      const content = riskUpdateContent(report, actor(), draft)
      await send(report.roomId, riskUpdateEventType, content, crypto.randomUUID())
      await keep()
    },
    close() {
      closed = true
      stop()
      client.off(RoomEvent.Timeline, onTimeline)
      client.off(MatrixEventEvent.Decrypted, onTimeline)
      reduceSoon.cancel()
    },
  }
}

function reportOf(content: unknown): string | undefined {
  const relation = (content as { 'm.relates_to'?: { event_id?: unknown } } | null)?.['m.relates_to']
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}

/** An envelope is what servers see too: one that came encrypted is none. */
function rawOf(event: MatrixEvent): TimelineEvent | undefined {
  const id = event.getId()
  const sender = event.getSender()
  const type = event.getType()
  if (event.isEncrypted() || event.status !== null || !id || !sender) return undefined
  if (type !== riskEventType && type !== riskUpdateEventType) return undefined
  return {
    event_id: id,
    room_id: event.getRoomId(),
    type,
    sender,
    origin_server_ts: event.getTs(),
    content: event.getContent(),
  }
}
