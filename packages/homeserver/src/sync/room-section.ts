/** What one room contributes to a sync answer: timeline, state, summary, receipts, typing, account data, counts. */
import { stateKeyOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import type { Requester } from '../http/types.ts'
import { clientEvent } from '../rooms/client-event.ts'
import type { ClientEvent, Membership, StoredEvent } from '../rooms/types.ts'
import {
  includesRoom,
  passes,
  passesEvent,
  pickFields,
  type RoomEventFilter,
  type SyncFilter,
} from './filter.ts'
import { membershipsAt } from './stays.ts'
import { pageToken } from './token.ts'
import type { LazyMembers } from './types.ts'

const DEFAULT_TIMELINE = 20
const MAX_TIMELINE = 200
const SCAN_PAGE = 200
/** Events looked at for one answer; a timeline that ends there says that it is limited. */
const MAX_SCANNED = 2_000
const EMPTY: ReadonlyMap<string, string> = new Map()

export type Range = { since: number | undefined; to: number }
export type RoomSectionArgs = {
  requester: Requester
  roomId: string
  range: Range
  filter: SyncFilter
  fullState: boolean
  useStateAfter: boolean
  /** Joined since the last sync: the client knows nothing of the room. */
  newlyJoined: boolean
  /** Events of the room in the range, when they are all at hand. */
  events: readonly StoredEvent[] | undefined
  /** Kinds of entries of the room in the range, when known: what is not among them need not be looked up. */
  kinds?: ReadonlySet<string>
  /** For rooms the user has left: the event by which they did. Nothing after it. */
  until?: StoredEvent
  lazy: LazyMembers
  /** Whose messages the user does not want to see. */
  ignored: ReadonlySet<string>
}

const EPHEMERAL_KINDS = ['receipt', 'typing', 'delivery', 'vouched']

const isMember = (key: string) => key.startsWith('m.room.member\u0000')

export async function roomSection(
  ctx: Context,
  args: RoomSectionArgs,
): Promise<Record<string, unknown> | undefined> {
  const { requester, roomId, filter, range } = args
  const fresh = range.since === undefined || args.newlyJoined || args.fullState
  const since = range.since === undefined || args.newlyJoined ? undefined : range.since
  const parts = filter.room ?? {}
  const timeline = includesRoom(parts.timeline, roomId)
    ? await timelineOf(ctx, args, since, parts.timeline)
    : NO_TIMELINE
  const memberChange = timeline.memberChange
  const summary =
    args.until === undefined && (fresh || timeline.limited || memberChange)
      ? await summaryOf(ctx, requester.userId, roomId)
      : {}
  const stateEvents = includesRoom(parts.state, roomId)
    ? await stateOf(ctx, args, timeline, since, fresh, summary['m.heroes'] ?? [])
    : []
  const ephemeral = includesRoom(parts.ephemeral, roomId) ? await ephemeralOf(ctx, args, since) : []
  const accountData =
    args.until === undefined && includesRoom(parts.account_data, roomId)
      ? await accountDataOf(ctx, args, since)
      : []
  const empty =
    !fresh &&
    timeline.events.length === 0 &&
    !timeline.limited &&
    stateEvents.length === 0 &&
    ephemeral.length === 0 &&
    accountData.length === 0
  if (empty) return undefined

  const own = args.until ?? (await ctx.rooms.membership(roomId, requester.userId))?.event
  const memberships = await membershipsAt(ctx, own, timeline.events)
  const format = async (event: StoredEvent) => {
    const shown = await clientEvent(ctx, event, requester, { withoutRoomId: true })
    const membership = memberships.get(event.eventId)
    if (membership !== undefined)
      shown['unsigned'] = { ...(shown['unsigned'] as Record<string, unknown>), membership }
    return filter.event_fields ? pickFields(shown, filter.event_fields) : shown
  }
  const out: Record<string, unknown> = {
    timeline: {
      events: await Promise.all(timeline.events.map(format)),
      limited: timeline.limited,
      ...(timeline.prevBatch === undefined ? {} : { prev_batch: timeline.prevBatch }),
    },
    [args.useStateAfter ? 'state_after' : 'state']: { events: await Promise.all(stateEvents.map(format)) },
    account_data: { events: accountData },
    ephemeral: { events: ephemeral },
  }
  if (args.until === undefined) {
    const { threads, ...counts } = await ctx.push.unread(requester.userId, roomId)
    out['unread_notifications'] = counts
    if (parts.timeline?.unread_thread_notifications && threads && Object.keys(threads).length > 0) {
      out['unread_thread_notifications'] = threads
      // Told apart, the room's own counts are those of the main timeline.
      for (const own of Object.values(threads)) {
        counts.notification_count -= own.notification_count
        counts.highlight_count -= own.highlight_count
      }
    }
    out['summary'] = summary
  }
  return out
}

type Timeline = {
  events: StoredEvent[]
  limited: boolean
  prevBatch: string | undefined
  first: StoredEvent | undefined
  memberChange: boolean
  /** State changed in it that the filter does not let through. */
  stateDropped: boolean
}
const NO_TIMELINE: Timeline = {
  events: [],
  limited: false,
  prevBatch: undefined,
  first: undefined,
  memberChange: false,
  stateDropped: true,
}

/** The newest events that the user may see and the filter lets through: the limit counts those. */
async function timelineOf(
  ctx: Context,
  { requester, roomId, range, events: known, until, ignored, newlyJoined }: RoomSectionArgs,
  since: number | undefined,
  filter: RoomEventFilter | null | undefined,
): Promise<Timeline> {
  const limit = Math.min(filter?.limit ?? DEFAULT_TIMELINE, MAX_TIMELINE)
  const to = Math.min(range.to, until?.pos ?? range.to)
  const out: Timeline = { ...NO_TIMELINE, events: [], stateDropped: false }
  const select = async (events: readonly StoredEvent[]) => {
    const passing = events.filter((event) => {
      const { type, state_key, sender } = event.pdu
      if (type === 'm.room.member') out.memberChange = true
      if (state_key === undefined && ignored.has(sender)) return false
      const passes = passesEvent(filter, event)
      if (!passes && state_key !== undefined) out.stateDropped = true
      return passes
    })
    const visible = await ctx.rooms.visibleTo(requester.userId, passing)
    return visible.length === passing.length ? visible : withStateOfNow(passing, visible)
  }
  /**
   * State that holds is no secret from whoever is in the room: where it lies between events they see, as what a channel was
   * founded with does, the client would otherwise learn of it neither from the timeline nor from the state before it.
   */
  const withStateOfNow = async (all: readonly StoredEvent[], visible: readonly StoredEvent[]) => {
    const shown = new Map(visible.map((event) => [event.eventId, event]))
    const { ids } = until
      ? ((await ctx.rooms.stateAfter(until.eventId)) ?? { ids: EMPTY })
      : await ctx.rooms.currentState(roomId)
    const holds = ({ eventId, pdu: { type, state_key } }: StoredEvent) =>
      state_key !== undefined && ids.get(stateKeyOf(type, state_key)) === eventId
    return all.flatMap((event) => shown.get(event.eventId) ?? (holds(event) ? event : []))
  }
  let reached: number | undefined
  if (known && since !== undefined && known.length <= limit) {
    out.events = await select(known.filter((event) => event.pos! <= to))
  } else {
    // Newest first until there are enough; a filter that lets little through ends the search, not the answer.
    const found: StoredEvent[] = []
    let scanned = 0
    for (let more = true; more; ) {
      const size = scanned === 0 ? limit + 1 : SCAN_PAGE
      const page = await ctx.rooms.timeline(roomId, {
        from: reached ?? to + 1,
        to: since,
        dir: 'b',
        limit: size,
      })
      found.push(...(await select(page)))
      scanned += page.length
      reached = page.at(-1)?.pos ?? reached
      more = found.length <= limit && page.length === size && scanned < MAX_SCANNED
      out.limited = found.length > limit || (more === false && page.length === size)
    }
    out.events = found.slice(0, limit).reverse()
  }
  // Whoever knew the room by its invitation alone has to learn that there may be something before: only then clients page back.
  if (newlyJoined) out.limited = true
  out.first = out.events[0]
  const start = out.first?.pos ?? (out.limited && limit > 0 ? reached : undefined)
  if (start !== undefined) out.prevBatch = pageToken(start - 1)
  else if (since === undefined || out.limited) out.prevBatch = pageToken(to)
  return out
}

/** State the client needs besides the timeline: between the last sync and the timeline's start (or, with state_after, its end). */
async function stateOf(
  ctx: Context,
  args: RoomSectionArgs,
  timeline: Timeline,
  since: number | undefined,
  fresh: boolean,
  heroes: readonly string[],
): Promise<StoredEvent[]> {
  const { requester, roomId, filter, useStateAfter, until, fullState, range } = args
  const atEnd = async () =>
    until
      ? ((await ctx.rooms.stateAfter(until.eventId))?.ids ?? EMPTY)
      : (await ctx.rooms.currentState(roomId)).ids
  // What the filter takes out of the timeline the client learns from the state.
  const atStart = async () =>
    timeline.first && !timeline.stateDropped
      ? ((await ctx.rooms.stateBefore(timeline.first.eventId))?.ids ?? EMPTY)
      : atEnd()
  const stateFilter = filter.room?.state
  const lazy = stateFilter?.lazy_load_members === true
  /** Members the client needs to show the timeline and to name the room, but for those it knows. */
  const needed = (state: ReadonlyMap<string, string>, self: boolean) => {
    const users = new Set([...timeline.events.map((event) => event.pdu.sender), ...heroes])
    if (self) users.add(requester.userId)
    const all = fresh || stateFilter?.include_redundant_members === true
    return [...users].flatMap((user) =>
      !all && args.lazy.knows(requester, roomId, user, range.since ?? 0)
        ? []
        : (state.get(stateKeyOf('m.room.member', user)) ?? []),
    )
  }
  let wanted: string[]
  if (fresh) {
    const state = useStateAfter ? await atEnd() : await atStart()
    wanted = [...state].filter(([key]) => !lazy || !isMember(key)).map(([, id]) => id)
    // A client that asks for everything again wants the timeline's state too where nothing precedes it.
    if (fullState && wanted.length === 0) wanted = [...(await atEnd()).values()]
    if (lazy) wanted.push(...needed(state, true))
  } else {
    const quiet =
      !timeline.limited &&
      !timeline.stateDropped &&
      !useStateAfter &&
      !(timeline.first && (await jumped(ctx, roomId, timeline.first, since!)))
    if (quiet) {
      wanted = lazy && timeline.first ? needed(await atStart(), false) : []
    } else {
      const [previous] = await ctx.rooms.timeline(roomId, { from: since! + 1, dir: 'b', limit: 1 })
      const before = (previous && (await ctx.rooms.stateAfter(previous.eventId)))?.ids ?? EMPTY
      const after = useStateAfter ? await atEnd() : await atStart()
      // Changed memberships are also told to clients that load members lazily.
      wanted = [...after].filter(([key, id]) => before.get(key) !== id).map(([, id]) => id)
      if (lazy) wanted.push(...needed(after, false))
    }
  }
  // What the timeline shows is not said twice, except where the state is that after the timeline.
  const shown = useStateAfter ? new Set<string>() : new Set(timeline.events.map((event) => event.eventId))
  const unique = [...new Set(wanted)].filter((id) => !shown.has(id))
  const events = (await ctx.rooms.events(unique)).filter((event) => passesEvent(stateFilter, event))
  if (lazy) {
    if (range.since === undefined || args.newlyJoined) args.lazy.forget(requester, roomId)
    const told = [...events, ...timeline.events].flatMap(({ pdu }) =>
      pdu.type === 'm.room.member' && pdu.state_key !== undefined ? [pdu.state_key] : [],
    )
    args.lazy.tell(requester, roomId, told, range.to)
  }
  return events
}

/** Whether the state just before the first new event differs from that after the last event the client had (a fork, a resolution). */
async function jumped(ctx: Context, roomId: string, first: StoredEvent, since: number): Promise<boolean> {
  const previous = await ctx.rooms.event(first.pdu.prev_events[0] ?? '')
  if (first.pdu.prev_events.length === 1 && previous?.pos !== undefined)
    return previous.after !== first.before
  const [before] = await ctx.rooms.timeline(roomId, { from: since + 1, dir: 'b', limit: 1 })
  return before?.after !== first.before
}

async function ephemeralOf(
  ctx: Context,
  { requester, roomId, range, filter, until, kinds }: RoomSectionArgs,
  since: number | undefined,
): Promise<ClientEvent[]> {
  if (until !== undefined) return []
  if (since !== undefined && kinds && !EPHEMERAL_KINDS.some((kind) => kinds.has(kind))) return []
  const out: ClientEvent[] = []
  for (const content of await ctx.ephemeral.receiptsSince(roomId, requester.userId, since ?? 0, range.to)) {
    out.push({ type: 'm.receipt', content })
  }
  const typing = ctx.ephemeral.typing(roomId)
  if (since === undefined ? typing.userIds.length > 0 : typing.pos > since && typing.pos <= range.to) {
    out.push({ type: 'm.typing', content: { user_ids: typing.userIds } })
  }
  if (since !== undefined && ctx.delivery.newsBetween(roomId, requester.userId, since, range.to)) {
    out.push({ type: 'org.enlace.delivery', content: { room_id: roomId } })
  }
  const vouched = since === undefined ? undefined : ctx.policy.newsBetween(roomId, since, range.to)
  if (vouched !== undefined)
    out.push({ type: 'org.enlace.vouched', content: { room_id: roomId, version: vouched } })
  return out.filter((event) => passes(filter.room?.ephemeral, event as { type: string }))
}

async function accountDataOf(
  ctx: Context,
  { requester, roomId, range, filter, kinds }: RoomSectionArgs,
  since: number | undefined,
): Promise<ClientEvent[]> {
  if (since !== undefined && kinds && !kinds.has('account_data')) return []
  const all = await ctx.accountData.since(requester.userId, since ?? 0, range.to)
  return all
    .filter((one) => one.roomId === roomId)
    .map(({ type, content }) => ({ type, content }))
    .filter((event) => passes(filter.room?.account_data, event))
}

type Summary = { 'm.heroes'?: string[]; 'm.joined_member_count'?: number; 'm.invited_member_count'?: number }

async function summaryOf(ctx: Context, userId: string, roomId: string): Promise<Summary> {
  const state = await ctx.rooms.currentState(roomId)
  const count = async (membership: Membership) => (await ctx.rooms.members(roomId, membership)).length
  const named = [
    state.get('m.room.name')?.pdu.content['name'],
    state.get('m.room.canonical_alias')?.pdu.content['alias'],
  ]
  let heroes: string[] = []
  if (!named.some((value) => typeof value === 'string' && value !== '')) {
    const present = [
      ...(await ctx.rooms.members(roomId, 'join')),
      ...(await ctx.rooms.members(roomId, 'invite')),
    ]
    heroes = present.filter((user) => user !== userId).slice(0, 5)
    if (heroes.length === 0)
      heroes = (await ctx.rooms.members(roomId)).filter((user) => user !== userId).slice(0, 5)
  }
  return {
    'm.joined_member_count': await count('join'),
    'm.invited_member_count': await count('invite'),
    ...(heroes.length > 0 ? { 'm.heroes': heroes } : {}),
  }
}
