/**
 * What a node knows of the federation list: the last copy it verified, until that copy expires. TUF's client workflow
 * (specification 5.2 to 5.7) as steps that ask for one file after another; whoever owns the keeper fetches, stores, and
 * tells the time.
 */
import { z } from 'zod'
import { FederationList, readList } from './federation-list.ts'
import { groundOf, type InstitutionGround } from './institution/ground.ts'
import { maxBytes, parseJson, type Read, type ReadVerdict, readMetadata } from './metadata.ts'
import type { Publication } from './publication.ts'
import { fileInfo, listName } from './roles.ts'
import { nextRoot, type RootVerdict, refusalOf, type TrustedRoot } from './root.ts'
import { earlierSchema, type TrustVersion, type TrustVersions } from './versions.ts'

/**
 * The longest a timestamp may still have to live when it is taken. A key that is online signs it: whoever gets hold of that
 * key, or of an old file, holds nodes back for a day, not for a season.
 */
export const maxTimestampLifetimeMs = 24 * 3_600_000
/** By how much a node's clock may be behind the registry's. */
const clockToleranceMs = 3_600_000
/** Roots followed in one go. */
const maxRootSteps = 64
/** Earlier versions whose content is remembered, to compare with what partners were told. */
const rememberedVersions = 20

export type TrustRefusal =
  | 'malformed'
  | 'bad-signature'
  | 'missing-country'
  | 'rollback'
  | 'fork'
  | 'mismatch'
  | 'missing'
  | 'lives-too-long'
  | 'expired'
  | 'root-expired'

export type UpdateVerdict =
  | {
      ok: true
      /** another list, or the same one signed anew by coordinators */
      changed: boolean
      list: FederationList
    }
  | { ok: false; reason: TrustRefusal; detail: string }

/** A file the next step needs, by its path below the registry's `/trust/`. */
export interface FileRequest {
  path: string
  maxBytes: number
}

export type CurrentList =
  | { usable: true; list: FederationList }
  | { usable: false; reason: 'none' | 'expired' | 'root-expired' }

const keptSchema = z.object({
  roots: z.array(z.string()).max(4096),
  /** version of the root that vouches for the files below */
  under: z.int().min(1),
  files: z
    .object({ timestamp: z.string(), snapshot: z.string(), targets: z.string(), list: z.string() })
    .optional(),
  earlier: earlierSchema.default({}),
})

interface Verified {
  root: TrustedRoot
  timestamp: Read<'timestamp'>
  snapshot: Read<'snapshot'>
  targets: Read<'targets'>
  list: FederationList
  listBytes: Uint8Array
}

type Refusal = { ok: false; reason: TrustRefusal; detail: string }
type Checked<T> = { ok: true; value: T } | Refusal

const refuse = (reason: TrustRefusal, detail: string): Refusal => ({ ok: false, reason, detail })

const sha256 = (bytes: Uint8Array): string => fileInfo(bytes).hashes.sha256

export class FederationListKeeper {
  readonly #pinned: TrustedRoot
  readonly #roots: TrustedRoot[] = []
  #last: Verified | undefined
  /** rollback guards; gone when the keys of timestamp or snapshot were replaced, as TUF 5.3.11 says */
  #guard: { timestamp?: Read<'timestamp'>; snapshot?: Read<'snapshot'> } = {}
  #earlier: Record<string, string> = {}
  #ground: InstitutionGround | undefined

  /** @param pinned the root a person handed over */
  constructor(pinned: TrustedRoot) {
    this.#pinned = pinned
  }

  get root(): TrustedRoot {
    return this.#roots.at(-1) ?? this.#pinned
  }

  /** Of the targets metadata; undefined before the first copy. */
  get version(): number | undefined {
    return this.#last?.targets.version
  }

  get versions(): TrustVersions {
    const of = (read: { version: number; digest: string } | undefined) =>
      read && { version: read.version, digest: read.digest }
    return {
      root: { version: this.root.version, digest: this.root.digest },
      targets: of(this.#last?.targets),
      snapshot: of(this.#last?.snapshot),
      timestamp: of(this.#last?.timestamp),
      earlier: { ...this.#earlier },
    }
  }

  /** The targets metadata in force, as it was signed: a proof for partners. */
  get targetsText(): string | undefined {
    return this.#last && Buffer.from(this.#last.targets.bytes).toString()
  }

  /** What is in force, as coordinators handed it to the registry. */
  get publication(): Publication | undefined {
    if (!this.#last) return undefined
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
    return {
      _type: 'enlace-trust-publication',
      roots: [this.#pinned, ...this.#roots].map((root) => text(root.bytes)),
      targets: text(this.#last.targets.bytes),
      list: text(this.#last.listBytes),
    }
  }

  /** What the copy in force says of institutions: whose keys, and which of their files are the newest. */
  get ground(): InstitutionGround | undefined {
    const last = this.#last
    if (!last) return undefined
    if (this.#ground?.snapshot !== last.snapshot.digest || this.#ground.targets !== last.targets.digest)
      this.#ground = groundOf(last.targets, last.snapshot)
    return this.#ground
  }

  /** Snapshot and timestamp of the copy in force, as the registry signed them: for one that mirrors it. */
  get signed(): { version: number; expiresAt: number; snapshot: string; timestamp: string } | undefined {
    if (!this.#last) return undefined
    const { snapshot, timestamp } = this.#last
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
    return {
      version: snapshot.version,
      expiresAt: timestamp.expiresAt,
      snapshot: text(snapshot.bytes),
      timestamp: text(timestamp.bytes),
    }
  }

  /** A file of the copy in force by its path below `/trust/`, and every root: for clients, which verify it themselves. */
  file(path: string): Uint8Array | undefined {
    const root = [this.#pinned, ...this.#roots].find(
      ({ version }) => path === `metadata/${version}.root.json`,
    )
    if (root || !this.#last) return root?.bytes
    const { timestamp, snapshot, targets, listBytes } = this.#last
    return new Map([
      ['metadata/timestamp.json', timestamp.bytes],
      [`metadata/${snapshot.version}.snapshot.json`, snapshot.bytes],
      [`metadata/${targets.version}.targets.json`, targets.bytes],
      [`targets/${sha256(listBytes)}.${listName}`, listBytes],
    ]).get(path)
  }

  /** Targets metadata from elsewhere, when coordinators of a root known here signed it. */
  approved(targets: Uint8Array): TrustVersion | undefined {
    const read = readMetadata('targets', targets)
    if (!read.ok) return undefined
    const signed = [this.#pinned, ...this.#roots].some(
      (root) => refusalOf(root, 'targets', read.read.metadata) === undefined,
    )
    return signed ? { version: read.read.version, digest: read.read.digest } : undefined
  }

  /** Whether it says another thing than what was verified here under that version. */
  contradicts({ version, digest }: TrustVersion): boolean {
    const known = this.#earlier[String(version)]
    return known !== undefined && known !== digest
  }

  /**
   * Looks for a newer copy. Each step asks for a file, and is answered with its bytes, or `undefined` when the registry
   * has no such file. A refused copy changes nothing but the root, which is followed as far as it leads.
   */
  *update(now: number): Generator<FileRequest, UpdateVerdict, Uint8Array | undefined> {
    for (let step = 0; step < maxRootSteps; step++) {
      const bytes = yield {
        path: `metadata/${this.root.version + 1}.root.json`,
        maxBytes: maxBytes.root,
      }
      if (!bytes) break
      const next = nextRoot(this.root, bytes)
      if (!next.ok) return refuseRoot(next)
      this.#follow(next.root)
    }
    const root = this.root
    if (root.expiresAt <= now)
      return refuse('root-expired', `The root metadata expired on ${root.content.expires}.`)
    if (!root.content.consistent_snapshot)
      return refuse('malformed', 'The root metadata is of the earlier form, without consistent snapshots.')

    const timestampBytes = yield { path: 'metadata/timestamp.json', maxBytes: maxBytes.timestamp }
    const timestamp = checkTimestamp(root, timestampBytes, now)
    if (!timestamp.ok) return timestamp
    const seen = this.#guard.timestamp
    if (seen && timestamp.value.version <= seen.version) {
      if (timestamp.value.version < seen.version) return older('timestamp', timestamp.value, seen)
      if (timestamp.value.digest !== seen.digest) return forked('timestamp', seen)
      if (this.#last?.root === root) {
        if (seen.expiresAt <= now) return expired('timestamp', seen)
        return { ok: true, changed: false, list: this.#last.list }
      }
    }
    if (timestamp.value.expiresAt <= now) return expired('timestamp', timestamp.value)

    const wanted = timestamp.value.metadata.signed.snapshotMeta
    const seenSnapshot = this.#guard.snapshot
    if (seenSnapshot && wanted.version < seenSnapshot.version) return older('snapshot', wanted, seenSnapshot)
    const snapshotBytes = yield {
      path: `metadata/${wanted.version}.snapshot.json`,
      maxBytes: maxBytes.snapshot,
    }
    const snapshot = checkNamed(root, 'snapshot', wanted, snapshotBytes)
    if (!snapshot.ok) return snapshot
    if (
      seenSnapshot &&
      snapshot.value.version === seenSnapshot.version &&
      snapshot.value.digest !== seenSnapshot.digest
    )
      return forked('snapshot', seenSnapshot)
    if (snapshot.value.expiresAt <= now) return expired('snapshot', snapshot.value)

    const wantedTargets = snapshot.value.metadata.signed.meta['targets.json']
    if (!wantedTargets) return refuse('malformed', 'The snapshot does not name targets.json.')
    const seenTargets = this.#last?.targets
    if (seenTargets && wantedTargets.version < seenTargets.version)
      return older('targets', wantedTargets, seenTargets)
    // A snapshot that only an institution changed names the targets that are here already.
    const kept = seenTargets && wantedTargets.hashes?.['sha256'] === sha256(seenTargets.bytes)
    const targetsBytes = kept
      ? seenTargets.bytes
      : yield { path: `metadata/${wantedTargets.version}.targets.json`, maxBytes: maxBytes.targets }
    const targets: Checked<Read<'targets'>> =
      kept && this.#last?.root === root && wantedTargets.version === seenTargets.version
        ? { ok: true, value: seenTargets }
        : checkNamed(root, 'targets', wantedTargets, targetsBytes)
    if (!targets.ok) return targets
    const known =
      seenTargets?.version === targets.value.version
        ? seenTargets.digest
        : this.#earlier[String(targets.value.version)]
    if (known !== undefined && known !== targets.value.digest) return forked('targets', targets.value)
    if (targets.value.expiresAt <= now) return expired('targets', targets.value)

    const target = targets.value.metadata.signed.targets[listName]
    if (!target) return refuse('malformed', `The targets metadata does not name ${listName}.`)
    const hash = target.hashes['sha256'] ?? ''
    if (!/^[0-9a-f]{64}$/.test(hash))
      return refuse('malformed', 'The targets metadata does not name the list by its SHA-256.')
    const same = this.#last && sha256(this.#last.listBytes) === hash
    const listBytes = same
      ? this.#last?.listBytes
      : yield { path: `targets/${hash}.${listName}`, maxBytes: maxBytes.list }
    const verified = assemble(root, timestamp.value, snapshot.value, targets.value, listBytes)
    if (!verified.ok) return verified
    this.#take(verified.value)
    return { ok: true, changed: targets.value.digest !== seenTargets?.digest, list: verified.value.list }
  }

  #follow(next: TrustedRoot): void {
    const before = this.root
    this.#roots.push(next)
    for (const role of ['timestamp', 'snapshot'] as const)
      if (keysOf(before, role) !== keysOf(next, role)) this.#guard = {}
  }

  #take(verified: Verified): void {
    this.#last = verified
    this.#guard = { timestamp: verified.timestamp, snapshot: verified.snapshot }
    this.#earlier[String(verified.targets.version)] = verified.targets.digest
    for (const version of Object.keys(this.#earlier))
      if (Number(version) <= verified.targets.version - rememberedVersions) delete this.#earlier[version]
  }

  /** To be kept on disk for `restore`: what was verified, and the roots that led to it. */
  get kept(): string {
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
    return JSON.stringify({
      roots: this.#roots.map((root) => text(root.bytes)),
      under: this.#last?.root.version ?? this.root.version,
      files: this.#last && {
        timestamp: text(this.#last.timestamp.bytes),
        snapshot: text(this.#last.snapshot.bytes),
        targets: text(this.#last.targets.bytes),
        list: text(this.#last.listBytes),
      },
      earlier: this.#earlier,
    })
  }

  /**
   * Takes back what was kept, verified anew from the pinned root. An expired copy is not used, but still guards against
   * rollback.
   */
  restore(kept: Uint8Array | string, now: number): UpdateVerdict | { ok: true; list?: undefined } {
    const parsed = keptSchema.safeParse(parseJson(kept, 64 * 1024 * 1024))
    if (!parsed.success) return refuse('malformed', 'The kept copy of the federation list cannot be read.')
    const { roots, under, files, earlier } = parsed.data
    for (const text of roots) {
      const next = nextRoot(this.root, Buffer.from(text))
      // A pinned root handed over anew stands further along than where the kept ones begin.
      if (next.ok) this.#follow(next.root)
    }
    this.#earlier = { ...earlier }
    if (!files) return { ok: true }
    const root = [this.#pinned, ...this.#roots].find(({ version }) => version === under) ?? this.root
    const bytes = (text: string) => Buffer.from(text)
    const timestamp = checkTimestamp(root, bytes(files.timestamp), now)
    if (!timestamp.ok) return timestamp
    const snapshot = checkNamed(
      root,
      'snapshot',
      timestamp.value.metadata.signed.snapshotMeta,
      bytes(files.snapshot),
    )
    if (!snapshot.ok) return snapshot
    const targetsMeta = snapshot.value.metadata.signed.meta['targets.json']
    const targets = checkNamed(root, 'targets', targetsMeta, bytes(files.targets))
    if (!targets.ok) return targets
    const verified = assemble(root, timestamp.value, snapshot.value, targets.value, bytes(files.list))
    if (!verified.ok) return verified
    this.#take(verified.value)
    return { ok: true, changed: true, list: verified.value.list }
  }

  /** The list to decide by at this moment. Not usable: no partner is trusted. */
  current(now: number): CurrentList {
    if (this.root.expiresAt <= now) return { usable: false, reason: 'root-expired' }
    if (!this.#last) return { usable: false, reason: 'none' }
    if (this.#last.list.expiresAt <= now) return { usable: false, reason: 'expired' }
    return { usable: true, list: this.#last.list }
  }
}

function keysOf(root: TrustedRoot, role: 'timestamp' | 'snapshot'): string {
  return [...root.content.roles[role].keyids].sort().join()
}

function refuseRoot(verdict: RootVerdict & { ok: false }): Refusal {
  return refuse(verdict.reason === 'expired' ? 'root-expired' : verdict.reason, verdict.detail)
}

function older(role: string, found: { version: number }, seen: { version: number }): Refusal {
  return refuse(
    'rollback',
    `The ${role} metadata is version ${found.version}, older than version ${seen.version} seen before.`,
  )
}

function forked(role: string, seen: { version: number }): Refusal {
  return refuse(
    'fork',
    `Two different files are called version ${seen.version} of the ${role} metadata. Tell the coordinators.`,
  )
}

function expired(role: string, read: { expiresAt: number }): Refusal {
  return refuse('expired', `The ${role} metadata expired at ${new Date(read.expiresAt).toISOString()}.`)
}

function checkTimestamp(
  root: TrustedRoot,
  bytes: Uint8Array | undefined,
  now: number,
): Checked<Read<'timestamp'>> {
  if (!bytes) return refuse('missing', 'The registry has no timestamp.')
  const read = readMetadata('timestamp', bytes)
  if (!read.ok) return refuse('malformed', read.detail)
  const refusal = refusalOf(root, 'timestamp', read.read.metadata)
  if (refusal) return refusal
  if (read.read.expiresAt - now > maxTimestampLifetimeMs + clockToleranceMs)
    return refuse(
      'lives-too-long',
      `The timestamp would hold until ${new Date(read.read.expiresAt).toISOString()}, longer than a day. Either the registry signs for too long, or this server’s clock is behind.`,
    )
  return { ok: true, value: read.read }
}

/** A file that another one names: length, hash, signatures, version. */
function checkNamed<K extends 'snapshot' | 'targets'>(
  root: TrustedRoot,
  kind: K,
  named: { version: number; hashes?: Record<string, string>; verify(bytes: Buffer): void } | undefined,
  bytes: Uint8Array | undefined,
): Checked<Read<K>> {
  if (!named) return refuse('malformed', `Nothing names the ${kind} metadata.`)
  if (!bytes) return refuse('missing', `The registry has no ${kind} metadata of version ${named.version}.`)
  try {
    named.verify(Buffer.from(bytes))
  } catch (error) {
    return refuse(
      'mismatch',
      `The ${kind} metadata is not the file that was named: ${(error as Error).message}`,
    )
  }
  const read: ReadVerdict<K> = readMetadata(kind, bytes)
  if (!read.ok) return refuse('malformed', read.detail)
  const refusal = refusalOf(root, kind, read.read.metadata)
  if (refusal) return refusal
  if (read.read.version !== named.version)
    return refuse(
      'mismatch',
      `The ${kind} metadata is version ${read.read.version}; version ${named.version} was named.`,
    )
  return { ok: true, value: read.read }
}

/** The list's bytes against the targets metadata, and all of it as one. */
function assemble(
  root: TrustedRoot,
  timestamp: Read<'timestamp'>,
  snapshot: Read<'snapshot'>,
  targets: Read<'targets'>,
  listBytes: Uint8Array | undefined,
): Checked<Verified> {
  const target = targets.metadata.signed.targets[listName]
  if (!target) return refuse('malformed', `The targets metadata does not name ${listName}.`)
  if (!listBytes) return refuse('missing', 'The registry does not have the list that coordinators signed.')
  const found = fileInfo(listBytes)
  if (found.length !== target.length || found.hashes.sha256 !== target.hashes['sha256'])
    return refuse('mismatch', 'The federation list is not the file that coordinators signed.')
  const read = readList(listBytes)
  if (!read.ok) return refuse('malformed', read.detail)
  const expiresAt = Math.min(timestamp.expiresAt, snapshot.expiresAt, targets.expiresAt)
  const list = new FederationList(read.list, { version: targets.version, expiresAt })
  return { ok: true, value: { root, timestamp, snapshot, targets, list, listBytes } }
}
