/** The three files below the root, as they are signed: targets name the list, snapshot the targets, timestamp the snapshot. */
import { createHash } from 'node:crypto'
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

export function createTargets(options: Common, list: Uint8Array) {
  return { ...common('targets', options), targets: { [listName]: fileInfo(list) } }
}

function createSnapshot(options: Common, targets: { version: number; bytes: Uint8Array }) {
  const meta = { 'targets.json': { version: targets.version, ...fileInfo(targets.bytes) } }
  return { ...common('snapshot', options), meta }
}

function createTimestamp(options: Common, snapshot: { version: number; bytes: Uint8Array }) {
  const meta = { 'snapshot.json': { version: snapshot.version, ...fileInfo(snapshot.bytes) } }
  return { ...common('timestamp', options), meta }
}

/** Signs the registry's two files over targets metadata. `expires` of the timestamp: a day at most, or nodes refuse it. */
export function signBelow(
  targets: { version: number; bytes: Uint8Array },
  { snapshot, timestamp }: { snapshot: Common; timestamp: Common },
  keys: readonly TrustKey[],
): { snapshot: string; timestamp: string } {
  const snapshotText = JSON.stringify(signMetadata(createSnapshot(snapshot, targets), keys))
  const named = { version: snapshot.version, bytes: Buffer.from(snapshotText) }
  return {
    snapshot: snapshotText,
    timestamp: JSON.stringify(signMetadata(createTimestamp(timestamp, named), keys)),
  }
}
