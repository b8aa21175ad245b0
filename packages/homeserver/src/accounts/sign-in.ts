/** Who it is that signs in: password, second step, passkey. What follows (a session, a grant) is the caller's. */
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { Context } from '../context.ts'
import { forbidden, MatrixError, missingParam } from '../errors.ts'
import { networkKey } from '../http/rate-limit.ts'
import type { Call } from '../http/route.ts'
import { proofIn } from './factors/schemas.ts'
import type { FactorMethod, ProofOutcome } from './factors/types.ts'
import { knownDevices, rememberDevice } from './known-devices.ts'
import type { SignInWay } from './models.ts'
import { beginStep, type FirstStep, stepPurpose, whoOfStep } from './sign-in-step.ts'
import { checkNotSuspended } from './suspension.ts'
import type { OauthSession, SignInPlace } from './types.ts'

export const SECOND_FACTOR = 'org.enlace.second_factor'
/** What a passkey that stands alone signs for. */
export const ALONE = 'sign in'

/** Ways in without a second factor. */
const ONE_LOCK: ReadonlySet<SignInWay> = new Set(['password', 'registration', 'provider', 'other_device'])

/** What a person gives to sign in. */
export type SignInGiven = {
  identifier?: { type: string; user?: string | undefined } | undefined
  user?: string | undefined
  password?: string | undefined
  session?: string | undefined
  code?: string | undefined
  recovery_code?: string | undefined
  passkey?: AuthenticationResponseJSON | undefined
}
export type SignInCall = Pick<Call<'none', undefined, undefined, undefined>, 'ctx' | 'req' | 'signal'> & {
  body: SignInGiven
}
export type Identified = { userId: string; way: SignInWay }

/** The one place where a session begins, once it is certain who it is; what /login and /register answer. */
export async function openSession(
  ctx: Context,
  userId: string,
  wanted: {
    device_id?: string | undefined
    initial_device_display_name?: string | undefined
    refresh_token?: boolean | undefined
    oauth?: OauthSession
  },
  how: { with: SignInWay; address: string; known: boolean },
): Promise<Record<string, unknown>> {
  const account = await ctx.accounts.get(userId)
  if (account?.suspended) checkNotSuspended(account, await ctx.reports.decisions.offer(account))
  const { deviceId } = await ctx.devices.open(userId, {
    deviceId: wanted.device_id,
    displayName: wanted.initial_device_display_name,
  })
  const factor = !ONE_LOCK.has(how.with)
  await ctx.devices.signedIn(userId, deviceId, {
    with: how.with,
    address: how.address,
    factor,
    unknown: !how.known,
  })
  // Before there are tokens: who is told of nothing has not let anybody in.
  await ctx.devices.announce(userId, deviceId)
  await ctx.audit.record({
    act: 'session.start',
    by: userId,
    facts: {
      device: deviceId,
      with: how.with,
      network: networkKey(how.address),
      known_browser: how.known,
      ...(wanted.oauth?.client === undefined ? {} : { client: wanted.oauth.client }),
    },
  })
  const tokens = await ctx.tokens.start(userId, deviceId, {
    refreshable: wanted.refresh_token === true,
    ...(wanted.oauth ? { oauth: wanted.oauth } : {}),
  })
  return { user_id: userId, home_server: ctx.serverName, device_id: deviceId, ...tokens }
}

/** The browser is this person's from now on. @returns whether it was before, so that nobody need be told of it */
export async function noteBrowser(
  ctx: Context,
  req: SignInCall['req'],
  res: Parameters<typeof rememberDevice>[2],
  userId: string,
): Promise<boolean> {
  const first = (await ctx.accounts.noteSignIn(userId)) && (await ctx.devices.list(userId)).length === 0
  const known = first || isKnown(ctx, req, userId) !== undefined
  rememberDevice(ctx, req, res, userId)
  return known
}

const isKnown = (ctx: Context, req: SignInCall['req'], userId: string) =>
  knownDevices(ctx, req).find((one) => one.user === userId)?.device

const placeOf = ({ ctx, req, signal }: SignInCall, userId: string): SignInPlace => ({
  address: req.ip ?? '',
  knownDevice: isKnown(ctx, req, userId),
  signal,
})

const wrongPassword = () => forbidden('The user name or the password is not right.')

export async function withPassword(call: SignInCall): Promise<Identified> {
  const { ctx, body } = call
  if (body.identifier && body.identifier.type !== 'm.id.user') throw wrongPassword()
  const user = body.identifier ? body.identifier.user : body.user
  if (user === undefined) throw missingParam('Give a user name.')
  if (body.password === undefined) throw missingParam('Give a password.')
  // An unknown user takes the same path and the same time as a known one.
  const userId = ctx.accounts.userIdFrom(user) ?? '@'
  if ((await ctx.accounts.checkPassword(userId, body.password, placeOf(call, userId))) === 'wrong')
    throw wrongPassword()
  // Only now: to whoever does not know the password an account with a second factor answers like any other.
  const methods = await ctx.factors.methods(userId)
  if (methods.length === 0 && !(await hasAny(ctx, userId))) return { userId, way: 'password' }
  throw await secondStepNeeded(ctx, userId, methods, 'password')
}

/** The institution's provider said who it is, and no second factor with it: here follows what follows a right password. */
export async function afterProvider(ctx: Context, userId: string): Promise<Identified> {
  const methods = await ctx.factors.methods(userId)
  if (methods.length === 0 && !(await hasAny(ctx, userId))) return { userId, way: 'provider' }
  throw await secondStepNeeded(ctx, userId, methods, 'provider')
}

/** A passkey that cannot be asked for now is a factor all the same: the password alone never opens what had two locks. */
async function hasAny(ctx: Context, userId: string): Promise<boolean> {
  const { totp, passkeys } = await ctx.factors.of(userId)
  return totp !== undefined || passkeys.length > 0
}

/** What was right so far is no failed attempt: an office of people with a second step does not slow itself down. */
class SecondStepNeeded extends MatrixError {
  override readonly isQuestion: boolean
  constructor(isQuestion: boolean, message: string, extra: Record<string, unknown>) {
    super(403, 'M_FORBIDDEN', message, extra)
    this.isQuestion = isQuestion
  }
}

/**
 * @NOTE The specification has no login of two steps: clients that know passwords only read M_FORBIDDEN and its sentence.
 */
async function secondStepNeeded(
  ctx: Context,
  userId: string,
  methods: FactorMethod[],
  first: FirstStep,
  problem?: Exclude<ProofOutcome, 'right'>,
): Promise<MatrixError> {
  return new SecondStepNeeded(
    problem === undefined,
    problem === undefined
      ? 'This account has a second step: sign in with Enlace and give a code or a passkey. Ingrese con Enlace: esta cuenta tiene un segundo paso.'
      : 'That was not accepted. Ese código o esa llave de acceso no se aceptó.',
    {
      [SECOND_FACTOR]: {
        session: await beginStep(ctx, userId, first),
        methods,
        ...(problem === undefined ? {} : { problem }),
        ...(methods.includes('passkey')
          ? { passkey: await ctx.factors.challenge(stepPurpose(userId), userId) }
          : {}),
      },
    },
  )
}

const WAYS: Record<FirstStep, Record<FactorMethod, SignInWay>> = {
  password: { totp: 'totp', recovery_code: 'recovery_code', passkey: 'password_and_passkey' },
  provider: {
    totp: 'provider_and_code',
    recovery_code: 'recovery_code',
    passkey: 'provider_and_passkey',
  },
}

export async function withSecondFactor(call: SignInCall): Promise<Identified> {
  const { ctx, body } = call
  const step = body.session === undefined ? undefined : await whoOfStep(ctx, body.session)
  if (step === undefined)
    throw forbidden('That took too long. Sign in again with your password.', {
      [SECOND_FACTOR]: { problem: 'expired' },
    })
  const { userId, first } = step
  const proof = proofIn(body)
  if (!proof) throw missingParam('Give a code or a passkey.')
  const outcome = await ctx.factors.prove(userId, proof, placeOf(call, userId), stepPurpose(userId))
  if (outcome === 'right') return { userId, way: WAYS[first][proof.method] }
  throw await secondStepNeeded(ctx, userId, await ctx.factors.methods(userId), first, outcome)
}

export async function withPasskey(call: SignInCall): Promise<Identified> {
  const { ctx, body, req, signal } = call
  if (!body.passkey) throw missingParam('Give a passkey.')
  const [known] = knownDevices(ctx, req)
  const place = { address: req.ip ?? '', knownDevice: known?.device, signal }
  const userId = await ctx.factors.whoseProof(body.passkey, place, ALONE)
  const account = userId === undefined ? undefined : await ctx.accounts.get(userId)
  // Unknown, removed, or of an account that is closed: one answer.
  if (userId === undefined || !account || account.deactivated)
    throw forbidden('That passkey was not accepted. Sign in with your password.')
  return { userId, way: 'passkey' }
}
