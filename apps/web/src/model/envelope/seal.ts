import { spokenCode } from '@enlace/coordination'
import { type Bytes, fromUrl, random, toUrl } from '../../lib/prf.ts'
import type { EnvelopeRecord } from './records.ts'

/** So many parts open it; fewer tell nothing. */
export const THRESHOLD = 2
const P256 = { name: 'ECDH', namedCurve: 'P-256' } as const
const POINT_BYTES = 65
const IV_BYTES = 12

const utf8 = (value: unknown): Bytes => new TextEncoder().encode(JSON.stringify(value))
const hashOf = async (bytes: Bytes): Promise<string> => toUrl(await crypto.subtle.digest('SHA-256', bytes))

/** What is sealed with the key says for whom, and who keeps what: a server that changes any of it opens nothing. */
const boundTo = (userId: string, envelope: Omit<EnvelopeRecord, 'iv' | 'sealed'>): Bytes =>
  utf8([
    'org.enlace.recovery_envelope',
    userId,
    envelope.id,
    envelope.institution,
    envelope.made_ts,
    envelope.threshold,
    envelope.holders.map((one) => [one.user_id, one.master_key, one.share_hash]),
  ])

const aesKey = (raw: Bytes) => crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])

/**
 * The recovery key under a key that is made for this, which is split (Shamir) among the coordinators. The sealed key stays with the
 * person's account: two coordinators have nothing to open, and a server has nothing to open it with.
 */
export async function sealEnvelope(args: {
  userId: string
  institution: string
  recoveryKey: string
  holders: readonly { userId: string; masterKey: string }[]
  now: number
}): Promise<{ envelope: EnvelopeRecord; parts: ReadonlyMap<string, string> }> {
  const { split } = await import('shamir-secret-sharing')
  const key = random(32)
  const shares = (await split(key, args.holders.length, THRESHOLD)).map((one) => Uint8Array.from(one))
  const head = {
    id: crypto.randomUUID(),
    institution: args.institution,
    made_ts: args.now,
    threshold: THRESHOLD,
    holders: await Promise.all(
      args.holders.map(async ({ userId, masterKey }, index) => ({
        user_id: userId,
        master_key: masterKey,
        share_hash: await hashOf(shares[index]!),
      })),
    ),
  } as const
  const iv = random(IV_BYTES)
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: boundTo(args.userId, head) },
    await aesKey(key),
    new TextEncoder().encode(args.recoveryKey),
  )
  key.fill(0)
  return {
    envelope: { ...head, iv: toUrl(iv.buffer), sealed: toUrl(sealed) },
    parts: new Map(args.holders.map(({ userId }, index) => [userId, toUrl(shares[index]!.buffer)])),
  }
}

/** The hash by which a part is known without being told. */
export const partHash = (share: string): Promise<string> => hashOf(fromUrl(share))

export async function isPartOf(envelope: EnvelopeRecord, by: string, share: string): Promise<boolean> {
  const holder = envelope.holders.find((one) => one.user_id === by)
  return holder !== undefined && (await partHash(share)) === holder.share_hash
}

/** @param parts that fit, of different holders. @returns undefined when the envelope itself was changed */
export async function openEnvelope(
  userId: string,
  envelope: EnvelopeRecord,
  parts: readonly string[],
): Promise<string | undefined> {
  const { combine } = await import('shamir-secret-sharing')
  const { iv, sealed, ...head } = envelope
  try {
    const key = Uint8Array.from(await combine(parts.map(fromUrl)))
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: fromUrl(iv), additionalData: boundTo(userId, head) },
      await aesKey(key),
      fromUrl(sealed),
    )
    key.fill(0)
    return new TextDecoder().decode(opened)
  } catch {
    return undefined
  }
}

/** Made by the device that asks, for one asking. */
export async function newAskKey(): Promise<{ publicKey: string; privateKey: JsonWebKey }> {
  const pair = await crypto.subtle.generateKey(P256, true, ['deriveBits'])
  return {
    publicKey: toUrl(await crypto.subtle.exportKey('raw', pair.publicKey)),
    privateKey: await crypto.subtle.exportKey('jwk', pair.privateKey),
  }
}

/** Stands for the key of the asking device: a server that hands the coordinator another one is found out. */
export const askCode = (userId: string, envelope: string, publicKey: string): Promise<string> =>
  spokenCode(['org.enlace.envelope', userId, envelope], publicKey)

/** A release is for one asking of one device, by one coordinator: it is nothing anywhere else. */
export type ReleaseContext = { owner: string; ask: string; envelope: string; by: string }

async function releaseKey(
  shared: ArrayBuffer,
  ephemeral: Bytes,
  recipient: Bytes,
  context: ReleaseContext,
): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const { owner, ask, envelope, by } = context
  return crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: Uint8Array.from([...ephemeral, ...recipient]),
      info: utf8(['org.enlace.envelope.release', owner, ask, envelope, by]),
    },
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

const agree = async (mine: CryptoKey, theirs: Bytes): Promise<ArrayBuffer> =>
  crypto.subtle.deriveBits(
    { name: 'ECDH', public: await crypto.subtle.importKey('raw', theirs, P256, false, []) },
    mine,
    256,
  )

export async function sealPart(publicKey: string, context: ReleaseContext, share: string): Promise<string> {
  const recipient = fromUrl(publicKey)
  const pair = await crypto.subtle.generateKey(P256, true, ['deriveBits'])
  const ephemeral = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const key = await releaseKey(await agree(pair.privateKey, recipient), ephemeral, recipient, context)
  const iv = random(IV_BYTES)
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, fromUrl(share))
  return toUrl(Uint8Array.from([...ephemeral, ...iv, ...new Uint8Array(sealed)]).buffer)
}

/** @returns undefined when it was sealed for another asking, or changed on the way */
export async function openPart(
  keys: { publicKey: string; privateKey: JsonWebKey },
  context: ReleaseContext,
  text: string,
): Promise<string | undefined> {
  try {
    const bytes = fromUrl(text)
    const ephemeral = bytes.slice(0, POINT_BYTES)
    const iv = bytes.slice(POINT_BYTES, POINT_BYTES + IV_BYTES)
    const mine = await crypto.subtle.importKey('jwk', keys.privateKey, P256, false, ['deriveBits'])
    const key = await releaseKey(await agree(mine, ephemeral), ephemeral, fromUrl(keys.publicKey), context)
    const sealed = bytes.slice(POINT_BYTES + IV_BYTES)
    return toUrl(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed))
  } catch {
    return undefined
  }
}
