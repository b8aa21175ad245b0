/** What the node asks of Enlace's envelopes and settings that partners send: the door soft-fails what this names. */
import {
  caseTargetsEventType,
  caseUpdateEventType,
  chainSettingsProblem,
  escalationChainEventType,
  escalationChainSettingsSchema,
  escalationEventTypes,
} from '@enlace/coordination'
import { type Pdu, serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'

const judged: ReadonlySet<string> = new Set([...escalationEventTypes, caseUpdateEventType])

/** A call, or a step of a call or a case. @returns why it has no part in the room here; undefined: it has */
export async function callAgainst(ctx: Context, roomId: string, pdu: Pdu): Promise<string | undefined> {
  // What this node or its people sent comes back only after a loss; it was checked when it was sent.
  if (pdu.state_key !== undefined || !judged.has(pdu.type) || ctx.accounts.isLocal(pdu.sender))
    return undefined
  return ctx.escalations.raising.judge(roomId, pdu)
}

/** An institution's times and chain are its own to set. @returns why the state counts nowhere; undefined: it counts */
export function settingsAgainst(ctx: Context, pdu: Pdu): string | undefined {
  const { type, sender, content, state_key: stateKey } = pdu
  if (stateKey === undefined) return undefined
  if (type !== caseTargetsEventType && type !== escalationChainEventType) return undefined
  if (stateKey !== '' && !ctx.federation.hosts(serverNameOf(sender) ?? '', stateKey))
    return 'an institution’s times and chain are set by its own coordination'
  if (type !== escalationChainEventType) return undefined
  const settings = escalationChainSettingsSchema.safeParse(content)
  return settings.success ? chainSettingsProblem(settings.data, stateKey)?.en : undefined
}
