/**
 * User-interactive authentication (client-server API, "User-Interactive Authentication API").
 *
 * @NOTE A session is a MAC over what it is for, and over whether the password was right already, which any worker can check
 * after any restart and which strangers cannot pile up in memory. What a coordinator's stage has to remember is kept by
 * whoever asks for it (`e2ee/identity-resets.ts`).
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { forbidden, MatrixError, policyRefusal } from '../errors.ts'
import type { Requester } from '../http/types.ts'
import { givenProof, proofIn } from './factors/schemas.ts'
import type { FactorMethod } from './factors/types.ts'
import type { SignInPlace } from './types.ts'

export const userIdentifier = z.object({
  type: z.string(),
  user: z.string().optional(),
})

export const authData = z.looseObject({
  type: z.string().optional(),
  session: z.string().max(500).optional(),
  identifier: userIdentifier.optional(),
  /** Older form of `identifier`. */
  user: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
  ...givenProof,
})
export type AuthData = z.output<typeof authData>

export type Stage = 'm.login.password' | 'm.login.dummy' | 'm.login.registration_token'

/** 401 with the flows; `errcode` only when an attempt went wrong. */
class InteractiveAuthNeeded extends MatrixError {
  override readonly isQuestion: boolean
  constructor(body: Record<string, unknown>, failure?: { errcode: string; message: string }) {
    super(
      401,
      failure?.errcode ?? 'M_UNAUTHORIZED',
      failure?.message ?? 'Confirm that it is you to go on.',
      body,
    )
    this.isQuestion = failure === undefined
  }
  override toJSON(): Record<string, unknown> {
    return this.isQuestion ? this.extra : super.toJSON()
  }
}

const SESSION_LIFETIME_MS = 30 * 60_000

type Failure = { errcode: string; message: string; problem?: string }

/**
 * Passes when one of the flows is completed by `auth`. Whoever has a second factor gives it as well, unless they gave it on
 * this device in the last five minutes; a passkey alone is both.
 * @param operation what is being authorised, e.g. "DELETE /devices/ABC": a session is good for that alone
 * @throws 401 with the flows, 429 when passwords or codes are being guessed
 */
export async function requireInteractiveAuth(
  ctx: Context,
  args: {
    auth: AuthData | undefined
    stages: readonly Stage[]
    operation: string
    /** Who asks, when signed in: the device is known, and guesses are counted for it alone. */
    requester?: Requester
    address: string
    /** A stage that comes after; whoever asks for it checks it with `secondStageNeeded`. */
    followedBy?: string
  },
): Promise<void> {
  const { auth, stages, operation, requester, followedBy } = args
  const userId = requester?.userId
  if (requester?.oauthClient !== undefined)
    return requireAccountPage(ctx, { auth, operation, requester, followedBy })
  if (requester && stages.includes('m.login.password') && (await byProviderAlone(ctx, requester))) return
  const locks =
    requester && stages.includes('m.login.password') ? await locksOf(ctx, requester, operation) : undefined
  const challenge = async (failure?: Failure, session?: string, completed: readonly string[] = []) => {
    const after = followedBy === undefined ? [] : [followedBy]
    return new InteractiveAuthNeeded(
      {
        completed,
        flows: [
          ...stages.map((stage) => ({
            stages: [stage, ...(locks && !locks.fresh ? [SECOND_FACTOR] : []), ...after],
          })),
          ...(locks?.methods.includes('passkey') ? [{ stages: [PASSKEY, ...after] }] : []),
        ],
        params: locks ? await paramsOf(ctx, locks, failure?.problem) : {},
        session: session ?? newSession(ctx, operation, userId),
      },
      failure,
    )
  }
  const afterPassword = `${operation} after password`
  const passwordWasRight =
    auth?.session !== undefined && requester !== undefined && isOurs(ctx, auth.session, afterPassword, userId)
  // Clients that showed the page of the second stage come back with the session alone.
  if (!auth?.type) {
    if (passwordWasRight && locks?.fresh) return
    throw await challenge()
  }
  if (auth.session !== undefined && !passwordWasRight && !isOurs(ctx, auth.session, operation, userId)) {
    throw await challenge({ errcode: 'M_UNKNOWN', message: 'This confirmation has expired. Try again.' })
  }
  if (locks && (auth.type === PASSKEY || (auth.type === SECOND_FACTOR && passwordWasRight))) {
    const proof = proofIn(auth)
    const outcome =
      proof && (auth.type === SECOND_FACTOR || proof.method === 'passkey')
        ? await ctx.factors.prove(locks.userId, proof, locks.place(args.address), locks.purpose)
        : 'wrong'
    if (outcome === 'right') return ctx.devices.proved(locks.userId, locks.deviceId)
    throw await challenge(
      { errcode: 'M_FORBIDDEN', message: 'That was not accepted.', problem: outcome },
      auth.session,
      auth.type === SECOND_FACTOR ? ['m.login.password'] : [],
    )
  }
  const stage = stages.find((one) => one === auth.type)
  if (!stage) {
    throw await challenge(
      { errcode: 'M_UNRECOGNIZED', message: 'That way to confirm is not offered.' },
      auth.session,
    )
  }
  if (stage === 'm.login.dummy') return
  if (stage === 'm.login.registration_token') {
    if (isRegistrationToken(ctx, auth.token)) return
    throw await challenge(
      { errcode: 'M_FORBIDDEN', message: 'The registration token is not valid.' },
      auth.session,
    )
  }
  const named = auth.identifier?.type === 'm.id.user' ? auth.identifier.user : (auth.user ?? userId)
  const claimed = named === undefined ? undefined : ctx.accounts.userIdFrom(named)
  // Only the password of the one who asks counts; another person's is as wrong as a bad one.
  if (
    auth.password === undefined ||
    userId === undefined ||
    claimed !== userId ||
    (await ctx.accounts.checkPassword(userId, auth.password, {
      address: args.address,
      knownDevice: requester?.deviceId,
    })) === 'wrong'
  ) {
    throw await challenge({ errcode: 'M_FORBIDDEN', message: 'The password is not right.' }, auth.session)
  }
  if (!locks || locks.fresh) return
  throw await challenge(undefined, newSession(ctx, afterPassword, userId), ['m.login.password'])
}

/** So long a sign-in at the institution's provider confirms what its person does, where they have nothing else to confirm with. */
const BY_PROVIDER_MS = 10 * 60_000

/** @returns whether the provider confirmed it a moment ago. @throws M_FORBIDDEN for who has no other way, and it is longer ago */
async function byProviderAlone(ctx: Context, { userId, deviceId }: Requester): Promise<boolean> {
  const account = await ctx.accounts.get(userId)
  if (!account || account.hasPassword) return false
  const { totp, passkeys } = await ctx.factors.of(userId)
  if (totp || passkeys.length > 0) return false
  if ((await ctx.oauth.providers.linksOf(userId)).length === 0) return false
  const device = await ctx.devices.get(userId, deviceId)
  const since = device?.signedInWith?.startsWith('provider') ? device.signedInTs : undefined
  if (since !== undefined && ctx.clock.now() - since < BY_PROVIDER_MS) return true
  throw policyRefusal('provider.sign_in_again', '', {
    es: 'Para esto, salga y vuelva a ingresar con la cuenta de su institución; hágalo en los diez minutos siguientes. Con una llave de acceso ya no hará falta.',
    en: 'For this, sign out and in again with your institution’s account, and do it within ten minutes. With a passkey that is not needed any more.',
  })
}

/** What a session of an OAuth client is asked: `m.oauth`, and its name of before (MSC4312). */
export const ACCOUNT_PAGE = ['m.oauth', 'org.matrix.cross_signing_reset'] as const
/** The one act that such a session may confirm, on the node's page (client-server API, "OAuth authentication"). */
export const RESET_OPERATION = 'POST /keys/device_signing/upload'

/** No password is given to a client that signed in without seeing one: what needs it is done on the node's own pages. */
async function requireAccountPage(
  ctx: Context,
  args: {
    auth: AuthData | undefined
    operation: string
    requester: Requester
    followedBy?: string | undefined
  },
): Promise<void> {
  const { auth, operation, followedBy } = args
  const { userId } = args.requester
  const url = ctx.oauth.accountUrl()
  if (operation !== RESET_OPERATION || url === undefined)
    throw forbidden('This app signed in through the browser: do this on the page of your account.', {
      'org.enlace.rule': 'oauth.account_page',
      ...(url === undefined ? {} : { 'org.enlace.account_page': url }),
    })
  const came = auth?.session !== undefined && isOurs(ctx, auth.session, operation, userId)
  if (came && (await ctx.oauth.takeResetApproval(userId))) return
  const after = followedBy === undefined ? [] : [followedBy]
  const params = { url: `${url}?action=org.matrix.cross_signing_reset` }
  throw new InteractiveAuthNeeded({
    completed: [],
    flows: ACCOUNT_PAGE.map((stage) => ({ stages: [stage, ...after] })),
    params: Object.fromEntries(ACCOUNT_PAGE.map((stage) => [stage, params])),
    session: came ? auth.session : newSession(ctx, operation, userId),
  })
}

export const SECOND_FACTOR = 'org.enlace.second_factor'
export const PASSKEY = 'org.enlace.passkey'
/** So long a second factor counts on the device where it was given. */
export const FRESH_MS = 5 * 60_000

type Locks = {
  userId: string
  deviceId: string
  methods: FactorMethod[]
  fresh: boolean
  purpose: string
  place(address: string): SignInPlace
}

/** What challenges are for that are answered while signed in. */
export const confirmPurpose = ({ userId, deviceId }: Requester) => `confirm|${userId}|${deviceId}`

/** Undefined for whoever has a password only. */
async function locksOf(ctx: Context, requester: Requester, operation: string): Promise<Locks | undefined> {
  const { userId, deviceId } = requester
  const { totp, passkeys } = await ctx.factors.of(userId)
  if (!totp && passkeys.length === 0) return undefined
  return {
    userId,
    deviceId,
    methods: await ctx.factors.methods(userId),
    fresh: await gaveFactor(ctx, requester),
    purpose: `${confirmPurpose(requester)}|${operation}`,
    place: (address) => ({ address, knownDevice: deviceId }),
  }
}

/** Whether a second factor was given on this device a moment ago. */
export async function gaveFactor(ctx: Context, { userId, deviceId }: Requester): Promise<boolean> {
  const provedTs = (await ctx.devices.get(userId, deviceId))?.provedTs
  const now = ctx.clock.now()
  return provedTs !== undefined && provedTs <= now && now - provedTs < FRESH_MS
}

async function paramsOf(ctx: Context, { methods, userId, fresh, purpose }: Locks, problem?: string) {
  const passkey = methods.includes('passkey')
    ? { passkey: await ctx.factors.challenge(purpose, userId) }
    : undefined
  return {
    ...(fresh
      ? {}
      : { [SECOND_FACTOR]: { methods, ...passkey, ...(problem === undefined ? {} : { problem }) } }),
    ...(passkey ? { [PASSKEY]: passkey } : {}),
  }
}

/** The answer while the password has been right and the second stage has not come about yet. */
export function secondStageNeeded(args: {
  stages: readonly [string, string]
  params: Record<string, unknown>
  session: string
  failure?: { errcode: string; message: string }
}): MatrixError {
  return new InteractiveAuthNeeded(
    {
      completed: [args.stages[0]],
      flows: [{ stages: args.stages }],
      params: { [args.stages[1]]: args.params },
      session: args.session,
    },
    args.failure,
  )
}

/** Compares in constant time; false when registration is not by token. */
export function isRegistrationToken(ctx: Context, token: string | undefined): boolean {
  const expected = ctx.config.registration === 'token' ? ctx.config.registration_token : undefined
  if (expected === undefined || token === undefined) return false
  const mac = (text: string) => createHmac('sha256', ctx.tokens.macSecret).update(text).digest()
  return timingSafeEqual(mac(token), mac(expected))
}

function sessionMac(
  ctx: Context,
  nonce: string,
  expires: string,
  operation: string,
  userId: string | undefined,
) {
  return createHmac('sha256', ctx.tokens.macSecret)
    .update(JSON.stringify(['uia', nonce, expires, operation, userId ?? null]))
    .digest('base64url')
}

export function newSession(ctx: Context, operation: string, userId: string | undefined): string {
  const nonce = randomBytes(9).toString('base64url')
  const expires = String(Date.now() + SESSION_LIFETIME_MS)
  return `${nonce}.${expires}.${sessionMac(ctx, nonce, expires, operation, userId)}`
}

function isOurs(ctx: Context, session: string, operation: string, userId: string | undefined): boolean {
  const [nonce = '', expires = '', mac = ''] = session.split('.')
  const given = Buffer.from(mac)
  const right = Buffer.from(sessionMac(ctx, nonce, expires, operation, userId))
  return given.length === right.length && timingSafeEqual(given, right) && Number(expires) > Date.now()
}
