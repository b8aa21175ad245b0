/** Whom an institution has accounts for on this node, and which of them its signed roster confirms (docs/enlace-api.md, "Institution"). */
import type { BilingualText } from '@enlace/directory/text'
import type { CurrentRoster } from '@enlace/trust'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import { type Route, route } from '../http/route.ts'

/** The institution that the person coordinates: by its roster, or by what the operator said, until a roster says it. */
export async function coordinated(ctx: Context, userId: string): Promise<string> {
  const member = await ctx.policy.memberOf(userId)
  if (member.institution && member.role === 'coordinator') return member.institution.key
  const account = await ctx.accounts.get(userId)
  if (account?.institution !== undefined && account.role === 'coordinator') return account.institution
  throw policyRefusal('institution.coordinator', member.institution?.key ?? '', {
    es: 'La lista de quienes hablan por una institución la lleva su coordinación. Si usted coordina, pida a quien administra este servidor que lo anote en su cuenta.',
    en: 'The roster of those who speak for an institution is kept by its coordination. If you coordinate, ask whoever runs this server to note it on your account.',
  })
}

async function accountsOf(ctx: Context, institution: string) {
  const found: Record<string, unknown>[] = []
  for (const account of await ctx.accounts.list()) {
    if (account.deactivated) continue
    const { userId } = account
    const entry = await ctx.policy.rosterEntry(institution, userId)
    const claims = account.institution === institution
    if (!claims && !entry) continue
    const [profile, devices] = await Promise.all([ctx.profiles.get(userId), ctx.devices.list(userId)])
    const seen = devices.flatMap(({ lastSeenTs }) => lastSeenTs ?? [])
    found.push({
      user_id: userId,
      display_name: profile?.['displayname'] ?? null,
      claimed_role: (claims && account.role) || null,
      roster: entry ? { role: entry.role, since: entry.since, until: entry.until ?? null } : null,
      last_seen_ts: seen.length > 0 ? Math.max(...seen) : null,
    })
  }
  return found
}

const reasons: Record<'none' | 'no-key' | 'expired' | 'refused', BilingualText> = {
  none: {
    es: 'La institución tiene clave, pero todavía no publicó la lista de quienes hablan por ella. Agregue a las personas y publíquela.',
    en: 'The institution has a key but has not published the roster of those who speak for it yet. Add the people and publish it.',
  },
  'no-key': {
    es: 'La institución todavía no tiene clave propia en la lista de la red. Cree una en su dispositivo y pida a la coordinación de la red que la reconozca.',
    en: 'The institution has no key of its own on the network’s list yet. Make one on your device and ask the network’s coordination to recognise it.',
  },
  expired: {
    es: 'La lista está vencida: mientras tanto nadie habla por la institución. Fírmela de nuevo.',
    en: 'The roster has run out: until it is renewed nobody speaks for the institution. Sign it again.',
  },
  refused: {
    es: 'La lista que hay en el directorio no se pudo comprobar y no se aplica. Fírmela y publíquela de nuevo; si continúa, avise a quien administra el directorio.',
    en: 'The roster in the registry could not be verified and is not used. Sign and publish it again; if it goes on, tell whoever runs the registry.',
  },
}

function problemOf(ctx: Context, institution: string, current: CurrentRoster) {
  const known = ctx.federation.institutionProblems().find((one) => one.institution === institution)
  if (known) return { reason: known.reason, message: known.message }
  return current.usable ? null : { reason: current.reason, message: reasons[current.reason] }
}

export const peopleRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/institution/people',
    auth: 'user',
    async handler({ ctx, requester }) {
      const institution = await coordinated(ctx, requester.userId)
      const current = ctx.federation.roster(institution)
      return {
        institution,
        accounts: await accountsOf(ctx, institution),
        roster: {
          version: current.usable ? current.version : null,
          expires_ts: current.usable ? current.expiresAt : null,
          problem: problemOf(ctx, institution, current),
        },
      }
    },
  }),
]
