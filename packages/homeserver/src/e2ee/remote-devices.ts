/**
 * What is known of partners' devices (server-server API, "Device Management"): a copy per user we share a room with, kept
 * by the updates their server sends. An update that does not follow the last known one makes the copy stale, and a stale
 * copy is fetched whole before it is used. Users we share no room with are asked for each time and never kept.
 */

import { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import type { EncryptionModels } from './models.ts'
import { crossSigningKeySchema, deviceKeysSchema } from './schemas.ts'
import { sharesRoomWithUs } from './sharing.ts'

const MAX_DEVICES = 1_000

const remoteDevice = z.object({
  device_id: z.string(),
  keys: deviceKeysSchema.optional(),
  device_display_name: z.string().optional(),
})

const userDevicesSchema = z.object({
  user_id: z.string(),
  stream_id: z.number().int(),
  devices: z.array(remoteDevice).max(MAX_DEVICES),
  master_key: crossSigningKeySchema.nullish(),
  self_signing_key: crossSigningKeySchema.nullish(),
})

const deviceListUpdate = z.object({
  user_id: z.string(),
  device_id: z.string(),
  device_display_name: z.string().optional(),
  stream_id: z.number().int(),
  prev_id: z.array(z.number().int()).max(200).optional(),
  deleted: z.boolean().optional(),
  keys: deviceKeysSchema.optional(),
})

const signingKeyUpdate = z.object({
  user_id: z.string(),
  master_key: crossSigningKeySchema.optional(),
  self_signing_key: crossSigningKeySchema.optional(),
})

export type RemoteDeviceList = {
  devices: Record<string, z.output<typeof remoteDevice>>
  master_key?: z.output<typeof crossSigningKeySchema>
  self_signing_key?: z.output<typeof crossSigningKeySchema>
}

export function createRemoteDevices(
  ctx: Context,
  models: EncryptionModels,
  noteRemote: (userId: string) => Promise<void>,
) {
  const inTurn = createKeyedQueue()
  /** Copies whose reason to be kept (a shared room) was checked since this process started. */
  const checked = growingCache<string, true>(50_000)
  const refreshing = new Set<string>()

  async function fetchList(userId: string, timeoutMs: number): Promise<void> {
    const server = serverOfUser(userId)!
    const where = `/_matrix/federation/v1/user/devices/${encodeURIComponent(userId)}`
    const request = { entryPoint: 'devices', method: 'GET', path: where, timeoutMs } as const
    const answer = await ctx.federation.request(server, request, userDevicesSchema)
    if (answer.user_id !== userId) throw new Error('The answer is about another user.')
    if (!(await sharesRoomWithUs(ctx, userId))) {
      await models.Remote.deleteOne({ _id: userId })
      return
    }
    const own = (keys: { user_id: string } | null | undefined) => keys?.user_id === userId
    const list: RemoteDeviceList = {
      devices: Object.fromEntries(
        answer.devices
          .filter(({ device_id, keys }) => !keys || (own(keys) && keys.device_id === device_id))
          .map((device) => [device.device_id, device]),
      ),
      ...(own(answer.master_key) ? { master_key: answer.master_key! } : {}),
      ...(own(answer.self_signing_key) ? { self_signing_key: answer.self_signing_key! } : {}),
    }
    await models.Remote.updateOne(
      { _id: userId },
      { $set: { stream_id: answer.stream_id, stale: false, json: JSON.stringify(list) } },
      { upsert: true },
    )
    checked.set(userId, true)
  }

  async function readCopy(userId: string): Promise<{ streamId: number; list: RemoteDeviceList } | undefined> {
    const doc = await models.Remote.findById(userId).lean()
    if (!doc || doc.stale) return undefined
    if (!checked.has(userId)) {
      if (!(await sharesRoomWithUs(ctx, userId))) {
        await models.Remote.deleteOne({ _id: userId })
        return undefined
      }
      checked.set(userId, true)
    }
    return { streamId: doc.stream_id, list: JSON.parse(doc.json) as RemoteDeviceList }
  }

  /** Fetches the whole list, unless it is being fetched. A failure leaves the copy stale: the next question asks again. */
  async function refresh(userId: string, timeoutMs = 30_000): Promise<void> {
    if (refreshing.has(userId)) return
    refreshing.add(userId)
    try {
      await inTurn(userId, () => fetchList(userId, timeoutMs))
    } catch (error) {
      ctx.log.debug({ err: error, user: userId }, 'could not fetch a device list')
    } finally {
      refreshing.delete(userId)
    }
  }

  async function save(userId: string, streamId: number, list: RemoteDeviceList): Promise<void> {
    await models.Remote.updateOne(
      { _id: userId },
      { $set: { stream_id: streamId, json: JSON.stringify(list) } },
    )
  }

  return {
    refresh,

    /** The kept copy, if there is one that may be trusted. */
    get: async (userId: string): Promise<RemoteDeviceList | undefined> => (await readCopy(userId))?.list,

    /** The last shared room is gone: the copy would grow old unseen. */
    forget: (userId: string) =>
      inTurn(userId, async () => {
        checked.delete(userId)
        await models.Remote.deleteOne({ _id: userId })
      }),

    async receiveDeviceListUpdate(origin: string, content: Record<string, unknown>): Promise<void> {
      const parsed = deviceListUpdate.safeParse(content)
      if (!parsed.success || serverOfUser(parsed.data.user_id) !== origin) return
      const update = parsed.data
      const { user_id: userId, device_id: deviceId } = update
      if (update.keys && (update.keys.user_id !== userId || update.keys.device_id !== deviceId)) return
      if (!(await sharesRoomWithUs(ctx, userId))) return
      const outcome = await inTurn(userId, async (): Promise<'new' | 'known' | 'gap'> => {
        const copy = await readCopy(userId)
        if (!copy) return 'new'
        // Seen already: by an earlier copy of this EDU, or within a list fetched whole.
        if (update.stream_id < copy.streamId) return 'known'
        const follows = (update.prev_id ?? []).every((id) => id <= copy.streamId)
        if (!follows || Object.keys(copy.list.devices).length >= MAX_DEVICES) {
          await models.Remote.updateOne({ _id: userId }, { $set: { stale: true } })
          return 'gap'
        }
        const before = JSON.stringify(copy.list)
        if (update.deleted) delete copy.list.devices[deviceId]
        else {
          copy.list.devices[deviceId] = {
            device_id: deviceId,
            ...(update.keys ? { keys: update.keys } : {}),
            ...(update.device_display_name === undefined
              ? {}
              : { device_display_name: update.device_display_name }),
          }
        }
        await save(userId, update.stream_id, copy.list)
        return JSON.stringify(copy.list) === before ? 'known' : 'new'
      })
      if (outcome !== 'known') await noteRemote(userId)
      // Not waited for: the transaction that carried the EDU must not hang on another request to its sender.
      if (outcome === 'gap') void refresh(userId)
    },

    async receiveSigningKeyUpdate(origin: string, content: Record<string, unknown>): Promise<void> {
      const parsed = signingKeyUpdate.safeParse(content)
      if (!parsed.success || serverOfUser(parsed.data.user_id) !== origin) return
      const { user_id: userId, master_key, self_signing_key } = parsed.data
      if ([master_key, self_signing_key].some((key) => key && key.user_id !== userId)) return
      if (!(await sharesRoomWithUs(ctx, userId))) return
      await inTurn(userId, async () => {
        const copy = await readCopy(userId)
        if (!copy) return
        await save(userId, copy.streamId, {
          ...copy.list,
          ...(master_key ? { master_key } : {}),
          ...(self_signing_key ? { self_signing_key } : {}),
        })
      })
      await noteRemote(userId)
    },
  }
}
