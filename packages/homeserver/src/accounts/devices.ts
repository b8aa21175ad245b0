/** Devices of this node's people (client-server API, "Device Management"). */
import { randomInt } from 'node:crypto'
import type { Context } from '../context.ts'
import { forbidden, invalidParam } from '../errors.ts'
import { type AccountModels, type DeviceDoc, deviceKey } from './models.ts'
import type { DeviceRecord, Devices } from './types.ts'

/** Longest device id and display name, in UTF-16 units. */
const MAX_DEVICE_ID = 255
export const MAX_DEVICE_NAME = 512

/** Of an alert's reference. */
const MAX_REFERENCE = 64
const noticeOf = (userId: string, deviceId: string) => `new_device|${userId}|${deviceId.slice(0, 100)}|`

export function createDevices(ctx: Context, models: AccountModels): Devices {
  const record = (device: DeviceDoc): DeviceRecord => ({
    deviceId: device.device_id,
    displayName: device.display_name,
    createdTs: device.created_ts,
    lastSeenTs: device.last_seen_ts,
    lastSeenIp: device.last_seen_ip,
    signedInTs: device.signed_in_ts,
    signedInIp: device.signed_in_ip,
    signedInWith: device.signed_in_with,
    provedTs: device.proved_ts,
    oauthClient: device.oauth_client,
  })

  return {
    async list(userId) {
      // Index {user_id, device_id}.
      const devices = await models.Device.find({ user_id: userId }).sort({ device_id: 1 }).lean()
      return devices.map(record)
    },

    async get(userId, deviceId) {
      const device = await models.Device.findById(deviceKey(userId, deviceId)).lean()
      return device ? record(device) : undefined
    },

    async byGrant(grant) {
      // Index {oauth_grant}.
      const device = await models.Device.findOne({ oauth_grant: grant }).lean()
      return device ? { userId: device.user_id, deviceId: device.device_id } : undefined
    },

    async clientsInUse(clients) {
      // Index {oauth_client}.
      const found = await models.Device.find({ oauth_client: { $in: clients } }, { oauth_client: 1 }).lean()
      return new Set(found.flatMap((one) => one.oauth_client ?? []))
    },

    async exists(userId, deviceId) {
      return (await models.Device.exists({ _id: deviceKey(userId, deviceId) })) !== null
    },

    async open(userId, { deviceId = newDeviceId(), displayName }) {
      if (deviceId === '' || deviceId.length > MAX_DEVICE_ID) throw invalidParam('device_id: bad length')
      // Else a device could be taken for a cross-signing key in `keys` of a signed object.
      if (await ctx.deviceKeys.isCrossSigningKey(userId, deviceId)) {
        throw forbidden('That device id is not available. Choose another one.')
      }
      const id = deviceKey(userId, deviceId)
      const before = await models.Device.findOneAndUpdate(
        { _id: id },
        {
          $setOnInsert: {
            user_id: userId,
            device_id: deviceId,
            created_ts: Date.now(),
            gen: 0,
            rid: '',
            ...(displayName === undefined ? {} : { display_name: displayName.slice(0, MAX_DEVICE_NAME) }),
          },
        },
        { upsert: true, returnDocument: 'before' },
      ).lean()
      if (!before) await ctx.deviceKeys.noteChange(userId, [deviceId])
      return { deviceId, isNew: before === null }
    },

    async signedIn(userId, deviceId, how) {
      const now = ctx.clock.now()
      await models.Device.updateOne(
        { _id: deviceKey(userId, deviceId) },
        {
          $set: {
            signed_in_ts: now,
            signed_in_ip: how.address,
            signed_in_with: how.with,
            ...(how.factor ? { proved_ts: now } : {}),
            ...(how.unknown ? { untold: true } : {}),
          },
          ...(how.factor ? {} : { $unset: { proved_ts: 1 } }),
        },
      )
      ctx.log.info({ user: userId, with: how.with, known_browser: !how.unknown }, 'signed in')
    },

    async proved(userId, deviceId) {
      await models.Device.updateOne(
        { _id: deviceKey(userId, deviceId) },
        { $set: { proved_ts: ctx.clock.now() } },
      )
    },

    async announce(userId, deviceId) {
      const id = deviceKey(userId, deviceId)
      const device = await models.Device.findById(id).lean()
      if (!device?.untold) return
      await ctx.alerts.raise({
        key: `${noticeOf(userId, deviceId)}${device.signed_in_ts}`,
        userId,
        urgent: true,
        kind: 'new_device',
        roomId: '',
        eventId: '',
        // For the clients, which tell their own device from others; no mail says it.
        ...(deviceId.length <= MAX_REFERENCE ? { reference: deviceId } : {}),
      })
      await models.Device.updateOne({ _id: id, signed_in_ts: device.signed_in_ts }, { $unset: { untold: 1 } })
    },

    async rename(userId, deviceId, displayName) {
      const found = await models.Device.updateOne(
        { _id: deviceKey(userId, deviceId) },
        { $set: { display_name: displayName } },
      )
      if (found.matchedCount === 0) return false
      await ctx.deviceKeys.noteChange(userId, [deviceId])
      return true
    },

    async remove(userId, deviceIds) {
      if (deviceIds.length === 0) return
      // Sessions first, the device last: a crash in between leaves a device that can be removed again, never a key
      // without its device.
      for (const deviceId of deviceIds) {
        await ctx.tokens.end(userId, deviceId)
        await ctx.deviceKeys.removeDevice(userId, deviceId)
        await ctx.toDevice.removeDevice(userId, deviceId)
        await ctx.push.removeDevice(userId, deviceId)
        await ctx.alerts.removeDevice(userId, deviceId)
        await ctx.alerts.settle(noticeOf(userId, deviceId), 'resolved')
        await models.Device.deleteOne({ _id: deviceKey(userId, deviceId) })
      }
      await ctx.deviceKeys.noteChange(userId, deviceIds)
      await ctx.audit.record({
        act: 'session.end',
        on: userId,
        facts: { count: deviceIds.length, ...(deviceIds.length === 1 ? { device: deviceIds[0] } : {}) },
      })
    },
  }
}

const newDeviceId = () => Array.from({ length: 10 }, () => String.fromCharCode(65 + randomInt(26))).join('')
