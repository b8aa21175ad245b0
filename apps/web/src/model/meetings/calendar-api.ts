/** A person's calendar of meetings on their node (packages/homeserver/docs/enlace-api.md, "Meetings"). */
import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'

const PATH = `${ENLACE}/meetings/calendar`

const settingsSchema = z.object({
  address: z.object({ created_ts: z.number(), last_ts: z.number().optional() }).nullable(),
  mail: z.boolean(),
  mail_usable: z.boolean(),
})
export type CalendarSettings = z.output<typeof settingsSchema>

/** @returns undefined on a server that has none */
export const fetchCalendar = (request: AuthedRequest): Promise<CalendarSettings | undefined> =>
  unlessAbsent(request('GET', PATH).then((answer) => settingsSchema.parse(answer)))

/** @returns the path of the new address, told once */
export const renewCalendar = async (request: AuthedRequest): Promise<string> =>
  z.object({ path: z.string().startsWith('/') }).parse(await request('POST', PATH, {})).path

export const revokeCalendar = (request: AuthedRequest) => unlessAbsent(request('DELETE', PATH))
export const setCalendarMail = (request: AuthedRequest, on: boolean) => request('PUT', `${PATH}/mail`, { on })
