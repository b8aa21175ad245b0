/**
 * Starting again with a new cross-signing identity. Whoever has it gets the room keys of everything said from then on, so a
 * password alone is not enough: a coordinator of the person's institution says that it is them, or the operator does. What is
 * approved is one new master key; whoever stole the password and asks too has asked for another one.
 */
import mongoose from 'mongoose'
import type { Context } from '../context.ts'
import { limitExceeded, notFound } from '../errors.ts'
import { openModel } from '../storage/db.ts'
import type { IdentityReset, IdentityResets } from './types.ts'

/** For the coordinator to answer, and then for the client to go on. */
const LIFETIME_MS = 10 * 60_000
const MAX_OPEN = 5

type ResetDoc = {
  /** `userId|master key` */
  _id: string
  user_id: string
  device_id: string
  master_key: string
  requested_ts: number
  expires_ts: number
  approved_by?: string
}

export async function createIdentityResets(ctx: Context): Promise<IdentityResets> {
  const schema = new mongoose.Schema<ResetDoc>(
    {
      _id: String,
      user_id: String,
      device_id: String,
      master_key: String,
      requested_ts: Number,
      expires_ts: Number,
      approved_by: String,
    },
    { versionKey: false },
  )
  schema.index({ user_id: 1, expires_ts: 1 })
  schema.index({ expires_ts: 1 })
  const Reset = await openModel(ctx.db, 'identity_resets', schema)
  const now = () => ctx.clock.now()
  const idOf = (userId: string, masterKey: string) => `${userId}|${masterKey}`
  const alertKey = (userId: string, masterKey: string) => `identity-reset/${userId}/${masterKey}/`

  /** Those who may say that it is the person: not themselves. */
  async function coordinatorsOf(userId: string): Promise<string[]> {
    const own = await ctx.accounts.get(userId)
    if (own?.institution === undefined) return []
    return (await ctx.accounts.list())
      .filter((one) => one.institution === own.institution && one.role === 'coordinator')
      .filter((one) => !one.deactivated && one.userId !== userId)
      .map((one) => one.userId)
  }

  async function tell(userId: string, key: string, urgent: boolean): Promise<void> {
    await ctx.alerts.raise({ key, userId, urgent, kind: 'identity_reset', roomId: '', eventId: '' })
  }

  // Index {user_id, expires_ts}.
  const openOf = (userId: string) =>
    Reset.find({ user_id: userId, expires_ts: { $gt: now() } })
      .sort({ expires_ts: 1 })
      .lean()

  const record = (doc: ResetDoc): IdentityReset => ({
    userId: doc.user_id,
    deviceId: doc.device_id,
    masterKey: doc.master_key,
    requestedTs: doc.requested_ts,
    expiresTs: doc.expires_ts,
    approved: doc.approved_by !== undefined,
  })

  async function approve(userId: string, masterKey: string, by: string): Promise<void> {
    const done = await Reset.updateOne(
      { _id: idOf(userId, masterKey), expires_ts: { $gt: now() } },
      { $set: { approved_by: by, expires_ts: now() + LIFETIME_MS } },
    )
    if (done.matchedCount === 0) throw notAsked()
    ctx.log.info({ user: userId, by }, 'a new identity was approved')
    await ctx.alerts.settle(alertKey(userId, masterKey), 'resolved')
  }

  return {
    async request({ userId, deviceId, masterKey }) {
      // Index {expires_ts}.
      await Reset.deleteMany({ expires_ts: { $lte: now() } })
      const open = await openOf(userId)
      const known = open.find((one) => one.master_key === masterKey)
      const coordinators = await coordinatorsOf(userId)
      if (!known) {
        if (open.length >= MAX_OPEN) throw limitExceeded(LIFETIME_MS)
        await Reset.replaceOne(
          { _id: idOf(userId, masterKey) },
          {
            user_id: userId,
            device_id: deviceId,
            master_key: masterKey,
            requested_ts: now(),
            expires_ts: now() + LIFETIME_MS,
          },
          { upsert: true },
        )
        const key = alertKey(userId, masterKey)
        for (const one of coordinators) await tell(one, `${key}${now()}/${one}`, true)
        await tell(userId, `${key}${now()}/own`, true)
      }
      const expiresTs = known?.expires_ts ?? now() + LIFETIME_MS
      return { expiresTs, by: coordinators.length > 0 ? 'coordinator' : 'operator' }
    },

    async isApproved({ userId, deviceId, masterKey }) {
      const doc = await Reset.findById(idOf(userId, masterKey)).lean()
      return doc?.approved_by !== undefined && doc.device_id === deviceId && doc.expires_ts > now()
    },

    async isRequested({ userId, masterKey }) {
      const doc = await Reset.findById(idOf(userId, masterKey)).lean()
      return doc !== null && doc.expires_ts > now()
    },

    async done(userId, masterKey) {
      await Reset.deleteOne({ _id: idOf(userId, masterKey) })
      await ctx.alerts.settle(alertKey(userId, masterKey), 'resolved')
      await tell(userId, `identity-replaced/${userId}/${masterKey}`, true)
    },

    async list(coordinator) {
      const account = await ctx.accounts.get(coordinator)
      if (account?.role !== 'coordinator' || account.institution === undefined) return []
      // Index {expires_ts}.
      const open = await Reset.find({ expires_ts: { $gt: now() }, approved_by: null })
        .limit(500)
        .lean()
      const mine: IdentityReset[] = []
      for (const doc of open) {
        if ((await coordinatorsOf(doc.user_id)).includes(coordinator)) mine.push(record(doc))
      }
      return mine
    },

    async approve(coordinator, userId, masterKey) {
      if (!(await coordinatorsOf(userId)).includes(coordinator)) throw notAsked()
      await approve(userId, masterKey, coordinator)
    },

    async ofUser(userId) {
      return (await openOf(userId)).map(record)
    },
    approveAsOperator: (userId, masterKey) => approve(userId, masterKey, 'operator'),
  }
}

/** The same for what is not there, is over, and is not the requester's to approve. */
const notAsked = () => notFound('Nobody of your institution is waiting for that approval.')
