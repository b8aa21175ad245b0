/**
 * An event read once: parsed, identified, hashed and redacted from one encoding of its properties. Ask these functions where
 * events enter a room; the single ones (`eventId`, `redact`, ...) are for events that were read before.
 */
import { createHash } from 'node:crypto'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { eventId } from './hashes.ts'
import { CanonicalJsonError, EncodedProperties, isObject, type JsonObject } from './json.ts'
import { encodePdu, type FaultyPdu, faultInSize, faulty, parseShape } from './parse.ts'
import type { Pdu } from './pdu.ts'
import { redact } from './redact.ts'
import { hasSignature, type SigningKey, signatureOf, withSignature } from './signing.ts'
import type { RoomVersion } from './versions.ts'

export interface PduReading {
  ok: true
  /** the room version it was read by: another one may give it another ID */
  version: RoomVersion
  /** the event as a room may have it: without `unsigned`, and redacted where the content hash does not hold */
  pdu: Pdu
  eventId: string
  /** the room it is of; of a create event since room version 12, the room it makes */
  roomId: string
  redacted: Pdu
  /** whether the content hash holds ("Validating hashes and signatures on received events") */
  intact: boolean
  /** what servers sign: the canonical JSON of the redacted event without its signatures */
  signedBytes: Buffer
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()

/**
 * Reads an event from afar: all that `parsePdu`, `eventId`, `roomIdOf`, `redact` and `hasValidContentHash` say of it.
 * Signatures are asked with `isSignedBy`, authorisation with `checkAuthSelection` and `checkAuth`.
 */
export function readPdu(raw: unknown, v: RoomVersion): PduReading | FaultyPdu {
  const shaped = parseShape(raw, v)
  if (!shaped.ok) return { ...shaped, ...idOfFaulty(raw, v) }
  const encoded = encodePdu(shaped.pdu)
  if ('fault' in encoded) return { ...encoded, ...idOfFaulty(raw, v) }
  const { unsigned: _u, ...clean } = shaped.pdu
  const claimed = decodeBase64(clean.hashes.sha256)
  const intact = claimed?.equals(contentDigest(encoded)) ?? false
  return reading(clean as Pdu, encoded, intact, v)
}

/** Most that is wrong with an event is not in its redacted form: its sender can be told which one was not taken. */
function idOfFaulty(raw: unknown, v: RoomVersion): { eventId?: string } {
  if (!isObject(raw) || !isObject(raw['content'])) return {}
  try {
    return { eventId: eventId(raw as unknown as Pdu, v) }
  } catch (error) {
    if (error instanceof CanonicalJsonError) return {}
    throw error
  }
}

/**
 * Finishes an event this server makes ("Adding hashes and signatures to outgoing events") and reads it: the other side would
 * refuse what `readPdu` refuses.
 */
export function writePdu(
  draft: Omit<Pdu, 'hashes' | 'signatures'>,
  v: RoomVersion,
  serverName: string,
  key: SigningKey,
): PduReading | FaultyPdu {
  const { unsigned: _u, ...clean } = draft
  const shaped = parseShape({ ...clean, hashes: { sha256: '' }, signatures: {} }, v)
  if (!shaped.ok) return shaped
  try {
    const { hashes: _h, signatures: _s, ...covered } = shaped.pdu
    const encoded = new EncodedProperties(covered as JsonObject)
    const hashes = { sha256: encodeBase64(contentDigest(encoded)) }
    encoded.set('hashes', hashes)
    const hashed = { ...shaped.pdu, hashes }
    const unsigned = reading(hashed, encoded, true, v)
    const signature = signatureOf(unsigned.signedBytes, key)
    const sign = (pdu: Pdu): Pdu => withSignature(pdu, serverName, key.keyId, signature)
    const pdu = sign(hashed)
    encoded.set('signatures', pdu.signatures)
    const fault = faultInSize(encoded)
    return fault ? faulty(fault) : { ...unsigned, pdu, redacted: sign(unsigned.redacted) }
  } catch (error) {
    if (error instanceof CanonicalJsonError) return faulty('not_canonical', error.message)
    throw error
  }
}

function reading(pdu: Pdu, encoded: EncodedProperties, intact: boolean, v: RoomVersion): PduReading {
  const redacted = redact(pdu, v)
  const kept = encoded.of(redacted as JsonObject, redacted.content === pdu.content ? [] : ['content'])
  const signedBytes = Buffer.from(kept.without('signatures', 'unsigned'))
  const hash = sha256(signedBytes).toString('base64url')
  const makesRoom = v.roomIdIsCreateHash && pdu.type === 'm.room.create'
  return {
    ok: true,
    version: v,
    pdu: intact ? pdu : redacted,
    eventId: `$${hash}`,
    roomId: makesRoom ? `!${hash}` : (pdu.room_id ?? ''),
    redacted,
    intact,
    signedBytes,
  }
}

const contentDigest = (encoded: EncodedProperties): Buffer =>
  sha256(encoded.without('unsigned', 'signatures', 'hashes'))

/** Whether the event has a valid signature of the server with this key; when the key was valid is the caller's to know. */
export function isSignedBy(
  read: Pick<PduReading, 'pdu' | 'signedBytes'>,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  return hasSignature(read.pdu, () => read.signedBytes, serverName, keyId, publicKeyBase64)
}

/** The same reading with a further signature (an invited or a resident server adds its own). */
export function addSignature(read: PduReading, serverName: string, key: SigningKey): PduReading {
  const signature = signatureOf(read.signedBytes, key)
  const sign = (pdu: Pdu): Pdu => withSignature(pdu, serverName, key.keyId, signature)
  return { ...read, pdu: sign(read.pdu), redacted: sign(read.redacted) }
}
