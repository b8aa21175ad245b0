/** How a change of an entry becomes everybody's: signed by its institution, by way of the registry. */
import type { Context } from '../../context.ts'
import type { Publisher } from './types.ts'

export function createPublisher(ctx: Context): Publisher {
  if (ctx.config.federation.list === 'open')
    return {
      keeping: () => 'here',
      signed: () => undefined,
      check: async () => undefined,
      relay: async () => ({ state: 'published' }),
    }
  return {
    keeping: () => 'no_key',
    signed: () => undefined,
    check: async () => undefined,
    relay: async () => ({ state: 'unreachable' }),
  }
}
