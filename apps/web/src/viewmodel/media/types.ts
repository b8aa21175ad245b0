import type { Failure } from '../../lib/failure.ts'
import type { EditStep, PictureEdit } from '../../lib/picture-edit.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type {
  AttachmentBody,
  DocumentFacts,
  MicrophoneProblem,
  VideoFacts,
  VoiceNote,
} from '../../model/media/types.ts'
import type { EncryptedFile } from '../../model/timeline/encrypted-file.ts'

export type { AttachmentBody, MicrophoneProblem, OpenDocument, VoiceNote } from '../../model/media/types.ts'

export type DocumentBody = Extract<AttachmentBody, { type: 'file' }>

export type VoiceState =
  | { kind: 'idle' }
  /** the browser asks whether the page may use the microphone */
  | { kind: 'asking' }
  | { kind: 'recording'; ms: number; levels: readonly number[] }
  /** recorded, and kept on this device until it is sent or thrown away. `full`: it is as long as one may be. */
  | { kind: 'ready'; note: VoiceNote; full?: boolean }
  | { kind: 'refused'; problem: MicrophoneProblem }

/** Recording a voice note for one channel. */
export interface VoiceRecorder {
  readonly state: ReadableStore<VoiceState>
  /** The device had no room to keep it: a page that closes loses it. */
  readonly unkept: ReadableStore<boolean>
  /** The last sending did not happen. */
  readonly failure: ReadableStore<Failure | undefined>
  start(): Promise<void>
  /** Ends the recording; it can be heard before it is sent. */
  stop(): Promise<void>
  /** Ends the recording where it goes on, and sends it. @returns whether it is on its way */
  send(): Promise<boolean>
  discard(): Promise<void>
  close(): void
}

/** A sound that is played, wherever the page has gone meanwhile. */
export interface Track {
  key: string
  /** where it is: on the server, or here before it is sent */
  source: EncryptedFile | Blob
  mimetype: string
  durationMs: number
  roomId: string
  /** of the message, to find what is played next */
  eventId?: string
  /** who speaks */
  title: string
}

export interface PlayerState {
  track?: Track
  phase: 'idle' | 'loading' | 'playing' | 'paused' | 'failed'
  /** seconds */
  position: number
  duration: number
  rate: number
}

/** One sound at a time. */
export interface Player {
  readonly state: ReadableStore<PlayerState>
  /** Plays it, pauses it, or goes on. */
  toggle(track: Track): void
  /** 0..1 of the track that is played, or that is to be */
  seek(track: Track, part: number): void
  nextRate(): void
  stop(): void
}

/** One of the files that are about to be sent, as it would be. */
export interface SheetItem {
  id: string
  file: File
  picture: boolean
  edit: PictureEdit
  /** of a picture, as it would be sent; absent until it is drawn, and where this browser cannot */
  url?: string
  /** of a clip, made smaller on this device: `not` where it would be no smaller, or this browser cannot */
  smaller?: { kind: 'making'; part: number } | { kind: 'made'; file: File } | { kind: 'not' }
  /** sent as the camera made it, with all that is written into it */
  original: boolean
}

export interface SheetState {
  items: readonly SheetItem[]
  chosen: string | undefined
  caption: string
  /** all pictures go as the pages of one PDF */
  asPdf: boolean
  busy: boolean
  failure?: Failure
  /** some were over the limit, or too many */
  refused?: 'too_large' | 'too_many'
}

/** What is looked at before it is sent. Nothing has left the device until `send`. */
export interface SendSheet {
  readonly state: ReadableStore<SheetState>
  add(files: readonly File[]): void
  choose(id: string): void
  remove(id: string): void
  /** One place to the left or right. */
  move(id: string, by: -1 | 1): void
  /** Turned, straightened, whitened or covered, after what was done before. */
  edit(id: string, step: EditStep): void
  /** Takes back what was done last. */
  undo(id: string): void
  /** @returns how many faces the browser found; undefined where it cannot look for any */
  coverFaces(id: string): Promise<number | undefined>
  /** A clip, where the browser can record one. */
  canShrink(id: string): boolean
  /** Of a clip. Takes as long as it is; `whole` stops it, or takes it back. */
  shrink(id: string): Promise<void>
  whole(id: string): void
  setOriginal(id: string, original: boolean): void
  setCaption(text: string): void
  setAsPdf(asPdf: boolean): void
  /** In their order, each a message; the caption goes with the first. @returns whether all are on their way */
  send(): Promise<boolean>
  close(): void
}

export type SendFile = (
  file: File,
  options: { original?: boolean; caption?: string; video?: VideoFacts; document?: DocumentFacts },
) => Promise<'ok' | 'too_large'>
