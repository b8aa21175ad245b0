/**
 * The one error family of the homeserver: Matrix error code, HTTP status, and a sentence a person can act on: Spanish, a slash,
 * English. What only programs do wrong is in English alone.
 */
import { halvesOf } from '@enlace/directory/both-languages'
import type { BilingualText } from '@enlace/directory/text'

export class MatrixError extends Error {
  readonly status: number
  readonly errcode: string
  /** What is needed to go on is being asked for: nothing has been refused yet. */
  readonly isQuestion: boolean = false
  /** Further top-level fields of the JSON body, e.g. `retry_after_ms`, `soft_logout`. */
  readonly extra: Record<string, unknown>

  constructor(status: number, errcode: string, message: string, extra: Record<string, unknown> = {}) {
    super(message)
    this.name = 'MatrixError'
    this.status = status
    this.errcode = errcode
    // A sentence in both languages is told to each person in theirs.
    const halves = halvesOf(message)
    this.extra = halves ? { 'org.enlace.message': halves, ...extra } : extra
  }

  toJSON(): Record<string, unknown> {
    return { errcode: this.errcode, error: this.message, ...this.extra }
  }
}

export const forbidden = (message: string, extra?: Record<string, unknown>) =>
  new MatrixError(403, 'M_FORBIDDEN', message, extra)
export const notFound = (message: string) => new MatrixError(404, 'M_NOT_FOUND', message)
export const badJson = (message: string) => new MatrixError(400, 'M_BAD_JSON', message)
/** What a person did, or asked for, and can do otherwise: told in both languages. */
export const refusal = (status: number, errcode: string, message: BilingualText) =>
  new MatrixError(status, errcode, `${message.es} / ${message.en}`, { 'org.enlace.message': message })
export const notJson = () => new MatrixError(400, 'M_NOT_JSON', 'The body of the request is not valid JSON.')
export const invalidParam = (message: string) => new MatrixError(400, 'M_INVALID_PARAM', message)
export const missingParam = (message: string) => new MatrixError(400, 'M_MISSING_PARAM', message)
export const tooLarge = (message: string) => new MatrixError(413, 'M_TOO_LARGE', message)
export const unrecognized = (status: 404 | 405 = 404) =>
  new MatrixError(status, 'M_UNRECOGNIZED', 'This server does not know that endpoint.')
export const missingToken = () =>
  new MatrixError(401, 'M_MISSING_TOKEN', 'Ingrese primero. / Sign in first: no access token was given.')
export const unknownToken = (softLogout = false) =>
  new MatrixError(
    401,
    'M_UNKNOWN_TOKEN',
    'Esta sesión terminó. Ingrese de nuevo. / This session has ended. Sign in again.',
    {
      soft_logout: softLogout,
    },
  )
export const limitExceeded = (retryAfterMs: number) =>
  new MatrixError(
    429,
    'M_LIMIT_EXCEEDED',
    'Demasiadas solicitudes. Espere un momento e intente de nuevo. / Too many requests. Wait a moment and try again.',
    {
      retry_after_ms: retryAfterMs,
    },
  )

/**
 * A refusal by Enlace's own rules (topic policy, federation list). `errcode` stays M_FORBIDDEN so that any Matrix
 * client understands it; the rule, whom to ask, and the sentence in both languages are added beside it.
 */
export const policyRefusal = (rule: string, contact: string, message: BilingualText) =>
  new MatrixError(403, 'M_FORBIDDEN', message.es, {
    'org.enlace.rule': rule,
    'org.enlace.contact': contact,
    'org.enlace.message': message,
  })
