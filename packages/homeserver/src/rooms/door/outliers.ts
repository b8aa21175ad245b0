/**
 * Events this node knows without having a place for them in a timeline: those that authorise others, the state of a room
 * before it is joined, and what concerns its people in rooms none of them is in.
 */
import { eventId as eventIdOf, type Pdu, type RoomVersion, roomIdOf } from '@enlace/room-model'
import { membershipIn } from '../room.ts'
import type { Door, EventDoc, StoredEvent } from '../types.ts'
import type { DoorDeps, Steps } from './types.ts'

/** A room this node knows of, with nothing in it yet. */
export async function rememberRoom(
  { models, store }: Pick<DoorDeps, 'models' | 'store'>,
  roomId: string,
  version: RoomVersion,
): Promise<void> {
  await models.Room.updateOne(
    { _id: roomId },
    { $setOnInsert: { version: version.id, extremities: [], applied_pos: 0, min_pos: 0 } },
    { upsert: true },
  )
  store.rememberVersion(roomId, version)
}

/** Checks and stores outliers of one room, each after those it is authorised by. */
export type ReceiveOf = (
  raw: readonly unknown[],
  roomId: string,
  version: RoomVersion,
) => Promise<StoredEvent[]>

export function createOutliers(
  steps: Steps,
): Pick<Door, 'receiveOutliers' | 'storeOutOfRoomMembership'> & { receiveOf: ReceiveOf } {
  const { ctx, models, store, redactions, checks, open } = steps

  /** The document of an event that is kept unless it is known already. */
  const insert = (id: string, doc: Omit<EventDoc, '_id'>) =>
    models.Event.updateOne({ _id: id }, { $setOnInsert: doc }, { upsert: true })

  function outlier(id: string, roomId: string, version: RoomVersion, pdu: Pdu, rejected: boolean) {
    const event: StoredEvent = {
      eventId: id,
      roomId,
      pos: undefined,
      pdu,
      version,
      verdict: rejected ? 'reject' : 'accept',
      outlier: true,
      receivedAt: Date.now(),
    }
    const doc: Omit<EventDoc, '_id'> = {
      room_id: roomId,
      json: JSON.stringify(pdu),
      type: pdu.type,
      ...(pdu.state_key === undefined ? {} : { state_key: pdu.state_key }),
      sender: pdu.sender,
      depth: pdu.depth,
      ts: pdu.origin_server_ts,
      verdict: event.verdict,
      outlier: true,
      received_at: event.receivedAt,
    }
    return { event, doc }
  }

  async function keep(id: string, roomId: string, version: RoomVersion, pdu: Pdu, rejected: boolean) {
    const known = await store.events.get(id)
    if (known) return known
    const { event, doc } = outlier(id, roomId, version, pdu, rejected)
    await insert(id, doc)
    store.events.put(event)
    if (!rejected) await redactions.arrived(id)
    return store.events.peek(id) ?? event
  }

  async function receiveOf(
    raw: readonly unknown[],
    roomId: string,
    version: RoomVersion,
  ): Promise<StoredEvent[]> {
    const byId = new Map<string, Pdu>()
    const checked = await Promise.all(raw.map((one) => checks.checkSigned(one, version)))
    const refused = checked.flatMap((one) => ('reason' in one ? [one.reason] : []))
    if (refused.length > 0)
      ctx.log.info({ room: roomId, count: refused.length, reason: refused[0] }, 'events of a room not taken')
    for (const one of checked)
      if ('id' in one && roomIdOf(one.pdu, version) === roomId) byId.set(one.id, one.pdu)
    const out: StoredEvent[] = []
    for (const id of inOrderOfAuth(byId)) {
      const pdu = byId.get(id)!
      const auth = await store.events.getMany(pdu.auth_events)
      if (auth.length < pdu.auth_events.length) continue
      const rejection = await checks.rejectedByAuthEvents(roomId, version, pdu, auth)
      out.push(await keep(id, roomId, version, pdu, rejection !== undefined))
    }
    return out
  }

  return {
    receiveOf,

    async receiveOutliers(raw, version) {
      const roomIds = new Set(
        raw
          .map((one) => (one as { room_id?: unknown } | null)?.room_id)
          .filter((one): one is string => typeof one === 'string'),
      )
      const out: StoredEvent[] = []
      for (const roomId of roomIds) out.push(...(await receiveOf(raw, roomId, version)))
      return out
    },

    async storeOutOfRoomMembership({ roomId, version, pdu: given, strippedState }) {
      const { unsigned: _unsigned, ...clean } = given
      const pdu = clean as Pdu
      await rememberRoom(steps, roomId, version)
      const room = (await open(roomId))!
      return room.enqueue(async () => {
        const id = eventIdOf(pdu, version)
        const user = pdu.state_key!
        const known = await store.events.get(id)
        if (known && !known.outlier) return known
        let stored: StoredEvent | undefined
        await ctx.stream.append(async (pos) => {
          const { event, doc } = outlier(id, roomId, version, pdu, false)
          await insert(id, doc)
          await models.Membership.updateOne(
            { _id: `${roomId}|${user}` },
            {
              $set: {
                room_id: roomId,
                user_id: user,
                membership: membershipIn(event)!,
                event_id: id,
                pos,
                forgotten: false,
                stripped: JSON.stringify(strippedState),
              },
            },
            { upsert: true },
          )
          store.events.put(event)
          stored = { ...event, pos }
          return { kind: 'event' as const, pos, roomId, event: stored }
        })
        return stored!
      })
    },
  }
}

/** Event ids, each after those of the set that it is authorised by. */
function inOrderOfAuth(events: ReadonlyMap<string, Pdu>): string[] {
  const out: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  // From room version 12 on the create event authorises all others without being named by them: it comes first.
  const starts = [...events].sort(
    ([, a], [, b]) => Number(b.type === 'm.room.create') - Number(a.type === 'm.room.create'),
  )
  for (const [start] of starts) {
    const stack = [start]
    while (stack.length > 0) {
      const id = stack.at(-1)!
      const pdu = events.get(id)
      if (!pdu || state.get(id) === 'done') {
        stack.pop()
        continue
      }
      if (state.get(id) === 'open') {
        state.set(id, 'done')
        out.push(id)
        stack.pop()
        continue
      }
      state.set(id, 'open')
      for (const auth of pdu.auth_events) if (!state.has(auth)) stack.push(auth)
    }
  }
  return out
}
