/**
 * Hashes passwords, one at a time, in a thread of its own that gives way to every other: what strangers ask for at the
 * door must not take the processor from those who are inside. It leaves the pool in which files are read and names looked up free.
 */
import { argon2Sync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { giveWay } from '../lib/give-way.ts'
import type { HashAnswer, HashQuestion } from './hash-threads.ts'

giveWay()

parentPort?.on('message', ({ message, nonce, memory, passes, tagLength }: HashQuestion) => {
  let answer: HashAnswer
  try {
    answer = { tag: argon2Sync('argon2id', { message, nonce, parallelism: 1, tagLength, memory, passes }) }
  } catch (error) {
    answer = { fault: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(answer)
})
