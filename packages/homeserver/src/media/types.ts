import type { ReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

/** media/: the content repository. */
export interface Media {
  /** Stores an upload of a local user. @throws M_TOO_LARGE, M_FORBIDDEN (quota) */
  upload(
    userId: string,
    source: AsyncIterable<Uint8Array>,
    about: { contentType?: string; fileName?: string },
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
  /** Content of this server, waiting for an upload to finish; of another one, fetched if `allowRemote`. @throws MatrixError */
  find(
    serverName: string,
    mediaId: string,
    options: { timeoutMs: number; allowRemote: boolean },
  ): Promise<StoredMedia>
  /** Before a partner gets content of this server: it will be told when that is removed. */
  noteFetch(mediaId: string, serverName: string): Promise<void>
  /**
   * Removes what this person uploaded, here and at the servers that fetched it. The server cannot see which message carries
   * an encrypted file: the client that deletes the message says so. @throws M_NOT_FOUND
   */
  remove(userId: string, mediaId: string): Promise<void>
  /** A partner removed content of its own: the copy kept here goes. */
  receiveRemoval(origin: string, content: unknown): Promise<void>
  thumbnail(
    media: StoredMedia,
    wanted: { width: number; height: number; method: 'crop' | 'scale' },
  ): Promise<{ contentType: string; size: number; open(): Readable; original: boolean }>
  /** Housekeeping: expired reservations and the oldest of what was fetched from others go. */
  trim(): Promise<void>
}

export type StoredMedia = {
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
