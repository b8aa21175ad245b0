/**
 * Cases that were deleted before that was refused (`redactionRule`). Nothing brings back what they said, but nobody is told
 * that they never were: the board names them, and whoever opens one reads who deleted it, and when.
 */
import { caseEventType } from '@enlace/coordination'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { ERASED } from '../rooms/client-event.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { DeletedCase, DeletedCases } from './types.ts'

/** Of a room, its newest. */
const MAX_PER_ROOM = 50

export function createDeletedCases(ctx: Pick<Context, 'rooms'>): DeletedCases {
  /** By room: none are deleted any more, so that it changes only with history that is fetched. */
  const known = growingCache<string, readonly DeletedCase[]>(5_000)

  async function inRoom(roomId: string): Promise<readonly DeletedCase[]> {
    const before = known.get(roomId)
    if (before) return before
    const cases = await ctx.rooms.eventsOfTypes(roomId, [caseEventType])
    const gone = cases
      .filter((event) => event.redactedBy !== undefined && event.redactedBy !== ERASED)
      .slice(0, MAX_PER_ROOM)
    const found = await Promise.all(gone.map(aboutDeletion))
    known.set(roomId, found)
    return found
  }

  async function aboutDeletion(event: StoredEvent): Promise<DeletedCase> {
    const redaction = event.redactedBy === undefined ? undefined : await ctx.rooms.event(event.redactedBy)
    return {
      id: event.eventId,
      room_id: event.roomId,
      opened_by: event.pdu.sender,
      opened_ts: event.pdu.origin_server_ts,
      ...(redaction ? { deleted_by: redaction.pdu.sender, deleted_ts: redaction.pdu.origin_server_ts } : {}),
      pos: event.pos ?? 0,
    }
  }

  return {
    inRoom,
    forget: (roomId) => void known.delete(roomId),
    async refusal(event) {
      if (event.pdu.type !== caseEventType) return undefined
      if (event.redactedBy === undefined)
        return gone('case.unreadable', {
          es: 'El caso llegó a este servidor sin su contenido, o en una forma que no se puede leer. Pida a quien lo abrió que lo revise.',
          en: 'The case came to this server without its content, or in a form that cannot be read. Ask whoever opened it to look into it.',
        })
      if (event.redactedBy === ERASED)
        return gone('case.erased', {
          es: 'El plazo de conservación de este caso se cumplió y se borró. Su constancia dice cuándo, en qué servidores y qué queda.',
          en: 'The time for which this case was kept is over and it was deleted. Its record says when, on which servers, and what stays.',
        })
      const { opened_by, opened_ts, deleted_by, deleted_ts } = await aboutDeletion(event)
      const by = deleted_by ?? ''
      return gone(
        'case.deleted',
        {
          es: `${by} borró este caso, que había abierto ${opened_by}, cuando todavía se podía. Lo que decía ya no está en ningún servidor de la red que cumpla. Pregunte a quien lo abrió y, si hace falta, abra uno nuevo.`,
          en: `${by} deleted this case, which ${opened_by} had opened, when that was still possible. What it said is on no honest server of the network any more. Ask whoever opened it and, if needed, open a new one.`,
        },
        { opened_by, opened_ts, ...(deleted_by ? { deleted_by, deleted_ts } : {}) },
      )
    },
  }
}

/** Not "not found": it is known, and gone. */
const gone = (rule: string, message: { es: string; en: string }, more: object = {}) =>
  new MatrixError(410, 'M_NOT_FOUND', message.es, {
    'org.enlace.rule': rule,
    'org.enlace.message': message,
    ...more,
  })
