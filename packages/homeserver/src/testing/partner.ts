/** A partner's server as tests need it: events of its users, built and signed as another server would. */
import {
  authEventTypesFor,
  finishEvent,
  generateSigningKey,
  type Pdu,
  type RoomVersion,
  readPdu,
  roomVersion,
  type SigningKey,
  stateKeyOf,
} from '@enlace/room-model'
import type { Context } from '../context.ts'
import type { AppendOutcome, ReceiveOptions, StateView } from '../rooms/types.ts'

export type PartnerDraft = {
  sender: string
  type: string
  stateKey?: string
  content: Record<string, unknown>
  redacts?: string
  /** Default: the room's newest events as this node has them. */
  prev?: readonly string[]
  /** The state the partner thinks of. Default: the current one. */
  state?: StateView
  ts?: number
}

/** Hands a node the JSON of an event, as a partner's transaction does. */
export async function receive(ctx: Context, raw: unknown, options?: ReceiveOptions): Promise<AppendOutcome> {
  const roomId = String((raw as { room_id?: unknown } | null)?.room_id)
  const version = (await ctx.rooms.room(roomId))?.version
  const event = readPdu(raw, version ?? roomVersion('11')!)
  return event.ok ? ctx.rooms.receive(event, options) : { outcome: 'refused', reason: event.reason }
}

type Built = { pdu: Pdu; eventId: string }

export interface Partner {
  readonly key: SigningKey
  build(roomId: string, draft: PartnerDraft): Promise<Built>
  /** Builds an event and hands it to the node as if it came from there. */
  send(roomId: string, draft: PartnerDraft): Promise<Built & AppendOutcome>
  join(roomId: string, userId: string): Promise<Built & AppendOutcome>
}

export function createPartner(ctx: Context, serverName: string): Partner {
  const key = generateSigningKey()

  async function build(roomId: string, draft: PartnerDraft): Promise<Built> {
    const room = (await ctx.rooms.room(roomId))!
    const state = draft.state ?? (await ctx.rooms.currentState(roomId))
    const prev = [...(draft.prev ?? room.extremities)]
    const depths = (await ctx.rooms.events(prev)).map((event) => event.pdu.depth)
    const shape = {
      type: draft.type,
      sender: draft.sender,
      ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
      content: draft.content as Pdu['content'],
    }
    return finishEvent(
      {
        ...shape,
        room_id: roomId,
        ...(draft.redacts === undefined ? {} : { redacts: draft.redacts }),
        origin_server_ts: draft.ts ?? Date.now(),
        depth: Math.max(0, ...depths) + 1,
        prev_events: prev,
        auth_events: authEventTypesFor(shape, room.version).flatMap(
          ([type, stateKey]) => state.ids.get(stateKeyOf(type, stateKey)) ?? [],
        ),
      },
      room.version as RoomVersion,
      serverName,
      key,
    )
  }

  return {
    key,
    build,
    async send(roomId, draft) {
      const built = await build(roomId, draft)
      return { ...built, ...(await receive(ctx, built.pdu)) }
    },
    join: async (roomId, userId) => {
      const built = await build(roomId, {
        sender: userId,
        type: 'm.room.member',
        stateKey: userId,
        content: { membership: 'join' },
      })
      return { ...built, ...(await receive(ctx, built.pdu, { relay: true })) }
    },
  }
}
