/** The few client-server calls that set the demo network up, as any Matrix client would make them. */
import { setTimeout as delay } from 'node:timers/promises'

const ACROSS_MS = 60_000
const AGAIN_MS = 1_000

export class MatrixRequestError extends Error {
  readonly status: number
  readonly errcode: string
  constructor(status: number, errcode: string, message: string) {
    super(message)
    this.status = status
    this.errcode = errcode
  }
}

export type Session = { baseUrl: string; userId: string; accessToken: string }

export async function matrixRequest(
  baseUrl: string,
  method: string,
  path: string,
  body?: unknown,
  accessToken?: string,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(accessToken ? { Authorization: `Bearer ${accessToken}` } : {}),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const answer = (await response.json()) as Record<string, unknown>
  if (response.ok) return answer
  throw new MatrixRequestError(
    response.status,
    String(answer['errcode']),
    `${method} ${path}: ${String(answer['error'])}`,
  )
}

export async function login(baseUrl: string, user: string, password: string): Promise<Session> {
  const answer = await matrixRequest(baseUrl, 'POST', '/_matrix/client/v3/login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password,
    initial_device_display_name: 'Enlace',
  })
  return { baseUrl, userId: String(answer['user_id']), accessToken: String(answer['access_token']) }
}

export function call(
  session: Session,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  return matrixRequest(session.baseUrl, method, `/_matrix/client/v3${path}`, body, session.accessToken)
}

/** A request for which one server asks the other: on a busy machine that one may not have answered in time. Tried again for a minute. */
export async function callAcross(
  session: Session,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const until = Date.now() + ACROSS_MS
  for (;;) {
    try {
      return await call(session, method, path, body)
    } catch (error) {
      const isAway = error instanceof MatrixRequestError && error.status === 502
      if (!isAway || Date.now() > until) throw error
      await delay(AGAIN_MS)
    }
  }
}
