/** What an institution sends to the registry, checked against the keys that coordinators gave it and what it said before. */
import { firstIssue } from '../metadata.ts'
import { fileInfo } from '../roles.ts'
import { type Delegation, delegatedRefusal } from './delegation.ts'
import {
  type InstitutionFile,
  type InstitutionPublication,
  institutionPublicationSchema,
  targetPath,
} from './documents.ts'
import {
  expiryRefusal,
  type InstitutionMetadata,
  readInstitutionFile,
  readInstitutionMetadata,
} from './metadata.ts'

export type InstitutionRefusal =
  | 'malformed'
  | 'no-key'
  | 'bad-signature'
  | 'rollback'
  | 'fork'
  | 'mismatch'
  | 'missing'
  | 'lives-too-long'
  | 'expired'

/** All that one role says: metadata and every file it names. */
export interface PublishedRole {
  role: string
  institution: string
  /** as it was signed */
  text: string
  metadata: InstitutionMetadata
  files: ReadonlyMap<InstitutionFile, string>
}

export type InstitutionPublicationVerdict =
  | { ok: true; published: PublishedRole; unchanged: boolean }
  | { ok: false; reason: InstitutionRefusal; detail: string }

export interface InstitutionPublicationOptions {
  now: number
  /** whose keys count; undefined: nobody's */
  delegation: Delegation | undefined
  /** what this role said last: the next must follow it, and need not repeat its files */
  before?: PublishedRole | undefined
}

type Refusal = { ok: false; reason: InstitutionRefusal; detail: string }

const refuse = (reason: InstitutionRefusal, detail: string): Refusal => ({ ok: false, reason, detail })

export function verifyInstitutionPublication(
  raw: unknown,
  { now, delegation, before }: InstitutionPublicationOptions,
): InstitutionPublicationVerdict {
  const parsed = institutionPublicationSchema.safeParse(raw)
  if (!parsed.success) return refuse('malformed', firstIssue(parsed.error))
  const { role } = parsed.data
  if (delegation?.role !== role)
    return refuse(
      'no-key',
      `Nobody gave ${role} a key: coordinators do, or for .duty the institution itself.`,
    )
  const read = readPublication(parsed.data)
  if (!read.ok) return read
  const { data, metadata } = read
  const unsigned = delegatedRefusal(delegation, metadata.read.metadata)
  if (unsigned) return refuse('bad-signature', unsigned)
  const last = before?.metadata.read
  if (last && metadata.read.version < last.version)
    return refuse(
      'rollback',
      `It is version ${metadata.read.version}; version ${last.version} was published.`,
    )
  if (last && metadata.read.version === last.version && metadata.read.digest !== last.digest)
    return refuse('fork', `Another version ${last.version} of ${role} was published. Sign a higher one.`)
  const expiry = expiryRefusal(metadata, now)
  if (expiry) return refuse(expiry.reason, expiry.detail)
  const whole = withFiles(data, metadata, before)
  if (!whole.ok) return whole
  return { ...whole, unchanged: last?.digest === metadata.read.digest }
}

/** What was verified once and kept since: whole, whoever's keys count by now. */
export function readKeptPublication(raw: unknown): PublishedRole | undefined {
  const parsed = institutionPublicationSchema.safeParse(raw)
  const read = parsed.success ? readPublication(parsed.data) : undefined
  if (!read?.ok) return undefined
  const whole = withFiles(read.data, read.metadata, undefined)
  return whole.ok ? whole.published : undefined
}

function readPublication(
  data: InstitutionPublication,
): { ok: true; data: InstitutionPublication; metadata: InstitutionMetadata } | Refusal {
  const read = readInstitutionMetadata(data.role, Buffer.from(data.metadata))
  if (!read.ok) return refuse('malformed', read.detail)
  return { ok: true, data, metadata: read.metadata }
}

function withFiles(
  { role, metadata: text, targets }: InstitutionPublication,
  metadata: InstitutionMetadata,
  before: PublishedRole | undefined,
): { ok: true; published: PublishedRole } | Refusal {
  const { institution } = metadata
  const named = new Set([...metadata.files.keys()].map((file) => targetPath(institution, file)))
  const stray = Object.keys(targets).find((path) => !named.has(path))
  if (stray !== undefined) return refuse('mismatch', `Its metadata does not name ${stray}.`)
  const files = new Map<InstitutionFile, string>()
  for (const [file, wanted] of metadata.files) {
    const path = targetPath(institution, file)
    const given = Object.hasOwn(targets, path) ? targets[path] : undefined
    const content = given ?? before?.files.get(file)
    if (content === undefined) return refuse('missing', `${path} is not there.`)
    const found = fileInfo(Buffer.from(content))
    if (found.length !== wanted.length || found.hashes.sha256 !== wanted.sha256)
      return given === undefined
        ? refuse('missing', `${path} is another than the one published before, and is not there.`)
        : refuse('mismatch', `${path} is not the file that was signed.`)
    const checked = readInstitutionFile(institution, file, content)
    if (!checked.ok) return refuse('malformed', checked.detail)
    files.set(file, content)
  }
  return { ok: true, published: { role, institution, text, metadata, files } }
}

/** Whole, as one document: to keep, and for another registry to take. */
export function institutionPublicationOf({
  role,
  institution,
  text,
  files,
}: PublishedRole): InstitutionPublication {
  return {
    _type: 'enlace-institution-publication',
    role,
    metadata: text,
    targets: Object.fromEntries(
      [...files].map(([file, content]) => [targetPath(institution, file), content]),
    ),
  }
}
