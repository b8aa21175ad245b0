/** The cookie by which a sign-in at a provider belongs to one browser: nobody goes on with what another one began. */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Incoming } from '../types.ts'

const COOKIE = 'enlace_provider'
const LIFETIME_S = 30 * 60

export const browserOf = (req: Incoming): string | undefined =>
  new RegExp(`(?:^|; )${COOKIE}=([\\w-]{43})(?:;|$)`).exec(req.headers.cookie ?? '')?.[1]

/** @param base under which this node is reached */
export function keepBrowser(req: Incoming, res: ServerResponse, base: string): string {
  const browser = browserOf(req) ?? randomBytes(32).toString('base64url')
  // Lax: it must come along when the provider sends the person back.
  res.appendHeader(
    'Set-Cookie',
    `${COOKIE}=${browser}; Path=/oauth2; Max-Age=${LIFETIME_S}; HttpOnly; SameSite=Lax${base.startsWith('https:') ? '; Secure' : ''}`,
  )
  return browser
}
