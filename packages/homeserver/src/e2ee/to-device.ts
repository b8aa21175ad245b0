/**
 * Send-to-device messages (client-server API, "Send-to-Device messaging"): kept until the device has acknowledged them by
 * syncing from beyond, sent to partners through the durable outbox. What was sent is remembered, so a repeat does nothing.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { deviceKey } from '../accounts/models.ts'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { createOnce } from '../lib/once.ts'
import type { EncryptionModels, ToDeviceDoc } from './models.ts'
import { canonicalText } from './signed-json.ts'
import type { ToDevice } from './types.ts'

/** Size aimed at for the messages of one EDU, in bytes of JSON. */
const EDU_BYTES = 48 * 1024
/** Messages that wait for one device; a device that never syncs loses the oldest. */
const MAX_WAITING = 20_000

type Json = Record<string, unknown>
type Messages = Record<string, Record<string, Json>>

const eduSchema = z.object({
  sender: z.string(),
  type: z.string().max(255),
  message_id: z.string().min(1).max(255),
  messages: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
})

export function createToDevice(ctx: Context, models: EncryptionModels): ToDevice {
  /** Devices that have nothing waiting: their syncs need no query. */
  const empty = growingCache<string, true>(20_000)
  /** Looks at whether a device has nothing waiting; a message that comes in meanwhile makes the look void. */
  const looking = new Map<string, symbol>()
  const running = createOnce<string, void>()

  /** Carries out `work` once per id, across repeats, crashes and simultaneous tries. */
  const once = (id: string, work: () => Promise<void>): Promise<void> =>
    running.run(id, async () => {
      if (await models.ToDeviceDone.exists({ _id: id })) return
      await work()
      try {
        await models.ToDeviceDone.create({ _id: id, at: new Date() })
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
      }
    })

  /** Stores messages for devices of this node. `source` and the device make the id: a message is stored once. */
  async function deliver(source: string, sender: string, type: string, messages: Messages): Promise<void> {
    const recipients: { userId: string; deviceId: string; content: Json }[] = []
    for (const [userId, byDevice] of Object.entries(messages)) {
      if (!ctx.accounts.isLocal(userId)) continue
      const known = (await ctx.devices.list(userId)).map(({ deviceId }) => deviceId)
      for (const deviceId of known) {
        const content = byDevice[deviceId] ?? byDevice['*']
        if (content) recipients.push({ userId, deviceId, content })
      }
    }
    if (recipients.length === 0) return
    await ctx.stream.append(async (pos) => {
      const docs: ToDeviceDoc[] = recipients.map(({ userId, deviceId, content }) => ({
        _id: digest(source, userId, deviceId),
        user_id: userId,
        device_id: deviceId,
        pos,
        json: JSON.stringify({ sender, type, content }),
      }))
      try {
        await models.ToDevice.insertMany(docs, { ordered: false })
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
      }
      for (const { userId, deviceId } of recipients) {
        empty.delete(deviceKey(userId, deviceId))
        looking.delete(deviceKey(userId, deviceId))
      }
      return recipients.map(({ userId, deviceId }) => ({
        kind: 'to_device' as const,
        pos,
        userId,
        deviceId,
      }))
    })
  }

  /**
   * Without what is for servers that are on no list: it is not kept for the day they come back. One request carries the keys
   * for a whole room, so that it is refused only when nobody else would get anything. @throws M_FORBIDDEN naming the rule
   */
  function withoutCutOff(messages: Messages): Messages {
    const entries = Object.entries(messages)
    const kept = entries.filter(([userId]) => !ctx.federation.cutOff(serverOfUser(userId) ?? ''))
    if (kept.length === entries.length) return messages
    if (kept.length === 0) ctx.federation.checkServer(serverOfUser(entries[0]![0])!, 'to-device')
    return Object.fromEntries(kept)
  }

  async function sendToPartners(
    source: string,
    sender: string,
    type: string,
    messages: Messages,
  ): Promise<void> {
    const byServer = new Map<string, Messages>()
    for (const [userId, byDevice] of Object.entries(messages)) {
      const server = serverOfUser(userId)
      if (server === undefined || server === ctx.serverName) continue
      const forServer = byServer.get(server) ?? {}
      forServer[userId] = byDevice
      byServer.set(server, forServer)
    }
    for (const [server, forServer] of byServer) {
      if (!ctx.federationList.allows(server)) {
        // Not kept for the day on which it might be let in again.
        ctx.log.info({ server, type }, 'messages to devices of a server that is cut off are not sent')
        continue
      }
      for (const [index, part] of inParts(forServer).entries()) {
        const message_id = digest(source, server, String(index)).slice(0, 32)
        await ctx.federation.sendEdu(
          [server],
          { edu_type: 'm.direct_to_device', content: { sender, type, message_id, messages: part } },
          { durable: true },
        )
      }
    }
  }

  return {
    async send({ sender, deviceId, type, txnId, messages: given }) {
      const messages = withoutCutOff(given)
      // What has no canonical form cannot be signed for a partner: refused now, not stuck in the outbox.
      for (const [userId, byDevice] of Object.entries(messages)) {
        if (!ctx.accounts.isLocal(userId)) canonicalText(byDevice)
      }
      const id = digest('txn', sender, deviceId, type, txnId)
      await once(id, async () => {
        await deliver(id, sender, type, messages)
        await sendToPartners(id, sender, type, messages)
      })
    },

    async receive(origin, content) {
      const parsed = eduSchema.safeParse(content)
      if (!parsed.success || serverOfUser(parsed.data.sender) !== origin) return
      const { sender, type, message_id, messages } = parsed.data
      const id = digest('edu', origin, sender, message_id)
      await once(id, () => deliver(id, sender, type, messages))
    },

    async pull(userId, deviceId, from, to, limit, acknowledged = from) {
      const id = deviceKey(userId, deviceId)
      if (empty.has(id)) return { events: [], upTo: to }
      const look = Symbol(id)
      looking.set(id, look)
      // Both by index {user_id, device_id, pos}.
      if (acknowledged > 0) {
        await models.ToDevice.deleteMany({
          user_id: userId,
          device_id: deviceId,
          pos: { $lte: acknowledged },
        })
      }
      const docs = await models.ToDevice.find({
        user_id: userId,
        device_id: deviceId,
        pos: { $gt: from, $lte: to },
      })
        .sort({ pos: 1 })
        .limit(limit)
        .lean()
      const last = docs.at(-1)
      if (!last) {
        // Nothing up to `to`; there may be something newer.
        const none = !(await models.ToDevice.exists({ user_id: userId, device_id: deviceId }))
        if (looking.get(id) === look) {
          looking.delete(id)
          if (none) empty.set(id, true)
        }
        return { events: [], upTo: to }
      }
      if (looking.get(id) === look) looking.delete(id)
      const upTo = docs.length === limit ? last.pos : to
      return { events: docs.map(({ json }) => JSON.parse(json) as Json), upTo }
    },

    async removeDevice(userId, deviceId) {
      await models.ToDevice.deleteMany({ user_id: userId, device_id: deviceId })
      empty.delete(deviceKey(userId, deviceId))
    },

    async trim() {
      // Index {user_id, device_id, pos}, from one device to the next: never all messages at once.
      const order = { user_id: 1, device_id: 1, pos: 1 } as const
      let device = await models.ToDevice.findOne({ user_id: { $gte: '' } })
        .sort(order)
        .lean()
      while (device) {
        const { user_id, device_id } = device
        const filter = { user_id, device_id }
        const beyond = await models.ToDevice.findOne(filter).sort({ pos: -1 }).skip(MAX_WAITING).lean()
        if (beyond) {
          ctx.log.warn(
            { user: user_id, device: device_id },
            'a device has not synced for long: oldest messages dropped',
          )
          await models.ToDevice.deleteMany({ ...filter, pos: { $lte: beyond.pos } })
        }
        device =
          (await models.ToDevice.findOne({ user_id, device_id: { $gt: device_id } })
            .sort({ device_id: 1, pos: 1 })
            .lean()) ??
          (await models.ToDevice.findOne({ user_id: { $gt: user_id } })
            .sort(order)
            .lean())
      }
    },
  }
}

/** Splits messages so that no EDU grows far beyond EDU_BYTES; a single message is never split. */
function inParts(messages: Messages): Messages[] {
  const parts: Messages[] = []
  let part: Messages = {}
  let size = 0
  for (const [userId, byDevice] of Object.entries(messages)) {
    for (const [deviceId, content] of Object.entries(byDevice)) {
      const bytes = Buffer.byteLength(JSON.stringify(content)) + userId.length + deviceId.length
      if (size > 0 && size + bytes > EDU_BYTES) {
        parts.push(part)
        part = {}
        size = 0
      }
      part[userId] = { ...part[userId], [deviceId]: content }
      size += bytes
    }
  }
  if (size > 0) parts.push(part)
  return parts
}

const digest = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
