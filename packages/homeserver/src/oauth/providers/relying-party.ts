/**
 * One provider, as a client of it: `openid-client` with PKCE, state, nonce and the issuer's name in the answer. What it says of
 * itself is kept for a minute, its keys for one sign-in, so that new ones count at once.
 */
import { readFile } from 'node:fs/promises'
import * as client from 'openid-client'
import type { Clock } from '../../lib/clock.ts'
import { createOnce } from '../../lib/once.ts'
import type { Logger } from '../../log.ts'
import { isWhole } from './claims.ts'
import type { IdentityProvider } from './config.ts'

/** Discovery, keys, tokens, userinfo: nothing of it is large. */
const MAX_ANSWER = 512 * 1024
const TIMEOUT_S = 10
/** Whoever is sent there should find somebody: a provider that is gone is noticed by the next person after this. */
const FRESH_MS = 60_000
/** A provider that did not answer is left alone for so long. */
const RESTING_MS = 15_000

export class ProviderAway extends Error {}
/** The person, or the provider, said no. */
export class ProviderCanceled extends Error {}
export class ProviderFailed extends Error {}

export type Going = { url: string; state: string; nonce: string; verifier: string }

export interface RelyingParty {
  /** Whether it did not answer when it was asked last. Asks again by itself, now and then. */
  isAway(): boolean
  /** @throws ProviderAway */
  begin(redirect: string, language: string): Promise<Going>
  /** @throws ProviderAway, ProviderCanceled, ProviderFailed */
  finish(address: URL, going: Omit<Going, 'url'>): Promise<Readonly<Record<string, unknown>>>
}

async function readWhole(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MAX_ANSWER) throw new Error('the answer is too large')
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** The providers' own fetch, whose answers end. */
const boundedFetch: client.CustomFetch = async (url, options) => {
  const response = await fetch(url, { ...options, redirect: 'manual' } as RequestInit)
  const { status, statusText, headers } = response
  const body = await readWhole(response)
  return new Response(body.length === 0 ? null : body, { status, statusText, headers })
}

async function secretOf(provider: IdentityProvider): Promise<string | undefined> {
  if (provider.client_secret !== undefined) return provider.client_secret
  if (provider.client_secret_file !== undefined)
    return (await readFile(provider.client_secret_file, 'utf8')).trim()
  return provider.client_secret_env === undefined ? undefined : process.env[provider.client_secret_env]
}

/** What may be logged of a failure: codes, never what was sent or answered. */
function codeOf(error: unknown): string {
  const { code, error: said, name } = error as { code?: unknown; error?: unknown; name?: unknown }
  const text = [said, code, name].find((one) => typeof one === 'string') ?? 'unknown'
  return String(text)
    .replace(/[^\w.-]/g, '?')
    .slice(0, 60)
}

export function createRelyingParty(
  provider: IdentityProvider,
  { clock, log }: { clock: Clock; log: Pick<Logger, 'warn'> },
): RelyingParty {
  let known: { metadata: client.ServerMetadata; at: number } | undefined
  let failedAt: number | undefined
  const asking = createOnce<'discovery', client.ServerMetadata>()
  const isPlain = provider.issuer.startsWith('http:')

  const failed = (error: unknown, what: string) =>
    log.warn({ provider: provider.id, what, code: codeOf(error) }, 'an identity provider failed')

  function discover(): Promise<client.ServerMetadata> {
    return asking.run('discovery', async () => {
      try {
        const found = await client.discovery(
          new URL(provider.issuer),
          provider.client_id,
          undefined,
          client.None(),
          {
            execute: isPlain ? [client.allowInsecureRequests] : [],
            [client.customFetch]: boundedFetch,
            timeout: TIMEOUT_S,
          },
        )
        const metadata = { ...found.serverMetadata() }
        if (!metadata.authorization_endpoint || !metadata.token_endpoint || !metadata.jwks_uri)
          throw new Error('it has no endpoints for sign-in')
        known = { metadata, at: clock.monotonic() }
        failedAt = undefined
        return metadata
      } catch (error) {
        failedAt = clock.monotonic()
        failed(error, 'discovery')
        throw new ProviderAway(provider.id)
      }
    })
  }

  const isResting = () => failedAt !== undefined && clock.monotonic() - failedAt < RESTING_MS

  /** What it said of itself, no longer ago than that. @throws ProviderAway */
  async function metadata(maxAgeMs: number): Promise<client.ServerMetadata> {
    if (known && clock.monotonic() - known.at <= maxAgeMs) return known.metadata
    if (isResting()) throw new ProviderAway(provider.id)
    return discover()
  }

  async function configuration(maxAgeMs: number): Promise<client.Configuration> {
    const server = await metadata(maxAgeMs)
    let secret: string | undefined
    try {
      secret = await secretOf(provider)
    } catch (error) {
      failed(error, 'secret')
      throw new ProviderAway(provider.id)
    }
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const auth =
      secret === undefined
        ? client.None()
        : methods.includes('client_secret_basic')
          ? client.ClientSecretBasic(secret)
          : client.ClientSecretPost(secret)
    const config = new client.Configuration(
      server,
      provider.client_id,
      { [client.clockTolerance]: provider.clock_tolerance_s },
      auth,
    )
    if (isPlain) client.allowInsecureRequests(config)
    // The ID token's signature, though it comes by TLS from the provider itself.
    client.enableNonRepudiationChecks(config)
    config[client.customFetch] = boundedFetch
    config.timeout = TIMEOUT_S
    return config
  }

  return {
    isAway() {
      const isOld = !known || clock.monotonic() - known.at > FRESH_MS
      if (isOld && !isResting()) void discover().catch(() => undefined)
      return failedAt !== undefined
    },

    async begin(redirect, language) {
      const config = await configuration(FRESH_MS)
      const [state, nonce, verifier] = [
        client.randomState(),
        client.randomNonce(),
        client.randomPKCECodeVerifier(),
      ]
      const { acr } = provider.sufficient
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirect,
        scope: provider.scopes.join(' '),
        response_mode: 'query',
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ui_locales: language,
        ...(provider.prompt === 'off' ? {} : { prompt: provider.prompt }),
        ...(provider.second_factor === 'provider' && acr.length > 0 ? { acr_values: acr.join(' ') } : {}),
      })
      return { url: url.href, state, nonce, verifier }
    },

    async finish(address, { state, nonce, verifier }) {
      const config = await configuration(Number.POSITIVE_INFINITY)
      try {
        const tokens = await client.authorizationCodeGrant(config, address, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (!claims) throw new Error('no ID token')
        if (isWhole(provider, claims) || !config.serverMetadata().userinfo_endpoint) return claims
        const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
        // What the ID token says is signed, and stands.
        return { ...info, ...claims }
      } catch (error) {
        if (error instanceof client.AuthorizationResponseError && error.error === 'access_denied')
          throw new ProviderCanceled(provider.id)
        failed(error, 'sign-in')
        throw new ProviderFailed(codeOf(error))
      }
    },
  }
}
