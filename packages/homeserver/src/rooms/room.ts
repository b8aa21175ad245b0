/**
 * One room in memory: its forward extremities, its current state, who is in it, and the queue that orders all writes.
 * Everything here is made again from the room log when the room is loaded.
 */
import { conversationEventType, topicPolicyEventType } from '@enlace/coordination'
import {
  type Pdu,
  type RoomVersion,
  resolveState,
  serverNameOf,
  splitStateKey,
  stateKeyOf,
} from '@enlace/room-model'
import { MatrixError } from '../errors.ts'
import type { Membership, RoomDoc, RoomModels, RoomStore, StateView, StoredEvent } from './types.ts'

const MAX_QUEUE = 5_000

export class Room {
  readonly roomId: string
  readonly version: RoomVersion
  extremities = new Map<string, number>()
  /** State group of the current state. */
  group: string | undefined
  state: ReadonlyMap<string, string> = new Map()
  members = new Map<string, Membership>()
  /** Joined users per server. */
  servers = new Map<string, number>()
  /** Joined users of this node: whom an event has to reach. */
  readonly local = new Set<string>()
  readonly #serverName: string
  appliedPos = 0
  minPos = 0
  dirty = false
  /** How often events that counted could not be written; compared with `rollbacksAtStart` of the running task. */
  rollbacks = 0
  rollbacksAtStart = 0
  #tail: Promise<unknown> = Promise.resolve()
  #queued = 0

  constructor(roomId: string, version: RoomVersion, serverName: string) {
    this.roomId = roomId
    this.version = version
    this.#serverName = serverName
  }

  get busy(): boolean {
    return this.#queued > 0
  }

  /** Runs `task` after every task given before it. @throws Error when too many wait */
  async enqueue<T>(task: () => Promise<T>): Promise<T> {
    if (this.#queued >= MAX_QUEUE) throw new RoomOverloaded()
    this.#queued += 1
    const start = () => {
      this.rollbacksAtStart = this.rollbacks
      return task()
    }
    const run = this.#tail.then(start, start)
    this.#tail = run.catch(() => undefined)
    try {
      return await run
    } finally {
      this.#queued -= 1
    }
  }

  setMember(userId: string, membership: Membership | undefined): void {
    const was = this.members.get(userId)
    if (was === membership) return
    if (membership === undefined) this.members.delete(userId)
    else this.members.set(userId, membership)
    if (serverNameOf(userId) === this.#serverName) {
      if (membership === 'join') this.local.add(userId)
      else this.local.delete(userId)
    }
    const change = Number(membership === 'join') - Number(was === 'join')
    if (change === 0) return
    const server = serverNameOf(userId) ?? ''
    const count = (this.servers.get(server) ?? 0) + change
    if (count > 0) this.servers.set(server, count)
    else this.servers.delete(server)
  }

  joined(userId: string): boolean {
    return this.members.get(userId) === 'join'
  }
}

/** More is waiting for the room than it takes in some seconds. */
export class RoomOverloaded extends MatrixError {
  constructor() {
    super(429, 'M_LIMIT_EXCEEDED', 'Too much is happening in this room. Wait a moment and try again.', {
      retry_after_ms: 1_000,
    })
  }
}

const markKeys = [topicPolicyEventType, conversationEventType].map((type) => stateKeyOf(type, ''))
/** What a room says that it is: a topic channel, or a conversation of the network. */
export const marksOf = (state: ReadonlyMap<string, string>): string[] =>
  markKeys.flatMap((key) => state.get(key) ?? [])
/** Whether it says so. Whether it is one, `ctx.channels` says. */
export const carriesPolicy = (state: ReadonlyMap<string, string>): boolean =>
  markKeys.some((key) => state.has(key))

/** Reads state for authorisation: every event named must be in memory already. */
export function lookupIn(state: ReadonlyMap<string, string>, store: RoomStore) {
  return (type: string, stateKey: string): Pdu | undefined => {
    const id = state.get(stateKeyOf(type, stateKey))
    return id === undefined ? undefined : store.events.peek(id)?.pdu
  }
}

export function stateView(state: ReadonlyMap<string, string>, store: RoomStore): StateView {
  return {
    ids: state,
    get(type, stateKey = '') {
      const id = state.get(stateKeyOf(type, stateKey))
      return id === undefined ? undefined : store.events.peek(id)
    },
    all: () => store.events.getMany([...state.values()]),
  }
}

/** Loads what authorisation of most events reads, so that `get` of a view finds it: all but memberships. */
export async function preload(
  state: ReadonlyMap<string, string>,
  store: RoomStore,
  more: readonly string[] = [],
): Promise<void> {
  const ids = [...more]
  for (const [key, id] of state)
    if (!key.startsWith('m.room.member\u0000') && !store.events.peek(id)) ids.push(id)
  if (ids.length > 0) await store.events.getMany(ids)
}

/** Resolves several state groups into one (state resolution v2 / v2.1), loading the auth chains it needs. */
export async function resolveGroups(
  groupIds: readonly string[],
  version: RoomVersion,
  store: RoomStore,
): Promise<{ group: string | undefined; state: ReadonlyMap<string, string> }> {
  const unique = [...new Set(groupIds)]
  if (unique.length === 0) return { group: undefined, state: new Map() }
  if (unique.length === 1) return { group: unique[0], state: await store.groups.get(unique[0]!) }
  const sets = await Promise.all(unique.map((id) => store.groups.get(id)))
  const events = await loadAuthChains(new Set(sets.flatMap((set) => [...set.values()])), store)
  const resolved = resolveState(version, sets, (id) => {
    const event = events.get(id)
    return event && event.verdict !== 'reject' ? event.pdu : undefined
  })
  const state = sets.some(carriesPolicy) ? keepSettings(resolved, sets, events) : resolved
  return { group: await store.groups.whole(state), state }
}

/**
 * NOTSPEC: a setting of a topic channel is replaced, never gone. State resolution drops what only one side has if its author
 * has left since: whoever names a state without the policy, or without encryption, would be rid of it.
 */
function keepSettings(
  resolved: ReadonlyMap<string, string>,
  sets: readonly ReadonlyMap<string, string>[],
  events: ReadonlyMap<string, StoredEvent>,
): ReadonlyMap<string, string> {
  const state = new Map(resolved)
  for (const [key, id] of sets.flatMap((set) => [...set])) {
    if (resolved.has(key) || key.startsWith('m.room.member\u0000')) continue
    const event = events.get(id)
    if (event?.verdict !== 'accept') continue
    const chosen = events.get(state.get(key) ?? '')
    if (!chosen || isLater(event, chosen)) state.set(key, id)
  }
  return state
}

const isLater = (a: StoredEvent, b: StoredEvent): boolean =>
  a.pdu.depth === b.pdu.depth ? a.eventId > b.eventId : a.pdu.depth > b.pdu.depth

/** State group before an event whose prev_events are all known. */
export async function groupBefore(room: Room, pdu: Pdu, store: RoomStore): Promise<string | undefined> {
  const prev = await store.events.getMany(pdu.prev_events)
  const groups = prev.flatMap((event) => event.after ?? [])
  if (groups.length === 1) return groups[0]
  return (await resolveGroups(groups, room.version, store)).group
}

/** The state group that these state events are. */
export async function groupOf(eventIds: readonly string[], store: RoomStore): Promise<string> {
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

/** Events and everything reachable through their auth events, level by level. */
export async function loadAuthChains(
  ids: Iterable<string>,
  store: RoomStore,
): Promise<Map<string, StoredEvent>> {
  const found = new Map<string, StoredEvent>()
  const asked = new Set<string>(ids)
  let level = [...asked]
  while (level.length > 0) {
    const next: string[] = []
    for (const event of await store.events.getMany(level)) {
      found.set(event.eventId, event)
      for (const auth of event.pdu.auth_events) {
        if (asked.has(auth)) continue
        asked.add(auth)
        next.push(auth)
      }
    }
    level = next
  }
  return found
}

/** Brings a room into memory: the stored summary, then every later event of the log. */
export async function loadRoom(
  doc: RoomDoc,
  room: Room,
  models: RoomModels,
  store: RoomStore,
): Promise<{ changed: string[]; redactions: StoredEvent[] }> {
  room.appliedPos = doc.applied_pos
  room.minPos = doc.min_pos
  const extremities = await store.events.getMany(doc.extremities)
  room.extremities = new Map(extremities.map((event) => [event.eventId, event.pdu.depth]))
  room.group = doc.group
  const before: ReadonlyMap<string, string> = doc.group ? await store.groups.get(doc.group) : new Map()
  // Served by {room_id, pos}.
  const later = await models.Event.find({ room_id: doc._id, pos: { $gt: doc.applied_pos } })
    .sort({ pos: 1 })
    .lean()
  const begins = new Set(later.filter((doc) => doc.begins).map((doc) => doc._id))
  const redactions: StoredEvent[] = []
  for (const event of await store.events.fromDocs(later)) {
    if (begins.has(event.eventId)) room.extremities.clear()
    if (event.verdict === 'accept') advance(room, event)
    if (event.verdict === 'accept' && event.pdu.type === 'm.room.redaction') redactions.push(event)
    room.appliedPos = event.pos!
  }
  if (later.length > 0) {
    const heads = await store.events.getMany([...room.extremities.keys()])
    const resolved = await resolveGroups(
      heads.flatMap((event) => event.after ?? []),
      room.version,
      store,
    )
    room.group = resolved.group
    room.state = resolved.state
  } else {
    room.state = before
  }
  await applyMembers(room, store)
  return { changed: changedMembers(before, room.state), redactions }
}

/** The event becomes an extremity in place of those it follows. */
export function advance(room: Room, event: StoredEvent): void {
  for (const prev of event.pdu.prev_events) room.extremities.delete(prev)
  room.extremities.set(event.eventId, event.pdu.depth)
}

async function applyMembers(room: Room, store: RoomStore): Promise<void> {
  const ids: string[] = []
  for (const [key, id] of room.state) if (key.startsWith('m.room.member\u0000')) ids.push(id)
  for (const event of await store.events.getMany(ids))
    room.setMember(event.pdu.state_key ?? '', membershipIn(event))
}

export function changedMembers(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  const changed = new Set<string>()
  for (const [key, id] of after)
    if (before.get(key) !== id && key.startsWith('m.room.member\u0000')) changed.add(splitStateKey(key)[1])
  for (const key of before.keys())
    if (!after.has(key) && key.startsWith('m.room.member\u0000')) changed.add(splitStateKey(key)[1])
  return [...changed]
}

export function membershipIn(event: StoredEvent): Membership | undefined {
  const value = event.pdu.content['membership']
  return value === 'join' || value === 'invite' || value === 'leave' || value === 'ban' || value === 'knock'
    ? value
    : undefined
}
