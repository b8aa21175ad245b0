/**
 * The encryption keys of everyone our people talk to: those of local devices, kept here, and those of partners' devices,
 * asked for or followed. What clients get from /keys/query, /keys/claim and /keys/changes, and partners from their like.
 */
import { isValidUserId } from '@enlace/room-model'
import type { z } from 'zod'
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import { MalformedAnswer } from '../federation/errors.ts'
import { createCrossSigning } from './cross-signing.ts'
import { createDeviceLists } from './device-lists.ts'
import { createLocalKeys } from './local-keys.ts'
import type { EncryptionModels } from './models.ts'
import { createRemoteDevices, type RemoteDeviceList } from './remote-devices.ts'
import { claimAnswerSchema, crossSigningKeySchema, publicKeyOf, queryAnswerSchema } from './schemas.ts'
import { joinedRooms, sharesRoomWithUs } from './sharing.ts'
import type { DeviceKeys } from './types.ts'

const DEFAULT_TIMEOUT_MS = 10_000
const MAX_TIMEOUT_MS = 30_000
/** Background fetches of whole device lists after one query. */
const MAX_REFRESH = 50

type Json = Record<string, unknown>
type QueryResult = {
  device_keys: Record<string, Json>
  master_keys: Json
  self_signing_keys: Json
  user_signing_keys: Json
  failures: Json
}

export function createDeviceKeys(ctx: Context, models: EncryptionModels): DeviceKeys {
  const lists = createDeviceLists(ctx, models, {
    async device(userId, deviceId) {
      if (!(await ctx.devices.exists(userId, deviceId))) return { deleted: true }
      const keys = (await localDeviceKeys(userId, [deviceId], undefined, false)).get(deviceId)
      return { deleted: false, ...(keys ? { keys } : {}) }
    },
    async crossSigning(userId) {
      const { master, self_signing } = await localCrossSigning(userId, undefined)
      return {
        ...(master ? { master_key: master } : {}),
        ...(self_signing ? { self_signing_key: self_signing } : {}),
      }
    },
  })
  const local = createLocalKeys(ctx, models, lists.noteDevices)
  const crossSigning = createCrossSigning(
    ctx,
    models,
    { devices: lists.noteDevices, crossSigning: lists.noteCrossSigning, privately: lists.notePrivately },
    local.deviceKeys,
  )
  const remote = createRemoteDevices(ctx, models, lists.noteRemote)

  /** Device keys as `viewer` may see them. @NOTE Names people gave their devices stay on this node. */
  async function localDeviceKeys(
    userId: string,
    deviceIds: readonly string[],
    viewer: string | undefined,
    withNames: boolean,
  ): Promise<Map<string, Json>> {
    const keys = await local.deviceKeys(userId, deviceIds)
    const names = withNames
      ? new Map((await ctx.devices.list(userId)).map((device) => [device.deviceId, device.displayName]))
      : undefined
    for (const [deviceId, key] of keys) {
      const signed = await crossSigning.withSignatures(key, { userId, keyId: deviceId }, viewer)
      const name = names?.get(deviceId)
      keys.set(deviceId, { ...signed, unsigned: name === undefined ? {} : { device_display_name: name } })
    }
    return keys
  }

  async function localCrossSigning(userId: string, viewer: string | undefined) {
    const keys = await crossSigning.load(userId)
    const keyId = keys.master && publicKeyOf(keys.master)
    return {
      ...keys,
      master:
        keys.master && keyId
          ? await crossSigning.withSignatures(keys.master, { userId, keyId }, viewer)
          : undefined,
    }
  }

  async function addLocal(
    result: QueryResult,
    userId: string,
    deviceIds: string[],
    viewer: string | undefined,
  ) {
    if (!(await ctx.accounts.exists(userId))) return
    result.device_keys[userId] = Object.fromEntries(
      await localDeviceKeys(userId, deviceIds, viewer, viewer !== undefined),
    )
    const keys = await localCrossSigning(userId, viewer)
    if (keys.master) result.master_keys[userId] = keys.master
    if (keys.self_signing) result.self_signing_keys[userId] = keys.self_signing
    // Whom a person has verified is that person's own affair.
    if (keys.user_signing && viewer === userId) result.user_signing_keys[userId] = keys.user_signing
  }

  async function addRemote(
    result: QueryResult,
    userId: string,
    deviceIds: readonly string[],
    list: RemoteDeviceList,
    viewer: string,
  ): Promise<void> {
    const wanted = Object.values(list.devices).filter(
      ({ device_id, keys }) => keys && (deviceIds.length === 0 || deviceIds.includes(device_id)),
    )
    result.device_keys[userId] = Object.fromEntries(
      wanted.map(({ device_id, keys, device_display_name }) => [
        device_id,
        { ...keys, unsigned: device_display_name === undefined ? {} : { device_display_name } },
      ]),
    )
    if (list.master_key) {
      const keyId = publicKeyOf(list.master_key)
      result.master_keys[userId] =
        keyId === undefined
          ? list.master_key
          : await crossSigning.withSignatures(list.master_key, { userId, keyId }, viewer)
    }
    if (list.self_signing_key) result.self_signing_keys[userId] = list.self_signing_key
  }

  async function askServer(
    result: QueryResult,
    server: string,
    users: ReadonlyMap<string, string[]>,
    viewer: string,
    timeoutMs: number,
  ): Promise<void> {
    let answer: z.output<typeof queryAnswerSchema>
    try {
      const request = {
        entryPoint: 'devices',
        method: 'POST',
        path: '/_matrix/federation/v1/user/keys/query',
        body: { device_keys: Object.fromEntries(users) },
        timeoutMs,
      } as const
      answer = await ctx.federation.request(server, request, queryAnswerSchema)
    } catch (error) {
      ctx.log.debug({ err: error, server }, 'could not query device keys')
      result.failures[server] = failureOf(error)
      return
    }
    for (const [userId, deviceIds] of users) {
      // A server speaks for its own users, and for their devices under the right ids.
      const own = (key: { user_id: string } | undefined) => (key?.user_id === userId ? key : undefined)
      const list: RemoteDeviceList = { devices: {} }
      for (const [deviceId, keys] of Object.entries(answer.device_keys[userId] ?? {})) {
        if (!own(keys) || keys.device_id !== deviceId) continue
        const { unsigned, ...rest } = keys
        const name = (unsigned as Json | undefined)?.['device_display_name']
        list.devices[deviceId] = {
          device_id: deviceId,
          keys: rest,
          ...(typeof name === 'string' ? { device_display_name: name } : {}),
        }
      }
      const master = own(answer.master_keys?.[userId])
      const selfSigning = own(answer.self_signing_keys?.[userId])
      if (master) list.master_key = crossSigningKeySchema.parse(master)
      if (selfSigning) list.self_signing_key = crossSigningKeySchema.parse(selfSigning)
      await addRemote(result, userId, deviceIds, list, viewer)
    }
    void followAll([...users.keys()])
  }

  /** Starts to keep the device lists of those we share rooms with, out of the way of whoever asked. */
  async function followAll(users: readonly string[]): Promise<void> {
    try {
      for (const userId of users.slice(0, MAX_REFRESH)) {
        if (await sharesRoomWithUs(ctx, userId)) await remote.refresh(userId)
      }
    } catch (error) {
      ctx.log.warn({ err: error }, 'could not follow device lists')
    }
  }

  function grouped<T>(entries: Iterable<[string, T]>): Map<string, Map<string, T>> {
    const servers = new Map<string, Map<string, T>>()
    for (const [userId, value] of entries) {
      const server = serverOfUser(userId)
      if (server === undefined) continue
      const users = servers.get(server) ?? new Map<string, T>()
      users.set(userId, value)
      servers.set(server, users)
    }
    return servers
  }

  const waitFor = (timeoutMs: number | undefined) =>
    Math.min(Math.max(timeoutMs ?? DEFAULT_TIMEOUT_MS, 0), MAX_TIMEOUT_MS)

  async function query(
    viewer: string,
    wanted: Record<string, string[]>,
    timeoutMs?: number,
  ): Promise<QueryResult> {
    const result = emptyResult()
    const servers = grouped(Object.entries(wanted))
    await Promise.all(
      [...servers].map(async ([server, users]) => {
        if (server === ctx.serverName) {
          for (const [userId, deviceIds] of users) await addLocal(result, userId, deviceIds, viewer)
          return
        }
        const unknown = new Map<string, string[]>()
        for (const [userId, deviceIds] of users) {
          const list = await remote.get(userId)
          if (list) await addRemote(result, userId, deviceIds, list, viewer)
          else unknown.set(userId, deviceIds)
        }
        if (unknown.size > 0) await askServer(result, server, unknown, viewer, waitFor(timeoutMs))
      }),
    )
    return result
  }

  async function claimLocal(wanted: Record<string, Record<string, string>>): Promise<Json> {
    const out: Record<string, Record<string, Json>> = {}
    for (const [userId, devices] of Object.entries(wanted)) {
      if (!ctx.accounts.isLocal(userId)) continue
      for (const [deviceId, algorithm] of Object.entries(devices)) {
        const key = await local.claim(userId, deviceId, algorithm)
        if (key) out[userId] = { ...out[userId], [deviceId]: key }
      }
    }
    return out
  }

  /** Copies of partners' device lists go with the last shared room; partners met anew are told of our devices. */
  async function onMembership(
    roomId: string,
    userId: string,
    membership: unknown,
    sender: string,
  ): Promise<void> {
    if (membership === 'join') {
      if (!ctx.accounts.isLocal(userId)) return
      const elsewhere = new Set<string>()
      for (const other of await joinedRooms(ctx, userId)) {
        if (other === roomId) continue
        for (const server of await ctx.rooms.joinedServers(other)) elsewhere.add(server)
      }
      const fresh = (await ctx.rooms.joinedServers(roomId)).filter(
        (server) => server !== ctx.serverName && !elsewhere.has(server),
      )
      if (fresh.length === 0) return
      const devices = [...(await local.deviceKeys(userId, [])).keys()]
      if (devices.length > 0) await lists.introduce(userId, devices, fresh)
      return
    }
    if (membership !== 'leave' && membership !== 'ban') return
    const gone = ctx.accounts.isLocal(userId)
      ? (await ctx.rooms.members(roomId, 'join')).filter((member) => !ctx.accounts.isLocal(member))
      : [userId]
    ctx.log.trace({ room: roomId, by: sender }, 'checking which device lists are still needed')
    for (const other of gone) if (!(await sharesRoomWithUs(ctx, other))) await remote.forget(other)
  }

  ctx.stream.subscribe((entries) => {
    for (const entry of entries) {
      if (entry.kind !== 'event' || entry.event.pdu.type !== 'm.room.member') continue
      const { state_key, content, sender } = entry.event.pdu
      if (state_key === undefined) continue
      onMembership(entry.roomId, state_key, content['membership'], sender).catch((error: unknown) =>
        ctx.log.error({ err: error, room: entry.roomId }, 'device lists did not follow a membership'),
      )
    }
  })

  return {
    counts: local.counts,
    changesFor: lists.changesFor,
    noteChange: lists.noteDevices,
    isCrossSigningKey: crossSigning.isKey,
    isSignedByOwner: crossSigning.isSignedByOwner,
    removeDevice: local.removeDevice,
    receiveDeviceListUpdate: remote.receiveDeviceListUpdate,
    receiveSigningKeyUpdate: remote.receiveSigningKeyUpdate,
    resume: lists.resume,
    query,
    claimLocal,

    upload: local.upload,

    async claim(wanted, timeoutMs) {
      const out: Json = {}
      const failures: Json = {}
      await Promise.all(
        [...grouped(Object.entries(wanted))].map(async ([server, users]) => {
          const oneTimeKeys = Object.fromEntries(users)
          if (server === ctx.serverName) {
            Object.assign(out, await claimLocal(oneTimeKeys))
            return
          }
          try {
            const request = {
              entryPoint: 'devices',
              method: 'POST',
              path: '/_matrix/federation/v1/user/keys/claim',
              body: { one_time_keys: oneTimeKeys },
              timeoutMs: waitFor(timeoutMs),
            } as const
            const answer = await ctx.federation.request(server, request, claimAnswerSchema)
            for (const userId of users.keys()) {
              const keys = answer.one_time_keys[userId]
              if (keys) out[userId] = keys
            }
          } catch (error) {
            ctx.log.debug({ err: error, server }, 'could not claim one-time keys')
            failures[server] = failureOf(error)
          }
        }),
      )
      return { one_time_keys: out, failures }
    },

    async localDevices(userId) {
      const devices = await ctx.devices.list(userId)
      const keys = await localDeviceKeys(userId, [], undefined, false)
      const { master, self_signing } = await localCrossSigning(userId, undefined)
      return {
        stream_id: await lists.streamId(userId),
        devices: devices.flatMap(({ deviceId }) => {
          const key = keys.get(deviceId)
          return key ? [{ device_id: deviceId, keys: key }] : []
        }),
        ...(master ? { master_key: master } : {}),
        ...(self_signing ? { self_signing_key: self_signing } : {}),
      }
    },

    async queryLocal(wanted, askedBy) {
      const result = emptyResult()
      for (const [userId, deviceIds] of Object.entries(wanted)) {
        if (ctx.accounts.isLocal(userId)) await addLocal(result, userId, deviceIds, askedBy)
      }
      const { device_keys, master_keys, self_signing_keys } = result
      return { device_keys, master_keys, self_signing_keys }
    },

    isFreeCrossSigningUpload: crossSigning.isFree,
    replacedMaster: crossSigning.replacedMaster,
    checkCrossSigning: crossSigning.check,
    storeCrossSigning: crossSigning.store,

    addSignatures: (signer, body) =>
      crossSigning.addSignatures(signer, body, async (userId) => {
        if (!isValidUserId(userId)) return undefined
        const key = (await query(signer, { [userId]: [] })).master_keys[userId]
        return key === undefined ? undefined : crossSigningKeySchema.parse(key)
      }),
  }
}

const unreachable = { status: 503, message: 'The server could not be reached.' }

/** Who asked is told apart a partner that is away and one that answers nonsense. */
const failureOf = (error: unknown): Json =>
  error instanceof MalformedAnswer
    ? { status: error.status, message: error.message, ...error.toJSON() }
    : unreachable

const emptyResult = (): QueryResult => ({
  device_keys: {},
  master_keys: {},
  self_signing_keys: {},
  user_signing_keys: {},
  failures: {},
})
