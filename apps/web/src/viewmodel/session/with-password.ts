import { z } from 'zod'
import { type Failure, failureOf, RequestError } from '../../lib/failure.ts'
import type { AuthedRequest } from '../../lib/request.ts'

const challengeSchema = z.object({
  session: z.string(),
  completed: z.array(z.string()).default([]),
  errcode: z.string().optional(),
})

/** `factor_needed`: the password was right, and the second step is asked for again. */
export type PasswordOutcome = Failure | 'wrong_password' | 'factor_needed' | undefined
export type Asker = { request: AuthedRequest; userId: string }

/** Does what the server does only for whoever knows the password (client-server API, "User-Interactive Authentication"). */
export async function withPassword(
  session: Asker,
  method: string,
  path: string,
  body: object,
  password: string,
): Promise<PasswordOutcome> {
  return (await askWithPassword(session, method, path, body, password)).problem
}

/** As `withPassword`, for what has an answer. */
export async function askWithPassword(
  session: Asker,
  method: string,
  path: string,
  body: object,
  password: string,
): Promise<{ answer?: unknown; problem?: Exclude<PasswordOutcome, undefined> }> {
  try {
    return { answer: await session.request(method, path, body) }
  } catch (error) {
    const challenge = challengeOf(error)
    if (!challenge) return { problem: failureOf(error) }
    try {
      const auth = {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: session.userId },
        password,
        session: challenge.session,
      }
      return { answer: await session.request(method, path, { ...body, auth }) }
    } catch (second) {
      const again = challengeOf(second)
      if (again?.errcode === undefined && again?.completed.includes('m.login.password'))
        return { problem: 'factor_needed' }
      return {
        problem:
          second instanceof RequestError && second.httpStatus === 401 ? 'wrong_password' : failureOf(second),
      }
    }
  }
}

function challengeOf(error: unknown): z.output<typeof challengeSchema> | undefined {
  if (!(error instanceof RequestError) || error.httpStatus !== 401) return undefined
  const parsed = challengeSchema.safeParse(error.data)
  return parsed.success ? parsed.data : undefined
}
