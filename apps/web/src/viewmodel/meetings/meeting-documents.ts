/** Documents of a meeting: encrypted messages of its thread that carry a file, each named by a record of the minutes. */
import type { MeetingState } from '@enlace/coordination/meetings'
import type { AttachmentBody } from '../../model/media/types.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { documentFacts } from '../media/document.ts'

/** A title is a record's: 200 characters at most. */
export const MAX_TITLE = 200

type Sending = { cases: { send: Pick<Session['cases']['send'], 'document'> } }

/** @returns what sends a file once, however often it is asked for while its record could not be written */
export function createDocumentSender({ cases }: Sending) {
  const uploaded = new Map<string, string>()
  return async (
    { id, roomId }: Pick<MeetingState, 'id' | 'roomId'>,
    file: File,
    onProgress: (part: number) => void,
  ): Promise<string> => {
    const key = `${id}:${file.name}:${file.size}:${file.lastModified}`
    const known = uploaded.get(key)
    if (known !== undefined) return known
    const document = { file, facts: await documentFacts(file) }
    const eventId = await cases.send.document(roomId, id, document, `f${crypto.randomUUID()}`, onProgress)
    uploaded.set(key, eventId)
    return eventId
  }
}

/**
 * The file a document's message carries, opened as any other attachment. Undefined: it was deleted, cannot be decrypted here yet, or is
 * no file of this meeting's thread.
 * @throws RequestError, TypeError when offline
 */
export async function documentBody(
  {
    client,
  }: {
    client: Pick<Session['client'], 'getRoom' | 'fetchRoomEvent' | 'getEventMapper' | 'decryptEventIfNeeded'>
  },
  { id, roomId }: Pick<MeetingState, 'id' | 'roomId'>,
  eventId: string,
): Promise<AttachmentBody | undefined> {
  const room = client.getRoom(roomId)
  let event = room?.findEventById(eventId)
  if (!event) {
    event = client.getEventMapper({ decrypt: false, preventReEmit: true })(
      await client.fetchRoomEvent(roomId, eventId),
    )
    await client.decryptEventIfNeeded(event)
  }
  const view = viewOf(event, room)
  const body = view?.thread === id ? view.body : undefined
  return body && 'file' in body ? body : undefined
}
