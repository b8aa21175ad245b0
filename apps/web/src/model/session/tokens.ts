import { z } from 'zod'
import type { StoredSession } from './stored-session.ts'
import type { Tokens } from './types.ts'

const answerSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in_ms: z.number().optional(),
})

const MARGIN_MS = 60_000
const LOCK = 'enlace-tokens'

/** Runs one piece of work at a time among all tabs and workers of this browser. */
export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>

/** The next tab may get the lock a moment before it can read what the last one stored. */
const STORED_MS = 150

const acrossTabs: Exclusive = async <T>(work: () => Promise<T>): Promise<T> => {
  if (typeof navigator === 'undefined' || !navigator.locks) return work()
  const atOnce = await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) =>
    lock ? { result: await work() } : undefined,
  )
  if (atOnce) return atOnce.result
  return navigator.locks.request(LOCK, async () => {
    await new Promise((done) => setTimeout(done, STORED_MS))
    return work()
  })
}

export function createTokens(options: {
  baseUrl: string
  session: StoredSession
  fetch?: typeof fetch
  persist(session: StoredSession): unknown
  /** The session as another tab may have left it. */
  stored?(): StoredSession | undefined | Promise<StoredSession | undefined>
  exclusive?: Exclusive
  onChange?(accessToken: string): void
}): Tokens {
  const httpFetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  const exclusive = options.exclusive ?? acrossTabs
  let session = options.session
  let running: Promise<boolean> | undefined

  /** Takes over what another tab renewed meanwhile. @returns whether there was something */
  async function adopt(): Promise<boolean> {
    const kept = await options.stored?.()
    if (!kept || kept.userId !== session.userId || kept.deviceId !== session.deviceId) return false
    if (kept.accessToken === session.accessToken) return false
    session = kept
    options.onChange?.(kept.accessToken)
    return kept.expiresAt === undefined || kept.expiresAt > Date.now()
  }

  async function renew(): Promise<boolean> {
    if (await adopt()) return true
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
    try {
      await options.persist(next)
    } finally {
      // Even with a full disk this tab must not ask again with a refresh token that is used up.
      session = next
      options.onChange?.(access_token)
    }
    return true
  }

  const renewOnce = (): Promise<boolean> => {
    running ??= exclusive(renew).finally(() => {
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
      void options.persist(next)
      options.onChange?.(next.accessToken)
    },
  }
}
