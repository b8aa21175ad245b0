/**
 * The sync engine behind HTTP `/sync` and the realtime gateway (client-server API, "Syncing"). A token (token.ts) is a
 * position of the log. A reader who is nearly caught up is served from the log's tail in memory, anyone else from the
 * database.
 */
import { ALERTS_TYPE } from '../alerts/open-alerts.ts'
import type { Context } from '../context.ts'
import { clientEvent } from '../rooms/client-event.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { StreamEntry } from '../stream/entries.ts'
import { includesRoom, parseFilter, passes, type SyncFilter } from './filter.ts'
import { createLazyMembers } from './lazy-members.ts'
import { roomSection } from './room-section.ts'
import { leftAt, wasOut } from './stays.ts'
import { checkGiven, readSyncToken, syncToken } from './token.ts'
import type { LazyMembers, SyncEngine } from './types.ts'

const MAX_WAIT_MS = 120_000
const TO_DEVICE_LIMIT = 100
/** Rooms are gone through for their members' presence until there are more people than this. */
const MAX_PRESENCE = 500
/** More entries than this since the last sync: the tail is not worth walking. */
const MAX_TAIL = 2_000

type SyncArgs = Parameters<SyncEngine['sync']>[0]
type Wake = () => void

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
    case 'vouched':
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
  const lazy = createLazyMembers()
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
      if (args.since !== undefined) checkGiven(ctx, args.since)
      const given = args.since === undefined ? undefined : readSyncToken(args.since)
      // Of a life of this node that was lost with its machine: the client gets everything, and nothing is left unsaid.
      const since = given && ctx.restored.isLost(given.pos) ? 0 : given?.pos
      const messages = {
        from: given?.toDevice ?? 0,
        acknowledged:
          args.acknowledged === undefined
            ? (given?.toDevice ?? 0)
            : readSyncToken(args.acknowledged).toDevice,
      }
      const deadline = Date.now() + Math.min(Math.max(args.timeoutMs, 0), MAX_WAIT_MS)
      if (args.setPresence === 'online' || args.setPresence === 'unavailable') {
        await ctx.ephemeral.setPresence(args.requester.userId, args.setPresence)
      }
      let from = since
      for (;;) {
        const to = ctx.stream.stable
        const { body, empty } = await compute(ctx, lazy, args, filter, from, to, messages)
        const left = deadline - Date.now()
        if (!empty || since === undefined || args.fullState || left <= 0 || args.signal.aborted) return body
        await wait(args, to, left)
        // Nothing in (since, to]: only what came later is of interest.
        from = to
        if (args.signal.aborted) return body
      }
    },
    knowsMember: lazy.knows,
    clientEvent: (event, viewer) => clientEvent(ctx, event, viewer),
  }
}

async function compute(
  ctx: Context,
  lazy: LazyMembers,
  args: SyncArgs,
  filter: SyncFilter,
  since: number | undefined,
  to: number,
  messages: { from: number; acknowledged: number },
): Promise<{ body: Record<string, unknown>; empty: boolean }> {
  const { requester } = args
  const { userId, deviceId } = requester
  const tail = since === undefined || args.fullState ? undefined : tailSince(ctx, since, to)
  const mine = tail?.filter((entry) => concerns(ctx, entry, userId, deviceId))
  const has = (...kinds: StreamEntry['kind'][]) =>
    mine === undefined || mine.some((entry) => kinds.includes(entry.kind))

  const { rooms, newlyJoined } = await roomsPart(ctx, lazy, args, filter, since, to, mine)
  const memberships =
    mine === undefined ||
    mine.some((entry) => entry.kind === 'event' && entry.event.pdu.type === 'm.room.member')
  const body: Record<string, unknown> = {}

  // Also without a new entry: what an earlier answer had no place for still waits. With nothing waiting it is no query.
  const { events: toDevice, upTo } = await ctx.toDevice.pull(
    userId,
    deviceId,
    messages.from,
    to,
    TO_DEVICE_LIMIT,
    messages.acknowledged,
  )
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
  const presence =
    has('presence') || newlyJoined.length > 0 ? await presencePart(ctx, userId, mine, newlyJoined) : []
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
  body['next_batch'] = syncToken(to, upTo)
  return { body, empty }
}

function tailSince(ctx: Context, since: number, to: number): readonly StreamEntry[] | undefined {
  const tail = ctx.stream.recentSince(since)
  if (!tail || tail.length > MAX_TAIL) return undefined
  return tail.at(-1) && tail.at(-1)!.pos > to ? tail.filter((entry) => entry.pos <= to) : tail
}

async function roomsPart(
  ctx: Context,
  lazy: LazyMembers,
  args: SyncArgs,
  filter: SyncFilter,
  since: number | undefined,
  to: number,
  mine: readonly StreamEntry[] | undefined,
): Promise<{ rooms?: Record<string, unknown>; newlyJoined: string[] }> {
  const { requester } = args
  const { userId } = requester
  const newlyJoined: string[] = []
  const join: Record<string, unknown> = {}
  const invite: Record<string, unknown> = {}
  const knock: Record<string, unknown> = {}
  const leave: Record<string, unknown> = {}
  const touched = mine && touchedRooms(mine, userId)
  if (touched && touched.size === 0) return { newlyJoined }
  const ignored = await ctx.push.ignoredBy(userId)

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
    if (!includesRoom(filter.room, roomId)) continue
    const changed = since === undefined || own.pos > since
    if (membership === 'invite' || membership === 'knock') {
      if (!changed && !args.fullState) continue
      if (membership === 'invite' && ignored.size > 0) {
        const invitation = await ctx.rooms.event(own.eventId)
        if (invitation && ignored.has(invitation.pdu.sender)) continue
      }
      const events = await ctx.rooms.strippedState(roomId, userId)
      if (membership === 'invite') invite[roomId] = { invite_state: { events } }
      else knock[roomId] = { knock_state: { events } }
      continue
    }
    const shared = {
      requester,
      lazy,
      ignored,
      roomId,
      range: { since, to },
      filter,
      fullState: args.fullState ?? false,
      useStateAfter: args.useStateAfter ?? false,
      events: touched?.get(roomId)?.events,
      kinds: touched?.get(roomId)?.kinds,
    }
    if (membership === 'join') {
      const isNew = since !== undefined && changed && (await wasOut(ctx, own.eventId, since))
      if (isNew) newlyJoined.push(roomId)
      const section = await roomSection(ctx, { ...shared, newlyJoined: isNew })
      if (section) join[roomId] = section
      continue
    }
    // Left or banned: told once when it happens, and again only to clients that ask for left rooms at the first sync.
    if (since === undefined ? !filter.room?.include_leave : !changed) continue
    const event = await ctx.rooms.event(own.eventId)
    if (!event) continue
    const left = event.outlier ? undefined : await leftAt(ctx, event)
    if (!left || left.pos === undefined || (since !== undefined && left.pos <= since)) {
      // An invite refused or taken back, a knock withdrawn, a ban after leaving: nothing of the room itself.
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
    // What happened before they left is not among `mine`, which is what concerns them now.
    const section = await roomSection(ctx, {
      ...shared,
      events: undefined,
      kinds: undefined,
      newlyJoined: false,
      until: left,
    })
    if (section) leave[roomId] = section
  }
  const rooms: Record<string, unknown> = {}
  for (const [name, part] of Object.entries({ join, invite, knock, leave })) {
    if (Object.keys(part).length > 0) rooms[name] = part
  }
  return { newlyJoined, ...(Object.keys(rooms).length > 0 ? { rooms } : {}) }
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

/** Presence of whom the entries name, and of the people in rooms just joined; of everyone there is when nothing is known. */
async function presencePart(
  ctx: Context,
  userId: string,
  mine: readonly StreamEntry[] | undefined,
  newlyJoined: readonly string[],
): Promise<{ type: string }[]> {
  const shown = new Set<string>()
  const rooms = mine
    ? newlyJoined
    : (await ctx.rooms.roomsOf(userId)).flatMap(({ roomId, membership }) =>
        membership === 'join' ? [roomId] : [],
      )
  for (const roomId of rooms) {
    for (const user of await ctx.rooms.members(roomId, 'join')) shown.add(user)
    if (shown.size > MAX_PRESENCE) break
  }
  for (const entry of mine ?? []) {
    if (entry.kind !== 'presence' || shown.has(entry.userId)) continue
    if (entry.userId === userId || (await shareRoom(ctx, entry.userId, userId))) shown.add(entry.userId)
  }
  return shown.size === 0 ? [] : ((await ctx.ephemeral.presence([...shown])) as { type: string }[])
}

async function shareRoom(ctx: Context, a: string, b: string): Promise<boolean> {
  for (const { roomId, membership } of await ctx.rooms.roomsOf(b)) {
    if (membership === 'join' && (await ctx.rooms.membership(roomId, a))?.membership === 'join') return true
  }
  return false
}
