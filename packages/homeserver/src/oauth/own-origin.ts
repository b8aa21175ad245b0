import type { Context } from '../context.ts'
import type { Incoming } from './types.ts'

/** Whether an address is of this node's own web client. */
export function isOwnOrigin(ctx: Context, req: Incoming, address: string): boolean {
  const origin = URL.parse(address)?.origin
  // All apps' own schemes have one origin, which is nobody's.
  if (origin === undefined || origin === 'null') return false
  const own = [ctx.oauth.baseOf(req), ctx.config.alerts.public_url, ...ctx.config.sign_in.origins]
  return own.some((one) => one !== undefined && URL.parse(one)?.origin === origin)
}
