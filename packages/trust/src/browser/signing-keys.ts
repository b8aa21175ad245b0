/** Keys that sign metadata, in a browser: a seed of 32 bytes, and what everybody may know of it. */
import { z } from 'zod'
import { canonicalMetadata, type MetadataValue } from '../canonical-json.ts'
import { type Bytes, fromHex, randomBytes, sha256, toHex, utf8 } from './bytes.ts'
import { ed25519 } from './ed25519.ts'

const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))

export const keyIdSchema = hexBytes(32)

export const publicKeySchema = z.object({
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  keyval: z.object({ public: hexBytes(32) }),
})

export type PublicKey = z.output<typeof publicKeySchema>

export interface SigningKey {
  keyid: string
  record: PublicKey
  /** 32 bytes, secret */
  seed: Bytes
}

/** SHA-256 of a public record in canonical form (TUF 1.0, "keyid"). */
export const keyIdOf = (record: PublicKey): Promise<string> => sha256(utf8(canonicalMetadata(record)))

/** @throws RangeError when the seed has not 32 bytes */
export async function signingKey(seed: Bytes): Promise<SigningKey> {
  if (seed.length !== 32) throw new RangeError('A key’s seed has 32 bytes.')
  const publicKey = toHex(await (await ed25519()).publicKey(seed))
  const record: PublicKey = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicKey } }
  return { keyid: await keyIdOf(record), record, seed }
}

export const newSigningKey = (): Promise<SigningKey> => signingKey(randomBytes(32))

/** Metadata in its envelope, as the text that is published. */
export async function signText(signed: object, keys: readonly SigningKey[]): Promise<string> {
  const message = utf8(canonicalMetadata(signed as MetadataValue))
  const { sign } = await ed25519()
  const signatures = await Promise.all(
    keys.map(async ({ keyid, seed }) => ({ keyid, sig: toHex(await sign(seed, message)) })),
  )
  return JSON.stringify({ signed, signatures })
}

/** Who of these signed it well. A key counts once, whatever is repeated. */
export async function signersOf(
  signed: unknown,
  signatures: readonly { keyid: string; sig: string }[],
  keyids: readonly string[],
  keys: Readonly<Record<string, PublicKey>>,
): Promise<string[]> {
  const message = utf8(canonicalMetadata(signed as MetadataValue))
  const { verify } = await ed25519()
  const good: string[] = []
  for (const keyid of new Set(keyids)) {
    const key = Object.hasOwn(keys, keyid) ? keys[keyid] : undefined
    const sig = signatures.find((one) => one.keyid === keyid)?.sig ?? ''
    if (!key || !/^[0-9a-f]{128}$/.test(sig)) continue
    if (await verify(fromHex(key.keyval.public), message, fromHex(sig))) good.push(keyid)
  }
  return good
}
