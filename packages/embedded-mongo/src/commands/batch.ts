/** Batches of operations: insert, update and delete take many, and tell of each that was refused. */
import { decodeDoc } from '../bson/decode.ts'
import { type Doc, int, isDoc, type NumberValue, numeric } from '../bson/values.ts'
import { LocationError, MongoError } from '../errors.ts'
import { pace, type Steps } from '../pace.ts'
import { boolField } from './command.ts'
import type { CommandContext, Reply } from './types.ts'

const maxBatch = 100_000

/** The operations of a batch: in the body or as a document sequence. */
export function operations(
  context: CommandContext,
  field: string,
): { raw: Buffer | undefined; doc: () => Doc }[] {
  const sequence = context.sequences.get(field)
  const inline = context.body.get(field)
  for (const name of context.sequences.keys())
    if (name !== field)
      throw new LocationError(40415, `BSON field '${context.name}.${name}' is an unknown field.`)
  if (sequence) {
    if (sequence.length === 0 || sequence.length > maxBatch) throw batchSize(sequence.length)
    return sequence.map((raw) => ({ raw, doc: () => decodeDoc(raw) }))
  }
  if (!Array.isArray(inline))
    throw new LocationError(40414, `BSON field '${context.name}.${field}' is missing but a required field`)
  if (inline.length === 0 || inline.length > maxBatch) throw batchSize(inline.length)
  return inline.map((item) => {
    if (!isDoc(item)) throw new MongoError('TypeMismatch', `${field} must hold objects`)
    return { raw: undefined, doc: () => item }
  })
}

const batchSize = (size: number): MongoError =>
  new MongoError(
    'InvalidLength',
    `Write batch sizes must be between 1 and ${maxBatch}. Got ${size} operations.`,
  )

/** What a batch of operations has done so far: enough to go on after a crash, when the driver sends it again. */
export class Tally {
  /** operations that are done */
  done = 0
  n = 0
  nModified = 0
  readonly upserted: Reply[] = []
  readonly errors: Reply[] = []

  /** Goes on where the write had come before. */
  static of(context: CommandContext): Tally {
    const tally = new Tally()
    const before = context.resumed
    if (before) {
      const number = (name: string) => Number(numeric(before.get(name) as NumberValue))
      const list = (name: string) => (before.get(name) as Doc[]).map((doc) => Object.fromEntries(doc))
      tally.done = number('done')
      tally.n = number('n')
      tally.nModified = number('nModified')
      tally.upserted.push(...list('upserted'))
      tally.errors.push(...list('errors'))
    }
    context.progress = () => ({
      done: int(tally.done),
      n: int(tally.n),
      nModified: int(tally.nModified),
      upserted: tally.upserted,
      errors: tally.errors,
    })
    return tally
  }

  get writeErrors(): Reply {
    return this.errors.length > 0 ? { writeErrors: this.errors } : {}
  }
}

/**
 * Runs each operation; a refusal ends an ordered batch and is noted in an unordered one. Between two operations others may
 * have their turn, so an operation on one document is done within one slice.
 */
export function* eachOperation(
  context: CommandContext,
  tally: Tally,
  count: number,
  run: (i: number) => Steps<void> | undefined,
): Steps<void> {
  const ordered = context.body.get('ordered') === undefined || boolField(context.body, 'ordered')
  for (let i = tally.done; i < count; i++) {
    if (ordered && tally.errors.length > 0) return
    if (pace.over) yield
    try {
      const steps = run(i)
      if (steps) yield* steps
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      tally.errors.push({
        index: int(i),
        code: int(error.code),
        errmsg: error.message,
        ...(error.extra as Reply),
      })
    }
    tally.done = i + 1
    pace.document(4096)
  }
}
