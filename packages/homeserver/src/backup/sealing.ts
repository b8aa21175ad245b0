/** Encryption of what goes to the store: age format, so that the institution's own `age` opens it too. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { join } from 'node:path'
import { Decrypter, Encrypter } from 'age-encryption'
import { z } from 'zod'
import { openKeyFile } from '../lib/key-file.ts'
import type { BackupHead } from './types.ts'

export type Seal = (bytes: Uint8Array) => Promise<Uint8Array>
export type Open = (bytes: Uint8Array) => Promise<Uint8Array>

/** @throws Error that says which recipient is none, and never repeats it: it may be a private key put there by mistake */
export function sealFor(recipients: readonly string[]): Seal {
  if (recipients.length === 0)
    throw new Error(
      'No backup is made: backup.recipients names nobody who could read it ("age-keygen" makes a key).',
    )
  const age = new Encrypter()
  for (const [index, one] of recipients.entries()) {
    try {
      age.addRecipient(one)
    } catch (error) {
      throw new Error(
        `No backup is made: recipient ${index + 1} of backup.recipients is no public key of age.`,
        {
          cause: error,
        },
      )
    }
  }
  return (bytes) => age.encrypt(bytes)
}

/** @param keys text of a key file: lines with AGE-SECRET-KEY-…, comments beside them. @throws Error when there is none */
export function openWith(keys: string): Open {
  const found = keys.split(/\s+/).filter((word) => word.startsWith('AGE-SECRET-KEY-'))
  if (found.length === 0)
    throw new Error(
      'No se dio ninguna clave privada de age (una línea AGE-SECRET-KEY-…). / No private key of age was given (a line AGE-SECRET-KEY-…).',
    )
  const age = new Decrypter()
  for (const one of found) {
    try {
      age.addIdentity(one)
    } catch (error) {
      throw new Error(
        'Lo que se dio no es una clave privada de age. / What was given is no private key of age.',
        { cause: error },
      )
    }
  }
  return async (bytes) => {
    try {
      return await age.decrypt(bytes)
    } catch (error) {
      throw new Error(
        'El respaldo no se abre con esta clave, o está dañado. / The backup cannot be opened with this key, or is damaged.',
        { cause: error },
      )
    }
  }
}

const keysSchema = z.object({ hash_key: z.string(), signing: z.string() })

/** Secrets of one node's repository: made on first use, never in a backup's clear parts. */
export type RepositoryKeys = {
  hashKey: Buffer
  /** In words of the operator: what a restore says that a backup was made by. */
  publicKey: string
  sign(head: Omit<BackupHead, 'made_by' | 'signature'>): BackupHead
}

export async function openRepositoryKeys(folder: string): Promise<RepositoryKeys> {
  const text = await openKeyFile(join(folder, 'repository.key'), () =>
    JSON.stringify({
      hash_key: randomBytes(32).toString('base64'),
      signing: generateKeyPairSync('ed25519')
        .privateKey.export({ type: 'pkcs8', format: 'der' })
        .toString('base64'),
    }),
  )
  const { hash_key, signing } = keysSchema.parse(JSON.parse(text))
  const key = createPrivateKey({ key: Buffer.from(signing, 'base64'), format: 'der', type: 'pkcs8' })
  const publicKey = textOf(createPublicKey(key))
  return {
    hashKey: Buffer.from(hash_key, 'base64'),
    publicKey,
    sign(head) {
      const signature = sign(null, signedPart(head, publicKey), key).toString('base64')
      return { ...head, made_by: publicKey, signature }
    },
  }
}

const textOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64')

function signedPart(
  { format, id, made_ts, manifest, packs }: Omit<BackupHead, 'made_by' | 'signature'>,
  madeBy: string,
): Buffer {
  const objects = (list: BackupHead['packs']) => list.map(({ name, size }) => [name, size])
  return Buffer.from(JSON.stringify([format, id, made_ts, objects(manifest), objects(packs), madeBy]))
}

/** Whether the head was written by the repository it names: a store can drop backups, not make one up. */
export function isSignedHead(head: BackupHead): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(head.made_by, 'base64'), format: 'der', type: 'spki' })
    return verify(null, signedPart(head, head.made_by), key, Buffer.from(head.signature, 'base64'))
  } catch {
    return false
  }
}

export const objectName = (folder: 'packs' | 'manifests', sealed: Uint8Array) =>
  `${folder}/${createHash('sha256').update(sealed).digest('hex')}`
export const chunkId = (hashKey: Uint8Array, bytes: Uint8Array) =>
  createHmac('sha256', hashKey).update(bytes).digest()
/** Shows the node that whoever wrote the receipt had opened the backup. */
export const receiptMac = (proof: string, id: string, ts: number, ok: boolean, what: string) =>
  createHmac('sha256', Buffer.from(proof, 'base64'))
    .update(JSON.stringify([id, ts, ok, what]))
    .digest('base64')
