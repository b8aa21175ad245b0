import { z } from 'zod'
import { typedUserId } from '../../lib/user-id.ts'
import { type SuspensionNotice, suspensionIn } from '../reports/suspension.ts'
import type { StoredSession } from './stored-session.ts'

/** What the server asks for after the right password. */
export interface SecondStep {
  session: string
  methods: readonly ('totp' | 'passkey' | 'recovery_code')[]
  /** What a passkey has to sign. */
  passkey?: Record<string, unknown> | undefined
  /** Why what was given last did not count. */
  problem?: 'wrong' | 'used' | undefined
}

/** How an attempt to sign in ended. Every failure has a sentence in `words`. */
export type LoginOutcome =
  /** `due`: the role needs a second factor, and until there is one nothing else is open. */
  | { kind: 'ok'; session: StoredSession; due?: true }
  | { kind: 'second_step'; step: SecondStep }
  | { kind: 'step_expired' }
  | { kind: 'wrong_passkey' }
  | { kind: 'wrong_password' }
  | { kind: 'locked' }
  | { kind: 'deactivated' }
  | { kind: 'suspended'; notice?: SuspensionNotice }
  | { kind: 'too_many'; waitSeconds: number }
  | { kind: 'offline' }
  | { kind: 'server'; status: number }

const answerSchema = z.object({
  user_id: z.string(),
  device_id: z.string(),
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in_ms: z.number().optional(),
  'org.enlace.second_factor_due': z.boolean().optional(),
})
const errorSchema = z.object({
  errcode: z.string(),
  retry_after_ms: z.number().optional(),
  'org.enlace.second_factor': z.unknown().optional(),
})
const stepSchema = z.object({
  session: z.string(),
  methods: z.array(z.enum(['totp', 'passkey', 'recovery_code'])),
  passkey: z.record(z.string(), z.unknown()).optional(),
  problem: z.enum(['wrong', 'used']).optional(),
})

export type LoginOptions = { deviceId?: string; deviceName: string; fetch?: typeof fetch }

/** Client-server API, "POST /login" with `m.login.password` and refresh tokens. `deviceId` keeps the device after a soft logout. */
export const login = (
  baseUrl: string,
  user: string,
  password: string,
  options: LoginOptions,
): Promise<LoginOutcome> =>
  post(
    baseUrl,
    {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: typedUserId(user) },
      password,
    },
    options,
  )

/** After the right password. `proof`: `code`, `recovery_code` or `passkey`. */
export const loginSecondStep = (
  baseUrl: string,
  session: string,
  proof: object,
  options: LoginOptions,
): Promise<LoginOutcome> => post(baseUrl, { type: 'org.enlace.second_factor', session, ...proof }, options)

/** A passkey alone: it says by itself whose it is. */
export const loginWithPasskey = (
  baseUrl: string,
  passkey: unknown,
  options: LoginOptions,
): Promise<LoginOutcome> => post(baseUrl, { type: 'org.enlace.passkey', passkey }, options)

/** What came back in the address from an institution's own provider: good once, for half a minute. */
export const loginWithToken = (
  baseUrl: string,
  token: string,
  options: LoginOptions,
): Promise<LoginOutcome> => post(baseUrl, { type: 'm.login.token', token }, options)

/** An institution's own provider. `away`: it does not answer now. */
export type OfferedProvider = { id: string; name: { es: string; en: string }; away: boolean }

const providerSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    'org.enlace.name': z.object({ es: z.string(), en: z.string() }).optional(),
    'org.enlace.away': z.boolean().optional(),
  })
  .transform(({ id, name, ...more }) => ({
    id,
    name: more['org.enlace.name'] ?? { es: name, en: name },
    away: more['org.enlace.away'] ?? false,
  }))
const flowsSchema = z.object({
  flows: z.array(
    z.object({ type: z.string(), identity_providers: z.array(providerSchema).catch([]).optional() }),
  ),
})

/** What the server offers beside passwords. Offline: nothing. */
export async function offeredWays(
  baseUrl: string,
  send: typeof fetch = fetch,
): Promise<{ passkeys: boolean; providers: OfferedProvider[] }> {
  try {
    const { flows } = flowsSchema.parse(await (await send(`${baseUrl}/_matrix/client/v3/login`)).json())
    return {
      passkeys: flows.some(({ type }) => type === 'org.enlace.passkey'),
      providers: flows.flatMap(({ identity_providers }) => identity_providers ?? []),
    }
  } catch {
    return { passkeys: false, providers: [] }
  }
}

/** Where a browser goes to sign in at a provider, and comes back from. */
export const providerAddress = (baseUrl: string, id: string, back: string): string =>
  `${baseUrl}/_matrix/client/v3/login/sso/redirect/${encodeURIComponent(id)}?redirectUrl=${encodeURIComponent(back)}`

/** What a passkey has to sign to come in. @throws when the server gives none */
export async function passkeyChallenge(baseUrl: string, send: typeof fetch = fetch): Promise<unknown> {
  const response = await send(`${baseUrl}/_enlace/client/v1/sign-in/challenge`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
  })
  if (!response.ok) throw new Error('no challenge')
  return response.json()
}

async function post(
  baseUrl: string,
  wanted: { type: string } & Record<string, unknown>,
  options: LoginOptions,
): Promise<LoginOutcome> {
  let response: Response
  let body: unknown
  try {
    response = await (options.fetch ?? fetch)(`${baseUrl}/_matrix/client/v3/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        ...wanted,
        refresh_token: true,
        initial_device_display_name: options.deviceName,
        ...(options.deviceId ? { device_id: options.deviceId } : {}),
      }),
    })
    body = await response.json().catch(() => undefined)
  } catch {
    return { kind: 'offline' }
  }
  if (response.ok) return entered(body) ?? { kind: 'server', status: response.status }
  const error = errorSchema.safeParse(body)
  const code = error.success ? error.data.errcode : ''
  if (response.status === 429 || code === 'M_LIMIT_EXCEEDED') {
    const wait = error.success ? (error.data.retry_after_ms ?? 60_000) : 60_000
    return { kind: 'too_many', waitSeconds: Math.max(1, Math.ceil(wait / 1000)) }
  }
  const asked = error.success ? error.data['org.enlace.second_factor'] : undefined
  if (asked !== undefined) {
    const step = stepSchema.safeParse(asked)
    return step.success ? { kind: 'second_step', step: step.data } : { kind: 'step_expired' }
  }
  if (wanted.type === 'org.enlace.passkey' && response.status === 403 && code !== 'M_USER_SUSPENDED')
    return { kind: 'wrong_passkey' }
  if (code === 'M_USER_SUSPENDED') {
    const notice = suspensionIn(body)
    return { kind: 'suspended', ...(notice ? { notice } : {}) }
  }
  if (code === 'M_USER_LOCKED') return { kind: 'locked' }
  if (code === 'M_USER_DEACTIVATED') return { kind: 'deactivated' }
  if (response.status === 403 || response.status === 401 || response.status === 400)
    return { kind: 'wrong_password' }
  return { kind: 'server', status: response.status }
}

/** A name for the list of devices: browser and system, nothing that identifies the machine. */
export function deviceName(userAgent: string): string {
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrome\//.test(userAgent)
        ? 'Chrome'
        : /Safari\//.test(userAgent)
          ? 'Safari'
          : 'Navegador'
  const system = /Android/.test(userAgent)
    ? 'Android'
    : /iPhone|iPad/.test(userAgent)
      ? 'iOS'
      : /Windows/.test(userAgent)
        ? 'Windows'
        : /Mac OS X/.test(userAgent)
          ? 'macOS'
          : /Linux/.test(userAgent)
            ? 'Linux'
            : ''
  return `Enlace, ${browser}${system ? ` (${system})` : ''}`
}

/** What the server answers once it is certain who it is. */
export function entered(body: unknown): LoginOutcome | undefined {
  const answer = answerSchema.safeParse(body)
  if (!answer.success) return undefined
  const { user_id, device_id, access_token, refresh_token, expires_in_ms } = answer.data
  return {
    kind: 'ok',
    session: {
      userId: user_id,
      deviceId: device_id,
      accessToken: access_token,
      refreshToken: refresh_token,
      expiresAt: expires_in_ms === undefined ? undefined : Date.now() + expires_in_ms,
    },
    ...(answer.data['org.enlace.second_factor_due'] ? { due: true as const } : {}),
  }
}
