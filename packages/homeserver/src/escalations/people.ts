/** Members of a room as escalations need them: also while their server cannot be asked who they are. */
import { type Member, type Role, roleSchema } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import type { EscalationModels, KnownMemberDoc, People, Person } from './types.ts'

const REFRESH_MS = 24 * 3_600_000
/** Profiles of partners asked for at once: a partner that is away answers nothing for seconds. */
const AT_ONCE = 20

export function createPeople(ctx: Context, models: EscalationModels, now: () => number): People {
  const last = growingCache<string, KnownMemberDoc>(10_000)

  const asking = createOnce<string, { member: Member; unknown: boolean }>()

  async function recall(userId: string): Promise<KnownMemberDoc | undefined> {
    const known = last.get(userId) ?? (await models.KnownMember.findById(userId).lean()) ?? undefined
    if (known) last.set(userId, known)
    return known
  }

  async function remember(userId: string, institution: string, role: Role | undefined): Promise<void> {
    const known = await recall(userId)
    const heard_ts = now()
    const fresh = known && Math.abs(heard_ts - known.heard_ts) < REFRESH_MS
    if (fresh && known.institution === institution && known.role === role) return
    const doc: KnownMemberDoc = { _id: userId, institution, ...(role ? { role } : {}), heard_ts }
    await models.KnownMember.replaceOne({ _id: userId }, doc, { upsert: true })
    last.set(userId, doc)
  }

  /** Many calls are looked at at once, and a partner is asked for each of its people once. */
  const memberOf = (userId: string) => asking.run(userId, () => askFor(userId))

  /** As the policy sees the person now; as it last did, where their server says nothing and still hosts the institution. */
  async function askFor(userId: string): Promise<{ member: Member; unknown: boolean }> {
    if (ctx.policy.byRosters) {
      // What a roster said before says nothing of somebody who was struck since.
      const standing = await ctx.policy.standingOf(userId)
      return standing.known
        ? { member: standing.member, unknown: false }
        : { member: {}, unknown: !ctx.accounts.isLocal(userId) }
    }
    const member = await ctx.policy.memberOf(userId)
    if (ctx.accounts.isLocal(userId)) return { member, unknown: false }
    if (member.institution) {
      await remember(userId, member.institution.key, member.role)
      return { member, unknown: false }
    }
    const known = await recall(userId)
    if (!known?.institution) return { member, unknown: true }
    if (!ctx.federation.hosts(serverNameOf(userId) ?? '', known.institution))
      return { member, unknown: false }
    const record = ctx.federation.institution(known.institution)
    const role = roleSchema.safeParse(known.role)
    if (!record) return { member, unknown: true }
    const institution = { key: record.key, kind: record.kind, country: record.country }
    return { member: { institution, ...(role.success ? { role: role.data } : {}) }, unknown: false }
  }

  /** Whose account is closed or suspended is nobody whom a call reaches, as far as this node can know. */
  const isThere = async (userId: string) =>
    !ctx.accounts.isLocal(userId) || isActive(await ctx.accounts.get(userId))

  async function inRoom(roomId: string): Promise<Person[]> {
    const users: string[] = []
    for (const userId of await ctx.rooms.members(roomId, 'join'))
      if (await isThere(userId)) users.push(userId)
    const out: Person[] = []
    for (let from = 0; from < users.length; from += AT_ONCE) {
      const some = users.slice(from, from + AT_ONCE).map(async (userId): Promise<Person> => {
        const local = ctx.accounts.isLocal(userId)
        return { userId, local, serverName: serverNameOf(userId) ?? '', ...(await memberOf(userId)) }
      })
      out.push(...(await Promise.all(some)))
    }
    return out
  }

  /**
   * A local joined account to send for: the person; else one of their institution; else anybody of this node. Nothing is said
   * in the name of somebody who is suspended, or speaks for no institution any more.
   */
  async function senderFor(roomId: string, userId: string): Promise<string | undefined> {
    const joined = new Set(await ctx.rooms.members(roomId, 'join'))
    const usable = async (one: string) =>
      joined.has(one) &&
      ctx.accounts.isLocal(one) &&
      isActive(await ctx.accounts.get(one)) &&
      (await ctx.policy.memberOf(one)).institution !== undefined
    if (await usable(userId)) return userId
    const { institution } = await ctx.policy.placeOf(userId)
    let any: string | undefined
    for (const one of [...joined].sort()) {
      if (!(await usable(one))) continue
      const own = institution !== undefined && (await ctx.policy.placeOf(one)).institution === institution
      if (own) return one
      any ??= one
    }
    return any
  }

  return { memberOf, inRoom, senderFor }
}
