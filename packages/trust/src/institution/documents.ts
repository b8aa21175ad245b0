/**
 * What an institution says under its own key: who speaks for it, its directory entry, who is on duty. Shapes alone, for
 * servers and for browsers; what is signed around them is TUF's.
 */
import { z } from 'zod'

/** A registry key such as `gt-renap`: also the name of the institution's role. */
export const institutionKeySchema = z
  .string()
  .max(64)
  .regex(
    /^[a-z]{2}(-[a-z0-9]+)+$/,
    'debe ser una clave del registro, como gt-renap / must be a registry key such as gt-renap',
  )

/** What each file may weigh. A roster of 5,000 people with their sealed names is 1.4 MiB. */
export const institutionMaxBytes = {
  metadata: 64 * 1024,
  roster: 2 * 1024 * 1024,
  entry: 1024 * 1024,
  duty: 256 * 1024,
  materials: 1024 * 1024,
  risks: 512 * 1024,
} as const

export const maxInstitutionKeys = 8
export const maxRosterMembers = 5_000

/** The files an institution may name, by the last part of their path. */
export const institutionFiles = [
  'roster.json',
  'entry.json',
  'entry.network.json',
  'duty.json',
  'materials.json',
  'risks.json',
] as const
export type InstitutionFile = (typeof institutionFiles)[number]

/** Files for nodes of the network, which show a token. */
export const networkOnlyFiles: readonly InstitutionFile[] = ['entry.network.json', 'duty.json']

const limits: Record<InstitutionFile, number> = {
  'roster.json': institutionMaxBytes.roster,
  'entry.json': institutionMaxBytes.entry,
  'entry.network.json': institutionMaxBytes.entry,
  'duty.json': institutionMaxBytes.duty,
  'materials.json': institutionMaxBytes.materials,
  'risks.json': institutionMaxBytes.risks,
}

export const institutionFileLimit = (file: InstitutionFile): number => limits[file]

/** `gt-renap` and `roster.json` → `gt-renap/roster.json` */
export const targetPath = (institution: string, file: InstitutionFile): string => `${institution}/${file}`

/** @returns undefined when it is no path of a file that an institution may name */
export function parseTargetPath(path: string): { institution: string; file: InstitutionFile } | undefined {
  const [institution = '', name = '', ...more] = path.split('/')
  const file = institutionFiles.find((one) => one === name)
  if (!file || more.length > 0 || !institutionKeySchema.safeParse(institution).success) return undefined
  return { institution, file }
}

/** The role that may sign `duty.json` alone, delegated by the institution: a node's limited key. */
export const dutyRoleOf = (institution: string): string => `${institution}.duty`

/** `gt-renap` and `gt-renap.duty` are roles of `gt-renap`. */
export function parseInstitutionRole(role: string): { institution: string; duty: boolean } | undefined {
  const duty = role.endsWith('.duty')
  const institution = duty ? role.slice(0, -'.duty'.length) : role
  return institutionKeySchema.safeParse(institution).success ? { institution, duty } : undefined
}

export const rosterRoles = ['staff', 'coordinator', 'official'] as const
export type RosterRole = (typeof rosterRoles)[number]

const time = z.int().min(0).max(8_640_000_000_000_000)

export const rosterMemberSchema = z
  .object({
    /** scrypt of the user id and the roster's salt: whoever meets an account can look it up, nobody can list them */
    id: z.string().regex(/^[0-9a-f]{64}$/),
    role: z.enum(rosterRoles),
    since: time,
    /** the moment from which it is over; absent: until struck */
    until: time.optional(),
  })
  .refine(({ since, until }) => until === undefined || until > since, {
    message: 'must be after since',
    path: ['until'],
  })

export type RosterMember = z.output<typeof rosterMemberSchema>

export const rosterSchema = z
  .object({
    _type: z.literal('enlace-roster'),
    institution: institutionKeySchema,
    /** 16 bytes; stays, so that each person is hashed once */
    salt: z.string().regex(/^[A-Za-z0-9+/]{22}==$/, 'must be 16 bytes in base64'),
    members: z.array(rosterMemberSchema).max(maxRosterMembers),
    /** `{ id: user id }` for those who have the institution's key: see `sealNames` */
    sealed: z.base64().max(institutionMaxBytes.roster).optional(),
  })
  .refine(
    // Each id once, in one order: the same people are the same bytes.
    ({ members }) => members.every((member, index) => index === 0 || members[index - 1]!.id < member.id),
    { message: 'must be sorted by id, each once', path: ['members'] },
  )

export type RosterContent = z.output<typeof rosterSchema>

const revision = z.int().min(1)
/** Makes the hash of a file that few may read say nothing about what stands in it. */
const nonce = z.string().regex(/^[A-Za-z0-9+/_-]{22,88}={0,2}$/, 'must be at least 16 bytes in base64')

/** `entry` is of the directory package, which checks it field by field. */
export const entryFileSchema = z.discriminatedUnion('view', [
  z.object({
    _type: z.literal('enlace-directory-entry'),
    institution: institutionKeySchema,
    view: z.literal('public'),
    revision,
    entry: z.record(z.string(), z.unknown()),
  }),
  z.object({
    _type: z.literal('enlace-directory-entry'),
    institution: institutionKeySchema,
    view: z.literal('network'),
    revision,
    nonce,
    entry: z.record(z.string(), z.unknown()),
  }),
])

export type EntryFile = z.output<typeof entryFileSchema>
export type EntryView = EntryFile['view']

export const entryFileName = (view: EntryView): InstitutionFile =>
  view === 'public' ? 'entry.json' : 'entry.network.json'

/** `duty` is of whoever resolves who is on duty. */
export const dutyFileSchema = z.object({
  _type: z.literal('enlace-duty'),
  institution: institutionKeySchema,
  nonce,
  revision,
  duty: z.record(z.string(), z.unknown()),
})

export type DutyFile = z.output<typeof dutyFileSchema>

export const maxMaterials = 200
export const maxPublishedRisks = 300
/** Memory of what was taken back, in each file; more than an institution ever withdraws. */
export const maxWithdrawn = 2_000
/** Institutions that approve one item. */
export const maxApprovals = 20

/** Signatures over `approvalOf`, each by keys of the institution it names. */
const approvalsSchema = z
  .array(
    z.strictObject({
      institution: institutionKeySchema,
      signatures: z
        .array(
          z.strictObject({
            keyid: z.string().regex(/^[0-9a-f]{64}$/),
            sig: z.string().regex(/^[0-9a-f]{128}$/),
          }),
        )
        .min(1)
        .max(maxInstitutionKeys),
    }),
  )
  .max(maxApprovals)
export type Approvals = z.output<typeof approvalsSchema>

const version = z.int().min(1).max(1_000_000)

/**
 * What an institution publishes with approvals of others inside. What stands in an item is of the coordination package, which checks
 * it field by field; `withdrawn` are its own that it took back, and others' whose approval it took back: up to this version.
 */
export const materialsFileSchema = z.object({
  _type: z.literal('enlace-materials'),
  institution: institutionKeySchema,
  revision,
  materials: z
    .array(
      z.strictObject({ material: z.record(z.string().max(40), z.unknown()), approvals: approvalsSchema }),
    )
    .max(maxMaterials),
  withdrawn: z
    .array(
      z.strictObject({
        institution: institutionKeySchema,
        slug: z.string().max(60),
        language: z.string().max(35),
        number: version,
      }),
    )
    .max(maxWithdrawn),
})
export type MaterialsFile = z.output<typeof materialsFileSchema>
export type SignedMaterial = MaterialsFile['materials'][number]

/** The same for the public map of risks. */
export const risksFileSchema = z.object({
  _type: z.literal('enlace-risks'),
  institution: institutionKeySchema,
  revision,
  risks: z
    .array(z.strictObject({ risk: z.record(z.string().max(40), z.unknown()), approvals: approvalsSchema }))
    .max(maxPublishedRisks),
  withdrawn: z
    .array(
      z.strictObject({
        institution: institutionKeySchema,
        id: z.string().regex(/^[0-9a-f]{32}$/),
        number: version,
      }),
    )
    .max(maxWithdrawn),
})
export type RisksFile = z.output<typeof risksFileSchema>
export type SignedRisk = RisksFile['risks'][number]

/** Files with approvals inside, by what they say. */
export interface ApprovedFiles {
  'materials.json': MaterialsFile
  'risks.json': RisksFile
}
export type SignedItem = SignedMaterial | SignedRisk

/** What an institution signs, in the canonical form of metadata, when its coordination approves a material: all of it. */
export const materialApproval = (institution: string, material: SignedMaterial['material']) => ({
  _type: 'enlace-material-approval' as const,
  institution,
  material,
})

/** The same of a public risk. */
export const riskApproval = (institution: string, risk: SignedRisk['risk']) => ({
  _type: 'enlace-risk-approval' as const,
  institution,
  risk,
})

export const approvalOf = (
  institution: string,
  item: Omit<SignedMaterial, 'approvals'> | Omit<SignedRisk, 'approvals'>,
) =>
  'material' in item ? materialApproval(institution, item.material) : riskApproval(institution, item.risk)

/** What is sent to the registry: files not published before, and the metadata that names all. */
export const institutionPublicationSchema = z.object({
  _type: z.literal('enlace-institution-publication'),
  /** `gt-renap`, or `gt-renap.duty` */
  role: z
    .string()
    .max(80)
    .regex(/^[a-z]{2}(-[a-z0-9]+)+(\.duty)?$/),
  /** byte for byte as it was signed */
  metadata: z.string().max(institutionMaxBytes.metadata),
  /** by path, e.g. `gt-renap/roster.json` */
  targets: z
    .record(z.string().max(100), z.string().max(institutionMaxBytes.roster))
    .refine((targets) => Object.keys(targets).length <= institutionFiles.length, 'too many files')
    .default({}),
})

export type InstitutionPublication = z.output<typeof institutionPublicationSchema>

export const maxInstitutionPublicationBytes = 6 * 1024 * 1024
