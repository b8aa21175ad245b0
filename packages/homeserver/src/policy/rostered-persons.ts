/**
 * Who people are: what the signed rosters of the institutions say that the list places on a person's server, for people of
 * this node and of others alike. Neither accounts nor profiles are asked.
 */
import { serverNameOf } from '@enlace/room-model'
import type { CurrentRoster } from '@enlace/trust'
import type { Role } from '../accounts/models.ts'
import type { Context } from '../context.ts'
import { watchRosters } from './roster-changes.ts'
import type { Persons, RosterIds, Standing } from './types.ts'

/** A provider takes away from what the roster says, and adds nothing. */
export const roleWithin = <R extends string>(role: R, allowed?: readonly R[]): R | 'staff' =>
  allowed === undefined || allowed.includes(role) ? role : 'staff'

type Usable = Extract<CurrentRoster, { usable: true }>['roster']

/** The rosters that may name people of a server, in the order of their keys: who is on two of them is of the first. */
export function rostersAt(ctx: Pick<Context, 'federation'>, server: string) {
  return [...ctx.federation.institutionsAt(server)]
    .sort()
    .map((key) => ({ key, current: ctx.federation.roster(key) }))
}

export function createRosteredPersons(ctx: Context, ids: RosterIds): Persons {
  const changes = watchRosters(ctx, ids)

  /** Ids of people here are worked out on the spot: there is nobody else to wait for. */
  const idOf = (roster: Usable, userId: string, server: string) =>
    server === ctx.serverName ? ids.find(roster.salt, userId, server) : ids.known(roster.salt, userId)

  async function onRosters(userId: string, server: string, allowed?: readonly Role[]): Promise<Standing> {
    const now = ctx.clock.now()
    let unknown: Standing | undefined
    for (const { key, current } of rostersAt(ctx, server)) {
      const signed = ctx.federation.institution(key)
      if (!current.usable || !signed) {
        unknown ??= { known: false, why: notPublished(key, server, current) }
        continue
      }
      const id = await idOf(current.roster, userId, server)
      if (id === undefined) {
        unknown ??= { known: false, why: beingLookedUp(userId) }
        continue
      }
      const entry = current.roster.validEntry(id, now)
      if (!entry) continue
      const role = roleWithin(entry.role, allowed)
      const institution = { key: signed.key, kind: signed.kind, country: signed.country }
      return { known: true, exists: true, member: { institution, role } }
    }
    return unknown ?? { known: true, exists: true, member: {} }
  }

  return {
    onChange: changes.onChange,
    async standing(userId) {
      const server = serverNameOf(userId)
      if (server === undefined) return { known: true, exists: false, member: {} }
      const isLocal = ctx.accounts.isLocal(userId)
      const account = isLocal ? await ctx.accounts.get(userId) : undefined
      if (isLocal && (!account || account.deactivated)) return { known: true, exists: false, member: {} }
      return ctx.federation.ready() ? onRosters(userId, server, account?.providerRoles) : { known: false }
    },
    async ask(userIds) {
      await Promise.all(
        [...new Set(userIds)].map(async (userId) => {
          const server = serverNameOf(userId)
          if (server === undefined || server === ctx.serverName) return
          for (const { current } of rostersAt(ctx, server)) {
            if (!current.usable) continue
            const id = await ids.find(current.roster.salt, userId, server)
            if (current.roster.validEntry(id, ctx.clock.now())) return
          }
        }),
      )
    },
    close: changes.close,
  }
}

function notPublished(key: string, server: string, current: CurrentRoster) {
  if (!current.usable && current.reason === 'expired')
    return {
      es: `La lista firmada de quienes hablan por ${key}, en ${server}, está vencida. Su coordinación la firma de nuevo en la página de la institución.`,
      en: `The signed roster of those who speak for ${key}, at ${server}, has run out. Its coordination signs it again on the institution’s page.`,
    }
  return {
    es: `La institución ${key}, en ${server}, todavía no tiene una lista firmada de quienes hablan por ella. Su coordinación la publica en la página de la institución.`,
    en: `The institution ${key}, at ${server}, has no signed roster of those who speak for it yet. Its coordination publishes it on the institution’s page.`,
  }
}

const beingLookedUp = (userId: string) => ({
  es: `Se está comprobando si ${userId} figura en la lista firmada de su institución. Tarda un momento.`,
  en: `Whether ${userId} stands on the signed roster of an institution is being looked up. It takes a moment.`,
})
