import { z } from 'zod'

/** Edge checks shared by the room endpoints. */
export const roomParams = z.object({ roomId: z.string().max(255).startsWith('!', 'must be a room ID') })
export const eventParams = roomParams.extend({ eventId: z.string().max(255) })
export const userId = z
  .string()
  .max(255)
  .regex(/^@[^:]+:.+$/, 'must be a user ID')
export const reason = z.string().max(10_000).optional()
/** Content of an event: any JSON object. */
export const content = z.record(z.string(), z.unknown())
export const limit = (fallback: number, most: number) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .default(fallback)
    .transform((value) => Math.min(Math.max(value, 1), most))
