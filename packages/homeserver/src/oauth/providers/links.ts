/**
 * Whose account it is that a provider shows. An account belongs to what its issuer calls somebody (`sub`), once that was
 * confirmed; other claims only find the person on the signed roster, because people may be able to choose them.
 */
import { createHash } from 'node:crypto'
import type { Role } from '../../accounts/models.ts'
import type { AccountRecord } from '../../accounts/types.ts'
import type { Context } from '../../context.ts'
import { MatrixError } from '../../errors.ts'
import { createKeyedQueue } from '../../lib/in-turn.ts'
import { belongsTo } from '../../people/managed.ts'
import { roleWithin, rostersAt } from '../../policy/rostered-persons.ts'
import type { OauthModels } from '../models.ts'
import type { IdentityProvider } from './config.ts'
import type { Decided, IdentityProviders, ProviderRefusal, ShownPerson } from './types.ts'

type Links = Pick<IdentityProviders, 'decide' | 'linksOf' | 'unlink' | 'forget'> & {
  link(provider: IdentityProvider, shown: ShownPerson, userId: string): Promise<void>
}

const linkId = ({ issuer, sub }: ShownPerson) =>
  createHash('sha256')
    .update(JSON.stringify([issuer, sub]))
    .digest('base64url')

/** What an account says that was made for whom a provider showed: the write that makes it is the one that links it. */
const madeFor = (link: string) => `provider|${link}`

export function createLinks(ctx: Context, { Link }: Pick<OauthModels, 'Link'>): Links {
  const inTurn = createKeyedQueue()

  async function keep(provider: IdentityProvider, _id: string, userId: string, how: string): Promise<void> {
    const { upsertedCount, modifiedCount } = await Link.updateOne(
      { _id },
      {
        $set: { user_id: userId, provider: provider.id },
        $setOnInsert: { issuer: provider.issuer, since_ts: ctx.clock.now() },
        $unset: { ended_ts: 1 },
      },
      { upsert: true },
    )
    if (upsertedCount + modifiedCount > 0)
      await ctx.audit.record({
        act: 'account.link',
        by: userId,
        on: userId,
        institution: provider.institution,
        facts: { provider: provider.id, how },
      })
  }

  /** Also after a crash between the account and its link. */
  async function linkedTo(provider: IdentityProvider, _id: string): Promise<string | undefined> {
    const known = await Link.findById(_id).lean()
    if (known) return known.ended_ts === undefined ? known.user_id : undefined
    const made = await ctx.accounts.ofInvitation(madeFor(_id))
    const isOpen = made !== undefined && (await ctx.accounts.get(made))?.deactivated === false
    if (isOpen) await keep(provider, _id, made, 'roster')
    return made
  }

  /** What the signed rosters say of somebody here, whether or not they have an account. */
  async function listed(
    { institution }: IdentityProvider,
    userId: string,
  ): Promise<'yes' | 'no' | 'away' | 'none'> {
    if (!ctx.policy.byRosters) return 'none'
    let own: 'no' | 'away' = 'away'
    // Who is on two rosters is of the first, as everywhere.
    for (const { key, current } of rostersAt(ctx, ctx.serverName)) {
      if (!current.usable) continue
      if (key === institution) own = 'no'
      const entry = await ctx.policy.rosterEntry(key, userId)
      const now = ctx.clock.now()
      const holds = entry && entry.since <= now && (entry.until === undefined || entry.until > now)
      if (holds) return key === institution ? 'yes' : 'no'
    }
    return own
  }

  async function make(
    provider: IdentityProvider,
    shown: ShownPerson,
    localpart: string,
  ): Promise<'taken' | { userId: string }> {
    const { institution } = provider
    const id = linkId(shown)
    const entry = await ctx.policy.rosterEntry(institution, `@${localpart}:${ctx.serverName}`)
    const role = roleWithin<Role>(entry?.role ?? 'staff', shown.roles)
    let made: { userId: string }
    try {
      made = await ctx.accounts.create({ localpart, institution, role, invitation: madeFor(id) })
    } catch (error) {
      if (!(error instanceof MatrixError) || error.errcode !== 'M_USER_IN_USE') throw error
      return 'taken'
    }
    await keep(provider, id, made.userId, 'roster')
    // No more than what people may call themselves: somebody else's name is left out.
    if (shown.name !== undefined)
      await ctx.profiles.set(made.userId, 'displayname', shown.name).catch((error: unknown) => {
        if (!(error instanceof MatrixError)) throw error
      })
    return made
  }

  async function decide(provider: IdentityProvider, shown: ShownPerson, network: string): Promise<Decided> {
    const refused = (
      why: ProviderRefusal,
      more: { account?: AccountRecord; localpart?: string } = {},
    ): Decided => {
      void ctx.audit.refusedSignIn({
        ...(more.account ? { user: more.account.userId } : {}),
        network,
        why: `provider-${why}`,
      })
      return { kind: 'refused', why, ...(more.localpart === undefined ? {} : { localpart: more.localpart }) }
    }
    if (shown.roles?.length === 0) return refused('no_role')
    const linked = await linkedTo(provider, linkId(shown))
    if (linked === undefined && 'fault' in shown.person) return refused(shown.person.fault)
    const localpart =
      linked !== undefined
        ? linked.slice(1, linked.indexOf(':'))
        : 'localpart' in shown.person
          ? shown.person.localpart
          : ''
    const userId = linked ?? `@${localpart}:${ctx.serverName}`
    const account = await ctx.accounts.get(userId)
    const onRoster = await listed(provider, userId)
    if (!account) {
      if (linked !== undefined || onRoster === 'no' || onRoster === 'none')
        return refused('not_listed', { localpart })
      if (onRoster === 'away') return refused('roster_away', { localpart })
      if (provider.accounts === 'existing') return refused('no_account', { localpart })
      const made = await make(provider, shown, localpart)
      // Somebody else made it a moment ago: it is looked at as what it is.
      return made === 'taken' ? decide(provider, shown, network) : entered(provider, shown, made.userId)
    }
    // Of another institution's accounts nothing is told, not even that they are there.
    if (account.institution !== provider.institution || account.isGuest)
      return refused('not_listed', { localpart })
    if (account.deactivated) return refused('closed', { account })
    if (account.suspended) return refused('suspended', { account })
    if (onRoster === 'no' || !(await belongsTo(ctx, provider.institution, account)))
      return refused('not_listed', { account, localpart })
    if (linked !== undefined) return entered(provider, shown, userId)
    const { passkeys } = await ctx.factors.of(userId)
    if (!account.hasPassword && passkeys.length === 0) return refused('no_way', { account, localpart })
    return { kind: 'confirm', userId }
  }

  async function entered(provider: IdentityProvider, shown: ShownPerson, userId: string): Promise<Decided> {
    await ctx.accounts.setProviderRoles(userId, shown.roles ?? null)
    await ctx.audit.record({
      act: 'session.provider',
      by: userId,
      institution: provider.institution,
      facts: { provider: provider.id, factor: shown.factor },
    })
    return { kind: 'person', userId }
  }

  return {
    // One after the other for one person: two windows do not both make the account.
    decide: (provider, shown, network) => inTurn(linkId(shown), () => decide(provider, shown, network)),

    async link(provider, shown, userId) {
      await keep(provider, linkId(shown), userId, 'confirmed')
      await entered(provider, shown, userId)
    },

    async linksOf(userId) {
      // Index {user_id}.
      const found = await Link.find({ user_id: userId, ended_ts: null }).limit(50).lean()
      return found.map(({ _id, issuer, provider, since_ts }) => ({
        id: _id,
        issuer,
        provider,
        sinceTs: since_ts,
      }))
    },

    async unlink(userId, id) {
      const gone = await Link.findOneAndUpdate(
        { _id: id, user_id: userId, ended_ts: null },
        { $set: { ended_ts: ctx.clock.now() } },
      ).lean()
      if (!gone) return false
      await ctx.audit.record({
        act: 'account.unlink',
        by: userId,
        on: userId,
        facts: { provider: gone.provider },
      })
      return true
    },

    async forget(userId) {
      // Index {user_id}.
      await Link.deleteMany({ user_id: userId })
    },
  }
}
