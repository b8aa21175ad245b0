/**
 * Verification of an exported audit log, line by line: what it holds does not grow with the file. An export is JSON lines: what it
 * is, then the entries in order (those that do not concern whoever exports as their digest alone), and between them the
 * heads that the node signed and partners countersigned.
 */
import { z } from 'zod'
import {
  AUDIT_EXPORT,
  AUDIT_GENESIS,
  AUDIT_HEAD,
  AUDIT_PRUNE,
  AUDIT_WITNESS,
  type AuditHead,
  type AuditWitness,
  type ChainHashing,
  isSortedJson,
  signedText,
  sortedJson,
} from './chain.ts'
import { type AuditFaultKind, auditFaultWords } from './fault-words.ts'

export type AuditFault = {
  kind: AuditFaultKind
  /** The first entry that cannot be believed. */
  seq: number
  /** Of the file, from 1. */
  line: number
  es: string
  en: string
}

/** server -> key id -> public key, unpadded Base64. */
export type AuditKeys = Readonly<Record<string, Readonly<Record<string, string>>>>

export type AuditVerifying = {
  hashing: ChainHashing
  /** Ed25519. */
  verify(text: string, signature: string, publicKey: string): boolean
  /** Keys that were had another way than from the file. */
  keys?: AuditKeys
  /** Countersigned heads that partners have, from elsewhere: the file must reach the newest. */
  against?: readonly AuditWitness[]
}

export type AuditVerdict = {
  ok: boolean
  server: string
  from: number
  to: number
  entries: number
  /** Of those, how many were there as a digest alone. */
  digests: number
  heads: number
  /** The newest countersignature of each partner. */
  witnesses: { server: string; seq: number; ts: number }[]
  /** Signatures whose keys came from nowhere but the file itself: they show that the file is whole, not who signed it. */
  keysFromFile: string[]
  fault?: AuditFault
}

/** Look-ahead after a gap: the missing one may stand further down. */
const LOOK_AHEAD = 100_000

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const signatures = z.record(z.string(), z.record(z.string(), z.string()))
const seq = z.int().min(0)
export const auditHeadSchema = z.strictObject({
  type: z.literal(AUDIT_HEAD),
  server_name: z.string().max(255),
  seq,
  hash,
  ts: z.int(),
  restarted: z.boolean().optional(),
  signatures,
})
export const auditWitnessSchema = z.strictObject({
  type: z.literal(AUDIT_WITNESS),
  server_name: z.string().max(255),
  witness: z.string().max(255),
  seq,
  hash,
  since: seq,
  ts: z.int(),
  signatures,
})
const startSchema = z.looseObject({
  type: z.literal(AUDIT_EXPORT),
  server_name: z.string().max(255),
  from: z.int().min(1),
  before: hash,
  /** The head at the end of what is exported: a file that ends earlier was cut. */
  end: auditHeadSchema,
  keys: z.record(z.string(), z.record(z.string(), z.string())),
})
const entryLine = z.strictObject({
  entry: z.looseObject({ seq, act: z.string(), facts: z.record(z.string(), z.unknown()).optional() }),
  hash,
})
type EntryLine = z.output<typeof entryLine>

/** How an entry's line begins and ends as a node writes it. */
const ENTRY_START = '{"entry":'
const ENTRY_END = /^,"hash":"([0-9a-f]{64})"\}$/
const ENTRY_END_LENGTH = 75

/**
 * Nearly every line of a file is an entry as a node wrote it. Its text is what is hashed, once it is shown to be the canonical
 * form of what it parses to: the answer is the one of `entryLine` and `sortedJson`, in a third of the time.
 * @returns undefined: it is another line, or written another way, and the slow way judges it
 */
function plainEntry(line: string): { text: string; entry: EntryLine['entry']; hash: string } | undefined {
  if (!line.startsWith(ENTRY_START)) return
  const claimed = ENTRY_END.exec(line.slice(-ENTRY_END_LENGTH))?.[1]
  if (claimed === undefined) return
  const text = line.slice(ENTRY_START.length, -ENTRY_END_LENGTH)
  const entry = parsedObject(text)
  if (!entry || !Number.isSafeInteger(entry['seq']) || (entry['seq'] as number) < 0) return
  if (typeof entry['act'] !== 'string' || !isSortedJson(text, entry)) return
  const facts = entry['facts']
  if (facts !== undefined && (facts === null || typeof facts !== 'object' || Array.isArray(facts))) return
  return { text, entry: entry as EntryLine['entry'], hash: claimed }
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Whoever asks takes the slow way, which names it.
  }
}

const digestLine = z.strictObject({ seq, digest: hash })

export function createAuditVerifier({ hashing, verify, keys = {}, against = [] }: AuditVerifying) {
  let start: z.output<typeof startSchema> | undefined
  let lines = 0
  let expected = 1
  let before = AUDIT_GENESIS
  let entries = 0
  let digests = 0
  let heads = 0
  let fault: AuditFault | undefined
  /** While it is not known whether what is missing stands further down. */
  let missing: { seq: number; line: number; seen: number } | undefined
  const witnesses = new Map<string, { server: string; seq: number; ts: number }>()
  const fromFile = new Set<string>()
  /** What the log itself says was deleted when its time was over: entries up to this one. */
  let pruned = 0
  const promised = new Map<number, string[]>()

  function fail(kind: AuditFaultKind, at: number, line = lines): void {
    fault ??= { kind, seq: at, line, ...auditFaultWords[kind](at) }
  }

  /** @returns undefined: nobody has a key for it */
  function isSigned(object: AuditHead | AuditWitness, server: string): boolean | undefined {
    for (const [keyId, signature] of Object.entries(object.signatures[server] ?? {})) {
      const given = keys[server]?.[keyId]
      const key = given ?? (keys[server] === undefined ? start?.keys[server]?.[keyId] : undefined)
      if (key === undefined) continue
      if (given === undefined) fromFile.add(server)
      return verify(signedText(object), signature, key)
    }
    return keys[server] === undefined && start?.keys[server] === undefined ? undefined : false
  }

  function head(one: AuditHead) {
    if (one.server_name !== start!.server_name) return fail('bad-signature', one.seq)
    if (isSigned(one, one.server_name) !== true) return fail('bad-signature', one.seq)
    heads += 1
    inPlace(one)
  }

  /** A signed head stands right after the entry that it is about. */
  function inPlace(one: { seq: number; hash: string }): void {
    const last = expected - 1
    if (one.seq > last) fail('removed', expected)
    else if (one.seq < last) fail('reordered', one.seq)
    else if (one.hash !== before) fail('rewritten', one.seq)
  }

  function witness(one: AuditWitness) {
    if (one.server_name !== start!.server_name) return fail('bad-signature', one.seq)
    const signed = isSigned(one, one.witness)
    if (signed === false) return fail('bad-signature', one.seq)
    inPlace(one)
    if (signed) witnesses.set(one.witness, { server: one.witness, seq: one.seq, ts: one.ts })
  }

  /** @returns whether it is the one that is due */
  function isDue(number: number): boolean {
    if (number === expected) return true
    if (number > expected) missing = { seq: expected, line: lines, seen: 0 }
    else fail('forged', number)
    return false
  }

  function link(number: number, digest: string, claimed?: string) {
    if (!isDue(number)) return
    const computed = hashing.ofPair(before, digest)
    if (claimed !== undefined && computed !== claimed) return fail('altered', number)
    before = computed
    expected = number + 1
    entries += 1
    if (promised.get(number)?.some((wanted) => wanted !== before)) fail('rewritten', number)
  }

  function begin(text: unknown) {
    const parsed = startSchema.safeParse(text)
    if (!parsed.success) return fail('unreadable', 1)
    start = parsed.data
    expected = start.from
    before = start.before
    if (start.end.server_name !== start.server_name || isSigned(start.end, start.server_name) !== true)
      return fail('bad-signature', start.end.seq)
    if (start.from === 1 && start.before !== AUDIT_GENESIS) return fail('rewritten', 1)
    for (const one of against) {
      if (one.server_name !== start.server_name) continue
      const signed = isSigned(one, one.witness)
      if (signed === false) fail('bad-signature', one.seq)
      if (signed) promised.set(one.seq, [...(promised.get(one.seq) ?? []), one.hash])
    }
  }

  function numberIn(value: unknown): number | undefined {
    const found = (value as { entry?: { seq?: unknown }; seq?: unknown } | null) ?? {}
    const number = found.entry?.seq ?? found.seq
    return typeof number === 'number' ? number : undefined
  }

  function follow(entry: EntryLine['entry'], canonical: string, claimed: string) {
    link(entry.seq, hashing.ofText(canonical), claimed)
    if (entry.act === AUDIT_PRUNE) pruned = Math.max(pruned, Number(entry.facts?.['upto']) || 0)
  }

  function read(value: unknown) {
    const object = value as Record<string, unknown>
    if ('entry' in object) {
      const parsed = entryLine.safeParse(object)
      if (!parsed.success) return fail('unreadable', expected)
      const { entry, hash: claimed } = parsed.data
      follow(entry, sortedJson(entry), claimed)
    } else if ('digest' in object) {
      const parsed = digestLine.safeParse(object)
      if (!parsed.success) return fail('unreadable', expected)
      digests += 1
      link(parsed.data.seq, parsed.data.digest)
    } else if (object['type'] === AUDIT_HEAD) {
      const parsed = auditHeadSchema.safeParse(object)
      if (parsed.success) head(parsed.data)
      else fail('unreadable', expected)
    } else if (object['type'] === AUDIT_WITNESS) {
      const parsed = auditWitnessSchema.safeParse(object)
      if (parsed.success) witness(parsed.data)
      else fail('unreadable', expected)
    } else fail('unreadable', expected)
  }

  return {
    /** @returns false when the first broken link is known: no more is needed */
    push(text: string): boolean {
      lines += 1
      if (text === '') return fault === undefined
      const plain = start && !missing ? plainEntry(text) : undefined
      if (plain) {
        follow(plain.entry, plain.text, plain.hash)
        return fault === undefined
      }
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        value = undefined
      }
      if (missing) {
        missing.seen += 1
        if (numberIn(value) === missing.seq) fail('reordered', missing.seq, missing.line)
        else if (missing.seen >= LOOK_AHEAD) fail('removed', missing.seq, missing.line)
      } else if (value === null || typeof value !== 'object') fail('unreadable', start ? expected : 1)
      else if (start) read(value)
      else begin(value)
      return fault === undefined
    },
    finish(): AuditVerdict {
      if (missing) fail('removed', missing.seq, missing.line)
      if (!start) fail('unreadable', 1)
      const to = expected - 1
      if (start && !fault) {
        if (to < start.end.seq) fail('cut', expected)
        // What comes after the last head was signed by nobody.
        else if (to > start.end.seq) fail('forged', start.end.seq + 1)
        else if (start.end.hash !== before) fail('rewritten', start.end.seq)
      }
      if (start && !fault) {
        const newest = Math.max(0, ...promised.keys())
        if (newest > to) fail('cut', expected)
        else if (start.from - 1 > pruned) fail('removed', 1, 1)
      }
      return {
        ok: fault === undefined,
        server: start?.server_name ?? '',
        from: start?.from ?? 0,
        to,
        entries,
        digests,
        heads,
        witnesses: [...witnesses.values()],
        keysFromFile: [...fromFile],
        ...(fault ? { fault } : {}),
      }
    },
  }
}
