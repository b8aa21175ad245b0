/**
 * Topic policy (ARCHITECTURE.md, "Trust between institutions"): who may become and stay a member of a topic channel. Asked
 * when a local user invites, joins or knocks, and when a partner's server brings somebody in.
 */
import { actorSchema, conversationEventType, type Member, topicPolicyEventType } from '@enlace/coordination'
import { isActive } from '../accounts/suspension.ts'
import type { Context } from '../context.ts'
import type { MatrixError } from '../errors.ts'
import { createClaimedPersons } from './claimed-persons.ts'
import { createContacts } from './contacts.ts'
import { judge, refusalOf } from './judge.ts'
import { openPersonModel } from './models.ts'
import { openRosterIds } from './roster-ids.ts'
import { createRosteredPersons, roleWithin } from './rostered-persons.ts'
import type { Policy, Standing } from './types.ts'
import { createVouching } from './vouching.ts'

/** At the door, an answer of a partner counts this long. */
const DOOR_MS = 60_000
/** Elsewhere. */
const FRESH_MS = 5 * 60_000

export async function createPolicy(ctx: Context): Promise<Policy> {
  const { byRosters } = ctx.federationList
  const ids = await openRosterIds(ctx.db)
  const persons = byRosters
    ? createRosteredPersons(ctx, ids)
    : createClaimedPersons(ctx, await openPersonModel(ctx.db))
  const vouching = createVouching(ctx, persons)
  const contacts = createContacts(ctx, persons)

  async function policyOf(roomId: string) {
    if (!(await ctx.rooms.room(roomId))) return undefined
    const state = await ctx.rooms.currentState(roomId)
    return {
      content: state.get(topicPolicyEventType)?.pdu.content as unknown,
      owner: state.get('m.room.create')?.pdu.sender ?? '',
      conversation: state.get(conversationEventType)?.pdu.content as unknown,
    }
  }

  async function verdictOn(roomId: string, userId: string, given?: unknown) {
    const { content, owner, conversation } = (await policyOf(roomId)) ?? {
      content: undefined,
      owner: '',
      conversation: undefined,
    }
    return judge(ctx, userId, await persons.standing(userId), given ?? content, owner, conversation)
  }

  async function prepare(roomId: string, userId: string): Promise<void> {
    const policy = await policyOf(roomId)
    if (policy?.content === undefined && policy?.conversation === undefined) return
    await persons.ask([userId], DOOR_MS)
  }

  async function refuses(
    roomId: string,
    userId: string,
    content?: unknown,
  ): Promise<MatrixError | undefined> {
    const verdict = await verdictOn(roomId, userId, content)
    return !verdict.vouched && verdict.weight !== 'waits' ? refusalOf(verdict) : undefined
  }

  async function standingOf(userId: string): Promise<Standing> {
    await persons.ask([userId], FRESH_MS)
    return persons.standing(userId)
  }

  async function memberOf(userId: string): Promise<Member> {
    const standing = await standingOf(userId)
    return standing.known ? standing.member : {}
  }

  async function placeOf(userId: string): Promise<{ institution?: string; role?: string }> {
    if (!byRosters) {
      const { institution, role, providerRoles } = (await ctx.accounts.get(userId)) ?? {}
      return { institution, role: role && roleWithin(role, providerRoles) }
    }
    const { institution, role } = await memberOf(userId)
    return { institution: institution?.key, role }
  }

  return {
    placeOf,
    ...vouching,
    contacts,
    byRosters,
    prepare,
    refuses,
    memberOf,
    standingOf,
    async peopleOf(institution) {
      const found: { userId: string; role?: string }[] = []
      for (const account of await ctx.accounts.list()) {
        const { userId } = account
        const place = isActive(account) ? await placeOf(userId) : {}
        if (place.institution === institution) found.push({ userId, role: place.role })
      }
      return found
    },
    async rosterEntry(institution, userId) {
      const current = ctx.federation.roster(institution)
      if (!current.usable) return undefined
      return current.roster.entryOf(await ids.find(current.roster.salt, userId, ctx.serverName))
    },
    async coordinates(institution, userId) {
      const account = ctx.accounts.isLocal(userId) ? await ctx.accounts.get(userId) : undefined
      if (!account || account.deactivated) return false
      const place = await placeOf(userId)
      if (place.institution !== undefined)
        return place.institution === institution && place.role === 'coordinator'
      const current = byRosters ? ctx.federation.roster(institution) : undefined
      // Who is named nowhere does not coordinate: a note would outlive being struck.
      if (current?.usable) return false
      if (current?.last) {
        const id = await ids.find(current.last.salt, userId, ctx.serverName)
        return current.last.validEntry(id, ctx.clock.now())?.role === 'coordinator'
      }
      return account.institution === institution && account.role === 'coordinator'
    },
    async silences(roomId, userId, by) {
      if (!byRosters || ctx.accounts.isLocal(userId)) return undefined
      const standing = await persons.standing(userId)
      const { content, owner } = (await policyOf(roomId)) ?? { content: undefined, owner: '' }
      const verdict = judge(ctx, userId, standing, content, owner)
      if (!verdict.vouched && verdict.weight === 'removes') return verdict.reason.en
      const claimed = actorSchema.safeParse(by)
      if (!claimed.success || !standing.known) return undefined
      const { institution, role } = standing.member
      if (claimed.data.institution === institution?.key && claimed.data.role === role) return undefined
      return 'whoever sent it does not speak for that institution in that role'
    },
    async close() {
      persons.close?.()
      await vouching.close()
    },
    async checkMembership({ roomId, userId, actor, action }) {
      await prepare(roomId, userId)
      const uninvited =
        action === 'invite' && (await contacts.againstInvitation({ roomId, sender: actor, userId }))
      if (uninvited) return uninvited
      const verdict = await verdictOn(roomId, userId)
      if (verdict.vouched) return undefined
      // A partner's person who cannot be asked about now comes in unvouched; nobody here invites one.
      const comes = actor === userId && !ctx.accounts.isLocal(userId)
      return verdict.weight === 'waits' && comes ? undefined : refusalOf(verdict)
    },
  }
}
