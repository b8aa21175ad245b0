/** POST /account/password, /account/deactivate, and the contact identifiers this server does not keep. */
import { z } from 'zod'
import { MatrixError } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { authData, requireInteractiveAuth } from '../uia.ts'

const noContacts = () =>
  new MatrixError(403, 'M_THREEPID_DENIED', 'This server does not keep e-mail addresses or phone numbers.')

export const credentialRoutes: Route[] = [
  route({
    method: 'POST',
    path: clientPaths('/account/password'),
    auth: 'user',
    rateLimit: 'login',
    body: z.object({
      new_password: z.string().optional(),
      logout_devices: z.boolean().default(true),
      auth: authData.optional(),
    }),
    async handler({ ctx, requester, body, req }) {
      const { userId, deviceId } = requester
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: 'POST /account/password',
        requester,
        address: req.ip ?? '',
      })
      if (body.new_password === undefined) {
        throw new MatrixError(400, 'M_MISSING_PARAM', 'new_password: the new password is needed')
      }
      await ctx.accounts.setPassword(userId, body.new_password)
      if (body.logout_devices) {
        await ctx.oauth.forgetAllowed(userId)
        const others = (await ctx.devices.list(userId)).filter((device) => device.deviceId !== deviceId)
        await ctx.devices.remove(
          userId,
          others.map((device) => device.deviceId),
        )
      }
      return {}
    },
  }),
  route({
    method: 'POST',
    path: clientPaths('/account/deactivate'),
    auth: 'user',
    rateLimit: 'login',
    body: z.object({ auth: authData.optional(), erase: z.boolean().optional() }),
    async handler({ ctx, requester, body, req }) {
      const { userId } = requester
      await requireInteractiveAuth(ctx, {
        auth: body.auth,
        stages: ['m.login.password'],
        operation: 'POST /account/deactivate',
        requester,
        address: req.ip ?? '',
      })
      await ctx.accounts.deactivate(userId, { erase: body.erase === true })
      return { id_server_unbind_result: 'success' }
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/account/3pid'),
    auth: 'user',
    handler: () => ({ threepids: [] }),
  }),
  ...['/account/3pid', '/account/3pid/add', '/account/3pid/bind'].map((path) =>
    route({
      method: 'POST',
      path: clientPaths(path),
      auth: 'user',
      body: z.looseObject({}),
      handler: refuse,
    }),
  ),
  ...['/account/3pid/delete', '/account/3pid/unbind'].map((path) =>
    route({
      method: 'POST',
      path: clientPaths(path),
      auth: 'user',
      body: z.looseObject({}),
      handler: () => ({ id_server_unbind_result: 'success' }),
    }),
  ),
  ...['/register', '/account/password', '/account/3pid'].flatMap((base) =>
    ['email', 'msisdn'].map((medium) =>
      route({
        method: 'POST',
        path: clientPaths(`${base}/${medium}/requestToken`),
        auth: 'none',
        rateLimit: 'login',
        body: z.looseObject({}),
        handler: refuse,
      }),
    ),
  ),
]

function refuse(): never {
  throw noContacts()
}
