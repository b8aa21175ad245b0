/** GET and POST /login (client-server API, "Login"), with Enlace's second step and passkeys (docs/enlace-api.md). */
import { z } from 'zod'
import { badJson, forbidden, MatrixError, missingParam } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Call, type Route, route } from '../../http/route.ts'
import { languageOf } from '../../oauth/pages/words.ts'
import { givenProof } from '../factors/schemas.ts'
import {
  ALONE,
  type Identified,
  noteBrowser,
  openSession,
  SECOND_FACTOR,
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
  /** Of `m.login.token`. */
  token: z.string().max(500).optional(),
  ...givenProof,
})
type LoginCall = Call<'none', undefined, undefined, typeof body>

/** `known`: of a browser that was looked at before. */
type Entering = Identified & { known?: boolean }

/** The whole sign-in was right. */
async function enter({ ctx, body, req, res }: LoginCall, { userId, way, known: knownBefore }: Entering) {
  const known = knownBefore ?? (await noteBrowser(ctx, req, res, userId))
  const account = await ctx.accounts.get(userId)
  const duty = account && way !== 'provider_and_factor' ? await ctx.factors.duty(account) : undefined
  return {
    ...(await openSession(ctx, userId, body, { with: way, address: req.ip ?? '', known })),
    ...(duty?.overdue ? { 'org.enlace.second_factor_due': true } : {}),
    ...(ctx.config.public_base_url
      ? { well_known: { 'm.homeserver': { base_url: ctx.config.public_base_url } } }
      : {}),
  }
}

async function withToken({ ctx, body }: LoginCall): Promise<Entering> {
  if (body.token === undefined) throw missingParam('Give the token.')
  const who = await ctx.oauth.takeLoginToken(body.token)
  const account = who && (await ctx.accounts.get(who.userId))
  if (!who || !account || account.deactivated)
    throw forbidden('That sign-in took too long, or was used already. Start again.')
  return who
}

/** With `legacy_login: off` other clients get no password to see: only this node's own page in a browser sends one. */
function isOwnClient({ ctx, req }: LoginCall): boolean {
  const { origin, host, 'sec-fetch-site': site } = req.headers
  if (site !== 'same-origin') return false
  // Browsers name the origin of what changes nothing only when it is another one.
  if (origin === undefined) return req.method === 'GET'
  const { public_base_url: home, sign_in: signIn } = ctx.config
  const own = home === undefined ? [] : [home, ...signIn.origins].map((one) => new URL(one).origin)
  return home === undefined ? URL.parse(origin)?.host === host : own.includes(origin)
}

function withLegacyPassword(call: LoginCall): Promise<Identified> {
  const { ctx, req } = call
  const elsewhere = ctx.config.legacy_login === 'off' && ctx.oauth.baseOf(req) !== undefined
  if (elsewhere && !isOwnClient(call))
    throw forbidden('This server has its own page to sign in: choose to continue in the browser.')
  return withPassword(call)
}

const WITH: Record<string, (call: LoginCall) => Promise<Entering>> = {
  'm.login.password': withLegacyPassword,
  'm.login.token': withToken,
  [SECOND_FACTOR]: withSecondFactor,
  [PASSKEY]: withPasskey,
}

/** Institutions' own providers, as clients list them (client-server API, "SSO client login"). */
function providersFor({ oauth }: LoginCall['ctx'], languages: string | undefined) {
  const all = oauth.providers.offered()
  if (all.length === 0) return {}
  const language = languageOf(languages)
  return {
    identity_providers: all.map(({ id, name, away }) => ({
      id,
      name: name[language],
      'org.enlace.name': name,
      ...(away ? { 'org.enlace.away': true } : {}),
    })),
  }
}

export const loginRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/login'),
    auth: 'none',
    handler({ ctx, req }) {
      const offered = ctx.oauth.baseOf(req) !== undefined
      const passwords = ctx.config.legacy_login === 'on' || !offered || isOwnClient({ ctx, req } as LoginCall)
      return {
        flows: [
          ...(passwords ? [{ type: 'm.login.password' }] : []),
          ...(ctx.factors.passkeysOffered ? [{ type: PASSKEY }] : []),
          // What it leads to is the node's own page, which clients that know of OAuth like better (MSC3824).
          ...(offered
            ? [
                {
                  type: 'm.login.sso',
                  oauth_aware_preferred: true,
                  'org.matrix.msc3824.delegated_oidc_compatibility': true,
                  ...providersFor(ctx, req.headers['accept-language']),
                },
                { type: 'm.login.token' },
              ]
            : []),
        ],
      }
    },
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
