/** A passkey in software, for tests: it signs what it is told to, also what no honest one would. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

type Json = Record<string, unknown>
type Lies = { origin?: string; rpId?: string; userVerified?: boolean; counter?: number; userHandle?: string }

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

export function softPasskey(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string }
  const id = randomBytes(16)
  let counter = 0
  let handle = ''

  function authData(rpId: string, lies: Lies, attested = Buffer.alloc(0)): Buffer {
    counter = lies.counter ?? counter + 1
    const flags = 0x01 | (lies.userVerified === false ? 0 : 0x04) | (attested.length > 0 ? 0x40 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(lies.rpId ?? rpId), Buffer.from([flags]), count, attested])
  }
  const clientData = (type: string, challenge: unknown, lies: Lies) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: lies.origin ?? origin, crossOrigin: false }))
  const envelope = (response: Json) => ({
    id: b64(id),
    rawId: b64(id),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })

  return {
    id: b64(id),
    /** What `navigator.credentials.create` gives. */
    create(options: Json, lies: Lies = {}) {
      const { rp, user, challenge } = options as {
        rp: { id: string }
        user: { id: string }
        challenge: string
      }
      handle = user.id
      const cose = isoCBOR.encode(
        new Map<number, number | Uint8Array>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(x, 'base64url')],
          [-3, Buffer.from(y, 'base64url')],
        ]),
      )
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, id, cose])
      const object = isoCBOR.encode(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', Uint8Array.from(authData(rp.id, lies, attested))],
        ]) as never,
      )
      return envelope({
        clientDataJSON: b64(clientData('webauthn.create', challenge, lies)),
        attestationObject: b64(object),
        transports: ['internal'],
      })
    },
    /** What `navigator.credentials.get` gives. */
    get(options: Json, lies: Lies = {}) {
      const { rpId, challenge } = options as { rpId: string; challenge: string }
      const data = authData(rpId, lies)
      const client = clientData('webauthn.get', challenge, lies)
      return envelope({
        clientDataJSON: b64(client),
        authenticatorData: b64(data),
        signature: b64(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
        userHandle: lies.userHandle ?? handle,
      })
    },
  }
}
