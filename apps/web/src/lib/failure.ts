// The small form: it is in the first download.
import { z } from 'zod/mini'
import { HeldError, type Hold } from './hold.ts'

/** Why something asked of the server did not happen. `words.failure` has a sentence with a next step for each. */
export type Failure =
  | { kind: 'offline' }
  | { kind: 'cancelled' }
  | { kind: 'too_many'; waitSeconds: number }
  | { kind: 'too_large' }
  /** This device has no room to keep it. */
  | { kind: 'storage_full' }
  /** The server's rules said no. `message` is the server's own sentence, in both languages, where it gave one. */
  | { kind: 'refused'; message?: { es: string; en: string }; contact?: string; rule?: string }
  /** This device itself keeps it back. */
  | { kind: 'held'; hold: Hold }
  | { kind: 'server'; status?: number }

const bilingual = z.object({
  es: z.string().check(z.maxLength(2000)),
  en: z.string().check(z.maxLength(2000)),
})
const bodySchema = z.object({
  errcode: z.optional(z.string()),
  error: z.optional(z.string()),
  retry_after_ms: z.optional(z.number()),
  'org.enlace.rule': z.optional(z.string()),
  'org.enlace.contact': z.optional(z.string()),
  'org.enlace.message': z.catch(z.optional(bilingual), undefined),
})

/** An answer of our own requests that is not a success. The SDK's `MatrixError` has the same two fields. */
export class RequestError extends Error {
  readonly httpStatus: number
  readonly data: unknown

  constructor(httpStatus: number, data: unknown) {
    super(`The server answered ${httpStatus}.`)
    this.name = 'RequestError'
    this.httpStatus = httpStatus
    this.data = data
  }
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: 'server' }
  if (error instanceof HeldError) return { kind: 'held', hold: error.hold }
  if (error.name === 'AbortError') return { kind: 'cancelled' }
  if (error.name === 'QuotaExceededError') return { kind: 'storage_full' }
  const status = 'httpStatus' in error && typeof error.httpStatus === 'number' ? error.httpStatus : undefined
  if (status === undefined) {
    return error.name === 'ConnectionError' || error instanceof TypeError
      ? { kind: 'offline' }
      : { kind: 'server' }
  }
  const parsed = bodySchema.safeParse('data' in error ? error.data : undefined)
  const body: z.output<typeof bodySchema> = parsed.success ? parsed.data : {}
  if (status === 429)
    return { kind: 'too_many', waitSeconds: Math.max(1, Math.ceil((body.retry_after_ms ?? 5_000) / 1000)) }
  // What is too many of something says so itself.
  if (status === 413 || body.errcode === 'M_TOO_LARGE')
    return body['org.enlace.message'] ? refused(body) : { kind: 'too_large' }
  // A partner's server answered nonsense: nobody's connection is to blame, and trying again does not help.
  if (body.errcode === 'ORG.ENLACE.MALFORMED_ANSWER') return refused(body)
  if (status === 502 || status === 503 || status === 504) return { kind: 'offline' }
  if (status >= 400 && status < 500) return refused(body)
  return { kind: 'server', status }
}

function refused(body: z.output<typeof bodySchema>): Failure {
  const message = body['org.enlace.message']
  return {
    kind: 'refused',
    ...(message ? { message } : {}),
    ...(body['org.enlace.contact'] ? { contact: body['org.enlace.contact'] } : {}),
    ...(body['org.enlace.rule'] ? { rule: body['org.enlace.rule'] } : {}),
  }
}

/** @returns why it did not work; undefined: it did */
export const failureIn = (work: Promise<unknown>): Promise<Failure | undefined> =>
  work.then(() => undefined, failureOf)

/** Whether trying the same again later can help without anyone doing anything. */
export function isTemporary(failure: Failure): boolean {
  // A member may be vouched for again, accepted or removed; a room without encryption stays without.
  if (failure.kind === 'held') return failure.hold.kind === 'unvouched' || failure.hold.kind === 'identity'
  return failure.kind === 'offline' || failure.kind === 'too_many' || failure.kind === 'server'
}
