/** Root metadata: whose keys sign what, how many of them must, and that every country is among them. */
import type { Metadata, Root, Snapshot, Targets, Timestamp } from '@tufjs/models'
import { z } from 'zod'
import { keyId, keyIdSchema, type PublicKeyRecord, publicKeySchema } from './keys.ts'
import {
  firstIssue,
  formatTime,
  type Read,
  readMetadata,
  timestampSchema,
  tufSpecVersion,
} from './metadata.ts'

const roleSchema = z
  .object({ keyids: z.array(keyIdSchema).min(1).max(64), threshold: z.int().min(1).max(64) })
  .refine((role) => new Set(role.keyids).size >= role.threshold, 'fewer keys than the threshold')

/**
 * Beside what TUF has: which keys are of which country. Signed like the rest of the root; TUF clients that do not know
 * the field keep it and verify over it.
 */
const enlaceSchema = z.object({
  countries: z.record(z.string().regex(/^[A-Z]{2}$/), z.array(keyIdSchema).min(1).max(64)).default({}),
  /** what people call a key: an office or a position */
  names: z.record(keyIdSchema, z.string().min(1).max(120)).default({}),
})

const rootSignedSchema = z
  .object({
    _type: z.literal('root'),
    spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/),
    version: z.int().min(1),
    expires: timestampSchema,
    consistent_snapshot: z.boolean(),
    keys: z.record(keyIdSchema, publicKeySchema),
    roles: z.object({
      root: roleSchema,
      timestamp: roleSchema,
      snapshot: roleSchema,
      targets: roleSchema,
    }),
    'x-enlace': enlaceSchema.optional(),
  })
  .superRefine((root, context) => {
    const issue = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path })
    // One key under two IDs would count twice towards a threshold.
    for (const [id, key] of Object.entries(root.keys))
      if (keyId(key) !== id) issue('a key ID is not the hash of its key', 'keys', id)
    for (const role of ['root', 'targets'] as const)
      for (const [country, keyids] of Object.entries(root['x-enlace']?.countries ?? {}))
        if (!keyids.some((id) => root.roles[role].keyids.includes(id)))
          issue(`no key of ${country} holds the role ${role}`, 'x-enlace', 'countries', country)
    const countryOf = new Map<string, string>()
    for (const [country, keyids] of Object.entries(root['x-enlace']?.countries ?? {}))
      for (const id of keyids) {
        const other = countryOf.get(id)
        if (other !== undefined && other !== country)
          issue(`a key is of both ${other} and ${country}`, 'x-enlace', 'countries', country)
        countryOf.set(id, country)
      }
  })

export type RootContent = z.output<typeof rootSignedSchema>
export type RoleName = keyof RootContent['roles']

/** A root that is believed: pinned, or led to from the pinned one. */
export interface TrustedRoot extends Read<'root'> {
  content: RootContent
}

export type RootVerdict =
  | { ok: true; root: TrustedRoot }
  | {
      ok: false
      reason: 'malformed' | 'bad-signature' | 'missing-country' | 'expired' | 'mismatch'
      detail: string
    }

/** Who signs the list, by country; where the root names no countries, all under one. */
export function coordinatorsOf({ roles, 'x-enlace': enlace }: RootContent): Record<string, string[]> {
  const { keyids } = roles.targets
  const countries = Object.entries(enlace?.countries ?? {})
  if (countries.length === 0) return { '': [...keyids] }
  return Object.fromEntries(
    countries.map(([country, ids]) => [country, ids.filter((id) => keyids.includes(id))]),
  )
}

/** Who signed, and what is missing before a role's word counts. */
export interface Approval {
  ok: boolean
  /** key IDs of the role with a good signature */
  signers: string[]
  threshold: number
  /** countries without a signature; of `root` and `targets` every country of the root must sign */
  missingCountries: string[]
}

/** Counts each key once, whatever is repeated; keys that the role does not name count nothing. */
export function approvalOf(
  { content, metadata: { signed } }: TrustedRoot,
  role: RoleName,
  metadata: Metadata<Root | Timestamp | Snapshot | Targets>,
): Approval {
  const { keyids, threshold } = content.roles[role]
  const signers = [...new Set(keyids)].filter((id) => {
    try {
      if (!Object.hasOwn(signed.keys, id)) return false
      signed.keys[id]?.verifySignature(metadata)
      return true
    } catch {
      return false
    }
  })
  const missingCountries =
    role === 'root' || role === 'targets'
      ? Object.entries(content['x-enlace']?.countries ?? {})
          .filter(([, ids]) => !ids.some((id) => signers.includes(id)))
          .map(([country]) => country)
      : []
  const ok = signers.length >= threshold && missingCountries.length === 0
  return { ok, signers, threshold, missingCountries }
}

/** Why a role's word does not count, or undefined when it does. */
export function refusalOf(
  root: TrustedRoot,
  role: RoleName,
  metadata: Metadata<Root | Timestamp | Snapshot | Targets>,
): { ok: false; reason: 'bad-signature' | 'missing-country'; detail: string } | undefined {
  const approval = approvalOf(root, role, metadata)
  if (approval.ok) return undefined
  if (approval.signers.length < approval.threshold)
    return {
      ok: false,
      reason: 'bad-signature',
      detail: `${role} metadata has ${approval.signers.length} good signatures of the ${approval.threshold} that root version ${root.version} asks for.`,
    }
  return {
    ok: false,
    reason: 'missing-country',
    detail: `${role} metadata has no signature of ${approval.missingCountries.join(', ')}.`,
  }
}

/** A root as it was written, whoever signed it. */
export function readRoot(bytes: Uint8Array): { ok: true; root: TrustedRoot } | (RootVerdict & { ok: false }) {
  const read = readMetadata('root', bytes)
  if (!read.ok) return malformed(read.detail)
  const parsed = rootSignedSchema.safeParse(read.read.metadata.signed.toJSON())
  if (!parsed.success) return malformed(firstIssue(parsed.error))
  return { ok: true, root: { ...read.read, content: parsed.data } }
}

function malformed(detail: string): RootVerdict & { ok: false } {
  return { ok: false, reason: 'malformed', detail: `The root metadata cannot be read: ${detail}` }
}

/** Reads a pinned root: its shape and its own signatures. An expired one is good for its successors only (TUF 5.2). */
export function parseRoot(bytes: Uint8Array | string): RootVerdict {
  const read = readRoot(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  if (!read.ok) return read
  return refusalOf(read.root, 'root', read.root.metadata) ?? read
}

/** The root that follows another: one version higher, approved by both (TUF 5.3.4 to 5.3.5). */
export function nextRoot(current: TrustedRoot, bytes: Uint8Array): RootVerdict {
  const read = readRoot(bytes)
  if (!read.ok) return read
  const { root } = read
  const refusal = refusalOf(current, 'root', root.metadata) ?? refusalOf(root, 'root', root.metadata)
  if (refusal) return refusal
  if (root.version !== current.version + 1)
    return {
      ok: false,
      reason: 'mismatch',
      detail: `The root metadata after version ${current.version} says it is version ${root.version}.`,
    }
  return read
}

/** A key and whose it is. */
export interface KeyHolder {
  keyid: string
  record: PublicKeyRecord
  name?: string
  country?: string
}

export interface RootOptions {
  version: number
  expires: Date
  /** who signs roots and the list; with countries, each must sign */
  coordinators: readonly KeyHolder[]
  /** signatures needed of coordinators */
  threshold: number
  /** the registry's own keys, for timestamp and snapshot */
  online: readonly KeyHolder[]
}

/** What coordinators sign as a root. @throws ZodError when it breaks its own rules */
export function createRoot({ version, expires, coordinators, threshold, online }: RootOptions): RootContent {
  const holders = [...new Map([...coordinators, ...online].map((key) => [key.keyid, key])).values()]
  const offline = () => ({ keyids: coordinators.map((key) => key.keyid), threshold })
  const byRegistry = () => ({ keyids: online.map((key) => key.keyid), threshold: 1 })
  const countries: Record<string, string[]> = {}
  for (const { country, keyid } of coordinators)
    if (country !== undefined) countries[country] = [...(countries[country] ?? []), keyid]
  const names = Object.fromEntries(
    holders.flatMap(({ keyid, name }) => (name === undefined ? [] : [[keyid, name]])),
  )
  return rootSignedSchema.parse({
    _type: 'root',
    spec_version: tufSpecVersion,
    version,
    expires: formatTime(expires),
    consistent_snapshot: true,
    keys: Object.fromEntries(holders.map((key) => [key.keyid, key.record])),
    roles: { root: offline(), timestamp: byRegistry(), snapshot: byRegistry(), targets: offline() },
    'x-enlace': { countries, names },
  })
}
