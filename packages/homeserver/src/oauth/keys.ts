/**
 * The provider's key, `data_dir/oauth.key`: it signs ID tokens and cookies, seals what is kept and hashes its names. A file of
 * its own: whoever throws it away ends sign-ins that are under way, and nothing else.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto'
import { join } from 'node:path'
import { openKeyFile } from '../lib/key-file.ts'

export type OauthKeys = {
  jwk: Record<string, unknown> & { kty: string }
  cookies: string[]
  hash(text: string): string
  seal(value: unknown, about: string): string
  /** @returns undefined when it was sealed under another key, or for something else */
  open(sealed: string, about: string): Record<string, unknown> | undefined
}

const IV = 12
const TAG = 16

export async function openOauthKeys(dataDir: string): Promise<OauthKeys> {
  const file = join(dataDir, 'oauth.key')
  const pem = await openKeyFile(file, () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  })
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error(
      `${file} no contiene una clave ECDSA P-256: restáurelo del respaldo. / ${file} does not hold an ECDSA P-256 key: restore it from a backup.`,
    )
  const der = key.export({ type: 'pkcs8', format: 'der' })
  const keyFor = (use: string) => Buffer.from(hkdfSync('sha256', der, '', use, 32))
  const hashKey = keyFor('enlace oauth hash')
  const sealKey = keyFor('enlace oauth seal')
  const hash = (text: string) => createHmac('sha256', hashKey).update(text).digest('base64url')
  return {
    jwk: {
      ...key.export({ format: 'jwk' }),
      kty: 'EC',
      use: 'sig',
      alg: 'ES256',
      kid: hash('key id').slice(0, 16),
    },
    cookies: [keyFor('enlace oauth cookies').toString('base64url')],
    hash,
    seal(value, about) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
      return Buffer.concat([iv, body, cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < IV + TAG) return undefined
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(0, IV))
          .setAAD(Buffer.from(about))
          .setAuthTag(bytes.subarray(-TAG))
        const text = Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()])
        return JSON.parse(text.toString('utf8')) as Record<string, unknown>
      } catch {
        return undefined
      }
    },
  }
}
