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
  const usable = ctx.policy.byRosters && ctx.federation.roster(institution).usable
  for (const account of await ctx.accounts.list()) {
    if (account.userId === userId || account.deactivated || account.suspended) continue
    // What was noted counts as long as no roster says who coordinates.
    if (!usable && account.institution === institution && account.role === 'coordinator') {
      found.push(account.userId)
      continue
    }
    // Only of those whom a roster may name: ids of everybody else are not worked out for this.
    if (account.institution !== undefined && account.institution !== institution) continue
    const place = await ctx.policy.placeOf(account.userId)
    if (place.institution === institution && place.role === 'coordinator') found.push(account.userId)
  }
  return found
}

/** @throws M_FORBIDDEN with the rule `institution.last_coordinator` */
export async function checkNotLastCoordinator(
  ctx: Context,
  institution: string,
  userId: string,
): Promise<void> {
  if ((await otherCoordinators(ctx, institution, userId)).length > 0) return
  throw policyRefusal('institution.last_coordinator', institution, {
    es: 'Es la única coordinación activa de la institución. Nombre primero a otra persona como coordinadora.',
    en: 'This is the only active coordinator of the institution. Make somebody else a coordinator first.',
  })
}
