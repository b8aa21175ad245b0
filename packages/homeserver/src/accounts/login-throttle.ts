/**
 * Slows the guessing of passwords. Only failures count. One household or server that guesses at one account is stopped first,
 * then the network it is in, then its guessing at many accounts. No number of failures locks an account: while many places
 * guess at it, each new place has fewer tries, and never none. A device that has signed in before is counted by itself.
 */

import { limitExceeded } from '../errors.ts'
import { addressKey, networkKey } from '../http/rate-limit.ts'
import { growingCache } from '../lib/cache.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Guessed, LoginThrottle, SignInPlace } from './types.ts'

const LIMITS = {
  device: { burst: 10, refillMs: 60_000 },
  pair: { burst: 8, refillMs: 60_000 },
  /** An attacker moves within the network the provider gave; several honest people rarely fail at one account in it. */
  networkPair: { burst: 24, refillMs: 60_000 },
  address: { burst: 40, refillMs: 15_000 },
  network: { burst: 400, refillMs: 2_000 },
} as const
/**
 * Six digits are few, and whoever guesses them has the password already: codes at one account, from everywhere that has not
 * signed in to it before, are a few hundred a day. Passkeys and recovery codes, which nobody guesses, stay open meanwhile.
 */
const CODES = { burst: 20, refillMs: 300_000 } as const
/** Failures at one account, from unknown devices anywhere, from which on a new place has fewer tries. */
const PRESSURE = { count: 60, refillMs: 15_000, burst: 2 } as const

type Count = { key: string; burst: number; refillMs: number; rightClears?: boolean }

export function createLoginThrottle(
  enabled: boolean | (() => boolean),
  clock: Clock = systemClock,
): LoginThrottle {
  const failures = growingCache<string, { count: number; at: number }>(20_000)

  function current({ key, refillMs }: { key: string; refillMs: number }): number {
    const state = failures.get(key)
    return state ? Math.max(0, state.count - (clock.monotonic() - state.at) / refillMs) : 0
  }

  function add(count: Count, by: 1 | -1): void {
    failures.set(count.key, { count: Math.max(0, current(count) + by), at: clock.monotonic() })
  }

  /** What is guessed is counted by itself: a right password does not clear wrong codes. */
  function countsOf(of: string, { address, knownDevice }: SignInPlace, what: Guessed): Count[] {
    const account = what === 'password' ? of : `${what} ${of}`
    if (knownDevice !== undefined)
      return [{ key: `device ${account} ${knownDevice}`, ...LIMITS.device, rightClears: true }]
    const [house, network] = [addressKey(address), networkKey(address)]
    const pressure = { key: `account ${account}`, refillMs: PRESSURE.refillMs }
    const burst = current(pressure) >= PRESSURE.count ? PRESSURE.burst : LIMITS.pair.burst
    return [
      { key: `pair ${account} ${house}`, refillMs: LIMITS.pair.refillMs, burst, rightClears: true },
      { key: `network pair ${account} ${network}`, ...LIMITS.networkPair },
      { key: `address ${house}`, ...LIMITS.address },
      { key: `network ${network}`, ...LIMITS.network },
      { ...pressure, burst: Number.POSITIVE_INFINITY },
      ...(what === 'code' ? [{ key: `codes ${of}`, ...CODES }] : []),
    ]
  }

  return {
    attempt(account, place, what = 'password') {
      if (!(typeof enabled === 'boolean' ? enabled : enabled())) return { right: () => {}, unseen: () => {} }
      const counts = countsOf(account, place, what)
      for (const count of counts) {
        const over = current(count) + 1 - count.burst
        if (over > 0) throw limitExceeded(Math.ceil(over * count.refillMs))
      }
      // Counted before it is known to be one: of a thousand at the same time not all may pass.
      for (const count of counts) add(count, 1)
      return {
        right() {
          for (const count of counts) {
            if (count.rightClears) failures.delete(count.key)
            else add(count, -1)
          }
        },
        unseen() {
          for (const count of counts) add(count, -1)
        },
      }
    },
  }
}
