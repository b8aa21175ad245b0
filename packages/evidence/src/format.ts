/**
 * What a package is made of: a ZIP with a document for people, what was signed as it was signed, what the exporting device
 * could decrypt, and a manifest that names each file by its hash. README, "What a package proves".
 */
import { z } from 'zod'

export const MANIFEST = 'manifest.json'
/** Of the manifest: by the node, and by the institution where a coordinator has its key at hand. */
export const SIGNATURES = 'signatures.json'
export const SERVERS = 'keys/servers.json'
/** Files of the network's list and of institutions, by their paths below `/trust/`. */
export const NETWORK = 'network/'

export const MANIFEST_TYPE = 'org.enlace.export'
export const STATEMENT_TYPE = 'org.enlace.export.statement'
export const ATTESTATION_TYPE = 'enlace-export'

export const purposes = ['court', 'person', 'other'] as const
export type Purpose = (typeof purposes)[number]

/** What is left out of a package on purpose, by choice of whoever exports. */
export const withholdings = ['notes', 'documents', 'others'] as const
export type Withholding = (typeof withholdings)[number]

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const id = z.string().min(1).max(255)
const time = z.int().min(0).max(8_640_000_000_000_000)

/** Letters, digits and `._-`, each part beginning with a letter or digit: no way out of a folder, on any machine. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,149}){0,4}$/
export const isSafeName = (name: string): boolean =>
  NAME.test(name) && !name.split('/').some((part) => part.endsWith('.'))

export const manifestSchema = z.strictObject({
  type: z.literal(MANIFEST_TYPE),
  version: z.literal(1),
  export_id: id,
  kind: z.enum(['cases', 'person']),
  made_ts: time,
  made_by: id,
  server_name: id,
  institution: z.string().max(64).optional(),
  purpose: z.enum(purposes),
  /** For whom, in words. */
  recipient: z.string().max(200).optional(),
  cases: z
    .array(z.strictObject({ id, reference: z.string().max(40), room_id: id, folder: z.string().max(100) }))
    .max(100),
  withheld: z.array(z.enum(withholdings)),
  files: z
    .array(z.strictObject({ name: z.string().max(500), size: z.int().min(0), sha256: hash }))
    .max(20_000),
})
export type Manifest = z.output<typeof manifestSchema>

const matrixSignatures = z.record(z.string(), z.record(z.string(), z.string()))

/** The node says that it let this person export this, and that this is the manifest they made of it. */
export const statementSchema = z.strictObject({
  type: z.literal(STATEMENT_TYPE),
  export_id: id,
  server_name: id,
  user_id: id,
  institution: z.string().max(64).optional(),
  role: z.string().max(40).optional(),
  kind: z.enum(['cases', 'person']),
  purpose: z.enum(purposes),
  case_ids: z.array(id).max(100),
  authorised_ts: time,
  signed_ts: time,
  manifest_sha256: hash,
  signatures: matrixSignatures,
})
export type Statement = z.output<typeof statementSchema>

/** The institution says under its own key that the texts of the package are what its device decrypted. */
export const attestationSchema = z.strictObject({
  signed: z.strictObject({
    _type: z.literal(ATTESTATION_TYPE),
    institution: z.string().max(64),
    export_id: id,
    manifest_sha256: hash,
  }),
  signatures: z.array(z.object({ keyid: z.string().max(128), sig: z.string().max(256) })).max(8),
})
export type Attestation = z.output<typeof attestationSchema>

export const signaturesSchema = z.strictObject({
  server: statementSchema,
  institution: attestationSchema.optional(),
})

/** As the node keeps them: with the signatures and the hash of whoever sent them. */
export const eventsFileSchema = z.strictObject({
  case_id: id,
  room_id: id,
  room_version: z.string().max(32),
  events: z.array(z.strictObject({ event_id: id, pdu: z.record(z.string(), z.unknown()) })).max(50_000),
})
export type EventsFile = z.output<typeof eventsFileSchema>

const sealedFile = z.looseObject({
  url: z.string(),
  key: z.looseObject({ k: z.string() }),
  iv: z.string(),
  hashes: z.looseObject({ sha256: z.string() }),
})
export type SealedFile = z.output<typeof sealedFile>

/** What stands in an event's ciphertext, as the exporting device read it. */
export const textSchema = z.strictObject({
  event_id: id,
  /** Of the ciphertext that it was read from. */
  ciphertext_sha256: hash,
  type: z.string().max(255),
  content: z.record(z.string(), z.unknown()),
  /** Fields that were taken out, by their paths. */
  withheld: z.array(z.string().max(200)).optional(),
  /** Where the attached file is in the package, opened. */
  attachment: z.strictObject({ name: z.string().max(500), sealed: sealedFile }).optional(),
})
export type Text = z.output<typeof textSchema>

export const textsFileSchema = z.strictObject({
  case_id: id,
  texts: z.array(textSchema).max(50_000),
  /** Encrypted events whose text was left out on purpose. */
  withheld: z.array(id),
  /** Encrypted events that the device could not open. */
  unreadable: z.array(id),
})
export type TextsFile = z.output<typeof textsFileSchema>

/** Answers of servers to `GET /_matrix/key/v2/server`, signed by themselves. */
export const serversFileSchema = z.strictObject({
  servers: z.record(z.string().max(255), z.array(z.record(z.string(), z.unknown())).max(8)),
})
export type ServersFile = z.output<typeof serversFileSchema>

export const eventsFileOf = (folder: string) => `${folder}/events.json`
export const textsFileOf = (folder: string) => `${folder}/texts.json`
/** `DOC-2026-010001` of the second case of a package. */
export const folderOf = (reference: string, at: number) =>
  `cases/${String(at + 1).padStart(2, '0')}-${reference.replace(/[^A-Za-z0-9-]/g, '')}`
