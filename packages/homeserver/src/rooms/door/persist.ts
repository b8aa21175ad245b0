/**
 * The last step: state group, event, memberships, publication, in this order. The event's document is the commit: before
 * it nothing is visible, after it everything can be made again.
 */
import { envelopeSchemas } from '@enlace/coordination'
import { isStateEvent, type Pdu, stateKeyOf } from '@enlace/room-model'
import { advance, changedMembers, type Room, resolveGroups } from '../room.ts'
import { transactionOf } from '../store.ts'
import type { EventDoc, StoredEvent } from '../types.ts'
import type { DoorDeps, Persist, PersistArgs, Persisted } from './types.ts'
import { BuiltOnSand, createWriteBuffer } from './write-buffer.ts'

export const settled = (event: StoredEvent): Persisted => ({ event, durable: Promise.resolve(event) })

export function createPersist({ ctx, models, store, redactions, touch, writeMembers }: DoorDeps): Persist {
  const buffer = createWriteBuffer({
    log: ctx.log,
    stream: ctx.stream,
    put: store.events.put,
    forget: store.events.forget,
    async insert(docs) {
      await models.Event.collection.insertMany(docs as never[], { ordered: true })
    },
  })

  async function persist(room: Room, args: PersistArgs): Promise<Persisted> {
    const { id, pdu, verdict } = args
    const known = store.events.peek(id)
    const { doc, base } = await documentOf(room, args, known?.redactedBy)
    const wasOutlier = known?.outlier === true
    if (canGather(room, pdu, args) && !wasOutlier && !redactions.awaited(id)) {
      const durable = buffer.add(room, doc, base)
      // From here on the next event is built on this one, whether or not it is on disk yet.
      const event: StoredEvent = { ...base, pos: undefined }
      store.events.put(event)
      advance(room, event)
      touch(room)
      return { event, durable }
    }
    await buffer.drained(room)
    if (room.rollbacks !== room.rollbacksAtStart) throw new BuiltOnSand()
    const write = async (pos: number): Promise<StoredEvent> => {
      // An outlier becomes part of the timeline: the same document, now with a position.
      if (wasOutlier) await models.Event.replaceOne({ _id: id }, { ...doc, pos })
      else await models.Event.collection.insertOne({ ...doc, pos } as never)
      const stored: StoredEvent = { ...base, pos }
      store.events.put(stored)
      return stored
    }
    if (args.backfillPos !== undefined) {
      const past = await write(args.backfillPos)
      if (verdict !== 'reject') await redactions.arrived(id)
      return settled(past)
    }
    let stored: StoredEvent | undefined
    await ctx.stream.append(async (pos) => {
      stored = await write(pos)
      if (args.begins) room.extremities.clear()
      if (verdict === 'accept') await apply(room, stored)
      return verdict === 'accept'
        ? { kind: 'event' as const, pos, roomId: room.roomId, event: stored }
        : undefined
    })
    room.appliedPos = stored!.pos!
    touch(room)
    if (doc.waits_for !== undefined) redactions.note(doc.waits_for, id)
    if (verdict !== 'reject') await redactions.arrived(id)
    return settled(stored!)
  }

  /** The event as it is kept, its state groups made. */
  async function documentOf(
    room: Room,
    args: PersistArgs,
    /** An outlier can have been redacted already. */
    redactedBy: string | undefined,
  ): Promise<{ doc: Omit<EventDoc, 'pos'>; base: Omit<StoredEvent, 'pos'> }> {
    const { id, pdu, verdict, before, dest, txn } = args
    const isState = isStateEvent(pdu) && verdict !== 'reject' && args.withheld !== true
    const key = isState ? stateKeyOf(pdu.type, pdu.state_key!) : undefined
    const after = key === undefined ? before : await store.groups.extend(before, key, id)
    const replaces =
      key === undefined || before === undefined ? undefined : (await store.groups.get(before)).get(key)
    if (dest) await ctx.federation.ensureDestinations(dest)
    const doc: Omit<EventDoc, 'pos'> = {
      _id: id,
      room_id: room.roomId,
      json: JSON.stringify(pdu),
      type: pdu.type,
      ...(pdu.state_key === undefined ? {} : { state_key: pdu.state_key }),
      sender: pdu.sender,
      depth: pdu.depth,
      verdict,
      outlier: false,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(dest ? { dest } : {}),
      ...(txn === undefined ? {} : { txn }),
      ...relationOf(pdu),
      ...(isEnvelope(pdu.type) || pdu.type === 'm.room.redaction' ? { envelope: true } : {}),
      ts: pdu.origin_server_ts,
      received_at: Date.now(),
      ...(replaces === undefined ? {} : { replaces }),
      ...(args.begins ? { begins: true } : {}),
      ...(redactedBy === undefined ? {} : { redacted_by: redactedBy }),
      ...(await redactions.waiting(pdu, room.version, verdict)),
    }
    const base: Omit<StoredEvent, 'pos'> = {
      eventId: id,
      roomId: room.roomId,
      pdu,
      version: room.version,
      verdict,
      outlier: false,
      receivedAt: doc.received_at,
      ...(redactedBy === undefined ? {} : { redactedBy }),
      replaces,
      before,
      after,
      dest,
      ...(txn === undefined ? {} : { transaction: transactionOf(txn) }),
    }
    return { doc, base }
  }

  /** Moves the room forward: extremities, current state, memberships. */
  async function apply(room: Room, event: StoredEvent): Promise<void> {
    const previous = room.state
    advance(room, event)
    if (room.extremities.size === 1) {
      if (event.after !== room.group && event.after !== undefined) {
        room.group = event.after
        room.state = await store.groups.get(event.after)
      }
    } else {
      const heads = await store.events.getMany([...room.extremities.keys()])
      const resolved = await resolveGroups(
        heads.flatMap((head) => head.after ?? []),
        room.version,
        store,
      )
      room.group = resolved.group
      room.state = resolved.state
    }
    if (room.state !== previous) await writeMembers(room, changedMembers(previous, room.state), event.pos!)
  }

  return { persist, drained: buffer.drained }
}

/** A message that follows the room's one newest event changes nothing but that: it can be written with others. */
function canGather(room: Room, pdu: Pdu, args: PersistArgs): boolean {
  return (
    args.gather === true &&
    args.verdict === 'accept' &&
    args.backfillPos === undefined &&
    pdu.state_key === undefined &&
    pdu.type !== 'm.room.redaction' &&
    room.extremities.size === 1 &&
    pdu.prev_events.length === 1 &&
    room.extremities.has(pdu.prev_events[0]!)
  )
}

/** Enlace's own envelopes: cases and escalations are projections of them. */
const isEnvelope = (type: string): boolean => Object.hasOwn(envelopeSchemas, type)

/** The relation of an event, when it has one of an acceptable shape. Encrypted events carry it in clear. */
export function relationOf(pdu: Pdu): { relates_to?: string; rel_type?: string } {
  const relation = pdu.content['m.relates_to']
  if (relation === null || typeof relation !== 'object' || Array.isArray(relation)) return {}
  const { event_id, rel_type } = relation
  if (
    typeof event_id !== 'string' ||
    typeof rel_type !== 'string' ||
    event_id.length > 255 ||
    rel_type.length > 255
  )
    return {}
  return { relates_to: event_id, rel_type }
}
