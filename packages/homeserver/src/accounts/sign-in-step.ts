/**
 * Between the password and the second step of a sign-in. Nothing is kept: what the client brings back is a MAC over the
 * account, its password of that moment and the end of five minutes. By itself it opens nothing.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from '../context.ts'

const LIFETIME_MS = 5 * 60_000

export const stepPurpose = (userId: string) => `second step|${userId}`

async function macOf(ctx: Context, nonce: string, expires: string, userId: string): Promise<Buffer> {
  const mark = await ctx.accounts.passwordMark(userId)
  return createHmac('sha256', ctx.tokens.macSecret)
    .update(JSON.stringify(['sign-in step', nonce, expires, userId, mark]))
    .digest()
}

/** After the right password. */
export async function beginStep(ctx: Context, userId: string): Promise<string> {
  const nonce = randomBytes(9).toString('base64url')
  const expires = String(ctx.clock.now() + LIFETIME_MS)
  const user = Buffer.from(userId).toString('base64url')
  return `${nonce}.${expires}.${user}.${(await macOf(ctx, nonce, expires, userId)).toString('base64url')}`
}

/** Whose password was right; undefined when it was too long ago, or has changed since. */
export async function userOfStep(ctx: Context, session: string): Promise<string | undefined> {
  const [nonce = '', expires = '', user = '', mac = ''] = session.split('.')
  const userId = Buffer.from(user, 'base64url').toString()
  const given = Buffer.from(mac, 'base64url')
  const right = await macOf(ctx, nonce, expires, userId)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const account = await ctx.accounts.get(userId)
  return account && !account.deactivated && Number(expires) > ctx.clock.now() ? userId : undefined
}
