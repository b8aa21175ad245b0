/**
 * Unread counts (client-server API, "Receiving notifications"), kept in memory and worked out as they are asked for.
 *
 * Per room the newest events stay in a ring that all its readers share; per reader and room there is the list of what
 * notified, and how far the ring was looked at. A message costs nothing until a reader's sync asks, and then one
 * evaluation; it never costs a query. What fell out of memory is read again from the timeline.
 */
import { powerLevelsOf, userPower } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import type { StateView, StoredEvent } from '../rooms/types.ts'
import type { Ruleset } from './default-rules.ts'
import { evaluate } from './evaluate.ts'
import type { Outcome, PushRules, Unread, UnreadCounts } from './types.ts'

/** Newest events per room in memory. */
const RING = 200
/** More unread than this is not told apart: clients show "99+" long before. */
const MAX_UNREAD = 1_000
const MAX_READERS = 50_000
const MAX_ROOMS = 2_000
const MAX_HOPS = 3

const MAIN = 'main'
/** Account data of a room: until when it is muted by the rule of its id. 0: until that is taken back. */
const muteType = 'org.enlace.mute'

type Entry = { pos: number; thread: string; highlight: boolean }
type Reader = {
  lookedAt: number
  entries: Entry[]
  total: UnreadCounts
  threads: Map<string, UnreadCounts>
  /** Version of what was read that the entries take into account. */
  readVersion: number
}
type Ring = { floor: number; events: StoredEvent[] }

const none = (): UnreadCounts => ({ notification_count: 0, highlight_count: 0 })

function count(reader: Reader, { thread, highlight }: Entry): void {
  const counts = [reader.total]
  if (thread !== MAIN) {
    const own = reader.threads.get(thread) ?? none()
    reader.threads.set(thread, own)
    counts.push(own)
  }
  for (const one of counts) {
    one.notification_count++
    if (highlight) one.highlight_count++
  }
}

/** Keeps some of the entries and counts anew. */
function keep(reader: Reader, wanted: (entry: Entry) => boolean): void {
  const kept = reader.entries.filter(wanted)
  if (kept.length === reader.entries.length) return
  reader.entries = kept
  reader.total = none()
  reader.threads = new Map()
  for (const entry of kept) count(reader, entry)
}

/** The oldest goes: its share is taken from the counts, nothing is counted anew. */
function dropOldest(reader: Reader): void {
  const entry = reader.entries.shift()
  if (!entry) return
  const own = reader.threads.get(entry.thread)
  for (const one of own ? [reader.total, own] : [reader.total]) {
    one.notification_count--
    if (entry.highlight) one.highlight_count--
  }
  if (own?.notification_count === 0) reader.threads.delete(entry.thread)
}

export function createUnread(ctx: Context, rules: PushRules): Unread {
  const rings = growingCache<string, Ring>(MAX_ROOMS)
  const readers = growingCache<string, Reader>(MAX_READERS)
  const threads = growingCache<string, string>(20_000)
  const ignored = growingCache<string, ReadonlySet<string>>(5_000)
  const rooms = growingCache<string, Promise<{ memberCount: number; state: StateView }>>(100, {
    ttl: 30_000,
  })
  const readersOf = new Map<string, Set<string>>()

  ctx.stream.subscribe((entries) => {
    for (const entry of entries) {
      if (entry.kind === 'event') {
        const ring = rings.get(entry.roomId)
        if (!ring || entry.event.pos === undefined || entry.event.pos <= 0) continue
        ring.events.push(entry.event)
        if (ring.events.length > RING * 1.5) {
          const cut = ring.events.splice(0, ring.events.length - RING)
          ring.floor = cut.at(-1)!.pos!
        }
      } else if (entry.kind === 'account_data' && entry.type === 'm.ignored_user_list') {
        ignored.delete(entry.userId)
        forget(entry.userId)
      }
    }
  })
  rules.onChange(forget)

  /** The counts of a person are void: they are worked out anew. */
  function forget(userId: string): void {
    for (const id of readersOf.get(userId) ?? []) readers.delete(id)
    readersOf.delete(userId)
  }

  /** Events after `from`, oldest first: from the ring, or from the timeline when the ring does not reach back. */
  async function eventsAfter(roomId: string, from: number): Promise<readonly StoredEvent[]> {
    let ring = rings.get(roomId)
    if (!ring) {
      ring = { floor: ctx.stream.stable, events: [] }
      rings.set(roomId, ring)
    }
    if (from >= ring.floor) {
      let start = ring.events.length
      while (start > 0 && ring.events[start - 1]!.pos! > from) start--
      return ring.events.slice(start)
    }
    // What arrives while the timeline is read is in the ring too.
    const older = await ctx.rooms.timeline(roomId, {
      from,
      to: ring.floor,
      dir: 'f',
      limit: MAX_UNREAD,
    })
    return [...older, ...ring.events.filter((event) => event.pos! > (older.at(-1)?.pos ?? from))]
  }

  async function threadOf(event: StoredEvent): Promise<string> {
    const known = threads.get(event.eventId)
    if (known) return known
    let thread = MAIN
    let current: StoredEvent | undefined = event
    for (let hop = 0; current && hop <= MAX_HOPS; hop++) {
      const relation = current.pdu.content['m.relates_to'] as Record<string, unknown> | undefined
      const parent = relation?.['event_id']
      if (typeof parent !== 'string') break
      if (relation?.['rel_type'] === 'm.thread') {
        thread = parent
        break
      }
      if (relation?.['rel_type'] === undefined) break
      current = await ctx.rooms.event(parent)
      if (current?.roomId !== event.roomId) break
    }
    threads.set(event.eventId, thread)
    return thread
  }

  async function ignoredBy(userId: string): Promise<ReadonlySet<string>> {
    const known = ignored.get(userId)
    if (known) return known
    const list = (await ctx.accountData.get(userId, 'm.ignored_user_list'))?.['ignored_users']
    const found = new Set(typeof list === 'object' && list !== null ? Object.keys(list) : [])
    ignored.set(userId, found)
    return found
  }

  /** What rules ask of the room, read once for all whom an event concerns. */
  function roomAt({ eventId, roomId }: StoredEvent): Promise<{ memberCount: number; state: StateView }> {
    const known = rooms.get(eventId)
    if (known) return known
    const found = Promise.all([ctx.rooms.members(roomId, 'join'), ctx.rooms.currentState(roomId)]).then(
      ([members, state]) => ({ memberCount: members.length, state }),
    )
    rooms.set(eventId, found)
    found.catch(() => rooms.delete(eventId))
    return found
  }

  /** Whoever muted a channel for a time is told again when it is over, whether or not a client has taken the rule back. */
  async function withoutEndedMute(userId: string, roomId: string, ruleset: Ruleset): Promise<Ruleset> {
    if (!ruleset.override.some(({ rule_id, enabled }) => enabled && rule_id === roomId)) return ruleset
    const until = (await ctx.accountData.get(userId, muteType, roomId))?.['until']
    if (typeof until !== 'number' || until === 0 || until > ctx.clock.now()) return ruleset
    return { ...ruleset, override: ruleset.override.filter(({ rule_id }) => rule_id !== roomId) }
  }

  /** What the person's push rules say of an event. */
  async function judge(userId: string, event: StoredEvent): Promise<Outcome> {
    const { pdu, roomId } = event
    if ((await ignoredBy(userId)).has(pdu.sender)) return { notify: false, highlight: false, actions: [] }
    const ruleset = await withoutEndedMute(userId, roomId, await rules.ruleset(userId))
    const { memberCount, state } = await roomAt(event)
    const member = state.get('m.room.member', userId)
    const displayName = member?.pdu.content['displayname']
    return evaluate(ruleset, {
      event: { ...pdu, room_id: roomId, event_id: event.eventId },
      roomId,
      sender: pdu.sender,
      memberCount,
      displayName: typeof displayName === 'string' ? displayName : undefined,
      senderMayNotify: (key) => {
        const lookup = (type: string, stateKey: string) => state.get(type, stateKey)?.pdu
        const needed = powerLevelsOf(lookup, event.version).notifications.get(key) ?? 50
        return userPower(lookup, pdu.sender, event.version) >= needed
      },
    })
  }

  /** Brings a reader up to date. */
  async function lookAt(userId: string, roomId: string): Promise<Reader> {
    const id = `${roomId}|${userId}`
    let reader = readers.get(id)
    if (!reader) {
      const joined = (await ctx.rooms.membership(roomId, userId))?.event.pos ?? 0
      const { all } = await ctx.ephemeral.readUpTo(roomId, userId)
      reader = {
        lookedAt: all > 0 ? all : joined,
        entries: [],
        total: none(),
        threads: new Map(),
        readVersion: -1,
      }
      readers.set(id, reader)
      const mine = readersOf.get(userId) ?? new Set()
      mine.add(id)
      readersOf.set(userId, mine)
    }
    for (const event of await eventsAfter(roomId, reader.lookedAt)) {
      if (event.pos! <= reader.lookedAt) continue
      reader.lookedAt = event.pos!
      const thread = await threadOf(event)
      if (event.pdu.sender === userId) {
        // Who writes in a conversation has read it.
        keep(reader, (entry) => entry.thread !== thread)
        continue
      }
      if (event.verdict !== 'accept' || event.redactedBy !== undefined) continue
      const { notify, highlight } = await judge(userId, event)
      if (!notify) continue
      const entry = { pos: event.pos!, thread, highlight }
      reader.entries.push(entry)
      count(reader, entry)
      if (reader.entries.length > MAX_UNREAD) dropOldest(reader)
    }
    return reader
  }

  const inTurn = createKeyedQueue()

  /** Brought up to date one look at a time per reader and room: two would count the same event twice. */
  const upToDate = (userId: string, roomId: string): Promise<Reader> =>
    inTurn(`${roomId}|${userId}`, () => lookAt(userId, roomId))

  return {
    judge,
    ignoredBy,

    async counts(userId, roomId) {
      const reader = await upToDate(userId, roomId)
      const read = await ctx.ephemeral.readUpTo(roomId, userId)
      // Entries that came since are after what was read, unless the receipt came first.
      const last = reader.entries.at(-1)
      if (
        reader.readVersion !== read.version ||
        (last && last.pos <= Math.max(read.all, read.threads.get(last.thread) ?? 0))
      ) {
        reader.readVersion = read.version
        keep(reader, ({ pos, thread }) => pos > read.all && pos > (read.threads.get(thread) ?? 0))
      }
      const { total, threads } = reader
      return { ...total, ...(threads.size > 0 ? { threads: Object.fromEntries(threads) } : {}) }
    },
  }
}
