/** Whom an institution has accounts for on this node, and which of them its signed roster confirms (docs/enlace-api.md, "Institution"). */
import { topicPolicyEventType } from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import type { CurrentRoster } from '@enlace/trust'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import { networkKey } from '../http/rate-limit.ts'
import { type Route, route } from '../http/route.ts'
import { appointedFor } from '../policy/appointments.ts'
import { isLastCoordinator } from './last-coordinator.ts'
import { accessPerson, belongsTo } from './managed.ts'

/** The institution that the person coordinates: by its roster, or by what the operator said, until a roster says it. */
export async function coordinated(ctx: Context, userId: string): Promise<string> {
  const member = await ctx.policy.memberOf(userId)
  if (member.institution && member.role === 'coordinator') return member.institution.key
  const account = await ctx.accounts.get(userId)
  if (account?.institution !== undefined && (await ctx.policy.coordinates(account.institution, userId)))
    return account.institution
  const appointed = await appointedFor(ctx, userId)
  if (appointed !== undefined) return appointed
  throw policyRefusal('institution.coordinator', member.institution?.key ?? '', {
    es: 'La lista de quienes hablan por una institución la lleva su coordinación. Si usted coordina, pida a quien administra este servidor que lo anote en su cuenta.',
    en: 'The roster of those who speak for an institution is kept by its coordination. If you coordinate, ask whoever runs this server to note it on your account.',
  })
}

/** What the list shows of somebody; the rest is on the person's own page. */
async function accountsOf(ctx: Context, institution: string) {
  const found: Record<string, unknown>[] = []
  for (const account of await ctx.accounts.list()) {
    if (account.deactivated) continue
    const { userId } = account
    const claims = account.institution === institution
    const entry = await ctx.policy.rosterEntry(institution, userId)
    if (!claims && !entry) continue
    const [profile, devices, duty, factors] = await Promise.all([
      ctx.profiles.get(userId),
      ctx.devices.list(userId),
      ctx.factors.duty(account),
      ctx.factors.methods(userId),
    ])
    const seen = devices.flatMap(({ lastSeenTs }) => lastSeenTs ?? [])
    found.push({
      user_id: userId,
      display_name: profile?.['displayname'] ?? null,
      claimed_role: (claims && account.role) || null,
      roster: entry ? { role: entry.role, since: entry.since, until: entry.until ?? null } : null,
      last_seen_ts: seen.length > 0 ? Math.max(...seen) : null,
      devices: devices.length,
      suspended: account.suspended ? { since_ts: account.suspended.sinceTs } : null,
      second_factor: factors.length > 0 ? 'has' : duty.must ? 'owes' : 'none',
      managed: await belongsTo(ctx, institution, account),
    })
  }
  return found
}

/** Channels the person is in or was invited to, by what the node knows in clear. */
async function channelsOf(ctx: Context, userId: string) {
  const found: Record<string, unknown>[] = []
  for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
    if (membership !== 'join' && membership !== 'invite') continue
    const state = await ctx.rooms.currentState(roomId)
    const name = state.get('m.room.name')?.pdu.content['name']
    // Conversations between people are theirs: that there are some is told by nothing here.
    if (state.get(topicPolicyEventType) === undefined) continue
    found.push({ room_id: roomId, name: typeof name === 'string' ? name : null, membership })
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
    path: '/_enlace/client/v1/institution/people/:userId',
    auth: 'user',
    params: z.object({ userId: z.string().min(3).max(255).startsWith('@') }),
    async handler({ ctx, requester, params }) {
      const institution = await coordinated(ctx, requester.userId)
      const account = await accessPerson(ctx, institution, params.userId)
      const { userId } = account
      const [profile, devices, duty, factors, entry, channels, last] = await Promise.all([
        ctx.profiles.get(userId),
        ctx.devices.list(userId),
        ctx.factors.duty(account),
        ctx.factors.of(userId),
        ctx.policy.rosterEntry(institution, userId),
        channelsOf(ctx, userId),
        isLastCoordinator(ctx, institution, userId),
      ])
      return {
        user_id: userId,
        display_name: profile?.['displayname'] ?? null,
        claimed_role: account.role ?? null,
        roster: entry ? { role: entry.role, since: entry.since, until: entry.until ?? null } : null,
        suspended: account.suspended
          ? {
              since_ts: account.suspended.sinceTs,
              by: account.suspended.by,
              reason: account.suspended.reason,
            }
          : null,
        has_password: account.hasPassword,
        second_factor: {
          totp: factors.totp !== undefined,
          passkeys: factors.passkeys.length,
          must: duty.must,
          overdue: duty.overdue,
          deadline_ts: duty.deadlineTs ?? null,
        },
        devices: devices.map((one) => ({
          device_id: one.deviceId,
          display_name: one.displayName ?? null,
          last_seen_ts: one.lastSeenTs ?? null,
          last_seen_network: one.lastSeenIp === undefined ? null : networkKey(one.lastSeenIp),
          signed_in_ts: one.signedInTs ?? null,
          signed_in_with: one.signedInWith ?? null,
        })),
        channels,
        last_coordinator: last,
        self: requester.userId === userId,
      }
    },
  }),
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
