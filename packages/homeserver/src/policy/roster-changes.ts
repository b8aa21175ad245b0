/**
 * When rosters say something else than a moment ago: an institution published one, coordinators took its key away, or an
 * entry begins or ends by the clock.
 */
import type { Roster } from '@enlace/trust'
import type { Context } from '../context.ts'
import type { Persons, RosterIds } from './types.ts'

/** The clock may be set: it is looked at so often in any case. */
const LONGEST_MS = 15 * 60_000
const SHORTEST_MS = 1_000

export function watchRosters(ctx: Context, ids: RosterIds) {
  const listeners = new Set<Parameters<Persons['onChange']>[0]>()
  const last = new Map<string, Roster>()
  const ends = new WeakMap<Roster, readonly number[]>()
  let lookedAt = ctx.clock.now()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  /** When entries of the roster begin or end, in order. */
  function momentsOf(roster: Roster): readonly number[] {
    const known = ends.get(roster)
    if (known) return known
    const all = roster.members.flatMap(({ since, until }) => [since, ...(until === undefined ? [] : [until])])
    const sorted = [...new Set(all)].sort((a, b) => a - b)
    ends.set(roster, sorted)
    return sorted
  }

  /** @returns ids whose entries another roster has, or has otherwise; all of both where their salt differs */
  function changedIds(before: Roster | undefined, after: Roster | undefined): string[] {
    const found = new Set<string>()
    for (const [one, other] of [
      [before, after],
      [after, before],
    ] as const)
      for (const member of one?.members ?? []) {
        const same = other?.salt === one?.salt ? other?.entryOf(member.id) : undefined
        if (same?.role !== member.role || same.since !== member.since || same.until !== member.until)
          found.add(member.id)
      }
    return [...found]
  }

  async function tell(changed: readonly string[]): Promise<void> {
    // Whom nobody has met is in no room.
    const users = await ids.usersOf(changed)
    for (const listener of listeners) listener(users)
  }
  const failed = (error: unknown) => ctx.log.warn({ err: error }, 'a change of rosters could not be told')

  function currentOf(key: string): { roster?: Roster; expiresAt?: number } {
    const current = ctx.federation.roster(key)
    return current.usable ? { roster: current.roster, expiresAt: current.expiresAt } : {}
  }

  function institutions(): string[] {
    const servers = ctx.federationList.members()?.active ?? []
    return [ctx.serverName, ...servers].flatMap((server) => [...ctx.federation.institutionsAt(server)])
  }

  function published(keys: readonly string[]): void {
    const changed = keys.flatMap((key) => {
      const { roster } = currentOf(key)
      const before = last.get(key)
      if (roster) last.set(key, roster)
      else last.delete(key)
      return changedIds(before, roster)
    })
    void tell(changed).catch(failed)
    wait()
  }

  /** Somebody's time began or ended since the last look, or a whole roster's. */
  function look(): void {
    const now = ctx.clock.now()
    const since = lookedAt
    lookedAt = now
    const changed = [...new Set(institutions())].flatMap((key) => {
      const { roster } = currentOf(key)
      const before = last.get(key)
      if (roster !== before) {
        if (roster) last.set(key, roster)
        else last.delete(key)
        return changedIds(before, roster)
      }
      if (!roster || !momentsOf(roster).some((at) => at > since && at <= now)) return []
      const within = (at: number | undefined) => at !== undefined && at > since && at <= now
      return roster.members.filter((one) => within(one.since) || within(one.until)).map((one) => one.id)
    })
    if (changed.length > 0) void tell(changed).catch(failed)
    wait()
  }

  function wait(): void {
    if (closed) return
    clearTimeout(timer)
    const now = ctx.clock.now()
    let next = now + LONGEST_MS
    for (const key of institutions()) {
      const { roster, expiresAt = next } = currentOf(key)
      if (expiresAt > now) next = Math.min(next, expiresAt)
      const moment = roster && momentsOf(roster).find((at) => at > now)
      if (moment !== undefined) next = Math.min(next, moment)
    }
    timer = setTimeout(look, Math.max(SHORTEST_MS, next - now))
    timer.unref()
  }

  ctx.federation.onInstitutionChange(published)
  look()

  return {
    onChange(listener: Parameters<Persons['onChange']>[0]) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
