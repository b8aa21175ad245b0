/** How often the calls of one server may ring one person: what comes beyond is told without ringing, never left out. */
import { growingCache } from '../lib/cache.ts'
import type { Clock } from '../lib/clock.ts'

const HOUR_MS = 3_600_000
export const ringsPerServerAndHour = 12

/** @returns whether the person may be rung for a call of that server; counts it when so. The same key again counts once. */
export function createRinging(clock: Clock): (server: string, userId: string, key: string) => boolean {
  const rung = growingCache<string, { key: string; ts: number }[]>(10_000)
  return (server, userId, key) => {
    const who = `${server}|${userId}`
    const now = clock.now()
    const recent = (rung.get(who) ?? []).filter((one) => one.ts > now - HOUR_MS && one.ts <= now)
    if (recent.some((one) => one.key === key)) return true
    if (recent.length >= ringsPerServerAndHour) return false
    rung.set(who, [...recent, { key, ts: now }])
    return true
  }
}
