/** What a browser reads of TUF metadata (`../metadata.ts`, `../root.ts` are the node's reading of the same files). */
import { z } from 'zod'
import { canonicalMetadata, type MetadataValue } from '../canonical-json.ts'
import { type Bytes, sha256, utf8 } from './bytes.ts'
import { keyIdSchema, publicKeySchema } from './signing-keys.ts'

const maxVersion = Number.MAX_SAFE_INTEGER

const common = {
  spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/),
  version: z.int().min(1).max(maxVersion),
  expires: z.iso.datetime({ offset: false }),
}

const hashes = z.object({ sha256: keyIdSchema })
const namedSchema = z.object({
  version: z.int().min(1).max(maxVersion),
  length: z.int().min(0).optional(),
  hashes: hashes.optional(),
})
const fileSchema = z.object({
  length: z.int().min(0),
  hashes,
  custom: z.record(z.string(), z.unknown()).optional(),
})

export type NamedFile = z.output<typeof fileSchema>

const roleSchema = z
  .object({ keyids: z.array(keyIdSchema).min(1).max(64), threshold: z.int().min(1).max(64) })
  .refine((role) => new Set(role.keyids).size >= role.threshold, 'fewer keys than the threshold')

const keysSchema = z.record(keyIdSchema, publicKeySchema)

const delegationsSchema = z.object({
  keys: keysSchema,
  roles: z
    .array(
      roleSchema.and(
        z.object({
          name: z.string().max(128),
          terminating: z.boolean(),
          paths: z.array(z.string().max(256)).max(64).optional(),
        }),
      ),
    )
    .max(4096),
})

export const chainSchemas = {
  root: z.object({
    _type: z.literal('root'),
    ...common,
    consistent_snapshot: z.literal(true),
    keys: keysSchema,
    roles: z.object({ root: roleSchema, timestamp: roleSchema, snapshot: roleSchema, targets: roleSchema }),
    'x-enlace': z
      .object({
        countries: z.record(z.string().regex(/^[A-Z]{2}$/), z.array(keyIdSchema).min(1)).default({}),
        names: z.record(keyIdSchema, z.string().max(120)).default({}),
      })
      .optional(),
  }),
  timestamp: z.object({
    _type: z.literal('timestamp'),
    ...common,
    meta: z.object({ 'snapshot.json': namedSchema }),
  }),
  snapshot: z.object({
    _type: z.literal('snapshot'),
    ...common,
    meta: z.record(z.string(), namedSchema),
  }),
  targets: z.object({
    _type: z.literal('targets'),
    ...common,
    targets: z.record(z.string(), fileSchema),
    delegations: delegationsSchema.optional(),
  }),
}

export type ChainKind = keyof typeof chainSchemas
export type ChainContent<K extends ChainKind> = z.output<(typeof chainSchemas)[K]>
export type Role = z.output<typeof roleSchema>

/** Read, and not yet believed. */
export interface ReadFile<K extends ChainKind> {
  content: ChainContent<K>
  /** everything that is signed, also what this version does not know */
  signed: Record<string, unknown>
  signatures: { keyid: string; sig: string }[]
  /** milliseconds */
  expiresAt: number
  /** SHA-256 of what is signed */
  digest: string
  text: string
}

const envelopeSchema = z.object({
  signed: z.record(z.string(), z.unknown()),
  signatures: z.array(z.object({ keyid: z.string().max(128), sig: z.string().max(256) })).max(64),
})

/** @returns undefined when it is not such a file */
export async function readChainFile<K extends ChainKind>(
  kind: K,
  bytes: Uint8Array,
): Promise<ReadFile<K> | undefined> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const { signed, signatures } = envelopeSchema.parse(JSON.parse(text))
    const content = chainSchemas[kind].parse(signed) as ChainContent<K>
    const digest = await sha256(utf8(canonicalMetadata(signed as MetadataValue)))
    return { content, signed, signatures, expiresAt: Date.parse(content.expires), digest, text }
  } catch {
    return undefined
  }
}

export const fileBytes = (text: string): Bytes => utf8(text)
