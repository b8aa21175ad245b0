/** Server-side key backups (client-server API, "Server-side key backups"): ciphertext of message keys, per user. */
import mongoose from 'mongoose'
import { invalidParam, MatrixError, notFound } from '../errors.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { openModel } from '../storage/db.ts'
import type { Database } from '../storage/types.ts'
import type { BackedUpKey, KeyBackup, KeySelector, RoomKeys } from './types.ts'

type VersionDoc = {
  /** `userId|version` */
  _id: string
  user_id: string
  version: number
  algorithm: string
  auth_data: string
  /** Grows with every change of a key. */
  etag: number
  deleted: boolean
}

type KeyDoc = {
  /** `userId|version|roomId|sessionId` */
  _id: string
  user_id: string
  version: number
  room_id: string
  session_id: string
  is_verified: boolean
  first_message_index: number
  forwarded_count: number
  session_data: string
}

const noBackup = () => notFound('There is no such key backup.')

export async function createKeyBackup(db: Database): Promise<KeyBackup> {
  const versionSchema = new mongoose.Schema<VersionDoc>(
    {
      _id: String,
      user_id: String,
      version: Number,
      algorithm: String,
      auth_data: String,
      etag: Number,
      deleted: Boolean,
    },
    { versionKey: false },
  )
  versionSchema.index({ user_id: 1, version: -1 })
  const Version = await openModel(db, 'room_key_versions', versionSchema)

  const keySchema = new mongoose.Schema<KeyDoc>(
    {
      _id: String,
      user_id: String,
      version: Number,
      room_id: String,
      session_id: String,
      is_verified: Boolean,
      first_message_index: Number,
      forwarded_count: Number,
      session_data: String,
    },
    { versionKey: false },
  )
  keySchema.index({ user_id: 1, version: 1, room_id: 1 })
  const Key = await openModel(db, 'room_keys', keySchema)

  /** The named version, or the newest one that was not deleted. @throws M_NOT_FOUND */
  async function access(userId: string, version?: string): Promise<VersionDoc> {
    const found =
      version === undefined
        ? // Index {user_id, version}.
          await Version.findOne({ user_id: userId, deleted: false }).sort({ version: -1 }).lean()
        : await Version.findOne({ _id: `${userId}|${version}`, deleted: false }).lean()
    if (!found) throw noBackup()
    return found
  }

  /** Only the newest version may be written to. @throws M_NOT_FOUND, M_WRONG_ROOM_KEYS_VERSION */
  async function accessForWriting(userId: string, version: string): Promise<VersionDoc> {
    const current = await access(userId)
    if (String(current.version) !== version) {
      await access(userId, version)
      throw new MatrixError(403, 'M_WRONG_ROOM_KEYS_VERSION', 'That is not the newest key backup.', {
        current_version: String(current.version),
      })
    }
    return current
  }

  const select = (backup: VersionDoc, { roomId, sessionId }: KeySelector) => ({
    user_id: backup.user_id,
    version: backup.version,
    ...(roomId === undefined ? {} : { room_id: roomId }),
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
  })

  async function summary(backup: VersionDoc): Promise<{ count: number; etag: string }> {
    const [fresh, count] = await Promise.all([
      Version.findById(backup._id).lean(),
      Key.countDocuments({ user_id: backup.user_id, version: backup.version }),
    ])
    return { count, etag: String(fresh?.etag ?? backup.etag) }
  }

  return {
    async create(userId, algorithm, authData) {
      for (;;) {
        const last = await Version.findOne({ user_id: userId }).sort({ version: -1 }).lean()
        const version = (last?.version ?? 0) + 1
        try {
          await Version.create({
            _id: `${userId}|${version}`,
            user_id: userId,
            version,
            algorithm,
            auth_data: JSON.stringify(authData),
            etag: 0,
            deleted: false,
          })
          return String(version)
        } catch (error) {
          // Two clients at once: the later one takes the next number.
          if (!isDuplicateKey(error)) throw error
        }
      }
    },

    async forget(userIds, roomId, sessionIds) {
      let count = 0
      for (const userId of userIds) {
        // Index {user_id, version}; those that were deleted too.
        for (const { version } of await Version.find({ user_id: userId }).lean()) {
          // Index {user_id, version, room_id}.
          const gone = await Key.deleteMany({
            user_id: userId,
            version,
            room_id: roomId,
            session_id: { $in: [...sessionIds] },
          })
          count += gone.deletedCount
          if (gone.deletedCount > 0)
            await Version.updateOne({ _id: `${userId}|${version}` }, { $inc: { etag: 1 } })
        }
      }
      return count
    },

    async info(userId, version) {
      const backup = await access(userId, version)
      return {
        algorithm: backup.algorithm,
        auth_data: JSON.parse(backup.auth_data) as Record<string, unknown>,
        version: String(backup.version),
        ...(await summary(backup)),
      }
    },

    async update(userId, version, given) {
      const backup = await access(userId, version)
      if (given.version !== undefined && given.version !== version) {
        throw invalidParam('version: does not match the version in the path')
      }
      if (given.algorithm !== backup.algorithm) {
        throw invalidParam('algorithm: cannot be changed')
      }
      await Version.updateOne({ _id: backup._id }, { $set: { auth_data: JSON.stringify(given.auth_data) } })
    },

    async remove(userId, version) {
      const backup = await access(userId, version)
      await Version.updateOne({ _id: backup._id }, { $set: { deleted: true } })
      await Key.deleteMany({ user_id: userId, version: backup.version })
    },

    async put(userId, version, rooms) {
      const backup = await accessForWriting(userId, version)
      const operations = Object.entries(rooms).flatMap(([roomId, sessions]) =>
        Object.entries(sessions).map(([sessionId, key]) => putOperation(backup, roomId, sessionId, key)),
      )
      if (operations.length > 0 && (await writeAll(operations)) > 0) {
        await Version.updateOne({ _id: backup._id }, { $inc: { etag: 1 } })
      }
      return summary(backup)
    },

    async get(userId, version, selector) {
      const backup = await access(userId, version)
      // Room and session ids are whatever the client chose: no prototype for them to fall into.
      const rooms: RoomKeys = Object.create(null)
      // Index {user_id, version, room_id}.
      for await (const key of Key.find(select(backup, selector)).lean().cursor()) {
        const room: RoomKeys[string] = rooms[key.room_id] ?? Object.create(null)
        room[key.session_id] = {
          first_message_index: key.first_message_index,
          forwarded_count: key.forwarded_count,
          is_verified: key.is_verified,
          session_data: JSON.parse(key.session_data) as Record<string, unknown>,
        }
        rooms[key.room_id] = room
      }
      return rooms
    },

    async delete(userId, version, selector) {
      const backup = await access(userId, version)
      const { deletedCount } = await Key.deleteMany(select(backup, selector))
      if (deletedCount > 0) await Version.updateOne({ _id: backup._id }, { $inc: { etag: 1 } })
      return summary(backup)
    },
  }

  /**
   * One atomic step per key: the filter matches a stored key that is worse than the new one. When a better one is stored
   * the upsert runs into its id, which is how we learn that nothing was to be done.
   */
  function putOperation(backup: VersionDoc, roomId: string, sessionId: string, key: BackedUpKey) {
    const { is_verified, first_message_index, forwarded_count } = key
    const better = [
      { first_message_index: { $gt: first_message_index } },
      { first_message_index, forwarded_count: { $gt: forwarded_count } },
    ]
    const worse = is_verified
      ? [{ is_verified: false }, ...better.map((one) => ({ is_verified: true, ...one }))]
      : better.map((one) => ({ is_verified: false, ...one }))
    return {
      updateOne: {
        filter: { _id: `${backup._id}|${roomId}|${sessionId}`, $or: worse },
        update: {
          $set: {
            user_id: backup.user_id,
            version: backup.version,
            room_id: roomId,
            session_id: sessionId,
            is_verified,
            first_message_index,
            forwarded_count,
            session_data: JSON.stringify(key.session_data),
          },
        },
        upsert: true,
      },
    }
  }

  /** @returns how many keys were stored or replaced */
  async function writeAll(operations: ReturnType<typeof putOperation>[]): Promise<number> {
    try {
      const done = await Key.bulkWrite(operations, { ordered: false })
      return done.upsertedCount + done.modifiedCount
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      const { result } = error as { result?: { upsertedCount?: number; modifiedCount?: number } }
      return (result?.upsertedCount ?? 0) + (result?.modifiedCount ?? 0)
    }
  }
}
