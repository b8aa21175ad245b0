/** What an institution signs in a browser: its metadata over its files, and its roster. The node's way is `../institution`. */
import {
  dutyRoleOf,
  type InstitutionFile,
  type InstitutionPublication,
  institutionFiles,
  type RosterContent,
  rosterSchema,
  targetPath,
} from '../institution/documents.ts'
import { sha256, utf8 } from './bytes.ts'
import type { NamedFile } from './chain-documents.ts'
import { newSalt, sealNames } from './names.ts'
import type { VerifiedInstitution } from './network.ts'
import { keyIdOf, type PublicKey, type SigningKey, signText } from './signing-keys.ts'

const day = 86_400_000
/** A roster nobody looks at for a year ends. */
export const institutionLifetimeMs = 365 * day
const specVersion = '1.0.31'

export interface InstitutionChange {
  /** texts of new files; `null` takes one back */
  files?: Partial<Record<InstitutionFile, string | null>>
  /** whose limited keys may sign `duty.json` from now on; `null`: nobody's; absent: as before */
  duty?: { keys: readonly PublicKey[]; threshold: number } | null
}

/**
 * The next version of what the institution says, with everything of `base` that does not change.
 * @param above a version that was seen, if there is no verified base: the next must be higher
 */
export async function signInstitution({
  institution,
  base,
  above = 0,
  change,
  keys,
  now,
}: {
  institution: string
  base: VerifiedInstitution | undefined
  above?: number
  change: InstitutionChange
  keys: readonly SigningKey[]
  now: number
}): Promise<InstitutionPublication> {
  const before = base?.metadata
  const named: Record<string, NamedFile> = { ...before?.content.targets }
  const texts: Record<string, string> = {}
  const at = formatTime(now)
  // From now on the limited key alone names it: what stands above would hide it.
  if (change.duty) delete named[targetPath(institution, 'duty.json')]
  for (const file of institutionFiles) {
    const text = change.files?.[file]
    const path = targetPath(institution, file)
    if (text === null) delete named[path]
    if (typeof text !== 'string') continue
    const bytes = utf8(text)
    named[path] = { length: bytes.length, hashes: { sha256: await sha256(bytes) }, custom: { signed: at } }
    texts[path] = text
  }
  const version = Math.max(before?.content.version ?? 0, above) + 1
  const delegations =
    change.duty === undefined
      ? before?.signed['delegations']
      : change.duty === null
        ? undefined
        : await dutyDelegation(institution, change.duty)
  const signed = {
    _type: 'targets',
    spec_version: specVersion,
    version,
    expires: formatTime(now + institutionLifetimeMs),
    targets: sorted(named),
    ...(delegations === undefined ? {} : { delegations }),
  }
  return {
    _type: 'enlace-institution-publication',
    role: institution,
    metadata: await signText(signed, keys),
    targets: texts,
  }
}

async function dutyDelegation(institution: string, duty: { keys: readonly PublicKey[]; threshold: number }) {
  const keys: Record<string, PublicKey> = {}
  for (const key of duty.keys) keys[await keyIdOf(key)] = key
  const role = {
    name: dutyRoleOf(institution),
    keyids: Object.keys(keys).sort(),
    threshold: duty.threshold,
    terminating: true,
    paths: [targetPath(institution, 'duty.json')],
  }
  return { keys: sorted(keys), roles: [role] }
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

const formatTime = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** When the institution signed this file, as it says itself. */
export function signedAt(named: NamedFile | undefined): number | undefined {
  const at = named?.custom?.['signed']
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** Somebody on a roster; without a user id where another key sealed it. */
export type NamedRosterMember = RosterContent['members'][number] & { userId?: string }

/**
 * A roster's text: the same bytes for the same people, salt and seal.
 * @throws ZodError when it breaks a roster's rules
 */
export async function rosterText({
  institution,
  salt = newSalt(),
  members,
  key,
}: {
  institution: string
  salt?: string
  members: readonly NamedRosterMember[]
  key: SigningKey
}): Promise<string> {
  const names: Record<string, string> = {}
  for (const { id, userId } of members) if (userId !== undefined) names[id] = userId
  const plain = [...members]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, role, since, until }) => ({ id, role, since, ...(until === undefined ? {} : { until }) }))
  const sealed = await sealNames(key, institution, names)
  const content = { _type: 'enlace-roster', institution, salt, members: plain, sealed }
  return `${JSON.stringify(rosterSchema.parse(content))}\n`
}

/** @returns undefined when it is not this institution's roster */
export function readRosterText(text: string, institution: string): RosterContent | undefined {
  try {
    const roster = rosterSchema.parse(JSON.parse(text))
    return roster.institution === institution ? roster : undefined
  } catch {
    return undefined
  }
}
