/** Enlace: one's own second factors (docs/enlace-api.md, "Signing in"). */
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { forbidden, missingParam, notFound } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import type { Requester } from '../../http/types.ts'
import { givenProof, proofIn, registrationResponse } from '../factors/schemas.ts'
import type { AddedFactor } from '../factors/types.ts'
import {
  type AuthData,
  authData,
  confirmPurpose,
  FRESH_MS,
  gaveFactor,
  requireInteractiveAuth,
} from '../uia.ts'

const BASE = '/_enlace/client/v1/factors'
const name = z.string().trim().min(1).max(60)
const auth = authData.optional()
const passkeyParams = z.object({ id: z.string().max(1_400) })

type Asking = { ctx: Context; requester: Requester; req: { ip?: string } }

/** The account itself, confirmed: an open session on a desk adds and removes nothing. */
const confirmed = ({ ctx, requester, req }: Asking, given: AuthData | undefined, operation: string) =>
  requireInteractiveAuth(ctx, {
    auth: given,
    stages: ['m.login.password'],
    operation,
    requester,
    address: req.ip ?? '',
  })

const shown = ({ recoveryCodes }: AddedFactor) =>
  recoveryCodes === undefined ? {} : { recovery_codes: recoveryCodes }

export const factorRoutes: Route[] = [
  route({
    method: 'GET',
    path: BASE,
    auth: 'user',
    withoutFactor: true,
    async handler({ ctx, requester }) {
      const { userId } = requester
      const account = await ctx.accounts.get(userId)
      const [{ totp, passkeys, recovery }, methods, duty, fresh, mark, device] = await Promise.all([
        ctx.factors.of(userId),
        ctx.factors.methods(userId),
        account ? ctx.factors.duty(account) : undefined,
        gaveFactor(ctx, requester),
        ctx.accounts.passwordMark(userId),
        ctx.devices.get(userId, requester.deviceId),
      ])
      // Given at the institution's provider: for this session nothing is missing.
      const elsewhere = device?.signedInWith === 'provider_and_factor'
      return {
        totp: totp ? { since_ts: totp.sinceTs } : null,
        passkeys: passkeys.map((one) => ({
          id: one.id,
          name: one.name,
          created_ts: one.createdTs,
          synced: one.synced,
          ...(one.lastUsedTs === undefined ? {} : { last_used_ts: one.lastUsedTs }),
        })),
        recovery_codes: recovery ? { left: recovery.left, made_ts: recovery.madeTs } : null,
        methods,
        passkeys_offered: ctx.factors.passkeysOffered,
        /** Whether there is one to ask for: some sign in with a passkey alone. */
        password: mark !== '',
        /** Whether a second factor was given on this device in the last minutes: nothing asks for it again yet. */
        fresh,
        must: duty?.must ?? false,
        overdue: !elsewhere && (duty?.overdue ?? false),
        ...(duty?.deadlineTs === undefined ? {} : { deadline_ts: duty.deadlineTs }),
      }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/challenge`,
    auth: 'user',
    withoutFactor: true,
    body: z.object({}),
    handler: ({ ctx, requester }) => ctx.factors.challenge(confirmPurpose(requester), requester.userId),
  }),
  route({
    method: 'POST',
    path: `${BASE}/confirm`,
    auth: 'user',
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object(givenProof),
    async handler({ ctx, requester, body, req }) {
      const { userId, deviceId } = requester
      const proof = proofIn(body)
      if (!proof) throw missingParam('Give a code or a passkey.')
      const place = { address: req.ip ?? '', knownDevice: deviceId }
      const outcome = await ctx.factors.prove(userId, proof, place, confirmPurpose(requester))
      if (outcome !== 'right')
        throw forbidden('That was not accepted.', { 'org.enlace.rule': `second_factor.${outcome}` })
      await ctx.devices.proved(userId, deviceId)
      return { fresh_ms: FRESH_MS }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/totp`,
    auth: 'user',
    withoutFactor: true,
    body: z.object({ auth }),
    async handler(call) {
      await confirmed(call, call.body.auth, 'POST /factors/totp')
      return call.ctx.factors.beginTotp(call.requester.userId)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/totp/confirm`,
    auth: 'user',
    withoutFactor: true,
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object({ code: z.string().max(40) }),
    async handler({ ctx, requester, body }) {
      const added = await ctx.factors.confirmTotp(requester.userId, body.code)
      await ctx.devices.proved(requester.userId, requester.deviceId)
      return shown(added)
    },
  }),
  route({
    method: 'DELETE',
    path: `${BASE}/totp`,
    auth: 'user',
    body: z.object({ auth }),
    async handler(call) {
      await confirmed(call, call.body.auth, 'DELETE /factors/totp')
      await call.ctx.factors.removeTotp(call.requester.userId)
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/passkeys`,
    auth: 'user',
    withoutFactor: true,
    body: z.object({ auth }),
    async handler(call) {
      await confirmed(call, call.body.auth, 'POST /factors/passkeys')
      return call.ctx.factors.beginPasskey(call.requester.userId, call.requester.deviceId)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/passkeys/confirm`,
    auth: 'user',
    withoutFactor: true,
    body: z.object({ name, response: registrationResponse }),
    async handler({ ctx, requester, body }) {
      const { userId, deviceId } = requester
      const added = await ctx.factors.addPasskey(userId, deviceId, body)
      await ctx.devices.proved(userId, deviceId)
      return { id: added.id, ...shown(added) }
    },
  }),
  route({
    method: 'PUT',
    path: `${BASE}/passkeys/:id`,
    auth: 'user',
    params: passkeyParams,
    body: z.object({ name }),
    async handler({ ctx, requester, params, body }) {
      if (!(await ctx.factors.renamePasskey(requester.userId, params.id, body.name))) throw unknownPasskey()
      return {}
    },
  }),
  route({
    method: 'DELETE',
    path: `${BASE}/passkeys/:id`,
    auth: 'user',
    params: passkeyParams,
    body: z.object({ auth }),
    async handler(call) {
      const { ctx, requester, params, body } = call
      await confirmed(call, body.auth, `DELETE /factors/passkeys/${params.id}`)
      if (!(await ctx.factors.removePasskey(requester.userId, params.id))) throw unknownPasskey()
      return {}
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/recovery-codes`,
    auth: 'user',
    body: z.object({ auth }),
    async handler(call) {
      await confirmed(call, call.body.auth, 'POST /factors/recovery-codes')
      return { recovery_codes: await call.ctx.factors.newRecoveryCodes(call.requester.userId) }
    },
  }),
]

const unknownPasskey = () => notFound('You have no such passkey.')
