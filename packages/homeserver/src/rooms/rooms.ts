/** The room core: opens rooms, lets events in through the one door (append.ts), and answers what others ask of them. */
import {
  checkAuth,
  checkAuthSelection,
  eventId as eventIdOf,
  type Pdu,
  powerLevelsOf,
  type RoomVersion,
  requiredPower,
  roomIdOf,
  roomVersion,
  serverNameOf,
  stateKeyOf,
  userPower,
} from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import type { Context } from '../context.ts'
import { forbidden, MatrixError, notFound } from '../errors.ts'
import { createAppend } from './door/append.ts'
import { createHistory } from './history.ts'
import { openRoomModels } from './models.ts'
import { createRedactions } from './redactions.ts'
import { loadAuthChains, loadRoom, lookupIn, membershipIn, preload, Room, stateView } from './room.ts'
import { allowedByAcl } from './server-acl.ts'
import { createRoomStore } from './store.ts'
import type { Membership, Rooms, StoredEvent } from './types.ts'
import { createVisibility } from './visibility.ts'

const NOBODY: ReadonlySet<string> = new Set()
const SUMMARY_DELAY_MS = 1_000

/** What somebody who is not in the room yet is told of it (client-server API, "Stripped state"). */
const STRIPPED = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
  'org.enlace.topic.policy',
]

export type RoomsService = Rooms & { close(): Promise<void> }

export async function createRooms(ctx: Context): Promise<RoomsService> {
  const models = await openRoomModels(ctx.db)
  const store = createRoomStore(models)
  const visibility = createVisibility(store)
  const opening = new Map<string, Promise<Room | undefined>>()
  const dirty = new Set<Room>()
  let timer: NodeJS.Timeout | undefined
  let summarising: Promise<void> = Promise.resolve()
  const rooms = new LRUCache<string, Room>({
    max: 2_000,
    dispose: (room, _id, reason) => {
      // A room that is still writing stays: it will be evicted another time.
      if (reason === 'evict' && (room.busy || room.dirty)) queueMicrotask(() => rooms.set(room.roomId, room))
    },
  })

  async function open(roomId: string): Promise<Room | undefined> {
    const known = rooms.get(roomId)
    if (known) return known
    const running = opening.get(roomId) ?? load(roomId)
    opening.set(roomId, running)
    try {
      return await running
    } finally {
      opening.delete(roomId)
    }
  }

  async function load(roomId: string): Promise<Room | undefined> {
    const doc = await models.Room.findById(roomId).lean()
    const version = doc ? roomVersion(doc.version) : undefined
    if (!doc || !version) return undefined
    store.rememberVersion(roomId, version)
    const room = new Room(roomId, version, ctx.serverName)
    const { changed, redactions: recent } = await loadRoom(doc, room, models, store)
    await preload(room.state, store)
    for (const redaction of recent) await redactions.settle(redaction)
    if (changed.length > 0) await append.writeMembers(room, changed, room.appliedPos)
    rooms.set(roomId, room)
    return room
  }

  /** A room is open to others when this node has, or had, somebody in it. */
  function touch(room: Room): void {
    room.dirty = true
    dirty.add(room)
    timer ??= setTimeout(() => void summarise(), SUMMARY_DELAY_MS)
  }

  function summarise(): Promise<void> {
    timer = undefined
    summarising = summarising.then(writeSummaries)
    return summarising
  }

  async function writeSummaries(): Promise<void> {
    // Everything up to here is on disk, and its rooms are among these or were written before.
    const upTo = ctx.stream.stable
    let complete = true
    for (const room of [...dirty]) {
      dirty.delete(room)
      room.dirty = false
      try {
        // On the room's queue and with nothing under way: a summary never names an event that is not on disk.
        const summary = await room.enqueue(async () => {
          await append.drained(room)
          return {
            extremities: [...room.extremities.keys()],
            group: room.group,
            applied_pos: room.appliedPos,
          }
        })
        await models.Room.updateOne({ _id: room.roomId }, { $set: summary })
      } catch (error) {
        // The log has everything: the summary is made again when the room is next loaded.
        ctx.log.warn({ err: error, room: room.roomId }, 'room summary not written')
        complete = false
        dirty.add(room)
      }
    }
    if (!complete) return
    await models.Checkpoint.updateOne(
      { _id: 'memberships' },
      { $max: { pos: upTo } },
      { upsert: true },
    ).catch((error: unknown) => ctx.log.warn({ err: error }, 'checkpoint not written'))
  }

  /** After a crash: rooms whose memberships may not have been written are opened, which writes them. */
  async function recover(): Promise<void> {
    const checkpoint = await models.Checkpoint.findById('memberships').lean()
    // Served by {pos}, of state events alone.
    const docs = await models.Event.find(
      { state_key: { $exists: true }, pos: { $gt: checkpoint?.pos ?? 0 } },
      { room_id: 1 },
    ).lean()
    const roomIds = new Set(docs.map((doc) => doc.room_id))
    for (const roomId of roomIds) {
      try {
        await open(roomId)
      } catch (error) {
        ctx.log.error({ err: error, room: roomId }, 'room could not be opened')
      }
    }
    if (roomIds.size > 0) ctx.log.info({ rooms: roomIds.size }, 'rooms looked through after a stop')
  }

  const redactions = await createRedactions(ctx, models, store)
  const append = createAppend({ ctx, models, store, open, touch, redactions })

  async function requireRoom(roomId: string): Promise<Room> {
    const room = await open(roomId)
    if (!room) throw notFound('There is no such room here.')
    return room
  }

  async function storeOutlier(pdu: Pdu, id: string, roomId: string, rejected: boolean): Promise<StoredEvent> {
    const known = await store.events.get(id)
    if (known) return known
    const version = (await store.versionOf(roomId))!
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
    await models.Event.updateOne(
      { _id: id },
      {
        $setOnInsert: {
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
        },
      },
      { upsert: true },
    )
    store.events.put(event)
    if (!rejected) await redactions.arrived(id)
    return store.events.peek(id) ?? event
  }

  async function rememberRoom(roomId: string, version: RoomVersion): Promise<void> {
    await models.Room.updateOne(
      { _id: roomId },
      { $setOnInsert: { version: version.id, extremities: [], applied_pos: 0, min_pos: 0 } },
      { upsert: true },
    )
    store.rememberVersion(roomId, version)
  }

  /** Checks and stores events known only by reference, each after those it is authorised by. */
  async function receiveOutliers(
    raw: readonly unknown[],
    roomId: string,
    version: RoomVersion,
  ): Promise<StoredEvent[]> {
    const byId = new Map<string, Pdu>()
    const checked = await Promise.all(raw.map((one) => append.checkSigned(one, version)))
    const refused = checked.flatMap((one) => ('reason' in one ? [one.reason] : []))
    if (refused.length > 0)
      ctx.log.info({ room: roomId, count: refused.length, reason: refused[0] }, 'events of a room not taken')
    for (const one of checked)
      if ('id' in one && roomIdOf(one.pdu, version) === roomId) byId.set(one.id, one.pdu)
    const out: StoredEvent[] = []
    // In version 12 no event names the create event, yet each needs it: it goes first.
    const first = [...byId].filter(([, pdu]) => pdu.type === 'm.room.create').map(([id]) => id)
    for (const id of new Set([...first, ...topological(byId)])) {
      const pdu = byId.get(id)!
      const auth = await store.events.getMany(pdu.auth_events)
      if (auth.length < pdu.auth_events.length) continue
      const own = new Map(
        auth.map((event) => [stateKeyOf(event.pdu.type, event.pdu.state_key ?? ''), event.eventId]),
      )
      if (version.roomIdIsCreateHash) own.set(stateKeyOf('m.room.create', ''), `$${roomId.slice(1)}`)
      await store.events.getMany([...own.values()])
      const selection = checkAuthSelection(
        pdu,
        auth.map((event) => ({ id: event.eventId, pdu: event.pdu, rejected: event.verdict === 'reject' })),
        version,
      )
      const rejected = !selection.allowed || !checkAuth(pdu, lookupIn(own, store), version).allowed
      out.push(await storeOutlier(pdu, id, roomId, rejected))
    }
    return out
  }

  async function membershipOf(roomId: string, userId: string) {
    const room = await open(roomId)
    const inside = room?.servers.has(ctx.serverName) === true
    const current = async () => {
      const id = room?.state.get(stateKeyOf('m.room.member', userId))
      const event = id === undefined ? undefined : await store.events.get(id)
      const membership = event && membershipIn(event)
      return event && membership ? { membership, event } : undefined
    }
    const now = await current()
    const gone = now?.membership === 'leave' || now?.membership === 'ban'
    // What was forgotten, and invitations to rooms nobody here is in, are known from the membership alone.
    if (now && inside && !gone) return now
    if (serverNameOf(userId) !== ctx.serverName) return now
    const doc = await models.Membership.findById(`${roomId}|${userId}`).lean()
    if (!doc || doc.forgotten) return undefined
    const event = await store.events.get(doc.event_id)
    return event ? { membership: doc.membership, event } : now
  }

  async function standing(userId: string, roomId: string) {
    const own = await membershipOf(roomId, userId)
    const membership = own?.membership
    if (membership === 'join') return { membership, joinedEver: true, leftAt: undefined }
    // Back through what was said of them, to the last time they were in: nothing after its end is theirs to see.
    for (let event = own?.event, steps = 0; event?.replaces !== undefined && steps < 50; steps++) {
      const earlier = await store.events.get(event.replaces)
      if (earlier && membershipIn(earlier) === 'join')
        return { membership, joinedEver: true, leftAt: event.pos }
      event = earlier
    }
    return { membership, joinedEver: false, leftAt: undefined }
  }

  let lastCreated = 0
  const service: RoomsService = {
    send: append.send,
    sentAs: append.sentAs,
    sendFinished: append.sendFinished,
    receive: append.receive,
    async takeEffect(event) {
      if (event.pdu.type === 'm.room.redaction') await redactions.settle(event)
      else await redactions.arrived(event.eventId)
    },

    async receiveOutliers(raw, _origin, version) {
      const roomIds = new Set(
        raw
          .map((one) => (one as { room_id?: unknown } | null)?.room_id)
          .filter((one): one is string => typeof one === 'string'),
      )
      const out: StoredEvent[] = []
      for (const roomId of roomIds) out.push(...(await receiveOutliers(raw, roomId, version)))
      return out
    },

    async createRoom({ version, roomId, creator, content }) {
      // From version 12 on the ID is that of the create event: two that say the same in one millisecond would be one room.
      lastCreated = Math.max(Date.now(), lastCreated + 1)
      const { pdu, eventId } = append.finishDraft(
        {
          ...(version.roomIdIsCreateHash ? {} : { room_id: roomId! }),
          type: 'm.room.create',
          state_key: '',
          sender: creator,
          content: content as Pdu['content'],
          origin_server_ts: lastCreated,
          depth: 1,
          prev_events: [],
          auth_events: [],
        },
        version,
      )
      const id = roomIdOf(pdu, version)
      const verdict = checkAuth(pdu, () => undefined, version)
      if (!verdict.allowed)
        throw new MatrixError(400, 'M_BAD_JSON', `The room cannot be made: ${verdict.reason}.`)
      await rememberRoom(id, version)
      const room = (await open(id))!
      await room.enqueue(() =>
        append.persist(room, { id: eventId, pdu, verdict: 'accept', before: undefined }),
      )
      return id
    },

    async importJoin({ roomId, version, join, state, authChain }) {
      await rememberRoom(roomId, version)
      await receiveOutliers([...authChain, ...state], roomId, version)
      const ids = state.flatMap((raw) => {
        try {
          return [eventIdOf(raw as Pdu, version)]
        } catch {
          return []
        }
      })
      const stateEvents = (await store.events.getMany(ids)).filter(
        (event) => event.verdict === 'accept' && event.roomId === roomId,
      )
      const create = stateEvents.find((event) => event.pdu.type === 'm.room.create')
      if (!create) throw new MatrixError(502, 'M_UNKNOWN', 'The other server did not give a complete room.')
      const room = (await open(roomId))!
      return room.enqueue(async () => {
        const id = eventIdOf(join, version)
        const before = await append.groupOf(stateEvents.map((event) => event.eventId))
        const stateMap = await store.groups.get(before)
        await preload(
          stateMap,
          store,
          [stateMap.get(stateKeyOf('m.room.member', join.sender)) ?? ''].filter(Boolean),
        )
        const verdict = checkAuth(join, lookupIn(stateMap, store), version)
        if (!verdict.allowed) throw forbidden(`The join is not allowed: ${verdict.reason}.`)
        // Nobody here was in the room: what was known of it is history of another time, and this node begins again.
        const begins = !room.servers.has(ctx.serverName)
        return (await append.persist(room, { id, pdu: join, verdict: 'accept', before, begins })).durable
      })
    },

    async makeTemplate(draft, options) {
      const room = await requireRoom(draft.roomId)
      return room.enqueue(async () => {
        const event = await append.template(room, draft)
        if (!options?.unchecked) append.checkCurrent(room, event as Pdu)
        return { event, version: room.version }
      })
    },

    async storeOutOfRoomMembership({ roomId, version, pdu, strippedState }) {
      await rememberRoom(roomId, version)
      const id = eventIdOf(pdu, version)
      const user = pdu.state_key!
      const known = await store.events.get(id)
      if (known && !known.outlier) return known
      let stored: StoredEvent | undefined
      await ctx.stream.append(async (pos) => {
        const event: StoredEvent = {
          eventId: id,
          roomId,
          pos,
          pdu,
          version,
          verdict: 'accept',
          outlier: true,
          receivedAt: Date.now(),
        }
        const { unsigned: _unsigned, ...clean } = pdu
        await models.Event.updateOne(
          { _id: id },
          {
            $setOnInsert: {
              room_id: roomId,
              json: JSON.stringify(clean),
              type: pdu.type,
              state_key: user,
              sender: pdu.sender,
              depth: pdu.depth,
              ts: pdu.origin_server_ts,
              verdict: 'accept',
              outlier: true,
              received_at: event.receivedAt,
            },
          },
          { upsert: true },
        )
        const membership = membershipIn(event)!
        await models.Membership.updateOne(
          { _id: `${roomId}|${user}` },
          {
            $set: {
              room_id: roomId,
              user_id: user,
              membership,
              event_id: id,
              pos,
              forgotten: false,
              stripped: JSON.stringify(strippedState),
            },
          },
          { upsert: true },
        )
        store.events.put({ ...event, pos: undefined })
        stored = event
        return { kind: 'event' as const, pos, roomId, event }
      })
      return stored!
    },

    finish: (event, version) => append.finishDraft(event, version).pdu,

    async mayRedact(roomId, userId) {
      const room = await open(roomId)
      if (!room?.joined(userId)) return false
      await preload(room.state, store)
      const lookup = lookupIn(room.state, store)
      return userPower(lookup, userId, room.version) >= powerLevelsOf(lookup, room.version).redact
    },

    async maySendState(roomId, userId, type) {
      const room = await open(roomId)
      if (!room?.joined(userId)) return false
      await preload(room.state, store)
      const lookup = lookupIn(room.state, store)
      return userPower(lookup, userId, room.version) >= requiredPower(lookup, type, true, room.version)
    },

    async restrictedJoinAuthoriser(roomId, userId) {
      const room = await requireRoom(roomId)
      await preload(room.state, store)
      const lookup = lookupIn(room.state, store)
      const allow = lookup('m.room.join_rules', '')?.content['allow']
      let unknown = false
      let member = false
      for (const rule of Array.isArray(allow) ? allow : []) {
        const { type, room_id } = (rule ?? {}) as { type?: unknown; room_id?: unknown }
        if (type !== 'm.room_membership' || typeof room_id !== 'string') continue
        const other = await open(room_id)
        if (!other?.servers.has(ctx.serverName)) unknown = true
        else if (other.joined(userId)) member = true
      }
      if (!member) return unknown ? { outcome: 'unable' } : { outcome: 'not-allowed' }
      const level = powerLevelsOf(lookup, room.version).invite
      for (const [user, membership] of room.members) {
        if (
          membership === 'join' &&
          ctx.accounts.isLocal(user) &&
          userPower(lookup, user, room.version) >= level
        ) {
          return { outcome: 'authorised', userId: user }
        }
      }
      return { outcome: 'unable' }
    },

    async forget(roomId, userId) {
      await models.Membership.updateOne(
        { _id: `${roomId}|${userId}`, membership: { $in: ['leave', 'ban'] } },
        { $set: { forgotten: true } },
      )
    },

    async room(roomId) {
      const room = await open(roomId)
      if (!room || room.extremities.size === 0) return undefined
      return {
        roomId,
        version: room.version,
        joinedLocally: room.servers.has(ctx.serverName),
        extremities: [...room.extremities.keys()],
      }
    },
    event: (id) => store.events.get(id),
    events: (ids) => store.events.getMany(ids),

    async currentState(roomId) {
      const room = await requireRoom(roomId)
      await preload(room.state, store)
      return stateView(room.state, store)
    },
    async stateBefore(id) {
      const event = await store.events.get(id)
      if (!event || event.outlier) return undefined
      const state =
        event.before === undefined ? new Map<string, string>() : await store.groups.get(event.before)
      await preload(state, store)
      return stateView(state, store)
    },
    async stateAfter(id) {
      const event = await store.events.get(id)
      if (event?.after === undefined) return undefined
      const state = await store.groups.get(event.after)
      await preload(state, store)
      return stateView(state, store)
    },
    async authChain(ids) {
      const chain = [...(await loadAuthChains(ids, store)).values()]
      const named = new Set(chain.flatMap((event) => event.pdu.auth_events))
      return chain.filter((event) => named.has(event.eventId))
    },

    ...createHistory(models, store),

    membership: membershipOf,
    async members(roomId, membership) {
      const room = await open(roomId)
      if (!room) return []
      return [...room.members]
        .filter(([, value]) => membership === undefined || value === membership)
        .map(([user]) => user)
    },
    localJoined: (roomId) => rooms.peek(roomId)?.local ?? NOBODY,
    async memberEvents(roomId) {
      const room = await requireRoom(roomId)
      return store.events.getMany(
        [...room.state].filter(([key]) => key.startsWith('m.room.member\u0000')).map(([, id]) => id),
      )
    },
    async joinedServers(roomId) {
      return [...((await open(roomId))?.servers.keys() ?? [])]
    },
    async roomsOf(userId) {
      // Served by {user_id, membership}.
      const docs = await models.Membership.find({ user_id: userId }).lean()
      return docs
        .filter((doc) => !doc.forgotten)
        .map((doc) => ({
          roomId: doc.room_id,
          membership: doc.membership as Membership,
          pos: doc.pos,
          eventId: doc.event_id,
        }))
    },

    async reserveBackfill(roomId, count) {
      const room = await requireRoom(roomId)
      return room.enqueue(async () => {
        room.minPos -= count
        await models.Room.updateOne({ _id: roomId }, { $min: { min_pos: room.minPos } })
        return room.minPos
      })
    },

    async serverAllowed(roomId, serverName) {
      const room = await open(roomId)
      if (!room) return true
      await preload(room.state, store)
      return allowedByAcl(lookupIn(room.state, store)('m.room.server_acl', '')?.content, serverName)
    },

    async invitePdus(roomId, userId) {
      const room = await requireRoom(roomId)
      const ids = [
        ...STRIPPED.map((type) => stateKeyOf(type, '')),
        stateKeyOf('m.room.member', userId),
      ].flatMap((key) => room.state.get(key) ?? [])
      return (await store.events.getMany(ids)).map((event) => event.pdu)
    },

    async strippedState(roomId, userId) {
      const doc = await models.Membership.findById(`${roomId}|${userId}`).lean()
      if (doc?.stripped) return JSON.parse(doc.stripped) as Record<string, unknown>[]
      const room = await open(roomId)
      if (!room) return []
      const keys = STRIPPED.map((type) => stateKeyOf(type, ''))
      const own = room.state.get(stateKeyOf('m.room.member', userId))
      const ownEvent = own === undefined ? undefined : await store.events.get(own)
      if (ownEvent)
        keys.push(stateKeyOf('m.room.member', ownEvent.pdu.sender), stateKeyOf('m.room.member', userId))
      const events = await store.events.getMany(
        [...new Set(keys)].flatMap((key) => room.state.get(key) ?? []),
      )
      return events.map(({ pdu }) => ({
        type: pdu.type,
        state_key: pdu.state_key,
        sender: pdu.sender,
        content: pdu.content,
      }))
    },

    async accessEvent(userId, id) {
      const event = await store.events.get(id)
      if (!event || event.outlier || event.verdict !== 'accept') return undefined
      return (await service.visibleTo(userId, [event]))[0]
    },
    async visibleTo(userId, events) {
      const out: StoredEvent[] = []
      const standings = new Map<string, Awaited<ReturnType<typeof standing>>>()
      for (const event of events) {
        const now = standings.get(event.roomId) ?? (await standing(userId, event.roomId))
        standings.set(event.roomId, now)
        out.push(...(await visibility.visibleTo(userId, now, [event])))
      }
      return out
    },
    visibleToServer: visibility.visibleToServer,

    async close() {
      if (timer) clearTimeout(timer)
      await Promise.all([...rooms.values()].map((room) => room.enqueue(() => append.drained(room))))
      await summarise()
    },
  }
  await recover()
  return service
}

/** Event ids, each after those of the set that it is authorised by. */
function topological(events: ReadonlyMap<string, Pdu>): string[] {
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
