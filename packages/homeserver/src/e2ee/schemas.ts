/** Shapes of public keys as clients and partners send them (client-server API, "End-to-End Encryption"). */
import { z } from 'zod'

const signatures = z.record(z.string(), z.record(z.string(), z.string().max(1_000)))

/** `definitions/device_keys.yaml`. `signatures` is checked when present: some suites upload without. */
export const deviceKeysSchema = z.looseObject({
  user_id: z.string(),
  device_id: z.string(),
  algorithms: z.array(z.string()).max(50),
  keys: z.record(z.string(), z.string().max(1_000)),
  signatures: signatures.optional(),
})
export type DeviceKeysJson = z.output<typeof deviceKeysSchema>

/** `definitions/cross_signing_key.yaml` */
export const crossSigningKeySchema = z.looseObject({
  user_id: z.string(),
  usage: z.array(z.string()).min(1).max(5),
  keys: z.record(z.string(), z.string().max(1_000)),
  signatures: signatures.optional(),
})
export type CrossSigningKeyJson = z.output<typeof crossSigningKeySchema>

export type Usage = 'master' | 'self_signing' | 'user_signing'

/** A one-time or fallback key: signed (an object) or bare (a string). */
const keyObjectSchema = z.union([
  z.string().max(1_000),
  z.looseObject({ key: z.string().max(1_000), signatures: signatures.optional() }),
])

const keysByIdSchema = z.record(z.string().regex(/^[^:]{1,100}:.{1,150}$/s), keyObjectSchema)

/** The one public key of a cross-signing key, if it is well formed: `ed25519:<key>` naming itself. */
export function publicKeyOf(key: CrossSigningKeyJson): string | undefined {
  const entries = Object.entries(key.keys)
  if (entries.length !== 1) return undefined
  const [id, value] = entries[0]!
  return id === `ed25519:${value}` ? value : undefined
}

export const isUsage = (key: CrossSigningKeyJson, usage: Usage): boolean => key.usage.includes(usage)

/** What another server answers to POST /user/keys/query; each user's part is checked again against the user. */
export const queryAnswerSchema = z.object({
  device_keys: z.record(z.string(), z.record(z.string(), deviceKeysSchema)),
  master_keys: z.record(z.string(), crossSigningKeySchema).optional(),
  self_signing_keys: z.record(z.string(), crossSigningKeySchema).optional(),
})

/** What another server answers to POST /user/keys/claim. */
export const claimAnswerSchema = z.object({
  one_time_keys: z.record(z.string(), z.record(z.string(), z.record(z.string(), keyObjectSchema))),
})

export const keysUploadSchema = z.object({
  device_keys: deviceKeysSchema.nullish(),
  one_time_keys: keysByIdSchema.nullish(),
  fallback_keys: keysByIdSchema.nullish(),
})
export type KeysUpload = z.output<typeof keysUploadSchema>
