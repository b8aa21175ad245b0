/**
 * Events this node knows without having a place for them in a timeline: those that authorise others, the state of a room
 * before it is joined, and what concerns its people in rooms none of them is in.
 */
import type { PduReading, RoomVersion } from '@enlace/room-model'
import { membershipIn } from '../room.ts'
import type { Door, EventDoc, StoredEvent } from '../types.ts'
import { fillIn } from './copies.ts'
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

export function createOutliers(steps: Steps): Pick<Door, 'receiveOutliers' | 'storeOutOfRoomMembership'> {
  const { ctx, models, store, redactions, checks, open } = steps

  /** The document of an event that is kept unless it is known already. */
  const insert = (id: string, doc: Omit<EventDoc, '_id'>) =>
    models.Event.updateOne({ _id: id }, { $setOnInsert: doc }, { upsert: true })

  function outlier({ eventId, roomId, version, pdu }: PduReading, rejected: boolean) {
    const event: StoredEvent = {
      eventId,
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

  async function keep(read: PduReading, rejected: boolean): Promise<StoredEvent> {
    const known = await store.events.get(read.eventId)
    if (known) return fillIn(steps, known, read)
    const { event, doc } = outlier(read, rejected)
    await insert(event.eventId, doc)
    store.events.put(event)
    if (!rejected) await redactions.arrived(event.eventId)
    return store.events.peek(event.eventId) ?? event
  }

  return {
    async receiveOutliers(roomId, version, events) {
      const byId = new Map<string, PduReading>()
      const notSigned = await Promise.all(events.map((event) => checks.notSigned(event)))
      const refused = notSigned.filter((reason) => reason !== undefined)
      if (refused.length > 0)
        ctx.log.info(
          { room: roomId, count: refused.length, reason: refused[0] },
          'events of a room not taken',
        )
      for (const [index, event] of events.entries())
        if (notSigned[index] === undefined && event.roomId === roomId) byId.set(event.eventId, event)
      const out: StoredEvent[] = []
      for (const id of inOrderOfAuth(byId)) {
        const event = byId.get(id)!
        const auth = await store.events.getMany(event.pdu.auth_events)
        if (auth.length < event.pdu.auth_events.length) continue
        const rejection = await checks.rejectedByAuthEvents(roomId, version, event.pdu, auth)
        out.push(await keep(event, rejection !== undefined))
      }
      return out
    },

    async storeOutOfRoomMembership({ event: read, strippedState }) {
      const { roomId, eventId } = read
      await rememberRoom(steps, roomId, read.version)
      const room = (await open(roomId))!
      return room.enqueue(async () => {
        const user = read.pdu.state_key!
        const known = await store.events.get(eventId)
        if (known && !known.outlier) return known
        let stored: StoredEvent | undefined
        await ctx.stream.append(async (pos) => {
          const { event, doc } = outlier(read, false)
          await insert(eventId, doc)
          await models.Membership.updateOne(
            { _id: `${roomId}|${user}` },
            {
              $set: {
                room_id: roomId,
                user_id: user,
                membership: membershipIn(event)!,
                event_id: eventId,
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
function inOrderOfAuth(events: ReadonlyMap<string, PduReading>): string[] {
  const out: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  // From room version 12 on the create event authorises all others without being named by them: it comes first.
  const starts = [...events].sort(
    ([, a], [, b]) => Number(b.pdu.type === 'm.room.create') - Number(a.pdu.type === 'm.room.create'),
  )
  for (const [start] of starts) {
    const stack = [start]
    while (stack.length > 0) {
      const id = stack.at(-1)!
      const event = events.get(id)
      if (!event || state.get(id) === 'done') {
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
      for (const auth of event.pdu.auth_events) if (!state.has(auth)) stack.push(auth)
    }
  }
  return out
}
