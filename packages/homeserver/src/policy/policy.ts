/**
 * Topic policy (ARCHITECTURE.md, "Trust between institutions"): who may become a member of a topic channel. Asked when a
 * local user invites, joins or knocks, and when a partner's user joins through this server.
 */
import {
  admissionUnder,
  believedMember,
  type Member,
  roles,
  topicPolicyEventType,
} from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import type { Policy } from './types.ts'

const roleNames = Object.keys(roles) as (keyof typeof roles)[]

export function createPolicy(ctx: Context): Policy {
  return {
    memberOf: (userId) => memberOf(ctx, userId),
    async checkMembership({ roomId, userId }) {
      const room = await ctx.rooms.room(roomId)
      if (!room) return undefined
      const state = await ctx.rooms.currentState(roomId)
      const content = state.get(topicPolicyEventType)?.pdu.content
      if (content === undefined) return undefined
      const verdict = admissionUnder(content, await memberOf(ctx, userId))
      if (verdict.admitted) return undefined
      const whom = verdict.whom
      const contact =
        whom?.user_id ?? whom?.institution ?? whom?.text.es ?? state.get('m.room.create')?.pdu.sender ?? ''
      return policyRefusal(`topic-policy.${verdict.rule}`, contact, verdict.message)
    },
    async mayEnter(roomId, userId) {
      const server = serverNameOf(userId)
      if (server === undefined || ctx.accounts.isLocal(userId)) return true
      const content = (await ctx.rooms.currentState(roomId)).get(topicPolicyEventType)?.pdu.content
      if (content === undefined) return true
      const institutions = ctx.directory.all()
      // Before the directory has come for the first time nothing is known of anybody.
      if (institutions.length === 0) return true
      return institutions.some(
        ({ key, kind, country }) =>
          ctx.federation.hosts(server, key) &&
          roleNames.some(
            (role) => admissionUnder(content, { institution: { key, kind, country }, role }).admitted,
          ),
      )
    },
  }
}

/** A person as policies see them: institution and role by the account, believed only where that server hosts it. */
async function memberOf(ctx: Context, userId: string): Promise<Member> {
  const server = serverNameOf(userId)
  if (server === undefined) return {}
  const sources = {
    hosts: (key: string) => ctx.federation.hosts(server, key),
    institution: (key: string) => ctx.directory.institution(key),
  }
  if (ctx.accounts.isLocal(userId)) {
    const account = await ctx.accounts.get(userId)
    if (!account || account.deactivated) return {}
    return believedMember(
      { 'org.enlace.institution': account.institution, 'org.enlace.role': account.role },
      sources,
    )
  }
  const profile = await ctx.profiles.get(userId)
  return profile ? believedMember(profile, sources) : {}
}
