import { z } from 'zod'
import { keyId, meetsThreshold, type SignedMetadata, signMetadata, type TrustKey } from './keys.ts'

/** The TUF specification this metadata follows. */
export const tufSpecVersion = '1.0.31'

export const maxRootBytes = 64 * 1024

export const timestampSchema = z.iso.datetime({ offset: false, error: 'must be an RFC 3339 time in UTC' })

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))

export const signaturesSchema = z
  .array(z.object({ keyid: z.string().max(128), sig: z.string().max(256) }))
  .max(64)

const roleSchema = z
  .object({ keyids: z.array(hex(32)).min(1).max(64), threshold: z.int().min(1).max(64) })
  .refine((role) => new Set(role.keyids).size >= role.threshold, 'fewer keys than the threshold')

/**
 * TUF root metadata: the keys of the network and how many of them must sign what. A node holds it as a file, got from
 * a person it trusts. `targets` signs the federation list; `timestamp` and `snapshot` are there because a TUF root has
 * them, and wait for the list's later form.
 */
const rootSignedSchema = z
  .object({
    _type: z.literal('root'),
    spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/),
    version: z.int().min(1),
    expires: timestampSchema,
    consistent_snapshot: z.boolean(),
    keys: z.record(
      hex(32),
      z.object({
        keytype: z.literal('ed25519'),
        scheme: z.literal('ed25519'),
        keyval: z.object({ public: hex(32) }),
      }),
    ),
    roles: z.object({
      root: roleSchema,
      timestamp: roleSchema,
      snapshot: roleSchema,
      targets: roleSchema,
    }),
  })
  .superRefine((root, context) => {
    for (const [id, key] of Object.entries(root.keys))
      if (keyId(key) !== id)
        context.addIssue({
          code: 'custom',
          message: 'a key ID is not the hash of its key',
          path: ['keys', id],
        })
  })

export type Root = z.output<typeof rootSignedSchema>

const rootEnvelopeSchema = z.object({ signed: z.unknown(), signatures: signaturesSchema })

export type RootVerdict =
  | { ok: true; root: Root }
  | { ok: false; reason: 'malformed' | 'bad-signature' | 'expired'; detail: string }

/** Reads a pinned root file: its shape, its own threshold of signatures, its expiry. `now` in milliseconds. */
export function parseRoot(bytes: Uint8Array | string, { now }: { now: number }): RootVerdict {
  const raw = parseJson(bytes, maxRootBytes)
  if (raw === undefined) return malformed('not JSON, or too large')
  const envelope = rootEnvelopeSchema.safeParse(raw)
  if (!envelope.success) return malformed(firstIssue(envelope.error))
  const parsed = rootSignedSchema.safeParse(envelope.data.signed)
  if (!parsed.success) return malformed(firstIssue(parsed.error))
  const root = parsed.data
  if (!meetsThreshold(envelope.data, root.roles.root, root.keys))
    return {
      ok: false,
      reason: 'bad-signature',
      detail:
        'The root metadata is not signed by the keys it names. Get root.json again from the registry’s operator.',
    }
  if (Date.parse(root.expires) <= now)
    return {
      ok: false,
      reason: 'expired',
      detail: `The root metadata expired on ${root.expires}. Get the current root.json from the registry’s operator.`,
    }
  return { ok: true, root }
}

function malformed(detail: string): RootVerdict & { ok: false } {
  return { ok: false, reason: 'malformed', detail: `The root metadata cannot be read: ${detail}` }
}

export interface RootOptions {
  keys: readonly TrustKey[]
  /** signatures needed, of root metadata and of the list alike */
  threshold: number
  version: number
  expires: Date
}

/** Root metadata in which the same keys hold every role, signed by all of them. */
export function createRoot({ keys, threshold, version, expires }: RootOptions): SignedMetadata<Root> {
  const role = () => ({ keyids: keys.map((key) => key.keyid), threshold })
  const root = rootSignedSchema.parse({
    _type: 'root',
    spec_version: tufSpecVersion,
    version,
    expires: formatTime(expires),
    consistent_snapshot: false,
    keys: Object.fromEntries(keys.map((key) => [key.keyid, key.record])),
    roles: { root: role(), timestamp: role(), snapshot: role(), targets: role() },
  })
  return signMetadata(root, keys)
}

/** TUF writes times in UTC without fractions of a second. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}

/** @returns undefined when the bytes are too many, not UTF-8, or not JSON */
export function parseJson(bytes: Uint8Array | string, maxBytes: number): unknown {
  if (bytes.length > maxBytes) return undefined
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  return issue ? `${issue.path.map(String).join('.') || 'document'}: ${issue.message}` : 'unknown problem'
}
