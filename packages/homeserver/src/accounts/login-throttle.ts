/**
 * Slows the guessing of passwords. Only failures count. One address guessing at one account is stopped first; the
 * account as a whole, and the address as a whole, have wider limits, so that a stranger cannot easily lock a person out.
 */

import { limitExceeded } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { LoginThrottle } from './types.ts'

const LIMITS = {
  pair: { burst: 8, refillMs: 60_000 },
  address: { burst: 40, refillMs: 15_000 },
  account: { burst: 120, refillMs: 15_000 },
} as const

type Kind = keyof typeof LIMITS

export function createLoginThrottle(enabled: boolean, clock: Clock = systemClock): LoginThrottle {
  const failures = growingCache<string, { count: number; at: number }>(20_000)

  const keysOf = (account: string, address: string): [Kind, string][] => [
    ['pair', `pair ${account} ${address}`],
    ['address', `address ${address}`],
    ['account', `account ${account}`],
  ]

  function current(kind: Kind, key: string): { count: number; at: number } {
    const time = clock.monotonic()
    const state = failures.get(key) ?? { count: 0, at: time }
    const forgiven = (time - state.at) / LIMITS[kind].refillMs
    return { count: Math.max(0, state.count - forgiven), at: time }
  }

  return {
    check(account, address) {
      if (!enabled) return
      for (const [kind, key] of keysOf(account, address)) {
        const { count } = current(kind, key)
        const over = count + 1 - LIMITS[kind].burst
        if (over > 0) throw limitExceeded(Math.ceil(over * LIMITS[kind].refillMs))
      }
    },
    failed(account, address) {
      if (!enabled) return
      for (const [kind, key] of keysOf(account, address)) {
        const state = current(kind, key)
        failures.set(key, { count: state.count + 1, at: state.at })
      }
    },
    succeeded(account, address) {
      failures.delete(`pair ${account} ${address}`)
    },
  }
}
