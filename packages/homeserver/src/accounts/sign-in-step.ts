/**
 * Between the password and the second step of a sign-in. Nothing is kept: what the client brings back is a MAC over the
 * account, its password of that moment and the end of five minutes. By itself it opens nothing.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from '../context.ts'

/** What was right so far. */
export type FirstStep = 'password' | 'provider'

const LIFETIME_MS = 5 * 60_000

export const stepPurpose = (userId: string) => `second step|${userId}`

async function macOf(
  ctx: Context,
  nonce: string,
  expires: string,
  who: string,
  userId: string,
): Promise<Buffer> {
  const mark = await ctx.accounts.passwordMark(userId)
  return createHmac('sha256', ctx.tokens.macSecret)
    .update(JSON.stringify(['sign-in step', nonce, expires, who, mark]))
    .digest()
}

/** After the right password, or the word of the institution's provider. */
export async function beginStep(ctx: Context, userId: string, first: FirstStep): Promise<string> {
  const nonce = randomBytes(9).toString('base64url')
  const expires = String(ctx.clock.now() + LIFETIME_MS)
  const who = Buffer.from(`${first} ${userId}`).toString('base64url')
  return `${nonce}.${expires}.${who}.${(await macOf(ctx, nonce, expires, who, userId)).toString('base64url')}`
}

/** Whose first step was right; undefined when it was too long ago, or the password has changed since. */
export async function whoOfStep(
  ctx: Context,
  session: string,
): Promise<{ userId: string; first: FirstStep } | undefined> {
  const [nonce = '', expires = '', who = '', mac = ''] = session.split('.')
  const [first, userId = ''] = Buffer.from(who, 'base64url').toString().split(' ')
  const given = Buffer.from(mac, 'base64url')
  const right = await macOf(ctx, nonce, expires, who, userId)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const account = await ctx.accounts.get(userId)
  if (!account || account.deactivated || Number(expires) <= ctx.clock.now()) return undefined
  return { userId, first: first === 'provider' ? 'provider' : 'password' }
}
