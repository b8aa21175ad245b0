/** The board as a person may see it: rows of the rooms they are in, filtered, counted, ordered, paged. */
import {
  type BoardFilter,
  type CaseFlag,
  type CaseRow,
  flagsOf,
  inOrderOfUrgency,
  isMine,
  matches,
  partiesOf,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { isJoined } from '../rooms/access.ts'
import type { BoardEntry, DeletedCase } from './types.ts'

export type View = 'all' | 'mine' | 'institution' | 'overdue'

export type FlaggedRow = { row: CaseRow; flags: CaseFlag[] }

export type BoardCounts = {
  by_status: Record<string, number>
  mine: number
  institution: number
  overdue: number
  almost_due: number
  escalated: number
}

/** The position from which on a person may see the room's cases; by their membership event, which changes when it does. */
const seesFrom = growingCache<string, number>(20_000)

async function visibleFrom(ctx: Context, userId: string): Promise<Map<string, number>> {
  const out = new Map<string, number>()
  for (const { roomId, membership, eventId } of await ctx.rooms.roomsOf(userId)) {
    if (membership !== 'join') continue
    const known = seesFrom.get(eventId)
    const from = known ?? (await firstSeen(ctx, roomId, eventId))
    if (known === undefined) seesFrom.set(eventId, from)
    out.set(roomId, from)
  }
  return out
}

/** Client-server API, "Room History Visibility": everything where history is shared, else from their joining on. */
async function firstSeen(ctx: Context, roomId: string, membershipId: string): Promise<number> {
  const state = await ctx.rooms.currentState(roomId)
  const visibility = state.get('m.room.history_visibility')?.pdu.content['history_visibility'] ?? 'shared'
  if (visibility === 'shared' || visibility === 'world_readable') return Number.NEGATIVE_INFINITY
  let event = await ctx.rooms.event(membershipId)
  // A new name is a new membership event: back to the one they joined with.
  for (let steps = 0; event?.replaces !== undefined && steps < 100; steps++) {
    const before = await ctx.rooms.event(event.replaces)
    if (before?.pdu.content['membership'] !== 'join') break
    event = before
  }
  return event?.pos ?? Number.POSITIVE_INFINITY
}

/** Rows a person may see, with flags. Work: one look at each row in memory. */
export async function visibleRows(ctx: Context, userId: string, now: number): Promise<FlaggedRow[]> {
  const rooms = await visibleFrom(ctx, userId)
  const escalated = await ctx.escalations.openAbout()
  const out: FlaggedRow[] = []
  for (const entry of ctx.cases.entries())
    if (mayGet(entry, userId, rooms))
      out.push({ row: entry.row, flags: flagsOf(entry.row, now, escalated.has(entry.row.id)) })
  return out
}

const MAX_DELETED = 50

/** Deleted cases of the person's rooms that they might have seen, the last deleted first. */
export async function visibleDeleted(ctx: Context, userId: string, room?: string) {
  const out: Omit<DeletedCase, 'pos'>[] = []
  for (const [roomId, from] of await visibleFrom(ctx, userId)) {
    if (room !== undefined && room !== roomId) continue
    for (const { pos, ...one } of await ctx.cases.deleted.inRoom(roomId))
      if (pos > from || one.opened_by === userId) out.push(one)
  }
  return out.sort((a, b) => (b.deleted_ts ?? 0) - (a.deleted_ts ?? 0)).slice(0, MAX_DELETED)
}

function mayGet(entry: BoardEntry, userId: string, rooms: ReadonlyMap<string, number>): boolean {
  const from = rooms.get(entry.row.room_id)
  return from !== undefined && (entry.rootPos > from || entry.row.opened_by === userId)
}

/** Cases live on: whoever has left a room sees nothing of them any more, not even as they were. */
export async function mayReadCase(ctx: Context, userId: string, caseId: string): Promise<boolean> {
  const event = await ctx.rooms.accessEvent(userId, caseId)
  return event !== undefined && (await isJoined(ctx, event.roomId, userId))
}

export function queryBoard(
  rows: readonly FlaggedRow[],
  who: { userId: string; institution: string | undefined },
  view: View,
  filter: BoardFilter,
): { found: FlaggedRow[]; counts: BoardCounts } {
  const counts: BoardCounts = {
    by_status: {},
    mine: 0,
    institution: 0,
    overdue: 0,
    almost_due: 0,
    escalated: 0,
  }
  const found: FlaggedRow[] = []
  for (const one of rows) {
    // Counts are of the board without the view and the status chosen, so that the others can be chosen.
    const { statuses, flag, ...wide } = filter
    if (!matches(one.row, wide, one.flags)) continue
    const mine = isMine(one.row, who.userId)
    const institution = who.institution !== undefined && partiesOf(one.row).includes(who.institution)
    const overdue = one.flags.includes('overdue')
    if (mine) counts.mine += 1
    if (institution) counts.institution += 1
    if (overdue) counts.overdue += 1
    if (one.flags.includes('almost_due')) counts.almost_due += 1
    if (one.flags.includes('escalated')) counts.escalated += 1
    if (
      (view === 'mine' && !mine) ||
      (view === 'institution' && !institution) ||
      (view === 'overdue' && !overdue)
    )
      continue
    counts.by_status[one.row.status] = (counts.by_status[one.row.status] ?? 0) + 1
    if (matches(one.row, filter, one.flags)) found.push(one)
  }
  return { found: inOrderOfUrgency(found, (one) => one.row), counts }
}
