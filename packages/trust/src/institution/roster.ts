/** Who speaks for an institution. Ids are salted and costly to guess; names are for those who have the institution's key. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import type { TrustKey } from '../keys.ts'
import { firstIssue, parseJson } from '../metadata.ts'
import {
  institutionMaxBytes,
  type RosterContent,
  type RosterMember,
  type RosterRole,
  rosterSchema,
} from './documents.ts'

/** 16 MiB and some forty milliseconds for each guess. */
const cost = { N: 2 ** 14, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const ivBytes = 12
const tagBytes = 16

/** The id under which a roster of this salt names a Matrix user id. The same for ever: keep it. */
export function rosterId(salt: string, userId: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(userId, Buffer.from(salt, 'base64'), 32, cost, (error, id) =>
      error ? reject(error) : resolve(id.toString('hex')),
    )
  })
}

/** A roster whose signatures were checked, with its look-ups. */
export class Roster {
  readonly institution: string
  readonly salt: string
  readonly members: readonly RosterMember[]
  readonly sealed: string | undefined
  readonly #byId: ReadonlyMap<string, RosterMember>

  constructor({ institution, salt, members, sealed }: RosterContent) {
    this.institution = institution
    this.salt = salt
    this.members = members
    this.sealed = sealed
    this.#byId = new Map(members.map((member) => [member.id, member]))
  }

  /** @param id of `rosterId` with this roster's salt */
  entryOf(id: string): RosterMember | undefined {
    return this.#byId.get(id)
  }

  /** The entry, if it holds at this moment. */
  validEntry(id: string, now: number): RosterMember | undefined {
    const entry = this.#byId.get(id)
    if (!entry || entry.since > now || (entry.until !== undefined && entry.until <= now)) return undefined
    return entry
  }
}

export function readRoster(
  bytes: Uint8Array | string,
  institution: string,
): { ok: true; roster: Roster } | { ok: false; detail: string } {
  const raw = parseJson(bytes, institutionMaxBytes.roster)
  if (raw === undefined) return { ok: false, detail: 'The roster is not JSON, or too large.' }
  const parsed = rosterSchema.safeParse(raw)
  if (!parsed.success) return { ok: false, detail: `The roster cannot be read: ${firstIssue(parsed.error)}` }
  if (parsed.data.institution !== institution)
    return { ok: false, detail: `The roster is of ${parsed.data.institution}, not of ${institution}.` }
  return { ok: true, roster: new Roster(parsed.data) }
}

/** Somebody on a roster, as those see it who have the key. */
export interface NamedMember {
  userId: string
  role: RosterRole
  since: number
  until?: number
}

/**
 * The file's text: the same for the same people, salt and names' seal.
 * @param salt that of the roster before; absent: a new one
 * @param key the institution's: seals the names
 * @throws ZodError when it breaks a roster's rules
 */
export async function createRoster({
  institution,
  salt = randomBytes(16).toString('base64'),
  members,
  key,
}: {
  institution: string
  salt?: string
  members: readonly NamedMember[]
  key: TrustKey
}): Promise<string> {
  const names: Record<string, string> = {}
  const hashed: RosterMember[] = []
  for (const { userId, role, since, until } of members) {
    const id = await rosterId(salt, userId)
    names[id] = userId
    hashed.push({ id, role, since, ...(until === undefined ? {} : { until }) })
  }
  return rosterText({ institution, salt, members: hashed, sealed: sealNames(key, institution, names) })
}

/** The text of a roster whose ids are known already. @throws ZodError */
export function rosterText(content: Omit<RosterContent, '_type'>): string {
  const members = [...content.members].sort((a, b) => (a.id < b.id ? -1 : 1))
  return `${JSON.stringify(rosterSchema.parse({ _type: 'enlace-roster', ...content, members }))}\n`
}

const namesSchema = z.record(z.string().regex(/^[0-9a-f]{64}$/), z.string().max(255))

/** Ed25519 seed, 32 bytes: what secret storage keeps, and what the names are sealed under. */
export function seedOf(key: TrustKey): Buffer {
  return Buffer.from(String(key.privateKey.export({ format: 'jwk' }).d), 'base64url')
}

function namesKey(key: TrustKey, institution: string): Buffer {
  return Buffer.from(hkdfSync('sha256', seedOf(key), 'enlace-roster', institution, 32))
}

/** User ids by roster id, for those who have the institution's key: base64 of iv, ciphertext, tag (AES-256-GCM). */
export function sealNames(
  key: TrustKey,
  institution: string,
  names: Readonly<Record<string, string>>,
): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', namesKey(key, institution), iv)
  cipher.setAAD(Buffer.from(institution))
  const text = JSON.stringify(Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1))))
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  )
}

/** @returns undefined when it was sealed under another key, or is damaged */
export function openNames(
  key: TrustKey,
  institution: string,
  sealed: string,
): Readonly<Record<string, string>> | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < ivBytes + tagBytes) return undefined
  try {
    const cipher = createDecipheriv('aes-256-gcm', namesKey(key, institution), bytes.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    })
    cipher.setAAD(Buffer.from(institution))
    cipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
    const text = Buffer.concat([cipher.update(bytes.subarray(ivBytes, -tagBytes)), cipher.final()])
    const parsed = namesSchema.safeParse(JSON.parse(text.toString('utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
