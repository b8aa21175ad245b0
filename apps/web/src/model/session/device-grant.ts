/**
 * Signing in with another device that is signed in already: this one shows a code, the other one approves it (RFC 8628, at the
 * node as OAuth provider).
 */
import { z } from 'zod'
import { createBackoff } from '../../lib/backoff.ts'
import { ENLACE } from '../../lib/request.ts'
import type { LoginOutcome } from './login.ts'

const metadataSchema = z.object({
  registration_endpoint: z.string(),
  device_authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  /** The session that comes of it is one of Enlace's own, not an OAuth client's. */
  'org.enlace.other_device': z.literal(true),
})
export type GrantPlaces = z.output<typeof metadataSchema>

const begunSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number().positive(),
  interval: z.number().positive().default(5),
})
const tokensSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
  'org.enlace.user_id': z.string(),
})
const refusalSchema = z.object({ error: z.string() })

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628, section 3.5: so much longer after each `slow_down`. */
const SLOWER_S = 5

/** What the other device is shown, or types. */
export type ShownCode = { userCode: string; page: string; link: string; until: number }
export type GrantEnd = 'denied' | 'expired' | 'refused'
export type Granted = Extract<LoginOutcome, { kind: 'ok' }>

export interface DeviceGrant {
  readonly shown: ShownCode
  /** Asks as often as it may until the other device has decided. @param onOnline whether the server answers meanwhile */
  wait(signal: AbortSignal, onOnline?: (online: boolean) => void): Promise<Granted | GrantEnd | 'stopped'>
}

type Network = {
  fetch?: typeof fetch
  now?(): number
  /** @returns after that time, or at once when it is stopped */
  pause?(ms: number, signal: AbortSignal): Promise<void>
}

/** Where this server lets a second device in; undefined where it does not, or does not answer. */
export async function grantPlaces(
  baseUrl: string,
  send: typeof fetch = fetch,
): Promise<GrantPlaces | undefined> {
  try {
    const response = await send(`${baseUrl}/_matrix/client/v1/auth_metadata`)
    return metadataSchema.parse(await response.json())
  } catch {
    return undefined
  }
}

/** A device whose session is over, and which is to go on with its keys: it shows that it is that one. */
export type Before = { deviceId: string; accessToken: string; baseUrl: string }
/** As the server takes them in a scope. */
const DEVICE_ID = /^[A-Za-z0-9._~-]{8,64}$/

/** @throws when the server does not answer, or has too many of them */
export async function beginDeviceGrant(
  places: GrantPlaces,
  names: { home: string; device: string; before?: Before | undefined },
  network: Network = {},
): Promise<DeviceGrant> {
  const { now = Date.now, pause = paused } = network
  const send = network.fetch ?? fetch
  const clientId = await register(places, names, send)
  const before = names.before && DEVICE_ID.test(names.before.deviceId) ? names.before : undefined
  const deviceId = before?.deviceId ?? newDeviceId()
  const begun = begunSchema.parse(
    await answerOf(
      send(places.device_authorization_endpoint, {
        method: 'POST',
        body: new URLSearchParams({
          client_id: clientId,
          scope: `urn:matrix:client:api:* urn:matrix:client:device:${deviceId}`,
        }),
      }),
    ),
  )
  // Refused, it is as another device would be that names this one: whoever lets it in is told so.
  if (before)
    await send(`${before.baseUrl}${ENLACE}/sign-in/device/${encodeURIComponent(begun.user_code)}/own`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: before.accessToken }),
    })
  const until = now() + begun.expires_in * 1000
  let intervalS = begun.interval

  async function ask(): Promise<Granted | GrantEnd | 'pending' | 'offline'> {
    let body: unknown
    try {
      const response = await send(places.token_endpoint, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: DEVICE_GRANT,
          device_code: begun.device_code,
          client_id: clientId,
        }),
      })
      if (response.status === 429 || response.status >= 500) return 'offline'
      body = await response.json()
    } catch {
      return 'offline'
    }
    const given = tokensSchema.safeParse(body)
    if (given.success) {
      const { access_token, refresh_token, expires_in, ...who } = given.data
      return {
        kind: 'ok',
        session: {
          userId: who['org.enlace.user_id'],
          deviceId,
          accessToken: access_token,
          refreshToken: refresh_token,
          expiresAt: expires_in === undefined ? undefined : now() + expires_in * 1000,
        },
      }
    }
    const refusal = refusalSchema.safeParse(body)
    switch (refusal.success ? refusal.data.error : '') {
      case 'slow_down':
        intervalS += SLOWER_S
        return 'pending'
      case 'authorization_pending':
        return 'pending'
      case 'access_denied':
        return 'denied'
      case 'expired_token':
        return 'expired'
      default:
        return 'refused'
    }
  }

  return {
    shown: {
      userCode: begun.user_code,
      page: begun.verification_uri,
      link: begun.verification_uri_complete,
      until,
    },
    async wait(signal, onOnline) {
      const backoff = createBackoff(intervalS * 1000, 60_000)
      let waitMs = intervalS * 1000
      for (;;) {
        await pause(waitMs, signal)
        if (signal.aborted) return 'stopped'
        const outcome = await ask()
        if (signal.aborted && typeof outcome !== 'object') return 'stopped'
        if (outcome === 'offline') {
          onOnline?.(false)
          // The code is over, and nobody can be asked whether it was used: it is begun anew.
          if (now() > until) return 'expired'
          waitMs = Math.max(intervalS * 1000, backoff.next())
          continue
        }
        onOnline?.(true)
        backoff.reset()
        if (outcome !== 'pending') return outcome
        if (now() > until) return 'expired'
        waitMs = intervalS * 1000
      }
    },
  }
}

async function register(
  places: GrantPlaces,
  names: { home: string; device: string },
  send: typeof fetch,
): Promise<string> {
  const answer = await answerOf(
    send(places.registration_endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: names.device,
        client_uri: names.home,
        grant_types: [DEVICE_GRANT, 'refresh_token'],
        response_types: [],
        token_endpoint_auth_method: 'none',
        application_type: 'web',
      }),
    }),
  )
  return z.object({ client_id: z.string() }).parse(answer).client_id
}

async function answerOf(asked: Promise<Response>): Promise<unknown> {
  const response = await asked
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return response.json()
}

const newDeviceId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(10)), (one) => 'ABCDEFGHJKLMNPQRSTUVWXYZ'[one % 24]).join(
    '',
  )

const paused = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) return done()
    const timer = setTimeout(over, ms)
    signal.addEventListener('abort', over, { once: true })
    function over() {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      done()
    }
  })
