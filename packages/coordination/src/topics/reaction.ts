/** A reaction in the clear: a file of its own, since every page of messages reads it and needs nothing else of what channels carry. */
import { z } from 'zod'

/** An event's ID with no room for words in it. */
export const clearEventIdSchema = z
  .string()
  .max(255)
  .regex(/^\$[\w+/=.:-]+$/)

// A reaction's key is any string, so a name or a number could travel in it. Pictographs and signs of agreement only:
// no digits, no letters of the flag alphabet, no invisible tag characters.
const reactionKey = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f|[+\-✓✔✗✘])+$/u

/** Content of an `m.reaction` in the clear. */
export const reactionSchema = z.strictObject({
  'm.relates_to': z.strictObject({
    rel_type: z.literal('m.annotation'),
    event_id: clearEventIdSchema,
    key: z.string().max(32).regex(reactionKey),
  }),
})
