/**
 * How commands share the one thread they run on. A scan asks after each document whether its slice of time is over and then
 * gives `pause` instead of a document; whoever drives it yields to the engine, which lets others run and goes on later.
 * What happens within one document cannot be cut, so it has a limit of its own.
 */
import { MongoError } from './errors.ts'

export const pause: unique symbol = Symbol('pause')
export type Pause = typeof pause

/** Work that yields now and then and goes on when it is asked to. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Units of work (documents, kilobytes, operators, elements) between two looks at the clock. */
const unitsPerLook = 64
/** How long the work within one document may take, of this thread's own time: a machine with much else to do is no reason. */
const documentMilliseconds = 500

function threadMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

class Pace {
  /** the slice of time is over */
  over = false
  #units = unitsPerLook
  #sliceEnd = Number.POSITIVE_INFINITY
  #deadline = Number.POSITIVE_INFINITY
  /** when the clock was first looked at within this document, and the thread's time then */
  #documentSince: { clock: number; thread: number } | undefined

  /**
   * A slice begins. At least `unitsPerLook` units are done in each, so everything gets on.
   * `deadline`: of the command, by `performance.now()`.
   */
  begin(milliseconds: number, deadline: number | undefined): void {
    this.over = false
    this.#units = unitsPerLook
    this.#sliceEnd = performance.now() + milliseconds
    this.#deadline = deadline ?? Number.POSITIVE_INFINITY
    this.#documentSince = undefined
  }

  /** Nobody waits: no slice and no limit. */
  idle(): void {
    this.begin(Number.POSITIVE_INFINITY, undefined)
  }

  set deadline(value: number | undefined) {
    this.#deadline = value ?? Number.POSITIVE_INFINITY
  }

  /** One document is done with. @throws MaxTimeMSExpired (50) */
  document(bytes: number): void {
    this.#documentSince = undefined
    this.#units -= 1 + (bytes >>> 10)
    if (this.#units > 0) return
    this.#look()
  }

  /** Work within a document. @throws MaxTimeMSExpired (50), ExceededTimeLimit (262) */
  work(units: number): void {
    this.#units -= units
    if (this.#units > 0) return
    const now = this.#look()
    if (this.#sliceEnd === Number.POSITIVE_INFINITY) return
    this.#documentSince ??= { clock: now, thread: threadMilliseconds() }
    const { clock, thread } = this.#documentSince
    if (now - clock > documentMilliseconds && threadMilliseconds() - thread > documentMilliseconds)
      throw new MongoError(
        'ExceededTimeLimit',
        `the work on one document takes longer than ${documentMilliseconds} ms; other clients would wait for it`,
      )
  }

  #look(): number {
    this.#units = unitsPerLook
    const now = performance.now()
    if (now > this.#sliceEnd) this.over = true
    if (now > this.#deadline) throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit')
    return now
  }
}

/** One thread runs one command at a time, so there is one pace. */
export const pace: Pace = new Pace()

/** The next of what may pause. */
export function* awaited<T>(next: () => T | Pause): Steps<T> {
  for (;;) {
    const item = next()
    if (item !== pause) return item
    yield
  }
}

/** Does all the work at once: for tests, and where nobody waits. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
