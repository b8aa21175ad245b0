import { isHashRoomId, isServerScopedRoomId, isValidUserId, parseEventId } from './ids.ts'
import { CanonicalJsonError, canonicalJson, isObject, type JsonObject } from './json.ts'
import type { Pdu } from './pdu.ts'
import type { RoomVersion } from './versions.ts'

/** Client-server API, "Size limits"; in bytes. `unsigned` is nobody's signed word, so it is measured apart. */
const MAX_EVENT_BYTES = 65_536
const MAX_KEY_BYTES = 255
/** Event format, `prev_events` and `auth_events`. */
const MAX_PREV_EVENTS = 20
const MAX_AUTH_EVENTS = 10

export type ParsedPdu = { ok: true; pdu: Pdu } | { ok: false; reason: string }

/**
 * Checks that a JSON value is an event of the room version: shape, identifiers, sizes, canonical JSON (server-server API,
 * "Checks performed on receipt of a PDU", 1). Signatures, hashes and authorisation are checked elsewhere.
 * The event returned is the object given: unknown keys belong to it and its hash.
 */
export function parsePdu(raw: unknown, v: RoomVersion): ParsedPdu {
  const reason = isObject(raw) ? (faultInShape(raw, v) ?? faultInSize(raw)) : 'an event is an object'
  return reason === undefined ? { ok: true, pdu: raw as Pdu } : { ok: false, reason }
}

function faultInShape(inherited: Record<string, unknown>, v: RoomVersion): string | undefined {
  // Without a prototype no key can be inherited.
  const raw: Record<string, unknown> = Object.assign(Object.create(null), inherited)
  const { type, state_key: stateKey } = raw
  if (!isShort(type) || type.includes('\u0000'))
    return `type must be a text of at most ${MAX_KEY_BYTES} bytes`
  if (!isValidUserId(raw['sender'])) return 'sender is not a user ID'
  if (stateKey !== undefined && !isShort(stateKey))
    return `state_key must be a text of at most ${MAX_KEY_BYTES} bytes`
  if (!isObject(raw['content'])) return 'content must be an object'
  if (!isNatural(raw['depth'])) return 'depth must be an integer from 0 to 2^53 - 1'
  if (!Number.isSafeInteger(raw['origin_server_ts'])) return 'origin_server_ts must be an integer'
  if (!areEventIds(raw['prev_events'], MAX_PREV_EVENTS))
    return `prev_events must be at most ${MAX_PREV_EVENTS} event IDs`
  if (!areEventIds(raw['auth_events'], MAX_AUTH_EVENTS))
    return `auth_events must be at most ${MAX_AUTH_EVENTS} event IDs`
  if (!isObject(raw['hashes']) || typeof raw['hashes']['sha256'] !== 'string')
    return 'hashes must have a text sha256'
  if (!areSignatures(raw['signatures'])) return 'signatures must be texts by server and key'
  if (raw['unsigned'] !== undefined && !isObject(raw['unsigned'])) return 'unsigned must be an object'
  if (!v.updatedRedaction && raw['redacts'] !== undefined && typeof raw['redacts'] !== 'string')
    return 'redacts must be a text'
  return faultInRoomId(raw, v)
}

function faultInRoomId(raw: Record<string, unknown>, v: RoomVersion): string | undefined {
  const roomId = raw['room_id']
  if (!v.roomIdIsCreateHash) return isServerScopedRoomId(roomId) ? undefined : 'room_id is not a room ID'
  if (raw['type'] !== 'm.room.create') return isHashRoomId(roomId) ? undefined : 'room_id is not a room ID'
  if (raw['state_key'] !== '') return 'state_key of a create event must be empty'
  return roomId === undefined ? undefined : 'a create event has no room_id in this room version'
}

function faultInSize(raw: Record<string, unknown>): string | undefined {
  const { unsigned, ...signed } = raw
  try {
    if (Buffer.byteLength(canonicalJson(signed as JsonObject)) > MAX_EVENT_BYTES)
      return `the event is larger than ${MAX_EVENT_BYTES} bytes`
    if (Buffer.byteLength(canonicalJson((unsigned ?? {}) as JsonObject)) > MAX_EVENT_BYTES)
      return `unsigned is larger than ${MAX_EVENT_BYTES} bytes`
    return undefined
  } catch (error) {
    if (error instanceof CanonicalJsonError) return `not canonical JSON: ${error.message}`
    throw error
  }
}

const isShort = (value: unknown): value is string =>
  typeof value === 'string' && Buffer.byteLength(value) <= MAX_KEY_BYTES
const isNatural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const areEventIds = (value: unknown, most: number): value is string[] =>
  Array.isArray(value) && value.length <= most && value.every((id) => parseEventId(id) !== undefined)
const areSignatures = (value: unknown): boolean =>
  isObject(value) &&
  Object.values(value).every(
    (byKey) => isObject(byKey) && Object.values(byKey).every((text) => typeof text === 'string'),
  )
