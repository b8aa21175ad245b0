import type { CaseState, Escalation } from '@enlace/coordination'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { ResumeOptions } from '../media/resumable-upload.ts'
import type { AttachmentBody, FileOptions, OutgoingAttachment, Sound } from '../media/types.ts'
import type { Trust } from '../trust/types.ts'
import type { EncryptedFile } from './encrypted-file.ts'
import type { OutgoingContent } from './outgoing.ts'

export interface Media {
  /** Encrypts and uploads. Progress is 0..1. @throws AbortError, RequestError, TypeError when offline */
  upload(
    plain: Blob,
    options: {
      /** whose members get it, and nobody else */
      roomId: string
      signal: AbortSignal
      onProgress(part: number): void
    },
  ): Promise<EncryptedFile>
  /** What is encrypted already. @returns its address. @throws as `upload` */
  uploadSealed(roomId: string, bytes: Uint8Array<ArrayBuffer>): Promise<string>
  /** What is encrypted already, from where an earlier attempt was cut. @returns its address. @throws as `upload` */
  sendSealed(bytes: Blob, options: ResumeOptions & { signal: AbortSignal }): Promise<string>
  /** What was begun and is not wanted any more. */
  abandon(upload: string): void
  /** Tells the node which message carries the files: they go with it, whoever deletes it. Tried again by itself. */
  carriedBy(eventId: string, content: Record<string, unknown>): void
  /** The decrypted file itself. @throws RequestError, Error when it is damaged */
  plain(file: EncryptedFile): Promise<ArrayBuffer>
  /** An object URL of the decrypted file; kept while it is among the last used. */
  url(file: EncryptedFile, type: string): Promise<string>
  /** Lets go of all decrypted files. */
  release(): void
  close(): void
}

/** The one way out for what people write. */
export type SealedSending = Pick<Trust, 'send' | 'check' | 'version' | 'isEncrypted'>

/**
 * Messages on their way. An entry is on disk before it is shown, is sent in the order written, per channel, and leaves
 * when the server's copy is in the timeline. Its transaction id never changes, so a message that was accepted while
 * the answer was lost is not sent twice.
 */
export interface OutboxEntry {
  txnId: string
  roomId: string
  createdAt: number
  content: OutgoingContent
  attachment?: OutgoingAttachment
  state: 'queued' | 'sending' | 'accepted' | 'failed'
  /** 0..1, of the attachment */
  progress?: number
  failure?: Failure
  eventId?: string
}

export interface Outbox {
  readonly entries: ReadableStore<readonly OutboxEntry[]>
  /**
   * @param unkept also where this device has no room for it: a reload before it is sent then loses it
   * @throws QuotaExceededError when the device is full
   */
  send(roomId: string, content: OutgoingContent, unkept?: boolean): Promise<void>
  /** @returns 'too_large' when the attachment is over the limit and was not taken */
  sendFile(roomId: string, file: Blob & { name?: string }, options?: FileOptions): Promise<'ok' | 'too_large'>
  retry(txnId: string): void
  discard(txnId: string): Promise<void>
  /** Tells that the server's copy of a message is in the timeline. */
  arrived(eventId: string, txnId: string | undefined): void
  /** Tries what is waiting, e.g. because the connection is back. */
  wake(): void
  close(): void
}

/** What the timeline is built from: an event as the SDK has it, reduced to what is shown. */
export interface EventView {
  id: string
  type: string
  sender: string
  ts: number
  body: MessageBody | undefined
  redacted: boolean
  edited: boolean
  replyTo?: string
  /** the first event of the thread it is in */
  thread?: string
  mentions?: readonly string[]
  /** for m.room.member */
  membership?: { userId: string; name?: string; now: string; before?: string }
}

export type MessageBody =
  | { type: 'text'; text: string }
  | AttachmentBody
  | {
      type: 'undecryptable'
      reason: 'waiting' | 'before_device' | 'before_joining' | 'unconfirmed_sender' | 'this_device'
    }
  | { type: 'unsupported' }
  /** It came without encryption: anybody along the way could have written it, so nothing of it is shown. */
  | { type: 'unencrypted' }

export type MessageState =
  | { kind: 'queued' }
  | { kind: 'sending'; progress?: number }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'sent' }
  | { kind: 'read'; readers: readonly string[] }

export interface MessageItem {
  kind: 'message'
  key: string
  eventId?: string
  txnId?: string
  sender: string
  ts: number
  mine: boolean
  /** follows a message of the same person closely: the name is not repeated */
  continued: boolean
  body: MessageBody | { type: 'deleted' } | OutgoingFileBody
  edited: boolean
  mentions?: readonly string[]
  reply?: { eventId: string; sender?: string; excerpt?: string }
  state?: MessageState
  escalations: readonly Escalation[]
}

/** A file on its way. */
export interface OutgoingFileBody {
  type: 'outgoing_file'
  kind: 'image' | 'voice' | 'file'
  name: string
  caption?: string
  sound?: Sound
}

export type TimelineItem =
  | MessageItem
  | { kind: 'day'; key: string; ts: number }
  | { kind: 'members'; key: string; ts: number; changes: readonly MemberLine[] }
  | { kind: 'escalation'; key: string; ts: number; escalation: Escalation; excerpt?: string }
  | { kind: 'case'; key: string; ts: number; state: CaseState }
  /** Messages that came unencrypted: nobody's words, so nobody's name stands with them. */
  | { kind: 'hidden'; key: string; ts: number; count: number }
  /** What was written before this device could read it: colleagues' devices can open it. */
  | { kind: 'closed'; key: string; ts: number; count: number }
  | { kind: 'unread'; key: string }
  | { kind: 'start'; key: string }

/** One change of membership; those that follow each other are one row. */
export interface MemberLine {
  userId: string
  by: string
  change: MemberChange
}

export type MemberChange = 'joined' | 'invited' | 'left' | 'removed' | 'banned' | 'declined'
