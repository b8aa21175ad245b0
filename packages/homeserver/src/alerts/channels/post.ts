/** One POST: no redirects, a bounded answer that is thrown away, an end after 30 s. */
import { type Dispatcher, request } from 'undici'

export const ATTEMPT_MS = 30_000
const MAX_ANSWER = 64 * 1024

export async function post(
  url: string,
  args: { dispatcher: Dispatcher; headers: Record<string, string>; body: Buffer | string },
): Promise<{ status: number; headers: Record<string, string | string[] | undefined> }> {
  const answer = await request(url, {
    ...args,
    method: 'POST',
    headersTimeout: ATTEMPT_MS,
    bodyTimeout: ATTEMPT_MS,
    signal: AbortSignal.timeout(ATTEMPT_MS),
  })
  await answer.body.dump({ limit: MAX_ANSWER })
  return { status: answer.statusCode, headers: answer.headers }
}
