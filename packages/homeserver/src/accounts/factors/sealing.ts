/**
 * The node's factor key, `data_dir/factor.key`: what the database has of people's factors is worth nothing without it. A file
 * of its own, so that whoever throws the token key away to end all sessions does not take everybody's second factor along.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openKeyFile } from '../../lib/key-file.ts'

export type Sealing = {
  /** @param about whose secret it is: sealed for somebody else it does not open */
  seal(text: string, about: string): string
  /** @throws Error when it was sealed under another key, or for somebody else */
  open(sealed: string, about: string): string
  /** Of a recovery code, for the database. */
  hash(text: string, about: string): string
  /** For what is handed out and taken back. */
  mac(text: string): Buffer
}

const IV = 12
const TAG = 16

export async function openSealing(dataDir: string): Promise<Sealing> {
  const file = join(dataDir, 'factor.key')
  const hex = (await openKeyFile(file, () => `${randomBytes(32).toString('hex')}\n`)).trim()
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new Error(`${file} does not hold a key.`)
  const keyFor = (use: string) => Buffer.from(hkdfSync('sha256', Buffer.from(hex, 'hex'), '', use, 32))
  const sealKey = keyFor('enlace factor seal')
  const hashKey = keyFor('enlace recovery code')
  const macKey = keyFor('enlace factor mac')
  return {
    seal(text, about) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, body, cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(0, IV))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(-TAG))
      return Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]).toString('utf8')
    },
    hash: (text, about) =>
      createHmac('sha256', hashKey)
        .update(JSON.stringify([about, text]))
        .digest('base64url'),
    mac: (text) => createHmac('sha256', macKey).update(text).digest(),
  }
}
