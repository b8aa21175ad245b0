/** An institution's targets metadata: written, and read from bytes that anybody may have sent. */
import type { z } from 'zod'
import { firstIssue, formatTime, parseJson, type Read, readMetadata, tufSpecVersion } from '../metadata.ts'
import { fileInfo } from '../roles.ts'
import { type Delegation, delegationsJson, type InstitutionKeys, readDelegations } from './delegation.ts'
import {
  type DutyFile,
  dutyFileSchema,
  dutyRoleOf,
  type EntryFile,
  entryFileName,
  entryFileSchema,
  type InstitutionFile,
  institutionFileLimit,
  institutionMaxBytes,
  type MaterialsFile,
  materialsFileSchema,
  parseInstitutionRole,
  parseTargetPath,
  type RisksFile,
  risksFileSchema,
  targetPath,
} from './documents.ts'
import { type Roster, readRoster } from './roster.ts'

const day = 86_400_000
/** The longest an institution’s word holds without being signed anew: a roster nobody looks at any more ends. */
export const maxInstitutionLifetimeMs = 400 * day
const clockToleranceMs = day
/** Beyond it nothing could follow. */
const maxVersion = 2 ** 31 - 1

export interface NamedFile {
  length: number
  sha256: string
}

export interface InstitutionMetadata {
  role: string
  institution: string
  read: Read<'targets'>
  files: ReadonlyMap<InstitutionFile, NamedFile>
  /** whose limited keys sign `duty.json`, if the institution says so */
  duty: Delegation | undefined
}

export type InstitutionMetadataVerdict =
  | { ok: true; metadata: InstitutionMetadata }
  | { ok: false; detail: string }

interface Common {
  institution: string
  version: number
  expires: Date
}

const common = ({ version, expires }: Common) => ({
  _type: 'targets' as const,
  spec_version: tufSpecVersion,
  version,
  expires: formatTime(expires),
})

/** What an institution signs: which files hold, and, if it likes, whose limited keys may sign its duty positions. */
export function createInstitutionTargets(
  options: Common & {
    files: Readonly<Partial<Record<InstitutionFile, string>>>
    /** files that stand as they are, also where their text is not at hand */
    keep?: ReadonlyMap<InstitutionFile, NamedFile>
    duty?: InstitutionKeys | undefined
  },
) {
  const { institution, files, keep = new Map<InstitutionFile, NamedFile>(), duty } = options
  const all = new Map([...keep].map(([file, { length, sha256 }]) => [file, { length, hashes: { sha256 } }]))
  for (const [file, text] of Object.entries(files))
    if (text !== undefined) all.set(file as InstitutionFile, fileInfo(Buffer.from(text)))
  const named = [...all].map(([file, info]) => [targetPath(institution, file), info] as const)
  const role = dutyRoleOf(institution)
  return {
    ...common(options),
    targets: Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(duty
      ? { delegations: delegationsJson({ [role]: { ...duty, path: targetPath(institution, 'duty.json') } }) }
      : {}),
  }
}

/** What the limited key signs: the duty positions alone. */
export function createDutyTargets(options: Common & { duty: string }) {
  const path = targetPath(options.institution, 'duty.json')
  return { ...common(options), targets: { [path]: fileInfo(Buffer.from(options.duty)) } }
}

/** Its shape and what it may name; whether it counts is for its signatures to say. */
export function readInstitutionMetadata(role: string, bytes: Uint8Array): InstitutionMetadataVerdict {
  const no = (detail: string): InstitutionMetadataVerdict => ({ ok: false, detail: `${role}: ${detail}` })
  const about = parseInstitutionRole(role)
  if (!about) return no('no role of an institution')
  const { institution, duty } = about
  const read = readMetadata('targets', bytes, institutionMaxBytes.metadata)
  if (!read.ok) return no(read.detail)
  const { metadata, version } = read.read
  if (version > maxVersion) return no(`the version must not be above ${maxVersion}`)
  const files = new Map<InstitutionFile, NamedFile>()
  for (const [path, target] of Object.entries(metadata.signed.targets)) {
    const parsed = parseTargetPath(path)
    if (parsed?.institution !== institution || (duty && parsed.file !== 'duty.json'))
      return no(`may not name ${path}`)
    const sha256 = target.hashes['sha256'] ?? ''
    if (!/^[0-9a-f]{64}$/.test(sha256)) return no(`does not name ${path} by its SHA-256`)
    if (target.length > institutionFileLimit(parsed.file)) return no(`${path} is too large`)
    files.set(parsed.file, { length: target.length, sha256 })
  }
  const limited = readDelegations(metadata, (name) =>
    !duty && name === dutyRoleOf(institution) ? targetPath(institution, 'duty.json') : undefined,
  )
  if (limited.faults.length > 0) return no(limited.faults[0]!)
  const delegated = limited.delegations.get(dutyRoleOf(institution))
  return { ok: true, metadata: { role, institution, read: read.read, files, duty: delegated } }
}

/** Why a time of expiry is not taken, or undefined. */
export function expiryRefusal(
  { role, read }: InstitutionMetadata,
  now: number,
): { reason: 'expired' | 'lives-too-long'; detail: string } | undefined {
  const until = new Date(read.expiresAt).toISOString()
  if (read.expiresAt <= now)
    return { reason: 'expired', detail: `The metadata of ${role} expired at ${until}.` }
  if (read.expiresAt - now > maxInstitutionLifetimeMs + clockToleranceMs)
    return {
      reason: 'lives-too-long',
      detail: `The metadata of ${role} would hold until ${until}, longer than ${maxInstitutionLifetimeMs / day} days.`,
    }
  return undefined
}

export type InstitutionContent =
  | { file: 'roster.json'; roster: Roster }
  | { file: 'entry.json' | 'entry.network.json'; entry: EntryFile }
  | { file: 'duty.json'; duty: DutyFile }
  | { file: 'materials.json'; approved: MaterialsFile }
  | { file: 'risks.json'; approved: RisksFile }

export type ContentVerdict = { ok: true; content: InstitutionContent } | { ok: false; detail: string }

/** What a file says, once its bytes were checked against signed metadata. */
export function readInstitutionFile(
  institution: string,
  file: InstitutionFile,
  bytes: Uint8Array | string,
): ContentVerdict {
  if (file === 'roster.json') {
    const read = readRoster(bytes, institution)
    return read.ok ? { ok: true, content: { file, roster: read.roster } } : read
  }
  const path = targetPath(institution, file)
  const raw = parseJson(bytes, institutionFileLimit(file))
  if (raw === undefined) return { ok: false, detail: `${path} is not JSON, or too large.` }
  if (file === 'duty.json') {
    const parsed = checkOf(dutyFileSchema, raw, path, institution)
    return parsed.ok ? { ok: true, content: { file, duty: parsed.value } } : parsed
  }
  if (file === 'materials.json') {
    const parsed = checkOf(materialsFileSchema, raw, path, institution)
    return parsed.ok ? { ok: true, content: { file, approved: parsed.value } } : parsed
  }
  if (file === 'risks.json') {
    const parsed = checkOf(risksFileSchema, raw, path, institution)
    return parsed.ok ? { ok: true, content: { file, approved: parsed.value } } : parsed
  }
  const parsed = checkOf(entryFileSchema, raw, path, institution)
  if (!parsed.ok) return parsed
  if (entryFileName(parsed.value.view) !== file)
    return { ok: false, detail: `${path} is of the view ${parsed.value.view}.` }
  return { ok: true, content: { file, entry: parsed.value } }
}

function checkOf<T extends { institution: string }>(
  schema: z.ZodType<T>,
  raw: unknown,
  path: string,
  institution: string,
): { ok: true; value: T } | { ok: false; detail: string } {
  const parsed = schema.safeParse(raw)
  if (!parsed.success) return { ok: false, detail: `${path}: ${firstIssue(parsed.error)}` }
  if (parsed.data.institution !== institution)
    return { ok: false, detail: `${path} is of ${parsed.data.institution}.` }
  return { ok: true, value: parsed.data }
}
