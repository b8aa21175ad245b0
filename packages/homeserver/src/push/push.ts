import type { Context } from '../context.ts'
import { createPushers } from './pushers.ts'
import { createPushRules } from './rules.ts'
import { createPushSender } from './sender.ts'
import type { Push } from './types.ts'
import { createUnread } from './unread.ts'

/** Push rules, unread counts, and pushers. */
export async function createPush(ctx: Context): Promise<Push> {
  const rules = await createPushRules(ctx)
  const pushers = await createPushers(ctx)
  const unread = createUnread(ctx, rules)
  const { post } = ctx.pushGateway
  const sender = await createPushSender(ctx, { pushers, unread, post })
  return {
    pushRules: rules,
    pushers,
    unread: unread.counts,
    ignoredBy: unread.ignoredBy,
    judge: unread.judge,
    rules: async (userId) => ({ global: await rules.ruleset(userId) }),
    removeDevice: pushers.removeDevice,
    async close() {
      await sender.close()
    },
  }
}
