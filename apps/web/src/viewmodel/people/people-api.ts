import { z } from 'zod'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'

/** An institution's people as its node has them (docs/enlace-api.md of the node, "People"). */

const roleSchema = z.enum(['staff', 'coordinator', 'official'])
export type Role = z.output<typeof roleSchema>
const rosterSchema = z
  .object({ role: roleSchema, since: z.number(), until: z.number().nullable() })
  .nullable()

const listSchema = z.object({
  accounts: z.array(
    z.object({
      user_id: z.string(),
      display_name: z.string().nullable(),
      claimed_role: roleSchema.nullable().catch(null),
      roster: rosterSchema,
      last_seen_ts: z.number().nullable(),
      devices: z.number(),
      suspended: z.object({ since_ts: z.number() }).nullable(),
      second_factor: z.enum(['has', 'owes', 'none']),
      managed: z.boolean(),
    }),
  ),
})
export type ListedPerson = z.output<typeof listSchema>['accounts'][number]

const personSchema = z.object({
  user_id: z.string(),
  display_name: z.string().nullable(),
  claimed_role: roleSchema.nullable().catch(null),
  roster: rosterSchema,
  suspended: z.object({ since_ts: z.number(), by: z.string(), reason: z.string() }).nullable(),
  has_password: z.boolean(),
  second_factor: z.object({ totp: z.boolean(), passkeys: z.number(), must: z.boolean() }),
  devices: z.array(
    z.object({
      device_id: z.string(),
      display_name: z.string().nullable(),
      last_seen_ts: z.number().nullable(),
      last_seen_network: z.string().nullable(),
    }),
  ),
  channels: z.array(z.object({ room_id: z.string(), name: z.string().nullable(), membership: z.string() })),
  last_coordinator: z.boolean(),
  self: z.boolean(),
})
export type PersonDetail = z.output<typeof personSchema>

const invitationSchema = z.object({
  id: z.string(),
  kind: z.enum(['join', 'password']),
  user_id: z.string(),
  display_name: z.string().nullable(),
  role: roleSchema.nullable(),
  expires_ts: z.number(),
})
const listedInvitations = z.object({ invitations: z.array(invitationSchema.extend({ state: z.string() })) })
const madeSchema = invitationSchema.extend({ secret: z.string() })
export type MadeInvitation = z.output<typeof madeSchema>
export type ListedInvitation = z.output<typeof listedInvitations>['invitations'][number]

const outcomeSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('invited'), localpart: z.string(), invitation: madeSchema }),
  z.object({ outcome: z.enum(['has_account', 'taken', 'invalid']), localpart: z.string() }),
])
export type InviteOutcome = z.output<typeof outcomeSchema>
export type Invitee = { localpart: string; display_name?: string; role: Role }

const BASE = `${ENLACE}/institution`
export const personPath = (userId: string, act = '') =>
  `${BASE}/people/${encodeURIComponent(userId)}${act === '' ? '' : `/${act}`}`

export const fetchPeople = async (request: AuthedRequest) =>
  listSchema.parse(await request('GET', `${BASE}/people`)).accounts

export const fetchPerson = async (request: AuthedRequest, userId: string) =>
  personSchema.parse(await request('GET', personPath(userId)))

export const fetchInvitations = async (request: AuthedRequest) =>
  listedInvitations
    .parse(await request('GET', `${BASE}/invitations`))
    .invitations.filter(({ state }) => state === 'open')

/** At most five hundred at a time. */
export const invite = async (request: AuthedRequest, people: readonly Invitee[], hours: number) =>
  z
    .object({ people: z.array(outcomeSchema) })
    .parse(await request('POST', `${BASE}/invitations`, { people, hours })).people

export const revokeInvitation = (request: AuthedRequest, id: string) =>
  request('POST', `${BASE}/invitations/${encodeURIComponent(id)}/revoke`, {})

/** Of a reset, or of factors taken away from somebody without a password. */
export function linkIn(answer: unknown): MadeInvitation | undefined {
  const direct = madeSchema.safeParse(answer)
  if (direct.success) return direct.data
  const inside = z.object({ link: madeSchema }).safeParse(answer)
  return inside.success ? inside.data.link : undefined
}
