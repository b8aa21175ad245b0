/**
 * The sync engine behind HTTP `/sync` and the realtime gateway (client-server API, "Syncing"). A token is `s` and a
 * position of the room log; everything up to it has been told. A reader who is nearly caught up is served from the
 * log's tail in memory; anyone else from the database.
 */
import { ALERTS_TYPE } from '../alerts/board.ts'
import type { Context, SyncEngine } from '../context.ts'
import { invalidParam } from '../errors.ts'

import { clientEvent } from '../rooms/client-event.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { StreamEntry } from '../stream/entries.ts'
import { includesRoom, parseFilter, passes, type SyncFilter } from './filter.ts'
import { roomSection } from './room-section.ts'

const MAX_WAIT_MS = 120_000
const TO_DEVICE_LIMIT = 100
/** More entries than this since the last sync: the tail is not worth walking. */
const MAX_TAIL = 2_000

type SyncArgs = Parameters<SyncEngine['sync']>[0]
type Wake = () => void

export const syncToken = (pos: number): string => `s${pos}`

/** @throws M_INVALID_PARAM */
export function parseSyncToken(token: string): number {
  const match = /^s(\d{1,15})$/.exec(token)
  if (!match) throw invalidParam('since: is not a token this server gave.')
  return Number(match[1])
}

/** Whether an entry of the log is something for this user (and device). */
export function concerns(ctx: Context, entry: StreamEntry, userId: string, deviceId: string): boolean {
  switch (entry.kind) {
    case 'event':
      return (
        ctx.rooms.localJoined(entry.roomId).has(userId) ||
        (entry.event.pdu.type === 'm.room.member' && entry.event.pdu.state_key === userId)
      )
    case 'receipt':
      if (entry.receiptType === 'm.read.private') return entry.userId === userId
      return ctx.rooms.localJoined(entry.roomId).has(userId)
    case 'typing':
      return ctx.rooms.localJoined(entry.roomId).has(userId)
    case 'to_device':
    case 'one_time_keys':
      return entry.userId === userId && entry.deviceId === deviceId
    case 'account_data':
      return entry.userId === userId
    case 'device_list':
    case 'presence':
      return true
    case 'delivery':
      return entry.userIds.has(userId)
  }
}

export function createSyncEngine(ctx: Context): SyncEngine {
  const waiting = new Set<{ userId: string; deviceId: string; wake: Wake }>()
  ctx.stream.subscribe((entries) => {
    for (const waiter of waiting) {
      if (entries.some((entry) => concerns(ctx, entry, waiter.userId, waiter.deviceId))) waiter.wake()
    }
  })

  /** Resolves when something for the user is published, the time is over, or the caller goes away. */
  function wait(args: SyncArgs, since: number, ms: number): Promise<void> {
    return new Promise((done) => {
      const { userId, deviceId } = args.requester
      const finish = () => {
        clearTimeout(timer)
        waiting.delete(waiter)
        args.signal.removeEventListener('abort', finish)
        done()
      }
      const waiter = { userId, deviceId, wake: finish }
      const timer = setTimeout(finish, ms)
      args.signal.addEventListener('abort', finish, { once: true })
      waiting.add(waiter)
      // Published between the computation and here: look again at once.
      const missed = ctx.stream.recentSince(since)
      if (args.signal.aborted || (missed?.some((entry) => concerns(ctx, entry, userId, deviceId)) ?? false))
        finish()
    })
  }

  return {
    async sync(args) {
      const filter = parseFilter(args.filter)
      const since = args.since === undefined ? undefined : parseSyncToken(args.since)
      const deadline = Date.now() + Math.min(Math.max(args.timeoutMs, 0), MAX_WAIT_MS)
      if (args.setPresence === 'online' || args.setPresence === 'unavailable') {
        await ctx.ephemeral.setPresence(args.requester.userId, args.setPresence)
      }
      let from = since
      for (;;) {
        const to = Math.max(ctx.stream.stable, since ?? 0)
        const { body, empty } = await compute(ctx, args, filter, from, to, since)
        const left = deadline - Date.now()
        if (!empty || since === undefined || args.fullState || left <= 0 || args.signal.aborted) return body
        await wait(args, to, left)
        // Nothing in (since, to]: only what came later is of interest.
        from = to
        if (args.signal.aborted) return body
      }
    },
    clientEvent: (event, viewer) => clientEvent(ctx, event, viewer),
  }
}

async function compute(
  ctx: Context,
  args: SyncArgs,
  filter: SyncFilter,
  since: number | undefined,
  to: number,
  ackUpTo: number | undefined,
): Promise<{ body: Record<string, unknown>; empty: boolean }> {
  const { requester } = args
  const { userId, deviceId } = requester
  const tail = since === undefined || args.fullState ? undefined : tailSince(ctx, since, to)
  const mine = tail?.filter((entry) => concerns(ctx, entry, userId, deviceId))
  const has = (...kinds: StreamEntry['kind'][]) =>
    mine === undefined || mine.some((entry) => kinds.includes(entry.kind))

  const rooms = await roomsPart(ctx, args, filter, since, to, mine)
  const memberships =
    mine === undefined ||
    mine.some((entry) => entry.kind === 'event' && entry.event.pdu.type === 'm.room.member')
  const body: Record<string, unknown> = {}

  // Also without a new entry: what an earlier answer had no place for still waits. With nothing waiting it is no query.
  const { events: toDevice } = await ctx.toDevice.pull(userId, deviceId, ackUpTo ?? 0, to, TO_DEVICE_LIMIT)
  const accountData = has('account_data')
    ? (await ctx.accountData.since(userId, since ?? 0, to))
        .filter((one) => one.roomId === undefined)
        .map(({ type, content }) => ({ type, content }))
        .filter((event) => passes(filter.account_data, event))
    : []
  const alerts = accountData.find(({ type }) => type === ALERTS_TYPE)
  if (alerts) ctx.alerts.handedOut(userId, deviceId, to, alerts.content)
  const deviceLists =
    since !== undefined && (has('device_list') || memberships)
      ? await ctx.deviceKeys.changesFor(userId, since, to)
      : undefined
  const presence = has('presence') ? await presencePart(ctx, userId, mine, since) : []
  const keyChange = mine === undefined || mine.some((entry) => entry.kind === 'one_time_keys')

  if (rooms !== undefined) body['rooms'] = rooms
  if (accountData.length > 0) body['account_data'] = { events: accountData }
  if (toDevice.length > 0) body['to_device'] = { events: toDevice }
  if (presence.length > 0)
    body['presence'] = { events: presence.filter((event) => passes(filter.presence, event)) }
  if (deviceLists && (deviceLists.changed.length > 0 || deviceLists.left.length > 0))
    body['device_lists'] = deviceLists
  const empty = Object.keys(body).length === 0 && !(keyChange && since !== undefined && mine !== undefined)
  const counts = await ctx.deviceKeys.counts(userId, deviceId)
  body['device_one_time_keys_count'] = counts.oneTimeKeyCounts
  body['device_unused_fallback_key_types'] = counts.unusedFallbackTypes
  body['next_batch'] = syncToken(to)
  return { body, empty }
}

function tailSince(ctx: Context, since: number, to: number): readonly StreamEntry[] | undefined {
  const tail = ctx.stream.recentSince(since)
  if (!tail || tail.length > MAX_TAIL) return undefined
  return tail.at(-1) && tail.at(-1)!.pos > to ? tail.filter((entry) => entry.pos <= to) : tail
}

async function roomsPart(
  ctx: Context,
  args: SyncArgs,
  filter: SyncFilter,
  since: number | undefined,
  to: number,
  mine: readonly StreamEntry[] | undefined,
): Promise<Record<string, unknown> | undefined> {
  const { requester } = args
  const { userId } = requester
  const join: Record<string, unknown> = {}
  const invite: Record<string, unknown> = {}
  const knock: Record<string, unknown> = {}
  const leave: Record<string, unknown> = {}
  const touched = mine && touchedRooms(mine, userId)
  if (touched && touched.size === 0) return undefined

  const memberships = touched
    ? await Promise.all(
        [...touched.keys()].map(async (roomId) => {
          const own = await ctx.rooms.membership(roomId, userId)
          return (
            own && {
              roomId,
              membership: own.membership,
              eventId: own.event.eventId,
              pos: own.event.pos ?? touched.get(roomId)!.ownPos ?? 0,
            }
          )
        }),
      ).then((all) => all.filter((one) => one !== undefined))
    : await ctx.rooms.roomsOf(userId)

  for (const own of memberships) {
    const { roomId, membership } = own
    if (!includesRoom(filter.room, roomId) || !includesRoom(filter.room?.timeline, roomId)) continue
    const changed = since === undefined || own.pos > since
    if (membership === 'invite' || membership === 'knock') {
      if (!changed && !args.fullState) continue
      const events = await ctx.rooms.strippedState(roomId, userId)
      if (membership === 'invite') invite[roomId] = { invite_state: { events } }
      else knock[roomId] = { knock_state: { events } }
      continue
    }
    const shared = {
      requester,
      roomId,
      range: { since, to },
      filter,
      fullState: args.fullState ?? false,
      useStateAfter: args.useStateAfter ?? false,
      events: touched?.get(roomId)?.events,
      kinds: touched?.get(roomId)?.kinds,
    }
    if (membership === 'join') {
      const newlyJoined = since !== undefined && changed && (await wasOut(ctx, own.eventId, userId))
      const section = await roomSection(ctx, { ...shared, newlyJoined })
      if (section) join[roomId] = section
      continue
    }
    // Left or banned: told once when it happens, and again only to who asks for left rooms at the first sync.
    if (since === undefined ? !filter.room?.include_leave : !changed) continue
    const event = await ctx.rooms.event(own.eventId)
    if (!event) continue
    if (event.outlier) {
      // An invite refused, or a knock withdrawn, of a room this node is not in.
      leave[roomId] = {
        timeline: {
          events: [await clientEvent(ctx, event, requester, { withoutRoomId: true })],
          limited: false,
        },
        state: { events: [] },
        account_data: { events: [] },
      }
      continue
    }
    const section = await roomSection(ctx, { ...shared, newlyJoined: false, until: event.pos })
    if (section) leave[roomId] = section
  }
  const rooms: Record<string, unknown> = {}
  for (const [name, part] of Object.entries({ join, invite, knock, leave })) {
    if (Object.keys(part).length > 0) rooms[name] = part
  }
  return Object.keys(rooms).length > 0 ? rooms : undefined
}

type Touched = { events: StoredEvent[]; kinds: Set<string>; ownPos?: number }

function touchedRooms(entries: readonly StreamEntry[], userId: string): Map<string, Touched> {
  const rooms = new Map<string, Touched>()
  for (const entry of entries) {
    if (!('roomId' in entry) || entry.roomId === undefined) continue
    const room = rooms.get(entry.roomId) ?? { events: [], kinds: new Set() }
    rooms.set(entry.roomId, room)
    room.kinds.add(entry.kind)
    if (entry.kind !== 'event') continue
    if (!entry.event.outlier) room.events.push(entry.event)
    if (entry.event.pdu.type === 'm.room.member' && entry.event.pdu.state_key === userId)
      room.ownPos = entry.pos
  }
  return rooms
}

/** Whether the user was not in the room before this membership event of theirs. */
async function wasOut(ctx: Context, eventId: string, userId: string): Promise<boolean> {
  const before = await ctx.rooms.stateBefore(eventId)
  const id = before?.ids.get(`m.room.member\u0000${userId}`)
  const event = id === undefined ? undefined : await ctx.rooms.event(id)
  return event?.pdu.content['membership'] !== 'join'
}

async function presencePart(
  ctx: Context,
  userId: string,
  mine: readonly StreamEntry[] | undefined,
  since: number | undefined,
): Promise<{ type: string }[]> {
  const users = new Set<string>()
  if (mine) {
    for (const entry of mine) if (entry.kind === 'presence') users.add(entry.userId)
  } else if (since === undefined) {
    for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
      if (membership !== 'join') continue
      for (const user of await ctx.rooms.members(roomId, 'join')) users.add(user)
      if (users.size > 500) break
    }
  }
  const shown: string[] = []
  for (const user of users) if (user === userId || (await shareRoom(ctx, user, userId))) shown.push(user)
  return shown.length === 0 ? [] : ((await ctx.ephemeral.presence(shown)) as { type: string }[])
}

async function shareRoom(ctx: Context, a: string, b: string): Promise<boolean> {
  for (const { roomId, membership } of await ctx.rooms.roomsOf(b)) {
    if (membership === 'join' && (await ctx.rooms.membership(roomId, a))?.membership === 'join') return true
  }
  return false
}
