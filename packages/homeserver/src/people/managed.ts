/** Whom a coordinator may do something about: accounts of this node that are of their institution, and of no other. */
import type { AccountRecord } from '../accounts/types.ts'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'

/**
 * Both must agree: what was noted when the account was made, and, where somebody is on a roster, the roster. A roster alone
 * does not do: whoever signs one could write other institutions' people on it, and take over their accounts.
 */
export async function belongsTo(ctx: Context, institution: string, account: AccountRecord): Promise<boolean> {
  if (account.deactivated || account.institution !== institution) return false
  const place = await ctx.policy.placeOf(account.userId)
  return place.institution === undefined || place.institution === institution
}

/** @throws M_NOT_FOUND, alike for those who are not there and those who are of somebody else */
export async function accessPerson(
  ctx: Context,
  institution: string,
  userId: string,
): Promise<AccountRecord> {
  const account = ctx.accounts.isLocal(userId) ? await ctx.accounts.get(userId) : undefined
  if (account && (await belongsTo(ctx, institution, account))) return account
  throw notFound('Esa persona no es de su institución. / That person is not of your institution.')
}
