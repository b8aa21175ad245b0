import { z } from 'zod'

export const ASK = 'org.enlace.history.ask'
export const DONE = 'org.enlace.history.done'
export const DECLINED = 'org.enlace.history.declined'
/** MSC4268, by both names it has had. */
export const BUNDLES: readonly string[] = ['m.room_key_bundle', 'io.element.msc4268.room_key_bundle']

const id = z.string().min(8).max(64)
const roomId = z.string().startsWith('!').max(255)

export const askSchema = z.object({
  id,
  room_id: roomId,
  /** Who answers when: each device its turn, and none when another was before it. */
  order: z.array(z.string().max(600)).max(40).default([]),
})
export const aboutSchema = z.object({ id })
export const bundleSchema = z.looseObject({ room_id: roomId })

export const askedSchema = z.record(
  z.string(),
  z.object({
    id,
    state: z.enum(['asked', 'declined', 'came', 'nobody']),
    since: z.number(),
    others: z.boolean(),
    /** user ids */
    from: z.array(z.string()),
    declined: z.array(z.string()).default([]),
  }),
)
export type AskedRecord = z.output<typeof askedSchema>[string]

export const jobSchema = z.object({
  id,
  roomId: z.string(),
  userId: z.string(),
  deviceId: z.string(),
  since: z.number(),
  turn: z.number(),
})
export type Job = z.output<typeof jobSchema>
export const jobsSchema = z.object({
  jobs: z.array(jobSchema).default([]),
  /** When what was given to whom, newest last. */
  given: z.array(z.object({ to: z.string(), at: z.number() })).default([]),
  /** Whom this person invited where, newest last. */
  invited: z.array(z.object({ to: z.string(), at: z.number() })).default([]),
})
