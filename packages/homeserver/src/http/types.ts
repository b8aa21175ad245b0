/** What other folders know of HTTP. Nothing here knows a service: whoever needs a face takes it without the rest. */
import type { Server } from 'node:http'

/** The account and device behind an access token. */
export type Requester = {
  userId: string
  deviceId: string
  isGuest: boolean
  isAdmin: boolean
  /** The OAuth client of the session; such a session confirms nothing with a password (`accounts/uia.ts`). */
  oauthClient?: string
}

export type RunningListener = {
  server: Server
  url: string
  serves: readonly string[]
  close(): Promise<void>
}
