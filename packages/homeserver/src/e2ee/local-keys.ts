/** Keys of this node's devices: identity keys, one-time keys, fallback keys, and who may see which signatures. */

import { deviceKey } from '../accounts/models.ts'
import type { Context } from '../context.ts'
import { badJson, invalidParam, MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import type { EncryptionModels } from './models.ts'
import type { DeviceKeysJson, KeysUpload } from './schemas.ts'
import { canonicalText, hasGoodSignature, isSameKey } from './signed-json.ts'

/** Unclaimed one-time keys a device may have here; clients keep about 50. */
const MAX_ONE_TIME_KEYS = 1_000

export type KeyCounts = { oneTimeKeyCounts: Record<string, number>; unusedFallbackTypes: string[] }

export function createLocalKeys(
  ctx: Context,
  models: EncryptionModels,
  noteChange: (userId: string, deviceIds: readonly string[]) => Promise<void>,
) {
  const countCache = growingCache<string, KeyCounts>(10_000)
  /** Who is reading the counts of a device: what was read before a change must not end up in the cache after it. */
  const counting = new Map<string, symbol>()

  function forgetCounts(id: string): void {
    countCache.delete(id)
    counting.delete(id)
  }

  async function counts(userId: string, deviceId: string): Promise<KeyCounts> {
    const id = deviceKey(userId, deviceId)
    const known = countCache.get(id)
    if (known) return known
    const turn = Symbol(id)
    counting.set(id, turn)
    const [groups, fallbacks] = await Promise.all([
      // Index {user_id, device_id, claimed, algorithm, seq}.
      models.OneTimeKey.aggregate<{ _id: string; count: number }>([
        { $match: { user_id: userId, device_id: deviceId, claimed: false } },
        { $group: { _id: '$algorithm', count: { $sum: 1 } } },
      ]),
      // Index {user_id, device_id}.
      models.FallbackKey.find({ user_id: userId, device_id: deviceId, used: false }).lean(),
    ])
    const found = {
      // A client tops up when it is told "0"; a missing entry is not told to every client.
      oneTimeKeyCounts: {
        signed_curve25519: 0,
        ...Object.fromEntries(groups.map(({ _id, count }) => [_id, count])),
      },
      unusedFallbackTypes: fallbacks.map(({ algorithm }) => algorithm).sort(),
    }
    if (counting.get(id) === turn) {
      counting.delete(id)
      countCache.set(id, found)
    }
    return found
  }

  /** Runs `change`, then tells the device's sync that its key counts are others. */
  async function changingCounts(
    userId: string,
    deviceId: string,
    change: (pos: number) => Promise<void>,
  ): Promise<void> {
    await ctx.stream.append(async (pos) => {
      try {
        await change(pos)
      } finally {
        forgetCounts(deviceKey(userId, deviceId))
      }
      return { kind: 'one_time_keys' as const, pos, userId, deviceId }
    })
  }

  async function storeOneTimeKeys(
    userId: string,
    deviceId: string,
    keys: Record<string, unknown>,
    seq: number,
  ): Promise<void> {
    const device = deviceKey(userId, deviceId)
    const docs = Object.entries(keys).map(([name, key]) => {
      const colon = name.indexOf(':')
      return {
        _id: `${device}|${name}`,
        user_id: userId,
        device_id: deviceId,
        algorithm: name.slice(0, colon),
        key_id: name.slice(colon + 1),
        json: canonicalText(key),
        seq,
        claimed: false,
      }
    })
    const known = new Map(
      (await models.OneTimeKey.find({ _id: { $in: docs.map(({ _id }) => _id) } }).lean()).map((doc) => [
        doc._id,
        doc.json,
      ]),
    )
    for (const doc of docs) {
      const before = known.get(doc._id)
      if (before !== undefined && before !== doc.json) {
        throw new MatrixError(
          400,
          'M_INVALID_PARAM',
          `One-time key ${doc.algorithm}:${doc.key_id} exists with another value.`,
        )
      }
    }
    const fresh = docs.filter(({ _id }) => !known.has(_id))
    if (fresh.length === 0) return
    try {
      await models.OneTimeKey.insertMany(fresh, { ordered: false })
    } catch (error) {
      // The same upload twice at once: one of the two stored the key.
      if (!isDuplicateKey(error)) throw error
    }
  }

  return {
    counts,

    /** POST /keys/upload. @throws MatrixError 400 */
    async upload(userId: string, deviceId: string, keys: KeysUpload): Promise<Record<string, number>> {
      if (keys.device_keys) {
        const given = keys.device_keys
        if (given.user_id !== userId || given.device_id !== deviceId) {
          throw badJson('device_keys: user_id and device_id must be those of this session')
        }
        const ed25519 = given.keys[`ed25519:${deviceId}`]
        if (ed25519 === undefined) throw badJson(`device_keys: keys must have ed25519:${deviceId}`)
        if (
          given.signatures?.[userId]?.[`ed25519:${deviceId}`] !== undefined &&
          !hasGoodSignature(given, { userId, keyId: deviceId, publicKey: ed25519 })
        ) {
          throw new MatrixError(400, 'M_INVALID_SIGNATURE', 'device_keys: the signature is not right')
        }
      }
      const oneTime = keys.one_time_keys ?? {}
      if (Object.keys(oneTime).length > 0) {
        const held = Object.values((await counts(userId, deviceId)).oneTimeKeyCounts)
        if (held.reduce((sum, one) => sum + one, 0) + Object.keys(oneTime).length > MAX_ONE_TIME_KEYS) {
          throw invalidParam(`A device may have at most ${MAX_ONE_TIME_KEYS} one-time keys here.`)
        }
      }
      if (keys.device_keys) await storeDeviceKeys(userId, deviceId, keys.device_keys)
      const fallback = Object.entries(keys.fallback_keys ?? {})
      if (Object.keys(oneTime).length > 0 || fallback.length > 0) {
        await changingCounts(userId, deviceId, async (pos) => {
          await storeOneTimeKeys(userId, deviceId, oneTime, pos)
          for (const [name, key] of fallback) await storeFallbackKey(userId, deviceId, name, key)
        })
      }
      return (await counts(userId, deviceId)).oneTimeKeyCounts
    },

    /** Atomic: a one-time key goes to one caller only, whatever runs at the same time or crashes. */
    async claim(
      userId: string,
      deviceId: string,
      algorithm: string,
    ): Promise<Record<string, unknown> | undefined> {
      // Index {user_id, device_id, claimed, algorithm, seq}.
      const key = await models.OneTimeKey.findOneAndUpdate(
        { user_id: userId, device_id: deviceId, claimed: false, algorithm },
        { $set: { claimed: true, claimed_at: new Date() } },
        { sort: { seq: 1 } },
      ).lean()
      if (key) {
        await changingCounts(userId, deviceId, async () => {})
        return { [`${algorithm}:${key.key_id}`]: JSON.parse(key.json) as unknown }
      }
      const id = `${deviceKey(userId, deviceId)}|${algorithm}`
      const fallback = await models.FallbackKey.findOneAndUpdate({ _id: id }, { $set: { used: true } }).lean()
      if (!fallback) return undefined
      if (!fallback.used) await changingCounts(userId, deviceId, async () => {})
      return { [`${algorithm}:${fallback.key_id}`]: JSON.parse(fallback.json) as unknown }
    },

    /** Device keys by device id; `deviceIds` empty means all. */
    async deviceKeys(
      userId: string,
      deviceIds: readonly string[],
    ): Promise<Map<string, Record<string, unknown>>> {
      // Index {user_id, device_id}.
      const docs = await models.DeviceKeys.find({
        user_id: userId,
        ...(deviceIds.length > 0 ? { device_id: { $in: [...deviceIds] } } : {}),
      }).lean()
      return new Map(
        docs.map(({ device_id, json }) => [device_id, JSON.parse(json) as Record<string, unknown>]),
      )
    },

    async removeDevice(userId: string, deviceId: string): Promise<void> {
      const filter = { user_id: userId, device_id: deviceId }
      await models.DeviceKeys.deleteOne({ _id: deviceKey(userId, deviceId) })
      await models.OneTimeKey.deleteMany(filter)
      await models.FallbackKey.deleteMany(filter)
      await models.Signature.deleteMany({ target_user: userId, target_key: deviceId })
      forgetCounts(deviceKey(userId, deviceId))
    },
  }

  /**
   * @NOTE A device that comes with other identity keys (its store was lost) is let in, as other servers do and suites
   * expect; other people's clients refuse the change by themselves. What hung on the old identity goes: its one-time
   * keys were signed by it, and nobody has verified the new one.
   */
  async function storeDeviceKeys(userId: string, deviceId: string, keys: DeviceKeysJson): Promise<void> {
    const { unsigned: _unsigned, ...kept } = keys
    const id = deviceKey(userId, deviceId)
    const json = canonicalText(kept)
    const before = await models.DeviceKeys.findById(id).lean()
    if (before?.json === json) return
    if (before && !isSameKey(JSON.parse(before.json) as Record<string, unknown>, kept)) {
      await models.OneTimeKey.deleteMany({ user_id: userId, device_id: deviceId })
      await models.FallbackKey.deleteMany({ user_id: userId, device_id: deviceId })
      await models.Signature.deleteMany({ target_user: userId, target_key: deviceId })
      forgetCounts(id)
    }
    await models.DeviceKeys.updateOne(
      { _id: id },
      { $set: { user_id: userId, device_id: deviceId, json } },
      { upsert: true },
    )
    await noteChange(userId, [deviceId])
  }

  async function storeFallbackKey(
    userId: string,
    deviceId: string,
    name: string,
    key: unknown,
  ): Promise<void> {
    const colon = name.indexOf(':')
    const algorithm = name.slice(0, colon)
    const json = canonicalText(key)
    const id = `${deviceKey(userId, deviceId)}|${algorithm}`
    const before = await models.FallbackKey.findById(id).lean()
    // Sent again after a lost answer: whether it was used meanwhile must not be forgotten.
    if (before?.key_id === name.slice(colon + 1) && before.json === json) return
    await models.FallbackKey.updateOne(
      { _id: id },
      {
        $set: {
          user_id: userId,
          device_id: deviceId,
          algorithm,
          key_id: name.slice(colon + 1),
          json,
          used: false,
        },
      },
      { upsert: true },
    )
  }
}
