/** How many requests a user, a partner or an address may make: see README.md for why this is ours. */
import ipaddr from 'ipaddr.js'
import { limitExceeded } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'

type Bucket = 'read' | 'write' | 'login' | 'register' | 'bad_token' | 'none'

/** Token buckets: requests a second that refill, and the burst that may come at once. Per user, server or address. */
const LIMITS: Record<Exclude<Bucket, 'none'>, { perSecond: number; burst: number }> = {
  read: { perSecond: 100, burst: 500 },
  write: { perSecond: 30, burst: 200 },
  login: { perSecond: 0.2, burst: 10 },
  register: { perSecond: 0.05, burst: 5 },
  /** Tokens that are none: a client that has not noticed the end of its session asks a few times. */
  bad_token: { perSecond: 1, burst: 60 },
}

export type RateLimiter = {
  /** @throws M_LIMIT_EXCEEDED with `retry_after_ms` */
  check(bucket: Bucket, who: string): void
  /** Gives back what `check` took: it turned out to be none of what is limited. */
  giveBack(bucket: Bucket, who: string): void
}

export function createRateLimiter(
  enabled: boolean | (() => boolean),
  {
    now = () => performance.now(),
    onLimited = () => {},
  }: { now?: () => number; onLimited?: (bucket: string) => void } = {},
): RateLimiter {
  const buckets = growingCache<string, { tokens: number; at: number }>(20_000)
  return {
    check(bucket, who) {
      if (bucket === 'none' || !(typeof enabled === 'boolean' ? enabled : enabled())) return
      const { perSecond, burst } = LIMITS[bucket]
      const key = `${bucket} ${who}`
      const time = now()
      const state = buckets.get(key) ?? { tokens: burst, at: time }
      state.tokens = Math.min(burst, state.tokens + ((time - state.at) / 1000) * perSecond)
      state.at = time
      buckets.set(key, state)
      if (state.tokens < 1) {
        onLimited(bucket)
        throw limitExceeded(Math.ceil(((1 - state.tokens) / perSecond) * 1000))
      }
      state.tokens -= 1
    },
    giveBack(bucket, who) {
      const state = bucket === 'none' ? undefined : buckets.get(`${bucket} ${who}`)
      if (state) state.tokens += 1
    },
  }
}

/** The wider network that one customer of a provider may have: 48 bits of IPv6, 24 of IPv4. */
export function networkKey(address: string | undefined): string {
  const key = addressKey(address)
  if (key.includes(':')) return `${key.split(':').slice(0, 3).join(':')}::/48`
  return key === 'unknown' ? key : `${key.split('.').slice(0, 3).join('.')}.0/24`
}

/** Who an address is to the limiter: a household has a whole IPv6 network of 64 bits, and its choice of addresses in it. */
export function addressKey(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const network = (parsed as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}
