import { serverNameOf } from './server-name.ts'

/** Identifier grammar (appendices, "Identifier Grammar"). Lengths are in bytes of UTF-8. */
const MAX_ID_BYTES = 255
const HASH_ID = /^[A-Za-z0-9_-]{43}$/

type ServerScopedId = { localpart: string; serverName: string }

function parseServerScoped(value: unknown, sigil: string): ServerScopedId | undefined {
  if (typeof value !== 'string' || value[0] !== sigil || Buffer.byteLength(value) > MAX_ID_BYTES)
    return undefined
  const serverName = serverNameOf(value)
  if (serverName === undefined) return undefined
  const localpart = value.slice(1, value.indexOf(':'))
  return localpart.includes('\u0000') || !localpart.isWellFormed() ? undefined : { localpart, serverName }
}

/** Historical user IDs are accepted, as federation requires ("Historical User IDs"): any localpart, even an empty one. */
export const parseUserId = (value: unknown): ServerScopedId | undefined => parseServerScoped(value, '@')
export const parseRoomAlias = (value: unknown): ServerScopedId | undefined => parseServerScoped(value, '#')
export const isValidUserId = (value: unknown): value is string => parseUserId(value) !== undefined

/** An event ID of room version 4 or later: `$` and a SHA-256 in URL-safe Base64. */
export function parseEventId(value: unknown): string | undefined {
  return typeof value === 'string' && value[0] === '$' && HASH_ID.test(value.slice(1)) ? value : undefined
}

/** `!opaque:server`, as before room version 12. */
export const isServerScopedRoomId = (value: unknown): value is string =>
  parseServerScoped(value, '!') !== undefined
/** `!` and the create event's reference hash, as since room version 12. */
export const isHashRoomId = (value: unknown): value is string =>
  typeof value === 'string' && value[0] === '!' && HASH_ID.test(value.slice(1))
/** A room ID of any supported version. */
export const isValidRoomId = (value: unknown): value is string =>
  isServerScopedRoomId(value) || isHashRoomId(value)
