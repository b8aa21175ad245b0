/** GET and POST /login (client-server API, "Login"), with Enlace's second step and passkeys (docs/enlace-api.md). */
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { badJson, forbidden, MatrixError, missingParam } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Call, type Route, route } from '../../http/route.ts'
import { givenProof, proofIn } from '../factors/schemas.ts'
import type { FactorMethod, ProofOutcome } from '../factors/types.ts'
import { knownDevices, rememberDevice } from '../known-devices.ts'
import type { SignInWay } from '../models.ts'
import { beginStep, stepPurpose, userOfStep } from '../sign-in-step.ts'
import type { SignInPlace } from '../types.ts'
import { userIdentifier } from '../uia.ts'

const PASSKEY = 'org.enlace.passkey'
const SECOND_FACTOR = 'org.enlace.second_factor'
const ALONE = 'sign in'

const body = z.object({
  type: z.string(),
  identifier: userIdentifier.optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  session: z.string().max(1_000).optional(),
  device_id: z.string().optional(),
  initial_device_display_name: z.string().optional(),
  refresh_token: z.boolean().optional(),
  ...givenProof,
})
type LoginCall = Call<'none', undefined, undefined, typeof body>

/** What /login and /register answer once it is certain who it is. */
export async function openSession(
  ctx: Context,
  userId: string,
  wanted: { device_id?: string; initial_device_display_name?: string; refresh_token?: boolean },
  how: { with: SignInWay; address: string; known: boolean },
): Promise<Record<string, unknown>> {
  const { deviceId } = await ctx.devices.open(userId, {
    deviceId: wanted.device_id,
    displayName: wanted.initial_device_display_name,
  })
  const factor = how.with !== 'password' && how.with !== 'registration'
  await ctx.devices.signedIn(userId, deviceId, {
    with: how.with,
    address: how.address,
    factor,
    unknown: !how.known,
  })
  // Before there are tokens: who is told of nothing has not let anybody in.
  await ctx.devices.announce(userId, deviceId)
  const tokens = await ctx.tokens.start(userId, deviceId, { refreshable: wanted.refresh_token === true })
  return { user_id: userId, home_server: ctx.serverName, device_id: deviceId, ...tokens }
}

/** The whole sign-in was right. */
async function enter({ ctx, body, req, res }: LoginCall, userId: string, way: SignInWay) {
  const first = (await ctx.accounts.noteSignIn(userId)) && (await ctx.devices.list(userId)).length === 0
  const known = first || isKnown(ctx, req, userId) !== undefined
  rememberDevice(ctx, req, res, userId)
  const account = await ctx.accounts.get(userId)
  const duty = account && (await ctx.factors.duty(account))
  return {
    ...(await openSession(ctx, userId, body, { with: way, address: req.ip ?? '', known })),
    ...(duty?.overdue ? { 'org.enlace.second_factor_due': true } : {}),
    ...(ctx.config.public_base_url
      ? { well_known: { 'm.homeserver': { base_url: ctx.config.public_base_url } } }
      : {}),
  }
}

const isKnown = (ctx: Context, req: LoginCall['req'], userId: string) =>
  knownDevices(ctx, req).find((one) => one.user === userId)?.device

const placeOf = ({ ctx, req, signal }: LoginCall, userId: string): SignInPlace => ({
  address: req.ip ?? '',
  knownDevice: isKnown(ctx, req, userId),
  signal,
})

const wrongPassword = () => forbidden('The user name or the password is not right.')

async function withPassword(call: LoginCall) {
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
  if (methods.length === 0 && !(await hasAny(ctx, userId))) return enter(call, userId, 'password')
  throw await secondStepNeeded(ctx, userId, methods)
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
  problem?: Exclude<ProofOutcome, 'right'>,
): Promise<MatrixError> {
  return new SecondStepNeeded(
    problem === undefined,
    problem === undefined
      ? 'This account has a second step: sign in with Enlace and give a code or a passkey. Ingrese con Enlace: esta cuenta tiene un segundo paso.'
      : 'That was not accepted. Ese código o esa llave de acceso no se aceptó.',
    {
      [SECOND_FACTOR]: {
        session: await beginStep(ctx, userId),
        methods,
        ...(problem === undefined ? {} : { problem }),
        ...(methods.includes('passkey')
          ? { passkey: await ctx.factors.challenge(stepPurpose(userId), userId) }
          : {}),
      },
    },
  )
}

const WAYS: Record<FactorMethod, SignInWay> = {
  totp: 'totp',
  recovery_code: 'recovery_code',
  passkey: 'password_and_passkey',
}

async function withSecondFactor(call: LoginCall) {
  const { ctx, body } = call
  const userId = body.session === undefined ? undefined : await userOfStep(ctx, body.session)
  if (userId === undefined)
    throw forbidden('That took too long. Sign in again with your password.', {
      [SECOND_FACTOR]: { problem: 'expired' },
    })
  const proof = proofIn(body)
  if (!proof) throw missingParam('Give a code or a passkey.')
  const outcome = await ctx.factors.prove(userId, proof, placeOf(call, userId), stepPurpose(userId))
  if (outcome === 'right') return enter(call, userId, WAYS[proof.method])
  throw await secondStepNeeded(ctx, userId, await ctx.factors.methods(userId), outcome)
}

async function withPasskey(call: LoginCall) {
  const { ctx, body, req, signal } = call
  if (!body.passkey) throw missingParam('Give a passkey.')
  const [known] = knownDevices(ctx, req)
  const place = { address: req.ip ?? '', knownDevice: known?.device, signal }
  const userId = await ctx.factors.whoseProof(body.passkey, place, ALONE)
  const account = userId === undefined ? undefined : await ctx.accounts.get(userId)
  // Unknown, removed, or of an account that is closed: one answer.
  if (userId === undefined || !account || account.deactivated)
    throw forbidden('That passkey was not accepted. Sign in with your password.')
  return enter(call, userId, 'passkey')
}

const WITH: Record<string, (call: LoginCall) => Promise<unknown>> = {
  'm.login.password': withPassword,
  [SECOND_FACTOR]: withSecondFactor,
  [PASSKEY]: withPasskey,
}

export const loginRoutes: Route[] = [
  route({
    method: 'GET',
    path: clientPaths('/login'),
    auth: 'none',
    handler: ({ ctx }) => ({
      flows: [{ type: 'm.login.password' }, ...(ctx.factors.passkeysOffered ? [{ type: PASSKEY }] : [])],
    }),
  }),
  route({
    method: 'POST',
    path: clientPaths('/login'),
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body,
    handler(call) {
      const way = Object.hasOwn(WITH, call.body.type) ? WITH[call.body.type] : undefined
      if (!way) throw new MatrixError(400, 'M_UNKNOWN', 'This server does not offer that way of signing in.')
      if (call.body.device_id === '') throw badJson('device_id: must not be empty')
      return way(call)
    },
  }),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/sign-in/challenge',
    auth: 'none',
    rateLimit: 'login',
    successCounts: () => false,
    body: z.object({}),
    // The same for everybody: it names no account and no passkey.
    handler: ({ ctx }) => ctx.factors.challenge(ALONE),
  }),
]
