/**
 * Two copies of one event. A partner passes on without its content what is not for this server's eyes, and may believe so
 * of what another has told it whole: the id is the same, and so are the signatures. The whole copy counts, whichever came
 * first; only a redaction empties an event.
 */
import { hasValidContentHash, type Pdu, type PduReading } from '@enlace/room-model'
import type { StoredEvent } from '../types.ts'
import type { DoorDeps } from './types.ts'

/** The copy to keep of an event that comes, and may be known. */
export function betterCopy(known: StoredEvent | undefined, came: PduReading): Pdu {
  if (!known) return came.pdu
  return known.redactedBy === undefined && came.intact ? came.pdu : known.pdu
}

/**
 * State that is known hollow gets its content from a whole copy: a room decides by it. Not a membership of the timeline:
 * what counts of it is never taken away, and its text may be left out on purpose (`without-text.ts`).
 */
export async function fillIn(
  { models, store }: Pick<DoorDeps, 'models' | 'store'>,
  known: StoredEvent,
  came: PduReading,
): Promise<StoredEvent> {
  const { type, state_key } = came.pdu
  const decides = state_key !== undefined && (known.outlier || type !== 'm.room.member')
  if (!decides || !came.intact || known.redactedBy !== undefined || hasValidContentHash(known.pdu))
    return known
  const event: StoredEvent = { ...known, pdu: came.pdu }
  await models.Event.updateOne({ _id: known.eventId }, { $set: { json: JSON.stringify(came.pdu) } })
  store.events.put(event)
  return event
}
