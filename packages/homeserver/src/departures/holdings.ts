/** What somebody has in hand for their institution, and who is left to take it. */
import { finalStatuses } from '@enlace/coordination'
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import type { CaseSide, Colleague, HeldCall, HeldCase } from './types.ts'

const KEY_SECRET = 'org.enlace.institution_key.'

/** Open cases that are assigned to the person, or that they follow up, for the institution. */
export async function casesHeldBy(ctx: Context, institution: string, userId: string): Promise<HeldCase[]> {
  await ctx.cases.settled()
  const held: HeldCase[] = []
  for (const { row } of ctx.cases.entries()) {
    if (finalStatuses.has(row.status)) continue
    const about = { case_id: row.id, room_id: row.room_id, reference: row.reference }
    const has = (side: CaseSide) => held.push({ ...about, side })
    if (row.owner === institution && row.assignee === userId) has('owner')
    if (row.requesting === institution && (row.follower ?? row.opened_by) === userId) has('requesting')
  }
  return held.sort((a, b) => (a.reference < b.reference ? -1 : 1))
}

/** Calls the person answers: until somebody else does, nobody would. */
export async function callsHeldBy(ctx: Context, userId: string): Promise<HeldCall[]> {
  const held: HeldCall[] = []
  for (const { id } of (await ctx.escalations.openAbout()).values()) {
    const call = await ctx.escalations.read(id)
    if (call?.state === 'acknowledged' && call.acknowledgedBy === userId && call.roomId !== undefined)
      held.push({ escalation_id: id, room_id: call.roomId })
  }
  return held
}

/** People of the institution here who can take something over. */
export async function colleaguesOf(ctx: Context, institution: string, but: string): Promise<Colleague[]> {
  const found: Colleague[] = []
  for (const { userId, role } of await ctx.policy.peopleOf(institution)) {
    if (userId === but || !(await isAtWork(ctx, userId))) continue
    const name = (await ctx.profiles.get(userId))?.['displayname']
    found.push({
      user_id: userId,
      name: typeof name === 'string' ? name : userId,
      ...(role === undefined ? {} : { role }),
    })
  }
  return found
}

/** Not closed, not leaving, not suspended. */
export async function isAtWork(ctx: Context, userId: string): Promise<boolean> {
  return isActive(await ctx.accounts.get(userId))
}

/** Whether the person keeps the institution's key: the name of the secret tells, its content nobody here can read. */
export async function keepsKey(
  ctx: Context,
  institution: string,
  userId: string,
  role: string | undefined,
): Promise<boolean> {
  if (role === 'coordinator') return true
  return (await ctx.accountData.get(userId, KEY_SECRET + institution)) !== undefined
}

export async function roomsOf(ctx: Context, userId: string) {
  const counts = { channels: 0, conversations: 0 }
  for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
    if (membership === 'leave' || membership === 'ban') continue
    if ((await ctx.channels.recognise(roomId)).recognised) counts.channels += 1
    else counts.conversations += 1
  }
  return counts
}
