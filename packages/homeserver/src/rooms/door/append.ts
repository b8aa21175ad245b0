/**
 * The one door. Whatever becomes part of a room passes here, on the room's own queue:
 *   1 format and size   2 signatures and hash   3 authorisation: by auth events, state before, current state
 *   4 state after       5 persist: state group, event (the commit), memberships; then publish.
 * (server-server API, "Checks performed on receipt of a PDU".)
 */
import { envelopeSchemas } from '@enlace/coordination'
import {
  authEventTypesFor,
  checkAuth,
  checkAuthSelection,
  eventId as eventIdOf,
  finishEvent,
  hasValidContentHash,
  isStateEvent,
  type Pdu,
  parsePdu,
  type RoomVersion,
  redact,
  requiredPower,
  roomIdOf,
  serverNameOf,
  stateKeyOf,
  userPower,
} from '@enlace/room-model'
import type { AnyBulkWriteOperation } from 'mongoose'
import type { Context } from '../../context.ts'
import { badJson, forbidden, MatrixError, notFound, tooLarge } from '../../errors.ts'
import type { EventDoc, MembershipDoc, RoomModels } from '../models.ts'
import type { Redactions } from '../redactions.ts'
import {
  advance,
  changedMembers,
  lookupIn,
  membershipIn,
  preload,
  type Room,
  resolveGroups,
} from '../room.ts'
import { type RoomStore, transactionKey, transactionOf } from '../store.ts'
import type { AppendOutcome, EventDraft, ReceiveOptions, StoredEvent, Verdict } from '../types.ts'
import { BuiltOnSand, createWriteBuffer } from './write-buffer.ts'

const MAX_PREV_EVENTS = 20
/** More extremities than this are joined by an event of this server. */
const MAX_EXTREMITIES = 10

/** Same type as other servers use for it; clients ignore it. */
const JOINING_EVENT = 'org.matrix.dummy_event'

/** An event that counts; `durable` resolves, with its position, when it is on disk. */
type Persisted = { event: StoredEvent; durable: Promise<StoredEvent> }

const settled = (event: StoredEvent): Persisted => ({ event, durable: Promise.resolve(event) })

export type AppendDeps = {
  ctx: Context
  models: RoomModels
  store: RoomStore
  /** The room in memory; undefined when this node does not know it. */
  open(roomId: string): Promise<Room | undefined>
  /** Writes a room's summary some time soon. */
  touch(room: Room): void
  redactions: Redactions
}

export function createAppend(deps: AppendDeps) {
  const { ctx, models, store, redactions } = deps
  const buffer = createWriteBuffer(ctx, models, store.events.put, store.events.forget)
  const transactions = new Map<string, string>()
  const joining = new Set<Room>()
  /** Transactions whose event is on its way to disk. */
  const sending = new Map<string, Promise<StoredEvent>>()

  function txnKey(draft: EventDraft): string | undefined {
    const { transaction } = draft
    return transaction && transactionKey(draft.roomId, { userId: draft.sender, ...transaction })
  }

  async function sentBefore(key: string | undefined): Promise<StoredEvent | undefined> {
    if (key === undefined) return undefined
    const id = transactions.get(key)
    return id === undefined ? undefined : store.events.get(id)
  }

  function remember(key: string | undefined, id: string): void {
    if (key === undefined) return
    transactions.set(key, id)
    if (transactions.size > 20_000) transactions.delete(transactions.keys().next().value!)
  }

  /** Builds the event on top of the room's extremities, unsigned. */
  async function template(room: Room, draft: EventDraft): Promise<Omit<Pdu, 'hashes' | 'signatures'>> {
    const prev = [...room.extremities].sort((a, b) => b[1] - a[1]).slice(0, MAX_PREV_EVENTS)
    const depth = Math.min(Math.max(0, ...prev.map(([, at]) => at)) + 1, Number.MAX_SAFE_INTEGER)
    const shape = {
      type: draft.type,
      sender: draft.sender,
      state_key: draft.stateKey,
      content: draft.content as Pdu['content'],
    }
    const auth = authEventTypesFor(shape, room.version).flatMap(
      ([type, key]) => room.state.get(stateKeyOf(type, key)) ?? [],
    )
    await store.events.getMany(auth)
    const create = room.version.roomIdIsCreateHash && draft.type === 'm.room.create'
    return {
      ...(create ? {} : { room_id: draft.roomId }),
      type: draft.type,
      sender: draft.sender,
      ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
      ...(draft.redacts !== undefined && !room.version.updatedRedaction ? { redacts: draft.redacts } : {}),
      content:
        draft.redacts !== undefined && room.version.updatedRedaction
          ? ({ ...draft.content, redacts: draft.redacts } as Pdu['content'])
          : shape.content,
      origin_server_ts: draft.originServerTs ?? Date.now(),
      depth,
      prev_events: prev.map(([id]) => id),
      auth_events: auth,
    }
  }

  function checkCurrent(room: Room, pdu: Pdu): void {
    const verdict = checkAuth(pdu, lookupIn(room.state, store), room.version)
    if (!verdict.allowed) throw forbidden(`Not allowed in this room: ${verdict.reason}.`)
  }

  /** Remote servers to send a local event to: those joined before or after it, and that of an invitation it ends. */
  function destinations(room: Room, pdu: Pdu): string[] | undefined {
    const servers = new Set(room.servers.keys())
    const target = pdu.type === 'm.room.member' ? (pdu.state_key ?? '') : ''
    const was = room.members.get(target)
    const waiting = was === 'invite' || was === 'knock'
    if (pdu.content['membership'] === 'join' || waiting) {
      const server = serverNameOf(target)
      if (server) servers.add(server)
    }
    servers.delete(ctx.serverName)
    return servers.size > 0 ? [...servers] : undefined
  }

  /** Where a partner's join, leave or knock that came through this server has to go: everyone but them. */
  function relayTo(room: Room, pdu: Pdu): string[] | undefined {
    const others = destinations(room, pdu)?.filter((server) => server !== serverNameOf(pdu.sender))
    return others && others.length > 0 ? others : undefined
  }

  /** A message that follows the room's one newest event changes nothing but that: it can be written with others. */
  function canGather(
    room: Room,
    pdu: Pdu,
    args: { gather?: boolean; verdict: Verdict; backfillPos?: number },
  ): boolean {
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

  /** Step 5. The event's document is the commit: before it nothing is visible, after it everything can be made again. */
  async function persist(
    room: Room,
    args: {
      id: string
      pdu: Pdu
      verdict: Verdict
      before: string | undefined
      dest?: string[]
      txn?: string
      backfillPos?: number
      /** The caller waits for `durable` outside the room's queue: the event may be written with others. */
      gather?: boolean
      /** The room begins here anew with this event: its newest events before are forgotten. */
      begins?: boolean
    },
  ): Promise<Persisted> {
    const { id, pdu, verdict, before } = args
    const isState = isStateEvent(pdu) && verdict !== 'reject'
    const key = isState ? stateKeyOf(pdu.type, pdu.state_key!) : undefined
    const after = key === undefined ? before : await store.groups.extend(before, key, id)
    const replaces =
      key === undefined || before === undefined ? undefined : (await store.groups.get(before)).get(key)
    if (args.dest) await ctx.federation.ensureDestinations(args.dest)
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
      ...(args.dest ? { dest: args.dest } : {}),
      ...(args.txn === undefined ? {} : { txn: args.txn }),
      ...relationOf(pdu),
      ...(isEnvelope(pdu.type) || pdu.type === 'm.room.redaction' ? { envelope: true } : {}),
      ts: pdu.origin_server_ts,
      received_at: Date.now(),
      ...(replaces === undefined ? {} : { replaces }),
      ...(args.begins ? { begins: true } : {}),
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
      replaces,
      before,
      after,
      dest: args.dest,
      ...(args.txn === undefined ? {} : { transaction: transactionOf(args.txn) }),
    }
    const wasOutlier = store.events.peek(id)?.outlier === true
    if (canGather(room, pdu, args) && !wasOutlier && !redactions.awaited(id)) {
      const durable = buffer.add(room, doc, base)
      // From here on the next event is built on this one, whether or not it is on disk yet.
      store.events.put({ ...base, pos: undefined })
      advance(room, { ...base, pos: undefined })
      deps.touch(room)
      return { event: { ...base, pos: undefined }, durable }
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
    deps.touch(room)
    if (doc.waits_for !== undefined) redactions.note(doc.waits_for, id)
    if (verdict !== 'reject') await redactions.arrived(id)
    return settled(stored!)
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

  async function writeMembers(room: Room, users: readonly string[], pos: number): Promise<void> {
    const ids = users.flatMap((user) => room.state.get(stateKeyOf('m.room.member', user)) ?? [])
    const events = new Map((await store.events.getMany(ids)).map((event) => [event.pdu.state_key, event]))
    const writes = users.map((user): AnyBulkWriteOperation<MembershipDoc> => {
      const event = events.get(user)
      const membership = event && membershipIn(event)
      room.setMember(user, membership)
      const _id = `${room.roomId}|${user}`
      if (!event || !membership) return { deleteOne: { filter: { _id } } }
      const set = {
        room_id: room.roomId,
        user_id: user,
        membership,
        event_id: event.eventId,
        pos,
        forgotten: false,
      }
      return { updateOne: { filter: { _id }, update: { $set: set, $unset: { stripped: 1 } }, upsert: true } }
    })
    for (let at = 0; at < writes.length; at += 500)
      await models.Membership.bulkWrite(writes.slice(at, at + 500), { ordered: false })
  }

  async function send(draft: EventDraft): Promise<StoredEvent> {
    const room = await deps.open(draft.roomId)
    if (!room) throw notFound('There is no such room here.')
    const txn = txnKey(draft)
    for (;;) {
      try {
        return await (await room.enqueue(() => sendNow(room, draft, txn))).durable
      } catch (error) {
        if (error instanceof BuiltOnSand) continue
        if (txn === undefined || !isDuplicate(error)) throw error
        // Sent before a restart: the transaction id is the proof. Served by {txn}.
        const doc = await models.Event.findOne({ txn }).lean()
        const known = doc && (await store.events.fromDocs([doc]))[0]
        if (!known) throw error
        return known
      }
    }
  }

  async function sentAs(
    args: Pick<EventDraft, 'roomId' | 'sender' | 'transaction'>,
  ): Promise<StoredEvent | undefined> {
    const txn = txnKey({ ...args, type: '', content: {} })
    if (txn === undefined) return undefined
    const known = (await sending.get(txn)) ?? (await sentBefore(txn))
    if (known) return known
    // Served by {txn}.
    const doc = await models.Event.findOne({ txn }).lean()
    return doc ? (await store.events.fromDocs([doc]))[0] : undefined
  }

  async function sendNow(
    room: Room,
    draft: EventDraft,
    txn: string | undefined,
  ): Promise<{ durable: Promise<StoredEvent> }> {
    const under = txn === undefined ? undefined : sending.get(txn)
    if (under) return { durable: under }
    const before = await sentBefore(txn)
    if (before) return settled(before)
    if (draft.stateKey !== undefined || draft.redacts !== undefined) await buffer.drained(room)
    const same = await unchanged(room, draft)
    if (same) return settled(same)
    const unsigned = await template(room, draft)
    const { pdu, eventId } = finishDraft(unsigned, room.version)
    checkCurrent(room, pdu)
    const { durable } = await persist(room, {
      id: eventId,
      pdu,
      verdict: 'accept',
      before: await groupBefore(room, pdu),
      dest: destinations(room, pdu),
      txn,
      gather: true,
    })
    if (txn !== undefined) {
      sending.set(txn, durable)
      durable
        .then(
          (event) => remember(txn, event.eventId),
          () => undefined,
        )
        .finally(() => sending.delete(txn))
    }
    if (pdu.type === 'm.room.redaction') await redactions.settle(await durable)
    return { durable }
  }

  /** Sending the state that is there already changes nothing. */
  async function unchanged(room: Room, draft: EventDraft): Promise<StoredEvent | undefined> {
    if (draft.stateKey === undefined) return undefined
    const id = room.state.get(stateKeyOf(draft.type, draft.stateKey))
    const event = id === undefined ? undefined : await store.events.get(id)
    if (!event || event.pdu.sender !== draft.sender) return undefined
    return JSON.stringify(event.pdu.content) === JSON.stringify(draft.content) ? event : undefined
  }

  function finishDraft(
    unsigned: Omit<Pdu, 'hashes' | 'signatures'>,
    version: RoomVersion,
  ): { pdu: Pdu; eventId: string } {
    let finished: { pdu: Pdu; eventId: string }
    try {
      finished = finishEvent(unsigned, version, ctx.serverName, ctx.signingKey)
    } catch (error) {
      throw badJson(`The content cannot be sent: ${(error as Error).message}.`)
    }
    const parsed = parsePdu(finished.pdu, version)
    if (parsed.ok) return finished
    if (/larger|bytes|size/i.test(parsed.reason)) throw tooLarge('The event is larger than 64 KiB.')
    throw new MatrixError(
      400,
      /type|state_key/.test(parsed.reason) ? 'M_TOO_LARGE' : 'M_BAD_JSON',
      `The event is not valid: ${parsed.reason}.`,
    )
  }

  /** State before an event whose prev_events are all known. */
  async function groupBefore(room: Room, pdu: Pdu): Promise<string | undefined> {
    const prev = await store.events.getMany(pdu.prev_events)
    const groups = prev.flatMap((event) => event.after ?? [])
    if (groups.length === 1) return groups[0]
    return (await resolveGroups(groups, room.version, store)).group
  }

  /** A finished local PDU (an invite signed by both servers, a join accepted by a resident server). */
  async function sendFinished(roomId: string, pdu: Pdu): Promise<StoredEvent> {
    const room = await deps.open(roomId)
    if (!room) throw notFound('There is no such room here.')
    return room.enqueue(async () => {
      await store.events.getMany(pdu.auth_events)
      checkCurrent(room, pdu)
      const id = eventIdOf(pdu, room.version)
      const known = await store.events.get(id)
      if (known && !known.outlier) return known
      const { durable } = await persist(room, {
        id,
        pdu,
        verdict: 'accept',
        before: await groupBefore(room, pdu),
        dest: destinations(room, pdu),
      })
      return durable
    })
  }

  async function receive(
    raw: unknown,
    _origin: string,
    options: ReceiveOptions = {},
  ): Promise<AppendOutcome> {
    const roomId = options.roomId ?? (raw as { room_id?: unknown } | null)?.room_id
    const room = typeof roomId === 'string' ? await deps.open(roomId) : undefined
    if (!room) return { outcome: 'refused', reason: 'this server is not in the room' }
    const checked = await checkSigned(raw, room.version)
    if ('reason' in checked) return { outcome: 'refused', reason: checked.reason }
    const { pdu, id } = checked
    if (roomIdOf(pdu, room.version) !== roomId)
      return { outcome: 'refused', reason: 'the event is of another room' }
    for (;;) {
      try {
        return await room.enqueue(() => take(room, pdu, id, options))
      } catch (error) {
        if (!(error instanceof BuiltOnSand)) throw error
      }
    }
  }

  /** Steps 3 to 5 of a partner's event, on the room's queue. */
  async function take(room: Room, pdu: Pdu, id: string, options: ReceiveOptions): Promise<AppendOutcome> {
    const known = await store.events.get(id)
    if (known && !known.outlier) return { outcome: 'known', event: known }
    if (known?.verdict === 'reject') return { outcome: 'rejected', event: known, reason: 'rejected before' }
    const [prev, auth] = [
      await store.events.getMany(pdu.prev_events),
      await store.events.getMany(pdu.auth_events),
    ]
    const inTimeline = prev.filter((event) => !event.outlier)
    const missingPrev = options.stateBefore
      ? []
      : pdu.prev_events.filter((one) => !inTimeline.some((event) => event.eventId === one))
    const missingAuth = pdu.auth_events.filter((one) => !auth.some((event) => event.eventId === one))
    if (missingPrev.length > 0 || missingAuth.length > 0)
      return { outcome: 'missing', prevEvents: missingPrev, authEvents: missingAuth }

    const before = options.stateBefore ? await groupOf(options.stateBefore) : await groupBefore(room, pdu)
    const state = before === undefined ? new Map<string, string>() : await store.groups.get(before)
    const rejection = await rejectionOf(room, pdu, auth, state)
    if (rejection !== undefined) {
      const { event } = await persist(room, {
        id,
        pdu,
        verdict: 'reject',
        before,
        backfillPos: options.backfillPos,
      })
      return { outcome: 'rejected', event, reason: rejection }
    }
    if (options.backfillPos !== undefined) {
      const { event } = await persist(room, {
        id,
        pdu,
        verdict: 'accept',
        before,
        backfillPos: options.backfillPos,
      })
      return { outcome: 'accepted', event }
    }
    await preload(room.state, store, authIds(room, pdu))
    const current = checkAuth(pdu, lookupIn(room.state, store), room.version)
    const against = current.allowed ? await policyAgainst(room, pdu) : current.reason
    if (against !== undefined) {
      const { event } = await persist(room, { id, pdu, verdict: 'soft-fail', before })
      return { outcome: 'soft-failed', event, reason: against }
    }
    const dest = options.relay ? relayTo(room, pdu) : undefined
    const gather = options.onDurable !== undefined
    const { event, durable } = await persist(room, { id, pdu, verdict: 'accept', before, dest, gather })
    if (pdu.type === 'm.room.redaction') await redactions.settle(await durable)
    if (room.extremities.size > MAX_EXTREMITIES) joinExtremities(room)
    if (!options.onDurable) return { outcome: 'accepted', event: await durable }
    options.onDurable(durable)
    return { outcome: 'accepted', event }
  }

  /** A partner's server may let its people into a topic channel by itself: those the policy admits, no others. */
  async function policyAgainst(room: Room, pdu: Pdu): Promise<string | undefined> {
    const { sender } = pdu
    const joins = pdu.type === 'm.room.member' && pdu.content['membership'] === 'join'
    if (!joins || pdu.state_key !== sender || room.members.get(sender) === 'join') return undefined
    const may = await ctx.policy.mayEnter(room.roomId, sender)
    return may ? undefined : 'the topic policy admits nobody of that server'
  }

  const authIds = (room: Room, pdu: Pdu) =>
    authEventTypesFor(pdu, room.version).flatMap(([type, key]) => room.state.get(stateKeyOf(type, key)) ?? [])

  /** Steps 1 and 2. A wrong content hash leaves the redacted event. */
  async function checkSigned(
    raw: unknown,
    version: RoomVersion,
  ): Promise<{ pdu: Pdu; id: string } | { reason: string }> {
    const parsed = parsePdu(raw, version)
    if (!parsed.ok) return { reason: parsed.reason }
    const signed = await ctx.keyRing.verifyEvent(parsed.pdu, version)
    if (!signed.ok) return { reason: signed.reason }
    const { unsigned: _unsigned, ...clean } = parsed.pdu
    const pdu = hasValidContentHash(clean as Pdu) ? (clean as Pdu) : redact(clean as Pdu, version)
    return { pdu, id: eventIdOf(pdu, version) }
  }

  /** Step 3, first two checks. */
  async function rejectionOf(
    room: Room,
    pdu: Pdu,
    auth: readonly StoredEvent[],
    state: ReadonlyMap<string, string>,
  ): Promise<string | undefined> {
    const selection = checkAuthSelection(
      pdu,
      auth.map((event) => ({ id: event.eventId, pdu: event.pdu, rejected: event.verdict === 'reject' })),
      room.version,
    )
    if (!selection.allowed) return selection.reason
    const own = new Map(
      auth.map((event) => [stateKeyOf(event.pdu.type, event.pdu.state_key ?? ''), event.eventId]),
    )
    if (room.version.roomIdIsCreateHash) own.set(stateKeyOf('m.room.create', ''), `$${room.roomId.slice(1)}`)
    await store.events.getMany([...own.values()])
    const byAuth = checkAuth(pdu, lookupIn(own, store), room.version)
    if (!byAuth.allowed) return byAuth.reason
    await preload(
      state,
      store,
      authEventTypesFor(pdu, room.version).flatMap(([type, key]) => state.get(stateKeyOf(type, key)) ?? []),
    )
    const byState = checkAuth(pdu, lookupIn(state, store), room.version)
    return byState.allowed ? undefined : byState.reason
  }

  async function groupOf(eventIds: readonly string[]): Promise<string> {
    const events = await store.events.getMany(eventIds)
    return store.groups.whole(
      new Map(
        events.flatMap((event) =>
          event.pdu.state_key === undefined
            ? []
            : [[stateKeyOf(event.pdu.type, event.pdu.state_key), event.eventId] as const],
        ),
      ),
    )
  }

  /** So that a busy room does not fray: an empty event of a local member brings its newest events together again. */
  function joinExtremities(room: Room): void {
    const lookup = lookupIn(room.state, store)
    const needed = requiredPower(lookup, JOINING_EVENT, false, room.version)
    const sender = [...room.local].find((user) => userPower(lookup, user, room.version) >= needed)
    if (sender === undefined || joining.has(room)) return
    joining.add(room)
    void send({ roomId: room.roomId, sender, type: JOINING_EVENT, content: {} })
      .catch((error: unknown) => ctx.log.warn({ err: error, room: room.roomId }, 'extremities not joined'))
      .finally(() => joining.delete(room))
  }

  return {
    send,
    sendFinished,
    receive,
    template,
    checkCurrent,
    checkSigned,
    persist,
    writeMembers,
    groupOf,
    sentAs,
    finishDraft,
    destinations,
    drained: buffer.drained,
  }
}

/** Enlace's own envelopes: cases and escalations are projections of them. */
const isEnvelope = (type: string): boolean => Object.hasOwn(envelopeSchemas, type)

export const isDuplicate = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 11_000

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
