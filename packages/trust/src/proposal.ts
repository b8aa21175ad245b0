/**
 * A change on its way: drawn up by one coordinator, read and signed by the others on their own machines, published when
 * enough signed. A proposal carries what it follows, so that each reader verifies the change and not somebody's word for it.
 */
import { z } from 'zod'
import {
  createList,
  type ListContent,
  type ListedServer,
  readList,
  type SignedInstitution,
} from './federation-list.ts'
import {
  type Appointment,
  type Appointments,
  appointmentFault,
  readAppointments,
} from './institution/appointment.ts'
import {
  type Delegation,
  type Delegations,
  delegationsContent,
  readInstitutionDelegations,
} from './institution/delegation.ts'
import {
  type MetadataSignature,
  metadataDigest,
  signatureSchema,
  signMetadata,
  type TrustKey,
} from './keys.ts'
import { firstIssue, maxBytes, readMetadata } from './metadata.ts'
import {
  type Publication,
  publicationSchema,
  type VerifiedPublication,
  verifyPublication,
} from './publication.ts'
import { createTargets, fileInfo, listName } from './roles.ts'
import {
  type Approval,
  approvalOf,
  coordinatorsOf,
  type RootContent,
  readRoot,
  type TrustedRoot,
} from './root.ts'

const proposalSchema = z.object({
  _type: z.literal('enlace-trust-proposal'),
  /** what is in force; null before the first publication */
  base: publicationSchema.nullable(),
  /** the next root, where the coordinators or their number change */
  root: z.looseObject({ _type: z.literal('root'), version: z.int() }).optional(),
  targets: z.looseObject({ _type: z.literal('targets'), version: z.int() }),
  list: z.string().max(maxBytes.list),
  signatures: z.object({
    root: z.array(signatureSchema).max(64),
    targets: z.array(signatureSchema).max(64),
  }),
})

export type Proposal = z.output<typeof proposalSchema>

/** What a coordinator gives back: signatures for one proposal, without the proposal. */
export const signatureFileSchema = z.object({
  _type: z.literal('enlace-trust-signatures'),
  keyid: z.string().max(64),
  name: z.string().max(120).optional(),
  /** of what was signed: signatures for another proposal are told apart */
  digests: z.object({ root: z.string().max(64).optional(), targets: z.string().max(64) }),
  root: signatureSchema.optional(),
  targets: signatureSchema.optional(),
})

export type SignatureFile = z.output<typeof signatureFileSchema>

export interface DraftOptions {
  base: VerifiedPublication | undefined
  root?: RootContent
  servers: readonly ListedServer[]
  institutions: Readonly<Record<string, SignedInstitution>>
  /** whose keys speak for which institution; absent: as before */
  delegations?: Delegations | undefined
  /** whom coordinators appoint; absent: as before */
  appointments?: Appointments | undefined
  /** when the list must have been signed anew */
  expires: Date
}

export function draftProposal(options: DraftOptions): Proposal {
  const { base, root, servers, institutions, expires } = options
  const list = createList(servers, institutions)
  const version = (base?.targets.version ?? 0) + 1
  const delegations = options.delegations ?? (base ? delegationsContent(base.delegations) : {})
  const appointments = options.appointments ?? Object.fromEntries(base?.appointments ?? [])
  return {
    _type: 'enlace-trust-proposal',
    base: base?.publication ?? null,
    ...(root ? { root } : {}),
    targets: createTargets({ version, expires }, Buffer.from(list), delegations, appointments),
    list,
    signatures: { root: [], targets: [] },
  }
}

export interface OpenedProposal {
  proposal: Proposal
  base: VerifiedPublication | undefined
  /** the root under which the list will stand: the proposed one, or that of the base */
  root: TrustedRoot
  list: ListContent
  delegations: ReadonlyMap<string, Delegation>
  appointments: ReadonlyMap<string, Appointment>
  digests: { root?: string; targets: string }
}

export type ProposalVerdict = { ok: true; opened: OpenedProposal } | { ok: false; detail: string }

/** Reads a proposal and checks all that signatures do not say. `pinned`: the root this coordinator already trusts. */
export function openProposal(
  raw: unknown,
  { now, pinned }: { now: number; pinned?: TrustedRoot },
): ProposalVerdict {
  const no = (detail: string): ProposalVerdict => ({ ok: false, detail })
  const parsed = proposalSchema.safeParse(raw)
  if (!parsed.success) return no(firstIssue(parsed.error))
  const proposal = parsed.data
  let base: VerifiedPublication | undefined
  if (proposal.base) {
    const verdict = verifyPublication(proposal.base, { now, pinned, allowExpired: true })
    if (!verdict.ok) return no(`what it follows: ${verdict.detail}`)
    base = verdict.verified
  }
  let root = base?.root
  if (proposal.root) {
    const read = readRoot(bytesOf(proposal.root, proposal.signatures.root))
    if (!read.ok) return no(read.detail)
    if (base && read.root.version !== base.root.version + 1)
      return no(`the proposed root is version ${read.root.version}, after version ${base.root.version}`)
    root = read.root
  }
  if (!root) return no('it has no root and follows none')
  if (!root.content.consistent_snapshot) return no('the root is without consistent snapshots')
  const targets = readMetadata('targets', bytesOf(proposal.targets, proposal.signatures.targets))
  if (!targets.ok) return no(targets.detail)
  if (base && targets.read.version <= base.targets.version)
    return no(`the proposed list is version ${targets.read.version}, not newer than ${base.targets.version}`)
  const named = targets.read.metadata.signed.targets
  const found = fileInfo(Buffer.from(proposal.list))
  if (
    Object.keys(named).join() !== listName ||
    named[listName]?.length !== found.length ||
    named[listName]?.hashes['sha256'] !== found.hashes.sha256
  )
    return no('the list is not the one that would be signed')
  const list = readList(Buffer.from(proposal.list))
  if (!list.ok) return no(list.detail)
  const { delegations, faults } = readInstitutionDelegations(targets.read.metadata)
  if (faults.length > 0) return no(`keys of institutions: ${faults[0]}`)
  const appointments = readAppointments(proposal.targets)
  const fault = appointmentFault(base?.appointments ?? new Map(), {
    appointments,
    keyidsOf: (key) => delegations.get(key)?.keyids,
    coordinators: coordinatorsOf(root.content),
  })
  if (fault) return no(`appointments: ${fault}`)
  const digests = {
    ...(proposal.root ? { root: metadataDigest(proposal.root) } : {}),
    targets: targets.read.digest,
  }
  return { ok: true, opened: { proposal, base, root, list: list.list, delegations, appointments, digests } }
}

function bytesOf(signed: object, signatures: readonly MetadataSignature[]): Buffer {
  return Buffer.from(`${JSON.stringify({ signed, signatures }, undefined, 1)}\n`)
}

/** Signs what this key has a say in. @returns undefined when it has none */
export function signProposal(
  { proposal, base, root, digests }: OpenedProposal,
  key: TrustKey,
  name?: string,
): SignatureFile | undefined {
  const holds = (one: TrustedRoot | undefined, role: 'root' | 'targets') =>
    one?.content.roles[role].keyids.includes(key.keyid) === true
  const file: SignatureFile = {
    _type: 'enlace-trust-signatures',
    keyid: key.keyid,
    ...(name === undefined ? {} : { name }),
    digests,
  }
  if (proposal.root && (holds(base?.root, 'root') || holds(root, 'root')))
    file.root = signMetadata(proposal.root, [key]).signatures[0]
  if (holds(root, 'targets')) file.targets = signMetadata(proposal.targets, [key]).signatures[0]
  return file.root || file.targets ? file : undefined
}

/** Puts a coordinator's signatures to a proposal. @returns undefined when they are for another one */
export function addSignatures(opened: OpenedProposal, file: SignatureFile): Proposal | undefined {
  const { proposal, digests } = opened
  if (file.digests.targets !== digests.targets || file.digests.root !== digests.root) return undefined
  const add = (before: readonly MetadataSignature[], one: MetadataSignature | undefined) =>
    one ? [...before.filter(({ keyid }) => keyid !== one.keyid), one] : [...before]
  return {
    ...proposal,
    signatures: {
      root: add(proposal.signatures.root, file.root),
      targets: add(proposal.signatures.targets, file.targets),
    },
  }
}

/** One thing that must be signed, by whom, and who has. */
export interface Needed extends Approval {
  /** `root-before`: the change of root, by those who were coordinators until now */
  what: 'root-before' | 'root' | 'targets'
  holders: { keyid: string; name?: string; country?: string; signed: boolean }[]
}

export function statusOf({ proposal, base, root }: OpenedProposal): Needed[] {
  const need = (
    what: Needed['what'],
    by: TrustedRoot,
    role: 'root' | 'targets',
    metadata: Parameters<typeof approvalOf>[2],
  ): Needed => {
    const approval = approvalOf(by, role, metadata)
    const enlace = by.content['x-enlace']
    const holders = by.content.roles[role].keyids.map((keyid) => ({
      keyid,
      name: enlace?.names[keyid],
      country: Object.entries(enlace?.countries ?? {}).find(([, ids]) => ids.includes(keyid))?.[0],
      signed: approval.signers.includes(keyid),
    }))
    return { what, holders, ...approval }
  }
  const targets = readMetadata('targets', bytesOf(proposal.targets, proposal.signatures.targets))
  const list = targets.ok ? [need('targets', root, 'targets', targets.read.metadata)] : []
  if (!proposal.root) return list
  return [
    ...(base ? [need('root-before', base.root, 'root', root.metadata)] : []),
    need('root', root, 'root', root.metadata),
    ...list,
  ]
}

/** What to publish, when enough have signed. */
export function publicationOf({ proposal, base }: OpenedProposal): Publication {
  return {
    _type: 'enlace-trust-publication',
    roots: [
      ...(base?.publication.roots ?? []),
      ...(proposal.root ? [bytesOf(proposal.root, proposal.signatures.root).toString()] : []),
    ],
    targets: bytesOf(proposal.targets, proposal.signatures.targets).toString(),
    list: proposal.list,
  }
}
