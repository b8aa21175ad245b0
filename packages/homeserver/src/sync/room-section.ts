/** What one room contributes to a sync answer: timeline, state, summary, receipts, typing, account data, counts. */
import { stateKeyOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import type { Requester } from '../http/route.ts'
import { clientEvent } from '../rooms/client-event.ts'
import type { ClientEvent, Membership, StoredEvent } from '../rooms/types.ts'
import { passes, passesEvent, type RoomEventFilter, type SyncFilter } from './filter.ts'

const DEFAULT_TIMELINE = 20
const MAX_TIMELINE = 200
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
  /** For rooms the user has left: nothing after this position. */
  until?: number
}

const EPHEMERAL_KINDS = ['receipt', 'typing', 'delivery']

const isMember = (key: string) => key.startsWith('m.room.member\u0000')

export async function roomSection(
  ctx: Context,
  args: RoomSectionArgs,
): Promise<Record<string, unknown> | undefined> {
  const { requester, roomId, filter, range } = args
  const fresh = range.since === undefined || args.newlyJoined || args.fullState
  const since = range.since === undefined || args.newlyJoined ? undefined : range.since
  const timelineFilter = filter.room?.timeline
  const timeline = await timelineOf(ctx, args, since, timelineFilter)
  const stateEvents = await stateOf(ctx, args, timeline, since, fresh)
  const ephemeral = await ephemeralOf(ctx, args, since)
  const accountData = args.until === undefined ? await accountDataOf(ctx, args, since) : []
  const memberChange = timeline.events.some((event) => event.pdu.type === 'm.room.member')
  const stateKey = args.useStateAfter ? 'state_after' : 'state'
  const format = (events: readonly StoredEvent[]) =>
    Promise.all(events.map((event) => clientEvent(ctx, event, requester, { withoutRoomId: true })))

  const out: Record<string, unknown> = {
    timeline: {
      events: await format(timeline.events),
      limited: timeline.limited,
      ...(timeline.prevBatch === undefined ? {} : { prev_batch: timeline.prevBatch }),
    },
    [stateKey]: { events: await format(stateEvents) },
    account_data: { events: accountData },
    ephemeral: { events: ephemeral },
  }
  if (args.until === undefined) {
    const { threads, ...counts } = await ctx.push.unread(requester.userId, roomId)
    out['unread_notifications'] = counts
    if (timelineFilter?.unread_thread_notifications && threads && Object.keys(threads).length > 0) {
      out['unread_thread_notifications'] = threads
      // Told apart, the room's own counts are those of the main timeline.
      for (const own of Object.values(threads)) {
        counts.notification_count -= own.notification_count
        counts.highlight_count -= own.highlight_count
      }
    }
    out['summary'] =
      fresh || timeline.limited || memberChange ? await summaryOf(ctx, requester.userId, roomId) : {}
  }
  const empty =
    !fresh &&
    timeline.events.length === 0 &&
    !timeline.limited &&
    stateEvents.length === 0 &&
    ephemeral.length === 0 &&
    accountData.length === 0
  return empty ? undefined : out
}

type Timeline = {
  events: StoredEvent[]
  limited: boolean
  prevBatch: string | undefined
  first: StoredEvent | undefined
}

async function timelineOf(
  ctx: Context,
  { requester, roomId, range, events: known, until }: RoomSectionArgs,
  since: number | undefined,
  filter: RoomEventFilter | null | undefined,
): Promise<Timeline> {
  const limit = Math.min(filter?.limit ?? DEFAULT_TIMELINE, MAX_TIMELINE)
  const to = Math.min(range.to, until ?? range.to)
  let all: StoredEvent[]
  if (known && since !== undefined && known.length <= limit) all = known.filter((event) => event.pos! <= to)
  else {
    const newest = await ctx.rooms.timeline(roomId, { from: to + 1, to: since, dir: 'b', limit: limit + 1 })
    all = newest.reverse()
  }
  const limited = all.length > limit
  const page = limited ? all.slice(all.length - limit) : all
  const visible = (await ctx.rooms.visibleTo(requester.userId, page)).filter((event) =>
    passesEvent(filter, event),
  )
  const oldest = page[0]
  const prevBatch = oldest ? `t${oldest.pos! - 1}` : since === undefined || limited ? `t${to}` : undefined
  return { events: visible, limited, prevBatch, first: oldest }
}

/** State the client needs besides the timeline: between the last sync and the timeline's start (or, with state_after, its end). */
async function stateOf(
  ctx: Context,
  { requester, roomId, filter, useStateAfter, until, fullState }: RoomSectionArgs,
  timeline: Timeline,
  since: number | undefined,
  fresh: boolean,
): Promise<StoredEvent[]> {
  const last = timeline.events.at(-1)
  const atEnd = async () => {
    if (until !== undefined) {
      const own = await ctx.rooms.membership(roomId, requester.userId)
      return (own && (await ctx.rooms.stateAfter(own.event.eventId)))?.ids ?? EMPTY
    }
    return (await ctx.rooms.currentState(roomId)).ids
  }
  const atStart = async () =>
    timeline.first ? ((await ctx.rooms.stateBefore(timeline.first.eventId))?.ids ?? EMPTY) : atEnd()
  const lazy = filter.room?.state?.lazy_load_members === true
  let wanted: string[]
  if (fresh) {
    const state = useStateAfter ? await atEnd() : await atStart()
    wanted = [...state].filter(([key]) => !lazy || !isMember(key)).map(([, id]) => id)
    // A client that asks for everything again wants the timeline's state too where nothing precedes it.
    if (fullState && wanted.length === 0) wanted = [...(await atEnd()).values()]
    if (lazy) wanted.push(...membersFor(state, timeline.events, requester.userId))
  } else {
    const quiet =
      !timeline.limited &&
      !useStateAfter &&
      !(timeline.first && (await jumped(ctx, roomId, timeline.first, since!)))
    if (quiet) {
      wanted = []
      if (lazy && last) wanted.push(...membersFor(await atStart(), timeline.events, undefined))
    } else {
      const [previous] = await ctx.rooms.timeline(roomId, { from: since! + 1, dir: 'b', limit: 1 })
      const before = (previous && (await ctx.rooms.stateAfter(previous.eventId)))?.ids ?? EMPTY
      const after = useStateAfter ? await atEnd() : await atStart()
      wanted = [...after]
        .filter(([key, id]) => before.get(key) !== id && (!lazy || !isMember(key)))
        .map(([, id]) => id)
      if (lazy) {
        const changed = [...after]
          .filter(([key, id]) => isMember(key) && before.get(key) !== id)
          .map(([, id]) => id)
        wanted.push(...changed, ...membersFor(after, timeline.events, undefined))
      }
    }
  }
  // What the timeline shows is not said twice, except where the state is that after the timeline.
  const shown = useStateAfter ? new Set<string>() : new Set(timeline.events.map((event) => event.eventId))
  const unique = [...new Set(wanted)].filter((id) => !shown.has(id))
  return (await ctx.rooms.events(unique)).filter((event) => passesEvent(filter.room?.state, event))
}

/** Whether the state just before the first new event differs from that after the last event the client had (a fork, a resolution). */
async function jumped(ctx: Context, roomId: string, first: StoredEvent, since: number): Promise<boolean> {
  const previous = await ctx.rooms.event(first.pdu.prev_events[0] ?? '')
  if (first.pdu.prev_events.length === 1 && previous?.pos !== undefined)
    return previous.after !== first.before
  const [before] = await ctx.rooms.timeline(roomId, { from: since + 1, dir: 'b', limit: 1 })
  return before?.after !== first.before
}

function membersFor(
  state: ReadonlyMap<string, string>,
  events: readonly StoredEvent[],
  self: string | undefined,
): string[] {
  const users = new Set(events.map((event) => event.pdu.sender))
  if (self !== undefined) users.add(self)
  return [...users].flatMap((user) => state.get(stateKeyOf('m.room.member', user)) ?? [])
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
    out.push({ type: 'org.enlace.delivery', content: {} })
  }
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

async function summaryOf(ctx: Context, userId: string, roomId: string): Promise<Record<string, unknown>> {
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
