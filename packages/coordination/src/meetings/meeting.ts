/**
 * The state of a meeting from its events: the same on every node and client, whatever order they arrived in. Nodes reduce
 * envelopes alone; devices reduce them with the records they decrypted. A step that is not allowed is listed as refused,
 * with the reason, and changes nothing.
 */
import type { Believe } from '../cases/case.ts'
import { afterOf, causalOrder, distinct, type TimelineEvent } from '../causal-order.ts'
import {
  type MeetingContent,
  type MeetingUpdateContent,
  meetingContentSchema,
  meetingEventType,
  meetingUpdateContentSchema,
  meetingUpdateEventType,
} from './meeting-events.ts'
import { type MeetingRecord, meetingRecordSchema, type ReadRecord } from './meeting-records.ts'
import type { MeetingRefusal, MeetingState, Stamp } from './meeting-state.ts'
import { applyRecord, recordRefusal } from './record-steps.ts'

const noRecords: ReadonlyMap<string, ReadRecord> = new Map()

/**
 * One meeting.
 *
 * @param root the `org.enlace.meeting` event
 * @param steps its `org.enlace.meeting.update` events; others are ignored
 * @param records by event ID; what is not among them is listed as unread
 * @returns the state, or why the event opens no meeting
 */
export function reduceMeeting(
  root: TimelineEvent,
  steps: Iterable<TimelineEvent>,
  records: ReadonlyMap<string, ReadRecord> = noRecords,
  believe?: Believe,
): MeetingState | 'malformed' | 'not_believed' {
  const parsed = meetingContentSchema.safeParse(root.content)
  if (root.type !== meetingEventType || !parsed.success || root.room_id === undefined) return 'malformed'
  if (believe?.(root, parsed.data.by.institution) === false) return 'not_believed'
  const state = opened(root, root.room_id, parsed.data)
  const own = [...distinct(steps).values()].filter(
    ({ type, room_id, content }) =>
      type === meetingUpdateEventType &&
      (room_id ?? root.room_id) === root.room_id &&
      (targetOf(content) ?? root.event_id) === root.event_id,
  )
  const { ordered, waiting, heads } = causalOrder(root.event_id, own)
  const used = new Set<string>()
  /** Steps whose sender had seen that the meeting was over. */
  const afterwards = new Set<string>()
  for (const event of ordered) {
    const seen = afterOf(event.content).some((id) => id === state.closed?.eventId || afterwards.has(id))
    if (seen) afterwards.add(event.event_id)
    const reason = take(state, event, { records, used, seen, believe })
    if (reason) refuse(state, event, reason)
  }
  state.agenda.sort((a, b) => a.order - b.order)
  state.heads = heads
  state.waiting = waiting.map((event) => event.event_id)
  return state
}

function opened(root: TimelineEvent, roomId: string, content: MeetingContent): MeetingState {
  return {
    id: root.event_id,
    roomId,
    startsAt: content.starts_ts,
    institutions: [...content.institutions],
    conveners: [...content.conveners],
    ...(content.follows ? { follows: content.follows } : {}),
    opened: {
      eventId: root.event_id,
      sender: root.sender,
      at: root.origin_server_ts,
      by: content.by,
    },
    answers: new Map(),
    agenda: [],
    paragraphs: [],
    attendance: new Map(),
    decisions: [],
    documents: [],
    commitments: [],
    signatures: new Map(),
    heads: [root.event_id],
    refused: [],
    waiting: [],
    unread: [],
  }
}

interface Taking {
  records: ReadonlyMap<string, ReadRecord>
  used: Set<string>
  seen: boolean
  believe: Believe | undefined
}

function take(
  state: MeetingState,
  event: TimelineEvent,
  { records, used, seen, believe }: Taking,
): MeetingRefusal | undefined {
  const parsed = meetingUpdateContentSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  const content = parsed.data
  if (believe?.(event, content.by.institution) === false) return 'not_believed'
  const against = meetingRefusal(state, content, seen)
  if (against) return against
  const stamp: Stamp = {
    eventId: event.event_id,
    sender: event.sender,
    at: event.origin_server_ts,
    by: content.by,
  }
  let record: MeetingRecord | undefined
  if (content.record !== undefined) {
    if (used.has(content.record)) return 'already_done'
    const read = records.get(content.record)
    if (!read) state.unread.push(event.event_id)
    else {
      if (read.sender !== event.sender || read.meeting !== state.id) return 'not_own_record'
      const one = meetingRecordSchema.safeParse(read.content)
      if (!one.success || !mayName(content.step, one.data.what)) return 'malformed_record'
      record = one.data
      const reason = recordRefusal(state, content.by, record, seen)
      if (reason) return reason
      // A reschedule says why.
      if (content.status === 'rescheduled' && record.what === 'progress' && !record.reason)
        return 'malformed_record'
    }
    used.add(content.record)
  }
  if (content.step === 'record') {
    if (record) applyRecord(state, record, stamp)
  } else applyEnvelope(state, content, stamp, record)
  return undefined
}

/** Records that a step of their own carries. */
const carriedBy: Partial<Record<MeetingRecord['what'], MeetingUpdateContent['step']>> = {
  commitment: 'commit',
  progress: 'progress',
  next: 'close',
}
const mayName = (step: MeetingUpdateContent['step'], what: MeetingRecord['what']) =>
  (carriedBy[what] ?? 'record') === step

/**
 * Why an envelope is not possible now; undefined: it is. What nodes ask before sending; devices ask `recordRefusal` besides.
 *
 * @param seen whether the sender had seen that the meeting is over
 */
export function meetingRefusal(
  state: MeetingState,
  content: Omit<MeetingUpdateContent, 'm.relates_to' | 'after'>,
  seen: boolean,
): MeetingRefusal | undefined {
  const { by, step } = content
  if (!state.institutions.includes(by.institution)) return 'not_a_participant'
  const leads = by.role !== 'staff'
  const convenes = leads && state.conveners.includes(by.institution)
  switch (step) {
    case 'record':
      return undefined
    case 'invite':
      if (!convenes) return 'not_entitled'
      if (state.institutions.includes(content.to!)) return 'already_done'
      return seen ? 'closed' : undefined
    case 'move':
      if (!convenes) return 'not_entitled'
      return seen ? 'closed' : undefined
    case 'commit':
      if (!leads) return 'not_entitled'
      if (!state.institutions.includes(content.responsible!)) return 'unknown_target'
      return seen ? 'closed' : undefined
    case 'progress': {
      const commitment = state.commitments.find((one) => one.id === content.commitment)
      if (!commitment) return 'unknown_target'
      if (!leads || by.institution !== commitment.responsible) return 'not_entitled'
      return commitment.status === 'fulfilled' ? 'already_done' : undefined
    }
    case 'close':
      if (!convenes) return 'not_entitled'
      return state.closed ? 'already_done' : undefined
  }
}

function applyEnvelope(
  state: MeetingState,
  content: MeetingUpdateContent,
  stamp: Stamp,
  record: MeetingRecord | undefined,
): void {
  switch (content.step) {
    case 'invite':
      state.institutions.push(content.to!)
      return
    case 'move':
      state.startsAt = content.starts_ts!
      return
    case 'commit':
      state.commitments.push({
        ...stamp,
        id: stamp.eventId,
        responsible: content.responsible!,
        agreedDue: content.due_ts!,
        due: content.due_ts!,
        status: 'pending',
        progress: [],
        ...(record?.what === 'commitment'
          ? { text: record.text, position: record.position, ...(record.item ? { item: record.item } : {}) }
          : {}),
      })
      return
    case 'progress': {
      const commitment = state.commitments.find((one) => one.id === content.commitment)!
      const from = commitment.due
      if (content.due_ts !== undefined) commitment.due = content.due_ts
      commitment.status = content.status!
      commitment.progress.push({
        ...stamp,
        status: content.status!,
        from,
        due: commitment.due,
        ...(record?.what === 'progress' && record.reason ? { reason: record.reason } : {}),
        ...(record?.what === 'progress' && record.evidence ? { evidence: record.evidence } : {}),
      })
      return
    }
    case 'close':
      state.closed = {
        ...stamp,
        nextAt: content.next_ts!,
        ...(record?.what === 'next' ? { nextPlace: record.place } : {}),
      }
      return
  }
}

function refuse(state: MeetingState, event: TimelineEvent, reason: MeetingRefusal): void {
  const step = meetingUpdateContentSchema.shape.step.safeParse(
    (event.content as { step?: unknown } | null)?.step,
  )
  state.refused.push({
    eventId: event.event_id,
    sender: event.sender,
    at: event.origin_server_ts,
    reason,
    ...(step.success ? { step: step.data } : {}),
  })
}

function targetOf(content: unknown): string | undefined {
  const relation = (content as { 'm.relates_to'?: { event_id?: unknown } } | null)?.['m.relates_to']
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}
