/** A node as a program that fails where nobody looks, when its parent says so: for the tests of `run.ts` and of the log. */
import mongoose from 'mongoose'
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
  'break a line': () => {
    for (const code of ['EPIPE', 'ECONNRESET'])
      void Promise.reject(Object.assign(new Error(`write ${code}`), { code, syscall: 'write' }))
    void Promise.reject(new mongoose.mongo.MongoNetworkError('connection 1 closed'))
  },
}
process.on('message', (name: string) => setImmediate(FAULTS[name]!))
await runHomeserver(process.argv[2]!)
process.send?.('running')
