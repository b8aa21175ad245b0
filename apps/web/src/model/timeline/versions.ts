import type { MatrixClient, MatrixEvent, Room } from 'matrix-js-sdk'
import { isGenuineEdit, textBody } from './event-view.ts'
import type { MessageVersion } from './types.ts'

const MOST = 100

/**
 * What a message said at first and after each genuine edit, oldest first. The server is asked, because edits of an older
 * part of the channel may not be here; without it, those of this device.
 */
export async function versionsOf(
  client: MatrixClient,
  room: Room,
  eventId: string,
): Promise<{ versions: MessageVersion[]; whole: boolean }> {
  let message = room.findEventById(eventId)
  let edits =
    room.relations.getChildEventsForEvent(eventId, 'm.replace', 'm.room.message')?.getRelations() ?? []
  let whole = false
  try {
    const found = await client.relations(room.roomId, eventId, 'm.replace', 'm.room.message', { limit: MOST })
    message = found.originalEvent ?? message
    edits = [...edits, ...found.events]
    whole = !found.nextBatch
  } catch {
    // Without a network the device's own are shown, and said to be that.
  }
  if (!message) return { versions: [], whole }
  const of = message
  const byId = new Map(edits.filter((one) => isGenuineEdit(one, of)).map((one) => [one.getId(), one]))
  const later = [...byId.values()].sort((a, b) => a.getTs() - b.getTs())
  return {
    versions: [version(of, of.getOriginalContent()), ...later.map(edited)].flatMap((one) => one ?? []),
    whole,
  }
}

const edited = (event: MatrixEvent) => version(event, event.getContent()['m.new_content'])

function version(event: MatrixEvent, content: unknown): MessageVersion | undefined {
  if (typeof content !== 'object' || content === null || !('body' in content)) return undefined
  if (typeof content.body !== 'string') return undefined
  return { id: event.getId() ?? '', ts: event.getTs(), body: textBody(content.body, content) }
}
