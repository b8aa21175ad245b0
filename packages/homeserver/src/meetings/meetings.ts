/**
 * Meetings as a projection of the room log: envelopes alone, for the door, the list of meetings, and reminders of commitments.
 */
import {
  type MeetingState,
  meetingEventType,
  meetingUpdateEventType,
  reduceMeeting,
} from '@enlace/coordination/meetings'
import { serverNameOf } from '@enlace/room-model'
import { Schema } from 'mongoose'
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { openModel } from '../storage/db.ts'
import { institutionOf, rootOf, rootsConcerned, stepsOf, timelineEvent } from '../stream/envelopes.ts'
import { openProjection } from '../stream/projection.ts'
import { createMeetingCalendars } from './calendars.ts'
import { createReminders } from './reminders.ts'
import type { MeetingDoc, MeetingRow, Meetings } from './types.ts'

/** Rows in memory, about 2 KiB each: the latest ones. */
const MAX_ROWS = 5_000
const AT_ONCE = 8

export async function createMeetings(ctx: Context): Promise<Meetings> {
  const schema = new Schema<MeetingDoc>(
    { _id: String, row: String, starts_ts: Number, seen: [String], unbelieved: [String] },
    { versionKey: false, strict: 'throw', minimize: false },
  )
  schema.index({ starts_ts: 1 })
  // A redacted event no longer says which meeting it belonged to.
  schema.index({ seen: 1 })
  const Meeting = await openModel(ctx.db, 'meetings', schema)
  const rows = new Map<string, MeetingRow>()
  // Served by {starts_ts}.
  for (const doc of await Meeting.find({}, { row: 1 }).sort({ starts_ts: -1 }).limit(MAX_ROWS).lean())
    rows.set(doc._id, JSON.parse(doc.row) as MeetingRow)

  const projection = await openProjection(ctx, {
    name: 'meetings',
    startsAt: 'beginning',
    atOnce: AT_ONCE,
    concerns: ({ pdu: { type } }) => isMeetingEnvelope(type) || type === 'm.room.redaction',
    read: (range) => ctx.rooms.envelopesIn(range),
    keysOf: (event) =>
      rootsConcerned(event, {
        rooms: ctx.rooms,
        rootType: meetingEventType,
        isEnvelope: isMeetingEnvelope,
        // Served by {seen}.
        holding: async (eventId) => (await Meeting.findOne({ seen: eventId }, { _id: 1 }).lean())?._id,
        worked: () => projection.worked(),
      }),
    work: project,
  })
  const calendars = await createMeetingCalendars(ctx, rows)
  const reminders = createReminders(ctx, rows, () => calendars.invite(rows.values()))

  /** Each event is judged when it arrives: a later change of the federation list does not rewrite what was done. */
  async function reduced(root: StoredEvent) {
    const before = await Meeting.findById(root.eventId, { seen: 1, unbelieved: 1 }).lean()
    const steps = (await stepsOf(ctx.rooms, root)).filter(({ pdu }) => isMeetingEnvelope(pdu.type))
    const seen = new Set(before?.seen)
    const unbelieved = new Set(before?.unbelieved)
    for (const event of [root, ...steps]) {
      if (seen.has(event.eventId)) continue
      seen.add(event.eventId)
      if (!isBelieved(event)) unbelieved.add(event.eventId)
    }
    const state = reduceMeeting(
      timelineEvent(root),
      steps.map(timelineEvent),
      undefined,
      (event) => !unbelieved.has(event.event_id),
    )
    return { state: typeof state === 'string' ? undefined : state, seen, unbelieved }
  }

  function isBelieved(event: StoredEvent): boolean {
    const institution = institutionOf(event)
    const server = serverNameOf(event.pdu.sender)
    if (institution === undefined || server === undefined) return true
    return ctx.federation.hosts(server, institution)
  }

  async function project(meetingId: string): Promise<void> {
    const root = await rootOf(ctx.rooms, meetingId, meetingEventType)
    if (!root) return
    const { state, seen, unbelieved } = await reduced(root)
    const before = rows.get(meetingId)
    if (!state) {
      rows.delete(meetingId)
      await Meeting.deleteOne({ _id: meetingId })
      await calendars.changed(before, undefined)
      return
    }
    const row = rowOf(state)
    const doc = { row: JSON.stringify(row), starts_ts: row.starts_ts }
    await Meeting.updateOne(
      { _id: meetingId },
      { $set: { ...doc, seen: [...seen], unbelieved: [...unbelieved] } },
      { upsert: true },
    )
    rows.set(meetingId, row)
    if (rows.size > MAX_ROWS) dropOldest()
    await reminders.changed(row)
    await calendars.changed(before, row)
  }

  function dropOldest(): void {
    let oldest: MeetingRow | undefined
    for (const row of rows.values()) if (!oldest || row.starts_ts < oldest.starts_ts) oldest = row
    if (oldest) rows.delete(oldest.id)
  }

  void projection.start()
  reminders.start()

  return {
    calendars,
    async state(meetingId) {
      const root = await rootOf(ctx.rooms, meetingId, meetingEventType)
      return root && (await reduced(root)).state
    },
    rows: () => rows.values(),
    revisit: (events) => void projection.revisit(events),
    look: reminders.look,
    settled: projection.caughtUp,
    async close() {
      reminders.close()
      await projection.close()
    },
  }
}

const isMeetingEnvelope = (type: string) => type === meetingEventType || type === meetingUpdateEventType

function rowOf(state: MeetingState): MeetingRow {
  return {
    id: state.id,
    room_id: state.roomId,
    starts_ts: state.startsAt,
    institutions: state.institutions,
    conveners: state.conveners,
    ...(state.follows ? { follows: state.follows } : {}),
    ...(state.closed ? { next_ts: state.closed.nextAt } : {}),
    commitments: state.commitments.map(({ id, responsible, due, status }) => ({
      id,
      responsible,
      due_ts: due,
      status,
    })),
  }
}
