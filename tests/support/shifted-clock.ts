/**
 * Loaded before a node's program (`--import`): its wall clock is off by as many milliseconds as the file beside its
 * configuration says, from one moment to the next, as when an operator sets it. Timers and the monotonic clock go on.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const config = process.argv[2] === '--config' ? process.argv[3] : process.argv[2]
const RealDate = Date
const realNow = RealDate.now
let offset = Number.NaN

function wanted(): number {
  try {
    return Number(readFileSync(`${config}.clock`, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return 0
  }
}

function read(): void {
  const now = wanted()
  if (now === offset) return
  offset = now
  // The test waits for it: what it does next is done by the new clock.
  writeFileSync(`${config}.clock.taken`, String(offset))
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
