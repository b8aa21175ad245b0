/** A node as a program that fails where nobody looks, when its parent says so: for the tests of `run.ts` and of the log. */
import { runHomeserver } from '../../run.ts'

class Telling extends Error {
  readonly document = { body: 'palabra-del-documento' }
}

const FAULTS: Record<string, () => void> = {
  throw: () => {
    throw new Telling('thrown where nobody catches')
  },
  reject: () => void Promise.reject(new Telling('rejected where nobody looks')),
  'reject with a text': () => void Promise.reject('palabra-del-documento'),
}
process.on('message', (name: string) => setImmediate(FAULTS[name]!))
await runHomeserver(process.argv[2]!)
process.send?.('running')
