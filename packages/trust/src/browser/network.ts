/**
 * The network as a browser verifies it, from the root it knows down to one institution's file. Its own node brings the
 * files and is believed in none of them. TUF's client workflow (specification 5.2 to 5.7), with the country rule of
 * `../root.ts` and what an institution signs by itself.
 */
import { z } from 'zod'
import { type Appointment, readAppointments } from '../institution/appointment.ts'
import {
  type InstitutionFile,
  institutionFileLimit,
  institutionMaxBytes,
  targetPath,
} from '../institution/documents.ts'
import { type Bytes, sha256 } from './bytes.ts'
import { fileBytes, type NamedFile, type ReadFile, type Role, readChainFile } from './chain-documents.ts'
import { keyIdOf, type PublicKey, signersOf } from './signing-keys.ts'

export type ChainFault =
  /** not a file of this kind, or one that contradicts itself */
  | 'malformed'
  | 'bad-signature'
  | 'missing-country'
  /** older than what this browser has seen */
  | 'rollback'
  /** two files under one version */
  | 'fork'
  /** not the file that was signed */
  | 'mismatch'
  /** signed, and the node does not have it */
  | 'missing'
  | 'expired'
  /** The root this browser knows leads nowhere here. */
  | 'other-network'

export interface Refused {
  ok: false
  fault: ChainFault
  /** the file it is about */
  file: string
  detail: string
}

/** Asks the node for a file below `/trust/`. @returns undefined when there is no such file. It throws when nobody answers. */
export type FetchFile = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>

const seenSchema = z.object({ version: z.int().min(1), digest: z.string() })
export type Seen = z.output<typeof seenSchema>

/** What a browser keeps: the newest root it believed, and the versions it has seen. */
export const networkMemorySchema = z.object({
  /** text of the newest root */
  root: z.string(),
  /** the root that was taken at first, without proof */
  first: z.object({ version: z.int().min(1), digest: z.string(), at: z.number() }),
  seen: z.object({
    timestamp: seenSchema.optional(),
    snapshot: seenSchema.optional(),
    targets: seenSchema.optional(),
    /** by role: `gt-renap`, `gt-renap.duty` */
    institutions: z.record(z.string(), seenSchema),
  }),
})

export type NetworkMemory = z.output<typeof networkMemorySchema>

/** Everything above the institutions, verified at one moment. */
export interface VerifiedNetwork {
  root: ReadFile<'root'>
  snapshot: ReadFile<'snapshot'>
  targets: ReadFile<'targets'>
  /** when the registry last said that nothing newer exists, this holds until then */
  freshUntil: number
}

const limits = {
  root: 64 * 1024,
  timestamp: 16 * 1024,
  // A line for each of 2,000 institutions.
  snapshot: 1024 * 1024,
  targets: 4 * 1024 * 1024,
} as const

const maxRootSteps = 64
/** As in `../keeper.ts`: a key that is online signs the timestamp, and must not hold anybody back for long. */
const maxTimestampLifetimeMs = 24 * 3_600_000
const clockToleranceMs = 3_600_000

const refuse = (fault: ChainFault, file: string, detail: string): Refused => ({
  ok: false,
  fault,
  file,
  detail,
})

/** Why a role's word does not count, or undefined when it does. */
async function refusalOf(
  root: ReadFile<'root'>,
  role: keyof ReadFile<'root'>['content']['roles'],
  file: ReadFile<'root' | 'timestamp' | 'snapshot' | 'targets'>,
  name: string,
): Promise<Refused | undefined> {
  const { roles, keys, 'x-enlace': enlace } = root.content
  const { keyids, threshold } = roles[role]
  const signers = await signersOf(file.signed, file.signatures, keyids, keys)
  if (signers.length < threshold)
    return refuse('bad-signature', name, `${signers.length} good signatures of ${threshold}.`)
  if (role !== 'root' && role !== 'targets') return undefined
  const missing = Object.entries(enlace?.countries ?? {})
    .filter(([, ids]) => !ids.some((id) => signers.includes(id)))
    .map(([country]) => country)
  return missing.length > 0
    ? refuse('missing-country', name, `No signature of ${missing.join(', ')}.`)
    : undefined
}

async function readRoot(bytes: Uint8Array, name: string) {
  const root = await readChainFile('root', bytes)
  if (!root) return refuse('malformed', name, 'It is not a root.')
  // One key under two IDs would count twice towards a threshold.
  for (const [id, key] of Object.entries(root.content.keys))
    if ((await keyIdOf(key)) !== id) return refuse('malformed', name, 'A key ID is not the hash of its key.')
  const countries = Object.values(root.content['x-enlace']?.countries ?? {}).map((ids) => new Set(ids))
  const all = countries.flatMap((ids) => [...ids])
  if (new Set(all).size !== all.length) return refuse('malformed', name, 'A key is of two countries.')
  return { ok: true as const, root }
}

/** The root that a browser takes when it knows none: its own signatures alone speak for it. */
export async function firstRoot(
  bytes: Uint8Array,
  now: number,
): Promise<{ ok: true; memory: NetworkMemory } | Refused> {
  const read = await readRoot(bytes, 'root.json')
  if (!read.ok) return read
  const refusal = await refusalOf(read.root, 'root', read.root, 'root.json')
  if (refusal) return refusal
  const { text, digest, content } = read.root
  const first = { version: content.version, digest, at: now }
  return { ok: true, memory: { root: text, first, seen: { institutions: {} } } }
}

/** @returns undefined when what was kept cannot be used */
export async function rootOf(memory: NetworkMemory): Promise<ReadFile<'root'> | undefined> {
  const read = await readRoot(fileBytes(memory.root), 'root.json')
  return read.ok ? read.root : undefined
}

type Step<T> = { ok: true; memory: NetworkMemory } & T

/** Follows roots as far as they lead. */
async function followRoots(
  memory: NetworkMemory,
  fetchFile: FetchFile,
): Promise<Step<{ root: ReadFile<'root'> }> | (Refused & { memory: NetworkMemory })> {
  let root = await rootOf(memory)
  if (!root) return { ...refuse('malformed', 'root.json', 'The root kept here cannot be read.'), memory }
  let kept = memory
  for (let step = 0; step < maxRootSteps; step++) {
    const name = `${root.content.version + 1}.root.json`
    const bytes = await fetchFile(`metadata/${name}`, limits.root)
    if (!bytes) break
    const read = await readRoot(bytes, name)
    if (!read.ok) return { ...read, memory: kept }
    const next = read.root
    const refusal = (await refusalOf(root, 'root', next, name)) ?? (await refusalOf(next, 'root', next, name))
    if (refusal) return { ...refusal, memory: kept }
    if (next.content.version !== root.content.version + 1)
      return { ...refuse('mismatch', name, `It says it is version ${next.content.version}.`), memory: kept }
    // TUF 5.3.11: other keys of timestamp or snapshot make what they signed before mean nothing.
    const renewed = (['timestamp', 'snapshot'] as const).some(
      (role) => keysOf(root!, role) !== keysOf(next, role),
    )
    const seen = renewed ? { institutions: kept.seen.institutions, targets: kept.seen.targets } : kept.seen
    kept = { ...kept, root: next.text, seen }
    root = next
  }
  return { ok: true, root, memory: kept }
}

const keysOf = (root: ReadFile<'root'>, role: 'timestamp' | 'snapshot') =>
  [...root.content.roles[role].keyids].sort().join()

function againstSeen(
  file: ReadFile<'timestamp' | 'snapshot' | 'targets'>,
  seen: Seen | undefined,
  name: string,
): Refused | undefined {
  if (!seen) return undefined
  const { version } = file.content
  if (version < seen.version)
    return refuse(
      'rollback',
      name,
      `Version ${version} is older than version ${seen.version}, seen here before.`,
    )
  if (version === seen.version && file.digest !== seen.digest)
    return refuse('fork', name, `Two files are called version ${version}.`)
  return undefined
}

async function named<K extends 'snapshot' | 'targets'>(
  kind: K,
  name: string,
  wanted: { version: number; length?: number | undefined; hashes?: { sha256: string } | undefined },
  fetchFile: FetchFile,
  limit: number,
): Promise<{ ok: true; file: ReadFile<K> } | Refused> {
  const bytes = await fetchFile(`metadata/${name}`, limit)
  if (!bytes) return refuse('missing', name, 'The node does not have it.')
  const fits =
    (wanted.length === undefined || bytes.length === wanted.length) &&
    (wanted.hashes === undefined || (await sha256(bytes as Bytes)) === wanted.hashes.sha256)
  if (!fits) return refuse('mismatch', name, 'It is not the file that was named.')
  const file = await readChainFile(kind, bytes)
  if (!file) return refuse('malformed', name, `It is not a file of this kind: ${kind}.`)
  if (file.content.version !== wanted.version)
    return refuse('mismatch', name, `It says it is version ${file.content.version}.`)
  return { ok: true, file }
}

const expired = (name: string, file: { expiresAt: number }) =>
  refuse('expired', name, `It was good until ${new Date(file.expiresAt).toISOString()}.`)

export type NetworkVerdict =
  | { ok: true; network: VerifiedNetwork; memory: NetworkMemory }
  | (Refused & { memory: NetworkMemory })

const of = (file: ReadFile<'timestamp' | 'snapshot' | 'targets'>): Seen => ({
  version: file.content.version,
  digest: file.digest,
})

/** Verifies what the node serves, down to who may sign for which institution. `memory` is to be kept, whatever the verdict. */
export async function verifyNetwork(
  before: NetworkMemory,
  fetchFile: FetchFile,
  now: number,
): Promise<NetworkVerdict> {
  const followed = await followRoots(before, fetchFile)
  if (!followed.ok) return followed
  const { root, memory } = followed
  const stop = (refused: Refused) => ({ ...refused, memory })
  if (root.expiresAt <= now) return stop(expired('root.json', root))

  const bytes = await fetchFile('metadata/timestamp.json', limits.timestamp)
  if (!bytes) return stop(refuse('missing', 'timestamp.json', 'The node does not have it.'))
  const timestamp = await readChainFile('timestamp', bytes)
  if (!timestamp) return stop(refuse('malformed', 'timestamp.json', 'It is not a timestamp.'))
  const lives = timestamp.expiresAt - now
  const bad =
    (await refusalOf(root, 'timestamp', timestamp, 'timestamp.json')) ??
    againstSeen(timestamp, memory.seen.timestamp, 'timestamp.json') ??
    (lives > maxTimestampLifetimeMs + clockToleranceMs
      ? refuse('malformed', 'timestamp.json', 'It would hold for more than a day.')
      : undefined)
  if (bad) return stop(bad)

  const wanted = timestamp.content.meta['snapshot.json']
  const snapshotName = `${wanted.version}.snapshot.json`
  const snapshotRead = await named('snapshot', snapshotName, wanted, fetchFile, limits.snapshot)
  if (!snapshotRead.ok) return stop(snapshotRead)
  const snapshot = snapshotRead.file
  const badSnapshot =
    (await refusalOf(root, 'snapshot', snapshot, snapshotName)) ??
    againstSeen(snapshot, memory.seen.snapshot, snapshotName)
  if (badSnapshot) return stop(badSnapshot)

  const wantedTargets = snapshot.content.meta['targets.json']
  if (!wantedTargets) return stop(refuse('malformed', snapshotName, 'It does not name targets.json.'))
  const targetsName = `${wantedTargets.version}.targets.json`
  const targetsRead = await named('targets', targetsName, wantedTargets, fetchFile, limits.targets)
  if (!targetsRead.ok) return stop(targetsRead)
  const targets = targetsRead.file
  const badTargets =
    (await refusalOf(root, 'targets', targets, targetsName)) ??
    againstSeen(targets, memory.seen.targets, targetsName)
  if (badTargets) return stop(badTargets)

  const seen = { ...memory.seen, timestamp: of(timestamp), snapshot: of(snapshot), targets: of(targets) }
  const next = { ...memory, seen }
  // What is old and well signed is remembered, and still not good.
  for (const [name, file] of [
    [targetsName, targets],
    [snapshotName, snapshot],
    ['timestamp.json', timestamp],
  ] as const)
    if (file.expiresAt <= now) return { ...expired(name, file), memory: next }
  return { ok: true, network: { root, snapshot, targets, freshUntil: timestamp.expiresAt }, memory: next }
}

/** What an institution has said under its own key. */
export interface VerifiedInstitution {
  institution: string
  /** whose keys speak for it, by the network's coordinators */
  role: Role
  keys: Readonly<Record<string, PublicKey>>
  metadata: ReadFile<'targets'>
  signers: readonly string[]
  expiresAt: number
  /** the limited key, where the institution gave one to its node */
  duty?: { keyids: readonly string[]; metadata?: ReadFile<'targets'> }
}

export type InstitutionVerdict =
  | { ok: true; state: VerifiedInstitution; memory: NetworkMemory }
  /** `no-key`: the coordinators named none; `silent`: it has signed nothing yet */
  | { ok: true; state: 'no-key'; memory: NetworkMemory }
  | { ok: true; state: 'silent'; role: Role; memory: NetworkMemory }
  /** `lapsed`: well signed and expired. Nobody decides by it; it can be signed anew. */
  | (Refused & { memory: NetworkMemory; lapsed?: VerifiedInstitution })

export function delegationOf(
  { content }: ReadFile<'targets'>,
  name: string,
): { role: Role; keys: Readonly<Record<string, PublicKey>> } | undefined {
  const role = content.delegations?.roles.find((one) => one.name === name)
  return role && content.delegations ? { role, keys: content.delegations.keys } : undefined
}

/** Whom coordinators appointed to coordinate an institution. */
export const appointmentIn = ({ targets }: VerifiedNetwork, institution: string): Appointment | undefined =>
  readAppointments(targets.signed).get(institution)

export async function verifyInstitution(
  network: VerifiedNetwork,
  before: NetworkMemory,
  institution: string,
  fetchFile: FetchFile,
  now: number,
): Promise<InstitutionVerdict> {
  const delegated = delegationOf(network.targets, institution)
  if (!delegated) return { ok: true, state: 'no-key', memory: before }
  const read = await roleMetadata(network, before, institution, delegated, fetchFile, now)
  if (!read.ok) {
    const { memory = before, lapsed: file, ...refused } = read
    const lapsed = file && {
      institution,
      ...delegated,
      metadata: file,
      signers: [],
      expiresAt: file.expiresAt,
    }
    return { ...refused, memory, ...(lapsed ? { lapsed } : {}) }
  }
  if (!read.file) return { ok: true, state: 'silent', role: delegated.role, memory: before }
  let memory = read.memory
  const state: VerifiedInstitution = {
    institution,
    ...delegated,
    metadata: read.file,
    signers: read.signers,
    expiresAt: read.file.expiresAt,
  }
  const dutyRole = `${institution}.duty`
  const limited = delegationOf(read.file, dutyRole)
  if (limited) {
    const duty = await roleMetadata(network, memory, dutyRole, limited, fetchFile, now)
    // What the node's limited key signed concerns the duty positions, not who speaks for the institution.
    if (duty.ok || duty.fault === 'expired') memory = duty.memory ?? memory
    else return { ok: false, fault: duty.fault, file: duty.file, detail: duty.detail, memory }
    state.duty = { keyids: limited.role.keyids, ...(duty.ok && duty.file ? { metadata: duty.file } : {}) }
  }
  return { ok: true, state, memory }
}

async function roleMetadata(
  network: VerifiedNetwork,
  memory: NetworkMemory,
  roleName: string,
  { role, keys }: { role: Role; keys: Readonly<Record<string, PublicKey>> },
  fetchFile: FetchFile,
  now: number,
): Promise<
  | { ok: true; file?: ReadFile<'targets'>; signers: string[]; memory: NetworkMemory }
  | (Refused & { memory?: NetworkMemory; lapsed?: ReadFile<'targets'> })
> {
  const wanted = network.snapshot.content.meta[`${roleName}.json`]
  const seen = memory.seen.institutions[roleName]
  if (!wanted)
    return seen
      ? refuse('rollback', `${roleName}.json`, `Version ${seen.version} was seen here before, and is gone.`)
      : { ok: true, signers: [], memory }
  const name = `${wanted.version}.${roleName}.json`
  if (seen && wanted.version < seen.version)
    return refuse('rollback', name, `It is older than version ${seen.version}, seen here before.`)
  const read = await named('targets', name, wanted, fetchFile, institutionMaxBytes.metadata)
  if (!read.ok) return read
  const { file } = read
  const signers = await signersOf(file.signed, file.signatures, role.keyids, await honest(keys))
  // What coordinators keep in force by its hash, until whoever they appointed signs.
  const kept = wanted.hashes !== undefined && wanted.hashes.sha256 === appointmentIn(network, roleName)?.keeps
  if (signers.length < role.threshold && !kept)
    return refuse('bad-signature', name, `${signers.length} good signatures of ${role.threshold}.`)
  const bad = againstSeen(file, seen, name)
  if (bad) return bad
  const institutions = { ...memory.seen.institutions, [roleName]: of(file) }
  const next = { ...memory, seen: { ...memory.seen, institutions } }
  if (file.expiresAt <= now) return { ...expired(name, file), memory: next, lapsed: file }
  return { ok: true, file, signers, memory: next }
}

/** Keys that are what their IDs say. */
async function honest(keys: Readonly<Record<string, PublicKey>>): Promise<Record<string, PublicKey>> {
  const checked: Record<string, PublicKey> = {}
  for (const [id, key] of Object.entries(keys)) if ((await keyIdOf(key)) === id) checked[id] = key
  return checked
}

/** How a file of the institution is named; `duty.json` also by the limited key, where the institution itself does not. */
export function namedFile(state: VerifiedInstitution, file: InstitutionFile): NamedFile | undefined {
  const path = targetPath(state.institution, file)
  const own = state.metadata.content.targets[path]
  return own ?? (file === 'duty.json' ? state.duty?.metadata?.content.targets[path] : undefined)
}

export async function fetchInstitutionFile(
  state: VerifiedInstitution,
  file: InstitutionFile,
  fetchFile: FetchFile,
): Promise<{ ok: true; text: string | undefined } | Refused> {
  const named = namedFile(state, file)
  const path = targetPath(state.institution, file)
  if (!named) return { ok: true, text: undefined }
  const limit = Math.min(named.length, institutionFileLimit(file))
  const stored = `targets/${state.institution}/${named.hashes.sha256}.${file}`
  const bytes = await fetchFile(stored, limit)
  if (!bytes) return refuse('missing', path, 'The node does not have it.')
  if (bytes.length !== named.length || (await sha256(bytes as Bytes)) !== named.hashes.sha256)
    return refuse('mismatch', path, 'It is not the file that the institution signed.')
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return refuse('malformed', path, 'It is not text.')
  }
}
