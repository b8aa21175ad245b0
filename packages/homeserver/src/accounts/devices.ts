/** Devices of this node's people (client-server API, "Device Management"). */
import { randomInt } from 'node:crypto'
import type { Context } from '../context.ts'
import { forbidden, invalidParam } from '../errors.ts'
import { type AccountModels, type DeviceDoc, deviceKey } from './models.ts'
import type { DeviceRecord, Devices } from './types.ts'

/** Longest device id and display name, in UTF-16 units. */
const MAX_DEVICE_ID = 255
export const MAX_DEVICE_NAME = 512

export function createDevices(ctx: Context, models: AccountModels): Devices {
  const record = (device: DeviceDoc): DeviceRecord => ({
    deviceId: device.device_id,
    displayName: device.display_name,
    lastSeenTs: device.last_seen_ts,
    lastSeenIp: device.last_seen_ip,
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
      return { deviceId }
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
        await models.Device.deleteOne({ _id: deviceKey(userId, deviceId) })
      }
      await ctx.deviceKeys.noteChange(userId, deviceIds)
    },
  }
}

const newDeviceId = () => Array.from({ length: 10 }, () => String.fromCharCode(65 + randomInt(26))).join('')
