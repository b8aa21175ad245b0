/**
 * Executes commands in batches. All commands that arrived within one turn share a transaction and are answered after its
 * COMMIT (group commit): one fsync for many writers, and no answer tells of something that a crash could undo. Each
 * writing command has a savepoint: the failure of one does not touch the others. A command that takes longer than its slice
 * of a turn is put aside and goes on in a later one; what it has written by then is committed.
 */
import { type Encodable, encodeDoc, type Fields } from './bson/encode.ts'
import { Int32, isNumber, numeric } from './bson/values.ts'
import { checkGeneric } from './commands/command.ts'
import { commands } from './commands/registry.ts'
import type { Command, CommandContext, CommandHost, Reply } from './commands/types.ts'
import { Cursors } from './cursors.ts'
import { MongoError } from './errors.ts'
import { pace, type Steps } from './pace.ts'
import { Sessions, sessionKey } from './sessions.ts'
import { isFull, storageError } from './storage/sqlite.ts'
import { Store } from './storage/store.ts'
import { type Request, replyPrefix } from './wire.ts'

export type EngineOptions = {
  path: string
  /** the address clients know this server by */
  address: string
  warn: (message: string, details: Readonly<Record<string, unknown>>) => void
  /** how long one command may run before others have their turn; tests make it short */
  sliceMilliseconds?: number
  /** called when a write met a full disk, after it was undone */
  onFull?: () => void
  /** false: no more room may be taken */
  mayGrow?: () => boolean
}

export type Job = {
  request: Request
  connectionId: number
  answer: (reply: Buffer | undefined) => void
  /** nobody waits for the answer any more */
  gone?: () => boolean
}

/** A command on its way, or work of the server itself. */
type Task = {
  name: string
  writes: boolean
  job: Job | undefined
  command: Command | undefined
  context: CommandContext | undefined
  arrived: number
  /** undefined: not begun */
  steps: Steps<Reply> | undefined
}

/** A turn ends after this time, so that no client waits behind all others. */
const turnMilliseconds = 20
const readSlice = 10
/** Each slice of a writing command costs a commit. */
const writeSlice = 25
/** What a command gets when the turn's time is used up by those before it. */
const leastSlice = 1

export class Engine implements CommandHost {
  readonly store: Store
  readonly cursors: Cursors = new Cursors()
  readonly sessions: Sessions
  readonly address: string
  readonly started: number = Date.now()
  readonly #options: EngineOptions
  /** commands put aside, in the order in which they go on */
  readonly #aside: Task[] = []
  /** sessions with a retryable write under way: the same write sent again waits for it */
  readonly #writing = new Map<string, Task>()
  /** a write of this batch met a full disk */
  #full = false
  /** work for when the batch is committed, by the command that waits for it */
  readonly #afterCommit = new Map<CommandContext, () => void>()

  constructor(options: EngineOptions) {
    this.#options = options
    this.address = options.address
    this.store = new Store(options.path)
    this.sessions = new Sessions(this.store.file)
    if (this.store.file.lostLog) options.warn(this.store.file.lostLog, {})
    if (this.store.mayHaveDiscarded) this.background('discarded', () => this.store.emptyDiscarded())
  }

  /** There is work that was put aside. */
  get busy(): boolean {
    return this.#aside.length > 0
  }

  /** Runs a batch, and goes on with what was put aside. Whoever is done is answered, after the commit. */
  runBatch(jobs: readonly Job[]): void {
    const started = performance.now()
    const tasks = jobs.map((job) => this.#task(job))
    const done = new Map<Task, Buffer>()
    const later: Task[] = []
    const taking = [...tasks]
    let writing = false
    let resumed = 0
    const next = (): Task | undefined => {
      const fresh = taking.shift()
      if (fresh) return fresh
      // At least one of those put aside has its turn in each batch.
      if (resumed++ > 0 && performance.now() - started > turnMilliseconds) return undefined
      return this.#aside.shift()
    }
    const met: Task[] = []
    try {
      for (let task = next(); task; task = next()) {
        met.push(task)
        if (task.writes && !writing) {
          this.store.file.statement('BEGIN IMMEDIATE').run()
          writing = true
        }
        const reply = this.#step(task, started)
        if (reply) done.set(task, reply)
        else later.push(task)
      }
      if (writing) this.store.file.statement('COMMIT').run()
      this.store.file.catalogChanged = false
    } catch (error) {
      // Nothing of the batch is in the file: every command of it is told so.
      this.#noteFull(error)
      this.#rollback()
      const failed = this.#errorReply(error)
      for (const task of [...met, ...taking]) {
        this.#abandon(task)
        done.set(task, encodeDoc(failed, replyPrefix(task.job?.request.reply ?? 'none')))
      }
      later.length = 0
      this.#afterCommit.clear()
    } finally {
      pace.idle()
    }
    this.#doAfterCommit(done)
    this.#aside.push(...later)
    if (this.#full) this.#options.onFull?.()
    this.#full = false
    for (const [task, reply] of done) {
      this.#forget(task)
      task.job?.answer(task.job.request.reply === 'none' ? undefined : reply)
    }
  }

  afterCommit(context: CommandContext, work: () => void): void {
    this.#afterCommit.set(context, work)
  }

  #doAfterCommit(done: Map<Task, Buffer>): void {
    for (const [context, work] of this.#afterCommit) {
      try {
        work()
      } catch (error) {
        for (const task of done.keys())
          if (task.context === context)
            done.set(task, encodeDoc(this.#errorReply(error), replyPrefix(task.job?.request.reply ?? 'none')))
      }
    }
    this.#afterCommit.clear()
  }

  /** Work of the server itself, in a transaction per slice. Work of a name that is under way already is not begun again. */
  background(name: string, work: () => Steps<void>): void {
    if (this.#aside.some((task) => !task.job && task.name === name)) return
    const steps = function* (): Steps<Reply> {
      yield* work()
      return {}
    }
    this.#aside.push({
      name,
      writes: true,
      job: undefined,
      command: undefined,
      context: undefined,
      arrived: performance.now(),
      steps: steps(),
    })
  }

  #task(job: Job): Task {
    const name = job.request.body.keys().next().value ?? ''
    const command = commands.get(name)
    return {
      name,
      writes: command?.writes === true,
      job,
      command,
      context: undefined,
      arrived: performance.now(),
      steps: undefined,
    }
  }

  /** One slice. @returns the reply when the command is done */
  #step(task: Task, turnStarted: number): Buffer | undefined {
    const prefix = replyPrefix(task.job?.request.reply ?? 'none')
    let savepoint = false
    try {
      if (!task.writes && task.job?.gone?.()) {
        task.steps?.return({})
        return Buffer.alloc(0)
      }
      const slice = this.#options.sliceMilliseconds ?? (task.writes ? writeSlice : readSlice)
      const left = turnStarted + turnMilliseconds - performance.now()
      pace.begin(left > 0 ? slice : Math.min(slice, leastSlice), task.context?.deadline)
      if (task.writes) {
        this.store.file.statement('SAVEPOINT command').run()
        savepoint = true
      }
      const reply = this.#advance(task)
      const bytes = reply && encodeDoc({ ...reply, ok: 1 }, prefix)
      if (savepoint) this.store.file.statement('RELEASE command').run()
      return bytes
    } catch (error) {
      // Without its transaction the batch cannot go on: what follows would not be part of the commit.
      if (savepoint && !this.store.file.db.isTransaction) throw error
      if (savepoint) this.#undoSlice(task)
      this.#noteFull(error)
      if (!task.job)
        this.#options.warn(`the work '${task.name}' of the database failed`, {
          error: String(storageError(error)),
        })
      return encodeDoc(this.#errorReply(error), prefix)
    }
  }

  /** Begins a command or goes on with it. @returns its reply, or undefined when it is put aside */
  #advance(task: Task): Reply | undefined {
    if (!task.steps) {
      task.context ??= this.#context(task)
      const { context } = task
      if (context.deadline !== undefined && performance.now() > context.deadline)
        throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit')
      const begun = this.#begin(task, context)
      if (begun === 'later' || !isSteps(begun))
        return begun === 'later' ? undefined : this.#finished(task, begun)
      task.steps = begun
    }
    const { done, value } = task.steps.next()
    if (done) return this.#finished(task, value)
    const { context } = task
    const number = context && txnNumber(context)
    if (context?.session && number !== undefined)
      this.sessions.progress(context.session, number, context.progress?.() ?? {})
    return undefined
  }

  #begin(task: Task, context: CommandContext): Reply | Steps<Reply> | 'later' {
    const { command } = task
    if (!command) throw new MongoError('CommandNotFound', `no such command: '${task.name}'`)
    checkGeneric(task.name, command, context.body)
    if (command.grows?.(context.body) && this.#options.mayGrow?.() === false)
      throw new MongoError(
        'OutOfDiskSpace',
        'the disk is full: only deletes are accepted until there is room',
      )
    const number = txnNumber(context)
    if (number === undefined) return command.run(context)
    if (!context.session) throw new MongoError('InvalidOptions', 'txnNumber needs a session (lsid)')
    if (this.#writing.has(context.session)) return 'later'
    const earlier = this.sessions.replyTo(context.session, number)
    if (earlier && 'reply' in earlier) return earlier.reply
    context.resumed = earlier?.progress
    this.#writing.set(context.session, task)
    return command.run(context)
  }

  #finished(task: Task, reply: Reply): Reply {
    const { context } = task
    const number = context && txnNumber(context)
    if (context?.session && number !== undefined && this.#writing.get(context.session) === task)
      this.sessions.remember(context.session, number, reply)
    return reply
  }

  #forget(task: Task): void {
    const session = task.context?.session
    if (session !== undefined && this.#writing.get(session) === task) this.#writing.delete(session)
    if (task.writes && this.store.mayHaveDiscarded)
      this.background('discarded', () => this.store.emptyDiscarded())
  }

  /** A command of a batch that failed as a whole. */
  #abandon(task: Task): void {
    task.steps?.return({})
    if (!task.context?.undo) return
    try {
      this.store.file.statement('BEGIN IMMEDIATE').run()
      task.context.undo()
      this.store.file.statement('COMMIT').run()
      this.store.file.catalogChanged = false
    } catch {
      // What it began is taken back when the server starts the next time.
      this.#rollback()
    }
  }

  #undoSlice(task: Task): void {
    this.store.file.statement('ROLLBACK TO command').run()
    this.store.restore()
    try {
      task.context?.undo?.()
      this.store.file.statement('RELEASE command').run()
    } catch {
      this.store.file.statement('ROLLBACK TO command').run()
      this.store.file.statement('RELEASE command').run()
      this.store.restore()
    }
  }

  #noteFull(error: unknown): void {
    if (isFull(error)) this.#full = true
  }

  #rollback(): void {
    // A full disk may have ended the transaction already.
    if (this.store.file.db.isTransaction) this.store.file.db.exec('ROLLBACK')
    this.store.restore()
  }

  #context(task: Task): CommandContext {
    const { request, connectionId } = task.job!
    const { body, sequences } = request
    const db = body.get('$db')
    if (typeof db !== 'string' || db === '' || /[/\\. "$\0]/.test(db.replace(/^\$external$/, 'external')))
      throw new MongoError('InvalidNamespace', `Invalid database name: '${String(db)}'`)
    const maxTime = body.get('maxTimeMS')
    const milliseconds = maxTime !== undefined && isNumber(maxTime) ? Number(numeric(maxTime)) : 0
    const context: CommandContext = {
      engine: this,
      name: task.name,
      db,
      body,
      sequences,
      connectionId,
      session: sessionKey(body.get('lsid')),
      deadline: milliseconds > 0 ? task.arrived + milliseconds : undefined,
      limit(deadline) {
        context.deadline = deadline
        pace.deadline = deadline
      },
      resumed: undefined,
    }
    pace.deadline = context.deadline
    return context
  }

  #errorReply(thrown: unknown): Fields {
    const error = storageError(thrown)
    if (error instanceof MongoError) {
      if (error.codeName === 'DataCorruptionDetected') this.#options.warn(error.message, {})
      return {
        ok: 0,
        errmsg: error.message,
        code: int32(error.code),
        codeName: error.codeName,
        ...(error.extra as Fields),
      }
    }
    this.#options.warn('a command failed unexpectedly', { error: String((error as Error)?.stack ?? error) })
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

  /** Ends what was put aside, with an error that lets drivers try again. */
  interrupt(): void {
    const failed = this.#errorReply(new MongoError('InterruptedAtShutdown', 'the server is shutting down'))
    for (const task of this.#aside.splice(0)) {
      this.#abandon(task)
      if (task.job && task.job.request.reply !== 'none')
        task.job.answer(encodeDoc(failed, replyPrefix(task.job.request.reply)))
    }
  }

  close(): void {
    this.cursors.clear()
    this.store.close()
  }
}

const isSteps = (begun: Reply | Steps<Reply>): begun is Steps<Reply> => Symbol.iterator in begun

function txnNumber(context: CommandContext): bigint | undefined {
  const txn = context.body.get('txnNumber')
  if (txn === undefined) return undefined
  return isNumber(txn) ? BigInt(numeric(txn)) : 0n
}

const int32 = (value: number): Encodable => new Int32(value)
