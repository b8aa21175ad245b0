/** Pushers (client-server API, "Push Notifications"): where a device wants to be woken. */
import mongoose from 'mongoose'
import { deviceKey } from '../accounts/models.ts'
import type { Context } from '../context.ts'
import { tooLarge } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import { openModel } from '../storage/db.ts'
import type { PusherJson, Pushers } from './types.ts'

const MAX_PUSHERS = 50

type PusherDoc = {
  /** `userId|app_id|pushkey` */
  _id: string
  user_id: string
  app_id: string
  pushkey: string
  /** The device that made it: it goes when the device goes. */
  device: string
  json: string
}

export async function createPushers(ctx: Context): Promise<Pushers> {
  const schema = new mongoose.Schema<PusherDoc>(
    { _id: String, user_id: String, app_id: String, pushkey: String, device: String, json: String },
    { versionKey: false },
  )
  schema.index({ user_id: 1 })
  schema.index({ app_id: 1, pushkey: 1 })
  schema.index({ device: 1 })
  const Pusher = await openModel(ctx.db, 'pushers', schema)
  /** People with pushers, so that events of all others cost nothing. */
  const owners = new Set(await Pusher.distinct('user_id'))
  const inTurn = createKeyedQueue()
  const idOf = (userId: string, appId: string, pushkey: string) => `${userId}|${appId}|${pushkey}`

  return {
    any: () => owners.size > 0,
    owners: () => owners.values(),
    mayHave: (userId: string) => owners.has(userId),

    async list(userId: string): Promise<PusherJson[]> {
      // Index {user_id}.
      const docs = await Pusher.find({ user_id: userId }).lean()
      return docs.map(({ json }) => JSON.parse(json) as PusherJson)
    },

    /** Unless `append`, the same app and key of other people are dropped: the phone changed hands. */
    set: (userId: string, deviceId: string, pusher: PusherJson, append: boolean): Promise<void> =>
      // Counted and kept one after the other, however many come at once.
      inTurn(userId, async () => {
        const { app_id, pushkey } = pusher
        const id = idOf(userId, app_id, pushkey)
        const others = await Pusher.countDocuments({ user_id: userId, _id: { $ne: id } })
        if (others >= MAX_PUSHERS) throw tooLarge(`You can have ${MAX_PUSHERS} pushers at most.`)
        // Index {app_id, pushkey}.
        if (!append) await Pusher.deleteMany({ app_id, pushkey, user_id: { $ne: userId } })
        await Pusher.replaceOne(
          { _id: id },
          {
            _id: id,
            user_id: userId,
            app_id,
            pushkey,
            device: deviceKey(userId, deviceId),
            json: JSON.stringify(pusher),
          },
          { upsert: true },
        )
        owners.add(userId)
      }),

    async remove(userId: string, appId: string, pushkey: string): Promise<void> {
      await Pusher.deleteOne({ _id: idOf(userId, appId, pushkey) })
    },

    async removeDevice(userId: string, deviceId: string): Promise<void> {
      // Index {device}.
      await Pusher.deleteMany({ device: deviceKey(userId, deviceId) })
    },
  }
}
