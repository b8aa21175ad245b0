import { z } from 'zod'
import { type Failure, failureOf, RequestError } from '../../lib/failure.ts'
import type { Session } from '../../model/session/types.ts'

const challengeSchema = z.object({ session: z.string() })

export type PasswordOutcome = Failure | 'wrong_password' | undefined

/** Does what the server does only for whoever knows the password (client-server API, "User-Interactive Authentication"). */
export async function withPassword(
  session: Pick<Session, 'request' | 'userId'>,
  method: string,
  path: string,
  body: object,
  password: string,
): Promise<PasswordOutcome> {
  try {
    await session.request(method, path, body)
    return undefined
  } catch (error) {
    const challenge =
      error instanceof RequestError && error.httpStatus === 401
        ? challengeSchema.safeParse(error.data)
        : undefined
    if (!challenge?.success) return failureOf(error)
    try {
      await session.request(method, path, {
        ...body,
        auth: {
          type: 'm.login.password',
          identifier: { type: 'm.id.user', user: session.userId },
          password,
          session: challenge.data.session,
        },
      })
      return undefined
    } catch (second) {
      return second instanceof RequestError && second.httpStatus === 401
        ? 'wrong_password'
        : failureOf(second)
    }
  }
}
