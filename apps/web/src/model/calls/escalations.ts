import {
  type Actor,
  afterHeads,
  chainFor,
  type Escalation,
  escalationAcknowledgementContent,
  escalationAcknowledgementEventType,
  escalationChainEventType,
  escalationContent,
  escalationEventType,
  escalationEventTypes,
  escalationUpdateEventType,
  reduceEscalations,
  type TimelineEvent,
  type WhoIsWho,
} from '@enlace/coordination'
import { type MatrixClient, type MatrixEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import type { AuthedRequest } from '../../lib/request.ts'
import { coalesce, createStore, type ReadableStore } from '../../lib/store.ts'
import type { EscalationRecord, Me } from '../session/records.ts'
import type { EnlaceApi } from '../session/types.ts'
import type { Escalations } from './types.ts'

const TYPES: readonly string[] = escalationEventTypes

export function createEscalations(
  client: MatrixClient,
  api: EnlaceApi,
  request: AuthedRequest,
  me: ReadableStore<Me | undefined>,
  who: Required<WhoIsWho>,
): Escalations {
  const all = createStore<ReadonlyMap<string, Escalation>>(new Map())
  const events = new Map<string, TimelineEvent>()
  let listed: EscalationRecord[] = []

  const reduce = coalesce(() => {
    // The node checks roles when it lists; a role not known yet here must not hide its answer.
    all.set(mergeListed(reduceEscalations(events.values(), who).escalations, listed))
  }, 60)

  function take(event: MatrixEvent): void {
    if (!TYPES.includes(event.getType()) || event.status !== null || event.isEncrypted()) return
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
    if (event.getType() !== escalationEventType) refreshSoon()
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

  function actor(): { by?: Actor } {
    const { institution, role } = me.get() ?? {}
    return institution && role ? { by: { institution: institution.key, role } } : {}
  }

  const chainOf: Escalations['chainOf'] = (roomId, institution) => {
    const state = client.getRoom(roomId)?.currentState
    const general = state?.getStateEvents(escalationChainEventType, '')?.getContent()
    const own = institution && state?.getStateEvents(escalationChainEventType, institution.key)
    // An institution's chain is its own people's to set.
    const sender = own?.getSender()
    const isTheirs = sender !== undefined && who.actorOf(sender)?.institution === institution?.key
    return chainFor(
      { priority: 'high', ...(institution ? { institution } : {}) },
      { general, ...(isTheirs ? { own: own?.getContent() } : {}) },
    )
  }

  return {
    all,
    chainOf,
    async raise(roomId, about, { institution, reference } = {}) {
      await send(
        roomId,
        escalationEventType,
        escalationContent(about, {
          cause: 'person',
          chain: chainOf(roomId, institution),
          ...(reference ? { reference } : {}),
          ...actor(),
        }),
      )
    },
    async acknowledge(escalation) {
      if (!escalation.roomId) return
      await send(
        escalation.roomId,
        escalationAcknowledgementEventType,
        escalationAcknowledgementContent(escalation.id, { ...afterHeads(escalation), ...actor() }),
      )
      await refresh()
    },
    async act(escalation, action, more = {}) {
      if (!escalation.roomId) return
      await send(escalation.roomId, escalationUpdateEventType, {
        'm.relates_to': { rel_type: 'm.reference', event_id: escalation.id },
        ...afterHeads(escalation),
        action,
        ...more,
        ...actor(),
      })
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

const rank = { open: 0, acknowledged: 1, resolved: 2 } as const

/**
 * What the node lists, under what the timelines say. A timeline that begins in the middle of a call lacks its steps: where
 * the node is ahead, its word counts.
 */
export function mergeListed(
  reduced: ReadonlyMap<string, Escalation>,
  listed: readonly EscalationRecord[],
): Map<string, Escalation> {
  const merged = new Map<string, Escalation>(reduced)
  for (const record of listed) {
    const own = merged.get(record.id)
    if (own && rank[own.state] >= rank[record.state]) continue
    merged.set(record.id, { ...(own ?? fromRecord(record)), ...standing(record) })
  }
  return merged
}

const standing = (record: EscalationRecord) => ({
  state: record.state,
  ...(record.acknowledged_by === undefined ? {} : { acknowledgedBy: record.acknowledged_by }),
  ...(record.acknowledged_ts === undefined ? {} : { acknowledgedAt: record.acknowledged_ts }),
})

function fromRecord(record: EscalationRecord): Escalation {
  return {
    id: record.id,
    roomId: record.room_id,
    raisedBy: record.raised_by,
    raisedAt: record.raised_ts,
    cause: record.cause ?? 'person',
    aboutEventId: record.about_event_id,
    ...(record.reference ? { reference: record.reference } : {}),
    chain: record.chain ?? [{ level: 'national_liaison', roles: ['official'], within_ms: 3_600_000 }],
    state: record.state,
    step: record.step ?? 0,
    waitingSince: { eventId: record.id, at: record.raised_ts },
    ...(record.snoozed_until_ts === undefined ? {} : { snoozedUntil: record.snoozed_until_ts }),
    ...(record.handed_to ? { handedTo: record.handed_to } : {}),
    alerted: [],
    history: [
      { eventId: record.id, sender: record.raised_by, at: record.raised_ts, what: 'raised', step: 0 },
    ],
    heads: [record.id],
    refused: [],
  }
}
