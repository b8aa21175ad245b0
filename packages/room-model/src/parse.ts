import type { Pdu } from './events.ts'
import { isValidRoomId, isValidUserId, parseEventId } from './ids.ts'
import { canonicalJson, type JsonObject } from './json.ts'
import type { RoomVersion } from './versions.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const fits = (value: unknown): value is string => typeof value === 'string' && Buffer.byteLength(value) <= 255

/** Shape and size of a PDU (server-server API, "PDUs"; client-server API, "Size limits"). */
export function parsePdu(
  raw: unknown,
  v: RoomVersion,
): { ok: true; pdu: Pdu } | { ok: false; reason: string } {
  const no = (reason: string) => ({ ok: false as const, reason })
  if (!isObject(raw)) return no('not an object')
  if (!fits(raw['type'])) return no('type')
  if (!isValidUserId(raw['sender'])) return no('sender')
  const create = raw['type'] === 'm.room.create' && raw['state_key'] === ''
  if (v.roomIdIsCreateHash && create) {
    if (raw['room_id'] !== undefined) return no('room_id on create')
  } else if (!isValidRoomId(raw['room_id'])) return no('room_id')
  if (raw['state_key'] !== undefined && !fits(raw['state_key'])) return no('state_key')
  if (!isObject(raw['content'])) return no('content')
  if (!Number.isSafeInteger(raw['origin_server_ts'])) return no('origin_server_ts')
  if (!Number.isSafeInteger(raw['depth']) || (raw['depth'] as number) < 0) return no('depth')
  const ids = (value: unknown, max: number) =>
    Array.isArray(value) && value.length <= max && value.every((id) => parseEventId(id) !== undefined)
  if (!ids(raw['prev_events'], 20)) return no('prev_events')
  if (!ids(raw['auth_events'], 10)) return no('auth_events')
  const hashes = raw['hashes']
  if (!isObject(hashes) || typeof hashes['sha256'] !== 'string') return no('hashes')
  const signatures = raw['signatures']
  if (
    !isObject(signatures) ||
    !Object.values(signatures).every(
      (one) => isObject(one) && Object.values(one).every((s) => typeof s === 'string'),
    )
  )
    return no('signatures')
  if (raw['unsigned'] !== undefined && !isObject(raw['unsigned'])) return no('unsigned')
  if (raw['redacts'] !== undefined && typeof raw['redacts'] !== 'string') return no('redacts')
  try {
    const { unsigned: _u, ...rest } = raw
    if (Buffer.byteLength(canonicalJson(rest as JsonObject)) > 65_536) return no('larger than 65,536 bytes')
  } catch (error) {
    return no((error as Error).message)
  }
  return { ok: true, pdu: raw as unknown as Pdu }
}
