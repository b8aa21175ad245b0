import type { EncryptedFile } from '../timeline/encrypted-file.ts'
import type { SealedAttachment } from './sealed-attachment.ts'

/** Something that a message carries, as it is shown. `caption`: what its sender wrote below it. */
export type AttachmentBody =
  | {
      type: 'image'
      name: string
      caption?: string
      file: EncryptedFile
      thumbnail?: EncryptedFile
      mimetype: string
      thumbnailType?: string
      thumbnailSize?: number
      width: number
      height: number
      size?: number
    }
  | ({
      type: 'voice'
      name: string
      caption?: string
      file: EncryptedFile
      mimetype: string
      size?: number
    } & Sound)
  | {
      type: 'video'
      name: string
      caption?: string
      file: EncryptedFile
      thumbnail?: EncryptedFile
      thumbnailType?: string
      thumbnailSize?: number
      mimetype: string
      width: number
      height: number
      durationMs: number
      size?: number
    }
  | {
      type: 'file'
      name: string
      caption?: string
      file: EncryptedFile
      mimetype?: string
      size?: number
      /** its first page, as its sender's device drew it */
      firstPage?: FirstPage
      pages?: number
    }

export interface FirstPage {
  file: EncryptedFile
  type: string
  size?: number
  width: number
  height: number
}

/** How long it is, and how loud over its length (0..1024). `spoken`: recorded to be heard as a message. */
export interface Sound {
  spoken: boolean
  durationMs: number
  waveform: readonly number[]
}

/** A recording of a voice, before it is sent. */
export interface VoiceNote {
  blob: Blob
  mimetype: string
  durationMs: number
  /** 0..1024, few enough for a message */
  waveform: readonly number[]
}

/** Of a clip, as this device read it. */
export interface VideoFacts {
  width: number
  height: number
  durationMs: number
  poster?: Poster
}

/** Of a document, as this device read it. */
export interface DocumentFacts {
  pages: number
  poster?: Poster
}

/** A document whose pages can be drawn. Each throws where a page is not drawn in time. */
export interface OpenDocument {
  readonly pages: number
  /** @param number from 1. `text`: what the page says, for who does not see it */
  draw(number: number, width: number): Promise<{ canvas: HTMLCanvasElement; text: string }>
  /** The first page within a square. */
  poster(side: number): Promise<Poster>
  close(): void
}

export interface Poster {
  blob: Blob
  width: number
  height: number
}

/** A recording that is going on. */
export interface LiveRecording {
  readonly mimetype: string
  /** Ends it and lets go of the microphone. Its last part has come when this resolves. */
  stop(): Promise<void>
}

export type MicrophoneProblem = 'refused' | 'none' | 'busy' | 'unsupported'

/** How a file is sent. */
export interface FileOptions {
  replyTo?: string | undefined
  /** `isAnswer`: to `replyTo` itself, which otherwise is only the newest of the thread */
  thread?: { id: string; isAnswer: boolean } | undefined
  /** beside what a file has, inside the ciphertext */
  extra?: Record<string, unknown> | undefined
  /** a picture as the camera made it, with all that is written into it, as a file */
  original?: boolean | undefined
  caption?: string | undefined
  voice?: Pick<Sound, 'durationMs' | 'waveform'>
  video?: VideoFacts | undefined
  document?: DocumentFacts | undefined
}

/** A file that waits in the outbox. */
export interface OutgoingAttachment {
  /** as it was chosen; gone once it is sealed */
  blob?: Blob | undefined
  sealed?: SealedAttachment | undefined
  poster?: Poster | undefined
  name: string
  type: string
}
