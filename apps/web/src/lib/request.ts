import { RequestError } from './failure.ts'

/** Where Enlace's own endpoints are; the rest are Matrix's. */
export const ENLACE = '/_enlace/client/v1'

export type AuthedRequest = (method: string, path: string, body?: unknown) => Promise<unknown>
/** As `AuthedRequest`, for answers that are text: exports. */
export type TextRequest = (path: string) => Promise<string>

/** Requests with the session's token. @throws RequestError for an answer that is not a success */
export function createRequest(baseUrl: string, send: typeof fetch, token: () => string): AuthedRequest {
  return async (method, path, body) => {
    const response = await send(`${baseUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token()}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (!response.ok) throw new RequestError(response.status, answer)
    return answer
  }
}

export function createTextRequest(baseUrl: string, send: typeof fetch, token: () => string): TextRequest {
  return async (path) => {
    const response = await send(`${baseUrl}${path}`, { headers: { Authorization: `Bearer ${token()}` } })
    if (!response.ok) throw new RequestError(response.status, await response.json().catch(() => undefined))
    return response.text()
  }
}

/** @returns undefined where the server has no such endpoint: any other Matrix homeserver */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof RequestError && (error.httpStatus === 404 || error.httpStatus === 405))
      return undefined
    throw error
  }
}
