import { isHashRoomId, isServerScopedRoomId, isValidUserId, parseEventId } from './ids.ts'
import { CanonicalJsonError, canonicalJson, EncodedProperties, isObject, type JsonObject } from './json.ts'
import type { Pdu } from './pdu.ts'
import type { RoomVersion } from './versions.ts'

/** Client-server API, "Size limits"; in bytes. `unsigned` is nobody's signed word, so it is measured apart. */
const MAX_EVENT_BYTES = 65_536
const MAX_KEY_BYTES = 255
/** Event format, `prev_events` and `auth_events`. */
const MAX_PREV_EVENTS = 20
const MAX_AUTH_EVENTS = 10

/** What can be wrong with an event. Codes are for programs; the sentence beside a code is for a log or an answer. */
export type PduFault =
  | 'not_an_object'
  | 'type'
  | 'type_too_long'
  | 'sender'
  | 'state_key'
  | 'state_key_too_long'
  | 'content'
  | 'depth'
  | 'origin_server_ts'
  | 'prev_events'
  | 'auth_events'
  | 'hashes'
  | 'signatures'
  | 'unsigned'
  | 'redacts'
  | 'room_id'
  | 'create_state_key'
  | 'create_room_id'
  | 'too_large'
  | 'unsigned_too_large'
  | 'not_canonical'

const sentences: Record<PduFault, string> = {
  not_an_object: 'an event is an object',
  type: 'type must be a text without U+0000',
  type_too_long: `type must have at most ${MAX_KEY_BYTES} bytes`,
  sender: 'sender is not a user ID',
  state_key: 'state_key must be a text',
  state_key_too_long: `state_key must have at most ${MAX_KEY_BYTES} bytes`,
  content: 'content must be an object',
  depth: 'depth must be an integer from 0 to 2^53 - 1',
  origin_server_ts: 'origin_server_ts must be an integer',
  prev_events: `prev_events must be at most ${MAX_PREV_EVENTS} event IDs`,
  auth_events: `auth_events must be at most ${MAX_AUTH_EVENTS} event IDs`,
  hashes: 'hashes must have a text sha256',
  signatures: 'signatures must be texts by server and key',
  unsigned: 'unsigned must be an object',
  redacts: 'redacts must be a text',
  room_id: 'room_id is not a room ID',
  create_state_key: 'state_key of a create event must be empty',
  create_room_id: 'a create event has no room_id in this room version',
  too_large: `the event is larger than ${MAX_EVENT_BYTES} bytes`,
  unsigned_too_large: `unsigned is larger than ${MAX_EVENT_BYTES} bytes`,
  not_canonical: 'not canonical JSON',
}

/** Whether a fault is one of size; whoever sent the event may send a shorter one. */
export const isTooLarge = (fault: PduFault): boolean =>
  fault === 'too_large' ||
  fault === 'unsigned_too_large' ||
  fault === 'type_too_long' ||
  fault === 'state_key_too_long'

export interface FaultyPdu {
  ok: false
  fault: PduFault
  /** a sentence, in English and without full stop */
  reason: string
  /** of an event that was read, where its redacted form gives one: for the answer to whoever sent it */
  eventId?: string
}

export const faulty = (fault: PduFault, detail?: string): FaultyPdu => ({
  ok: false,
  fault,
  reason: detail === undefined ? sentences[fault] : `${sentences[fault]}: ${detail}`,
})

export type ParsedPdu = { ok: true; pdu: Pdu } | FaultyPdu

/**
 * Checks that a JSON value is an event of the room version: shape, identifiers, sizes, canonical JSON (server-server API,
 * "Checks performed on receipt of a PDU", 1). The event returned is the object given: unknown keys belong to it and its hash.
 * Whoever also needs the event ID or the hash asks `readPdu`, which encodes the event once for all of them.
 */
export function parsePdu(raw: unknown, v: RoomVersion): ParsedPdu {
  const shaped = parseShape(raw, v)
  if (!shaped.ok) return shaped
  const encoded = encodePdu(shaped.pdu)
  return 'fault' in encoded ? encoded : shaped
}

/** The part of `parsePdu` that asks for shape and identifiers. */
export function parseShape(raw: unknown, v: RoomVersion): ParsedPdu {
  if (!isObject(raw)) return faulty('not_an_object')
  const fault = faultInShape(raw, v)
  return fault === undefined ? { ok: true, pdu: raw as Pdu } : faulty(fault)
}

/** The part of `parsePdu` that asks for canonical JSON and sizes; the encoding is of the event without `unsigned`. */
export function encodePdu(pdu: Pdu): EncodedProperties | FaultyPdu {
  const { unsigned, ...signed } = pdu
  try {
    const encoded = new EncodedProperties(signed as JsonObject)
    const fault = faultInSize(encoded)
    if (fault) return faulty(fault)
    if (unsigned !== undefined && Buffer.byteLength(canonicalJson(unsigned)) > MAX_EVENT_BYTES)
      return faulty('unsigned_too_large')
    return encoded
  } catch (error) {
    if (error instanceof CanonicalJsonError) return faulty('not_canonical', error.message)
    throw error
  }
}

export const faultInSize = (encoded: EncodedProperties): PduFault | undefined =>
  Buffer.byteLength(encoded.without('unsigned')) > MAX_EVENT_BYTES ? 'too_large' : undefined

function faultInShape(inherited: Record<string, unknown>, v: RoomVersion): PduFault | undefined {
  // Without a prototype no key can be inherited.
  const raw: Record<string, unknown> = Object.assign(Object.create(null), inherited)
  const { type, state_key: stateKey } = raw
  if (typeof type !== 'string' || type.includes('\u0000')) return 'type'
  if (!isShort(type)) return 'type_too_long'
  if (!isValidUserId(raw['sender'])) return 'sender'
  if (stateKey !== undefined && typeof stateKey !== 'string') return 'state_key'
  if (stateKey !== undefined && !isShort(stateKey)) return 'state_key_too_long'
  if (!isObject(raw['content'])) return 'content'
  if (!isNatural(raw['depth'])) return 'depth'
  if (!Number.isSafeInteger(raw['origin_server_ts'])) return 'origin_server_ts'
  if (!areEventIds(raw['prev_events'], MAX_PREV_EVENTS)) return 'prev_events'
  if (!areEventIds(raw['auth_events'], MAX_AUTH_EVENTS)) return 'auth_events'
  if (!isObject(raw['hashes']) || typeof raw['hashes']['sha256'] !== 'string') return 'hashes'
  if (!areSignatures(raw['signatures'])) return 'signatures'
  if (raw['unsigned'] !== undefined && !isObject(raw['unsigned'])) return 'unsigned'
  if (!v.updatedRedaction && raw['redacts'] !== undefined && typeof raw['redacts'] !== 'string')
    return 'redacts'
  return faultInRoomId(raw, v)
}

function faultInRoomId(raw: Record<string, unknown>, v: RoomVersion): PduFault | undefined {
  const roomId = raw['room_id']
  if (!v.roomIdIsCreateHash) return isServerScopedRoomId(roomId) ? undefined : 'room_id'
  if (raw['type'] !== 'm.room.create') return isHashRoomId(roomId) ? undefined : 'room_id'
  if (raw['state_key'] !== '') return 'create_state_key'
  return roomId === undefined ? undefined : 'create_room_id'
}

const isShort = (text: string): boolean => Buffer.byteLength(text) <= MAX_KEY_BYTES
const isNatural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const areEventIds = (value: unknown, most: number): value is string[] =>
  Array.isArray(value) && value.length <= most && value.every((id) => parseEventId(id) !== undefined)
const areSignatures = (value: unknown): boolean =>
  isObject(value) &&
  Object.values(value).every(
    (byKey) => isObject(byKey) && Object.values(byKey).every((text) => typeof text === 'string'),
  )
