/** How long a case may take: targets per kind and priority, adjusted by coordinators per channel and institution. */
import { z } from 'zod'
import { localDate, momentOf } from '../time/border-time.ts'
import { addWorkingTime, calendarChangeSchema, changesTogether, workCalendar } from '../time/work-calendar.ts'
import { type Priority, priorities } from './case-families.ts'
import { type CaseKind, caseKindKeys, familyEntry } from './case-kinds.ts'
import type { CaseStep } from './case-steps.ts'

/**
 * State event of a topic channel. State key '': for everyone; an institution's key: for what that institution is
 * responsible for. Coordinators may send it.
 */
export const caseTargetsEventType = 'org.enlace.case.targets'

/** One minute to two years. */
const minutes = z.int().min(1).max(1_051_200)
const targetSchema = z.strictObject({
  minutes,
  /** `working`: hours of work of the responsible country; `clock`: around the clock */
  time: z.enum(['working', 'clock']),
})
export type Target = z.output<typeof targetSchema>

const priorityKeys = Object.keys(priorities) as [Priority, ...Priority[]]
const byPriority = z.partialRecord(z.enum(priorityKeys), targetSchema)
export const caseTargetsSchema = z.strictObject({
  acknowledge: z.partialRecord(z.enum(caseKindKeys), byPriority).optional(),
  fulfil: z.partialRecord(z.enum(caseKindKeys), byPriority).optional(),
  calendar: calendarChangeSchema.optional(),
})
export type CaseTargets = z.output<typeof caseTargetsSchema>

const hours = (n: number): Target => ({ minutes: n * 60, time: 'clock' })
/** A working day has seven hours. */
const days = (n: number): Target => ({ minutes: n * 7 * 60, time: 'working' })
const three = (high: Target, medium: Target, low: Target) => ({ high, medium, low })

const acknowledgeDefault = three(hours(1), days(1), days(1))
const fulfilDefault: Record<CaseKind, Record<Priority, Target>> = {
  birth_certificate: three(days(3), days(5), days(10)),
  late_registration: three(days(20), days(30), days(45)),
  correction: three(days(10), days(15), days(30)),
  nationality_verification: three(days(2), days(3), days(5)),
  travel_document: three(days(1), days(2), days(5)),
  // From the expected arrival on.
  return_notice: three(hours(24), hours(24), hours(24)),
  child_return: three(days(30), days(45), days(60)),
  referral: three(days(3), days(5), days(10)),
  transfer: three(days(2), days(3), days(5)),
}

/** Reception keeps a child 72 hours at most, unless rights are at risk. */
export const receptionLimit: Target = hours(72)

/** Steps that start a clock of their own; around the clock, as the limit is about a person and not about an office. */
export const stageTargets: Partial<Record<CaseStep, Target>> = { hand_over: receptionLimit }

/** Targets of a channel as its state has them; what cannot be read counts as not there. */
export interface TargetSources {
  general?: unknown
  /** of the responsible institution */
  own?: unknown
}

function read(content: unknown): CaseTargets {
  const parsed = caseTargetsSchema.safeParse(content)
  return parsed.success ? parsed.data : {}
}

export function targetFor(
  what: 'acknowledge' | 'fulfil',
  kind: CaseKind,
  priority: Priority,
  sources: TargetSources = {},
): Target {
  return (
    read(sources.own)[what]?.[kind]?.[priority] ??
    read(sources.general)[what]?.[kind]?.[priority] ??
    (what === 'acknowledge' ? acknowledgeDefault : fulfilDefault[kind])[priority]
  )
}

/** When a target that begins at a moment ends, by the calendar of the responsible institution's country. */
export function dueAt(target: Target, from: number, country: string, sources: TargetSources = {}): number {
  if (target.time === 'clock') return from + target.minutes * 60_000
  const change = changesTogether(read(sources.general).calendar, read(sources.own).calendar)
  return Math.ceil(addWorkingTime(workCalendar(country, change), from, target.minutes))
}

const endOfDay = (at: number): number => momentOf(`${localDate(at)}T00:00`)! + 86_400_000

/** Both deadlines of a new case. `country`: of the responsible institution. */
export function deadlinesFor(
  args: { kind: CaseKind; priority: Priority; country: string; expectedArrival?: number },
  now: number,
  sources: TargetSources = {},
): { acknowledge_by: number; deadline: number } {
  const { kind, priority, country } = args
  const begins =
    familyEntry(kind).deadlineFrom === 'arrival' ? Math.max(now, args.expectedArrival ?? now) : now
  const deadline = dueAt(targetFor('fulfil', kind, priority, sources), begins, country, sources)
  return {
    acknowledge_by: dueAt(targetFor('acknowledge', kind, priority, sources), now, country, sources),
    // A deadline that counts from an arrival would tell every server the hour of it: the end of its day does not.
    deadline: familyEntry(kind).deadlineFrom === 'arrival' ? endOfDay(deadline) : deadline,
  }
}
