import { isObject, type JsonObject, type JsonValue, own } from './json.ts'
import type { Pdu } from './pdu.ts'
import type { RoomVersion } from './versions.ts'

const KEPT = [
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
const KEPT_BEFORE_V11 = [...KEPT, 'prev_state', 'origin', 'membership']

const POWER_LEVELS = [
  'ban',
  'events',
  'events_default',
  'kick',
  'redact',
  'state_default',
  'users',
  'users_default',
]

/** The redaction algorithm (room versions, "Redactions"). Returns a new event; parts of it are shared with the old one. */
export function redact(pdu: Pdu, v: RoomVersion): Pdu {
  const kept = pick(pdu as JsonObject, v.updatedRedaction ? KEPT : KEPT_BEFORE_V11)
  kept['content'] = redactContent(pdu.type, pdu.content, v)
  return kept as unknown as Pdu
}

function pick(from: JsonObject, keys: readonly string[]): JsonObject {
  const out: JsonObject = {}
  for (const key of keys) if (Object.hasOwn(from, key)) out[key] = from[key]
  return out
}

function redactContent(type: string, content: JsonObject, v: RoomVersion): JsonObject {
  switch (type) {
    case 'm.room.member':
      return redactMember(content, v)
    case 'm.room.create':
      return v.updatedRedaction ? content : pick(content, ['creator'])
    case 'm.room.join_rules':
      return pick(content, ['join_rule', 'allow'])
    case 'm.room.power_levels':
      return pick(content, v.updatedRedaction ? [...POWER_LEVELS, 'invite'] : POWER_LEVELS)
    case 'm.room.history_visibility':
      return pick(content, ['history_visibility'])
    case 'm.room.redaction':
      return v.updatedRedaction ? pick(content, ['redacts']) : {}
    default:
      return {}
  }
}

function redactMember(content: JsonObject, v: RoomVersion): JsonObject {
  const out = pick(content, ['membership', 'join_authorised_via_users_server'])
  const invite = own(content, 'third_party_invite')
  // @NOTE Of an invite without `signed` nothing is left; some servers leave an empty object, and the text leaves it open.
  if (v.updatedRedaction && isObject(invite) && Object.hasOwn(invite, 'signed'))
    out['third_party_invite'] = { signed: invite['signed'] as JsonValue }
  return out
}
