/**
 * Local time of Honduras and Guatemala. Both keep UTC-6 all year, so a local day is a fixed stretch of time and no table
 * of time zones is needed.
 */

/** What to add to a moment so that the UTC fields of its `Date` read as local time. */
export const borderOffsetMs = -6 * 3_600_000

const atBorder = (at: number): string => new Date(at + borderOffsetMs).toISOString()

/** The local day of a moment, `YYYY-MM-DD`. */
export const localDate = (at: number): string => atBorder(at).slice(0, 10)
/** The local month, `YYYY-MM`. */
export const localMonth = (at: number): string => atBorder(at).slice(0, 7)
export const localYear = (at: number): number => Number(atBorder(at).slice(0, 4))
/** `YYYY-MM-DDTHH:mm`, as a date-and-time field holds it. */
export const localDateTime = (at: number): string => atBorder(at).slice(0, 16)

/** The moment that a local `YYYY-MM-DDTHH:mm` names; undefined when it names none. */
export function momentOf(local: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(local)) return undefined
  const at = Date.parse(`${local}:00Z`) - borderOffsetMs
  return Number.isNaN(at) || localDateTime(at) !== local ? undefined : at
}
