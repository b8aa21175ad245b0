/** The people of this node. */

import { createHmac } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { addressKey, networkKey } from '../http/rate-limit.ts'
import { growingCache } from '../lib/cache.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { leaveRoom } from '../rooms/routes/membership-actions.ts'
import { createLoginThrottle } from './login-throttle.ts'
import type { AccountDoc, AccountModels } from './models.ts'
import { createPasswordCheck } from './password-strength.ts'
import { createPasswordHasher } from './passwords.ts'
import type { AccountRecord, Accounts, LoginThrottle } from './types.ts'
import { localpartFrom, localUserFrom, serverOfUser } from './user-ids.ts'

const REREAD_MS = 5_000
/** Their line at the hasher. How many an address may set is limited before. */
const NEW_PASSWORDS = { group: 'new passwords' }

export async function createAccounts(
  ctx: Context,
  models: AccountModels,
  options: { allowDemoPassword?: boolean; throttle?: LoginThrottle } = {},
): Promise<Accounts> {
  const hasher = createPasswordHasher(ctx.config.password_hash)
  const throttle = options.throttle ?? createLoginThrottle(() => ctx.config.rate_limits === 'on')
  // What somebody writes into the database itself counts after seconds, whatever the cache holds.
  const cache = growingCache<string, AccountDoc>(5_000, { ttl: REREAD_MS })
  const erased = new Set<string>()

  const isLocal = (userId: string) => serverOfUser(userId) === ctx.serverName

  /** What was being read while somebody wrote does not come back through the cache: a suspension counts at once. */
  let written = 0
  function forget(userId: string): void {
    written += 1
    cache.delete(userId)
  }

  async function load(userId: string): Promise<AccountDoc | undefined> {
    if (!isLocal(userId)) return undefined
    const known = cache.get(userId)
    if (known) return known
    const before = written
    // Served by _id.
    const found = (await models.Account.findById(userId).lean()) ?? undefined
    if (found && written === before) cache.set(userId, found)
    return found
  }

  const strength = createPasswordCheck()

  function checkNewPassword(localpart: string, password: string, institution?: string): Promise<void> {
    const name = institution === undefined ? undefined : ctx.directory.institution(institution)?.name
    return strength.check(password, {
      localpart,
      about: [institution, name, ctx.serverName].filter((word) => word !== undefined),
      allowDemoPassword: options.allowDemoPassword ?? false,
    })
  }

  async function endSessions(userId: string): Promise<void> {
    // What was allowed on a page and not fetched yet is a session to come.
    await ctx.oauth.forgetAllowed(userId)
    const devices = await ctx.devices.list(userId)
    // All sessions first: removing what each device has takes longer.
    for (const { deviceId } of devices) await ctx.tokens.end(userId, deviceId)
    await ctx.devices.remove(
      userId,
      devices.map(({ deviceId }) => deviceId),
    )
  }

  /** What follows from `deactivated`, however it came to be set. The password and the sessions first. */
  async function finishClosing(userId: string): Promise<void> {
    forget(userId)
    const account = await models.Account.findByIdAndUpdate(userId, { $unset: { password_hash: 1 } }).lean()
    if (!account?.deactivated) return
    if (account.erased) erased.add(userId)
    await endSessions(userId)
    await leaveEverything(ctx, userId)
    // Rooms that could not be left.
    await ctx.policy.personChanged(userId)
    await ctx.profiles.unlist(userId)
    await ctx.alerts.removeAccount(userId)
    await ctx.meetings.calendars.forget(userId)
    await ctx.factors.removeAll(userId)
    await ctx.oauth.providers.forget(userId)
    if (account.erased) await ctx.accountData.removeAccount(userId)
    await models.Account.updateOne({ _id: userId, deactivated: true }, { $set: { closed_ts: Date.now() } })
  }

  // Index {deactivated, closed_ts}. Accounts whose closing a crash interrupted, or that were flagged in the database.
  async function sweepClosing(): Promise<void> {
    const open = await models.Account.find({ deactivated: true, closed_ts: null }).limit(100).lean()
    for (const { _id } of open) await finishClosing(_id)
  }
  /** The passkey that came with a new account becomes one among others. Doing it again does no harm. */
  async function finishMaking({ _id, first_passkey }: AccountDoc): Promise<{ recoveryCodes?: string[] }> {
    if (!first_passkey) return {}
    const added = await ctx.factors.keepFirstPasskey(_id, first_passkey)
    await models.Account.updateOne({ _id }, { $unset: { first_passkey: 1 } })
    forget(_id)
    return added
  }

  // Index {first_passkey.handle}, which a range makes use of. Accounts whose making a crash interrupted.
  async function sweepMaking(): Promise<void> {
    const open = await models.Account.find({ 'first_passkey.handle': { $exists: true, $gte: '' } })
      .limit(100)
      .lean()
    for (const account of open) await finishMaking(account)
  }
  let sweeping = false
  const sweep = setInterval(() => {
    if (sweeping) return
    sweeping = true
    sweepClosing()
      .then(sweepMaking)
      .catch((error: unknown) => ctx.log.error({ err: error }, 'could not finish making or closing accounts'))
      .finally(() => {
        sweeping = false
      })
  }, REREAD_MS)
  sweep.unref()

  // Index {deactivated, closed_ts}.
  for (const { _id } of await models.Account.find({ deactivated: true, erased: true }, { _id: 1 }).lean())
    erased.add(_id)

  return {
    isLocal,
    checkNewPassword,

    async exists(userId) {
      return (await load(userId)) !== undefined
    },

    async get(userId) {
      const account = await load(userId)
      return account && record(account)
    },

    async create(args) {
      const localpart = localpartFrom(args.localpart, ctx.serverName)
      if (args.password !== undefined) await checkNewPassword(localpart, args.password, args.institution)
      const userId = `@${localpart}:${ctx.serverName}`
      if (await load(userId)) throw inUse()
      const account: AccountDoc = {
        _id: userId,
        ...(args.password === undefined
          ? {}
          : { password_hash: await hasher.hash(args.password, NEW_PASSWORDS) }),
        ...(args.invitation === undefined ? {} : { invitation: args.invitation }),
        ...(args.firstPasskey === undefined ? {} : { first_passkey: args.firstPasskey }),
        ...(args.institution === undefined ? {} : { institution: args.institution }),
        ...(args.role === undefined ? {} : { role: args.role }),
        is_admin: args.isAdmin ?? false,
        is_guest: args.isGuest ?? false,
        deactivated: false,
        created_ts: Date.now(),
      }
      try {
        await models.Account.create(account)
      } catch (error) {
        if (isDuplicateKey(error)) throw inUse()
        throw error
      }
      await ctx.profiles.list(userId)
      if (args.displayName !== undefined)
        await ctx.profiles.set(userId, 'displayname', args.displayName, { byInstitution: true })
      const made = await finishMaking(account)
      const { institution, role, invitedBy, invitation } = args
      const invited = invitedBy === undefined ? {} : { invitation, passkey: args.firstPasskey !== undefined }
      await ctx.audit.record({
        act: 'account.create',
        ...(invitedBy === undefined ? {} : { by: invitedBy }),
        on: userId,
        institution,
        facts: { institution, role, ...invited },
      })
      return { userId, ...made }
    },

    async ofInvitation(invitation) {
      // Index {invitation}.
      return (await models.Account.findOne({ invitation }, { _id: 1 }).lean())?._id
    },

    async suspend(userId, by, reason) {
      const found = await models.Account.updateOne(
        { _id: userId, deactivated: false, suspended: { $exists: false } },
        { $set: { suspended: { since_ts: ctx.clock.now(), by, reason } } },
      )
      forget(userId)
      if (found.matchedCount === 0) return (await load(userId))?.suspended !== undefined
      await ctx.oauth.forgetAllowed(userId)
      await ctx.tokens.interrupt(userId)
      return true
    },

    async restore(userId) {
      const found = await models.Account.updateOne(
        { _id: userId, deactivated: false },
        { $unset: { suspended: 1 } },
      )
      forget(userId)
      return found.matchedCount > 0
    },

    async checkPassword(userId, password, place) {
      const attempt = throttle.attempt(userId, place)
      const lane =
        place.knownDevice === undefined
          ? { group: addressKey(place.address), signal: place.signal }
          : { group: `${userId} ${place.knownDevice}`, trusted: true, signal: place.signal }
      const account = isLocal(userId) ? await models.Account.findById(userId).lean() : undefined
      let right: boolean
      try {
        right = await hasher.verify(password, account?.password_hash, lane)
      } catch (error) {
        attempt.unseen()
        throw error
      }
      if (!right || !account || isShut(account)) {
        // Not waited for: an account that exists must not answer later than one that does not.
        void ctx.audit.refusedSignIn({
          ...(account ? { user: userId } : {}),
          network: networkKey(place.address),
          why: 'password',
        })
        return 'wrong'
      }
      attempt.right()
      if (hasher.isOutdated(account.password_hash!)) {
        // It was right: that there is no room in line for this now must not keep the person out.
        const renewed = await hasher.hash(password, lane).catch(() => undefined)
        if (renewed !== undefined)
          await models.Account.updateOne(
            { _id: userId, password_hash: account.password_hash },
            { $set: { password_hash: renewed } },
          )
      }
      return 'right'
    },

    attempt: (userId, place, what) => throttle.attempt(userId, place, what),

    async noteSignIn(userId) {
      const noted = await models.Account.updateOne(
        { _id: userId, signed_in: { $ne: true } },
        { $set: { signed_in: true } },
      )
      return noted.modifiedCount === 1
    },

    async passwordMark(userId) {
      const account = isLocal(userId) ? await models.Account.findById(userId).lean() : undefined
      if (!account?.password_hash || isShut(account)) return ''
      return createHmac('sha256', ctx.tokens.macSecret)
        .update(`password ${account.password_hash}`)
        .digest('base64url')
    },

    async setPassword(userId, password) {
      const account = await load(userId)
      await checkNewPassword(userId.slice(1, userId.indexOf(':')), password, account?.institution)
      await models.Account.updateOne(
        { _id: userId, deactivated: false },
        { $set: { password_hash: await hasher.hash(password, NEW_PASSWORDS) } },
      )
      await ctx.audit.record({ act: 'account.password', on: userId })
    },

    async deactivate(userId, { erase = false } = {}) {
      const found = await models.Account.updateOne(
        { _id: userId },
        {
          $set: { deactivated: true, ...(erase ? { erased: true } : {}) },
          $unset: { password_hash: 1, closed_ts: 1 },
        },
      )
      if (found.matchedCount === 0) return
      await ctx.audit.record({ act: 'account.deactivate', on: userId, facts: { erase } })
      await finishClosing(userId)
    },

    async setLeaving(userId, leaving) {
      await models.Account.updateOne(
        { _id: userId, deactivated: false },
        leaving === null ? { $unset: { leaving: 1 } } : { $set: { leaving } },
      )
      forget(userId)
      if (leaving !== null) await endSessions(userId)
    },

    async setPosition(userId, { institution, role }) {
      const set = {
        ...(typeof institution === 'string' ? { institution } : {}),
        ...(typeof role === 'string' ? { role } : {}),
      }
      const unset = {
        ...(institution === null ? { institution: 1 as const } : {}),
        ...(role === null ? { role: 1 as const } : {}),
        // The newest word counts, until the provider says something again.
        ...(role === undefined ? {} : { provider_roles: 1 as const }),
      }
      const found = await models.Account.updateOne(
        { _id: userId, deactivated: false },
        { $set: set, $unset: unset },
      )
      forget(userId)
      if (found.matchedCount === 0) return 'no account'
      // Whoever is not admitted any more loses the channels now, not at the next look.
      await ctx.policy.personChanged(userId)
      await ctx.audit.record({
        act: 'account.role',
        on: userId,
        ...(typeof institution === 'string' ? { institution } : {}),
        facts: { institution: institution ?? undefined, role: role ?? undefined },
      })
      return 'done'
    },

    async setProviderRoles(userId, roles) {
      const before = (await load(userId))?.provider_roles
      if (isDeepStrictEqual(before, roles ?? undefined)) return
      await models.Account.updateOne(
        { _id: userId, deactivated: false },
        roles === null ? { $unset: { provider_roles: 1 } } : { $set: { provider_roles: roles } },
      )
      cache.delete(userId)
      await ctx.policy.personChanged(userId)
      await ctx.audit.record({
        act: 'account.role',
        on: userId,
        facts: { provider_leaves: roles === null ? 'all' : [...roles].sort().join('+') },
      })
    },

    endSessions,

    async list() {
      return (await models.Account.find({}).sort({ _id: 1 }).lean()).map(record)
    },

    isErased: (userId) => erased.has(userId),
    close() {
      clearInterval(sweep)
      strength.close()
      hasher.close()
    },

    userIdFrom(user) {
      return localUserFrom(user, ctx.serverName)
    },
  }
}

const isShut = (account: AccountDoc) => account.deactivated || account.leaving !== undefined

const record = (account: AccountDoc): AccountRecord => ({
  userId: account._id,
  institution: account.institution,
  role: account.role,
  ...(account.provider_roles ? { providerRoles: account.provider_roles } : {}),
  deactivated: isShut(account),
  ...(account.leaving === undefined ? {} : { leaving: true }),
  ...(account.suspended
    ? {
        suspended: {
          sinceTs: account.suspended.since_ts,
          by: account.suspended.by,
          reason: account.suspended.reason,
        },
      }
    : {}),
  hasPassword: account.password_hash !== undefined,
  isAdmin: account.is_admin,
  isGuest: account.is_guest,
})

async function leaveEverything(ctx: Context, userId: string): Promise<void> {
  for (const { roomId, membership } of await ctx.rooms.roomsOf(userId)) {
    if (membership === 'leave' || membership === 'ban') continue
    try {
      await leaveRoom(ctx, userId, roomId)
    } catch (error) {
      // A room that cannot be left, e.g. an invite whose server is gone, must not keep the account open.
      ctx.log.warn({ err: error, room: roomId }, 'could not leave a room of a deactivated account')
    }
  }
}

const inUse = () =>
  new MatrixError(
    400,
    'M_USER_IN_USE',
    'Ese nombre de usuario ya está en uso. Elija otro. / That user name is taken. Choose another one.',
  )
