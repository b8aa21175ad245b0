import { z } from 'zod'
import type { StoredSession } from './stored-session.ts'

/** How an attempt to sign in ended. Every failure has a sentence in `words`. */
export type LoginOutcome =
  | { kind: 'ok'; session: StoredSession }
  | { kind: 'wrong_password' }
  | { kind: 'locked' }
  | { kind: 'deactivated' }
  | { kind: 'too_many'; waitSeconds: number }
  | { kind: 'offline' }
  | { kind: 'server'; status: number }

const answerSchema = z.object({
  user_id: z.string(),
  device_id: z.string(),
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in_ms: z.number().optional(),
})
const errorSchema = z.object({ errcode: z.string(), retry_after_ms: z.number().optional() })

/**
 * What people type or paste: `registro.hn`, ` Registro.hn `, or the whole `@registro.hn:server`, with signs that are not
 * seen in between. A server's name is lower case; a name of one's own is lower case on servers that know nothing of this.
 */
export function normalizeUser(typed: string): string {
  const plain = typed
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}\p{Variation_Selector}\s]/gu, '')
    .replace(/[。｡]/gu, '.')
    .toLowerCase()
  return plain.includes(':') && !plain.startsWith('@') ? `@${plain}` : plain
}

/** Client-server API, "POST /login" with `m.login.password` and refresh tokens. `deviceId` keeps the device after a soft logout. */
export async function login(
  baseUrl: string,
  user: string,
  password: string,
  options: { deviceId?: string; deviceName: string; fetch?: typeof fetch },
): Promise<LoginOutcome> {
  let response: Response
  let body: unknown
  try {
    response = await (options.fetch ?? fetch)(`${baseUrl}/_matrix/client/v3/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: normalizeUser(user) },
        password,
        refresh_token: true,
        initial_device_display_name: options.deviceName,
        ...(options.deviceId ? { device_id: options.deviceId } : {}),
      }),
    })
    body = await response.json().catch(() => undefined)
  } catch {
    return { kind: 'offline' }
  }
  if (response.ok) {
    const answer = answerSchema.safeParse(body)
    if (!answer.success) return { kind: 'server', status: response.status }
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
    }
  }
  const error = errorSchema.safeParse(body)
  const code = error.success ? error.data.errcode : ''
  if (response.status === 429 || code === 'M_LIMIT_EXCEEDED') {
    const wait = error.success ? (error.data.retry_after_ms ?? 60_000) : 60_000
    return { kind: 'too_many', waitSeconds: Math.max(1, Math.ceil(wait / 1000)) }
  }
  if (code === 'M_USER_LOCKED') return { kind: 'locked' }
  if (code === 'M_USER_DEACTIVATED' || code === 'M_USER_SUSPENDED') return { kind: 'deactivated' }
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
