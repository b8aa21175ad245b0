/** GET and POST /login (client-server API, "Login"), with Enlace's second step and passkeys (docs/enlace-api.md). */
import { z } from 'zod'
import { badJson, MatrixError } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Call, type Route, route } from '../../http/route.ts'
import { givenProof } from '../factors/schemas.ts'
import {
  ALONE,
  type Identified,
  noteBrowser,
  openSession,
  SECOND_FACTOR,
  type SignInCall,
  withPasskey,
  withPassword,
  withSecondFactor,
} from '../sign-in.ts'
import { userIdentifier } from '../uia.ts'

const PASSKEY = 'org.enlace.passkey'

const body = z.object({
  type: z.string(),
  identifier: userIdentifier.optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  session: z.string().max(1_000).optional(),
  device_id: z.string().optional(),
  initial_device_display_name: z.string().optional(),
  refresh_token: z.boolean().optional(),
  ...givenProof,
})
type LoginCall = Call<'none', undefined, undefined, typeof body>

/** The whole sign-in was right. */
async function enter({ ctx, body, req, res }: LoginCall, { userId, way }: Identified) {
  const known = await noteBrowser(ctx, req, res, userId)
  const account = await ctx.accounts.get(userId)
  const duty = account && (await ctx.factors.duty(account))
  return {
    ...(await openSession(ctx, userId, body, { with: way, address: req.ip ?? '', known })),
    ...(duty?.overdue ? { 'org.enlace.second_factor_due': true } : {}),
    ...(ctx.config.public_base_url
      ? { well_known: { 'm.homeserver': { base_url: ctx.config.public_base_url } } }
      : {}),
  }
}

const WITH: Record<string, (call: SignInCall) => Promise<Identified>> = {
  'm.login.password': withPassword,
  [SECOND_FACTOR]: withSecondFactor,
  [PASSKEY]: withPasskey,
}

export const loginRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/login'),
    auth: 'none',
    handler: ({ ctx }) => ({
      flows: [{ type: 'm.login.password' }, ...(ctx.factors.passkeysOffered ? [{ type: PASSKEY }] : [])],
    }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/login'),
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body,
    async handler(call) {
      const way = Object.hasOwn(WITH, call.body.type) ? WITH[call.body.type] : undefined
      if (!way) throw new MatrixError(400, 'M_UNKNOWN', 'This server does not offer that way of signing in.')
      if (call.body.device_id === '') throw badJson('device_id: must not be empty')
      return enter(call, await way(call))
    },
  }),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/sign-in/challenge',
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object({}),
    // The same for everybody: it names no account and no passkey.
    handler: ({ ctx }) => ctx.factors.challenge(ALONE),
  }),
]
