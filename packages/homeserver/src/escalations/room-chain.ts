/** The chain a call in a channel runs, by the channel's settings. */
import { chainFor, type EscalationStage, escalationChainEventType, type Priority } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'

/**
 * @param institutions those called upon; none: the officials of the channel. Of several, as for a return notice that
 * more than one has not acknowledged, the first one's settings and country count, and all are called.
 */
export async function chainInRoom(
  ctx: Context,
  roomId: string,
  institutions: readonly string[],
  priority: Priority,
): Promise<EscalationStage[]> {
  const state = await ctx.rooms.currentState(roomId)
  const general = state.get(escalationChainEventType)?.pdu.content
  // Who is called, and of which country: as the list signs it.
  const known = institutions.flatMap((key) => ctx.federation.institution(key) ?? [])
  const [first] = known
  if (!first) return chainFor({ priority }, { general })
  const own = await ownSettings(ctx, first.key, state.get(escalationChainEventType, first.key))
  const chain = chainFor(
    { institution: { key: first.key, country: first.country }, priority },
    { general, own },
  )
  if (known.length === 1) return chain
  const all = known.slice(0, 50).map((one) => one.key)
  return chain.map((stage) =>
    stage.institutions?.includes(first.key) ? { ...stage, institutions: all } : stage,
  )
}

/** Settings of an institution count when its own people made them: what stands in a room from before is judged as well. */
async function ownSettings(ctx: Context, key: string, event: StoredEvent | undefined): Promise<unknown> {
  if (!event) return undefined
  const { sender, content } = event.pdu
  if (!ctx.federation.hosts(serverNameOf(sender) ?? '', key)) return undefined
  if (!ctx.accounts.isLocal(sender)) {
    // Who has left the roster since may still have set what stands; who is another institution's may not.
    const { institution } = ctx.policy.byRosters ? await ctx.policy.memberOf(sender) : {}
    return institution === undefined || institution.key === key ? content : undefined
  }
  return (await ctx.policy.memberOf(sender)).institution?.key === key ? content : undefined
}
