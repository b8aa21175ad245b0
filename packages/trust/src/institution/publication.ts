/** What an institution sends to the registry, checked against the keys that coordinators gave it and what it said before. */
import { firstIssue, parseJson } from '../metadata.ts'
import { fileInfo } from '../roles.ts'
import { type Delegation, delegatedRefusal } from './delegation.ts'
import {
  type InstitutionFile,
  type InstitutionPublication,
  institutionPublicationSchema,
  maxInstitutionPublicationBytes,
  parseInstitutionRole,
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
  /** for what was published and is only served further */
  allowExpired?: boolean
}

const refuse = (reason: InstitutionRefusal, detail: string): InstitutionPublicationVerdict => ({
  ok: false,
  reason,
  detail,
})

export function verifyInstitutionPublication(
  raw: unknown,
  { now, delegation, before, allowExpired }: InstitutionPublicationOptions,
): InstitutionPublicationVerdict {
  const parsed = institutionPublicationSchema.safeParse(raw)
  if (!parsed.success) return refuse('malformed', firstIssue(parsed.error))
  const { role, metadata: text, targets } = parsed.data
  const about = parseInstitutionRole(role)
  if (!about) return refuse('malformed', `${role} is no role of an institution.`)
  if (delegation?.role !== role)
    return refuse(
      'no-key',
      `Nobody gave ${role} a key: coordinators do, or for .duty the institution itself.`,
    )
  const read = readInstitutionMetadata(role, Buffer.from(text))
  if (!read.ok) return refuse('malformed', read.detail)
  const { metadata } = read
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
  const expiry = allowExpired ? undefined : expiryRefusal(metadata, now)
  if (expiry) return refuse(expiry.reason, expiry.detail)

  const named = new Set([...metadata.files.keys()].map((file) => targetPath(about.institution, file)))
  const stray = Object.keys(targets).find((path) => !named.has(path))
  if (stray !== undefined) return refuse('mismatch', `Its metadata does not name ${stray}.`)
  const files = new Map<InstitutionFile, string>()
  for (const [file, wanted] of metadata.files) {
    const path = targetPath(about.institution, file)
    const given = Object.hasOwn(targets, path) ? targets[path] : undefined
    const content = given ?? before?.files.get(file)
    if (content === undefined) return refuse('missing', `${path} is not there.`)
    const found = fileInfo(Buffer.from(content))
    if (found.length !== wanted.length || found.hashes.sha256 !== wanted.sha256)
      return given === undefined
        ? refuse('missing', `${path} is another than the one published before, and is not there.`)
        : refuse('mismatch', `${path} is not the file that was signed.`)
    const checked = readInstitutionFile(about.institution, file, content)
    if (!checked.ok) return refuse('malformed', checked.detail)
    files.set(file, content)
  }
  return {
    ok: true,
    published: { role, institution: about.institution, text, metadata, files },
    unchanged: last?.digest === metadata.read.digest,
  }
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

export function parseInstitutionPublication(bytes: Uint8Array | string): unknown {
  return parseJson(bytes, maxInstitutionPublicationBytes)
}
