import { z } from 'zod'
import type { Role } from './members.ts'

/**
 * Escalations, first form: an urgent call on the officials of a channel, raised on a message and open until one of
 * them acknowledges it. Both steps are clear envelopes without free text, so that servers can push and count them
 * without reading anything. Chains of duty come later and add event types; these two keep their meaning.
 */
export const escalationEventType = 'org.enlace.escalation'
export const escalationAcknowledgementEventType = 'org.enlace.escalation.acknowledgement'

const reference = z.strictObject({
  rel_type: z.literal('m.reference'),
  event_id: z
    .string()
    .max(255)
    .regex(/^\$\S+$/),
})

/** Content of `org.enlace.escalation`: refers to the message it is about. The event's own ID is the escalation's ID. */
export const escalationContentSchema = z.strictObject({
  'm.relates_to': reference,
  priority: z.literal('urgent'),
})

/** Content of `org.enlace.escalation.acknowledgement`: refers to the escalation. */
export const escalationAcknowledgementContentSchema = z.strictObject({ 'm.relates_to': reference })

export type EscalationContent = z.output<typeof escalationContentSchema>
export type EscalationAcknowledgementContent = z.output<typeof escalationAcknowledgementContentSchema>

export function escalationContent(aboutEventId: string): EscalationContent {
  return { 'm.relates_to': { rel_type: 'm.reference', event_id: aboutEventId }, priority: 'urgent' }
}

export function escalationAcknowledgementContent(escalationId: string): EscalationAcknowledgementContent {
  return { 'm.relates_to': { rel_type: 'm.reference', event_id: escalationId } }
}

/** A timeline event as both a server and a client hold it. Other event types are ignored. */
export interface TimelineEvent {
  event_id: string
  room_id?: string
  type: string
  sender: string
  /** milliseconds since the Unix epoch, as the sender's server claims */
  origin_server_ts: number
  content: unknown
}

export type RefusalReason =
  | 'malformed' // the content is not the event type's; also what a redacted event looks like
  | 'unknown_escalation' // refers to no escalation among the events given
  | 'other_room'
  | 'not_an_official'
  | 'own_escalation' // whoever raised it cannot be the one who answers it
  | 'already_acknowledged'

export interface RefusedStep {
  eventId: string
  sender: string
  at: number
  reason: RefusalReason
}

export interface Escalation {
  id: string
  roomId?: string
  raisedBy: string
  raisedAt: number
  aboutEventId: string
  state: 'open' | 'acknowledged'
  acknowledgedBy?: string
  acknowledgedAt?: number
  acknowledgementId?: string
  /** acknowledgements that were not applied, in order of time */
  refused: RefusedStep[]
}

export interface EscalationReduction {
  escalations: Map<string, Escalation>
  /** steps that belong to no escalation of the map, in order of time */
  refused: RefusedStep[]
}

/**
 * The state of every escalation from a set of events. Order and repetition do not matter: steps are taken by
 * (origin_server_ts, event_id) and the first valid acknowledgement wins. No step is applied that is not allowed, and
 * none disappears: those refused are listed with the reason.
 *
 * @param roleOf the role an account holds, undefined when unknown; only `official` may acknowledge
 */
export function reduceEscalations(
  events: Iterable<TimelineEvent>,
  roleOf: (userId: string) => Role | undefined,
): EscalationReduction {
  const steps = inOrder(events)
  const escalations = new Map<string, Escalation>()
  const refused: RefusedStep[] = []
  const step = (event: TimelineEvent, reason: RefusalReason): RefusedStep => ({
    eventId: event.event_id,
    sender: event.sender,
    at: event.origin_server_ts,
    reason,
  })

  for (const event of steps) {
    if (event.type !== escalationEventType) continue
    const content = escalationContentSchema.safeParse(event.content)
    if (!content.success) {
      refused.push(step(event, 'malformed'))
      continue
    }
    escalations.set(event.event_id, {
      id: event.event_id,
      ...(event.room_id ? { roomId: event.room_id } : {}),
      raisedBy: event.sender,
      raisedAt: event.origin_server_ts,
      aboutEventId: content.data['m.relates_to'].event_id,
      state: 'open',
      refused: [],
    })
  }

  // After all escalations: a clock that runs behind may date an answer before the call it answers.
  for (const event of steps) {
    if (event.type !== escalationAcknowledgementEventType) continue
    const content = escalationAcknowledgementContentSchema.safeParse(event.content)
    if (!content.success) {
      refused.push(step(event, 'malformed'))
      continue
    }
    const escalation = escalations.get(content.data['m.relates_to'].event_id)
    if (!escalation) {
      refused.push(step(event, 'unknown_escalation'))
      continue
    }
    const reason = refusalOf(escalation, event, roleOf)
    if (reason) {
      escalation.refused.push(step(event, reason))
      continue
    }
    escalation.state = 'acknowledged'
    escalation.acknowledgedBy = event.sender
    escalation.acknowledgedAt = event.origin_server_ts
    escalation.acknowledgementId = event.event_id
  }
  refused.sort((a, b) => a.at - b.at || compare(a.eventId, b.eventId))
  return { escalations, refused }
}

function refusalOf(
  escalation: Escalation,
  event: TimelineEvent,
  roleOf: (userId: string) => Role | undefined,
): RefusalReason | undefined {
  if (escalation.roomId && event.room_id && escalation.roomId !== event.room_id) return 'other_room'
  if (roleOf(event.sender) !== 'official') return 'not_an_official'
  if (event.sender === escalation.raisedBy) return 'own_escalation'
  if (escalation.state === 'acknowledged') return 'already_acknowledged'
  return undefined
}

/** One copy of each event, ordered by claimed time, then event ID. */
function inOrder(events: Iterable<TimelineEvent>): TimelineEvent[] {
  const byId = new Map<string, TimelineEvent>()
  for (const event of events) {
    if (event.type !== escalationEventType && event.type !== escalationAcknowledgementEventType) continue
    const other = byId.get(event.event_id)
    byId.set(event.event_id, other ? preferred(other, event) : event)
  }
  return [...byId.values()].sort(
    (a, b) => a.origin_server_ts - b.origin_server_ts || compare(a.event_id, b.event_id),
  )
}

// Copies of one event differ only by redaction, which is final: the redacted copy wins whichever came first.
function preferred(a: TimelineEvent, b: TimelineEvent): TimelineEvent {
  const readable = (event: TimelineEvent): boolean =>
    (event.type === escalationEventType
      ? escalationContentSchema
      : escalationAcknowledgementContentSchema
    ).safeParse(event.content).success
  if (readable(a) !== readable(b)) return readable(a) ? b : a
  return compare(fingerprint(a), fingerprint(b)) <= 0 ? a : b
}

function fingerprint(event: TimelineEvent): string {
  return JSON.stringify([
    event.origin_server_ts,
    event.sender,
    event.type,
    event.room_id ?? '',
    event.content,
  ])
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Who is alerted: every official among a channel's joined members, except whoever raised the call. */
export function officialsToAlert(
  members: Iterable<string>,
  raisedBy: string,
  roleOf: (userId: string) => Role | undefined,
): string[] {
  return [...members].filter((userId) => userId !== raisedBy && roleOf(userId) === 'official')
}
