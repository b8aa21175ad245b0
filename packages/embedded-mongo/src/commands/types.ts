/** What a command is, and what it may use of the server. */
import type { Fields } from '../bson/encode.ts'
import type { Doc } from '../bson/values.ts'
import type { Cursors } from '../cursors.ts'
import type { Steps } from '../pace.ts'
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
  /** work that nobody waits for, done beside the commands */
  background(name: string, work: () => Steps<void>): void
  /** done before this batch is answered, when it is committed; what it throws is the answer */
  afterCommit(context: CommandContext, work: () => void): void
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
  /** when maxTimeMS ends, by `performance.now()` */
  deadline: number | undefined
  /** sets another deadline, for this command's next slices as well */
  limit(deadline: number): void
  /** how far a write that was retried after a crash had come, as `progress` told it */
  resumed: Doc | undefined
  /** how far this write has come; kept beside each part that is committed, when the write can be retried */
  progress?: () => Fields
  /** takes back what committed parts of this command have begun, once it has failed */
  undo?: () => void
}

export type Command = {
  /** fields besides the generic ones; any other is refused */
  fields: readonly string[]
  /** needs the batch's transaction */
  writes: boolean
  /** takes more room: refused while the disk is full, so that what remains is left for deletes */
  grows?: (body: Doc) => boolean
  /** may carry a txnNumber: applied once, however often it is sent */
  retryable?: boolean
  /** a command that may take long is done in steps: between two of them others run */
  run(context: CommandContext): Reply | Steps<Reply>
}
