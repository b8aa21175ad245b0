/** Who of an institution may keep its book, and who may be put on duty. */
import { serverNameOf } from '@enlace/room-model'
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { invalidParam, policyRefusal } from '../errors.ts'

/** `keeps`: coordinators and officials. */
export type Colleague = { institution: string; country: string; keeps: boolean }
export type Member = { userId: string; role?: string }

export interface DutyMembers {
  /** The institution a person may read the book of. @throws M_FORBIDDEN */
  colleague(userId: string): Promise<Colleague>
  /** The same for one who may change it. @throws M_FORBIDDEN */
  keeper(userId: string): Promise<Colleague>
  /** Accounts here that speak for the institution, and are not suspended. */
  of(institution: string): Promise<Member[]>
  keepersOf(institution: string): Promise<string[]>
  /** Whether the person speaks for the institution now, wherever their account is; whoever is suspended here does not. */
  belongs(institution: string): (userId: string) => Promise<boolean>
  /** @throws M_INVALID_PARAM naming who cannot be on duty there */
  check(institution: string, people: Iterable<string>): Promise<void>
  countryOf(institution: string): string
}

export function createDutyMembers(ctx: Context): DutyMembers {
  const countryOf = (key: string) =>
    ctx.federation.institution(key)?.country ?? ctx.directory.institution(key)?.country ?? ''

  async function colleague(userId: string): Promise<Colleague> {
    const { institution, role } = await ctx.policy.memberOf(userId)
    if (!institution)
      throw policyRefusal('duty.institution', '', {
        es: 'Su cuenta no pertenece a una institución de la red. Consulte a quien administra este servidor.',
        en: 'Your account is of no institution of the network. Ask whoever runs this server.',
      })
    return {
      institution: institution.key,
      country: institution.country,
      keeps: role === 'coordinator' || role === 'official',
    }
  }

  async function of(institution: string): Promise<Member[]> {
    const out: Member[] = []
    for (const account of await ctx.accounts.list()) {
      if (!isActive(account)) continue
      const { userId } = account
      const member = await ctx.policy.memberOf(userId)
      if (member.institution?.key === institution)
        out.push({ userId, ...(member.role ? { role: member.role } : {}) })
    }
    return out
  }

  const belongs = (institution: string) => async (userId: string) =>
    (!ctx.accounts.isLocal(userId) || isActive(await ctx.accounts.get(userId))) &&
    (await ctx.policy.memberOf(userId)).institution?.key === institution

  return {
    colleague,
    async keeper(userId) {
      const found = await colleague(userId)
      if (!found.keeps)
        throw policyRefusal('duty.role', found.institution, {
          es: 'El rol de turnos lo cambian coordinadores y oficiales. Pida el cambio a su coordinación.',
          en: 'The duty roster is changed by coordinators and officials. Ask your coordination for the change.',
        })
      return found
    },
    of,
    keepersOf: async (institution) =>
      (await of(institution)).flatMap(({ userId, role }) =>
        role === 'coordinator' || role === 'official' ? [userId] : [],
      ),
    belongs,
    async check(institution, people) {
      for (const person of new Set(people)) {
        // Whoever is suspended may stand in plans for later: they do not count until they are back.
        const here = serverNameOf(person) === ctx.serverName && (await ctx.accounts.get(person))
        const of = (await ctx.policy.memberOf(person)).institution?.key
        if (!here || here.deactivated || of !== institution)
          throw invalidParam(
            `${person} no es una cuenta de ${institution} en este servidor. / ${person} is no account of ${institution} on this server.`,
          )
      }
    },
    countryOf,
  }
}

/** Those of a list that pass an asynchronous question. */
export async function filterAsync<T>(list: readonly T[], ask: (one: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(list.map(ask))
  return list.filter((_one, index) => kept[index])
}
