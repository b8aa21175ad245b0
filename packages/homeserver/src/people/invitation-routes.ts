/** Enlace: invitations to an account, made by coordinators and opened by whoever holds the link (docs/enlace-api.md, "People"). */
import { z } from 'zod'
import { registrationResponse } from '../accounts/factors/schemas.ts'
import { noteBrowser, openSession } from '../accounts/sign-in.ts'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'
import { MAX_HOURS } from './invitations.ts'
import { displayName } from './names.ts'
import { coordinated } from './people-routes.ts'
import type { InvitationDoc, InviteOutcome, MadeInvitation } from './types.ts'

const BASE = '/_enlace/client/v1/invitations'
const OWN = '/_enlace/client/v1/institution/invitations'

export const role = z.enum(['staff', 'coordinator', 'official'])
export const hours = z.number().int().min(1).max(MAX_HOURS).default(72)
const link = { id: z.string().max(40), secret: z.string().max(100) }
/** What stands in the place of the user name may be any text: it is refused person by person. */
const wanted = z.object({
  localpart: z.string().max(300),
  display_name: displayName.optional(),
  role: role.default('staff'),
})
/** A sheet of a large institution comes in several requests. */
const MAX_PEOPLE = 500

export const shown = (doc: InvitationDoc) => ({
  id: doc._id,
  kind: doc.kind,
  user_id: doc.user_id,
  display_name: doc.display_name ?? null,
  role: doc.role ?? null,
  by: doc.by,
  made_ts: doc.made_ts,
  expires_ts: doc.expires_ts,
})

/** Told once, to whoever made it. */
export const withSecret = (made: MadeInvitation) => ({ ...shown(made), secret: made.secret })

const outcome = (one: InviteOutcome) =>
  one.outcome === 'invited' ? { ...one, invitation: withSecret(one.invitation) } : one

async function state(ctx: Context, doc: InvitationDoc): Promise<string> {
  if (doc.used_ts !== undefined || (!doc.open && doc.revoked_ts === undefined)) return 'used'
  if (doc.revoked_ts !== undefined) return 'revoked'
  if (doc.expires_ts <= ctx.clock.now()) return 'expired'
  return (await ctx.people.invitations.mayInvite(doc.institution, doc.by)) ? 'open' : 'revoked'
}

export const invitationRoutes: Route[] = [
  route({
    method: 'GET',
    path: OWN,
    auth: 'user',
    async handler({ ctx, requester }) {
      const institution = await coordinated(ctx, requester.userId)
      const docs = await ctx.people.invitations.list(institution)
      return {
        invitations: await Promise.all(
          docs.map(async (doc) => ({
            ...shown(doc),
            state: await state(ctx, doc),
            used_by: doc.used_by ?? null,
          })),
        ),
      }
    },
  }),
  route({
    method: 'POST',
    path: OWN,
    auth: 'user',
    body: z.object({ people: z.array(wanted).min(1).max(MAX_PEOPLE), hours }),
    async handler({ ctx, requester, body }) {
      const institution = await coordinated(ctx, requester.userId)
      const { people, hours } = body
      if (people.length > 1)
        await ctx.audit.record({
          act: 'account.import',
          by: requester.userId,
          institution,
          facts: { people: people.length },
        })
      const made = await ctx.people.invitations.invite(requester.userId, institution, people, hours)
      return { people: made.map(outcome) }
    },
  }),
  route({
    method: 'POST',
    path: `${OWN}/:id/revoke`,
    auth: 'user',
    params: z.object({ id: z.string().max(40) }),
    body: z.object({}),
    async handler({ ctx, requester, params }) {
      const institution = await coordinated(ctx, requester.userId)
      if (await ctx.people.invitations.revoke(requester.userId, institution, params.id)) return {}
      throw notFound('Esa invitación ya no está abierta. / That invitation is not open any more.')
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/open`,
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object(link),
    async handler({ ctx, body }) {
      const doc = await ctx.people.invitations.opened(body)
      const [profile, duty] = await Promise.all([
        ctx.profiles.get(doc.by),
        ctx.factors.duty({
          userId: doc.user_id,
          institution: doc.institution,
          ...(doc.role ? { role: doc.role } : {}),
        }),
      ])
      const about = ctx.directory.institution(doc.institution)
      return {
        kind: doc.kind,
        user_id: doc.user_id,
        display_name: doc.display_name ?? null,
        role: doc.role ?? null,
        expires_ts: doc.expires_ts,
        institution: { key: doc.institution, name: about?.name ?? doc.institution },
        invited_by: { user_id: doc.by, display_name: profile?.['displayname'] ?? null },
        passkeys_offered: ctx.factors.passkeysOffered,
        second_factor: duty.must,
      }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/passkey`,
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object({ ...link, username: z.string().max(300) }),
    handler: ({ ctx, body }) => ctx.people.invitations.beginPasskey(body, body.username),
  }),
  route({
    method: 'POST',
    path: `${BASE}/accept`,
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object({
      ...link,
      username: z.string().max(300).optional(),
      display_name: displayName.optional(),
      password: z.string().max(1_000).optional(),
      passkey: registrationResponse.optional(),
      device_id: z.string().min(1).max(255).optional(),
      initial_device_display_name: z.string().max(512).optional(),
      refresh_token: z.boolean().optional(),
    }),
    async handler({ ctx, body, req, res }) {
      const { id, secret, username, display_name, password, passkey, ...wanted } = body
      const { userId, way, recoveryCodes } = await ctx.people.invitations.accept(
        { id, secret },
        { localpart: username, displayName: display_name, password, passkey },
      )
      const account = await ctx.accounts.get(userId)
      const methods = await ctx.factors.methods(userId)
      // A new password is no second step: whoever has one signs in as always.
      if (way === 'registration' && methods.length > 0) return { user_id: userId, sign_in: true }
      await noteBrowser(ctx, req, res, userId)
      const duty = account && (await ctx.factors.duty(account))
      return {
        ...(await openSession(ctx, userId, wanted, { with: way, address: req.ip ?? '', known: true })),
        ...(recoveryCodes ? { recovery_codes: recoveryCodes } : {}),
        ...(duty?.overdue ? { 'org.enlace.second_factor_due': true } : {}),
      }
    },
  }),
]
