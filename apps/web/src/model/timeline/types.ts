import type { CaseState, Escalation } from '@enlace/coordination'
import type { Room } from 'matrix-js-sdk'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { ResumeOptions } from '../media/resumable-upload.ts'
import type { AttachmentBody, FileOptions, OutgoingAttachment, Sound } from '../media/types.ts'
import type { Trust } from '../trust/types.ts'
import type { EncryptedFile } from './encrypted-file.ts'
import type { OutgoingContent } from './outgoing.ts'
import type { Thing } from './things.ts'

export interface Media {
  /** What is encrypted already, for the members of a room and nobody else. @returns its address. @throws AbortError, RequestError, TypeError when offline */
  uploadSealed(roomId: string, bytes: Uint8Array<ArrayBuffer>): Promise<string>
  /** The same from where an earlier attempt was cut. Progress is 0..1. @returns its address. @throws as `uploadSealed` */
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

/** Something done to a message: a sign put on it, or its removal for all. */
export interface Gesture {
  id: string
  roomId: string
  /** the message, or the reaction that is taken back */
  eventId: string
  /** nothing of it leaves before */
  notBefore: number
  act: { kind: 'react'; key: string } | { kind: 'remove'; files: string[] }
  /** `done`: the server has it, and its copy is not here yet */
  state: 'waiting' | 'sending' | 'done' | 'failed'
  failure?: Failure
  /** the event it became */
  sent?: string
}

export interface Gestures {
  readonly all: ReadableStore<readonly Gesture[]>
  react(roomId: string, eventId: string, key: string): Promise<void>
  /** `files`: ids of uploads on one's own server that go with it. `delayMs`: how long it can be undone at least. */
  remove(
    roomId: string,
    eventId: string,
    options?: { files?: readonly string[]; delayMs?: number },
  ): Promise<void>
  /** @returns false when it has left already */
  undo(id: string): boolean
  /** Something came: what is in the timeline needs no stand-in any more. */
  arrived(): void
  wake(): void
  close(): void
}

export interface MessageVersion {
  id: string
  ts: number
  body: Extract<MessageBody, { type: 'text' }>
}

/** How far this person is in the threads of a channel, and which they follow. */
export interface ThreadReading {
  /** Rises when any of it may have changed. */
  readonly version: ReadableStore<number>
  /** Messages of a thread, as far as they are here, that this person has not read. */
  unread(room: Room, rootId: string): number
  /** Said so, or began it, wrote in it, is mentioned in it. */
  follows(room: Room, rootId: string): boolean
  follow(room: Room, rootId: string, on: boolean): Promise<void>
  markRead(room: Room, rootId: string): Promise<void>
  /** First messages of the threads that have messages here. */
  rootsIn(room: Room): string[]
  /** All of the channel is read, but for threads that are followed and not read. `isSeparate`: shown on its own. */
  markChannelRead(room: Room, isSeparate: (rootId: string) => boolean): Promise<void>
  close(): void
}

export interface Marked {
  /** Rises when any of it may have changed. */
  readonly version: ReadableStore<number>
  /** In the order in which they were pinned. */
  pinned(room: Room): string[]
  mayPin(room: Room): boolean
  /** @throws MatrixError, ConnectionError */
  pin(room: Room, eventId: string, on: boolean): Promise<void>
  /** The newest first. */
  starred(room: Room): string[]
  star(room: Room, eventId: string, on: boolean): Promise<void>
  /** What stands there, also where it is not on this device. */
  look(room: Room, eventId: string): Promise<EventView | undefined>
  close(): void
}

export interface BesideMessages {
  gestures: Gestures
  threads: ThreadReading
  marked: Marked
}

export interface ThreadSummary {
  count: number
  sender: string
  ts: number
  unread: number
}

/** Where a message comes from, as whoever forwarded it says. */
export interface Forwarded {
  sender: string
  ts: number
  topic?: string
}

/** `text`: with its `@` */
export interface GroupCall {
  text: string
  user_ids: readonly string[]
}

/** A sign under a message, and who put it there. */
export interface Reaction {
  key: string
  users: readonly string[]
  /** this person's own */
  own: { eventId?: string; gestureId?: string } | undefined
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
  /** words that call several people */
  groups?: readonly GroupCall[]
  forwarded?: Forwarded
  /** for m.room.member */
  membership?: { userId: string; name?: string; now: string; before?: string }
}

/** A point of the Earth, in its sender's words. `uncertainty`: metres around it; `own`: where the sender says they are. */
export interface PlaceBody {
  type: 'place'
  latitude: number
  longitude: number
  uncertainty?: number
  words: string
  own: boolean
}

/** What a sender says of an institution of the directory. `key`: of its entry. */
export interface CardBody {
  type: 'card'
  key: string
  name: string
  service?: string
  place?: string
  hours?: string
  phones: readonly string[]
}

export type MessageBody =
  /** `html`: the same with its form, as whoever wrote it says; to be sanitised before anything of it is shown */
  | { type: 'text'; text: string; html?: string }
  | AttachmentBody
  | PlaceBody
  | CardBody
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
  /** words that call several people */
  groups?: readonly GroupCall[]
  forwarded?: Forwarded
  reply?: { eventId: string; sender?: string; excerpt?: string }
  state?: MessageState
  escalations: readonly Escalation[]
  reactions: readonly Reaction[]
  /** the thread that begins with it */
  thread?: ThreadSummary
  /** its removal is on the way */
  removal?: Pick<Gesture, 'id' | 'state' | 'failure'>
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
  /** That somebody began something which has a page of its own. */
  | { kind: 'thing'; key: string; ts: number; thing: Thing; sender: string }
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
