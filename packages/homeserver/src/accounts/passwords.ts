/** Passwords: argon2id in PHC string form, and the rule of what may be one. */
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { limitExceeded, MatrixError } from '../errors.ts'

export type HashParameters = { memory_kib: number; passes: number }

const argon2id = promisify(argon2) as (algorithm: string, parameters: Argon2Parameters) => Promise<Buffer>
const TAG_LENGTH = 32
/** A longer one is refused unread: hashing time must not grow with what a stranger sends. */
const MAX_PASSWORD_BYTES = 1_024
const MIN_PASSWORD_LENGTH = 8
/** Printed in the README for the demo network; anywhere else it would be a door left open. */
const DEMO_PASSWORD = 'enlace-demo'
/** Each running hash takes `memory_kib`; more wait in line, and past the line people are asked to come back. */
const MAX_RUNNING = 2
const MAX_WAITING = 256

export function createPasswordHasher(parameters: HashParameters) {
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= MAX_RUNNING) {
      if (waiting.length >= MAX_WAITING) throw limitExceeded(2_000)
      await new Promise<void>((go) => waiting.push(go))
    } else running++
    try {
      return await work()
    } finally {
      // The place passes straight to the next in line, so `running` stays as it is.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  const derive = (password: string, nonce: Buffer, use: HashParameters, tagLength: number) =>
    inTurn(() =>
      argon2id('argon2id', {
        message: Buffer.from(password, 'utf8'),
        nonce,
        parallelism: 1,
        tagLength,
        memory: use.memory_kib,
        passes: use.passes,
      }),
    )

  async function hash(password: string): Promise<string> {
    const salt = randomBytes(16)
    const tag = await derive(password, salt, parameters, TAG_LENGTH)
    return `$argon2id$v=19$m=${parameters.memory_kib},t=${parameters.passes},p=1$${unpadded(salt)}$${unpadded(tag)}`
  }

  return {
    hash,
    /** Compares in constant time. Without a stored hash the same work is done, so that the answer's delay tells nothing. */
    async verify(password: string, stored: string | undefined): Promise<boolean> {
      if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false
      const known = stored === undefined ? undefined : parsePhc(stored)
      if (!known) {
        await derive(password, randomBytes(16), parameters, TAG_LENGTH)
        return false
      }
      const tag = await derive(password, known.salt, known, known.tag.length)
      return timingSafeEqual(tag, known.tag)
    },
    /** True when the stored hash was made with other parameters than today's: hash again at the next login. */
    isOutdated(stored: string): boolean {
      const known = parsePhc(stored)
      return known?.memory_kib !== parameters.memory_kib || known.passes !== parameters.passes
    },
  }
}

/** @throws M_WEAK_PASSWORD saying what is wrong */
export function checkPasswordStrength(
  password: string,
  options: { localpart: string; allowDemoPassword: boolean },
): void {
  const weak = (message: string) => new MatrixError(400, 'M_WEAK_PASSWORD', message)
  if (options.allowDemoPassword && password === DEMO_PASSWORD) return
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw weak('The password is too long.')
  if ([...password].length < MIN_PASSWORD_LENGTH) {
    throw weak(`Choose a password of at least ${MIN_PASSWORD_LENGTH} characters.`)
  }
  const folded = password.toLowerCase()
  if (folded === DEMO_PASSWORD) throw weak('That is the demonstration password. Choose another one.')
  if (folded === options.localpart) throw weak('The password must not be the user name.')
  if (new Set(folded).size < 3) throw weak('The password repeats the same characters. Choose another one.')
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
