/** POST /register, GET /register/available, registration token validity (client-server API, "Account registration"). */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { forbidden, MatrixError, missingParam } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { rememberDevice } from '../known-devices.ts'
import { openSession } from '../sign-in.ts'
import { authData, isRegistrationToken, requireInteractiveAuth } from '../uia.ts'
import { localpartFrom } from '../user-ids.ts'

const query = z.object({ kind: z.string().optional() })
const body = z.object({
  auth: authData.optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  device_id: z.string().min(1).optional(),
  initial_device_display_name: z.string().optional(),
  inhibit_login: z.boolean().optional(),
  refresh_token: z.boolean().optional(),
})

const closed = () =>
  forbidden('Accounts on this server are made by its institution. Ask your coordinator for one.')

async function checkAvailable(ctx: Context, username: string): Promise<string> {
  const localpart = localpartFrom(username, ctx.serverName)
  if (await ctx.accounts.exists(`@${localpart}:${ctx.serverName}`)) {
    throw new MatrixError(
      400,
      'M_USER_IN_USE',
      'Ese nombre de usuario ya está en uso. Elija otro. / That user name is taken. Choose another one.',
    )
  }
  return localpart
}

export const registerRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/register'),
    auth: 'none',
    rateLimit: 'register',
    // Whoever has the token was asked to come; where anybody may, accounts are few for each address.
    successCounts: (ctx) => ctx.config.registration !== 'token',
    query,
    body,
    async handler({ ctx, query, body, req, res }) {
      if (ctx.config.registration === 'closed') throw closed()
      if (query.kind === 'guest') throw forbidden('This server has no guest accounts.')
      if (query.kind !== undefined && query.kind !== 'user') {
        throw new MatrixError(400, 'M_INVALID_PARAM', 'kind: must be "user"')
      }
      const localpart =
        body.username === undefined ? generatedLocalpart() : await checkAvailable(ctx, body.username)
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: [ctx.config.registration === 'token' ? 'm.login.registration_token' : 'm.login.dummy'],
        operation: 'POST /register',
        address: req.ip ?? '',
      })
      if (body.password === undefined) throw missingParam('Choose a password.')
      // Looked at only now: reading a password takes a while, which nobody gets by asking what there is to confirm.
      const { userId } = await ctx.accounts.create({ localpart, password: body.password })
      rememberDevice(ctx, req, res, userId)
      if (body.inhibit_login) return { user_id: userId, home_server: ctx.serverName }
      return openSession(ctx, userId, body, {
        with: 'registration',
        address: req.ip ?? '',
        known: true,
      })
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/register/available'),
    auth: 'none',
    rateLimit: 'login',
    query: z.object({ username: z.string() }),
    async handler({ ctx, query }) {
      if (ctx.config.registration === 'closed') throw closed()
      await checkAvailable(ctx, query.username)
      return { available: true }
    },
  }),
  route({
    method: 'GET',
    path: '/_matrix/client/v1/register/m.login.registration_token/validity',
    auth: 'none',
    rateLimit: 'login',
    query: z.object({ token: z.string() }),
    handler({ ctx, query }) {
      if (ctx.config.registration !== 'token') throw closed()
      return { valid: isRegistrationToken(ctx, query.token) }
    },
  }),
]

/** No more than a lower-case word nobody else has: 20 letters are unguessable and never taken. */
const generatedLocalpart = () =>
  Array.from({ length: 20 }, () => String.fromCharCode(97 + randomInt(26))).join('')
