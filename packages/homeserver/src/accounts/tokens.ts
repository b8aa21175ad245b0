/**
 * Sessions: ES256 access tokens of 15 minutes and rotating refresh tokens (client-server API, "Refreshing access tokens"). A
 * client that does not ask for refresh tokens gets one access token, good until it is revoked or not used for a month.
 *
 * A device has one session at a time (`sid`), and the session a current generation (`gen`, `rid`). Both kinds of token are
 * signed and name all three, so nothing of a token is in the database and a dump of it opens no session. A refresh makes
 * tokens of the next generation; the device moves on to it when one of them is first used, so an answer lost on a bad
 * network can be asked for again. A refresh token of a generation left behind, or of a sibling not chosen, is a copy in
 * wrong hands or a restored backup: the session ends and the person signs in again (soft logout: keys are kept).
 *
 * A token is revoked with its session, by `end`: at a logout, when the device is removed, when a password changes, when an
 * account is closed. `authenticate` looks at the session each time, so a revoked token is refused however long it is valid.
 */
import { randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { MatrixError, policyRefusal, unknownToken } from '../errors.ts'
import { addressKey, createRateLimiter } from '../http/rate-limit.ts'
import type { Requester } from '../http/types.ts'
import { growingCache } from '../lib/cache.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { createOnce } from '../lib/once.ts'
import { type AccountModels, deviceKey } from './models.ts'
import { checkNotSuspended } from './suspension.ts'
import { openTokenKey } from './token-key.ts'
import type { IssuedTokens, Tokens } from './types.ts'

const ACCESS_TOKEN_LIFETIME_MS = 15 * 60_000
/** A phone left in a drawer for longer signs in again. */
const REFRESH_TOKEN_LIFETIME_MS = 60 * 24 * 3_600_000
const OPENID_LIFETIME_MS = 3_600_000
const DAY_MS = 24 * 3_600_000
const SEEN_EVERY_MS = 60_000
/** What another process, or an operator in the database, did to a session counts after this time at the latest. */
const REREAD_MS = 15_000
const MAX_TOKEN_LENGTH = 2_048

const claimsSchema = z.object({
  aud: z.enum(['access', 'refresh']),
  sub: z.string(),
  did: z.string(),
  sid: z.string(),
  gen: z.number().int().min(0),
  rid: z.string(),
  /** `rid` of the generation before; absent in the first. */
  prid: z.string().optional(),
  iat: z.number(),
  /** Absent: good until it is revoked or not used for `session_idle_days`. */
  exp: z.number().optional(),
})
type Claims = z.output<typeof claimsSchema>

type Session = {
  userId: string
  deviceId: string
  sid: string
  gen: number
  rid: string
  prid?: string
  client?: string
  /** Its second factor was given at the institution's provider. */
  elsewhere: boolean
  seenAt: number
}

const factorNeeded = () =>
  policyRefusal('second_factor.required', '', {
    es: 'Su función necesita un segundo paso para ingresar. Agregue una llave de acceso o una aplicación de códigos en Enlace.',
    en: 'Your role needs a second way to sign in. Add a passkey or an authenticator app in Enlace.',
  })

export async function createTokens(
  ctx: Context,
  models: AccountModels,
  { now }: Clock = systemClock,
): Promise<Tokens> {
  const key = await openTokenKey(ctx.config.data_dir)
  const verified = growingCache<string, Claims>(10_000)
  const sessions = growingCache<string, Session>(10_000, { ttl: REREAD_MS })
  const loading = createOnce<string, Session | undefined>()
  const badTokens = createRateLimiter(() => ctx.config.rate_limits === 'on', {
    onLimited: ctx.metrics.rateLimited,
  })
  const listeners = new Set<(userId: string, deviceId: string) => void>()

  function sign(claims: Omit<Claims, 'iat' | 'exp'>, lifetimeMs?: number): string {
    const { aud, sub, ...rest } = claims
    const iat = Math.floor(now() / 1000)
    const ends = lifetimeMs === undefined ? {} : { exp: iat + Math.floor(lifetimeMs / 1000) }
    return jwt.sign({ ...rest, iat, ...ends }, key.privateKey, {
      algorithm: 'ES256',
      issuer: ctx.serverName,
      audience: aud,
      subject: sub,
    })
  }

  /** Signature, issuer and audience. Expiry is looked at by the caller, who must know whether the session still is. */
  function verify(token: string, audience: Claims['aud']): Claims | undefined {
    const cacheKey = `${audience} ${token}`
    const known = verified.get(cacheKey)
    if (known) return known
    if (token.length > MAX_TOKEN_LENGTH) return undefined
    try {
      const payload = jwt.verify(token, key.publicKey, {
        algorithms: ['ES256'],
        issuer: ctx.serverName,
        audience,
        ignoreExpiration: true,
      })
      const claims = claimsSchema.safeParse(payload)
      if (!claims.success) return undefined
      if (audience === 'access') verified.set(cacheKey, claims.data)
      return claims.data
    } catch (error) {
      if (error instanceof jwt.JsonWebTokenError) return undefined
      throw error
    }
  }

  async function session(userId: string, deviceId: string): Promise<Session | undefined> {
    const id = deviceKey(userId, deviceId)
    const known = sessions.get(id)
    if (known) return known
    return loading.run(id, async (current) => {
      // Served by _id.
      const [device, account] = await Promise.all([
        models.Device.findById(id).lean(),
        ctx.accounts.get(userId),
      ])
      if (!device?.sid || !account || account.deactivated) return undefined
      const found: Session = {
        userId,
        deviceId,
        sid: device.sid,
        gen: device.gen,
        rid: device.rid,
        prid: device.prid,
        client: device.oauth_client,
        elsewhere: device.signed_in_with === 'provider_and_factor',
        seenAt: device.last_seen_ts ?? 0,
      }
      // A session ended while it was being read must not come back through the cache.
      if (current()) sessions.set(id, found)
      return found
    })
  }

  function forget(id: string): void {
    sessions.delete(id)
    loading.forget(id)
  }

  /** Moves the device on to the generation of these claims. @returns false when another sibling was chosen, or later ones exist */
  async function confirm(claims: Claims, current: Session): Promise<boolean> {
    if (claims.gen === current.gen) return claims.rid === current.rid
    if (claims.gen !== current.gen + 1 || claims.prid !== current.rid) return false
    const id = deviceKey(claims.sub, claims.did)
    const moved = await models.Device.updateOne(
      { _id: id, sid: claims.sid, gen: current.gen, rid: current.rid },
      { $set: { gen: claims.gen, rid: claims.rid, prid: current.rid } },
    )
    if (moved.modifiedCount === 1) {
      current.prid = current.rid
      current.gen = claims.gen
      current.rid = claims.rid
      return true
    }
    forget(id)
    const fresh = await session(claims.sub, claims.did)
    return fresh?.sid === claims.sid && fresh.gen === claims.gen && fresh.rid === claims.rid
  }

  /**
   * An access token of the generation in use, or of the one before, lives out its minutes; one of the next generation
   * confirms it. One whose sibling was chosen is a copy in wrong hands, or an answer that got lost: neither goes on.
   */
  async function isOfTheLine(claims: Claims, current: Session): Promise<boolean> {
    if (claims.gen >= current.gen) return confirm(claims, current)
    return claims.gen === current.gen - 1 && (current.prid === undefined || claims.rid === current.prid)
  }

  function isOver(claims: Claims, current: Session): boolean {
    if (claims.exp !== undefined) return claims.exp * 1000 <= now()
    return now() - Math.max(current.seenAt, claims.iat * 1000) > ctx.config.session_idle_days * DAY_MS
  }

  function noteSeen(current: Session, address: string | undefined): void {
    const time = now()
    if (time - current.seenAt < SEEN_EVERY_MS) return
    current.seenAt = time
    models.Device.updateOne(
      { _id: deviceKey(current.userId, current.deviceId) },
      { $set: { last_seen_ts: time, ...(address === undefined ? {} : { last_seen_ip: address }) } },
    ).catch((error: unknown) => ctx.log.warn({ err: error }, 'could not note when a device was last seen'))
  }

  function issue(claims: Omit<Claims, 'aud' | 'iat' | 'exp'>, refreshable: boolean): IssuedTokens {
    if (!refreshable) return { access_token: sign({ ...claims, aud: 'access' }) }
    return {
      access_token: sign({ ...claims, aud: 'access' }, ACCESS_TOKEN_LIFETIME_MS),
      expires_in_ms: ACCESS_TOKEN_LIFETIME_MS,
      refresh_token: sign({ ...claims, aud: 'refresh' }, REFRESH_TOKEN_LIFETIME_MS),
    }
  }

  /** Tokens that open nothing, one after the other from one place, are answered slower; good ones from there pass. */
  async function slowed<T>(address: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const bad = error instanceof MatrixError && error.extra['soft_logout'] === false
      if (bad) badTokens.check('bad_token', addressKey(address))
      throw error
    }
  }

  async function end(userId: string, deviceId: string): Promise<void> {
    const id = deviceKey(userId, deviceId)
    await models.Device.updateOne({ _id: id }, { $unset: { sid: 1 } })
    forget(id)
    for (const listener of listeners) listener(userId, deviceId)
  }

  async function authenticate(
    accessToken: string,
    address: string | undefined,
    options: { withoutFactor?: boolean; whileSuspended?: boolean },
  ): Promise<Requester> {
    const claims = verify(accessToken, 'access')
    if (!claims) throw unknownToken()
    const current = await session(claims.sub, claims.did)
    // Signed in after the backup this node was restored from: its keys stay with the client, which signs in again.
    if (current?.sid !== claims.sid) throw unknownToken(ctx.restored.isOfLostTime(claims.iat * 1000))
    // Looked at each time: an account that was closed, by whichever way, has no tokens.
    const account = await ctx.accounts.get(claims.sub)
    if (!account || account.deactivated) throw unknownToken()
    if (isOver(claims, current) || !(await isOfTheLine(claims, current))) throw unknownToken(true)
    noteSeen(current, address)
    if (!options.whileSuspended) checkNotSuspended(account)
    // Where the institution's provider asserted a second factor, and its word counts, that is one.
    if (!options.withoutFactor && !current.elsewhere && (await ctx.factors.duty(account)).overdue)
      throw factorNeeded()
    const { userId, deviceId, client } = current
    return {
      userId,
      deviceId,
      isGuest: account.isGuest,
      isAdmin: account.isAdmin,
      ...(client === undefined ? {} : { oauthClient: client }),
    }
  }

  async function refresh(refreshToken: string, client: string | undefined): Promise<IssuedTokens> {
    const claims = verify(refreshToken, 'refresh')
    if (!claims) throw unknownToken()
    // Another worker may have moved the session on: read it afresh.
    forget(deviceKey(claims.sub, claims.did))
    const current = await session(claims.sub, claims.did)
    if (current?.sid !== claims.sid || current.client !== client)
      throw unknownToken(ctx.restored.isOfLostTime(claims.iat * 1000))
    if (isOver(claims, current)) throw unknownToken(true)
    if (!(await confirm(claims, current))) {
      ctx.log.warn({ user: claims.sub, device: claims.did }, 'used refresh token came again: session ended')
      await end(claims.sub, claims.did)
      throw unknownToken(true)
    }
    const { sub, did, sid, gen, rid } = claims
    return issue({ sub, did, sid, gen: gen + 1, rid: randomBytes(9).toString('base64url'), prid: rid }, true)
  }

  return {
    macSecret: key.macSecret,
    end,

    async interrupt(userId) {
      for (const { deviceId } of await ctx.devices.list(userId))
        for (const listener of listeners) listener(userId, deviceId)
    },

    onEnded(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    issueOpenId(userId) {
      const token = jwt.sign({}, key.privateKey, {
        algorithm: 'ES256',
        issuer: ctx.serverName,
        audience: 'openid',
        subject: userId,
        expiresIn: OPENID_LIFETIME_MS / 1000,
      })
      return { token, expiresInMs: OPENID_LIFETIME_MS }
    },

    openIdUser(token) {
      try {
        const payload = jwt.verify(token, key.publicKey, {
          algorithms: ['ES256'],
          issuer: ctx.serverName,
          audience: 'openid',
        })
        return typeof payload === 'object' ? payload.sub : undefined
      } catch (error) {
        if (error instanceof jwt.JsonWebTokenError) return undefined
        throw error
      }
    },

    async sessionOf(token) {
      const claims = verify(token, 'access') ?? verify(token, 'refresh')
      if (!claims) return undefined
      forget(deviceKey(claims.sub, claims.did))
      const current = await session(claims.sub, claims.did)
      return current?.sid === claims.sid ? { userId: claims.sub, deviceId: claims.did } : undefined
    },

    async start(userId, deviceId, { refreshable, oauth }) {
      const id = deviceKey(userId, deviceId)
      const sid = randomBytes(12).toString('base64url')
      const rid = randomBytes(9).toString('base64url')
      const before = await models.Device.findOneAndUpdate(
        { _id: id },
        {
          $set: {
            sid,
            gen: 0,
            rid,
            ...(oauth?.client === undefined ? {} : { oauth_client: oauth.client }),
            ...(oauth ? { oauth_grant: oauth.grant } : {}),
          },
          $unset: {
            prid: 1,
            ...(oauth?.client === undefined ? { oauth_client: 1 } : {}),
            ...(oauth ? {} : { oauth_grant: 1 }),
          },
        },
      ).lean()
      if (!before) throw unknownToken()
      forget(id)
      if (before.sid) for (const listener of listeners) listener(userId, deviceId)
      return issue({ sub: userId, did: deviceId, sid, gen: 0, rid }, refreshable)
    },

    authenticate: (accessToken, address, options = {}) =>
      slowed(address, () => authenticate(accessToken, address, options)),
    refresh: (refreshToken, address, client) => slowed(address, () => refresh(refreshToken, client)),
  }
}
