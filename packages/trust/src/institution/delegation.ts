/** Whose keys speak for an institution: delegated roles in targets metadata that coordinators signed, one for each. */
import { Key, type Metadata, type Targets } from '@tufjs/models'
import { z } from 'zod'
import { keyId, keyIdSchema, metadataDigest, type PublicKeyRecord, publicKeySchema } from '../keys.ts'
import { firstIssue } from '../metadata.ts'
import { institutionKeySchema, maxInstitutionKeys } from './documents.ts'

/** Keys and how many of them must sign. */
export const institutionKeysSchema = z
  .object({
    keys: z.array(publicKeySchema).min(1).max(maxInstitutionKeys),
    threshold: z.int().min(1).max(maxInstitutionKeys),
  })
  .refine(
    ({ keys, threshold }) => new Set(keys.map((key) => key.keyval.public)).size >= threshold,
    'fewer keys than the threshold',
  )

export type InstitutionKeys = z.output<typeof institutionKeysSchema>

/** By registry key. */
export type Delegations = Readonly<Record<string, InstitutionKeys>>

/** One role that was delegated, with the keys to check its word. */
export interface Delegation {
  role: string
  keyids: readonly string[]
  keys: readonly PublicKeyRecord[]
  threshold: number
  /** the same for the same keys and threshold */
  digest: string
}

const roleSchema = z
  .looseObject({
    name: z.string().max(80),
    keyids: z.array(keyIdSchema).min(1).max(maxInstitutionKeys),
    threshold: z.int().min(1).max(maxInstitutionKeys),
    terminating: z.literal(true),
    paths: z.array(z.string().max(100)).length(1),
  })
  .refine(({ keyids, threshold }) => new Set(keyids).size >= threshold, 'fewer keys than the threshold')

/** As TUF writes it. @throws ZodError when keys or names break the rules */
export function delegationsJson(roles: Readonly<Record<string, InstitutionKeys & { path: string }>>) {
  const keys: Record<string, PublicKeyRecord> = {}
  const list = Object.entries(roles)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { path, ...given }]) => {
      const { keys: records, threshold } = institutionKeysSchema.parse(given)
      const keyids = [...new Set(records.map(keyId))].sort()
      for (const record of records) keys[keyId(record)] = record
      return { name, keyids, threshold, terminating: true, paths: [path] }
    })
  const sorted = Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { keys: sorted, roles: list }
}

/** Of the top-level targets metadata: `gt-renap` says what stands below `gt-renap/`. */
export function institutionDelegations(institutions: Delegations) {
  return delegationsJson(
    Object.fromEntries(
      Object.entries(institutions).map(([key, keys]) => [
        institutionKeySchema.parse(key),
        { ...keys, path: `${key}/*` },
      ]),
    ),
  )
}

export interface ReadDelegations {
  delegations: ReadonlyMap<string, Delegation>
  /** what is not as it must be, in words; such a role counts for nothing */
  faults: readonly string[]
}

/** @param expected the path that the role of this name may sign, or undefined when there may be none of this name */
export function readDelegations(
  { signed }: Metadata<Targets>,
  expected: (role: string) => string | undefined,
): ReadDelegations {
  const delegations = new Map<string, Delegation>()
  const faults: string[] = []
  const given = signed.delegations
  if (given?.succinctRoles) faults.push('succinct roles are not used here')
  for (const each of Object.values(given?.roles ?? {})) {
    const parsed = roleSchema.safeParse(each.toJSON())
    if (!parsed.success) {
      faults.push(`${each.name}: ${firstIssue(parsed.error)}`)
      continue
    }
    const { name, keyids, threshold, paths } = parsed.data
    const path = expected(name)
    if (path === undefined || paths[0] !== path) {
      faults.push(`${name}: may not sign for ${paths[0]}`)
      continue
    }
    const keys: PublicKeyRecord[] = []
    for (const id of keyids) {
      const own = given && Object.hasOwn(given.keys, id) ? given.keys[id]?.toJSON() : undefined
      const key = publicKeySchema.safeParse(own)
      // One key under two IDs would count twice towards a threshold.
      if (key.success && keyId(key.data) === id) keys.push(key.data)
      else faults.push(`${name}: the key ${id} is missing, or its ID is not its hash`)
    }
    if (keys.length !== keyids.length) continue
    const digest = metadataDigest({ keyids: [...keyids].sort(), threshold })
    delegations.set(name, { role: name, keyids, keys, threshold, digest })
  }
  return { delegations, faults }
}

/** What coordinators delegated to institutions. */
export const readInstitutionDelegations = (targets: Metadata<Targets>): ReadDelegations =>
  readDelegations(targets, (role) => (institutionKeySchema.safeParse(role).success ? `${role}/*` : undefined))

/** Back to what `institutionDelegations` takes. */
export function delegationsContent(delegations: ReadonlyMap<string, Delegation>): Delegations {
  return Object.fromEntries(
    [...delegations].map(([role, { keys, threshold }]) => [role, { keys: [...keys], threshold }]),
  )
}

/** Key IDs with a good signature; each counts once. */
export function signersOf({ keyids, keys }: Delegation, metadata: Metadata<Targets>): string[] {
  return keyids.filter((id, index) => {
    try {
      // The models' keys look a signature up by ID.
      Key.fromJSON(id, { ...keys[index]!, keyval: { ...keys[index]!.keyval } }).verifySignature(metadata)
      return true
    } catch {
      return false
    }
  })
}

/** Why a delegated role's word does not count, or undefined when it does. */
export function delegatedRefusal(delegation: Delegation, metadata: Metadata<Targets>): string | undefined {
  const signers = new Set(signersOf(delegation, metadata))
  if (signers.size >= delegation.threshold) return undefined
  return `The metadata of ${delegation.role} has ${signers.size} good signatures of the ${delegation.threshold} that are needed.`
}
