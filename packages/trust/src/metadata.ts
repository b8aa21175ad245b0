/** Reading TUF metadata from bytes that anybody may have sent: size, JSON, the models of `@tufjs/models`, our bounds. */
import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from '@tufjs/models'
import { z } from 'zod'
import { metadataDigest } from './keys.ts'

/** The TUF specification this metadata follows. */
export const tufSpecVersion = '1.0.31'

/** What each kind of file may weigh. */
export const maxBytes = {
  root: 64 * 1024,
  timestamp: 16 * 1024,
  // Every institution's role stands in both.
  snapshot: 1024 * 1024,
  targets: 2 * 1024 * 1024,
  list: 1024 * 1024,
} as const

export const timestampSchema = z.iso.datetime({ offset: false, error: 'must be an RFC 3339 time in UTC' })

interface Kinds {
  root: Root
  timestamp: Timestamp
  snapshot: Snapshot
  targets: Targets
}

/** Metadata read, and not yet believed. */
export interface Read<K extends keyof Kinds> {
  metadata: Metadata<Kinds[K]>
  version: number
  /** milliseconds since the Unix epoch */
  expiresAt: number
  /** SHA-256 of what is signed: equal for equal content, whoever signed it */
  digest: string
  bytes: Uint8Array
}

export type ReadVerdict<K extends keyof Kinds> = { ok: true; read: Read<K> } | { ok: false; detail: string }

const envelopeSchema = z.object({
  signed: z.looseObject({
    _type: z.string(),
    spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/),
    version: z.int().min(1),
    expires: timestampSchema,
  }),
  signatures: z.array(z.object({ keyid: z.string().max(128), sig: z.string().max(256) })).max(64),
})

const parsers = {
  root: (data: never) => Metadata.fromJSON(MetadataKind.Root, data),
  timestamp: (data: never) => Metadata.fromJSON(MetadataKind.Timestamp, data),
  snapshot: (data: never) => Metadata.fromJSON(MetadataKind.Snapshot, data),
  targets: (data: never) => Metadata.fromJSON(MetadataKind.Targets, data),
} satisfies { [K in keyof Kinds]: (data: never) => Metadata<Kinds[K]> }

export function readMetadata<K extends keyof Kinds>(
  kind: K,
  bytes: Uint8Array,
  limit: number = maxBytes[kind],
): ReadVerdict<K> {
  const raw = parseJson(bytes, limit)
  if (raw === undefined) return { ok: false, detail: `${kind}: not JSON, or too large` }
  const checked = envelopeSchema.safeParse(raw)
  if (!checked.success) return { ok: false, detail: `${kind}: ${firstIssue(checked.error)}` }
  const { version, expires } = checked.data.signed
  try {
    const metadata = parsers[kind](raw as never) as Metadata<Kinds[K]>
    const content = metadata.signed.toJSON()
    // The models write it anew for each signature, and with many roles that is what takes the time.
    metadata.signed.toJSON = () => content
    const digest = metadataDigest(content)
    return { ok: true, read: { metadata, version, expiresAt: Date.parse(expires), digest, bytes } }
  } catch (error) {
    return { ok: false, detail: `${kind}: ${(error as Error).message}` }
  }
}

/** TUF writes times in UTC without fractions of a second. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}

/** @returns undefined when the bytes are too many, not UTF-8, or not JSON */
export function parseJson(bytes: Uint8Array | string, limit: number): unknown {
  if (bytes.length > limit) return undefined
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
