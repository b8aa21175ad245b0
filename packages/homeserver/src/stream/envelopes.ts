/** Enlace's envelopes in the log: what each is about, and all that is about one, as the reducers of coordination take it. */
import { afterOf, type TimelineEvent } from '@enlace/coordination'
import type { Rooms, StoredEvent } from '../rooms/types.ts'

/** Redacted steps looked up because others follow them; a root that names more has the rest not found. */
const MAX_REDACTED = 100

export function timelineEvent({ eventId, roomId, pdu }: StoredEvent): TimelineEvent {
  return {
    event_id: eventId,
    room_id: roomId,
    type: pdu.type,
    sender: pdu.sender,
    origin_server_ts: pdu.origin_server_ts,
    content: pdu.content,
  }
}

/** The event that opened a case or a call, if it is one. */
export async function rootOf(
  rooms: Pick<Rooms, 'event'>,
  id: string,
  type: string,
): Promise<StoredEvent | undefined> {
  const root = await rooms.event(id)
  return root?.pdu.type === type && !root.outlier && root.verdict === 'accept' ? root : undefined
}

/**
 * What is about a case or a call as the log has it now, without the root. Redacted steps refer to nothing any more; those
 * that others follow are among them all the same, so that what followed them does not wait for them. One query, two when
 * there are such steps.
 */
export async function stepsOf(
  rooms: Pick<Rooms, 'envelopesAbout' | 'events'>,
  root: StoredEvent,
): Promise<StoredEvent[]> {
  const steps = await rooms.envelopesAbout(root.roomId, root.eventId)
  const known = new Set(steps.map((event) => event.eventId))
  const named = new Set(steps.flatMap((event) => afterOf(event.pdu.content)))
  const missing = [...named].filter((id) => !known.has(id) && id !== root.eventId)
  if (missing.length === 0) return steps
  const gone = (await rooms.events(missing.slice(0, MAX_REDACTED))).filter(
    (event) => event.redactedBy !== undefined && event.roomId === root.roomId,
  )
  return [...steps, ...gone]
}

/**
 * The case or call an event is about: for a projection's `keysOf`. A step that was redacted, and the target of a redaction,
 * no longer say it; whoever keeps what an event was taken into knows.
 */
export async function rootsConcerned(
  event: StoredEvent,
  kind: {
    rooms: Pick<Rooms, 'event'>
    rootType: string
    isEnvelope(type: string): boolean
    /** The root whose row was made of the event. */
    holding(eventId: string): Promise<string | undefined>
    worked(): Promise<void>
  },
): Promise<string[]> {
  const { type, content } = event.pdu
  if (type === kind.rootType) return [event.eventId]
  let lost = event.eventId
  if (type === 'm.room.redaction') {
    const target = content['redacts'] ?? event.pdu.redacts
    const redacted = typeof target === 'string' ? await kind.rooms.event(target) : undefined
    if (!redacted || !kind.isEnvelope(redacted.pdu.type)) return []
    lost = redacted.eventId
  } else {
    const target = (content['m.relates_to'] as { event_id?: unknown } | undefined)?.event_id
    if (typeof target === 'string') return [target]
  }
  // What it was taken into may be on its way to the disk.
  await kind.worked()
  const id = await kind.holding(lost)
  return id === undefined ? [] : [id]
}

/** In whose name an event speaks. */
export function institutionOf(event: StoredEvent): string | undefined {
  const institution = (event.pdu.content['by'] as { institution?: unknown } | undefined)?.institution
  return typeof institution === 'string' ? institution : undefined
}
