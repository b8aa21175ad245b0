import type { Context, Push } from '../context.ts'
import { createPushers } from './pushers.ts'
import { createPushRules } from './rules.ts'
import { createUnread } from './unread.ts'

/** Push rules, unread counts, and pushers. */
export async function createPush(ctx: Context): Promise<Push> {
  const rules = await createPushRules(ctx)
  const pushers = await createPushers(ctx)
  const unread = createUnread(ctx, rules)
  return {
    pushRules: rules,
    pushers,
    unread: unread.counts,
    judge: unread.judge,
    rules: async (userId) => ({ global: await rules.ruleset(userId) }),
    removeDevice: pushers.removeDevice,
  }
}
