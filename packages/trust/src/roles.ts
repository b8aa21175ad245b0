/**
 * The three files below the root, as they are signed: targets name the list and whose keys speak for which institution,
 * snapshot all targets metadata, timestamp the snapshot.
 */
import { createHash } from 'node:crypto'
import { type Appointments, appointmentsField } from './institution/appointment.ts'
import { type Delegations, institutionDelegations } from './institution/delegation.ts'
import { signMetadata, type TrustKey } from './keys.ts'
import { formatTime, tufSpecVersion } from './metadata.ts'

export const listName = 'federation-list.json'

/** How another file is named: by version where it has one, always by length and hash. */
interface FileInfo {
  length: number
  hashes: { sha256: string }
}

export function fileInfo(bytes: Uint8Array): FileInfo {
  return { length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } }
}

interface Common {
  version: number
  expires: Date
}

const common = <T extends string>(type: T, { version, expires }: Common) => ({
  _type: type,
  spec_version: tufSpecVersion,
  version,
  expires: formatTime(expires),
})

export function createTargets(
  options: Common,
  list: Uint8Array,
  institutions: Delegations = {},
  appointments: Appointments = {},
) {
  const delegations =
    Object.keys(institutions).length > 0 ? { delegations: institutionDelegations(institutions) } : {}
  const appointed = Object.keys(appointments).length > 0 ? { [appointmentsField]: appointments } : {}
  return {
    ...common('targets', options),
    targets: { [listName]: fileInfo(list) },
    ...delegations,
    ...appointed,
  }
}

/** Metadata that a snapshot names. */
export interface SnapshotEntry {
  version: number
  bytes: Uint8Array
}

/** What a snapshot says of these, by file name. */
export function snapshotMeta(
  targets: SnapshotEntry,
  institutions: Readonly<Record<string, SnapshotEntry>>,
): Record<string, FileInfo & { version: number }> {
  const all = Object.entries({ targets, ...institutions }).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    all.map(([role, { version, bytes }]) => [`${role}.json`, { version, ...fileInfo(bytes) }]),
  )
}

function createSnapshot(
  options: Common,
  targets: SnapshotEntry,
  institutions: Readonly<Record<string, SnapshotEntry>>,
) {
  return { ...common('snapshot', options), meta: snapshotMeta(targets, institutions) }
}

function createTimestamp(options: Common, snapshot: { version: number; bytes: Uint8Array }) {
  const meta = { 'snapshot.json': { version: snapshot.version, ...fileInfo(snapshot.bytes) } }
  return { ...common('timestamp', options), meta }
}

/**
 * Signs the registry's two files over targets metadata. `expires` of the timestamp: a day at most, or nodes refuse it.
 * @param institutions metadata of delegated roles, by role
 */
export function signBelow(
  targets: SnapshotEntry,
  { snapshot, timestamp }: { snapshot: Common; timestamp: Common },
  keys: readonly TrustKey[],
  institutions: Readonly<Record<string, SnapshotEntry>> = {},
): { snapshot: string; timestamp: string } {
  const snapshotText = JSON.stringify(signMetadata(createSnapshot(snapshot, targets, institutions), keys))
  const named = { version: snapshot.version, bytes: Buffer.from(snapshotText) }
  return {
    snapshot: snapshotText,
    timestamp: JSON.stringify(signMetadata(createTimestamp(timestamp, named), keys)),
  }
}
