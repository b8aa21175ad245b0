import { meetingRecordSchema } from '@enlace/coordination/meetings'
import { z } from 'zod'
import { timelineEventSchema } from '../cases/records.ts'

export const keptSchema = z.array(
  z.object({
    root: timelineEventSchema,
    events: z.array(timelineEventSchema),
    records: z.record(
      z.string(),
      z.object({ sender: z.string(), meeting: z.string(), content: z.unknown() }),
    ),
  }),
)

/** IDs in what waits are this device's own until they are sent. */
export const queueSchema = z.array(
  z.object({
    id: z.string(),
    meeting: z.string(),
    roomId: z.string(),
    type: z.string(),
    content: z.record(z.string(), z.unknown()),
    record: meetingRecordSchema.optional(),
    recordSent: z.boolean().optional(),
    at: z.number(),
  }),
)

export const listSchema = z.object({
  meetings: z.array(z.object({ id: z.string(), room_id: z.string() })),
})
export const pageSchema = z.object({
  chunk: z.array(z.record(z.string(), z.unknown())),
  next_batch: z.string().optional(),
})
