/** Faces of backups: where they are kept, what one says of itself, and how the node stands. */
import type { BilingualText } from '@enlace/directory/text'

/** Where backups are kept. It sees ciphertext, its size, and when it came: no names, no hashes of what is inside. */
export interface BackupStore {
  /** Where it is, in words for an operator. */
  readonly place: string
  /** Whole or not at all, and durable when it resolves. An object of that name is replaced. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** As `put`, unless there is one. @returns whether it was made */
  create(name: string, bytes: Uint8Array): Promise<boolean>
  /** As `put`, where it is still the one with this tag. @returns whether it was */
  replace(name: string, bytes: Uint8Array, tag: string): Promise<boolean>
  get(name: string): Promise<{ bytes: Uint8Array; tag: string } | undefined>
  /** Of all names below the folder (`packs`), in no order. */
  list(folder: string): AsyncIterable<{ name: string; size: number }>
  remove(name: string): Promise<void>
}

/** The small clear part of a backup, written last: without it there is no backup. */
export type BackupHead = {
  format: 1
  id: string
  made_ts: number
  /** Objects that hold the encrypted list of its contents, in order. */
  manifest: { name: string; size: number }[]
  /** Every object with contents it needs. */
  packs: { name: string; size: number }[]
  /** Ed25519 public key of the repository, and its signature over the rest. */
  made_by: string
  signature: string
}

/** A part of a pack, once opened. */
type Piece = { pack: number; at: number; length: number; size: number; id: string; packed: boolean }
export type BackedUpFile = {
  path: string
  size: number
  mode: number
  /** Numbers of `chunks`, in order. */
  chunks: number[]
}
/** What is encrypted: everything that a restore needs. */
export type BackupManifest = {
  format: 1
  id: string
  server_name: string
  made_ts: number
  /** Keyed hash under which chunks are checked. */
  hash_key: string
  /** Known to the node and to whoever could open the backup: shows that it was opened. */
  proof: string
  database: 'file' | 'collections'
  /** How the collections were read: at one moment, or in an order that a replay mends. */
  read?: 'snapshot' | 'ordered'
  packs: string[]
  chunks: Piece[]
  files: BackedUpFile[]
}

/** What a verification leaves in the store for the node. */
export type BackupReceipt = { id: string; ts: number; ok: boolean; what: string; mac: string }

export type BackupProblem = {
  kind: 'never-made' | 'too-old' | 'failed' | 'never-verified' | 'verified-too-old' | 'verification-failed'
  since: number
  detail: string
  message: BilingualText
}

/** How the node's backups stand, for the status page and for alarms. */
export interface Backup {
  /** Absent configuration: `configured` is false and nothing else is said. */
  status(): BackupStatus
  /** Makes one now; one at a time. @throws Error with a sentence for the operator */
  make(): Promise<MadeBackup>
  /** Looks whether the store still has every object of the newest backup as it was written. It cannot open them. */
  check(): Promise<CheckedBackup>
  /** Takes up what verifying machines have left in the store since it was last looked; a store that is away changes nothing. */
  seekVerification(): Promise<void>
  /** Begins its schedule. */
  start(): Promise<void>
  close(): Promise<void>
}
export type BackupStatus = {
  configured: boolean
  lastMade?: { id: string; ts: number; place: string }
  /** Opened elsewhere with a private key, and put back into a scratch node. */
  lastVerified?: { id: string; ts: number }
  /** Every object found in the store as it was written: less than verified. */
  lastChecked?: { id: string; ts: number }
  problem?: BackupProblem
}
export type MadeBackup = {
  id: string
  ts: number
  /** Bytes of the node that are in it. */
  bytes: number
  /** Bytes that had to be sent, because no earlier backup had them. */
  sent: number
  removed: number
}
export type CheckedBackup = { id: string; objects: number; bytes: number }

/** `to` of the configuration. */
export type BackupPlace =
  | { kind: 'folder'; folder: string }
  | {
      kind: 's3'
      endpoint: string
      bucket: string
      prefix: string
      region: string
      accessKeyId: string
      secretAccessKey: string
    }
