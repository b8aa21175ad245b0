import { z } from 'zod'
import type { StoredSession } from './stored-session.ts'

/**
 * Access tokens of one session. They last minutes; this renews them before they end and, when the server says one has
 * ended, once more after. Only one renewal runs at a time, and the new pair is stored before it is used.
 */
export interface Tokens {
  current(): string
  /** Renews when fewer than `marginMs` are left. Offline, the old token stays. */
  ensureFresh(marginMs?: number): Promise<void>
  /** After a 401 for `rejected`: whether another token can be tried. */
  recover(rejected: string): Promise<boolean>
  replace(session: StoredSession): void
}

const answerSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in_ms: z.number().optional(),
})

const MARGIN_MS = 60_000

export function createTokens(options: {
  baseUrl: string
  session: StoredSession
  fetch?: typeof fetch
  persist(session: StoredSession): void
  onChange?(accessToken: string): void
}): Tokens {
  const httpFetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  let session = options.session
  let running: Promise<boolean> | undefined

  async function renew(): Promise<boolean> {
    if (!session.refreshToken) return false
    const response = await httpFetch(`${options.baseUrl}/_matrix/client/v3/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refresh_token: session.refreshToken }),
    })
    if (!response.ok) {
      // 401 and 403 mean the session is over; anything else is the network's or the server's trouble.
      if (response.status === 401 || response.status === 403) return false
      throw new TypeError(`The session could not be renewed (${response.status}).`)
    }
    const { access_token, refresh_token, expires_in_ms } = answerSchema.parse(await response.json())
    const next: StoredSession = {
      ...session,
      accessToken: access_token,
      refreshToken: refresh_token ?? session.refreshToken,
      expiresAt: expires_in_ms === undefined ? undefined : Date.now() + expires_in_ms,
    }
    options.persist(next)
    session = next
    options.onChange?.(access_token)
    return true
  }

  const renewOnce = (): Promise<boolean> => {
    running ??= renew().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    current: () => session.accessToken,
    async ensureFresh(marginMs = MARGIN_MS) {
      if (session.expiresAt === undefined || session.expiresAt - Date.now() > marginMs) return
      // A renewal that fails leaves the decision to the request itself.
      await renewOnce().catch(() => false)
    },
    async recover(rejected) {
      if (session.accessToken !== rejected) return true
      return renewOnce()
    },
    replace(next) {
      session = next
      options.persist(next)
      options.onChange?.(next.accessToken)
    },
  }
}
