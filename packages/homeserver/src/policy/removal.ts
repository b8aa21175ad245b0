/**
 * Members who have to go are removed by the coordinators' policy: the node sends it in the name of a coordinator of its
 * own who may. Where there is none, they stay, and nobody vouches for them.
 */
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import type { Persons, Verdict } from './types.ts'

/** In a member event that the node sent by itself: the rule, from a fixed list; no words of anybody's. */
const REMOVED_BY = 'org.enlace.rule'
/** The same person is not tried again in a room for so long after nobody could. */
const AGAIN_MS = 60_000

export function createRemoval(ctx: Context, persons: Pick<Persons, 'standing'>) {
  const tried = new Map<string, number>()

  /** Coordinators of this node in the room whom it vouches for, and who are not suspended. */
  async function coordinators(members: ReadonlyMap<string, Verdict>): Promise<string[]> {
    const out: string[] = []
    for (const [userId, verdict] of members) {
      if (!verdict.vouched || !ctx.accounts.isLocal(userId)) continue
      if (!isActive(await ctx.accounts.get(userId))) continue
      const standing = await persons.standing(userId)
      if (standing.known && standing.member.role === 'coordinator') out.push(userId)
    }
    return out.sort()
  }

  async function removeOne(roomId: string, userId: string, rule: string, by: readonly string[]) {
    // Before they go, their cases and channels get somebody else.
    if (ctx.accounts.isLocal(userId) && (await ctx.accounts.get(userId))?.leaving) return
    // Whom nobody has more power than, is taken out by the node whose account it is.
    const alone = ctx.federationList.byRosters && ctx.accounts.isLocal(userId)
    for (const sender of alone ? [...by, userId] : by) {
      if (sender !== userId && !(await ctx.rooms.mayRemove(roomId, sender, userId))) continue
      try {
        const content = { membership: 'leave', [REMOVED_BY]: rule }
        await ctx.rooms.send({ roomId, sender, type: 'm.room.member', stateKey: userId, content })
        ctx.log.info({ room: roomId, user: userId, by: sender, rule }, 'member removed by the policy')
        return
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
      }
    }
    ctx.log.warn(
      { room: roomId, user: userId, rule },
      'nobody of this node may remove a member who has to go',
    )
  }

  return {
    async remove(roomId: string, members: ReadonlyMap<string, Verdict>): Promise<void> {
      const now = Date.now()
      for (const [key, at] of tried) if (now - at > AGAIN_MS) tried.delete(key)
      const toGo = [...members].flatMap(([userId, verdict]) =>
        !verdict.vouched && verdict.weight === 'removes' && !tried.has(`${roomId}|${userId}`)
          ? [[userId, verdict.rule] as const]
          : [],
      )
      if (toGo.length === 0) return
      const by = await coordinators(members)
      for (const [userId, rule] of toGo) {
        tried.set(`${roomId}|${userId}`, now)
        await removeOne(roomId, userId, rule, by)
      }
    },
  }
}
