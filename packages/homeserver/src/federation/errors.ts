/** What goes wrong between servers, as what a person here can be told of it. */
import { MatrixError } from '../errors.ts'

/** What a client is told. */
type Told = { status: number; errcode: string; error: string; extra: Record<string, unknown> }

export type PartnerAnswer = { status: number; body: Record<string, unknown> | undefined }

/** Codes that speak of the two servers' own business: they would mislead a client (one of them signs it out). */
const NOT_FOR_CLIENTS = new Set(['M_UNKNOWN_TOKEN', 'M_MISSING_TOKEN', 'M_UNAUTHORIZED', 'M_UNRECOGNIZED'])
const MAX_TEXT = 500

/**
 * A request to another server failed: no answer (`answer` undefined), or one that is not a success. As a `MatrixError`
 * it is what a client may be shown: the partner's refusal where it has one, else 502.
 */
export class FederationError extends MatrixError {
  readonly destination: string
  readonly answer: PartnerAnswer | undefined
  /** For the log: what happened on the wire. */
  readonly detail: string

  constructor(destination: string, detail: string, answer?: PartnerAnswer, told?: Told) {
    const shown = told ?? (answer && refusalOf(answer))
    super(
      shown?.status ?? 502,
      shown?.errcode ?? 'M_UNKNOWN',
      shown?.error ??
        (answer
          ? `The server ${destination} could not do what was asked. Try again later.`
          : `The server ${destination} could not be reached. Try again in some minutes.`),
      shown?.extra ?? {},
    )
    this.name = 'FederationError'
    this.destination = destination
    this.detail = detail
    this.answer = answer
  }

  /** The partner's error code; undefined when there was no answer or it had none. */
  get partnerCode(): string | undefined {
    const code = this.answer?.body?.['errcode']
    return typeof code === 'string' ? code : undefined
  }

  /** True when the partner understood and said no: asking again changes nothing. */
  get refused(): boolean {
    return this.answer !== undefined && this.answer.status >= 400 && this.answer.status < 500
  }
}

export const MALFORMED_ANSWER = 'ORG.ENLACE.MALFORMED_ANSWER'

/** The server answered, and what it answered is not what the specification says: its operator has to look, not ours. */
export class MalformedAnswer extends FederationError {
  constructor(destination: string, detail: string) {
    const message = {
      es: `El servidor ${destination} contestó algo que no se puede usar. Avise a quien lo administra; no es la red ni su equipo.`,
      en: `The server ${destination} gave an answer that cannot be used. Tell its operator; it is neither the network nor your device.`,
    }
    super(destination, `malformed answer: ${detail}`, undefined, {
      status: 502,
      errcode: MALFORMED_ANSWER,
      error: message.es,
      extra: { 'org.enlace.message': message },
    })
    this.name = 'MalformedAnswer'
  }
}

function refusalOf({ status, body }: PartnerAnswer): Told | undefined {
  const errcode = body?.['errcode']
  if (status < 400 || status >= 500 || status === 401 || typeof errcode !== 'string') return undefined
  if (!/^[A-Z0-9_.]{1,100}$/i.test(errcode) || NOT_FOR_CLIENTS.has(errcode)) return undefined
  const error = body?.['error']
  const extra: Record<string, unknown> = {}
  for (const key of ['room_version', 'retry_after_ms', 'org.enlace.rule', 'org.enlace.contact']) {
    const value = body?.[key]
    if ((typeof value === 'string' && value.length <= MAX_TEXT) || typeof value === 'number')
      extra[key] = value
  }
  const message = body?.['org.enlace.message'] as { es?: unknown; en?: unknown } | undefined
  if (typeof message?.es === 'string' && typeof message.en === 'string')
    extra['org.enlace.message'] = { es: message.es.slice(0, MAX_TEXT), en: message.en.slice(0, MAX_TEXT) }
  return {
    status,
    errcode,
    error: typeof error === 'string' ? error.slice(0, MAX_TEXT) : 'The other server refused.',
    extra,
  }
}
