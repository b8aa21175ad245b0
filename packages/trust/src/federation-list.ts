import { z } from 'zod'
import { meetsThreshold, metadataDigest, type SignedMetadata, signMetadata, type TrustKey } from './keys.ts'
import {
  firstIssue,
  formatTime,
  parseJson,
  type Root,
  signaturesSchema,
  timestampSchema,
  tufSpecVersion,
} from './root.ts'

export const maxListBytes = 1024 * 1024

/**
 * The longest a list may still have to live when it is taken. One key signs it: whoever gets hold of that key, or of an old
 * list, is believed for a day, not for a season.
 */
export const maxListLifetimeMs = 24 * 3_600_000
/** By how much a node's clock may be behind the registry's. */
const clockToleranceMs = 3_600_000

const serverNameSchema = z
  .string()
  .min(1)
  .max(230)
  .regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/, 'must be a Matrix server name')

export const listedServerSchema = z.object({
  server_name: serverNameSchema,
  institutions: z
    .array(
      z
        .string()
        .max(64)
        .regex(/^[a-z]{2}(-[a-z0-9]+)+$/, 'must be a registry key such as gt-renap'),
    )
    .max(500),
  status: z.enum(['active', 'suspended']),
  /** two digits of the case references this server gives out, so that no two servers ever give the same one */
  case_slot: z.int().min(1).max(99).optional(),
})

/** What decides who is admitted where: signed, so that no answer of a directory can change it. */
export const signedInstitutionSchema = z.object({
  kind: z.string().min(1).max(64),
  country: z.string().regex(/^[A-Z]{2}$/, 'must be a country code such as GT'),
})

export type SignedInstitution = z.output<typeof signedInstitutionSchema>

export type ListedServer = z.output<typeof listedServerSchema>

/** Names that one host answers to, or that people take for each other. Look-ups go by the letter; no two listed may be alike. */
const likeness = (name: string): string => name.toLowerCase().replace(/\.(?=:\d+$|$)/, '')

const uniquePlaces = (servers: ListedServer[], context: z.RefinementCtx): void => {
  const names = new Map<string, string>()
  const hosts = new Map<string, string>()
  const slots = new Map<number, string>()
  for (const server of servers) {
    const alike = names.get(likeness(server.server_name))
    if (alike !== undefined)
      context.addIssue({
        code: 'custom',
        message:
          alike === server.server_name
            ? `${alike} is listed twice`
            : `${server.server_name} and ${alike} are one name written in two ways`,
      })
    names.set(likeness(server.server_name), server.server_name)
    if (server.case_slot !== undefined) {
      const holder = slots.get(server.case_slot)
      if (holder)
        context.addIssue({
          code: 'custom',
          message: `case_slot ${server.case_slot} is given to both ${holder} and ${server.server_name}`,
        })
      slots.set(server.case_slot, server.server_name)
    }
    for (const key of server.institutions) {
      const host = hosts.get(key)
      if (host)
        context.addIssue({
          code: 'custom',
          message: `${key} is placed on both ${host} and ${server.server_name}`,
        })
      hosts.set(key, server.server_name)
    }
  }
}

/** Servers of the network: no server twice, no institution in two places. */
export const listedServersSchema = z.array(listedServerSchema).max(2000).superRefine(uniquePlaces)

/**
 * The federation list, first form: one document in the TUF envelope, signed under the root's `targets` role. Fields
 * this version does not know are signed over and otherwise ignored, as TUF asks.
 */
const listSignedSchema = z.object({
  _type: z.literal('enlace-federation-list'),
  spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/),
  version: z.int().min(1),
  expires: timestampSchema,
  servers: listedServersSchema,
  /** by registry key; one that is placed on a server and does not stand here is admitted nowhere */
  institutions: z.record(z.string().max(64), signedInstitutionSchema).default({}),
})

export type FederationListDocument = z.output<typeof listSignedSchema>

const listEnvelopeSchema = z.object({ signed: z.unknown(), signatures: signaturesSchema })

/** A verified list, with its look-ups. Build it with `verifyFederationList`. */
export class FederationList {
  readonly version: number
  /** milliseconds since the Unix epoch; from then on the list must not be relied on */
  readonly expiresAt: number
  readonly servers: readonly ListedServer[]
  readonly #institutions: ReadonlyMap<string, SignedInstitution>
  readonly #byName: ReadonlyMap<string, ListedServer>
  readonly #byInstitution: ReadonlyMap<string, string>

  constructor(document: FederationListDocument) {
    this.version = document.version
    this.expiresAt = Date.parse(document.expires)
    this.servers = document.servers
    this.#institutions = new Map(Object.entries(document.institutions))
    this.#byName = new Map(document.servers.map((server) => [server.server_name, server]))
    this.#byInstitution = new Map(
      document.servers.flatMap((server) =>
        server.institutions.map((key) => [key, server.server_name] as const),
      ),
    )
  }

  statusOf(serverName: string): 'active' | 'suspended' | 'unlisted' {
    return this.#byName.get(serverName)?.status ?? 'unlisted'
  }

  /** Registry keys of the institutions a server hosts; empty when it is not listed. */
  institutionsOf(serverName: string): readonly string[] {
    return this.#byName.get(serverName)?.institutions ?? []
  }

  /** The two digits of case references a server gives out, if the list says them. */
  caseSlotOf(serverName: string): number | undefined {
    return this.#byName.get(serverName)?.case_slot
  }

  /** Kind and country as signed. */
  institution(key: string): SignedInstitution | undefined {
    return this.#institutions.get(key)
  }

  serverOfInstitution(key: string): string | undefined {
    return this.#byInstitution.get(key)
  }

  /** Whether a claim "I am of this institution" by an account on this server may be believed. */
  hosts(serverName: string, institutionKey: string): boolean {
    return this.#byInstitution.get(institutionKey) === serverName
  }
}

export type ListRefusal =
  | 'malformed'
  | 'bad-signature'
  | 'rollback'
  | 'lives-too-long'
  | 'expired'
  | 'root-expired'

export type ListVerdict =
  | {
      ok: true
      list: FederationList
      /** SHA-256 of what was signed, hexadecimal: equal for equal lists, whoever signed them */
      digest: string
    }
  | { ok: false; reason: ListRefusal; detail: string }

export interface VerifyOptions {
  /** milliseconds since the Unix epoch */
  now: number
  /** the highest version verified before; an older list is a rollback */
  lastVersion?: number
}

/** Verifies a list under a pinned root, in TUF's order: shape, signatures, version, lifetime, expiry. */
export function verifyFederationList(
  root: Root,
  bytes: Uint8Array | string,
  options: VerifyOptions,
): ListVerdict {
  const verdict = verifySignedList(root, bytes, options)
  if (!verdict.ok) return verdict
  if (verdict.list.expiresAt <= options.now)
    return refuse(
      'expired',
      `The federation list expired at ${new Date(verdict.list.expiresAt).toISOString()}.`,
    )
  return verdict
}

/** All of `verifyFederationList` but the list's expiry: for a copy from disk, whose version still counts. */
export function verifySignedList(
  root: Root,
  bytes: Uint8Array | string,
  options: VerifyOptions,
): ListVerdict {
  if (Date.parse(root.expires) <= options.now)
    return refuse('root-expired', `The root metadata expired on ${root.expires}. Get the current root.json.`)
  const raw = parseJson(bytes, maxListBytes)
  if (raw === undefined) return refuse('malformed', 'The federation list is not JSON, or too large.')
  const envelope = listEnvelopeSchema.safeParse(raw)
  if (!envelope.success)
    return refuse('malformed', `The federation list cannot be read: ${firstIssue(envelope.error)}`)
  if (!meetsThreshold(envelope.data, root.roles.targets, root.keys))
    return refuse('bad-signature', 'The federation list is not signed by the keys that root.json names.')
  const parsed = listSignedSchema.safeParse(envelope.data.signed)
  if (!parsed.success)
    return refuse('malformed', `The federation list cannot be read: ${firstIssue(parsed.error)}`)
  if (options.lastVersion !== undefined && parsed.data.version < options.lastVersion)
    return refuse(
      'rollback',
      `The federation list is version ${parsed.data.version}, older than version ${options.lastVersion} seen before.`,
    )
  if (Date.parse(parsed.data.expires) - options.now > maxListLifetimeMs + clockToleranceMs)
    return refuse(
      'lives-too-long',
      `The federation list would hold until ${parsed.data.expires}, longer than a day. Either the registry signs for too long, or this server’s clock is behind.`,
    )
  return { ok: true, list: new FederationList(parsed.data), digest: metadataDigest(envelope.data.signed) }
}

function refuse(reason: ListRefusal, detail: string): ListVerdict & { ok: false } {
  return { ok: false, reason, detail }
}

export interface ListOptions {
  version: number
  expires: Date
  servers: readonly ListedServer[]
  institutions?: Readonly<Record<string, SignedInstitution>>
}

/** @throws ZodError when the servers break the list's own rules */
export function createFederationList(
  { version, expires, servers, institutions = {} }: ListOptions,
  keys: readonly TrustKey[],
): SignedMetadata<FederationListDocument> {
  const document = listSignedSchema.parse({
    _type: 'enlace-federation-list',
    spec_version: tufSpecVersion,
    version,
    expires: formatTime(expires),
    servers,
    institutions,
  })
  return signMetadata(document, keys)
}
