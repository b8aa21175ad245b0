/**
 * Topic policy (ARCHITECTURE.md, "Trust between institutions"): who may become and stay a member of a topic channel. Asked
 * when a local user invites, joins or knocks, and when a partner's server brings somebody in.
 */
import { conversationEventType, topicPolicyEventType } from '@enlace/coordination'
import type { Context } from '../context.ts'
import type { MatrixError } from '../errors.ts'
import { judge, refusalOf } from './judge.ts'
import { openPersonModel } from './models.ts'
import { createPersons } from './persons.ts'
import type { Policy } from './types.ts'
import { createVouching } from './vouching.ts'

/** At the door, an answer of a partner counts this long. */
const DOOR_MS = 60_000
/** Elsewhere. */
const FRESH_MS = 5 * 60_000

export async function createPolicy(ctx: Context): Promise<Policy> {
  const persons = createPersons(ctx, await openPersonModel(ctx.db))

  async function policyOf(roomId: string) {
    if (!(await ctx.rooms.room(roomId))) return undefined
    const state = await ctx.rooms.currentState(roomId)
    return {
      content: state.get(topicPolicyEventType)?.pdu.content as unknown,
      owner: state.get('m.room.create')?.pdu.sender ?? '',
      conversation: state.get(conversationEventType) !== undefined,
    }
  }

  async function verdictOn(roomId: string, userId: string, given?: unknown) {
    const { content, owner, conversation } = (await policyOf(roomId)) ?? {
      content: undefined,
      owner: '',
      conversation: false,
    }
    return judge(ctx, userId, await persons.standing(userId), given ?? content, owner, conversation)
  }

  async function prepare(roomId: string, userId: string): Promise<void> {
    const policy = await policyOf(roomId)
    if (policy?.content === undefined && !policy?.conversation) return
    await persons.ask([userId], DOOR_MS)
  }

  async function refuses(
    roomId: string,
    userId: string,
    content?: unknown,
  ): Promise<MatrixError | undefined> {
    const verdict = await verdictOn(roomId, userId, content)
    return !verdict.vouched && verdict.weight !== 'waits' ? refusalOf(verdict) : undefined
  }

  return {
    ...createVouching(ctx, persons),
    prepare,
    refuses,
    async memberOf(userId) {
      await persons.ask([userId], FRESH_MS)
      const standing = await persons.standing(userId)
      return standing.known ? standing.member : {}
    },
    async checkMembership({ roomId, userId, actor }) {
      await prepare(roomId, userId)
      const verdict = await verdictOn(roomId, userId)
      if (verdict.vouched) return undefined
      // A partner's person who cannot be asked about now comes in unvouched; nobody here invites one.
      const comes = actor === userId && !ctx.accounts.isLocal(userId)
      return verdict.weight === 'waits' && comes ? undefined : refusalOf(verdict)
    },
  }
}
