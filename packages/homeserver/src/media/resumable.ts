/**
 * Uploads that go on where the network was cut (after tus: an address, an offset, and bytes from there on). What has come stays,
 * for a day; the file is there for others only when it is whole.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Model } from 'mongoose'
import type { Context } from '../context.ts'
import { limitExceeded, MatrixError, notFound, tooLarge } from '../errors.ts'
import { createKeyedQueue, type InTurn } from '../lib/in-turn.ts'
import { checkJoined } from '../rooms/access.ts'
import { cleanFileName, safeContentType } from './headers.ts'
import type { MediaDoc, ResumableUploads, StoredFile, UploadState } from './types.ts'

const OPEN_FOR_MS = 24 * 3_600_000
/** Begun and not ended, of one person. */
const MAX_OPEN = 20

export async function openResumableUploads(options: {
  ctx: Context
  Doc: Model<MediaDoc>
  inTurn: InTurn<string>
  root: string
  maxBytes: number
  /** Writes the content and counts it against the person's day. */
  take(userId: string, source: AsyncIterable<Uint8Array>): Promise<StoredFile>
  /** Whether so much more is allowed today. @throws M_FORBIDDEN */
  checkAllowance(userId: string): void
  removeUnused(hash: string): Promise<void>
}): Promise<ResumableUploads> {
  const { ctx, Doc, root, maxBytes, take, checkAllowance, removeUnused } = options
  await mkdir(root, { recursive: true, mode: 0o700 })
  const inTurn = createKeyedQueue()
  /** Who is sending bytes of an upload at this moment. */
  const senders = new Map<string, Readable>()

  const idOf = (mediaId: string) => `${ctx.serverName}/${mediaId}`
  const pathOf = (mediaId: string) => join(root, mediaId)
  const written = async (mediaId: string) =>
    stat(pathOf(mediaId)).then(
      ({ size }) => size,
      () => 0,
    )

  /** One answer for what is not there and what is another person's. */
  async function own(userId: string, mediaId: string): Promise<MediaDoc & { total: number }> {
    const doc = await Doc.findOne({ _id: idOf(mediaId), user_id: userId, total: { $exists: true } }).lean()
    if (doc?.total === undefined || (!doc.hash && (doc.expires_ts ?? 0) <= Date.now()))
      throw notFound('There is no such upload of yours, or it has expired.')
    return { ...doc, total: doc.total }
  }

  const stateOf = async (doc: MediaDoc & { total: number }, mediaId: string): Promise<UploadState> => ({
    mediaId,
    size: doc.total,
    offset: doc.hash ? doc.total : await written(mediaId),
    done: doc.hash !== undefined,
    ...(doc.expires_ts === undefined ? {} : { expiresAt: doc.expires_ts }),
  })

  /** A line that is dead keeps its sender waiting: whoever comes after it is the one who counts. */
  function takeOver(mediaId: string): void {
    senders.get(mediaId)?.destroy()
  }

  /** Appends what comes, and keeps it when the line is cut. */
  async function receive(mediaId: string, source: Readable, offset: number, total: number): Promise<void> {
    const handle = await open(pathOf(mediaId), 'a', 0o600)
    let size = offset
    senders.set(mediaId, source)
    try {
      for await (const chunk of source as AsyncIterable<Uint8Array>) {
        size += chunk.length
        if (size > total) throw tooLarge('That is more than the size that was said.')
        await handle.write(chunk)
      }
    } finally {
      if (senders.get(mediaId) === source) senders.delete(mediaId)
      await handle.sync()
      await handle.close()
    }
  }

  async function finish(doc: MediaDoc & { total: number }, mediaId: string): Promise<void> {
    const userId = doc.user_id!
    // Whoever left the room meanwhile brings nothing into it any more.
    if (doc.room_id !== undefined) await checkJoined(ctx, doc.room_id, userId)
    const file = await take(userId, createReadStream(pathOf(mediaId)))
    const saved = await Doc.updateOne(
      { _id: doc._id, hash: { $exists: false } },
      { $set: { hash: file.hash, size: file.size }, $unset: { expires_ts: 1 } },
    )
    if (saved.modifiedCount === 0) await removeUnused(file.hash)
    await rm(pathOf(mediaId), { force: true })
  }

  return {
    async create(userId, { size, contentType, fileName, roomId }) {
      if (size > maxBytes) throw tooLarge(`Files can have ${maxBytes} bytes at most.`)
      checkAllowance(userId)
      if (roomId !== undefined) await checkJoined(ctx, roomId, userId)
      // Counted and begun one after the other, however many come at once.
      return options.inTurn(userId, async () => {
        const time = Date.now()
        // Index {user_id, expires_ts}.
        if ((await Doc.countDocuments({ user_id: userId, expires_ts: { $gt: time } })) >= MAX_OPEN)
          throw limitExceeded(60_000)
        const mediaId = randomBytes(18).toString('base64url')
        const name = cleanFileName(fileName)
        const expiresAt = time + OPEN_FOR_MS
        await Doc.create({
          _id: idOf(mediaId),
          remote: false,
          user_id: userId,
          created_ts: time,
          used_ts: time,
          expires_ts: expiresAt,
          total: size,
          content_type: safeContentType(contentType),
          ...(name === undefined ? {} : { file_name: name }),
          ...(roomId === undefined ? {} : { room_id: roomId }),
        })
        return { mediaId, size, offset: 0, done: false, expiresAt }
      })
    },

    async state(userId, mediaId) {
      await own(userId, mediaId)
      takeOver(mediaId)
      return inTurn(mediaId, async () => stateOf(await own(userId, mediaId), mediaId))
    },

    async append(userId, mediaId, offset, source) {
      await own(userId, mediaId)
      takeOver(mediaId)
      return inTurn(mediaId, async () => {
        const doc = await own(userId, mediaId)
        const before = await stateOf(doc, mediaId)
        // What had come already, and only its answer was lost.
        if (before.done) return before
        if (before.offset !== offset)
          throw new MatrixError(409, 'ORG.ENLACE.WRONG_OFFSET', 'The upload goes on at another place.', {
            'org.enlace.offset': before.offset,
          })
        try {
          await receive(mediaId, source, offset, doc.total)
        } catch (error) {
          // More than was said: nothing of it counts.
          if (error instanceof MatrixError) await truncate(pathOf(mediaId), offset)
          throw error
        }
        if ((await written(mediaId)) === doc.total) await finish(doc, mediaId)
        return stateOf(await own(userId, mediaId), mediaId)
      })
    },

    async cancel(userId, mediaId) {
      const doc = await own(userId, mediaId)
      // What is whole is a file like any other.
      if (doc.hash) throw notFound('There is no such upload of yours, or it has expired.')
      takeOver(mediaId)
      await inTurn(mediaId, async () => {
        await Doc.deleteOne({ _id: doc._id, hash: { $exists: false } })
        await rm(pathOf(mediaId), { force: true })
      })
    },

    async trim() {
      for (const mediaId of await readdir(root)) {
        const doc = await Doc.findById(idOf(mediaId)).lean()
        if (!doc || doc.hash || (doc.expires_ts ?? 0) <= Date.now())
          await inTurn(mediaId, () => rm(pathOf(mediaId), { force: true }))
      }
    },
  }
}
