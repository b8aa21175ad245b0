/** Requests at once, and then for each second, from one address. */
const usual = { burst: 300, perSecond: 30 }
const maxAddresses = 10_000

/**
 * A token bucket for each address, at most 10,000 of them: when there are more the one seen longest ago is forgotten,
 * which gives its owner a full bucket and costs nobody memory.
 */
export function createRateLimiter(
  now: () => number,
  { burst, perSecond } = usual,
): (address: string) => boolean {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return (address) => {
    const time = now()
    const bucket = buckets.get(address) ?? { tokens: burst, at: time }
    const tokens = Math.min(burst, bucket.tokens + (Math.max(0, time - bucket.at) / 1000) * perSecond)
    buckets.delete(address)
    buckets.set(address, { tokens: Math.max(0, tokens - 1), at: time })
    if (buckets.size > maxAddresses) buckets.delete(buckets.keys().next().value ?? '')
    return tokens >= 1
  }
}
