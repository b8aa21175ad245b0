import type { JsonObject } from './json.ts'

/** A room event as servers exchange it (room versions, "Event format"). Unknown keys are kept: the hash covers them. */
export interface Pdu {
  /** Absent on the create event since room version 12. */
  room_id?: string
  sender: string
  type: string
  state_key?: string
  content: JsonObject
  /** Milliseconds since the epoch, as its server claims. */
  origin_server_ts: number
  depth: number
  prev_events: string[]
  auth_events: string[]
  hashes: { sha256: string }
  signatures: Record<string, Record<string, string>>
  unsigned?: JsonObject
  /** Room version 10 only. */
  redacts?: string
  [extra: string]: unknown
}

export const isStateEvent = (pdu: Pick<Pdu, 'state_key'>): boolean => pdu.state_key !== undefined

/** One map key for a (type, state key) pair. */
export const stateKeyOf = (type: string, stateKey: string): string => `${type}\u0000${stateKey}`

/** The inverse of `stateKeyOf`, for types without U+0000 (`parsePdu` refuses such types). */
export function splitStateKey(key: string): [type: string, stateKey: string] {
  const at = key.indexOf('\u0000')
  return [key.slice(0, at), key.slice(at + 1)]
}
