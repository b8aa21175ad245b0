import { z } from 'zod'
import type { Freshness } from './freshness.ts'

/**
 * An institution as the corridor's data names it. Facts only: there is no field for a phone, an address or a person,
 * because none has been confirmed and none may be invented.
 */
export const institutionSchema = z.strictObject({
  key: z
    .string()
    .max(64)
    .regex(/^[a-z]{2}(-[a-z0-9]+)+$/, 'debe ser como gt-renap / must look like gt-renap'),
  name: z.string().min(1).max(200),
  /** ISO 3166-1 alpha-2: the country the institution acts for */
  country: z.string().regex(/^[A-Z]{2}$/),
  department: z.string().min(1).max(100).nullable(),
  municipality: z.string().min(1).max(100).nullable(),
  kind: z.string().min(1).max(64),
  services: z.array(z.string().min(1).max(64)).max(30),
  /** false: plausible, but no public page was found; a placeholder until somebody confirms it */
  confirmed: z.boolean(),
  /** the public page the entry was gathered from */
  source: z.url().nullable(),
  /** the day a person last verified the entry */
  assured_date: z.iso.date().optional(),
  /** invented, to show how the directory works; there is no such institution */
  example: z.literal(true).optional(),
})

export type Institution = z.output<typeof institutionSchema>

export const maxInstitutions = 5000

/** A file of institutions: keys are unique. */
export const institutionsFileSchema = z
  .object({ about: z.string().optional(), institutions: z.array(institutionSchema).max(maxInstitutions) })
  .superRefine(({ institutions }, context) => {
    const seen = new Set<string>()
    for (const { key } of institutions) {
      if (seen.has(key))
        context.addIssue({
          code: 'custom',
          message: `${key} aparece dos veces / ${key} appears twice`,
          path: ['institutions'],
        })
      seen.add(key)
    }
  })

/** What the registry tells clients and nodes of an institution: enough to name, place, admit and find it. */
export interface InstitutionSummary {
  key: string
  /** the HSDS organization's id */
  organization_id: string
  name: string
  country: string
  department: string | null
  municipality: string | null
  kind: string
  services: string[]
  confirmed: boolean
  freshness: Freshness
  /** the Matrix server that hosts it, null while none does */
  server_name: string | null
  /** invented, to show how the directory works */
  example?: true
}

export const institutionSummarySchema = z.object({
  key: z.string(),
  organization_id: z.string(),
  name: z.string(),
  country: z.string(),
  department: z.string().nullable(),
  municipality: z.string().nullable(),
  kind: z.string(),
  services: z.array(z.string()),
  confirmed: z.boolean(),
  freshness: z.enum(['verified', 'due', 'overdue']),
  server_name: z.string().nullable(),
  example: z.literal(true).optional(),
}) satisfies z.ZodType<InstitutionSummary>
