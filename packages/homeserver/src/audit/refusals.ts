/**
 * Sign-ins that were refused. Of a quarter of an hour the first three at an account are entries of their own, and at most fifty
 * of the whole node; the rest becomes one entry per account (at most fifty) and one for all others, when the quarter is over.
 * So an attacker writes at most 101 entries per quarter of an hour, and hides nobody else's: an account of this node has its own
 * count. Names that no account has are never written, because people type passwords there. What a kill takes with it is the
 * counts of the running quarter, never an entry.
 */
import type { Clock } from '../lib/clock.ts'
import type { ActRecord } from './types.ts'

export const QUARTER_MS = 15 * 60_000
const SINGLES = 3
const SINGLES_ALL = 50
const ACCOUNTS = 50

export type Refusal = { user?: string; network: string; why: string }
type Count = { all: number; networks: Set<string>; since: number }
const MAX_NETWORKS = 1_000

export function createRefusals(clock: Clock, write: (record: ActRecord) => Promise<void>) {
  let ends = clock.monotonic() + QUARTER_MS
  let singles = 0
  const seen = new Map<string, number>()
  const counts = new Map<string, Count>()

  function count(key: string, network: string): void {
    const one = counts.get(key) ?? { all: 0, networks: new Set<string>(), since: clock.now() }
    one.all += 1
    if (one.networks.size < MAX_NETWORKS) one.networks.add(network)
    counts.set(key, one)
  }

  async function flush(): Promise<void> {
    const due = [...counts]
    counts.clear()
    seen.clear()
    singles = 0
    ends = clock.monotonic() + QUARTER_MS
    await Promise.all(
      due.map(([user, { all, networks, since }]) =>
        write({
          act: 'session.refused_many',
          by: user === '' ? 'unknown' : user,
          ...(user === '' ? {} : { on: user }),
          outcome: 'refused',
          facts: { count: all, networks: networks.size, since },
        }),
      ),
    )
  }

  return {
    flush,
    /** When the quarter is over: called now and then, whether or not anything comes. */
    async tick(): Promise<void> {
      if (clock.monotonic() >= ends) await flush()
    },
    async refused({ user, network, why }: Refusal): Promise<void> {
      if (clock.monotonic() >= ends) await flush()
      const key = user ?? ''
      const before = seen.get(key) ?? 0
      if (before < SINGLES && singles < SINGLES_ALL) {
        seen.set(key, before + 1)
        singles += 1
        await write({
          act: 'session.refused',
          by: user ?? 'unknown',
          ...(user === undefined ? {} : { on: user }),
          outcome: 'refused',
          facts: { network, why },
        })
        return
      }
      count(counts.has(key) || counts.size < ACCOUNTS ? key : '', network)
    },
  }
}
