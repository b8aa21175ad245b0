/** Account data (client-server API, "Client Config"): what clients keep for a person, globally or per room. */
import mongoose from 'mongoose'
import type { Context } from '../context.ts'
import { tooLarge } from '../errors.ts'
import { openModel } from '../storage/db.ts'
import type { AccountData } from './types.ts'

const MAX_CONTENT_BYTES = 256 * 1024

type AccountDataDoc = {
  /** `userId|roomId or nothing|type` */
  _id: string
  user_id: string
  room_id?: string
  type: string
  pos: number
  json: string
}

export async function createAccountData(ctx: Context): Promise<AccountData> {
  const schema = new mongoose.Schema<AccountDataDoc>(
    { _id: String, user_id: String, room_id: String, type: String, pos: Number, json: String },
    { versionKey: false },
  )
  schema.index({ user_id: 1, pos: 1 })
  const Data = await openModel(ctx.db, 'account_data', schema)

  const idOf = (userId: string, type: string, roomId?: string) => `${userId}|${roomId ?? ''}|${type}`
  const parse = (json: string) => JSON.parse(json) as Record<string, unknown>

  return {
    async get(userId, type, roomId) {
      const doc = await Data.findById(idOf(userId, type, roomId)).lean()
      return doc ? parse(doc.json) : undefined
    },

    async set(userId, type, content, roomId) {
      const json = JSON.stringify(content)
      if (Buffer.byteLength(json) > MAX_CONTENT_BYTES) {
        throw tooLarge(`Account data can have ${MAX_CONTENT_BYTES} bytes at most.`)
      }
      const place = roomId === undefined ? {} : { room_id: roomId }
      await ctx.stream.append(async (pos) => {
        await Data.updateOne(
          { _id: idOf(userId, type, roomId) },
          { $set: { user_id: userId, type, pos, json, ...place } },
          { upsert: true },
        )
        return {
          kind: 'account_data' as const,
          pos,
          userId,
          type,
          ...(roomId === undefined ? {} : { roomId }),
        }
      })
    },

    async removeAccount(userId) {
      // Index {user_id, pos}.
      await Data.deleteMany({ user_id: userId })
    },

    async since(userId, from, to) {
      // Index {user_id, pos}.
      const docs = await Data.find({ user_id: userId, pos: { $gt: from, $lte: to } })
        .sort({ pos: 1 })
        .lean()
      const found = docs.map(({ room_id, type, json }) => ({
        ...(room_id === undefined ? {} : { roomId: room_id }),
        type,
        content: parse(json),
      }))
      // Everyone has push rules, changed or not.
      if (from === 0 && !docs.some(({ type, room_id }) => type === 'm.push_rules' && room_id === undefined)) {
        found.push({ type: 'm.push_rules', content: await ctx.push.rules(userId) })
      }
      return found
    },
  }
}
