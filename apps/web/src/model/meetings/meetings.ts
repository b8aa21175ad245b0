/**
 * Meetings as this device knows them: their envelopes and the records it decrypted, from the timelines, the node and what it kept,
 * reduced as every other device does. What is written without a network is kept, shown, and sent in order.
 */

import type { TimelineEvent } from '@enlace/coordination'
import {
  type MeetingContent,
  type MeetingState,
  meetingEventType,
  meetingRecordEventType,
  meetingUpdateContent,
  meetingUpdateEventType,
  reduceMeeting,
} from '@enlace/coordination/meetings'
import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { sendingBackoff } from '../../lib/backoff.ts'
import { type Failure, failureOf, isTemporary } from '../../lib/failure.ts'
import { keptChanges } from '../../lib/kept-changes.ts'
import { createShared } from '../../lib/shared.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'
import { inThread } from '../timeline/outgoing.ts'
import { fetchEnvelopes, fetchMeetings, fetchRecords, fetchRoot } from './meetings-api.ts'
import { keptSchema, queueSchema } from './records.ts'
import type { MeetingFile, Meetings, QueuedStep } from './types.ts'

const KEPT = 'meetings'
const QUEUE = 'meeting_queue'
/** Fetched whole when the page is opened; kept for when there is no network. */
const MAX_FETCHED = 20
const MAX_KEPT = 40
const LOCAL = '$local.'

/** One for the page and for sending without it. */
export const holdMeetings = createShared(createMeetings)

function createMeetings(session: Session): Meetings {
  const { client, database, cases } = session
  const files = new Map<string, MeetingFile>()
  const all = createStore<readonly MeetingState[]>([])
  const queue = createStore<readonly QueuedStep[]>([])
  const stuck = createStore<Failure | undefined>(undefined)
  const asked = createStore(false)
  const failure = createStore<Failure | undefined>(undefined)
  /** real IDs of what this device had named itself */
  const real = new Map<string, string>()
  let sending = false
  const backoff = sendingBackoff()
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  const idOf = (id: string) => real.get(id) ?? id

  function reduce(): void {
    const roots = new Map<string, TimelineEvent>()
    const steps = new Map<string, TimelineEvent[]>()
    const records = new Map<string, MeetingFile['records']>()
    for (const [id, file] of files) {
      roots.set(id, file.root)
      steps.set(id, [...file.events.values()])
      records.set(id, new Map(file.records))
    }
    for (const one of queue.get()) {
      const event: TimelineEvent = {
        event_id: one.id,
        room_id: one.roomId,
        type: one.type,
        sender: session.userId,
        origin_server_ts: one.at,
        content: one.content,
      }
      if (one.type === meetingEventType) {
        roots.set(one.id, event)
        steps.set(one.id, [])
        records.set(one.id, new Map())
        continue
      }
      steps.get(one.meeting)?.push(event)
      const named = one.content['record']
      if (one.record && typeof named === 'string')
        records
          .get(one.meeting)
          ?.set(named, { sender: session.userId, meeting: one.meeting, content: one.record })
    }
    const next: MeetingState[] = []
    for (const [id, root] of roots) {
      const state = reduceMeeting(root, steps.get(id) ?? [], records.get(id))
      if (typeof state !== 'string') next.push(state)
    }
    all.set(next.sort((a, b) => b.startsAt - a.startsAt))
  }
  const reduceSoon = coalesce(() => {
    reduce()
    void keep()
  }, 80)

  async function keep(): Promise<void> {
    const latest = all.get().slice(0, MAX_KEPT)
    const kept = latest.flatMap(({ id }) => {
      const file = files.get(id)
      return file
        ? [{ root: file.root, events: [...file.events.values()], records: Object.fromEntries(file.records) }]
        : []
    })
    await database.put('facts', KEPT, kept).catch(() => undefined)
  }

  function takeEnvelope(event: TimelineEvent): void {
    if (event.type === meetingEventType) {
      const file = files.get(event.event_id)
      if (!file) files.set(event.event_id, { root: event, events: new Map(), records: new Map() })
      return
    }
    const target = (event.content as { 'm.relates_to'?: { event_id?: unknown } })['m.relates_to']?.event_id
    const file = typeof target === 'string' ? files.get(target) : undefined
    file?.events.set(event.event_id, event)
  }

  /** A record that did not come encrypted is none. */
  function takeRecord(event: MatrixEvent): boolean {
    if (event.getType() !== meetingRecordEventType || !event.isEncrypted() || event.isDecryptionFailure())
      return false
    const relation = event.getWireContent()['m.relates_to'] as { event_id?: unknown } | undefined
    const id = event.getId()
    const file = typeof relation?.event_id === 'string' ? files.get(relation.event_id) : undefined
    if (!file || !id || event.status !== null) return false
    const { 'm.relates_to': _, ...content } = event.getContent()
    file.records.set(id, { sender: event.getSender() ?? '', meeting: file.root.event_id, content })
    return true
  }

  const onTimeline = (event: MatrixEvent) => {
    const raw = rawOf(event)
    if (raw) takeEnvelope(raw)
    if (raw || takeRecord(event)) reduceSoon()
  }
  client.on(RoomEvent.Timeline, onTimeline)
  client.on(MatrixEventEvent.Decrypted, onTimeline)

  async function load(): Promise<void> {
    const kept = keptSchema.safeParse(await database.get('facts', KEPT).catch(() => undefined))
    for (const one of kept.success ? kept.data : [])
      files.set(one.root.event_id, {
        root: one.root,
        events: new Map(one.events.map((event) => [event.event_id, event])),
        records: new Map(Object.entries(one.records)),
      })
    const waiting = queueSchema.safeParse(await database.get('facts', QUEUE).catch(() => undefined))
    if (waiting.success) queue.set(waiting.data as QueuedStep[])
    if (closed) return
    for (const room of client.getRooms())
      for (const event of room.getLiveTimeline().getEvents()) onTimeline(event)
    reduce()
  }

  async function fetchAll(): Promise<void> {
    // What came while the node was answering is not in its answer.
    const before = [...files.keys()]
    const rows = (await fetchMeetings(session.request)) ?? []
    const listed = new Set(rows.map((one) => one.id))
    for (const id of before) if (!listed.has(id)) files.delete(id)
    for (const { id, room_id } of rows.slice(0, MAX_FETCHED)) {
      if (closed) return
      if (!files.has(id)) takeEnvelope(await fetchRoot(session.request, room_id, id))
      for (const event of await fetchEnvelopes(session.request, room_id, id)) takeEnvelope(event)
      for (const event of await fetchRecords(session, room_id, id)) takeRecord(event)
      reduceSoon()
    }
    for (const { id, room_id } of rows.slice(MAX_FETCHED))
      if (!files.has(id)) takeEnvelope(await fetchRoot(session.request, room_id, id))
  }

  async function refresh(): Promise<void> {
    failure.set(undefined)
    try {
      await loaded
      await fetchAll()
    } catch (error) {
      failure.set(failureOf(error))
    }
    if (closed) return
    reduce()
    asked.set(true)
    void keep()
  }

  const changed = keptChanges(queue, (next) => database.put('facts', QUEUE, next))
  /** @throws when the device cannot keep it */
  async function change(next: (now: readonly QueuedStep[]) => readonly QueuedStep[]): Promise<void> {
    // What waited when the page was closed is not written over.
    await loaded
    await changed(next)
    reduce()
  }

  function wake(): void {
    if (closed || sending || stuck.get()) return
    clearTimeout(timer)
    sending = true
    void sendAll()
      .catch(() => false)
      .then((all) => {
        sending = false
        // What was written after the last look at the queue, and found it being sent.
        if (all && queue.get().length > 0) wake()
      })
  }

  /** @returns whether nothing was left */
  async function sendAll(): Promise<boolean> {
    await loaded
    for (let [first] = queue.get(); first && !closed; [first] = queue.get()) {
      try {
        await sendOne(first)
        backoff.reset()
      } catch (error) {
        const problem = failureOf(error)
        if (!isTemporary(problem)) stuck.set(problem)
        else if (!closed) timer = setTimeout(wake, backoff.next(problem))
        return false
      }
    }
    return true
  }

  /** Both have transaction IDs of their own: sent again they arrive once. */
  async function sendOne(first: QueuedStep): Promise<void> {
    const txn = first.id.slice(LOCAL.length)
    const { record } = first
    if (record && !first.recordSent) {
      const content = { ...record, 'm.relates_to': inThread(first.meeting) }
      const id = await session.trust.send(first.roomId, meetingRecordEventType, content, `${txn}r`)
      files
        .get(first.meeting)
        ?.records.set(id, { sender: session.userId, meeting: first.meeting, content: record })
      await replace(first.id, { ...first, recordSent: true }, `${first.id}r`, id)
      return
    }
    const id = await cases.send.envelope(first.roomId, first.type, first.content, txn)
    real.set(first.id, id)
    takeEnvelope({
      event_id: id,
      room_id: first.roomId,
      type: first.type,
      sender: session.userId,
      origin_server_ts: first.at,
      content: first.content,
    })
    await replace(first.id, undefined, first.id, id)
  }

  /** What waited under a name of this device is now `next`, and what names it names the event. */
  async function replace(
    before: string,
    next: QueuedStep | undefined,
    local: string,
    id: string,
  ): Promise<void> {
    await change((now) => {
      const left = now.flatMap((one) => (one.id === before ? (next ?? []) : one))
      return JSON.parse(JSON.stringify(left).replaceAll(`"${local}"`, JSON.stringify(id))) as QueuedStep[]
    })
    void keep()
  }

  async function enqueue(one: Omit<QueuedStep, 'id' | 'at'>, id: string): Promise<void> {
    // What it names may have been sent while it waited for its turn.
    await change((now) => [...now, mapped({ ...one, id, at: Date.now() })])
    wake()
  }
  const newId = () => `${LOCAL}${crypto.randomUUID()}`

  const stops = [session.connection.subscribe(() => session.connection.get() === 'online' && wake())]
  const loaded = load()
  void loaded.then(wake)
  void refresh()

  const step: Meetings['step'] = async (meeting, draft, record) => {
    // Between its sending and the next look at it, it goes by both names.
    const state = all.get().find((one) => one.id === idOf(meeting) || one.id === meeting)
    const by = cases.actor()
    if (!state || !by) throw new Error('The meeting is not open, or the account has no institution.')
    const id = newId()
    const content = meetingUpdateContent(state, by, { ...draft, ...(record ? { record: `${id}r` } : {}) })
    const { roomId } = state
    await enqueue(
      {
        meeting: state.id,
        roomId,
        type: meetingUpdateEventType,
        content,
        ...(record ? { record } : {}),
      },
      id,
    )
  }

  /** A page may still hold an ID that was replaced meanwhile. */
  function mapped<T extends object>(value: T): T {
    let text = JSON.stringify(value)
    for (const [local, id] of real) text = text.replaceAll(`"${local}"`, JSON.stringify(id))
    return JSON.parse(text) as T
  }

  return {
    all,
    queue,
    stuck,
    asked,
    failure,
    refresh,
    idOf,
    keyOf: (id) => [...real].find(([, one]) => one === id)?.[0] ?? id,
    step,
    async open(roomId, content, record) {
      const by = cases.actor()
      if (!by) throw new Error('The account has no institution.')
      const id = newId()
      const whole: MeetingContent = { ...content, by }
      await enqueue({ meeting: id, roomId, type: meetingEventType, content: whole }, id)
      await step(id, { step: 'record' }, record)
      return id
    },
    retry() {
      stuck.set(undefined)
      wake()
    },
    async discard() {
      await change((now) => {
        const gone = new Set<string>()
        const left: QueuedStep[] = []
        for (const [at, one] of now.entries()) {
          const { after, ...said } = one.content
          const seen = Array.isArray(after) ? after.filter((id) => !gone.has(String(id))) : []
          const content = { ...said, ...(seen.length > 0 ? { after: seen } : {}) }
          const text = JSON.stringify([one.meeting, said, one.record])
          if (at === 0 || [...gone].some((id) => text.includes(`"${id}"`))) gone.add(one.id)
          else left.push({ ...one, content })
        }
        return left
      })
      stuck.set(undefined)
      wake()
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const stop of stops) stop()
      client.off(RoomEvent.Timeline, onTimeline)
      client.off(MatrixEventEvent.Decrypted, onTimeline)
      reduceSoon.cancel()
    },
  }
}

/** An envelope is what servers see too: one that came encrypted is none. */
function rawOf(event: MatrixEvent): TimelineEvent | undefined {
  const id = event.getId()
  const sender = event.getSender()
  const type = event.getType()
  if (event.isEncrypted() || event.status !== null || !id || !sender) return undefined
  if (type !== meetingEventType && type !== meetingUpdateEventType) return undefined
  return {
    event_id: id,
    room_id: event.getRoomId(),
    type,
    sender,
    origin_server_ts: event.getTs(),
    content: event.getContent(),
  }
}
