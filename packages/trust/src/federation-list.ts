/** The list itself: a TUF target file, named by its hash in metadata that coordinators sign. */
import { z } from 'zod'
import { firstIssue, maxBytes, parseJson } from './metadata.ts'

const serverNameSchema = z
  .string()
  .min(1)
  .max(230)
  .regex(
    /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/,
    'debe ser un nombre de servidor de Matrix / must be a Matrix server name',
  )

export const listedServerSchema = z.object({
  server_name: serverNameSchema,
  institutions: z
    .array(
      z
        .string()
        .max(64)
        .regex(
          /^[a-z]{2}(-[a-z0-9]+)+$/,
          'debe ser una clave del registro, como gt-renap / must be a registry key such as gt-renap',
        ),
    )
    .max(500),
  status: z.enum(['active', 'suspended']),
  /** two digits of the case references this server gives out, so that no two servers ever give the same one */
  case_slot: z.int().min(1).max(99).optional(),
  /** the Matrix signing keys of this server, where coordinators vouch for them: no other is then believed */
  verify_keys: z
    .record(z.string().regex(/^ed25519:[A-Za-z0-9_]{1,64}$/), z.string().regex(/^[A-Za-z0-9+/]{43}$/))
    .optional(),
})

/** What decides who is admitted where: signed, so that no answer of a directory can change it. */
export const signedInstitutionSchema = z.object({
  kind: z.string().min(1).max(64),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'debe ser el código de un país, como GT / must be a country code such as GT'),
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
            ? `${alike} está dos veces / ${alike} is listed twice`
            : `${server.server_name} y ${alike} son un mismo nombre escrito de dos maneras / ${server.server_name} and ${alike} are one name written in two ways`,
      })
    names.set(likeness(server.server_name), server.server_name)
    if (server.case_slot !== undefined) {
      const holder = slots.get(server.case_slot)
      if (holder)
        context.addIssue({
          code: 'custom',
          message: `case_slot ${server.case_slot} está dado a ${holder} y a ${server.server_name} / case_slot ${server.case_slot} is given to both ${holder} and ${server.server_name}`,
        })
      slots.set(server.case_slot, server.server_name)
    }
    for (const key of server.institutions) {
      const host = hosts.get(key)
      if (host)
        context.addIssue({
          code: 'custom',
          message: `${key} está puesta en ${host} y en ${server.server_name} / ${key} is placed on both ${host} and ${server.server_name}`,
        })
      hosts.set(key, server.server_name)
    }
  }
}

/** Servers of the network: no server twice, no institution in two places. */
export const listedServersSchema = z.array(listedServerSchema).max(2000).superRefine(uniquePlaces)

/** Fields this version does not know are named by the same hash and otherwise ignored. */
const listSchema = z.object({
  _type: z.literal('enlace-federation-list'),
  servers: listedServersSchema,
  /** by registry key; one that is placed on a server and does not stand here is admitted nowhere */
  institutions: z.record(z.string().max(64), signedInstitutionSchema).default({}),
})

export type ListContent = z.output<typeof listSchema>

/** A verified list, with its look-ups. Built by whoever verified it (`keeper.ts`). */
export class FederationList {
  /** of the targets metadata that names it */
  readonly version: number
  /** milliseconds since the Unix epoch; from then on the list must not be relied on */
  readonly expiresAt: number
  readonly servers: readonly ListedServer[]
  readonly institutions: Readonly<Record<string, SignedInstitution>>
  readonly #institutions: ReadonlyMap<string, SignedInstitution>
  readonly #byName: ReadonlyMap<string, ListedServer>
  readonly #byInstitution: ReadonlyMap<string, string>

  constructor(document: ListContent, { version, expiresAt }: { version: number; expiresAt: number }) {
    this.version = version
    this.expiresAt = expiresAt
    this.servers = document.servers
    this.institutions = document.institutions
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

  /** The Matrix signing keys coordinators vouch for; undefined: none are named. */
  verifyKeysOf(serverName: string): Readonly<Record<string, string>> | undefined {
    return this.#byName.get(serverName)?.verify_keys
  }

  serverOfInstitution(key: string): string | undefined {
    return this.#byInstitution.get(key)
  }

  /** Whether a claim "I am of this institution" by an account on this server may be believed. */
  hosts(serverName: string, institutionKey: string): boolean {
    return this.#byInstitution.get(institutionKey) === serverName
  }
}

/** Reads the target file. Its bytes must have been checked against signed metadata. */
export function readList(bytes: Uint8Array): { ok: true; list: ListContent } | { ok: false; detail: string } {
  const raw = parseJson(bytes, maxBytes.list)
  if (raw === undefined) return { ok: false, detail: 'The federation list is not JSON, or too large.' }
  const parsed = listSchema.safeParse(raw)
  if (!parsed.success)
    return { ok: false, detail: `The federation list cannot be read: ${firstIssue(parsed.error)}` }
  return { ok: true, list: parsed.data }
}

/** The target file's text: the same for the same content. @throws ZodError when the servers break the list's rules */
export function createList(
  servers: readonly ListedServer[],
  institutions: Readonly<Record<string, SignedInstitution>> = {},
): string {
  const document = listSchema.parse({ _type: 'enlace-federation-list', servers, institutions })
  return `${JSON.stringify(document, undefined, 1)}\n`
}
