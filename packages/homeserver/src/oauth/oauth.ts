/** The node as OAuth 2.0 provider: see README.md. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import type { Context } from '../context.ts'
import { unrecognized } from '../errors.ts'
import { adapterFor } from './adapter.ts'
import { baseOf, isLoopbackNode, loopbackBase } from './base.ts'
import { createClients } from './clients.ts'
import { openOauthKeys } from './keys.ts'
import { openOauthModels } from './models.ts'
import {
  ACCOUNT,
  ACCOUNT_ACTIONS,
  createProvider,
  GRANT_TYPES,
  PATHS,
  REGISTRATION,
  REVOCATION,
} from './provider.ts'
import { createIdentityProviders } from './providers/providers.ts'
import type { Consent, Incoming, Oauth } from './types.ts'

const CONSENT_MS = 15 * 60_000
const APPROVAL_MS = 10 * 60_000
const LOGIN_TOKEN_S = 30

export async function createOauth(ctx: Context): Promise<Oauth> {
  const models = await openOauthModels(ctx.db)
  const keys = await openOauthKeys(ctx.config.data_dir)
  const clients = createClients(ctx, models, isLoopbackNode(ctx.config))
  /** Where there is no `public_base_url`, the loopback's address as it was used last. */
  let lastBase: string | undefined = loopbackBase(ctx.config)
  const ownProviders = new Map<string, Provider>()
  const loginTokens = adapterFor('LoginToken', { models, clients, keys, clock: ctx.clock })
  const identityProviders = createIdentityProviders(ctx, { models, clients, keys })
  const now = () => ctx.clock.now()

  async function take(grant: string): Promise<Consent | undefined> {
    const doc = await models.Consent.findOneAndDelete({ _id: keys.hash(grant) }).lean()
    if (!doc || doc.until <= now()) return undefined
    return {
      grant,
      userId: doc.user_id,
      deviceId: doc.device_id,
      client: doc.client,
      clientName: doc.client_name,
      way: doc.with,
      known: doc.known,
    }
  }

  function providerFor(req: Incoming): { base: string; provider: Provider } {
    const base = baseOf(ctx.config, req)
    if (base === undefined) throw unrecognized(404)
    let provider = ownProviders.get(base)
    if (!provider) {
      provider = createProvider(ctx, base, { models, clients, keys, take })
      ownProviders.set(base, provider)
    }
    lastBase = base
    asReached(req, base)
    return { base, provider }
  }

  return {
    clients,
    providers: identityProviders,
    baseOf: (req) => baseOf(ctx.config, req),
    providerFor,

    async handle(req, res) {
      const { provider } = providerFor(req)
      // A code in the address is shown for the person to confirm, never sent by the page itself.
      const url = (req.url ?? '').replace(/^(\/oauth2\/device\?(?:[^#]*&)?)user_code=/, '$1shown_code=')
      Object.assign(req, { url, originalUrl: url })
      // A form that comes from no page of this browser: the page first (the library answers 500).
      const fromNowhere =
        (req.method === 'POST'
          ? url.split('?')[0] === PATHS.code_verification
          : /^\/oauth2\/device\/[^/?]/.test(url)) && !/(?:^|; )enlace_oauth=/.test(req.headers.cookie ?? '')
      if (fromNowhere) {
        res.writeHead(303, { Location: PATHS.code_verification }).end()
        return
      }
      const answered = new Promise<void>((done) => res.once('close', done))
      await provider.callback()(req, res as ServerResponse)
      if (!res.writableFinished) await answered
    },

    accountUrl() {
      const home = ctx.config.public_base_url
      const base = home === undefined ? lastBase : new URL(home).origin
      return base === undefined ? undefined : base + ACCOUNT
    },

    metadata(req) {
      const { base } = providerFor(req)
      return {
        issuer: `${base}/`,
        authorization_endpoint: base + PATHS.authorization,
        token_endpoint: base + PATHS.token,
        device_authorization_endpoint: base + PATHS.device_authorization,
        registration_endpoint: base + REGISTRATION,
        revocation_endpoint: base + REVOCATION,
        jwks_uri: base + PATHS.jwks,
        response_types_supported: ['code'],
        response_modes_supported: ['query', 'fragment'],
        grant_types_supported: GRANT_TYPES,
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        prompt_values_supported: ['login', 'consent'],
        account_management_uri: base + ACCOUNT,
        account_management_actions_supported: ACCOUNT_ACTIONS,
        // Enlace's own client gets a session of its own kind by a device's code.
        'org.enlace.other_device': true,
      }
    },

    async allow(consent) {
      await models.Consent.create({
        _id: keys.hash(consent.grant),
        user_id: consent.userId,
        device_id: consent.deviceId,
        client: consent.client,
        client_name: consent.clientName,
        with: consent.way,
        known: consent.known,
        until: now() + CONSENT_MS,
      })
    },

    async forgetAllowed(userId) {
      // Index {user_id}.
      await models.Consent.deleteMany({ user_id: userId })
    },

    async issueLoginToken(who) {
      const token = randomBytes(32).toString('base64url')
      await loginTokens.upsert(token, { who } as never, LOGIN_TOKEN_S)
      return token
    },

    async takeLoginToken(token) {
      const found = await loginTokens.find(token)
      if (!found || found.consumed) return undefined
      try {
        await loginTokens.consume(token)
      } catch {
        return undefined
      }
      return found['who'] as Awaited<ReturnType<Oauth['takeLoginToken']>>
    },

    async approveReset(userId) {
      await models.Approval.updateOne(
        { _id: `reset|${userId}` },
        { $set: { until: now() + APPROVAL_MS } },
        { upsert: true },
      )
    },

    async takeResetApproval(userId) {
      const doc = await models.Approval.findOneAndDelete({ _id: `reset|${userId}` }).lean()
      return doc !== null && doc.until > now()
    },

    async trim() {
      // Index {until} of each.
      const over = { until: { $lt: now() } }
      await models.Artifact.deleteMany(over)
      await models.Consent.deleteMany(over)
      await models.Approval.deleteMany(over)
      await clients.trim()
    },
  }
}

/** The provider makes links and cookies of what the request says: it is told the node's own address, and who really asks. */
function asReached(req: Incoming, base: string): void {
  const { host, protocol } = new URL(base)
  req.headers.host = host
  req.headers['x-forwarded-host'] = host
  req.headers['x-forwarded-proto'] = protocol.slice(0, -1)
  req.headers['x-forwarded-for'] = req.ip ?? ''
}
