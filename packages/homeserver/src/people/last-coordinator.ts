/** An institution is never left without somebody who can run it: the one place where that is decided. */
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'

/** Others who could run the institution on this node at this moment: neither closed nor suspended. */
export async function otherCoordinators(
  ctx: Context,
  institution: string,
  userId: string,
): Promise<string[]> {
  const found: string[] = []
  for (const account of await ctx.accounts.list()) {
    if (account.userId === userId || account.deactivated || account.suspended) continue
    // Only of those whom a roster may name: ids of everybody else are not worked out for this.
    if (account.institution !== undefined && account.institution !== institution) continue
    if (await ctx.policy.coordinates(institution, account.userId)) found.push(account.userId)
  }
  return found
}

/** Without this person nobody could give accounts or sign the roster. */
export const isLastCoordinator = async (ctx: Context, institution: string, userId: string) =>
  (await ctx.policy.coordinates(institution, userId)) &&
  (await otherCoordinators(ctx, institution, userId)).length === 0

/** @throws M_FORBIDDEN with the rule `institution.last_coordinator` */
export async function checkNotLastCoordinator(
  ctx: Context,
  institution: string,
  userId: string,
): Promise<void> {
  if (!(await isLastCoordinator(ctx, institution, userId))) return
  throw policyRefusal('institution.last_coordinator', institution, {
    es: 'Es la única coordinación activa de la institución. Nombre primero a otra persona como coordinadora.',
    en: 'This is the only active coordinator of the institution. Make somebody else a coordinator first.',
  })
}
