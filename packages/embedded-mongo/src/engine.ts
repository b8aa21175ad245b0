/**
 * Executes commands in batches. All commands that arrived within one turn share a transaction and are answered after its
 * COMMIT (group commit): one fsync for many writers, and no answer tells of something that a crash could undo. Each
 * writing command has a savepoint: the failure of one does not touch the others.
 */

import { type Encodable, encodeDoc, type Fields } from './bson/encode.ts'
import { Int32, isNumber, numeric } from './bson/values.ts'
import { checkGeneric } from './commands/command.ts'
import { commands } from './commands/registry.ts'
import type { Command, CommandContext, CommandHost, Reply } from './commands/types.ts'
import { Cursors } from './cursors.ts'
import { MongoError } from './errors.ts'
import { Sessions, sessionKey } from './sessions.ts'
import { storageError } from './storage/sqlite.ts'
import { Store } from './storage/store.ts'
import { type Request, replyPrefix } from './wire.ts'

export type EngineOptions = {
  path: string
  /** the address clients know this server by */
  address: string
  warn: (message: string, details: Readonly<Record<string, unknown>>) => void
}

export type Job = { request: Request; connectionId: number; answer: (reply: Buffer | undefined) => void }

export class Engine implements CommandHost {
  readonly store: Store
  readonly cursors: Cursors = new Cursors()
  readonly sessions: Sessions
  readonly address: string
  readonly #warn: EngineOptions['warn']
  readonly started: number = Date.now()

  constructor(options: EngineOptions) {
    this.address = options.address
    this.#warn = options.warn
    this.store = new Store(options.path)
    this.sessions = new Sessions(this.store.file)
  }

  /** Runs a batch and answers each job, after the commit. */
  runBatch(jobs: readonly Job[]): void {
    const prepared = jobs.map((job) => this.#prepare(job))
    const writing = prepared.some((task) => task.command?.writes)
    let replies: Buffer[]
    try {
      if (writing) this.store.file.statement('BEGIN IMMEDIATE').run()
      replies = prepared.map((task) => this.#run(task))
      if (writing) this.store.file.statement('COMMIT').run()
      this.store.file.catalogChanged = false
    } catch (error) {
      // Nothing of the batch is in the file: every job is told so.
      this.#rollback()
      const failed = this.#errorReply(error)
      replies = prepared.map((task) => encodeDoc(failed, replyPrefix(task.job.request.reply)))
    }
    for (const [i, { job }] of prepared.entries())
      job.answer(job.request.reply === 'none' ? undefined : replies[i])
  }

  /** Work of the server itself (expiry) in a transaction of its own. */
  transaction<T>(work: () => T): T {
    this.store.file.statement('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.store.file.statement('COMMIT').run()
      this.store.file.catalogChanged = false
      return result
    } catch (error) {
      this.#rollback()
      throw storageError(error)
    }
  }

  #rollback(): void {
    // A full disk may have ended the transaction already.
    if (this.store.file.db.isTransaction) this.store.file.db.exec('ROLLBACK')
    this.store.restore()
  }

  #prepare(job: Job): Task {
    const name = job.request.body.keys().next().value ?? ''
    return { job, name, command: commands.get(name) }
  }

  #run(task: Task): Buffer {
    const { job, command } = task
    const prefix = replyPrefix(job.request.reply)
    let savepoint = false
    try {
      if (!command) throw new MongoError('CommandNotFound', `no such command: '${task.name}'`)
      checkGeneric(task.name, command, job.request.body)
      const context = this.#context(task)
      if (command.writes) {
        this.store.file.statement('SAVEPOINT command').run()
        savepoint = true
      }
      const reply = this.#runOnce(command, context)
      const bytes = encodeDoc({ ...reply, ok: 1 }, prefix)
      if (savepoint) this.store.file.statement('RELEASE command').run()
      return bytes
    } catch (error) {
      // Without its transaction the batch cannot go on: what follows would not be part of the commit.
      if (savepoint && !this.store.file.db.isTransaction) throw error
      if (savepoint) this.#undoCommand()
      return encodeDoc(this.#errorReply(error), prefix)
    }
  }

  #undoCommand(): void {
    this.store.file.statement('ROLLBACK TO command').run()
    this.store.file.statement('RELEASE command').run()
    this.store.restore()
  }

  #runOnce(command: Command, context: CommandContext): Reply {
    const txn = context.body.get('txnNumber')
    if (txn === undefined) return command.run(context)
    if (!context.session) throw new MongoError('InvalidOptions', 'txnNumber needs a session (lsid)')
    const number = isNumber(txn) ? BigInt(numeric(txn)) : 0n
    const earlier = this.sessions.replyTo(context.session, number)
    if (earlier) return earlier
    const reply = command.run(context)
    this.sessions.remember(context.session, number, reply)
    return reply
  }

  #context(task: Task): CommandContext {
    const { request, connectionId } = task.job
    const { body, sequences } = request
    const db = body.get('$db')
    if (typeof db !== 'string' || db === '' || /[/\\. "$\0]/.test(db.replace(/^\$external$/, 'external')))
      throw new MongoError('InvalidNamespace', `Invalid database name: '${String(db)}'`)
    const maxTime = body.get('maxTimeMS')
    const milliseconds = maxTime !== undefined && isNumber(maxTime) ? Number(numeric(maxTime)) : 0
    return {
      engine: this,
      name: task.name,
      db,
      body,
      sequences,
      connectionId,
      session: sessionKey(body.get('lsid')),
      deadline: milliseconds > 0 ? Date.now() + milliseconds : undefined,
    }
  }

  #errorReply(thrown: unknown): Fields {
    const error = storageError(thrown)
    if (error instanceof MongoError)
      return {
        ok: 0,
        errmsg: error.message,
        code: int32(error.code),
        codeName: error.codeName,
        ...(error.extra as Fields),
      }
    this.#warn('a command failed unexpectedly', { error: String((error as Error)?.stack ?? error) })
    return {
      ok: 0,
      errmsg: 'the server failed to run this command; its log says why',
      code: int32(1),
      codeName: 'InternalError',
    }
  }

  /** The reply to a frame whose document was refused before it became a command. */
  refusal(error: unknown, reply: Request['reply']): Buffer {
    return encodeDoc(this.#errorReply(error), replyPrefix(reply))
  }

  close(): void {
    this.cursors.clear()
    this.store.close()
  }
}

type Task = { job: Job; name: string; command: Command | undefined }

const int32 = (value: number): Encodable => new Int32(value)
