import { z } from 'zod'

export const relationSchema = z.object({
  rel_type: z.string().optional(),
  event_id: z.string().optional(),
  is_falling_back: z.boolean().optional(),
  'm.in_reply_to': z.object({ event_id: z.string() }).optional(),
})

export const contentSchema = z.looseObject({
  msgtype: z.string(),
  body: z.string(),
  'm.relates_to': relationSchema.optional(),
})

export type OutgoingContent = z.output<typeof contentSchema>

/** The relation that puts an event into the thread of a case (client-server API, "Threading"). */
export const inThread = (caseId: string) => ({
  rel_type: 'm.thread',
  event_id: caseId,
  is_falling_back: true,
  'm.in_reply_to': { event_id: caseId },
})
