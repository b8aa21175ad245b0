/** The duty roster of one's institution, kept by its node (docs/enlace-api.md). Local times are those of the border (UTC-6). */
import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'

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
  /** whom nothing reaches but an open Enlace */
  only_here: z.array(z.string()).default([]),
  updated_by: z.string().optional(),
  updated_ts: z.number().optional(),
})
export type Duty = z.output<typeof dutySchema>
export type Shift = Duty['shifts'][number]
export type WeeklyTurn = Duty['weekly'][number]

const PATH = `${ENLACE}/duty`

/** @returns undefined on a server that keeps no roster */
export function fetchDuty(request: AuthedRequest): Promise<Duty | undefined> {
  return unlessAbsent(request('GET', PATH).then((answer) => dutySchema.parse(answer)))
}

/** Replaces the roster. @returns it as the node has it now */
export const saveDuty = async (
  request: AuthedRequest,
  roster: Pick<Duty, 'shifts' | 'weekly'>,
): Promise<Duty> => dutySchema.parse(await request('PUT', PATH, roster))
