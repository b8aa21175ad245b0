/** Keys as a client makes them. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { canonicalJson, type JsonValue } from '@enlace/room-model'

type Json = Record<string, unknown>
export type Pair = { privateKey: KeyObject; publicKey: string }

export function newPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x } = publicKey.export({ format: 'jwk' })
  return { privateKey, publicKey: Buffer.from(x!, 'base64url').toString('base64').replace(/=+$/, '') }
}

export function signed<T extends Json>(
  object: T,
  userId: string,
  keyId: string,
  pair: Pair,
): T & { signatures: Record<string, Record<string, string>> } {
  const { signatures, unsigned: _u, ...rest } = object as Json
  const signature = sign(null, Buffer.from(canonicalJson(rest as JsonValue)), pair.privateKey)
    .toString('base64')
    .replace(/=+$/, '')
  const before = (signatures ?? {}) as Record<string, Record<string, string>>
  return {
    ...object,
    signatures: { ...before, [userId]: { ...before[userId], [`ed25519:${keyId}`]: signature } },
  }
}

export const crossKey = (userId: string, usage: string, pair: Pair) => ({
  user_id: userId,
  usage: [usage],
  keys: { [`ed25519:${pair.publicKey}`]: pair.publicKey },
})

export function deviceKeys(user: { userId: string; deviceId: string }, pair = newPair()) {
  const keys = {
    user_id: user.userId,
    device_id: user.deviceId,
    algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
    keys: {
      [`ed25519:${user.deviceId}`]: pair.publicKey,
      [`curve25519:${user.deviceId}`]: newPair().publicKey,
    },
  }
  return { pair, keys: signed(keys, user.userId, user.deviceId, pair) }
}
