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
