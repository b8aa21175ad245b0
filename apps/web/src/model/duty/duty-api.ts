/** The duty roster of one's institution, kept by its node (docs/enlace-api.md). Local times are those of the border (UTC-6). */
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import type { AuthedRequest } from '../session/enlace-api.ts'

const shiftSchema = z.object({ user_id: z.string(), from_ts: z.number(), to_ts: z.number() })
const weeklySchema = z.object({
  user_id: z.string(),
  /** 1 Monday to 7 Sunday */
  weekdays: z.array(z.number()),
  from: z.string(),
  to: z.string(),
})
const dutySchema = z.object({
  institution: z.string(),
  shifts: z.array(shiftSchema),
  weekly: z.array(weeklySchema),
  on_duty: z.array(z.string()),
  updated_by: z.string().optional(),
  updated_ts: z.number().optional(),
})
export type Duty = z.output<typeof dutySchema>
export type Shift = Duty['shifts'][number]
export type WeeklyTurn = Duty['weekly'][number]

const PATH = '/_enlace/client/v1/duty'

/** @returns undefined on a server that keeps no roster */
export async function fetchDuty(request: AuthedRequest): Promise<Duty | undefined> {
  try {
    return dutySchema.parse(await request('GET', PATH))
  } catch (error) {
    if (error instanceof RequestError && error.httpStatus === 404) return undefined
    throw error
  }
}

/** Replaces the roster. @returns it as the node has it now */
export const saveDuty = async (
  request: AuthedRequest,
  roster: Pick<Duty, 'shifts' | 'weekly'>,
): Promise<Duty> => dutySchema.parse(await request('PUT', PATH, roster))
