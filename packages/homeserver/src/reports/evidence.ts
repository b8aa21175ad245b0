/** A reported message as this node has it: encrypted. Kept apart, because whoever wrote it may take it back. */
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { Evidence } from './types.ts'

/** The message, and its newest correction by the same person: what the reporter saw. Nothing that is not encrypted is kept. */
export async function keepEvidence(ctx: Context, eventId: string): Promise<string[]> {
  const event = await ctx.rooms.event(eventId)
  if (!event) return []
  const [edit] = (
    await ctx.rooms.relations(event.roomId, eventId, { relType: 'm.replace', dir: 'b', limit: 20 })
  ).filter(({ pdu }) => pdu.sender === event.pdu.sender)
  return [event, ...(edit ? [edit] : [])]
    .filter(({ pdu, redactedBy }) => pdu.type === 'm.room.encrypted' && redactedBy === undefined)
    .map((one) => JSON.stringify(evidenceOf(one)))
}

const evidenceOf = ({ eventId, pdu }: StoredEvent): Evidence => ({
  event_id: eventId,
  sender: pdu.sender,
  origin_server_ts: pdu.origin_server_ts,
  type: pdu.type,
  content: pdu.content,
})

export const evidenceIn = (kept: readonly string[] | undefined): Evidence[] =>
  (kept ?? []).map((json) => JSON.parse(json) as Evidence)
