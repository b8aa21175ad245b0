/** What an index is, and the keys it has of a document. */
import type { Doc } from '../bson/values.ts'
import type { Filter, Matcher } from '../filter/types.ts'

export type KeyPart = { path: string; parts: readonly string[]; descending: boolean }

export type IndexKeys = {
  keys: Buffer[]
  /** one flag per component: an array was met on its path */
  multikey: boolean[]
}

export type IndexSpec = {
  name: string
  /** as the client gave it: `{ room_id: 1, pos: -1 }` */
  key: Doc
  parts: readonly KeyPart[]
  unique: boolean
  sparse: boolean
  partial: { source: Doc; filter: Filter; matches: Matcher } | undefined
  expireAfterSeconds: number | undefined
  /** what `listIndexes` shows */
  source: Doc
}
