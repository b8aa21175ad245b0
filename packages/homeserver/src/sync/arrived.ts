import type { Context } from '../context.ts'
import { checkGiven, parseSyncToken } from './token.ts'

/**
 * A device has everything up to a token: it asks for what follows, by HTTP or on a socket, or acknowledged the push.
 * @throws M_INVALID_PARAM for a token this server never gave
 */
export function noteArrived(
  ctx: Pick<Context, 'stream' | 'alerts' | 'delivery'>,
  { userId, deviceId }: { userId: string; deviceId: string },
  token: string,
): void {
  checkGiven(ctx, token)
  const upTo = parseSyncToken(token)
  ctx.alerts.acknowledgedUpTo(userId, deviceId, upTo)
  ctx.delivery.acknowledged(userId, upTo)
}
