import { caseDetailsEventType } from '@enlace/coordination'
import { EventStatus, type MatrixClient } from 'matrix-js-sdk'
import type { AuthedRequest } from '../../lib/request.ts'
import { safeName } from '../timeline/outbox.ts'
import { preparePhoto } from '../timeline/photos.ts'
import type { Media } from '../timeline/types.ts'
import type { CaseSender } from './types.ts'

/** Names the type of a document in its encrypted message. */
const documentTypeField = 'org.enlace.document_type'

/** The relation that puts an event into the thread of a case (client-server API, "Threading"). */
export const inThread = (caseId: string) => ({
  rel_type: 'm.thread',
  event_id: caseId,
  is_falling_back: true,
  'm.in_reply_to': { event_id: caseId },
})

export function createCaseSender(client: MatrixClient, request: AuthedRequest, media: Media): CaseSender {
  async function encrypted(roomId: string, type: string, content: object, txnId: string): Promise<string> {
    try {
      const { event_id } = await client.sendEvent(roomId, type as never, content as never, txnId)
      return event_id
    } catch (error) {
      // The SDK keeps an echo of what it could not send; whoever asked sends it again.
      const echo = client
        .getRoom(roomId)
        ?.getLiveTimeline()
        .getEvents()
        .find((event) => event.getTxnId() === txnId && event.status === EventStatus.NOT_SENT)
      if (echo) client.cancelPendingEvent(echo)
      throw error
    }
  }

  return {
    async envelope(roomId, type, content, txnId) {
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/${type}/${txnId}`
      return ((await request('PUT', path, content)) as { event_id: string }).event_id
    },
    details: (roomId, caseId, details, txnId) =>
      encrypted(roomId, caseDetailsEventType, { ...details, 'm.relates_to': inThread(caseId) }, txnId),
    async document(roomId, caseId, { file, type }, txnId, onProgress) {
      // A photograph of a document says nothing of where and with what it was taken.
      const photo = file.type.startsWith('image/') ? await preparePhoto(file) : undefined
      const blob = photo?.blob ?? file
      const name = safeName(file.name)
      const sealed = await media.upload(blob, { signal: new AbortController().signal, onProgress })
      return encrypted(
        roomId,
        'm.room.message',
        {
          msgtype: 'm.file',
          body: name,
          filename: name,
          file: sealed,
          info: { size: blob.size, mimetype: blob.type || 'application/octet-stream' },
          [documentTypeField]: type,
          'm.mentions': {},
          'm.relates_to': inThread(caseId),
        },
        txnId,
      )
    },
  }
}
