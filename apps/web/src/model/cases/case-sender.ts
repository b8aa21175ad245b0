import { caseDetailsEventType, caseEventType } from '@enlace/coordination'
import { HeldError } from '../../lib/hold.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { outgoingFile } from '../media/outgoing-file.ts'
import { sealAttachment, sendAttachment } from '../media/sealed-attachment.ts'
import { inThread } from '../timeline/outgoing.ts'
import type { Media, SealedSending } from '../timeline/types.ts'
import type { CaseSender } from './types.ts'

/** Names the type of a document in its encrypted message. */
const documentTypeField = 'org.enlace.document_type'

export function createCaseSender(
  request: AuthedRequest,
  media: Media,
  sealed: SealedSending,
  isChannel: (roomId: string) => boolean,
): CaseSender {
  async function encrypted(roomId: string, type: string, content: object, txnId: string): Promise<string> {
    inChannel(roomId)
    return sealed.send(roomId, type, content, txnId)
  }

  async function ready(roomId: string): Promise<void> {
    inChannel(roomId)
    const hold = await sealed.check(roomId)
    if (hold) throw new HeldError(hold)
  }
  /** Forms and envelopes belong to channels: a room that only looks like one gets none. */
  function inChannel(roomId: string): void {
    if (!sealed.isEncrypted(roomId)) throw new HeldError({ kind: 'not_encrypted' })
    if (!isChannel(roomId)) throw new HeldError({ kind: 'not_channel' })
  }

  return {
    async envelope(roomId, type, content, txnId) {
      // A case whose form could not follow is not opened at all. Steps say nothing that needs encryption.
      if (type === caseEventType) await ready(roomId)
      else inChannel(roomId)
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/${type}/${txnId}`
      return ((await request('PUT', path, content)) as { event_id: string }).event_id
    },
    details: (roomId, caseId, details, txnId) =>
      encrypted(roomId, caseDetailsEventType, { ...details, 'm.relates_to': inThread(caseId) }, txnId),
    async document(roomId, caseId, { file, type, facts }, txnId, onProgress) {
      await ready(roomId)
      const { content: before, attachment } = outgoingFile(file, {
        document: facts,
        extra: {
          ...(type ? { [documentTypeField]: type } : {}),
          'm.mentions': {},
          'm.relates_to': inThread(caseId),
        },
      })
      const made = await sealAttachment({ ...attachment, blob: file }, before)
      const { signal } = new AbortController()
      const content = await sendAttachment(before, attachment.name, made, onProgress, (_, bytes, told) =>
        media.sendSealed(bytes, { roomId, signal, onProgress: told }),
      )
      const eventId = await encrypted(roomId, 'm.room.message', content, txnId)
      media.carriedBy(eventId, content)
      return eventId
    },
  }
}
