/** Dynamic registration of clients (client-server API, "Client registration"; RFC 7591). */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { addressKey, createRateLimiter } from '../http/rate-limit.ts'
import { isLoopback } from './base.ts'
import type { OauthModels } from './models.ts'
import { redirectFault } from './redirects.ts'
import type { OauthClient, OauthClients } from './types.ts'

const MAX_CLIENTS = 5_000
/** A client that nobody signed in with is forgotten after a day, and sooner when there are many. */
const UNUSED_MS = 24 * 3_600_000
/** No sign-in takes so long. */
const UNDER_WAY_MS = 2 * 3_600_000
const NOTED_EVERY_MS = 600_000
const AT_ONCE = 500

const uri = z.url().max(1_000)
/** What is not understood is left out, as the specification asks. */
const metadataSchema = z.object({
  client_uri: uri,
  client_name: z.string().trim().min(1).max(100).optional(),
  logo_uri: uri.optional(),
  tos_uri: uri.optional(),
  policy_uri: uri.optional(),
  redirect_uris: z.array(z.string().min(1).max(1_000)).max(20).default([]),
  response_types: z.array(z.string().max(100)).max(20).default(['code']),
  grant_types: z.array(z.string().max(200)).max(20).default(['authorization_code']),
  token_endpoint_auth_method: z.string().max(100).optional(),
  application_type: z.enum(['web', 'native']).default('web'),
})

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const GRANTS = ['authorization_code', 'refresh_token', DEVICE_GRANT]

/** As RFC 7591, section 3.2.2, names it. */
export class ClientRefused extends Error {
  readonly code: 'invalid_client_metadata' | 'invalid_redirect_uri'
  constructor(code: ClientRefused['code'], message: string) {
    super(message)
    this.name = 'ClientRefused'
    this.code = code
  }
}
const bad = (message: string) => new ClientRefused('invalid_client_metadata', message)

export function createClients(
  ctx: Context,
  { Client }: Pick<OauthModels, 'Client'>,
  loopbackNode: boolean,
): OauthClients {
  const limiter = createRateLimiter(() => ctx.config.rate_limits === 'on', {
    onLimited: ctx.metrics.rateLimited,
  })

  function checked(given: unknown): Omit<OauthClient, 'client_id'> {
    const parsed = metadataSchema.safeParse(given)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!
      throw bad(`${issue.path.join('.')}: ${issue.message}`)
    }
    const metadata = parsed.data
    const home = new URL(metadata.client_uri)
    const own = (one: URL) => one.hostname === home.hostname || one.hostname.endsWith(`.${home.hostname}`)
    const atHome = loopbackNode && isLoopback(home.hostname)
    if ((home.protocol !== 'https:' && !atHome) || home.username !== '' || home.password !== '')
      throw bad('client_uri: must be an https address without a user')
    if (!atHome && !home.hostname.includes('.')) throw bad('client_uri: must name a whole host')
    for (const key of ['logo_uri', 'tos_uri', 'policy_uri'] as const) {
      const value = metadata[key]
      if (value === undefined) continue
      const one = new URL(value)
      if ((one.protocol !== 'https:' && !atHome) || one.username !== '' || one.password !== '' || !own(one))
        throw bad(`${key}: must be an https address on the host of client_uri`)
    }
    if (metadata.token_endpoint_auth_method !== undefined && metadata.token_endpoint_auth_method !== 'none')
      throw bad('token_endpoint_auth_method: only "none" is offered')
    const grants = GRANTS.filter((one) => metadata.grant_types.includes(one))
    const byCode = grants.includes('authorization_code')
    if (!byCode && !grants.includes(DEVICE_GRANT))
      throw bad('grant_types: must have authorization_code or the device code')
    if (!grants.includes('refresh_token')) throw bad('grant_types: must have refresh_token')
    if (byCode && !metadata.response_types.includes('code')) throw bad('response_types: must have code')
    if (byCode && metadata.redirect_uris.length === 0)
      throw new ClientRefused('invalid_redirect_uri', 'redirect_uris: at least one is needed')
    for (const one of metadata.redirect_uris) {
      const fault = redirectFault(one, home, metadata.application_type, loopbackNode)
      if (fault !== undefined) throw new ClientRefused('invalid_redirect_uri', `redirect_uris: ${fault}`)
    }
    return {
      ...Object.fromEntries(
        (['client_name', 'logo_uri', 'tos_uri', 'policy_uri'] as const).flatMap((key) =>
          metadata[key] === undefined ? [] : [[key, metadata[key]]],
        ),
      ),
      client_uri: metadata.client_uri,
      redirect_uris: [...new Set(metadata.redirect_uris)],
      response_types: byCode ? ['code'] : [],
      grant_types: grants,
      token_endpoint_auth_method: 'none',
      application_type: metadata.application_type,
    }
  }

  /** Those with a session are never deleted; the others are asked for again at their next sign-in. */
  async function removeUnused(olderThanMs: number): Promise<void> {
    for (let from = ''; ; ) {
      const some = await Client.find(
        { _id: { $gt: from }, asked_ts: { $lt: ctx.clock.now() - olderThanMs } },
        { _id: 1 },
      )
        .sort({ _id: 1 })
        .limit(AT_ONCE)
        .lean()
      if (some.length === 0) return
      from = some.at(-1)!._id
      const used = await ctx.devices.clientsInUse(some.map(({ _id }) => _id))
      const unused = some.map(({ _id }) => _id).filter((id) => !used.has(id))
      if (unused.length > 0)
        await Client.deleteMany({ _id: { $in: unused }, asked_ts: { $lt: ctx.clock.now() - olderThanMs } })
    }
  }

  return {
    async register(given, address) {
      const metadata = checked(given)
      const digest = createHash('sha256').update(JSON.stringify(metadata)).digest('base64url')
      const client: OauthClient = { client_id: digest.slice(0, 22), ...metadata }
      const now = ctx.clock.now()
      const known = await Client.findById(client.client_id).lean()
      if (known) {
        if (now - known.asked_ts > NOTED_EVERY_MS)
          await Client.updateOne({ _id: client.client_id }, { $set: { asked_ts: now } })
        return client
      }
      limiter.check('register', addressKey(address))
      if ((await Client.estimatedDocumentCount()) >= MAX_CLIENTS) {
        await removeUnused(UNDER_WAY_MS)
        if ((await Client.estimatedDocumentCount()) >= MAX_CLIENTS)
          throw new MatrixError(503, 'M_LIMIT_EXCEEDED', 'Too many new clients. Try again in an hour.', {
            retry_after_ms: 3_600_000,
          })
      }
      await Client.updateOne(
        { _id: client.client_id },
        { $set: { metadata: client, asked_ts: now } },
        { upsert: true },
      )
      return client
    },
    async find(id) {
      return (await Client.findById(id).lean())?.metadata
    },
    trim: () => removeUnused(UNUSED_MS),
  }
}
