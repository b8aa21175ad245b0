/**
 * Devices that have signed in before. A browser keeps a cookie that only this node can make and only who knew the password
 * gets; with it a person signs in while strangers guess at the account. It opens nothing by itself.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Context } from '../context.ts'

const COOKIE = 'enlace_known'
/** Where people sign in. */
const PATHS = ['/_matrix/client', '/oauth2']
const LIFETIME_S = 365 * 24 * 3600
/** People who share a browser, as at the desk of a shelter. */
const MAX_PEOPLE = 5

type Macs = { readonly tokens: Pick<Context['tokens'], 'macSecret'> }

const claims = z.object({ user: z.string(), device: z.string(), until: z.number() })
export type KnownDevice = z.output<typeof claims>

const macOf = (ctx: Macs, payload: string) =>
  createHmac('sha256', ctx.tokens.macSecret).update(`known device ${payload}`).digest()

function read(ctx: Macs, proof: string): KnownDevice | undefined {
  const [payload = '', mac = ''] = proof.split('.')
  const given = Buffer.from(mac, 'base64url')
  const right = macOf(ctx, payload)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const known = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return known.until > Date.now() ? known : undefined
}

function proofsIn(ctx: Macs, req: IncomingMessage): { proof: string; known: KnownDevice }[] {
  const value = new RegExp(`(?:^|; )${COOKIE}=([\\w.~-]{1,4000})(?:;|$)`).exec(req.headers.cookie ?? '')?.[1]
  return (value?.split('~') ?? []).slice(0, MAX_PEOPLE).flatMap((proof) => {
    const known = read(ctx, proof)
    return known ? [{ proof, known }] : []
  })
}

/** What the caller's browser has proof of. */
export const knownDevices = (ctx: Macs, req: IncomingMessage): KnownDevice[] =>
  proofsIn(ctx, req).map(({ known }) => known)

/** After the right password: the browser is known to be this person's from now on. */
export function rememberDevice(
  ctx: Macs,
  req: IncomingMessage & { secure?: boolean },
  res: ServerResponse,
  userId: string,
): void {
  const others = proofsIn(ctx, req).filter(({ known }) => known.user !== userId)
  const device = randomBytes(9).toString('base64url')
  const until = Date.now() + LIFETIME_S * 1000
  const payload = Buffer.from(JSON.stringify({ user: userId, device, until })).toString('base64url')
  const proof = `${payload}.${macOf(ctx, payload).toString('base64url')}`
  const value = [proof, ...others.map((one) => one.proof)].slice(0, MAX_PEOPLE).join('~')
  for (const path of PATHS)
    res.appendHeader(
      'Set-Cookie',
      `${COOKIE}=${value}; Path=${path}; Max-Age=${LIFETIME_S}; HttpOnly; SameSite=Strict${req.secure ? '; Secure' : ''}`,
    )
}
