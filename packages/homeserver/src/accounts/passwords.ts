/** Passwords at rest: argon2id in PHC string form. What may be one: password-strength.ts. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { limitExceeded } from '../errors.ts'
import { createFairQueue, QueueFull } from '../lib/fair-queue.ts'
import { createHashThreads, type HashThreads } from './hash-threads.ts'

export type HashParameters = { memory_kib: number; passes: number }

const TAG_LENGTH = 32
/** A longer one is refused unread: hashing time must not grow with what a stranger sends. */
export const MAX_PASSWORD_BYTES = 1_024
/** Printed in the README for the demo network; anywhere else it would be a door left open. */
export const DEMO_PASSWORD = 'enlace-demo'
/** Each running hash takes `memory_kib`, and one processor is left to everything else. */
const RUNNING = Math.min(4, Math.max(1, availableParallelism() - 1))
/** Waiting at most: of one address, of all of them, and as long as somebody at a keyboard waits for an answer. */
const LINE = { perGroup: 16, most: 128, least: 16, patienceMs: 5_000 }

/** In whose line a hash waits. Whoever has gone away is passed over. */
export type HashLane = { group: string; trusted?: boolean; signal?: AbortSignal }

export function createPasswordHasher(
  parameters: HashParameters,
  { threads = createHashThreads(), running = RUNNING }: { threads?: HashThreads; running?: number } = {},
) {
  /** How long one takes, as it was lately: on a busy machine the line is shorter, so that nobody waits longer. */
  let usualMs = 50
  const queue = createFairQueue({
    running,
    perGroup: LINE.perGroup,
    waiting: () => Math.min(LINE.most, Math.max(LINE.least, (LINE.patienceMs / usualMs) * running)),
  })

  async function derive(
    { group, trusted, signal }: HashLane,
    password: string,
    nonce: Buffer,
    use: HashParameters,
    tagLength: number,
  ) {
    try {
      return await queue.run({ group, trusted }, async () => {
        // Nobody hears this answer; what counts is that the next one's turn comes.
        if (signal?.aborted) throw limitExceeded(1_000)
        const began = performance.now()
        const message = Buffer.from(password, 'utf8')
        const tag = await threads.hash({
          message,
          nonce,
          tagLength,
          memory: use.memory_kib,
          passes: use.passes,
        })
        usualMs += (performance.now() - began - usualMs) / 8
        return tag
      })
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error
      throw limitExceeded(Math.max(1_000, Math.ceil((error.waiting * usualMs) / running)))
    }
  }

  /** One keyboard writes an accent as a letter, another as a letter and a sign; what is copied from a page has other spaces and wide digits. */
  const plainForm = (password: string) => password.normalize('NFKC').replace(/\p{Zs}/gu, ' ')

  async function hash(password: string, lane: HashLane): Promise<string> {
    const salt = randomBytes(16)
    const tag = await derive(lane, plainForm(password), salt, parameters, TAG_LENGTH)
    return `$argon2id$v=19$m=${parameters.memory_kib},t=${parameters.passes},p=1$${unpadded(salt)}$${unpadded(tag)}`
  }

  return {
    hash,
    close: () => threads.close(),
    /** Compares in constant time. Without a stored hash the same work is done, so that the answer's delay tells nothing. */
    async verify(password: string, stored: string | undefined, lane: HashLane): Promise<boolean> {
      if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false
      const known = stored === undefined ? undefined : parsePhc(stored)
      // What older hashes were made of is tried too.
      for (const form of new Set([plainForm(password), password.normalize('NFC'), password])) {
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
