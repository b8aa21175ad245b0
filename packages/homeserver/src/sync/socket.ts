/**
 * Realtime delivery: what the log publishes is handed to connected devices. An entry that says the same to everyone (a
 * message, a receipt, typing) is encoded once for all devices that are caught up; whoever needs something of their own
 * (their own message's transaction id, device messages, state, a membership) gets an answer of the sync engine.
 */
import type { Server } from 'node:http'
import type { Call, SyncBody } from '@enlace/realtime/contract'
import { createRealtimeGateway, type RealtimeGateway, type Session } from '@enlace/realtime/gateway'
import jwt from 'jsonwebtoken'
import type { Context } from '../context.ts'
import { answerOf } from '../http/answer.ts'
import { clientPaths } from '../http/client-paths.ts'
import { invokeRoute } from '../http/pipeline.ts'
import { createRateLimiter } from '../http/rate-limit.ts'
import type { Route } from '../http/route.ts'
import type { StreamEntry } from '../stream/entries.ts'
import { noteArrived } from './arrived.ts'
import { parseFilter } from './filter.ts'
import { resolveFilter } from './routes.ts'
import { concerns } from './sync-engine.ts'
import { isPartial, pageToken, parseSyncToken, syncToken } from './token.ts'

/** Unread counts follow the messages at most this often, ms. */
const COUNTS_EVERY_MS = 250

const CALL_PATHS: Record<Call['name'], [method: Route['method'], path: string]> = {
  send: ['PUT', clientPaths('/rooms/:roomId/send/:eventType/:txnId')[0]!],
  redact: ['PUT', clientPaths('/rooms/:roomId/redact/:eventId/:txnId')[0]!],
  typing: ['PUT', clientPaths('/rooms/:roomId/typing/:userId')[0]!],
  receipt: ['POST', clientPaths('/rooms/:roomId/receipt/:receiptType/:eventId')[0]!],
  sendToDevice: ['PUT', clientPaths('/sendToDevice/:eventType/:txnId')[0]!],
}

export function attachRealtime(
  ctx: Context,
  server: Server,
  routes: readonly Route[],
): { close(): Promise<void> } {
  const limiter = createRateLimiter(() => ctx.config.rate_limits === 'on', {
    onLimited: ctx.metrics.rateLimited,
  })
  const byCall = new Map(
    Object.entries(CALL_PATHS).map(([name, [method, path]]) => {
      const found = routes.find(
        (one) => one.method === method && (one.path === path || one.path.includes(path)),
      )
      if (!found) throw new Error(`no route for the realtime call ${name}`)
      return [name as Call['name'], found]
    }),
  )
  const kinds: Kinds = new WeakMap()

  const gateway = createRealtimeGateway(server, {
    async authenticate(token, address) {
      const { userId, deviceId } = await ctx.tokens.authenticate(token, address)
      const claims = jwt.decode(token)
      // Without an end of its own a token lives as its device's session does, of whose end the gateway is told.
      const expiresAt =
        typeof claims === 'object' && claims?.exp ? claims.exp * 1000 : Number.POSITIVE_INFINITY
      return { userId, deviceId, expiresAt }
    },
    async sync(identity, since, subscription, acknowledged) {
      const filter = await resolveFilter(ctx, identity.userId, subscription.filter)
      const ignored = await ctx.push.ignoredBy(identity.userId)
      kinds.set(subscription, {
        plain: isPlain(filter) && !subscription.useStateAfter && ignored.size === 0,
        lazy: parseFilter(filter).room?.state?.lazy_load_members === true,
      })
      const body = await ctx.sync.sync({
        requester: { ...identity, isGuest: false, isAdmin: false },
        since,
        acknowledged,
        filter,
        timeoutMs: 0,
        useStateAfter: subscription.useStateAfter,
        setPresence: subscription.setPresence,
        signal: new AbortController().signal,
      })
      const {
        device_one_time_keys_count: _counts,
        device_unused_fallback_key_types: _types,
        next_batch: next,
        ...rest
      } = body
      const advanced = parseSyncToken(String(next)) > parseSyncToken(since)
      // More messages to the device wait than one answer has place for: the next answer follows at once.
      if (isPartial(String(next))) {
        for (const session of gateway.sessionsOf(identity.userId))
          if (session.subscription === subscription) gateway.refresh(session)
      }
      return Object.keys(rest).length > 0 || advanced ? (body as SyncBody) : undefined
    },
    async call(identity, { name, body, ...params }) {
      return invokeRoute(ctx, limiter, byCall.get(name)!, {
        requester: { ...identity, isGuest: false, isAdmin: false },
        params: params as Record<string, string>,
        body,
      })
    },
    acknowledged: (identity, token) => noteArrived(ctx, identity, token),
    answerOf: (error) => answerOf(ctx, error),
    onSessionEnded: (listener) => ctx.tokens.onEnded(listener),
  })

  const uncount = ctx.metrics.countOpen('realtime', () => [...gateway.sessions()].length)
  const counts = createCounts(ctx, gateway)
  // What one commit brought is told at once: under load, many messages are one push per device.
  let gathered: StreamEntry[] = []
  const unsubscribe = ctx.stream.subscribe((entries) => {
    if (gathered.length === 0) {
      setImmediate(() => {
        const all = gathered
        gathered = []
        deliver(ctx, gateway, kinds, counts, all)
      })
    }
    gathered.push(...entries)
  })
  return {
    async close() {
      unsubscribe()
      uncount()
      counts.close()
      await gateway.close()
    },
  }
}

function isPlain(filter: Record<string, unknown> | undefined): boolean {
  const { room, presence: _presence, account_data: _data, ...rest } = parseFilter(filter)
  if (Object.keys(rest).length > 0) return false
  const {
    timeline,
    state: _state,
    ephemeral,
    account_data: _roomData,
    include_leave: _leave,
    ...others
  } = room ?? {}
  if (Object.values(others).some((value) => value != null)) return false
  return [timeline, ephemeral].every((one) =>
    Object.entries(one ?? {}).every(
      ([key, value]) =>
        value == null || ['limit', 'lazy_load_members', 'unread_thread_notifications'].includes(key),
    ),
  )
}

/** Unread counts of rooms in which something happened, told a moment later. */
interface Counts {
  changed(roomId: string, sessions: readonly Session[]): void
  close(): void
}

type Shared = { rooms: Set<string>; slow: boolean }
/**
 * What a subscription's filter asks for. `plain`: it only narrows what the shared bodies never contain, or asks for what
 * they have. `lazy`: who sends has to be told to devices that do not know them.
 */
type Kinds = WeakMap<object, { plain: boolean; lazy: boolean }>

function deliver(
  ctx: Context,
  gateway: RealtimeGateway,
  kinds: Kinds,
  counts: Counts,
  entries: readonly StreamEntry[],
): void {
  const touched = new Map<Session, Shared>()
  const touch = (session: Session): Shared => {
    const known = touched.get(session)
    if (known) return known
    const shared = { rooms: new Set<string>(), slow: false }
    touched.set(session, shared)
    return shared
  }
  const parts = new Map<string, StreamEntry[]>()
  for (const entry of entries) {
    if (isShareable(entry)) {
      const list = parts.get(entry.roomId)
      if (list) list.push(entry)
      else parts.set(entry.roomId, [entry])
      for (const userId of ctx.rooms.localJoined(entry.roomId)) {
        for (const session of gateway.sessionsOf(userId)) {
          const shared = touch(session)
          shared.rooms.add(entry.roomId)
          // The sender's own device is told its transaction id.
          const { transaction } = entry.kind === 'event' ? entry.event : { transaction: undefined }
          if (transaction?.userId === userId && transaction.deviceId === session.identity.deviceId)
            shared.slow = true
          else if (entry.kind === 'event' && session.subscription && kinds.get(session.subscription)?.lazy) {
            const { sender } = entry.event.pdu
            const since = session.since === '' ? 0 : parseSyncToken(session.since)
            if (!ctx.sync.knowsMember(session.identity, entry.roomId, sender, since)) shared.slow = true
          }
        }
      }
      continue
    }
    for (const session of concerned(ctx, gateway, entry)) touch(session).slow = true
  }
  const groups = new Map<string, Session[]>()
  const [first, last] = [entries[0]!.pos, entries.at(-1)!.pos]
  for (const [session, { rooms, slow }] of touched) {
    // An answer computed since these were published has them already, or has some of them.
    const at = session.since === '' ? 0 : parseSyncToken(session.since)
    if (at >= last) continue
    const shares = session.subscription && kinds.get(session.subscription)?.plain
    if (slow || at >= first || !session.live || !shares || isPartial(session.since)) {
      if (session.subscription) gateway.refresh(session)
      continue
    }
    const key = [...rooms].sort().join(' ')
    const group = groups.get(key)
    if (group) group.push(session)
    else groups.set(key, [session])
  }
  const next = syncToken(last)
  for (const [key, sessions] of groups) {
    const join: Record<string, unknown> = {}
    for (const roomId of key.split(' ')) join[roomId] = roomPart(parts.get(roomId)!)
    gateway.broadcast(sessions, { next_batch: next, rooms: { join } })
    for (const roomId of key.split(' '))
      if (parts.get(roomId)!.some((entry) => entry.kind === 'event')) counts.changed(roomId, sessions)
  }
}

type Shareable = Extract<StreamEntry, { kind: 'event' | 'receipt' | 'typing' }>

function isShareable(entry: StreamEntry): entry is Shareable {
  switch (entry.kind) {
    case 'event':
      // State changes what else a client has to know; redactions carry their target's new form.
      return (
        entry.event.pdu.state_key === undefined &&
        !entry.event.outlier &&
        entry.event.pdu.type !== 'm.room.redaction'
      )
    case 'receipt':
      return entry.receiptType === 'm.read'
    case 'typing':
      return true
    default:
      return false
  }
}

function* concerned(ctx: Context, gateway: RealtimeGateway, entry: StreamEntry): Iterable<Session> {
  if (entry.kind === 'delivery') {
    for (const userId of entry.userIds) yield* gateway.sessionsOf(userId)
    return
  }
  const sessions =
    'userId' in entry &&
    (entry.kind === 'to_device' || entry.kind === 'one_time_keys' || entry.kind === 'account_data')
      ? gateway.sessionsOf(entry.userId)
      : gateway.sessions()
  for (const session of sessions) {
    if (concerns(ctx, entry, session.identity.userId, session.identity.deviceId)) yield session
  }
}

function roomPart(entries: readonly StreamEntry[]): Record<string, unknown> {
  const timeline: unknown[] = []
  const ephemeral: unknown[] = []
  let oldest: number | undefined
  for (const entry of entries) {
    if (entry.kind === 'event') {
      const { pdu, eventId } = entry.event
      oldest ??= entry.pos
      timeline.push({
        type: pdu.type,
        sender: pdu.sender,
        content: pdu.content,
        event_id: eventId,
        origin_server_ts: pdu.origin_server_ts,
        unsigned: { age: Math.max(0, Date.now() - pdu.origin_server_ts), membership: 'join' },
      })
    } else if (entry.kind === 'receipt') {
      const about = { ts: entry.ts, ...(entry.threadId === undefined ? {} : { thread_id: entry.threadId }) }
      ephemeral.push({
        type: 'm.receipt',
        content: { [entry.eventId]: { 'm.read': { [entry.userId]: about } } },
      })
    } else if (entry.kind === 'typing')
      ephemeral.push({ type: 'm.typing', content: { user_ids: entry.userIds } })
  }
  return {
    ...(oldest === undefined
      ? {}
      : { timeline: { events: timeline, limited: false, prev_batch: pageToken(oldest - 1) } }),
    ...(ephemeral.length > 0 ? { ephemeral: { events: ephemeral } } : {}),
  }
}

/** Unread counts are each person's own: they follow a moment later, once for many messages. */
function createCounts(ctx: Context, gateway: RealtimeGateway): Counts {
  const waiting = new Map<Session, Set<string>>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    timer = undefined
    const all = [...waiting]
    waiting.clear()
    for (const [session, rooms] of all) {
      const join: Record<string, unknown> = {}
      for (const roomId of rooms) {
        const { threads: _threads, ...unread } = await ctx.push.unread(session.identity.userId, roomId)
        join[roomId] = { unread_notifications: unread }
      }
      // A session that is being told something else gets the counts with that.
      if (session.live && session.since !== '' && !isPartial(session.since))
        gateway.broadcast([session], { next_batch: session.since, rooms: { join } })
    }
  }
  return {
    changed(roomId, sessions) {
      for (const session of sessions) {
        const rooms = waiting.get(session) ?? new Set()
        waiting.set(session, rooms.add(roomId))
      }
      timer ??= setTimeout(() => {
        flush().catch((error: unknown) => ctx.log.error({ err: error }, 'unread counts not sent'))
      }, COUNTS_EVERY_MS)
    },
    close() {
      if (timer) clearTimeout(timer)
    },
  }
}
