/** GET and POST /login (client-server API, "Login"). */
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { badJson, forbidden, MatrixError, missingParam } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { knownDevices, rememberDevice } from '../known-devices.ts'
import { userIdentifier } from '../uia.ts'

const body = z.object({
  type: z.string(),
  identifier: userIdentifier.optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  device_id: z.string().optional(),
  initial_device_display_name: z.string().optional(),
  refresh_token: z.boolean().optional(),
})

/** What /login and /register answer once the account is known. */
export async function openSession(
  ctx: Context,
  userId: string,
  wanted: { device_id?: string; initial_device_display_name?: string; refresh_token?: boolean },
): Promise<Record<string, unknown>> {
  const { deviceId } = await ctx.devices.open(userId, {
    deviceId: wanted.device_id,
    displayName: wanted.initial_device_display_name,
  })
  const tokens = await ctx.tokens.start(userId, deviceId, { refreshable: wanted.refresh_token === true })
  return { user_id: userId, home_server: ctx.serverName, device_id: deviceId, ...tokens }
}

export const loginRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/login'),
    auth: 'none',
    handler: () => ({ flows: [{ type: 'm.login.password' }] }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/login'),
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body,
    async handler({ ctx, body, req, res, signal }) {
      if (body.type !== 'm.login.password') {
        throw new MatrixError(400, 'M_UNKNOWN', 'This server does not offer that way of signing in.')
      }
      if (body.identifier && body.identifier.type !== 'm.id.user') {
        throw forbidden('The user name or the password is not right.')
      }
      const user = body.identifier ? body.identifier.user : body.user
      if (user === undefined) throw missingParam('Give a user name.')
      if (body.password === undefined) throw missingParam('Give a password.')
      if (body.device_id === '') throw badJson('device_id: must not be empty')
      // An unknown user takes the same path and the same time as a known one.
      const userId = ctx.accounts.userIdFrom(user) ?? '@'
      const knownDevice = knownDevices(ctx, req).find((one) => one.user === userId)?.device
      const place = { address: req.ip ?? '', knownDevice, signal }
      if ((await ctx.accounts.checkPassword(userId, body.password, place)) === 'wrong') {
        throw forbidden('The user name or the password is not right.')
      }
      rememberDevice(ctx, req, res, userId)
      return {
        ...(await openSession(ctx, userId, body)),
        ...(ctx.config.public_base_url
          ? { well_known: { 'm.homeserver': { base_url: ctx.config.public_base_url } } }
          : {}),
      }
    },
  }),
]
