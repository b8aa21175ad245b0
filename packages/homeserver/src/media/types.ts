import type { ReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

/** media/: the content repository. */
export interface Media {
  /**
   * Stores an upload of a local user. `roomId`: it is for that room, and nobody else is given it. @throws M_TOO_LARGE,
   * M_FORBIDDEN (quota, or not in the room)
   */
  upload(
    userId: string,
    source: AsyncIterable<Uint8Array>,
    about: { contentType?: string; fileName?: string; roomId?: string },
  ): Promise<{ mediaId: string }>
  /** An id to upload to later. @throws M_LIMIT_EXCEEDED */
  reserve(userId: string): Promise<{ mediaId: string; unusedExpiresAt: number }>
  /** @throws M_NOT_FOUND, M_FORBIDDEN, M_CANNOT_OVERWRITE_MEDIA, M_TOO_LARGE */
  uploadTo(
    userId: string,
    mediaId: string,
    source: AsyncIterable<Uint8Array>,
    about: { contentType?: string; fileName?: string },
  ): Promise<void>
  /**
   * Content of this server, waiting for an upload to finish; of another one, fetched if `allowRemote`. What is for a room
   * whose `reader` may not see it is not there. @throws MatrixError
   */
  find(
    serverName: string,
    mediaId: string,
    options: { timeoutMs: number; allowRemote: boolean; reader: MediaReader },
  ): Promise<StoredMedia>
  /**
   * The event that carries what this person uploaded: whoever may see it gets the file, and the file goes when it is
   * redacted. @throws M_NOT_FOUND, M_CANNOT_OVERWRITE_MEDIA
   */
  carriedBy(userId: string, mediaId: string, eventId: string): Promise<void>
  /** Before a partner gets content of this server: it will be told when that is removed. */
  noteFetch(mediaId: string, serverName: string): Promise<void>
  /**
   * Removes what this person uploaded, here and at the servers that fetched it. The server cannot see which message carries
   * an encrypted file: the client that deletes the message says so. @throws M_NOT_FOUND
   */
  remove(userId: string, mediaId: string): Promise<void>
  /** Removes what these events carried, here and at the servers that fetched it. @returns how many files */
  removeCarriedBy(eventIds: readonly string[]): Promise<number>
  /** A partner removed content of its own: the copy kept here goes. */
  receiveRemoval(origin: string, content: unknown): Promise<void>
  thumbnail(
    media: StoredMedia,
    wanted: { width: number; height: number; method: 'crop' | 'scale' },
  ): Promise<{ contentType: string; size: number; open(): Readable; original: boolean }>
  /** Uploads that go on where the network was cut. */
  readonly resumable: ResumableUploads
  readonly operator: MediaOperator
  /** Resolves when files of all events redacted so far are gone. */
  settled(): Promise<void>
  close(): Promise<void>
  /** Housekeeping: expired reservations and the oldest of what was fetched from others go. */
  trim(): Promise<void>
}

export type UploadState = {
  mediaId: string
  /** as it was said when the upload began */
  size: number
  /** bytes that are here, and stay */
  offset: number
  /** It is whole: a file like any other. */
  done: boolean
  /** until then it can be gone on with */
  expiresAt?: number
}

/** NOTSPEC, after tus. What is not there and what is another person's get one answer. */
export interface ResumableUploads {
  /** @throws M_TOO_LARGE, M_LIMIT_EXCEEDED, M_FORBIDDEN (quota, or not in the room) */
  create(
    userId: string,
    about: { size: number; contentType?: string; fileName?: string; roomId?: string },
  ): Promise<UploadState>
  /** Ends a line that is dead: the offset stays as it is told. @throws M_NOT_FOUND */
  state(userId: string, mediaId: string): Promise<UploadState>
  /**
   * What comes from `offset` on; what came before a cut is kept. An upload that is whole answers so again.
   * @throws M_NOT_FOUND, ORG.ENLACE.WRONG_OFFSET, M_TOO_LARGE
   */
  append(userId: string, mediaId: string, offset: number, source: Readable): Promise<UploadState>
  cancel(userId: string, mediaId: string): Promise<void>
  /** Removes what was begun and never ended. */
  trim(): Promise<void>
}

export type MediaRow = {
  media: string
  size: number
  type: string
  copy: boolean
  uploaded: string
  by?: string
  room?: string
  quarantined: boolean
}
/** What operators do to files, by `mxc://` address. */
export interface MediaOperator {
  /** The newest first, at most `limit`. */
  list(filter: { by?: string; room?: string; quarantined?: boolean; limit: number }): Promise<MediaRow[]>
  /** From now on nobody is given it, nor any other file with the same content; partners drop their copies. @throws M_NOT_FOUND */
  quarantine(address: string, reason: string | undefined): Promise<MediaRow>
  release(address: string): Promise<MediaRow>
  /** Here, and at the servers that fetched it. */
  remove(address: string): Promise<{ media: string }>
  totals(): Promise<{ files: number; bytes: number; copies: number; quarantined: number }>
}

/** Who asks: a person of this node, or a partner. */
export type MediaReader = { userId: string } | { serverName: string }

/** What a file is for, as far as its uploader said so. */
export type MediaLink = { roomId?: string; eventId?: string }

export type StoredMedia = {
  link: MediaLink
  hash: string
  size: number
  contentType: string
  fileName?: string
  open(): Readable
}

/** Content on disk, named by its SHA-256. `variant`: a rendering kept beside it. */
export interface MediaFiles {
  /** Takes a stream of at most `limit` bytes, in constant memory. @throws M_TOO_LARGE */
  write(source: AsyncIterable<Uint8Array>, limit: number): Promise<StoredFile>
  read(hash: string, variant?: string): ReadStream
  path(hash: string, variant?: string): string
  /** Bytes; undefined when it is not there. */
  size(hash: string, variant?: string): Promise<number | undefined>
  /** Keeps a rendering of a content beside it. */
  writeVariant(hash: string, variant: string, bytes: Uint8Array): Promise<void>
  /** Removes a content and its renderings. */
  remove(hash: string): Promise<void>
}

export type StoredFile = { hash: string; size: number }

export type MediaDoc = {
  /** `serverName/mediaId` */
  _id: string
  /** Fetched from another server. */
  remote: boolean
  user_id?: string
  hash?: string
  size?: number
  content_type?: string
  file_name?: string
  created_ts: number
  /** Of a reserved id without content. */
  expires_ts?: number
  /** Bytes there will be, of what comes in parts. */
  total?: number
  used_ts: number
  /** Servers that fetched it, and are told when it goes. */
  fetched_by?: string[]
  /** The room it is for, and the event that carries it; absent where nobody said so. */
  room_id?: string
  event_id?: string
}
