/** What people report: the content of the encrypted `org.enlace.risk.record`, without its relation. */
import { z } from 'zod'
import { riskPlaceSchema } from './risk-place.ts'
import { reliabilityKeys, riskKindKeys, riskSourceKeys } from './risk-words.ts'

/** A day of the border, `YYYY-MM-DD`, of this century. */
export const daySchema = z
  .string()
  .regex(/^20\d{2}-\d{2}-\d{2}$/)
  .refine((day) => {
    const at = Date.parse(`${day}T00:00:00Z`)
    return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
  }, 'is no day')

/** Longest a report is valid for, in days. */
export const maxValidDays = 366
export const maxNote = 1_000

export const riskRecordSchema = z
  .strictObject({
    kind: z.enum(riskKindKeys),
    place: riskPlaceSchema,
    /** it happened in somebody's home or in a shelter: then no square under 25 km is taken */
    indoors: z.boolean().optional(),
    /** the day it happened, without the hour */
    day: daySchema,
    /** the last day it is valid */
    until: daySchema,
    source: z.enum(riskSourceKeys),
    reliability: z.enum(reliabilityKeys),
    /** for the network alone: it is in nothing that is public */
    note: z.string().trim().min(1).max(maxNote).optional(),
  })
  .check(({ value, issues }) => {
    const problem = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message })
    const days = (Date.parse(value.until) - Date.parse(value.day)) / 86_400_000
    if (days < 0) problem('until', 'must not be before the day it happened')
    if (days > maxValidDays) problem('until', `must be within ${maxValidDays} days`)
    if (value.indoors && (value.place.coarse === 'cell_5' || value.place.coarse === 'cell_10'))
      problem('place', 'must be a municipality or a square of 25 km for a home or a shelter')
  })
export type RiskRecord = z.output<typeof riskRecordSchema>

/** A record as a device decrypted it. `content`: without the relation. */
export interface ReadRiskRecord {
  sender: string
  /** the report in whose thread it is */
  report: string
  content: unknown
}
