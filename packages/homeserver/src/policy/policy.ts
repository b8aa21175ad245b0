/**
 * Topic policy (ARCHITECTURE.md, "Trust between institutions"): who may become and stay a member of a topic channel. Asked
 * when a local user invites, joins or knocks, and when a partner's server brings somebody in.
 */
import { parseTopicPolicy, topicPolicyEventType } from '@enlace/coordination'
import type { Context } from '../context.ts'
import { badJson, type MatrixError } from '../errors.ts'
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
    }
  }

  async function verdictOn(roomId: string, userId: string, given?: unknown) {
    const { content, owner } = (await policyOf(roomId)) ?? { content: undefined, owner: '' }
    const policy = given ?? content
    return policy === undefined
      ? undefined
      : judge(ctx, userId, await persons.standing(userId), policy, owner)
  }

  async function prepare(roomId: string, userId: string): Promise<void> {
    if ((await policyOf(roomId))?.content === undefined) return
    await persons.ask([userId], DOOR_MS)
  }

  async function refuses(
    roomId: string,
    userId: string,
    content?: unknown,
  ): Promise<MatrixError | undefined> {
    const verdict = await verdictOn(roomId, userId, content)
    return verdict && !verdict.vouched && verdict.weight !== 'waits' ? refusalOf(verdict) : undefined
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
      if (!verdict || verdict.vouched) return undefined
      // A partner's person who cannot be asked about now comes in unvouched; nobody here invites one.
      const comes = actor === userId && !ctx.accounts.isLocal(userId)
      return verdict.weight === 'waits' && comes ? undefined : refusalOf(verdict)
    },
  }
}

/**
 * A policy that cannot be read would admit nobody any more: it is refused when a local user sends it. Who may send one
 * is a matter of power levels (`createRoom` asks 100 for it). @throws M_BAD_JSON
 */
export function checkPolicyChange(type: string, stateKey: string, content: unknown): void {
  if (type !== topicPolicyEventType) return
  if (stateKey !== '') throw badJson(`${topicPolicyEventType}: the state key must be empty.`)
  const parsed = parseTopicPolicy(content)
  if (!parsed.ok) throw badJson(`${topicPolicyEventType}: ${parsed.reason}`)
}
