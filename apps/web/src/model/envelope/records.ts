import { z } from 'zod'

/** Account data of the person: the sealed recovery key, and who keeps a part of what opens it. */
export const ENVELOPE = 'org.enlace.recovery_envelope'
/** Account data: who has said that their part is kept. */
export const KEPT = 'org.enlace.recovery_envelope_kept'
/** Account data of a coordinator, one for each person: their part, readable by the coordinator's own devices alone. */
export const PART_PREFIX = 'org.enlace.envelope_part.'
/** To-device, in Olm: a part for a coordinator; and that it is kept. */
export const PART = 'org.enlace.envelope.part'
export const PART_KEPT = 'org.enlace.envelope.kept'

export const base64url = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .max(4_000)
const id = z.string().regex(/^[A-Za-z0-9-]{8,64}$/)
const userId = z.string().startsWith('@').max(255)

export const envelopeSchema = z.object({
  id,
  institution: z.string().min(1).max(64),
  made_ts: z.number(),
  threshold: z.literal(2),
  holders: z
    .array(z.object({ user_id: userId, master_key: z.string().max(100), share_hash: base64url }))
    .min(2)
    .max(255),
  iv: base64url,
  sealed: base64url,
})
export type EnvelopeRecord = z.output<typeof envelopeSchema>

export const keptSchema = z.object({ id, by: z.array(userId).max(255) })

export const partSchema = z.object({
  id,
  institution: z.string().min(1).max(64),
  made_ts: z.number(),
  share: base64url,
})
export const partKeptSchema = z.object({ id, share_hash: base64url })

export const heldSchema = z.object({
  owner: userId,
  id,
  institution: z.string(),
  madeTs: z.number(),
  share: base64url,
})
export const heldFileSchema = z.object({ iv: base64url, sealed: base64url })
/** What a coordinator's device keeps beside the account's copy. */
export const heldHereSchema = z.record(
  z.string(),
  heldSchema.extend({
    /** Which key the account's copy was sealed with; empty: there is none yet. */
    under: z.string().default(''),
  }),
)

/** What the asking device keeps while it waits. */
export const askKeptSchema = z.object({
  id,
  publicKey: base64url,
  privateKey: z.looseObject({ kty: z.string() }),
})

const release = z.object({ by: userId, ts: z.number(), sealed: base64url.optional() })
export const askSchema = z.object({
  id,
  user_id: userId,
  device_id: z.string(),
  device_name: z.string().optional(),
  envelope: z.string(),
  public_key: base64url,
  requested_ts: z.number(),
  expires_ts: z.number(),
  state: z.enum(['waiting', 'opened', 'refused', 'withdrawn', 'expired']),
  releases: z.array(release),
  refused_by: z.string().optional(),
})
export type AskRecord = z.output<typeof askSchema>
export const envelopesSchema = z.object({
  coordinators: z.array(userId),
  own: z.array(askSchema),
  asks: z.array(askSchema),
})
