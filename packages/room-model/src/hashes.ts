import { createHash } from 'node:crypto'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { canonicalJson, type JsonObject } from './json.ts'
import type { Pdu } from './pdu.ts'
import { redact } from './redact.ts'
import type { RoomVersion } from './versions.ts'

const sha256 = (object: object): Buffer =>
  createHash('sha256')
    .update(canonicalJson(object as JsonObject))
    .digest()

function contentDigest(pdu: Omit<Pdu, 'hashes' | 'signatures'>): Buffer {
  const { unsigned: _u, signatures: _s, hashes: _h, ...covered } = pdu
  return sha256(covered)
}

/**
 * The content hash, unpadded Base64 (server-server API, "Calculating the content hash for an event").
 * @throws CanonicalJsonError
 */
export function contentHash(pdu: Omit<Pdu, 'hashes' | 'signatures'>): string {
  return encodeBase64(contentDigest(pdu))
}

/** False: only the redacted form of the event may be used ("Validating hashes and signatures on received events"). */
export function hasValidContentHash(pdu: Pdu): boolean {
  const claimed = decodeBase64(pdu.hashes.sha256)
  return claimed?.equals(contentDigest(pdu)) ?? false
}

function referenceHash(pdu: Pdu, v: RoomVersion): string {
  const { signatures: _s, unsigned: _u, ...covered } = redact(pdu, v)
  return sha256(covered).toString('base64url')
}

/**
 * `$` and the reference hash, which a redaction does not change (room version 4, "Event IDs").
 * @throws CanonicalJsonError
 */
export const eventId = (pdu: Pdu, v: RoomVersion): string => `$${referenceHash(pdu, v)}`

/** The room an event is of; for a create event since room version 12, the room it makes. */
export function roomIdOf(pdu: Pdu, v: RoomVersion): string {
  if (v.roomIdIsCreateHash && pdu.type === 'm.room.create') return `!${referenceHash(pdu, v)}`
  return pdu.room_id ?? ''
}
