/** The few client-server calls that set the demo network up, as any Matrix client would make them. */

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
