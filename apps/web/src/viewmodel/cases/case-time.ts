import { type CaseRow, type DueFor, nextDue, type Target } from '@enlace/coordination'

export interface TimeLeft {
  what: DueFor
  at: number
  late: boolean
  unit: 'minutes' | 'hours' | 'days'
  n: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long until a case is due, or since when it is late, in the unit a person would say; undefined: nothing is due. */
export function timeLeft(row: CaseRow, now: number): TimeLeft | undefined {
  const due = nextDue(row)
  if (!due) return undefined
  const late = now >= due.at
  const ms = Math.abs(due.at - now)
  // Rounded down: neither the time left nor the delay is ever exaggerated.
  const [unit, size] =
    ms < HOUR
      ? (['minutes', MINUTE] as const)
      : ms < 2 * DAY
        ? (['hours', HOUR] as const)
        : (['days', DAY] as const)
  return { ...due, late, unit, n: Math.max(unit === 'minutes' ? 1 : 0, Math.floor(ms / size)) }
}

const WORKING_DAY = 7 * 60

export type LengthUnit = 'workingDays' | 'workingHours' | 'workingMinutes' | 'days' | 'hours' | 'minutes'
export interface Length {
  n: number
  unit: LengthUnit
}

/** A target in the largest unit that says it exactly. */
export function targetLength(target: Target): Length {
  const { minutes, time } = target
  if (time === 'working') {
    if (minutes % WORKING_DAY === 0) return { unit: 'workingDays', n: minutes / WORKING_DAY }
    if (minutes % 60 === 0) return { unit: 'workingHours', n: minutes / 60 }
    return { unit: 'workingMinutes', n: minutes }
  }
  if (minutes % 1440 === 0 && minutes > 3 * 1440) return { unit: 'days', n: minutes / 1440 }
  return minutes % 60 === 0 ? { unit: 'hours', n: minutes / 60 } : { unit: 'minutes', n: minutes }
}
