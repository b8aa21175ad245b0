/** A file of signed minutes, verified without a network and without a node. */
import { createHash } from 'node:crypto'
import { minutesStatement } from '@enlace/coordination/meetings'
import { canonicalJson, type JsonValue } from '@enlace/room-model/json'
import { signersOf } from '@enlace/trust/browser'
import type { z } from 'zod'
import {
  MAX_MINUTES_FILE,
  type MinutesFile,
  minutesContentSchema,
  minutesFileSchema,
  networkFilesOf,
} from '../minutes.ts'
import { type NetworkReading, readNetwork } from '../network-files.ts'

/** A page's clock may be so much ahead. */
const AHEAD_MS = 3_600_000

type MinutesFaultKind = 'unreadable' | 'not_canonical' | 'not_yet' | 'no_network' | 'bad_network'
type MinutesFault = { kind: MinutesFaultKind; what: string }

/**
 * What became of an institution's signature. `proven`: with a key the network's coordinators gave it, over exactly these minutes.
 * `changed`: over other minutes than these. `not_its_key`: the key or the signature is not the institution's. `account`: signed in Enlace
 * without the institution's key. `absent`: it takes part and did not sign. `outsider`: it signed and takes no part.
 */
export type SignatureWord = 'proven' | 'changed' | 'not_its_key' | 'account' | 'absent' | 'outsider'

export type MinutesVerdict = {
  /** No signature fails, and one at least is proven. */
  ok: boolean
  fault?: MinutesFault
  meeting?: string
  startsTs?: number
  title?: string
  place?: string
  /** of the minutes, unpadded URL-safe Base64 of its SHA-256 */
  sha256?: string
  counts?: { paragraphs: number; decisions: number; commitments: number }
  signatures: { institution: string; word: SignatureWord; keyid?: string }[]
  /** thirty digits of the network's newest root in the file */
  rootCode?: string
  rootGiven: boolean
  /** until when the registry had said that nothing newer existed: what keys were withdrawn later the file cannot know */
  listUntil?: number
}

class Faulty extends Error {
  readonly fault: MinutesFault
  constructor(kind: MinutesFaultKind, what: string) {
    super(`${kind}: ${what}`)
    this.fault = { kind, what: what.slice(0, 300) }
  }
}

function parsed<S extends z.ZodType>(text: string, schema: S, what: string): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Faulty('unreadable', `${what}: JSON`)
  }
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new Faulty('unreadable', `${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
}

/** The text that was signed says one thing alone: no field twice, no other way to write it. */
function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text) as JsonValue) === text
  } catch {
    return false
  }
}

async function networkOf(file: MinutesFile, root: Uint8Array | undefined): Promise<NetworkReading> {
  const files = networkFilesOf(file)
  const reading = await readNetwork(
    async (path, maxBytes) => {
      const bytes = files.get(path)
      return bytes && bytes.length <= maxBytes ? bytes : undefined
    },
    { institutions: file.signatures.map((one) => one.institution), now: file.saved_ts, root },
  ).catch(() => undefined)
  if (reading === undefined) throw new Faulty('no_network', 'network')
  if (!reading.ok) throw new Faulty('bad_network', `${reading.file} (${reading.fault})`)
  return reading.network
}

async function wordOf(
  signature: MinutesFile['signatures'][number],
  of: { meeting: string; institutions: readonly string[]; sha256: string },
  network: NetworkReading,
): Promise<SignatureWord> {
  const { institution, key } = signature
  if (!of.institutions.includes(institution)) return 'outsider'
  const own = network.institutions.get(institution)
  if (key) {
    const statement = minutesStatement({ meeting: of.meeting, institution, sha256: signature.sha256 })
    const signers = own ? await signersOf(statement, [key], own.keyids, own.keys) : []
    if (!signers.includes(key.keyid)) return 'not_its_key'
  }
  if (signature.sha256 !== of.sha256) return 'changed'
  return key ? 'proven' : 'account'
}

async function check(
  bytes: Uint8Array,
  root: Uint8Array | undefined,
  now: number,
  verdict: MinutesVerdict,
): Promise<void> {
  if (bytes.length > MAX_MINUTES_FILE) throw new Faulty('unreadable', `> ${MAX_MINUTES_FILE} bytes`)
  const file = parsed(new TextDecoder().decode(bytes), minutesFileSchema, 'file')
  if (file.saved_ts > now + AHEAD_MS) throw new Faulty('not_yet', new Date(file.saved_ts).toISOString())
  const minutes = parsed(file.minutes, minutesContentSchema, 'minutes')
  if (!isCanonical(file.minutes)) throw new Faulty('not_canonical', 'minutes')
  const sha256 = createHash('sha256').update(file.minutes).digest('base64url')
  const { meeting, institutions, details, paragraphs, decisions, commitments } = minutes
  Object.assign(verdict, {
    meeting,
    startsTs: minutes.starts_ts,
    ...(details ? { title: details.title, place: details.place } : {}),
    sha256,
    counts: {
      paragraphs: paragraphs.length,
      decisions: decisions.length,
      commitments: commitments.length,
    },
  })
  const network = await networkOf(file, root)
  verdict.rootCode = network.rootCode
  verdict.listUntil = network.freshUntil
  for (const signature of file.signatures)
    verdict.signatures.push({
      institution: signature.institution,
      word: await wordOf(signature, { meeting, institutions, sha256 }, network),
      ...(signature.key ? { keyid: signature.key.keyid } : {}),
    })
  const signed = new Set(file.signatures.map((one) => one.institution))
  for (const institution of institutions)
    if (!signed.has(institution)) verdict.signatures.push({ institution, word: 'absent' })
  const words = new Set(verdict.signatures.map((one) => one.word))
  verdict.ok =
    words.has('proven') && !words.has('changed') && !words.has('not_its_key') && !words.has('outsider')
}

/**
 * Says of each institution whether it signed exactly these minutes; never throws for what a file contains.
 *
 * @param root the network's root, had another way than with the file: without it a file may bring a network of its own
 * @param now milliseconds since the Unix epoch
 */
export async function verifyMinutes(
  bytes: Uint8Array,
  { root, now = Date.now() }: { root?: Uint8Array | undefined; now?: number } = {},
): Promise<MinutesVerdict> {
  const verdict: MinutesVerdict = { ok: false, signatures: [], rootGiven: root !== undefined }
  try {
    await check(bytes, root, now, verdict)
  } catch (error) {
    if (!(error instanceof Faulty)) throw error
    verdict.ok = false
    verdict.fault = error.fault
  }
  return verdict
}
