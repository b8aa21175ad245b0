import type { Context } from '../context.ts'
import { createGatewayClient } from './push-gateway.ts'
import { createPushers } from './pushers.ts'
import { createPushRules } from './rules.ts'
import { createPushSender } from './sender.ts'
import type { PostToGateway, Push } from './types.ts'
import { createUnread } from './unread.ts'

/** Push rules, unread counts, and pushers. */
export async function createPush(ctx: Context, options: { post?: PostToGateway } = {}): Promise<Push> {
  const rules = await createPushRules(ctx)
  const pushers = await createPushers(ctx)
  const unread = createUnread(ctx, rules)
  const gateway = options.post ? undefined : createGatewayClient(ctx.config)
  const post = options.post ?? gateway!.post
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
      await gateway?.close()
    },
  }
}
