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

/** @returns why the event has no part in the room here; undefined: it has */
export async function envelopeAgainst(ctx: Context, roomId: string, pdu: Pdu): Promise<string | undefined> {
  if (pdu.state_key !== undefined) return settingsAgainst(ctx, pdu.state_key, pdu)
  // What this node or its people sent comes back only after a loss; it was checked when it was sent.
  if (!judged.has(pdu.type) || ctx.accounts.isLocal(pdu.sender)) return undefined
  return ctx.escalations.raising.judge(roomId, pdu)
}

function settingsAgainst(
  ctx: Context,
  stateKey: string,
  { type, sender, content }: Pick<Pdu, 'type' | 'sender' | 'content'>,
): string | undefined {
  if (type !== caseTargetsEventType && type !== escalationChainEventType) return undefined
  if (stateKey !== '' && !ctx.federation.hosts(serverNameOf(sender) ?? '', stateKey))
    return 'an institution’s times and chain are set by its own coordination'
  if (type !== escalationChainEventType) return undefined
  const settings = escalationChainSettingsSchema.safeParse(content)
  return settings.success ? chainSettingsProblem(settings.data, stateKey)?.en : undefined
}
