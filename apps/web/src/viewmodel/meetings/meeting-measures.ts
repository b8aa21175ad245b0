/** Which measures a meeting looks at: since the one before it began, else of the last quarter. */
import type { MeetingState } from '@enlace/coordination/meetings'
import type { Freshness } from '@enlace/directory'

const DAY_MS = 86_400_000
const QUARTER_DAYS = 90
const MAX_DAYS = 3 * 366

export function measuredDays(before: Pick<MeetingState, 'startsAt'> | undefined, now: number): number {
  if (!before || before.startsAt >= now) return QUARTER_DAYS
  return Math.min(MAX_DAYS, Math.ceil((now - before.startsAt) / DAY_MS))
}

/** How the meeting's institutions stand in the directory. One it does not know is not counted. */
export function freshnessCounts(
  institutions: Iterable<string>,
  known: ReadonlyMap<string, { freshness?: Freshness | undefined }>,
): Record<Freshness, number> {
  const counts = { verified: 0, due: 0, overdue: 0 }
  for (const key of institutions) {
    const freshness = known.get(key)?.freshness
    if (freshness) counts[freshness] += 1
  }
  return counts
}
