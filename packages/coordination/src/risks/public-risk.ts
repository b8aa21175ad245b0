/** A public row of the map of risks, and when it is over. */
import { borderOffsetMs } from '../time/border-time.ts'
import type { RiskPlace } from './risk-place.ts'
import type { Reliability, RiskKind, RiskSource } from './risk-words.ts'

/** What anybody may know of a report. `place` undefined: withheld. */
export interface PublicRisk {
  kind: RiskKind
  place: RiskPlace | undefined
  /** `YYYY-MM-DD`, or `YYYY-MM` where somebody was harmed */
  when: string
  /** the last day it is valid, or the month of that day */
  until: string
  source: RiskSource
  reliability: Reliability
  /** how many reports say it */
  reports: number
}

/** The end of a local day or month, milliseconds since the Unix epoch. */
export function endOfUntil(until: string): number {
  const [year, month, day] = until.split('-').map(Number) as [number, number, number | undefined]
  const next = day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, day + 1)
  return next - borderOffsetMs
}
