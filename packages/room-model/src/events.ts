import { createHash } from 'node:crypto'
import { canonicalJson, type JsonObject, type JsonValue } from './json.ts'
import type { RoomVersion } from './versions.ts'

export interface Pdu {
  room_id?: string
  sender: string
  type: string
  state_key?: string
  content: JsonObject
  origin_server_ts: number
  depth: number
  prev_events: string[]
  auth_events: string[]
  hashes: { sha256: string }
  signatures: Record<string, Record<string, string>>
  unsigned?: JsonObject
  redacts?: string
  [extra: string]: unknown
}

export const unpadded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/=+$/, '')
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

export function contentHash(pdu: Pdu | Omit<Pdu, 'hashes' | 'signatures'>): string {
  const { unsigned: _u, signatures: _s, hashes: _h, ...rest } = pdu as Pdu
  return unpadded(sha256(canonicalJson(rest as unknown as JsonObject)))
}
export function hasValidContentHash(pdu: Pdu): boolean {
  return pdu.hashes?.sha256 === contentHash(pdu)
}
export function referenceHash(pdu: Pdu, v: RoomVersion): string {
  const { signatures: _s, unsigned: _u, ...rest } = redact(pdu, v)
  return Buffer.from(sha256(canonicalJson(rest as unknown as JsonObject))).toString('base64url')
}
export const eventId = (pdu: Pdu, v: RoomVersion): string => `$${referenceHash(pdu, v)}`
export function roomIdOf(pdu: Pdu, v: RoomVersion): string {
  if (v.roomIdIsCreateHash && pdu.type === 'm.room.create') return `!${referenceHash(pdu, v)}`
  return pdu.room_id ?? ''
}

const KEEP = [
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'auth_events',
  'origin_server_ts',
]
const KEEP_V10 = [...KEEP, 'prev_state', 'origin', 'membership']

/** The redaction algorithm of the room version. */
export function redact(pdu: Pdu, v: RoomVersion): Pdu {
  const out: Record<string, unknown> = {}
  for (const key of v.updatedRedaction ? KEEP : KEEP_V10) if (Object.hasOwn(pdu, key)) out[key] = pdu[key]
  out['content'] = redactContent(pdu.type, pdu.content, v)
  return out as unknown as Pdu
}
function redactContent(type: string, content: JsonObject, v: RoomVersion): JsonObject {
  const pick = (...keys: string[]): JsonObject => {
    const out: JsonObject = {}
    for (const key of keys) if (Object.hasOwn(content, key)) out[key] = content[key]
    return out
  }
  switch (type) {
    case 'm.room.member': {
      const out = pick('membership', 'join_authorised_via_users_server')
      if (v.updatedRedaction) {
        const invite = content['third_party_invite']
        if (
          invite !== null &&
          typeof invite === 'object' &&
          !Array.isArray(invite) &&
          Object.hasOwn(invite, 'signed')
        ) {
          out['third_party_invite'] = { signed: invite['signed'] as JsonValue }
        }
      }
      return out
    }
    case 'm.room.create':
      return v.updatedRedaction ? content : pick('creator')
    case 'm.room.join_rules':
      return pick('join_rule', 'allow')
    case 'm.room.power_levels':
      return pick(
        'ban',
        'events',
        'events_default',
        ...(v.updatedRedaction ? ['invite'] : []),
        'kick',
        'redact',
        'state_default',
        'users',
        'users_default',
      )
    case 'm.room.history_visibility':
      return pick('history_visibility')
    case 'm.room.redaction':
      return v.updatedRedaction ? pick('redacts') : {}
    default:
      return {}
  }
}
export const isStateEvent = (pdu: Pick<Pdu, 'state_key'>): boolean => pdu.state_key !== undefined
export const stateKeyOf = (type: string, stateKey: string): string => `${type}\u0000${stateKey}`
export function splitStateKey(key: string): [type: string, stateKey: string] {
  const at = key.indexOf('\u0000')
  return [key.slice(0, at), key.slice(at + 1)]
}
