/** Departures and succession, as the node tells of them (docs/enlace-api.md, "Departures"). */
import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'

export const departureSteps = ['sessions', 'shifts', 'cases', 'calls', 'rooms', 'roster', 'account'] as const

const text = z.object({ es: z.string(), en: z.string() })
const departureSchema = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  institution: z.string(),
  by: z.string(),
  own: z.boolean(),
  started_ts: z.number(),
  state: z.enum(['open', 'done', 'undone']),
  account: z.enum(['closes', 'stays']),
  had_key: z.boolean(),
  successor: z.string().optional(),
  shifts_to: z.string().optional(),
  cases: z.array(z.object({ case_id: z.string(), reference: z.string(), to: z.string() })),
  steps: z.array(
    z.object({ step: z.enum(departureSteps), done_ts: z.number().optional(), problem: text.optional() }),
  ),
  undoable: z.boolean(),
})
export type Departure = z.output<typeof departureSchema>

const planSchema = z.object({
  user_id: z.string(),
  name: z.string(),
  institution: z.string(),
  role: z.string().optional(),
  account: z.enum(['closes', 'stays']),
  shifts: z.object({
    turns: z.array(
      z.object({
        position: z.string(),
        weekdays: z.array(z.number()),
        from: z.string(),
        to: z.string(),
      }),
    ),
    overrides: z.array(z.object({ position: z.string(), from_ts: z.number(), to_ts: z.number() })),
    swaps: z.array(z.object({ position: z.string(), from_ts: z.number(), to_ts: z.number() })),
  }),
  cases: z.array(
    z.object({
      case_id: z.string(),
      room_id: z.string(),
      reference: z.string(),
      side: z.enum(['owner', 'requesting']),
      members: z.array(z.string()),
    }),
  ),
  calls: z.array(z.object({ escalation_id: z.string(), room_id: z.string() })),
  rooms: z.object({ channels: z.number(), conversations: z.number() }),
  colleagues: z.array(z.object({ user_id: z.string(), name: z.string(), role: z.string().optional() })),
  last_coordinator: z.boolean(),
  had_key: z.boolean(),
  departure: departureSchema.optional(),
})
export type DeparturePlan = z.output<typeof planSchema>

const appointmentSchema = z.object({
  institution: z.string(),
  at_ts: z.number(),
  by: z.array(z.object({ name: z.string().nullable(), country: z.string().nullable() })),
  taken: z.boolean(),
  user_id: z.string().nullable(),
  name: z.string().nullable(),
})
export type Appointment = z.output<typeof appointmentSchema>

export interface Wishes {
  shifts_to?: string
  cases_to?: string
  cases?: Record<string, string>
  successor?: string
  publication?: unknown
}

export const leavePath = (userId: string) =>
  `${ENLACE}/institution/people/${encodeURIComponent(userId)}/leave`

export const fetchPlan = async (request: AuthedRequest, userId: string): Promise<DeparturePlan> =>
  planSchema.parse(await request('GET', leavePath(userId)))

/** What the node answers once it has begun, or goes on. */
export const departureIn = (answer: unknown): Departure => departureSchema.parse(answer)

export const undoDeparture = async (request: AuthedRequest, id: string): Promise<Departure> =>
  departureSchema.parse(await request('POST', `${ENLACE}/institution/departures/${id}/undo`, {}))

export const fetchDepartures = async (request: AuthedRequest): Promise<Departure[]> =>
  z
    .object({ departures: z.array(departureSchema) })
    .parse(await request('GET', `${ENLACE}/institution/departures`)).departures

export async function fetchAppointments(
  request: AuthedRequest,
): Promise<{ appointments: Appointment[]; mine: string | null }> {
  const answer = await unlessAbsent(request('GET', `${ENLACE}/trust/appointments`))
  if (answer === undefined) return { appointments: [], mine: null }
  return z.object({ appointments: z.array(appointmentSchema), mine: z.string().nullable() }).parse(answer)
}
