/** One role's word: its metadata and the files that it names, as taken from a registry or from disk. */
import { fileInfo } from '../roles.ts'
import { type Delegation, delegatedRefusal } from './delegation.ts'
import {
  type InstitutionFile,
  type InstitutionPublication,
  institutionMaxBytes,
  networkOnlyFiles,
  targetPath,
} from './documents.ts'
import type { InstitutionGround } from './ground.ts'
import {
  expiryRefusal,
  type InstitutionContent,
  type InstitutionMetadata,
  readInstitutionFile,
  readInstitutionMetadata,
} from './metadata.ts'
import type { InstitutionRefusal } from './publication.ts'

/** Earlier versions whose content is remembered: a fork is one version with two contents. */
const rememberedVersions = 20

export interface InstitutionFileRequest {
  /** below the registry's `/trust/` */
  path: string
  maxBytes: number
  /** only with a network token */
  networkOnly: boolean
}

interface Held {
  text: Buffer
  content: InstitutionContent
}

/** Verified under the keys that were the role's own at that moment. */
export interface Word {
  metadata: InstitutionMetadata
  /** of the metadata's bytes */
  sha256: string
  files: ReadonlyMap<InstitutionFile, Held>
  /** whether the keys of this moment signed it */
  approved: boolean
}

/** By role: digests of versions seen, for rollback and fork. */
export interface Seen {
  seen: Record<string, Record<string, string>>
}

export interface Refused {
  ok: false
  reason: InstitutionRefusal
  detail: string
}

const refuse = (reason: InstitutionRefusal, detail: string): Refused => ({ ok: false, reason, detail })

const hashOf = (bytes: Uint8Array): string => fileInfo(bytes).hashes.sha256

interface About {
  ground: InstitutionGround
  state: Seen
  /** whether files for the network only can be had */
  network: boolean
  now: number
  /** SHA-256 of metadata that coordinators keep in force, whichever key signed it */
  keeps?: string | undefined
}

type Steps<T> = Generator<InstitutionFileRequest, T, Uint8Array | undefined>

/** One role's newest word. Without `word`: nothing was ever published. `held`: the same object when nothing is new. */
export function* takeWord(
  delegation: Delegation,
  held: Word | undefined,
  { ground, state, network, now, keeps }: About,
): Steps<{ ok: true; word?: Word } | Refused> {
  const { role } = delegation
  const seen = state.seen[role] ?? {}
  const newest = Math.max(0, ...Object.keys(seen).map(Number))
  const meta = ground.meta(role)
  if (!meta) {
    if (newest === 0) return { ok: true }
    return refuse(
      'rollback',
      `The registry names no metadata of ${role} any more; version ${newest} was seen.`,
    )
  }
  if (meta.version < newest)
    return refuse(
      'rollback',
      `The metadata of ${role} is version ${meta.version}, older than version ${newest} seen before.`,
    )
  const same =
    held?.approved && held.metadata.read.version === meta.version && held.sha256 === meta.hashes?.['sha256']
  let metadata = same ? held.metadata : undefined
  if (!metadata) {
    const path = `metadata/${meta.version}.${role}.json`
    const bytes = yield { path, maxBytes: institutionMaxBytes.metadata, networkOnly: false }
    if (!bytes)
      return refuse('missing', `The registry has no metadata of ${role} of version ${meta.version}.`)
    const checked = checkMetadata(delegation, meta, bytes, keeps)
    if (!checked.ok) return checked
    metadata = checked.metadata
    const { version, digest } = metadata.read
    if ((seen[String(version)] ?? digest) !== digest)
      return refuse(
        'fork',
        `Two different files are called version ${version} of the metadata of ${role}. Tell the institution.`,
      )
  }
  const expiry = expiryRefusal(metadata, now)
  if (expiry) return refuse(expiry.reason, expiry.detail)
  const files = yield* takeFiles(metadata, held, network)
  if (!files.ok) return files
  remember(state, role, metadata.read)
  if (same && files.same) return { ok: true, word: held }
  return {
    ok: true,
    word: { metadata, sha256: hashOf(metadata.read.bytes), files: files.files, approved: true },
  }
}

function checkMetadata(
  delegation: Delegation,
  meta: { version: number; verify(bytes: Buffer): void },
  bytes: Uint8Array,
  keeps: string | undefined,
): { ok: true; metadata: InstitutionMetadata } | Refused {
  const { role } = delegation
  try {
    meta.verify(Buffer.from(bytes))
  } catch (error) {
    return refuse(
      'mismatch',
      `The metadata of ${role} is not the file that was named: ${(error as Error).message}`,
    )
  }
  const read = readInstitutionMetadata(role, bytes)
  if (!read.ok) return refuse('malformed', read.detail)
  const unsigned =
    hashOf(bytes) === keeps ? undefined : delegatedRefusal(delegation, read.metadata.read.metadata)
  if (unsigned) return refuse('bad-signature', unsigned)
  const { version } = read.metadata.read
  if (version !== meta.version)
    return refuse(
      'mismatch',
      `The metadata of ${role} is version ${version}; version ${meta.version} was named.`,
    )
  return read
}

/** Every file that the metadata names, or none: what is here already is not fetched again. */
function* takeFiles(
  { institution, files: wanted }: InstitutionMetadata,
  held: Word | undefined,
  network: boolean,
): Steps<{ ok: true; files: ReadonlyMap<InstitutionFile, Held>; same: boolean } | Refused> {
  const files = new Map<InstitutionFile, Held>()
  let same = true
  for (const [file, { sha256, length }] of wanted) {
    const networkOnly = networkOnlyFiles.includes(file)
    if (networkOnly && !network) continue
    const had = held?.files.get(file)
    if (had && held?.metadata.files.get(file)?.sha256 === sha256) {
      files.set(file, had)
      continue
    }
    same = false
    const path = targetPath(institution, file)
    const bytes = yield {
      path: `targets/${institution}/${sha256}.${file}`,
      maxBytes: length,
      networkOnly,
    }
    if (!bytes) return refuse('missing', `The registry does not have ${path}.`)
    if (bytes.length !== length || hashOf(bytes) !== sha256)
      return refuse('mismatch', `${path} is not the file that was signed.`)
    const read = readInstitutionFile(institution, file, bytes)
    if (!read.ok) return refuse('malformed', read.detail)
    files.set(file, { text: Buffer.from(bytes), content: read.content })
  }
  return { ok: true, files, same }
}

function remember(state: Seen, role: string, { version, digest }: { version: number; digest: string }): void {
  const seen = { ...state.seen[role], [String(version)]: digest }
  const newest = Object.keys(seen)
    .map(Number)
    .sort((a, b) => b - a)
    .slice(0, rememberedVersions)
  state.seen[role] = Object.fromEntries(newest.map((one) => [String(one), seen[String(one)]!]))
}

export const signedBy = (delegation: Delegation | undefined, word: Word): boolean =>
  delegation !== undefined && delegatedRefusal(delegation, word.metadata.read.metadata) === undefined

/** As a publication, to be kept. */
export function keptWord(word: Word | undefined): InstitutionPublication | undefined {
  if (!word) return undefined
  const { role, institution, read } = word.metadata
  return {
    _type: 'enlace-institution-publication',
    role,
    metadata: Buffer.from(read.bytes).toString(),
    targets: Object.fromEntries(
      [...word.files].map(([file, { text }]) => [targetPath(institution, file), text.toString()]),
    ),
  }
}

/** Files whose hashes still fit; whether anybody signed them is for the keeper to ask. */
export function restoredWord(
  institution: string,
  role: string,
  kept: InstitutionPublication | undefined,
): Word | undefined {
  if (kept?.role !== role) return undefined
  const read = readInstitutionMetadata(role, Buffer.from(kept.metadata))
  if (!read.ok) return undefined
  const { metadata } = read
  const files = new Map<InstitutionFile, Held>()
  for (const [file, { sha256 }] of metadata.files) {
    const text = kept.targets[targetPath(institution, file)]
    if (text === undefined || hashOf(Buffer.from(text)) !== sha256) continue
    const content = readInstitutionFile(institution, file, text)
    if (content.ok) files.set(file, { text: Buffer.from(text), content: content.content })
  }
  return { metadata, sha256: hashOf(metadata.read.bytes), files, approved: false }
}
