import { z } from 'zod'
import { timelineEventSchema } from '../cases/records.ts'

/** What this device keeps of all things of one kind. */
export const keptSchema = z.object({
  events: z.array(timelineEventSchema),
  records: z.array(
    z.tuple([z.string(), z.object({ sender: z.string(), of: z.string(), content: z.unknown() })]),
  ),
  /** by room: from where it has not been read yet */
  read: z.record(z.string(), z.string()),
})

export const messagesSchema = z.object({
  start: z.string().optional(),
  end: z.string().optional(),
  chunk: z.array(z.record(z.string(), z.unknown())),
})
