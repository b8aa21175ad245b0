/** `oidc-provider`, set up for one address: codes, PKCE and device codes are its work, tokens the node's. */
import { errors, interactionPolicy, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { openSession } from '../accounts/sign-in.ts'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { adapterFor } from './adapter.ts'
import { DEVICE_GRANT } from './clients.ts'
import type { OauthKeys } from './keys.ts'
import type { OauthModels } from './models.ts'
import { isOwnOrigin } from './own-origin.ts'
import { deviceConfirmPage, deviceDonePage, deviceInputPage, errorPage } from './pages/device-pages.ts'
import { API_RESOURCE, API_SCOPES, askedScope } from './scopes.ts'
import type { Consent, OauthClients } from './types.ts'

export const PATHS = {
  authorization: '/oauth2/auth',
  code_verification: '/oauth2/device',
  device_authorization: '/oauth2/device/begin',
  jwks: '/oauth2/keys',
  token: '/oauth2/token',
  end_session: '/oauth2/end',
} as const
export const REGISTRATION = '/oauth2/register'
export const REVOCATION = '/oauth2/revoke'
export const INTERACTION = '/oauth2/interaction'
export const ACCOUNT = '/oauth2/account'

export const ACCOUNT_ACTIONS = [
  'org.matrix.profile',
  'org.matrix.devices_list',
  'org.matrix.device_view',
  'org.matrix.device_delete',
  'org.matrix.account_deactivate',
  'org.matrix.cross_signing_reset',
] as const

const INTERACTION_S = 30 * 60
const DEVICE_CODE_S = 10 * 60
const CODE_S = 60

export type Parts = {
  models: OauthModels
  clients: OauthClients
  keys: OauthKeys
  /** @returns what a person allowed, once */
  take(grant: string): Promise<Consent | undefined>
}

/** Nobody is signed in at the provider: a shared computer must not let the next person in with one press. */
function policy() {
  const all = interactionPolicy.base()
  all.get('login')?.checks.add(
    new interactionPolicy.Check('always', 'Sign in to go on.', 'login_required', ({ oidc }) => {
      if (!askedScope(oidc.params?.['scope'])) throw badScope(oidc.params?.['scope'])
      return oidc.result?.login
        ? interactionPolicy.Check.NO_NEED_TO_PROMPT
        : interactionPolicy.Check.REQUEST_PROMPT
    }),
  )
  return all
}

const badScope = (scope: unknown) =>
  new errors.InvalidScope(
    'ask for the whole client-server API and exactly one device of 8 to 64 plain characters',
    typeof scope === 'string' ? scope.slice(0, 300) : '',
  )

export function createProvider(ctx: Context, base: string, parts: Parts): Provider {
  const { keys } = parts
  /** Also of those whose session is about to begin at this moment. */
  const revoked = growingCache<string, true>(1_000)
  const provider = new Provider(`${base}/`, {
    adapter: (name: string) => adapterFor(name, { ...parts, clock: ctx.clock }),
    jwks: { keys: [keys.jwk as never] },
    clients: [],
    scopes: ['openid'],
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'none' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    subjectTypes: ['public'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    routes: PATHS,
    cookies: {
      keys: keys.cookies,
      names: { session: 'enlace_oauth', interaction: 'enlace_interaction', resume: 'enlace_resume' },
      long: { httpOnly: true, sameSite: 'lax', path: '/oauth2' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    ttl: {
      AuthorizationCode: CODE_S,
      DeviceCode: DEVICE_CODE_S,
      Interaction: INTERACTION_S,
      Session: INTERACTION_S,
      Grant: INTERACTION_S,
      AccessToken: CODE_S,
      IdToken: 600,
    },
    // Clients have no secret, and no cookie counts where tokens are given.
    clientBasedCORS: () => true,
    expiresWithSession: async () => false,
    issueRefreshToken: async () => false,
    interactions: { policy: policy(), url: (_ctx, { uid }) => `${INTERACTION}/${uid}` },
    discovery: {
      registration_endpoint: base + REGISTRATION,
      revocation_endpoint: base + REVOCATION,
      account_management_uri: base + ACCOUNT,
      account_management_actions_supported: [...ACCOUNT_ACTIONS],
    },
    async findAccount(_ctx, sub) {
      const account = await ctx.accounts.get(sub)
      if (!account || account.deactivated) return undefined
      return { accountId: sub, claims: async () => ({ sub }) }
    },
    async renderError(koa, out) {
      errorPage(koa, out)
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      // The scopes of Matrix are of the node as a resource: there a device's id may be in their name.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API_RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo({ oidc }, resource) {
          if (resource !== API_RESOURCE) throw new errors.InvalidTarget()
          const scope = oidc.params?.['scope']
          return {
            scope: typeof scope === 'string' ? scope : API_SCOPES.join(' '),
            accessTokenFormat: 'opaque',
            accessTokenTTL: CODE_S,
          }
        },
      },
      userinfo: { enabled: false },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        deviceInfo(koa) {
          const scope = koa.oidc.params?.['scope']
          if (!askedScope(scope)) throw badScope(scope)
          return {
            ip: koa.ip,
            ua: koa.get('user-agent').slice(0, 200),
            at: ctx.clock.now(),
          }
        },
        userCodeInputSource: async (koa, _form, _out, error) => deviceInputPage(koa, error),
        userCodeConfirmSource: async (koa, _form, client, deviceInfo, userCode) =>
          deviceConfirmPage(koa, { client, deviceInfo, userCode, now: ctx.clock.now() }),
        successSource: async (koa) => deviceDonePage(koa),
      },
    },
  })
  // Address and host are written into the request before it comes here (`oauth.ts`), never a stranger's.
  provider.proxy = true
  provider.use(async (koa, next) => {
    await next()
    const { oidc } = koa as Partial<KoaContextWithOIDC>
    if (!oidc) return
    // Whoever was signed in for this is not any more.
    if (/resume$/.test(oidc.route)) await oidc.session?.destroy()
    if (oidc.route === 'token' && koa.status === 200 && !isRefresh(oidc.params))
      await giveTokens(koa as never)
  })

  async function giveTokens(koa: KoaContextWithOIDC): Promise<void> {
    const { Grant: grant, Client: client } = koa.oidc.entities
    const consent = grant?.jti === undefined ? undefined : await parts.take(grant.jti)
    const account = consent && (await ctx.accounts.get(consent.userId))
    if (!consent || !account || account.deactivated || consent.client !== client?.clientId) {
      koa.status = 400
      koa.body = invalidGrant
      return
    }
    const asked = askedScope(
      koa.oidc.entities.DeviceCode?.params?.['scope'] ?? scopeOf(consent.deviceId, koa.body),
    )
    let session: Record<string, unknown>
    try {
      session = await openSession(
        ctx,
        consent.userId,
        {
          device_id: consent.deviceId,
          initial_device_display_name: consent.clientName,
          refresh_token: true,
          // Enlace's own client, let in by its code, has a session like every other of it: it may confirm what asks for a proof.
          oauth: {
            ...(byCodeOfOurs(koa) ? {} : { client: consent.client }),
            grant: keys.hash(consent.grant),
          },
        },
        { with: consent.way, address: koa.ip, known: consent.known },
      )
    } catch (error) {
      // Suspended meanwhile, or a device that cannot be: the client starts again.
      if (!(error instanceof MatrixError)) throw error
      koa.status = 400
      koa.body = invalidGrant
      return
    }
    if (revoked.has(consent.grant)) {
      await ctx.devices.remove(consent.userId, [consent.deviceId])
      koa.status = 400
      koa.body = invalidGrant
      return
    }
    koa.body = {
      ...(koa.body as object),
      ...tokenBody(session),
      scope: asked?.scope,
      ...(byCodeOfOurs(koa) ? { 'org.enlace.user_id': consent.userId } : {}),
    }
  }

  const byCodeOfOurs = (koa: KoaContextWithOIDC) =>
    koa.oidc.entities.DeviceCode !== undefined &&
    // As browsers say it, and other sites' pages cannot.
    isOwnOrigin(ctx, koa.req, koa.get('origin')) &&
    isOwnOrigin(ctx, koa.req, koa.oidc.entities.Client?.clientUri ?? '')

  provider.registerGrantType(
    'refresh_token',
    async (koa) => {
      const { client, params } = koa.oidc
      const given = params?.['refresh_token']
      try {
        const tokens = await ctx.tokens.refresh(
          typeof given === 'string' ? given : '',
          koa.ip,
          client?.clientId,
        )
        koa.body = tokenBody(tokens)
      } catch (error) {
        if (error instanceof MatrixError) throw new errors.InvalidGrant('refresh token is not valid')
        throw error
      }
    },
    ['refresh_token', 'scope'],
  )

  // A code that comes a second time was seen by somebody else: what it opened is shut.
  provider.on('grant.revoked', (_koa, grant) => {
    revoked.set(grant, true)
    void ctx.devices
      .byGrant(keys.hash(grant))
      .then((device) => device && ctx.devices.remove(device.userId, [device.deviceId]))
      .catch((error: unknown) => ctx.log.error({ err: error }, 'could not end the session of a grant'))
  })
  // Koa's own event, which the types of the provider do not name.
  const faults: NodeJS.EventEmitter = provider
  faults.on('error', (error: unknown) => ctx.log.error({ err: error }, 'OAuth request failed'))
  provider.on('server_error', (_koa, error) => ctx.log.error({ err: error }, 'OAuth request failed'))
  return provider
}

const invalidGrant = { error: 'invalid_grant', error_description: 'grant request is invalid' }

const isRefresh = (params: Record<string, unknown> | undefined) => params?.['grant_type'] === 'refresh_token'

function scopeOf(deviceId: string, body: unknown): string {
  const given = (body as { scope?: string }).scope ?? ''
  const unstable = given.includes('org.matrix.msc2967') && !given.includes(API_SCOPES[0])
  return `${given} urn:matrix:${unstable ? 'org.matrix.msc2967.' : ''}client:device:${deviceId}`
}

/** RFC 6749, section 5.1. */
function tokenBody(tokens: Record<string, unknown>): Record<string, unknown> {
  const { access_token, refresh_token, expires_in_ms } = tokens
  return {
    access_token,
    refresh_token,
    token_type: 'Bearer',
    ...(typeof expires_in_ms === 'number' ? { expires_in: Math.floor(expires_in_ms / 1000) } : {}),
  }
}

export const GRANT_TYPES = ['authorization_code', 'refresh_token', DEVICE_GRANT]
