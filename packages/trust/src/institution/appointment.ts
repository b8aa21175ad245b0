/**
 * Succession: coordinators of the network appoint who coordinates an institution that has nobody left who can. It stands in the
 * targets metadata that they sign, beside the delegation to the appointee's new key. Who it is, is salted as in a roster.
 */
import { z } from 'zod'
import { institutionKeySchema } from './documents.ts'

/** Zod alone: browsers read it too. */
const keyIdSchema = z.string().regex(/^[0-9a-f]{64}$/)

/** Field of the top-level targets metadata; TUF lets others ignore it. */
export const appointmentsField = 'x-enlace-appointments'

const appointmentSchema = z.strictObject({
  /** scrypt(user id, salt), as rosters have it */
  id: z.string().regex(/^[0-9a-f]{64}$/),
  salt: z.string().min(16).max(128),
  /** the appointee's key, from then on the institution's only one */
  keyid: keyIdSchema,
  at: z.int().min(0).max(8_640_000_000_000),
  /** the coordinators who decided it: one of each country at least */
  by: z.array(keyIdSchema).min(1).max(16),
  /** SHA-256 of the metadata that was in force: it stays so until the appointee signs, whichever key signed it */
  keeps: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
export type Appointment = z.output<typeof appointmentSchema>
export type Appointments = Readonly<Record<string, Appointment>>

const fieldSchema = z.record(institutionKeySchema, appointmentSchema)

/** Of signed targets metadata. What is not as it must be counts for nothing. */
export function readAppointments(signed: unknown): ReadonlyMap<string, Appointment> {
  const field = (signed as Record<string, unknown> | null)?.[appointmentsField]
  const parsed = fieldSchema.safeParse(field ?? {})
  return new Map(parsed.success ? Object.entries(parsed.data) : [])
}

interface Ground {
  appointments: ReadonlyMap<string, Appointment>
  /** keys of institutions, by key */
  keyidsOf(institution: string): readonly string[] | undefined
  /** coordinators by country; without countries: all under one */
  coordinators: Readonly<Record<string, readonly string[]>>
}

/** Why appointments that were not there before do not hold, or undefined. */
export function appointmentFault(
  before: ReadonlyMap<string, Appointment>,
  { appointments, keyidsOf, coordinators }: Ground,
): string | undefined {
  for (const [institution, one] of appointments) {
    if (JSON.stringify(before.get(institution)) === JSON.stringify(one)) continue
    if (keyidsOf(institution)?.join() !== one.keyid)
      return `${institution}: whoever is appointed signs alone, with the key that the appointment names`
    const everybody = new Set(Object.values(coordinators).flat())
    if (new Set(one.by).size !== one.by.length || one.by.some((keyid) => !everybody.has(keyid)))
      return `${institution}: only coordinators of the network appoint`
    for (const [country, keyids] of Object.entries(coordinators))
      if (!one.by.some((keyid) => keyids.includes(keyid)))
        return `${institution}: no coordinator of ${country} appoints`
    if (one.by.length < 2 && everybody.size > 1)
      return `${institution}: two coordinators appoint, not one alone`
  }
  return undefined
}
