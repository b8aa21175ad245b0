import {
  escalationAcknowledgementContent,
  escalationAcknowledgementEventType,
  escalationContent,
  escalationEventType,
  type Escalation as FullEscalation,
  type Role,
  reduceEscalations,
  type TimelineEvent,
} from '@enlace/coordination'
import { type MatrixClient, type MatrixEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import { coalesce, createStore, type ReadableStore } from '../viewmodel/store.ts'
import type { AuthedRequest, EnlaceApi, EscalationRecord } from './enlace-api.ts'

/** What a page shows of a call; the node's list has as much. */
export type Escalation = Pick<
  FullEscalation,
  | 'id'
  | 'roomId'
  | 'raisedBy'
  | 'raisedAt'
  | 'aboutEventId'
  | 'state'
  | 'acknowledgedBy'
  | 'acknowledgedAt'
  | 'refused'
>

/**
 * Urgent calls. The events in the timelines are the truth and are reduced as the node reduces them; what the node lists
 * fills in calls older than what this device has loaded.
 */
export interface Escalations {
  readonly all: ReadableStore<ReadonlyMap<string, Escalation>>
  raise(roomId: string, aboutEventId: string): Promise<void>
  acknowledge(escalation: Escalation): Promise<void>
  refresh(): Promise<void>
  /** Roles are known anew. */
  reduce(): void
  close(): void
}

const TYPES: readonly string[] = [escalationEventType, escalationAcknowledgementEventType]

export function createEscalations(
  client: MatrixClient,
  api: EnlaceApi,
  request: AuthedRequest,
  roleOf: (userId: string) => Role | undefined,
): Escalations {
  const all = createStore<ReadonlyMap<string, Escalation>>(new Map())
  const events = new Map<string, TimelineEvent>()
  let listed: EscalationRecord[] = []

  const reduce = coalesce(() => {
    // The node checks roles when it lists; a role not known yet here must not hide its answer.
    all.set(mergeListed(reduceEscalations(events.values(), roleOf).escalations, listed))
  }, 60)

  function take(event: MatrixEvent): void {
    if (!TYPES.includes(event.getType()) || event.status !== null) return
    const id = event.getId()
    const sender = event.getSender()
    if (!id || !sender) return
    events.set(id, {
      event_id: id,
      room_id: event.getRoomId(),
      type: event.getType(),
      sender,
      origin_server_ts: event.getTs(),
      content: event.getContent(),
    })
    reduce()
  }
  const onTimeline = (event: MatrixEvent) => {
    if (!TYPES.includes(event.getType())) return
    take(event)
    if (event.getType() === escalationAcknowledgementEventType) refreshSoon()
  }
  const onRedaction = (_event: MatrixEvent, room: Room) => {
    for (const event of room.getLiveTimeline().getEvents()) take(event)
    refreshSoon()
  }
  client.on(RoomEvent.Timeline, onTimeline)
  client.on(RoomEvent.Redaction, onRedaction)
  for (const room of client.getRooms()) for (const event of room.getLiveTimeline().getEvents()) take(event)

  async function refresh(): Promise<void> {
    const answer = await api.escalations().catch(() => undefined)
    if (answer) {
      listed = answer
      reduce()
    }
  }
  const refreshSoon = coalesce(() => void refresh(), 500)

  const send = (roomId: string, type: string, content: unknown) =>
    // Clear envelopes: the SDK would encrypt them, and then no node could ring anyone.
    request(
      'PUT',
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/${type}/e${crypto.randomUUID()}`,
      content,
    )

  return {
    all,
    async raise(roomId, aboutEventId) {
      await send(roomId, escalationEventType, escalationContent(aboutEventId))
    },
    async acknowledge(escalation) {
      if (!escalation.roomId) return
      await send(
        escalation.roomId,
        escalationAcknowledgementEventType,
        escalationAcknowledgementContent(escalation.id),
      )
      await refresh()
    },
    refresh,
    reduce,
    close() {
      client.off(RoomEvent.Timeline, onTimeline)
      client.off(RoomEvent.Redaction, onRedaction)
      reduce.cancel()
      refreshSoon.cancel()
    },
  }
}

/** What the node lists, under what the timelines say: an acknowledgement known to either closes the call. */
export function mergeListed(
  reduced: ReadonlyMap<string, Escalation>,
  listed: readonly EscalationRecord[],
): Map<string, Escalation> {
  const merged = new Map<string, Escalation>(reduced)
  for (const record of listed) {
    const own = merged.get(record.id)
    if (own && (own.state !== 'open' || record.state === 'open')) continue
    merged.set(record.id, {
      id: record.id,
      roomId: record.room_id,
      raisedBy: record.raised_by,
      raisedAt: record.raised_ts,
      aboutEventId: record.about_event_id,
      state: record.state,
      ...(record.acknowledged_by === undefined ? {} : { acknowledgedBy: record.acknowledged_by }),
      ...(record.acknowledged_ts === undefined ? {} : { acknowledgedAt: record.acknowledged_ts }),
      refused: own?.refused ?? [],
    })
  }
  return merged
}
