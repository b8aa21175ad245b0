/**
 * What devices acknowledge, turned into marks and told to the servers whose people sent it.
 *
 *   a device's position (every /sync?since= and every acknowledged push): one number per person in memory
 *   -> every few seconds, for those that moved: rooms with new events up to there -> EDUs for the senders' servers,
 *      kept until accepted -> marks. A crash between the two tells the same again.
 */
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { Acknowledgements, Mark, Marks, News } from './types.ts'

export const DELIVERED_EDU = 'org.enlace.delivered'
/** Persons named in one EDU. */
export const MAX_USERS_PER_EDU = 100
const GATHER_MS = 2_000
/** More than this in the log's tail: the database is asked per room instead. */
const MAX_TAIL = 5_000
/** How far back the newest event of each server is looked for when the tail does not reach, and in what steps. */
const MAX_BACK = 1_000
const PAGE = 100
const MAX_PERSONS = 20_000

type Acknowledged = { pos: number; ts: number }
/** What is new for a person in a room: the newest event, the newest of each server, and who of this node sent some. */
type Fresh = { newest: StoredEvent; byServer: Map<string, StoredEvent>; localSenders: Set<string> }

export function createAcknowledgements(
  ctx: Context,
  marks: Marks,
  news: News,
  gatherMs = GATHER_MS,
): Acknowledgements {
  const waiting = new Map<string, Acknowledged>()
  /** Up to where a person's acknowledgements have been worked through in this run. */
  const done = growingCache<string, number>(MAX_PERSONS)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let closed = false

  function schedule(): void {
    if (closed || running || timer) return
    timer = setTimeout(() => {
      timer = undefined
      void run()
    }, gatherMs).unref()
  }

  async function run(): Promise<void> {
    running ??= work()
      .catch((error: unknown) =>
        ctx.log.error({ err: error }, 'deliveries to devices not recorded; tried again'),
      )
      .finally(() => {
        running = undefined
        if (waiting.size > 0) schedule()
      })
    await running
  }

  async function work(): Promise<void> {
    const batch = [...waiting]
    const raised: Mark[] = []
    const senders: [roomId: string, userIds: ReadonlySet<string>][] = []
    const told = new Map<
      string,
      { server: string; roomId: string; users: Map<string, StoredEvent & Stamp> }
    >()
    for (const [userId, { pos, ts }] of batch) {
      for (const [roomId, fresh] of await freshFor(userId, pos)) {
        raised.push({ roomId, userId, eventId: fresh.newest.eventId, pos: fresh.newest.pos!, ts })
        if (fresh.localSenders.size > 0) senders.push([roomId, fresh.localSenders])
        for (const [server, event] of fresh.byServer) {
          if (server === ctx.serverName) continue
          const key = `${server}|${roomId}`
          const one = told.get(key) ?? { server, roomId, users: new Map() }
          told.set(key, one)
          one.users.set(userId, { ...event, ts })
        }
      }
    }
    for (const { server, roomId, users } of told.values()) await tell(server, roomId, users)
    await marks.raise(raised)
    for (const [roomId, userIds] of senders) news.tell(roomId, userIds)
    for (const [userId, { pos }] of batch) {
      done.set(userId, Math.max(pos, done.get(userId) ?? 0))
      if ((waiting.get(userId)?.pos ?? 0) <= pos) waiting.delete(userId)
    }
  }

  async function freshFor(userId: string, upTo: number): Promise<Map<string, Fresh>> {
    const since = done.get(userId)
    const tail = since === undefined ? undefined : ctx.stream.recentSince(since)
    const events = new Map<string, StoredEvent[]>()
    if (tail && tail.length <= MAX_TAIL) {
      for (const entry of tail) {
        if (entry.pos > upTo) break
        if (entry.kind !== 'event' || entry.event.outlier) continue
        const list = events.get(entry.roomId)
        if (list) list.push(entry.event)
        else events.set(entry.roomId, [entry.event])
      }
    }
    const fresh = new Map<string, Fresh>()
    for (const roomId of tail ? events.keys() : await roomsOf(userId)) {
      if (tail && !ctx.rooms.localJoined(roomId).has(userId)) continue
      // Joined later than what was acknowledged: the device cannot have got it as a member.
      const own = await ctx.rooms.membership(roomId, userId)
      if (own?.membership !== 'join' || own.event.pos === undefined || own.event.pos > upTo) continue
      const before = (await marks.of(roomId)).get(userId)?.pos ?? 0
      const found = tail
        ? events.get(roomId)!.filter((event) => event.pos! > before)
        : await backFrom(roomId, upTo, before)
      const one = freshOf(found, userId)
      if (one) fresh.set(roomId, one)
    }
    return fresh
  }

  /** Events in (before, upTo], newest first: a page, and more until there is one of every other server in the room. */
  async function backFrom(roomId: string, upTo: number, before: number): Promise<StoredEvent[]> {
    const servers = new Set(await ctx.rooms.joinedServers(roomId))
    servers.delete(ctx.serverName)
    const found: StoredEvent[] = []
    let page: StoredEvent[]
    do {
      const from = found.at(-1)?.pos ?? upTo + 1
      page = await ctx.rooms.timeline(roomId, { from, to: before, dir: 'b', limit: PAGE })
      found.push(...page)
      for (const { pdu } of page) servers.delete(serverNameOf(pdu.sender) ?? '')
    } while (servers.size > 0 && page.length === PAGE && found.length < MAX_BACK)
    return found
  }

  async function roomsOf(userId: string): Promise<string[]> {
    const all = await ctx.rooms.roomsOf(userId)
    return all.filter(({ membership }) => membership === 'join').map(({ roomId }) => roomId)
  }

  function freshOf(events: readonly StoredEvent[], userId: string): Fresh | undefined {
    const fresh: Partial<Fresh> & Pick<Fresh, 'byServer' | 'localSenders'> = {
      byServer: new Map(),
      localSenders: new Set(),
    }
    for (const event of events) {
      const { sender } = event.pdu
      // One's own messages are no delivery.
      if (sender === userId) continue
      if (fresh.newest === undefined || event.pos! > fresh.newest.pos!) fresh.newest = event
      const server = serverNameOf(sender) ?? ''
      if ((fresh.byServer.get(server)?.pos ?? 0) < event.pos!) fresh.byServer.set(server, event)
      if (server === ctx.serverName) fresh.localSenders.add(sender)
    }
    return fresh.newest === undefined ? undefined : { ...fresh, newest: fresh.newest }
  }

  async function tell(
    server: string,
    roomId: string,
    users: ReadonlyMap<string, StoredEvent & Stamp>,
  ): Promise<void> {
    if (!(await ctx.rooms.joinedServers(roomId)).includes(server)) return
    if (!(await ctx.rooms.serverAllowed(roomId, server))) return
    try {
      ctx.federation.checkServer(server, 'edu')
    } catch (error) {
      if (error instanceof MatrixError) return
      throw error
    }
    const all = [...users]
    for (let from = 0; from < all.length; from += MAX_USERS_PER_EDU) {
      const some = all.slice(from, from + MAX_USERS_PER_EDU)
      await ctx.federation.sendEdu(
        [server],
        {
          edu_type: DELIVERED_EDU,
          content: {
            room_id: roomId,
            users: Object.fromEntries(some.map(([id, { eventId, ts }]) => [id, { event_id: eventId, ts }])),
          },
        },
        // There are as many of them as the partner sends events: one that is away gets no pile of them.
        { durable: true },
      )
    }
  }

  return {
    acknowledged(userId: string, pos: number): void {
      // A client may name a position that was never given out.
      const upTo = Math.min(pos, ctx.stream.stable)
      if (upTo <= (waiting.get(userId)?.pos ?? done.get(userId) ?? 0)) return
      if (waiting.size >= MAX_PERSONS && !waiting.has(userId)) return
      waiting.set(userId, { pos: upTo, ts: Date.now() })
      schedule()
    },

    async atRest(): Promise<void> {
      await running
    },

    /** Works through what has gathered, now. */
    async flush(): Promise<void> {
      await running
      await run()
    },

    async close(): Promise<void> {
      clearTimeout(timer)
      if (waiting.size > 0 || running) await run()
      closed = true
      clearTimeout(timer)
    },
  }
}

type Stamp = { ts: number }
