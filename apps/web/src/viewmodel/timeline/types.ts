import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { Person } from '../../model/channels/types.ts'
import type { OutgoingContent } from '../../model/timeline/outgoing.ts'
import type { MessageVersion, TimelineItem } from '../../model/timeline/types.ts'
import type { SendFile, SendSheet, VoiceRecorder } from '../media/types.ts'

// What views show of the model.
export type {
  CardBody,
  MemberLine,
  MessageItem,
  MessageState,
  MessageVersion,
  OutgoingFileBody,
  PlaceBody,
  Reaction,
  ThreadSummary,
  TimelineItem,
} from '../../model/timeline/types.ts'

export interface TimelineState {
  items: readonly TimelineItem[]
  /** virtuoso's index of the first item: falls as older ones come */
  firstIndex: number
  /** the last event of the live end, also where it is no row: a note of a case, an edit */
  newest: string | undefined
  /** false while looking at an older part of the channel */
  live: boolean
  loadingOlder: boolean
  failure?: Failure
  typing: readonly string[]
}

export interface TimelineModel {
  readonly state: ReadableStore<TimelineState>
  /** Changes when the end of the channel should be shown. */
  readonly toEnd: ReadableStore<number>
  loadOlder(): Promise<void>
  loadNewer(): Promise<void>
  /** Shows the part of the channel around an event. @returns false when it cannot be found */
  show(eventId: string): Promise<boolean>
  backToLive(): void
  /** Everything shown has been seen. */
  markRead(): void
  close(): void
}

export interface ThreadState {
  /** the first message, then those of the thread */
  items: readonly TimelineItem[]
  loading: boolean
  failure?: Failure
  follows: boolean
}

/** One thread of a channel. */
export interface ThreadModel {
  readonly state: ReadableStore<ThreadState>
  retry(): void
  markRead(): void
  follow(on: boolean): Promise<void>
  close(): void
}

/** A thread in the list of a channel's threads. */
export interface ThreadLine {
  rootId: string
  sender: string
  excerpt: string | undefined
  count: number
  lastTs: number
  unread: number
  follows: boolean
}

export interface ThreadListModel {
  readonly state: ReadableStore<{
    lines: readonly ThreadLine[]
    loading: boolean
    failure?: Failure
    more: boolean
  }>
  loadMore(): void
  /** Everything in all of them has been seen. */
  markAllRead(): Promise<void>
  close(): void
}

export type ComposerTarget = { kind: 'reply' | 'edit'; eventId: string; sender: string; text: string }

export interface ComposerModel {
  readonly target: ReadableStore<ComposerTarget | undefined>
  readonly draft: ReadableStore<string | undefined>
  readonly voice: VoiceRecorder
  setDraft(text: string): void
  reply(target: Omit<ComposerTarget, 'kind'>): void
  edit(target: Omit<ComposerTarget, 'kind'>): void
  cancelTarget(): void
  /** `unkept`: also where this device has no room to keep it until it is sent. */
  send(text: string, unkept?: boolean): Promise<void>
  /** A place or a contact card. @throws QuotaExceededError */
  share(content: OutgoingContent): Promise<void>
  /** What is looked at before it is sent, while it is. */
  readonly sheet: ReadableStore<SendSheet | undefined>
  /** Adds to what is looked at. */
  lookAt(files: readonly File[]): void
  /** What was looked at is not sent. */
  lookAway(): void
  /** `original`: a picture as the camera made it, with all that is written into it, as a file. */
  sendFile: SendFile
  /** Whether a picture is sent smaller than it is. */
  isReduced(file: File): Promise<boolean>
  /** For all, in a few seconds: until then it can be undone, and nothing has left. */
  remove(eventId: string): Promise<void>
  /** Puts a sign on a message, or takes one's own back. */
  react(eventId: string, key: string): Promise<void>
  undo(gestureId: string): void
  /** What a message said before it was edited. */
  versions(eventId: string): Promise<{ versions: readonly MessageVersion[]; whole: boolean }>
  typing(): void
  suggestions(term: string): Person[]
  /** What is written for somebody: `@` and a name nobody else of the room has. */
  mentionText(person: Person): string
  close(): void
}
