/**
 * How a node's audit log is chained: the hash of entry n is SHA-256 over the hash of entry n-1 and the digest of entry n, which
 * is SHA-256 over its canonical JSON. Whoever has digests alone can follow the chain without reading a word of it.
 */

/** Given by the caller: Node's own is ten times as fast as what a browser can do at once. Both give lower-case hexadecimal. */
export type ChainHashing = {
  /** Of a text in UTF-8. */
  ofText(text: string): string
  /** Of the bytes of two hashes, one after the other. */
  ofPair(before: string, digest: string): string
}

/** The hash before the first entry. */
export const AUDIT_GENESIS = '0'.repeat(64)

/** What is signed says what it is, so that no signature of a node counts for something else. */
export const AUDIT_HEAD = 'org.enlace.audit.head'
export const AUDIT_WITNESS = 'org.enlace.audit.witness'
export const AUDIT_EXPORT = 'org.enlace.audit.export'

/** The act by which a log says that its oldest entries were deleted, up to the fact `upto`. */
export const AUDIT_PRUNE = 'audit.prune'

type Signatures = Record<string, Record<string, string>>

/** The end of a node's chain at some moment, as the node signs it. */
export type AuditHead = {
  type: typeof AUDIT_HEAD
  server_name: string
  seq: number
  hash: string
  ts: number
  /** The node says itself that its chain begins anew here: it was restored from a backup. */
  restarted?: boolean
  signatures: Signatures
}

/** A partner countersigns: since head `since` everything it was shown of this chain followed from what it had seen before. */
export type AuditWitness = {
  type: typeof AUDIT_WITNESS
  server_name: string
  witness: string
  seq: number
  hash: string
  since: number
  ts: number
  signatures: Signatures
}

/** Keys sorted, no white space: for the values of this log (ASCII, whole numbers) the canonical JSON of Matrix. */
export function sortedJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  const object = value as Record<string, unknown>
  const parts: string[] = []
  for (const key of Object.keys(object).sort())
    if (object[key] !== undefined) parts.push(`${JSON.stringify(key)}:${sortedJson(object[key])}`)
  return `{${parts.join(',')}}`
}

/** @returns whether `text`, which was parsed to `value`, is already what `sortedJson` makes of it; it costs half of that */
export const isSortedJson = (text: string, value: unknown): boolean =>
  hasSortedKeys(value) && JSON.stringify(value) === text

function hasSortedKeys(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(hasSortedKeys)
  const object = value as Record<string, unknown>
  let last: string | undefined
  for (const key of Object.keys(object)) {
    if (last !== undefined && key <= last) return false
    last = key
    if (typeof object[key] === 'object' && !hasSortedKeys(object[key])) return false
  }
  return true
}

/** What a signature over a head or a countersignature covers. */
export function signedText(object: object): string {
  const { signatures: _signatures, ...covered } = object as Record<string, unknown>
  return sortedJson(covered)
}
