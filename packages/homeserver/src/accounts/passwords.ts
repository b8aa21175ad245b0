/** Passwords at rest: argon2id in PHC string form. What may be one: password-strength.ts. */
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { limitExceeded } from '../errors.ts'
import { createFairQueue, QueueFull } from '../lib/fair-queue.ts'

export type HashParameters = { memory_kib: number; passes: number }

const argon2id = promisify(argon2) as (algorithm: string, parameters: Argon2Parameters) => Promise<Buffer>
const TAG_LENGTH = 32
/** A longer one is refused unread: hashing time must not grow with what a stranger sends. */
export const MAX_PASSWORD_BYTES = 1_024
/** Printed in the README for the demo network; anywhere else it would be a door left open. */
export const DEMO_PASSWORD = 'enlace-demo'
/** Each running hash takes `memory_kib`; more wait in line, by address in turns; past the line people are asked to come back. */
const QUEUE = { running: 2, waiting: 256, perGroup: 32 }

/** In whose line a hash waits. */
export type HashLane = { group: string; trusted?: boolean }

export function createPasswordHasher(parameters: HashParameters) {
  const queue = createFairQueue(QUEUE)

  async function derive(
    lane: HashLane,
    password: string,
    nonce: Buffer,
    use: HashParameters,
    tagLength: number,
  ) {
    try {
      return await queue.run(lane, () =>
        argon2id('argon2id', {
          message: Buffer.from(password, 'utf8'),
          nonce,
          parallelism: 1,
          tagLength,
          memory: use.memory_kib,
          passes: use.passes,
        }),
      )
    } catch (error) {
      throw error instanceof QueueFull ? limitExceeded(2_000) : error
    }
  }

  async function hash(password: string, lane: HashLane): Promise<string> {
    const salt = randomBytes(16)
    const tag = await derive(lane, password.normalize('NFC'), salt, parameters, TAG_LENGTH)
    return `$argon2id$v=19$m=${parameters.memory_kib},t=${parameters.passes},p=1$${unpadded(salt)}$${unpadded(tag)}`
  }

  return {
    hash,
    /** Compares in constant time. Without a stored hash the same work is done, so that the answer's delay tells nothing. */
    async verify(password: string, stored: string | undefined, lane: HashLane): Promise<boolean> {
      if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false
      const known = stored === undefined ? undefined : parsePhc(stored)
      // One keyboard writes an accent as a letter, another as a letter and a sign. What older hashes were made of is tried too.
      for (const form of new Set([password.normalize('NFC'), password])) {
        const { salt, tag, ...use } = known ?? { ...parameters, salt: randomBytes(16), tag: undefined }
        const made = await derive(lane, form, salt, use, tag?.length ?? TAG_LENGTH)
        if (tag && timingSafeEqual(made, tag)) return true
      }
      return false
    },
    /** True when the stored hash was made with other parameters than today's: hash again at the next login. */
    isOutdated(stored: string): boolean {
      const known = parsePhc(stored)
      return known?.memory_kib !== parameters.memory_kib || known.passes !== parameters.passes
    },
  }
}

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

function parsePhc(text: string): (HashParameters & { salt: Buffer; tag: Buffer }) | undefined {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,5}),p=1\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{16,})$/.exec(text)
  if (!match) return undefined
  const [, memory, passes, salt, tag] = match
  return {
    memory_kib: Number(memory),
    passes: Number(passes),
    salt: Buffer.from(salt!, 'base64'),
    tag: Buffer.from(tag!, 'base64'),
  }
}
