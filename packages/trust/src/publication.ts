/** What coordinators signed, as one file that they hand to the registry: every root, the targets metadata, the list. */
import { z } from 'zod'
import { FederationList, readList } from './federation-list.ts'
import { type Appointment, appointmentFault, readAppointments } from './institution/appointment.ts'
import { type Delegation, readInstitutionDelegations } from './institution/delegation.ts'
import { firstIssue, maxBytes, type Read, readMetadata } from './metadata.ts'
import { fileInfo, listName } from './roles.ts'
import {
  approvalOf,
  coordinatorsOf,
  nextRoot,
  parseRoot,
  readRoot,
  refusalOf,
  type TrustedRoot,
} from './root.ts'

export const maxPublicationBytes = 8 * 1024 * 1024

/** The files are kept as text, byte for byte as they were signed. */
export const publicationSchema = z.object({
  _type: z.literal('enlace-trust-publication'),
  roots: z.array(z.string().max(maxBytes.root)).min(1).max(256),
  targets: z.string().max(maxBytes.targets),
  list: z.string().max(maxBytes.list),
})

export type Publication = z.output<typeof publicationSchema>

export interface VerifiedPublication {
  publication: Publication
  /** in the order of their versions */
  roots: readonly TrustedRoot[]
  root: TrustedRoot
  targets: Read<'targets'>
  list: FederationList
  /** whose keys speak for which institution */
  delegations: ReadonlyMap<string, Delegation>
  /** whom coordinators appointed, by institution */
  appointments: ReadonlyMap<string, Appointment>
}

export type PublicationRefusal =
  | 'malformed'
  | 'bad-signature'
  | 'missing-country'
  | 'mismatch'
  | 'fork'
  | 'rollback'
  | 'expired'

export type PublicationVerdict =
  | { ok: true; verified: VerifiedPublication }
  | { ok: false; reason: PublicationRefusal; detail: string }

export interface PublicationOptions {
  now: number
  /** a root that is known; absent: the first root of the file is what the caller decides to trust */
  pinned?: TrustedRoot
  /** what was published before; a publication must follow it */
  before?: VerifiedPublication
  /** for a base that is about to be renewed */
  allowExpired?: boolean
}

const refuse = (reason: PublicationRefusal, detail: string): PublicationVerdict & { ok: false } => ({
  ok: false,
  reason,
  detail,
})

export function verifyPublication(raw: unknown, options: PublicationOptions): PublicationVerdict {
  const parsed = publicationSchema.safeParse(raw)
  if (!parsed.success) return refuse('malformed', firstIssue(parsed.error))
  const publication = parsed.data
  const { pinned, before, now } = options
  const known = new Map(
    [...(before?.roots ?? []), ...(pinned ? [pinned] : [])].map((one) => [one.version, one.digest]),
  )
  const roots: TrustedRoot[] = []
  for (const text of publication.roots) {
    const bytes = Buffer.from(text)
    // Whoever sends a chain of their own is sent away before any of its signatures is looked at.
    const read = readRoot(bytes)
    if (!read.ok) return refuse('malformed', read.detail)
    const expected = known.get(read.root.version)
    if (expected === undefined ? before && roots.length === 0 : expected !== read.root.digest)
      return refuse('fork', 'Its roots do not go on from those that are known here.')
    const last = roots.at(-1)
    const verdict = last ? nextRoot(last, bytes) : parseRoot(text)
    if (!verdict.ok) return refuse(verdict.reason === 'expired' ? 'expired' : verdict.reason, verdict.detail)
    roots.push(verdict.root)
  }
  const root = roots.at(-1)!
  if (pinned && !roots.some(({ version }) => version === pinned.version))
    return refuse('fork', 'Its roots do not include the root that is trusted here.')
  if (before && root.version < before.root.version)
    return refuse(
      'rollback',
      `Its root is version ${root.version}; version ${before.root.version} was published.`,
    )

  const read = readMetadata('targets', Buffer.from(publication.targets))
  if (!read.ok) return refuse('malformed', read.detail)
  const targets = read.read
  const refusal = refusalOf(root, 'targets', targets.metadata)
  if (refusal) return refusal
  if (before && targets.version < before.targets.version)
    return refuse(
      'rollback',
      `The list is version ${targets.version}; version ${before.targets.version} was published.`,
    )
  if (before && targets.version === before.targets.version && targets.digest !== before.targets.digest)
    return refuse('fork', `Another list of version ${targets.version} was published.`)
  if (!options.allowExpired && Math.min(root.expiresAt, targets.expiresAt) <= now)
    return refuse('expired', 'Its root or its targets metadata has expired.')

  const target = targets.metadata.signed.targets[listName]
  const bytes = Buffer.from(publication.list)
  const found = fileInfo(bytes)
  if (!target || found.length !== target.length || found.hashes.sha256 !== target.hashes['sha256'])
    return refuse('mismatch', 'The list is not the one that was signed.')
  const list = readList(bytes)
  if (!list.ok) return refuse('malformed', list.detail)
  const { delegations, faults } = readInstitutionDelegations(targets.metadata)
  if (faults.length > 0) return refuse('malformed', `Keys of institutions: ${faults[0]}.`)
  const appointments = readAppointments(targets.metadata.signed.toJSON())
  const fault =
    before &&
    appointmentFault(before.appointments, {
      appointments,
      keyidsOf: (key) => delegations.get(key)?.keyids,
      coordinators: coordinatorsOf(root.content),
    })
  if (fault) return refuse('malformed', `Appointments: ${fault}.`)
  const signers = approvalOf(root, 'targets', targets.metadata).signers
  for (const [key, one] of before ? appointments : [])
    if (before?.appointments.get(key)?.keyid !== one.keyid && one.by.some((id) => !signers.includes(id)))
      return refuse('bad-signature', `Those who appoint for ${key} have not all signed.`)
  const about = { version: targets.version, expiresAt: targets.expiresAt }
  return {
    ok: true,
    verified: {
      publication,
      roots,
      root,
      targets,
      list: new FederationList(list.list, about),
      delegations,
      appointments,
    },
  }
}

/** The same with the roots that were published before its first one, so that every node finds its way. */
export function withEarlierRoots(
  verified: VerifiedPublication,
  before: VerifiedPublication | undefined,
): Publication {
  const { publication, roots } = verified
  const first = roots[0]!
  const at = before?.roots.findIndex(({ digest }) => digest === first.digest) ?? -1
  if (!before || at <= 0) return publication
  return { ...publication, roots: [...before.publication.roots.slice(0, at), ...publication.roots] }
}
