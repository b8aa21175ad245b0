/** What a command is, and what it may use of the server. */
import type { Fields } from '../bson/encode.ts'
import type { Doc } from '../bson/values.ts'
import type { Cursors } from '../cursors.ts'
import type { Sessions } from '../sessions.ts'
import type { Store } from '../storage/store.ts'

/** The engine, as far as commands know it. */
export interface CommandHost {
  readonly store: Store
  readonly cursors: Cursors
  readonly sessions: Sessions
  /** the address clients know this server by */
  readonly address: string
  /** when the server was started, in milliseconds since the epoch */
  readonly started: number
}

export type Reply = Fields

export type CommandContext = {
  engine: CommandHost
  /** the command's name as registered */
  name: string
  db: string
  body: Doc
  sequences: ReadonlyMap<string, readonly Buffer[]>
  connectionId: number
  /** key of the logical session, when the client named one */
  session: string | undefined
  /** milliseconds since the epoch, from maxTimeMS */
  deadline: number | undefined
}

export type Command = {
  /** fields besides the generic ones; any other is refused */
  fields: readonly string[]
  /** needs the batch's transaction */
  writes: boolean
  /** may carry a txnNumber: applied once, however often it is sent */
  retryable?: boolean
  run(context: CommandContext): Reply
}
