import {
  ClientEvent,
  type MatrixClient,
  type MatrixEvent,
  type RoomMember,
  type RoomState,
  RoomStateEvent,
} from 'matrix-js-sdk'
import { CryptoEvent } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { z } from 'zod'
import { HeldError, type HeldMember, type Hold } from '../../lib/hold.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import type { Person } from '../channels/types.ts'
import { createConfirmed } from './confirmed.ts'
import { watchEncryptedRooms } from './encrypted-rooms.ts'
import { createIdentities } from './identities.ts'
import { GATE_CODE } from './outgoing-gate.ts'
import { sendAnew } from './send-anew.ts'
import type { Identities, OutgoingGate, Trust } from './types.ts'
import { fetchVouched, hasLost, type VouchedList } from './vouched.ts'

/** What the node's push is called, among the ephemeral events of a room. */
const VOUCHED_TYPE = 'org.enlace.vouched'
const CHANGES_KEY = 'identity_changes'
const changesSchema = z.record(z.string(), z.number())
const codeSchema = z.object({ errcode: z.string() })

type KnownList = { list: VouchedList | 'absent'; stale: boolean }

export async function createTrust(args: {
  client: MatrixClient
  request: AuthedRequest
  database: OwnDatabase
  gate: OutgoingGate
  personOf(userId: string): Pick<Person, 'institution' | 'role'>
  identities?: Identities
}): Promise<Trust> {
  const { client, request, database, gate, personOf, identities = createIdentities(client) } = args
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  const me = client.getSafeUserId()
  const version = createStore(0)
  const changed = () => version.update((n) => n + 1)
  const encrypted = await watchEncryptedRooms(client, database, changed)
  const lists = new Map<string, KnownList>()
  const holds = new Map<string, Hold>()
  /** How many messages of a room are being encrypted right now. */
  const under = new Map<string, number>()
  const since = changesSchema.safeParse(await database.get('facts', CHANGES_KEY).catch(() => undefined))
  const changes = new Map<string, number>(since.success ? Object.entries(since.data) : [])

  const needsApproval = async (userId: string): Promise<boolean> =>
    (await crypto.getUserVerificationStatus(userId)).needsUserApproval
  const confirmed = await createConfirmed({
    me,
    request,
    database,
    identities,
    personOf,
    needsApproval,
  })

  const changedIdentity = async (userId: string): Promise<boolean> =>
    userId !== me && (await needsApproval(userId))

  /** When this device first saw the new identity. */
  async function changedSince(userId: string): Promise<number> {
    const known = changes.get(userId)
    if (known !== undefined) return known
    const now = Date.now()
    changes.set(userId, now)
    await database.put('facts', CHANGES_KEY, Object.fromEntries(changes)).catch(() => undefined)
    return now
  }

  async function forgetChange(userId: string): Promise<void> {
    if (!changes.delete(userId)) return
    await database.put('facts', CHANGES_KEY, Object.fromEntries(changes)).catch(() => undefined)
  }

  /** The node's list, asked for again when it has said that there is a newer one, or when somebody is not in it. */
  async function listFor(roomId: string, members: readonly string[]): Promise<VouchedList | 'absent'> {
    const known = lists.get(roomId)
    if (known && !known.stale) {
      const { list } = known
      if (list === 'absent' || members.every((userId) => userId === me || list.members[userId])) return list
    }
    const asked: KnownList = known ?? { list: 'absent', stale: true }
    // News that come while the answer is under way make it stale again.
    asked.stale = false
    lists.set(roomId, asked)
    try {
      const list = await fetchVouched(request, roomId)
      if (known && known.list !== 'absent' && list !== 'absent' && hasLost(known.list, list))
        await crypto!.forceDiscardSession(roomId)
      asked.list = list
      return list
    } catch (error) {
      if (known) known.stale = true
      else lists.delete(roomId)
      throw error
    }
  }

  async function look(roomId: string): Promise<Hold | undefined> {
    const room = client.getRoom(roomId)
    if (!room || !encrypted.has(roomId)) return { kind: 'not_encrypted' }
    const members = (await room.getEncryptionTargetMembers()).map((member) => member.userId)
    const list = await listFor(roomId, members)
    if (list !== 'absent') {
      const unvouched = members.flatMap((userId): HeldMember[] => {
        const entry = list.members[userId]
        if (userId === me || entry?.vouched) return []
        return [{ userId, ...(entry?.reason ? { reason: entry.reason } : {}) }]
      })
      if (unvouched.length > 0) return { kind: 'unvouched', members: unvouched }
    }
    const swapped: HeldMember[] = []
    for (const userId of members) {
      if (await changedIdentity(userId)) {
        const since = await changedSince(userId)
        if (!(await confirmed.accepts(userId, since))) {
          swapped.push({ userId, since })
          continue
        }
      } else await confirmed.note(userId)
      await forgetChange(userId)
    }
    return swapped.length > 0 ? { kind: 'identity', members: swapped } : undefined
  }

  async function check(roomId: string): Promise<Hold | undefined> {
    const hold = await look(roomId)
    if (JSON.stringify(hold) === JSON.stringify(holds.get(roomId))) return hold
    if (hold) holds.set(roomId, hold)
    else holds.delete(roomId)
    changed()
    return hold
  }

  // The last step: what was right when sending began may not be when the keys leave.
  gate.decideKeys(async (userId) => {
    if (userId === me) return true
    if (await changedIdentity(userId)) return false
    for (const roomId of under.keys()) {
      const list = lists.get(roomId)?.list
      const membership = client.getRoom(roomId)?.getMember(userId)?.membership
      if (membership !== 'join' && membership !== 'invite') continue
      if (list !== undefined && list !== 'absent' && list.members[userId]?.vouched !== true) return false
    }
    return true
  })

  const onEphemeral = (event: MatrixEvent) => {
    if (event.getType() !== VOUCHED_TYPE) return
    const { room_id, version: told }: Record<string, unknown> = event.getContent()
    const named = room_id ?? event.getRoomId()
    for (const [roomId, known] of lists) {
      if (typeof named === 'string' && named !== roomId) continue
      // Asked for since, and answered with it already.
      if (known.list !== 'absent' && typeof told === 'number' && told <= known.list.version) continue
      known.stale = true
    }
    changed()
  }
  const onMembers = (_event: MatrixEvent, state: RoomState, member: RoomMember) => {
    const known = lists.get(state.roomId)
    if (known) known.stale = true
    // Whoever goes has the keys of the present session; the next message uses another.
    if (member.membership === 'leave' || member.membership === 'ban')
      void crypto.forceDiscardSession(state.roomId)?.catch(() => undefined)
    if (known) changed()
  }
  const onIdentity = () => changed()
  client.on(ClientEvent.Event, onEphemeral)
  client.on(RoomStateEvent.Members, onMembers)
  client.on(CryptoEvent.UserTrustStatusChanged, onIdentity)
  client.on(CryptoEvent.DevicesUpdated, onIdentity)

  return {
    version,
    isEncrypted: (roomId) => encrypted.has(roomId),
    encryptionOf: (roomId) => encrypted.encryptionOf(roomId),
    holdOf: (roomId) => holds.get(roomId),
    confirmed,
    identities,
    check,
    async send(roomId, type, content, txnId) {
      const hold = await check(roomId)
      if (hold) throw new HeldError(hold)
      under.set(roomId, (under.get(roomId) ?? 0) + 1)
      try {
        return await sendAnew(client, roomId, type, content, txnId)
      } catch (error) {
        if (!fromGate(error)) throw error
        // Nothing of a session is used again of which the keys were not to be given to somebody.
        await crypto.forceDiscardSession(roomId)
        const list = lists.get(roomId)
        if (list) list.stale = true
        const now = await check(roomId)
        if (now) throw new HeldError(now)
        throw new Error('The keys were held back at the last step.')
      } finally {
        const left = (under.get(roomId) ?? 1) - 1
        if (left > 0) under.set(roomId, left)
        else under.delete(roomId)
      }
    },
    close() {
      client.off(ClientEvent.Event, onEphemeral)
      client.off(RoomStateEvent.Members, onMembers)
      client.off(CryptoEvent.UserTrustStatusChanged, onIdentity)
      client.off(CryptoEvent.DevicesUpdated, onIdentity)
      encrypted.close()
    },
  }
}

function fromGate(error: unknown): boolean {
  if (!(error instanceof Error) || !('data' in error)) return false
  const body = codeSchema.safeParse(error.data)
  return body.success && body.data.errcode === GATE_CODE
}
