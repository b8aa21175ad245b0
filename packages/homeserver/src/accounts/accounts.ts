/** The people of this node. */

import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { isDuplicateKey } from '../lib/duplicate-key.ts'
import { createLoginThrottle } from './login-throttle.ts'
import type { AccountDoc, AccountModels } from './models.ts'
import { checkPasswordStrength, createPasswordHasher } from './passwords.ts'
import type { Accounts, LoginThrottle } from './types.ts'
import { localpartFrom, serverOfUser } from './user-ids.ts'

export function createAccounts(
  ctx: Context,
  models: AccountModels,
  options: { allowDemoPassword?: boolean; throttle?: LoginThrottle } = {},
): Accounts {
  const hasher = createPasswordHasher(ctx.config.password_hash)
  const throttle = options.throttle ?? createLoginThrottle(ctx.config.rate_limits === 'on')
  const cache = growingCache<string, AccountDoc>(5_000)

  const isLocal = (userId: string) => serverOfUser(userId) === ctx.serverName

  async function load(userId: string): Promise<AccountDoc | undefined> {
    if (!isLocal(userId)) return undefined
    const known = cache.get(userId)
    if (known) return known
    // Served by _id.
    const found = (await models.Account.findById(userId).lean()) ?? undefined
    if (found) cache.set(userId, found)
    return found
  }

  const checkNewPassword = (localpart: string, password: string) =>
    checkPasswordStrength(password, { localpart, allowDemoPassword: options.allowDemoPassword ?? false })

  return {
    isLocal,
    checkNewPassword,

    async exists(userId) {
      return (await load(userId)) !== undefined
    },

    async get(userId) {
      const account = await load(userId)
      if (!account) return undefined
      return {
        userId,
        institution: account.institution,
        role: account.role,
        deactivated: account.deactivated,
        isAdmin: account.is_admin,
        isGuest: account.is_guest,
      }
    },

    async create(args) {
      const localpart = localpartFrom(args.localpart, ctx.serverName)
      checkNewPassword(localpart, args.password)
      const userId = `@${localpart}:${ctx.serverName}`
      if (await load(userId)) throw inUse()
      const account: AccountDoc = {
        _id: userId,
        password_hash: await hasher.hash(args.password),
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
      if (args.displayName !== undefined) await ctx.profiles.set(userId, 'displayname', args.displayName)
      return { userId }
    },

    async checkPassword(userId, password, address) {
      throttle.check(userId, address)
      const account = isLocal(userId) ? await models.Account.findById(userId).lean() : undefined
      const right = await hasher.verify(password, account?.password_hash)
      if (!right || !account || account.deactivated) {
        throttle.failed(userId, address)
        return 'wrong'
      }
      throttle.succeeded(userId, address)
      if (hasher.isOutdated(account.password_hash!)) {
        await models.Account.updateOne(
          { _id: userId, password_hash: account.password_hash },
          { $set: { password_hash: await hasher.hash(password) } },
        )
      }
      return 'right'
    },

    async setPassword(userId, password) {
      checkNewPassword(userId.slice(1, userId.indexOf(':')), password)
      await models.Account.updateOne(
        { _id: userId, deactivated: false },
        { $set: { password_hash: await hasher.hash(password) } },
      )
    },

    async deactivate(userId) {
      await models.Account.updateOne(
        { _id: userId },
        { $set: { deactivated: true }, $unset: { password_hash: 1 } },
      )
      cache.delete(userId)
      await ctx.profiles.unlist(userId)
      const devices = await ctx.devices.list(userId)
      await ctx.devices.remove(
        userId,
        devices.map((device) => device.deviceId),
      )
    },

    userIdFrom(user) {
      const userId = user.startsWith('@') ? user : `@${user}:${ctx.serverName}`
      if (!isLocal(userId)) return undefined
      return userId.replace(/^@[^:]*/, (localpart) => localpart.toLowerCase())
    },
  }
}

const inUse = () => new MatrixError(400, 'M_USER_IN_USE', 'That user name is taken. Choose another one.')
