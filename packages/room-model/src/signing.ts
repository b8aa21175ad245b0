import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { contentHash, eventId, type Pdu, redact, unpadded } from './events.ts'
import { serverNameOf } from './ids.ts'
import { canonicalJson, type JsonObject } from './json.ts'
import type { RoomVersion } from './versions.ts'

export interface SigningKey {
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly publicKeyBase64: string
}
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

export function generateSigningKey(keyId = `ed25519:${randomBytes(4).toString('hex')}`): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return fromPrivate(privateKey, keyId)
}
export function importSigningKey(seedBase64: string, keyId: string): SigningKey {
  const seed = Buffer.from(seedBase64, 'base64')
  if (seed.length !== 32) throw new Error('an Ed25519 seed has 32 bytes')
  return fromPrivate(
    createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' }),
    keyId,
  )
}
export function exportSigningKey(key: SigningKey): { keyId: string; seedBase64: string } {
  const der = key.privateKey.export({ format: 'der', type: 'pkcs8' })
  return { keyId: key.keyId, seedBase64: unpadded(der.subarray(-32)) }
}
function fromPrivate(privateKey: KeyObject, keyId: string): SigningKey {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { keyId, privateKey, publicKeyBase64: unpadded(der.subarray(-32)) }
}
type Signatures = Record<string, Record<string, string>>
function signable(object: JsonObject): Buffer {
  const { signatures: _s, unsigned: _u, ...rest } = object
  return Buffer.from(canonicalJson(rest))
}
export function signJson<T extends object>(
  object: T,
  serverName: string,
  key: SigningKey,
): T & { signatures: Signatures } {
  const old = (object as { signatures?: Signatures }).signatures
  const signature = unpadded(sign(null, signable(object as unknown as JsonObject), key.privateKey))
  return { ...object, signatures: { ...old, [serverName]: { ...old?.[serverName], [key.keyId]: signature } } }
}
export function verifyJson(
  object: object,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  try {
    const signatures = (object as { signatures?: Signatures }).signatures
    if (!signatures || !Object.hasOwn(signatures, serverName)) return false
    const byServer = signatures[serverName]!
    if (typeof byServer !== 'object' || byServer === null || !Object.hasOwn(byServer, keyId)) return false
    const signature = byServer[keyId]
    if (typeof signature !== 'string') return false
    const raw = Buffer.from(publicKeyBase64, 'base64')
    if (raw.length !== 32) return false
    const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
    return verify(null, signable(object as unknown as JsonObject), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}
export function signPdu(pdu: Pdu, v: RoomVersion, serverName: string, key: SigningKey): Pdu {
  const signed = signJson(redact(pdu, v) as unknown as JsonObject, serverName, key) as unknown as {
    signatures: Signatures
  }
  const mine = signed.signatures[serverName]!
  return {
    ...pdu,
    signatures: {
      ...pdu.signatures,
      [serverName]: { ...pdu.signatures?.[serverName], [key.keyId]: mine[key.keyId]! },
    },
  }
}
export function finishEvent(
  draft: Omit<Pdu, 'hashes' | 'signatures'>,
  v: RoomVersion,
  serverName: string,
  key: SigningKey,
): { pdu: Pdu; eventId: string } {
  const { hashes: _h, signatures: _s, ...rest } = draft as Pdu
  const hashed = { ...rest, hashes: { sha256: contentHash(rest as Pdu) }, signatures: {} } as Pdu
  const pdu = signPdu(hashed, v, serverName, key)
  return { pdu, eventId: eventId(pdu, v) }
}
export function verifyPduSignature(
  pdu: Pdu,
  v: RoomVersion,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  return verifyJson(redact(pdu, v), serverName, keyId, publicKeyBase64)
}
export function serversThatMustSign(pdu: Pdu, _v: RoomVersion): string[] {
  const out = new Set<string>()
  const thirdParty =
    pdu.type === 'm.room.member' &&
    pdu.content['membership'] === 'invite' &&
    pdu.content['third_party_invite'] !== undefined
  const sender = serverNameOf(pdu.sender)
  if (sender !== undefined && !thirdParty) out.add(sender)
  const authoriser = pdu.content['join_authorised_via_users_server']
  if (
    pdu.type === 'm.room.member' &&
    pdu.content['membership'] === 'join' &&
    typeof authoriser === 'string'
  ) {
    const server = serverNameOf(authoriser)
    if (server !== undefined) out.add(server)
  }
  return [...out]
}
