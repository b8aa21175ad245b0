/**
 * Loaded before a node's program (`--import`): its wall clock is off by as many milliseconds as the file beside its
 * configuration says, from one moment to the next, as when an operator sets it. Timers and the monotonic clock go on.
 */
import { readFileSync } from 'node:fs'

const config = process.argv[2]
const RealDate = Date
const realNow = RealDate.now
let offset = 0

function read(): void {
  try {
    offset = Number(readFileSync(`${config}.clock`, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    offset = 0
  }
}

if (config !== undefined) {
  read()
  setInterval(read, 20).unref()
  RealDate.now = () => realNow() + offset
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: [], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
    apply: (target) => new target(target.now()).toString(),
  })
}
