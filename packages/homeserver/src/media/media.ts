/**
 * The content repository (client-server API, "Content repository"). What is uploaded here stays; what is fetched from
 * partners is a cache with a limit. One file per content, however many ids point to it.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseServerName } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { forbidden, limitExceeded, MatrixError, notFound } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { checkJoined } from '../rooms/access.ts'
import { redactionTarget } from '../rooms/redactions.ts'
import { openModel } from '../storage/db.ts'
import { openProjection } from '../stream/projection.ts'
import { openMediaFiles } from './files.ts'
import { cleanFileName, fileNameFrom, safeContentType } from './headers.ts'
import { boundaryOf, MultipartError, readMediaPart } from './multipart.ts'
import { operateMedia } from './operate.ts'
import { isQuarantined, openQuarantine } from './quarantine.ts'
import { mayRead } from './readers.ts'
import { openResumableUploads } from './resumable.ts'
import { mediaSchema } from './schema.ts'
import { createThumbnailer } from './thumbnails.ts'
import type { Media, MediaDoc, MediaLink, MediaReader, StoredFile, StoredMedia } from './types.ts'

/** Largest file, stated in /media/config. */
export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024
const MAX_RESERVED = 20
const RESERVED_FOR_MS = 24 * 3_600_000
/** What one person may upload in a day. */
const MAX_BYTES_PER_DAY = 2 * 1024 * 1024 * 1024
const DAY_MS = 24 * 3_600_000
/** What is kept of other servers' content. */
const REMOTE_CACHE_BYTES = 5 * 1024 * 1024 * 1024
const SEEN_EVERY_MS = 3_600_000
/** Files of one event: a picture has two. */
const MAX_CARRIED = 100
const FETCH_TIMEOUT_MS = 60_000
const MEDIA_ID = /^[A-Za-z0-9_-]{1,255}$/

/** NOTSPEC: to the servers that fetched a file, when whoever uploaded it removes it. */
export const MEDIA_REMOVED_EDU = 'org.enlace.media_removed'
const removal = z.looseObject({ media_ids: z.array(z.string().regex(MEDIA_ID)).max(100) })

type About = { contentType?: string; fileName?: string }
/** In the metadata part of federated media: NOTSPEC, after MSC3911, which has `restrictions: { event_id }` there. */
const linkSchema = z.looseObject({
  'org.enlace.room_id': z.string().max(255).startsWith('!').optional(),
  'org.enlace.event_id': z.string().max(255).startsWith('$').optional(),
})

export async function createMedia(ctx: Context): Promise<Media> {
  const Doc = await openModel(ctx.db, 'media', mediaSchema())
  const quarantine = await openQuarantine(ctx)
  const files = await openMediaFiles(join(ctx.config.data_dir, 'media'))
  const thumbnailer = createThumbnailer(files)
  /** Of a file that is fetched, and of a person whose open uploads are counted. */
  const inTurn = createKeyedQueue()
  const uploadedToday = growingCache<string, { bytes: number }>(10_000, { ttl: DAY_MS })
  /** Requests waiting for an upload to finish. */
  const waiting = new Map<string, Set<() => void>>()

  const idOf = (serverName: string, mediaId: string) => `${serverName}/${mediaId}`
  const newMediaId = () => randomBytes(18).toString('base64url')

  function checkAllowance(userId: string): { bytes: number } {
    const used = uploadedToday.get(userId) ?? { bytes: 0 }
    if (used.bytes >= MAX_BYTES_PER_DAY)
      throw forbidden('You have uploaded a great deal today. Go on tomorrow.')
    return used
  }

  /** Writes the content and counts it against the person's day. */
  async function take(userId: string, source: AsyncIterable<Uint8Array>): Promise<StoredFile> {
    const used = checkAllowance(userId)
    const file = await files.write(source, MAX_UPLOAD_BYTES)
    used.bytes += file.size
    uploadedToday.set(userId, used, { noUpdateTTL: true })
    return file
  }

  const described = (file: StoredFile, about: About) => {
    const name = cleanFileName(about.fileName)
    return {
      hash: file.hash,
      size: file.size,
      content_type: safeContentType(about.contentType),
      ...(name === undefined ? {} : { file_name: name }),
    }
  }

  function stored(doc: MediaDoc): StoredMedia {
    const hash = doc.hash!
    return {
      link: linkOf(doc),
      hash,
      size: doc.size!,
      contentType: doc.content_type!,
      ...(doc.file_name === undefined ? {} : { fileName: doc.file_name }),
      open: () => files.read(hash),
    }
  }

  /** One answer for what is not there and what is not for them. */
  async function checkReader(doc: MediaDoc, reader: MediaReader): Promise<void> {
    const uploader = !doc.remote && 'userId' in reader && doc.user_id === reader.userId
    if (!uploader && !(await mayRead(ctx, linkOf(doc), reader))) throw notFound('There is no such file.')
    // Only whoever could read it learns that it is held back.
    quarantine.check(doc.hash)
  }

  function noteUse(doc: MediaDoc): void {
    const time = Date.now()
    if (!doc.remote || time - doc.used_ts < SEEN_EVERY_MS) return
    Doc.updateOne({ _id: doc._id }, { $set: { used_ts: time } }).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'could not note the use of cached content'),
    )
  }

  /** Resolves when the upload is there or time is up. */
  async function waitForUpload(id: string, timeoutMs: number): Promise<void> {
    await new Promise<void>((done) => {
      const listeners = waiting.get(id) ?? new Set()
      const finish = () => {
        clearTimeout(timer)
        listeners.delete(finish)
        if (listeners.size === 0) waiting.delete(id)
        done()
      }
      const timer = setTimeout(finish, timeoutMs)
      listeners.add(finish)
      waiting.set(id, listeners)
    })
  }

  async function findLocal(id: string, timeoutMs: number): Promise<MediaDoc> {
    let doc = await Doc.findById(id).lean()
    // What comes in parts is not there before it is whole.
    if (doc && !doc.hash && doc.total === undefined && (doc.expires_ts ?? 0) > Date.now()) {
      if (timeoutMs > 0) {
        await waitForUpload(id, timeoutMs)
        doc = await Doc.findById(id).lean()
      }
      if (doc && !doc.hash) {
        throw new MatrixError(504, 'M_NOT_YET_UPLOADED', 'The file has not been uploaded yet.')
      }
    }
    if (!doc?.hash) throw notFound('There is no such file.')
    return doc
  }

  /** From the cache, or from its server; asked for once, however many wait for it. */
  const findRemote = (serverName: string, mediaId: string): Promise<MediaDoc> =>
    inTurn(idOf(serverName, mediaId), async () => {
      const known = await Doc.findById(idOf(serverName, mediaId)).lean()
      if (known?.hash && (await files.size(known.hash)) !== undefined) return known
      return fetchRemote(serverName, mediaId)
    })

  async function fetchRemote(serverName: string, mediaId: string): Promise<MediaDoc> {
    ctx.federation.checkServer(serverName, 'media')
    let answer: Awaited<ReturnType<Context['federation']['download']>>
    try {
      answer = await ctx.federation.download(serverName, {
        path: `/_matrix/federation/v1/media/download/${encodeURIComponent(mediaId)}`,
        timeoutMs: FETCH_TIMEOUT_MS,
      })
    } catch (error) {
      if (error instanceof MatrixError && (error.status === 403 || isQuarantined(error))) throw error
      ctx.log.debug({ err: error, server: serverName }, 'could not fetch content')
      throw notFound('The file could not be fetched from its server. Try again later.')
    }
    try {
      const boundary = boundaryOf(answer.headers['content-type'] ?? '')
      if (boundary === undefined) throw new MultipartError('The answer is not multipart/mixed.')
      const part = await readMediaPart(answer.body, boundary)
      // NOTSPEC: a `Location` is not followed: it could point this server at its own network.
      if (part.headers.has('location')) throw new MultipartError('The answer points elsewhere.')
      const file = await files.write(part.body, MAX_UPLOAD_BYTES)
      const time = Date.now()
      const doc: MediaDoc = {
        _id: idOf(serverName, mediaId),
        remote: true,
        created_ts: time,
        used_ts: time,
        ...linkFrom(part.metadata),
        ...described(file, {
          contentType: part.headers.get('content-type'),
          fileName: fileNameFrom(part.headers.get('content-disposition')),
        }),
      }
      await Doc.replaceOne({ _id: doc._id }, doc, { upsert: true })
      return doc
    } catch (error) {
      if (error instanceof MatrixError && error.errcode === 'M_TOO_LARGE') {
        throw new MatrixError(502, 'M_TOO_LARGE', 'The file is larger than this server passes on.')
      }
      if (error instanceof MultipartError) {
        ctx.log.debug({ err: error, server: serverName }, 'content came in a form that is not understood')
        throw new MatrixError(502, 'M_UNKNOWN', 'The other server did not send the file properly.')
      }
      throw error
    } finally {
      answer.cancel()
    }
  }

  /** Removes the file of a document that was deleted, unless another one has the same content. Index {hash}. */
  async function removeUnused(hash: string): Promise<void> {
    if (!(await Doc.exists({ hash }))) await files.remove(hash)
  }

  /** It goes here, and at the partners that fetched it. */
  async function removeDoc(doc: MediaDoc): Promise<void> {
    const { deletedCount } = await Doc.deleteOne({ _id: doc._id })
    if (deletedCount === 0) return
    if (doc.hash) await removeUnused(doc.hash)
    if (!doc.remote) await tellPartners(doc)
  }

  /** Copies at partners go. */
  async function tellPartners(doc: MediaDoc): Promise<void> {
    const media_ids = [doc._id.slice(ctx.serverName.length + 1)]
    const edu = { edu_type: MEDIA_REMOVED_EDU, content: { media_ids } }
    await ctx.federation.sendEdu(doc.fetched_by ?? [], edu, { durable: true })
  }

  /** Files go with the event that carried them, whoever redacted it: of partners' files the copy kept here. */
  const redactions = await openProjection(ctx, {
    name: 'media',
    startsAt: 'now',
    atOnce: 4,
    concerns: ({ pdu }) => pdu.type === 'm.room.redaction',
    read: (range) => ctx.rooms.envelopesIn(range),
    keysOf: ({ pdu, version }) => [redactionTarget(pdu, version) ?? []].flat(),
    async work(eventId) {
      if ((await ctx.rooms.event(eventId))?.redactedBy === undefined) return
      // Index {event_id}.
      for (const doc of await Doc.find({ event_id: eventId }).limit(MAX_CARRIED).lean()) await removeDoc(doc)
    },
  })
  void redactions.start()

  const resumable = await openResumableUploads({
    ctx,
    Doc,
    inTurn,
    root: join(ctx.config.data_dir, 'media-parts'),
    maxBytes: MAX_UPLOAD_BYTES,
    take,
    checkAllowance,
    removeUnused,
  })

  return {
    resumable,
    async upload(userId, source, about) {
      if (about.roomId !== undefined) await checkJoined(ctx, about.roomId, userId)
      const file = await take(userId, source)
      const mediaId = newMediaId()
      const time = Date.now()
      await Doc.create({
        _id: idOf(ctx.serverName, mediaId),
        remote: false,
        user_id: userId,
        created_ts: time,
        used_ts: time,
        ...(about.roomId === undefined ? {} : { room_id: about.roomId }),
        ...described(file, about),
      })
      return { mediaId }
    },

    async carriedBy(userId, mediaId, eventId) {
      const id = idOf(ctx.serverName, mediaId)
      const doc = MEDIA_ID.test(mediaId) ? await Doc.findById(id).lean() : null
      const event = await ctx.rooms.accessEvent(userId, eventId)
      const theirs = doc?.hash !== undefined && doc.user_id === userId
      if (!theirs || event?.pdu.sender !== userId || (doc.room_id ?? event.roomId) !== event.roomId)
        throw notFound('There is no such file of yours, or no such message.')
      const set = { room_id: event.roomId, event_id: eventId }
      const saved = await Doc.updateOne(
        { _id: id, $or: [{ event_id: { $exists: false } }, { event_id: eventId }] },
        { $set: set },
      )
      if (saved.matchedCount === 0)
        throw new MatrixError(409, 'M_CANNOT_OVERWRITE_MEDIA', 'Another message carries that file already.')
      // It was deleted in the meantime.
      if ((await ctx.rooms.event(eventId))?.redactedBy !== undefined) await removeDoc({ ...doc, ...set })
    },

    reserve: (userId) =>
      inTurn(userId, async () => {
        const time = Date.now()
        // Index {user_id, expires_ts}.
        const open = await Doc.countDocuments({ user_id: userId, expires_ts: { $gt: time } })
        if (open >= MAX_RESERVED) throw limitExceeded(60_000)
        const mediaId = newMediaId()
        const unusedExpiresAt = time + RESERVED_FOR_MS
        await Doc.create({
          _id: idOf(ctx.serverName, mediaId),
          remote: false,
          user_id: userId,
          created_ts: time,
          used_ts: time,
          expires_ts: unusedExpiresAt,
        })
        return { mediaId, unusedExpiresAt }
      }),

    async uploadTo(userId, mediaId, source, about) {
      const id = idOf(ctx.serverName, mediaId)
      const taken = () =>
        new MatrixError(409, 'M_CANNOT_OVERWRITE_MEDIA', 'There is a file at that address already.')
      const doc = MEDIA_ID.test(mediaId) ? await Doc.findById(id).lean() : null
      if (!doc || doc.total !== undefined || (!doc.hash && (doc.expires_ts ?? 0) <= Date.now())) {
        throw notFound('That upload address is not known, or it has expired.')
      }
      if (doc.user_id !== userId) throw forbidden('That upload address belongs to another person.')
      if (doc.hash) throw taken()
      const file = await take(userId, source)
      const saved = await Doc.updateOne(
        { _id: id, hash: { $exists: false } },
        { $set: described(file, about), $unset: { expires_ts: 1 } },
      )
      if (saved.modifiedCount === 0) {
        await removeUnused(file.hash)
        throw taken()
      }
      for (const finish of [...(waiting.get(id) ?? [])]) finish()
    },

    async find(serverName, mediaId, { timeoutMs, allowRemote, reader }) {
      if (parseServerName(serverName) === undefined || !MEDIA_ID.test(mediaId)) {
        throw notFound('There is no such file.')
      }
      if (serverName === ctx.serverName) {
        const own = await findLocal(idOf(serverName, mediaId), timeoutMs)
        await checkReader(own, reader)
        return stored(own)
      }
      if (!allowRemote) throw notFound('There is no such file.')
      const doc = await findRemote(serverName, mediaId)
      await checkReader(doc, reader)
      noteUse(doc)
      return stored(doc)
    },

    async noteFetch(mediaId, serverName) {
      const id = idOf(ctx.serverName, mediaId)
      await Doc.updateOne(
        { _id: id, hash: { $exists: true }, fetched_by: { $ne: serverName } },
        { $addToSet: { fetched_by: serverName } },
      )
    },

    async remove(userId, mediaId) {
      // One answer for what is not there and what is not theirs.
      const gone = () => notFound('There is no such file of yours.')
      if (!MEDIA_ID.test(mediaId)) throw gone()
      const id = idOf(ctx.serverName, mediaId)
      const doc = await Doc.findOne({ _id: id, user_id: userId, hash: { $exists: true } }).lean()
      if (!doc) throw gone()
      await removeDoc(doc)
      await ctx.audit.record({ act: 'media.remove', on: mediaId, facts: { of: userId } })
    },

    async removeCarriedBy(eventIds) {
      // Index {event_id}.
      const docs = await Doc.find({ event_id: { $in: [...eventIds] } }).lean()
      for (const doc of docs) await removeDoc(doc)
      return docs.length
    },

    async receiveRemoval(origin, content) {
      const parsed = removal.safeParse(content)
      if (!parsed.success) return
      for (const mediaId of parsed.data.media_ids) {
        const id = idOf(origin, mediaId)
        // In turn with fetching: what is on its way here goes as well.
        await inTurn(id, async () => {
          const doc = await Doc.findOneAndDelete({ _id: id, remote: true }).lean()
          if (doc?.hash) await removeUnused(doc.hash)
        })
      }
    },

    async thumbnail(media, wanted) {
      const made = await thumbnailer.get(media.hash, media.contentType, wanted)
      if (made.kind === 'original') {
        return { contentType: media.contentType, size: media.size, open: media.open, original: true }
      }
      const { variant, contentType } = made
      const size = (await files.size(media.hash, variant)) ?? 0
      return { contentType, size, open: () => files.read(media.hash, variant), original: false }
    },

    operator: operateMedia({ ctx, Doc, quarantine, removeDoc, tellPartners }),
    settled: redactions.caughtUp,
    close: () => redactions.close(),

    async trim() {
      // Index {expires_ts}.
      const expired = await Doc.find({ expires_ts: { $lte: Date.now() }, hash: { $exists: false } }).lean()
      await Doc.deleteMany({ _id: { $in: expired.map(({ _id }) => _id) } })
      await resumable.trim()
      const [total] = await Doc.aggregate<{ bytes: number }>([
        { $match: { remote: true } },
        { $group: { _id: null, bytes: { $sum: '$size' } } },
      ])
      let over = (total?.bytes ?? 0) - REMOTE_CACHE_BYTES
      while (over > 0) {
        // Index {remote, used_ts}.
        const oldest = await Doc.findOne({ remote: true }).sort({ used_ts: 1 }).lean()
        if (!oldest) break
        await Doc.deleteOne({ _id: oldest._id })
        if (oldest.hash) await removeUnused(oldest.hash)
        over -= oldest.size ?? 0
      }
    },
  }
}

const linkOf = ({ room_id, event_id }: Pick<MediaDoc, 'room_id' | 'event_id'>): MediaLink => ({
  ...(room_id === undefined ? {} : { roomId: room_id }),
  ...(event_id === undefined ? {} : { eventId: event_id }),
})

/** What a partner says its file is for. Without a room, an event says nothing. */
function linkFrom(metadata: unknown): Pick<MediaDoc, 'room_id' | 'event_id'> {
  const parsed = linkSchema.safeParse(metadata)
  const room = parsed.success ? parsed.data['org.enlace.room_id'] : undefined
  const event = parsed.success ? parsed.data['org.enlace.event_id'] : undefined
  if (room === undefined) return {}
  return { room_id: room, ...(event === undefined ? {} : { event_id: event }) }
}
