import { escalationChainSchema, roleSchema } from '@enlace/coordination'
import { z } from 'zod'

export const institutionSchema = z.object({
  key: z.string(),
  name: z.string(),
  country: z.string(),
  kind: z.string(),
  municipality: z.string().nullish(),
  /** of its entry in the directory, when the node last heard */
  freshness: z.enum(['verified', 'due', 'overdue']).optional().catch(undefined),
})

export type Institution = z.output<typeof institutionSchema>

const roleOrNull = roleSchema.nullish().catch(null)

export const meSchema = z.object({
  user_id: z.string(),
  display_name: z.string().nullish(),
  institution: institutionSchema.nullish().catch(null),
  role: roleOrNull,
})

export type Me = z.output<typeof meSchema>

export const memberSchema = z.object({
  user_id: z.string(),
  display_name: z.string().nullish(),
  membership: z.string(),
  institution: z.string().nullish(),
  institution_name: z.string().nullish(),
  country: z.string().nullish(),
  role: roleOrNull,
})

export type MemberRecord = z.output<typeof memberSchema>

export const escalationSchema = z.object({
  id: z.string(),
  room_id: z.string(),
  about_event_id: z.string(),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  raised_by: z.string(),
  raised_ts: z.number(),
  acknowledged_by: z.string().optional(),
  acknowledged_ts: z.number().optional(),
  cause: z.enum(['person', 'acknowledgement_lapsed', 'deadline_lapsed']).optional().catch(undefined),
  reference: z.string().optional(),
  chain: escalationChainSchema.optional().catch(undefined),
  step: z.number().int().optional(),
  snoozed_until_ts: z.number().optional(),
  handed_to: z.string().optional(),
})

export type EscalationRecord = z.output<typeof escalationSchema>
