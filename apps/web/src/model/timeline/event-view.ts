import type { MatrixEvent, Room } from 'matrix-js-sdk'
import { DecryptionFailureCode } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import { attachmentBody, attachmentFields } from '../media/attachment-body.ts'
import { isSealed } from '../trust/outgoing-gate.ts'
import { sharedBody, sharedFields } from './shared-things.ts'
import type { EventView, MessageBody } from './types.ts'

export const HTML_FORMAT = 'org.matrix.custom.html'

/** Which words of a message called several people at once: an institution, who is on duty. */
export const GROUPS_KEY = 'org.enlace.mentioned'

/** Of a forwarded message: who wrote it, when, in a channel of which topic. */
export const FORWARDED_KEY = 'org.enlace.forwarded'

const contentSchema = z.looseObject({
  msgtype: z.string(),
  body: z.string().max(65_536),
  format: z.string().optional().catch(undefined),
  formatted_body: z.string().max(65_536).optional().catch(undefined),
  ...attachmentFields,
  ...sharedFields,
  'm.mentions': z
    .object({ user_ids: z.array(z.string()).max(100).optional() })
    .optional()
    .catch(undefined),
  [FORWARDED_KEY]: z
    .object({
      sender: z.string().max(255).startsWith('@'),
      origin_server_ts: z.number().int().min(0).max(8.64e15),
      topic: z.string().max(64).optional(),
    })
    .optional()
    .catch(undefined),
  [GROUPS_KEY]: z
    .array(z.object({ text: z.string().max(300).startsWith('@'), user_ids: z.array(z.string()).max(100) }))
    .max(10)
    .optional()
    .catch(undefined),
})

/**
 * An event of the SDK as the timeline needs it; undefined for what has no place there. What came without encryption is
 * never shown as somebody's words, in any room: no server along the way may put words into a mouth.
 *
 * @param room to find an earlier genuine edit where the newest one is not
 */
export function viewOf(event: MatrixEvent, room?: Room | null): EventView | undefined {
  const id = event.getId()
  const sender = event.getSender()
  // What is on its way is shown from our own outbox, so the SDK's echoes of it are left out.
  if (!id || !sender || event.status !== null) return undefined
  const base = {
    id,
    sender,
    ts: event.getTs(),
    type: event.getType(),
    redacted: event.isRedacted(),
    edited: false,
  }
  if (event.getType() === 'm.room.member') {
    const now = event.getContent()['membership']
    const before = event.getPrevContent()['membership']
    const userId = event.getStateKey()
    if (typeof now !== 'string' || userId === undefined) return undefined
    return {
      ...base,
      body: undefined,
      membership: { userId, now, ...(typeof before === 'string' ? { before } : {}) },
    }
  }
  if (event.isState()) return undefined
  if (event.isRedacted()) {
    return event.getWireType() === 'm.room.encrypted' || event.getType() === 'm.room.message'
      ? { ...base, body: undefined }
      : undefined
  }
  if (event.isRelation('m.replace')) return undefined
  if (isForged(event)) return { ...base, body: { type: 'unencrypted' } }
  if (event.isDecryptionFailure() || (event.isEncrypted() && !event.getClearContent())) {
    const thread = threadOf(event)
    return {
      ...base,
      body: { type: 'undecryptable', reason: reasonOf(event) },
      ...(thread ? { thread } : {}),
    }
  }
  if (event.getType() !== 'm.room.message') return { ...base, body: undefined }
  const edit = genuineEdit(event, room)
  const parsed = contentSchema.safeParse(
    edit ? edit.getContent()['m.new_content'] : event.getOriginalContent(),
  )
  const thread = threadOf(event)
  // A message in a thread may name the thread's newest one for clients without threads: that answers nothing.
  const replyTo = thread === undefined || !isFallingBack(event) ? event.replyEventId : undefined
  const mentions = parsed.success ? parsed.data['m.mentions']?.user_ids : undefined
  const origin = parsed.success ? parsed.data[FORWARDED_KEY] : undefined
  const groups = parsed.success ? parsed.data[GROUPS_KEY] : undefined
  return {
    ...base,
    body: parsed.success ? bodyOf(parsed.data) : { type: 'unsupported' },
    edited: edit !== undefined,
    ...(thread ? { thread } : {}),
    ...(replyTo ? { replyTo } : {}),
    ...(mentions?.length ? { mentions } : {}),
    ...(groups?.length ? { groups } : {}),
    ...(origin
      ? {
          forwarded: {
            sender: origin.sender,
            ts: origin.origin_server_ts,
            ...(origin.topic === undefined ? {} : { topic: origin.topic }),
          },
        }
      : {}),
  }
}

/** Whether it says something, or claims to, and is not ciphertext alone. */
function isForged(event: MatrixEvent): boolean {
  if (event.getWireType() === 'm.room.encrypted') return !isSealed(event.getWireContent())
  return event.getType() === 'm.room.message'
}

/** The newest edit by the same person that came encrypted, as the message itself did. */
function genuineEdit(event: MatrixEvent, room: Room | null | undefined): MatrixEvent | undefined {
  const newest = event.replacingEvent()
  if (!newest) return undefined
  if (isGenuineEdit(newest, event)) return newest
  const id = event.getId()
  const all = id
    ? room?.relations.getChildEventsForEvent(id, 'm.replace', event.getType())?.getRelations()
    : []
  return (all ?? []).filter((one) => isGenuineEdit(one, event)).sort((a, b) => b.getTs() - a.getTs())[0]
}

export const isGenuineEdit = (edit: MatrixEvent, of: MatrixEvent): boolean =>
  edit.isEncrypted() &&
  edit.getClearContent() !== null &&
  !edit.isDecryptionFailure() &&
  !edit.isRedacted() &&
  edit.getSender() === of.getSender()

/** The first event of the thread an event is in. Even encrypted events say this in the clear. */
export function threadOf(event: MatrixEvent): string | undefined {
  const relation: unknown = event.getWireContent()['m.relates_to']
  if (typeof relation !== 'object' || relation === null) return undefined
  const { rel_type, event_id } = relation as { rel_type?: unknown; event_id?: unknown }
  return rel_type === 'm.thread' && typeof event_id === 'string' ? event_id : undefined
}

function isFallingBack(event: MatrixEvent): boolean {
  const relation: unknown = event.getWireContent()['m.relates_to']
  const answers = typeof relation === 'object' && relation !== null && 'is_falling_back' in relation
  return !answers || relation.is_falling_back !== false
}

function bodyOf(content: z.output<typeof contentSchema>): MessageBody {
  const { msgtype, body } = content
  const shared = sharedBody(content)
  if (shared) return shared
  if (msgtype === 'm.location') return { type: 'text', text: body }
  if (msgtype === 'm.text' || msgtype === 'm.notice' || msgtype === 'm.emote') return textBody(body, content)
  return attachmentBody(content) ?? { type: 'unsupported' }
}

/** Of the forms of text Matrix has one is known. */
export function textBody(text: string, content: object): Extract<MessageBody, { type: 'text' }> {
  const { format, formatted_body: html } = content as { format?: unknown; formatted_body?: unknown }
  return { type: 'text', text, ...(format === HTML_FORMAT && typeof html === 'string' ? { html } : {}) }
}

type Reason = Extract<MessageBody, { type: 'undecryptable' }>['reason']

function reasonOf(event: MatrixEvent): Reason {
  switch (event.decryptionFailureReason) {
    case DecryptionFailureCode.HISTORICAL_MESSAGE_NO_KEY_BACKUP:
    case DecryptionFailureCode.HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED:
    case DecryptionFailureCode.HISTORICAL_MESSAGE_WORKING_BACKUP:
      return 'before_device'
    case DecryptionFailureCode.HISTORICAL_MESSAGE_USER_NOT_JOINED:
      return 'before_joining'
    case DecryptionFailureCode.UNSIGNED_SENDER_DEVICE:
    case DecryptionFailureCode.UNKNOWN_SENDER_DEVICE:
    case DecryptionFailureCode.SENDER_IDENTITY_PREVIOUSLY_VERIFIED:
      return 'unconfirmed_sender'
    case DecryptionFailureCode.MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE:
    case DecryptionFailureCode.MEGOLM_KEY_WITHHELD:
      return 'this_device'
    default:
      return 'waiting'
  }
}
