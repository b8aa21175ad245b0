/** What errors of sockets, HTTP and TLS mean for another attempt. */
import type { Outcome } from '../types.ts'

/** Never the message of an error: it may name an address. */
export function networkFailure(error: unknown): Outcome {
  const codes: string[] = []
  for (let one: unknown = error; typeof one === 'object' && one !== null && codes.length < 5; ) {
    const { code, name, cause } = one as { code?: unknown; name?: unknown; cause?: unknown }
    codes.push(String(code ?? ''), String(name ?? ''))
    one = cause
  }
  const has = (pattern: RegExp) => codes.some((code) => pattern.test(code))
  if (has(/^ENLACE_PRIVATE_ADDRESS$/)) return { result: 'failed', reason: 'private_address' }
  if (has(/CERT|TLS|SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_/)) return { result: 'retry', reason: 'tls' }
  if (has(/TIMEOUT|TIMEDOUT|TimeoutError|AbortError/i)) return { result: 'retry', reason: 'timed_out' }
  return { result: 'retry', reason: 'unreachable' }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
export function retryAfterMs(value: string | string[] | undefined, now: number): number | undefined {
  const text = Array.isArray(value) ? value[0] : value
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

/** 408, 425, 429 and 5xx may pass; another refusal will be the same next time. */
export function httpFailure(status: number, afterMs?: number): Outcome {
  if (status >= 300 && status < 400) return { result: 'failed', reason: 'redirected', status }
  if (status >= 500 || [408, 425, 429].includes(status))
    return { result: 'retry', reason: 'refused', status, ...(afterMs === undefined ? {} : { afterMs }) }
  return { result: 'failed', reason: 'refused', status }
}
