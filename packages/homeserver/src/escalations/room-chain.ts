/** The chain a call in a channel runs, by the channel's settings. */
import { chainFor, type EscalationStage, escalationChainEventType, type Priority } from '@enlace/coordination'
import type { Context } from '../context.ts'

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
  const known = institutions.flatMap((key) => ctx.directory.institution(key) ?? [])
  const [first] = known
  if (!first) return chainFor({ priority }, { general })
  const own = state.get(escalationChainEventType, first.key)?.pdu.content
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
