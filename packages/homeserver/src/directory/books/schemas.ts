/** Edits as they come from people's devices and from other servers. What they do to an entry is checked with the entry. */
import { entryTables } from '@enlace/directory/entry'
import type { TableName } from '@enlace/directory/tables'
import { type Edit, type FieldGroup, fieldGroups } from '@enlace/directory/upkeep'
import { z } from 'zod'

const MAX_EDITS = 4_000
export const MAX_BODY = 2 * 1024 * 1024

const table = z.enum(entryTables as unknown as [TableName, ...TableName[]])
const row = z.looseObject({ id: z.uuid() })
const edit = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('set'),
    table,
    id: z.uuid(),
    field: z.string().min(1).max(60),
    from: z.unknown().optional(),
    to: z.unknown().optional(),
  }),
  z.strictObject({ kind: z.literal('add'), table, row }),
  z.strictObject({ kind: z.literal('remove'), table, row }),
])
export const editsSchema = z
  .array(edit)
  .min(1)
  .max(MAX_EDITS)
  .transform((edits) => edits as Edit[])
export const noteSchema = z.string().max(1_000)
export const keySchema = z
  .string()
  .max(64)
  .regex(/^[a-z]{2}(-[a-z0-9]+)+$/)
export const groupsSchema = z
  .array(z.enum(Object.keys(fieldGroups) as [FieldGroup, ...FieldGroup[]]))
  .max(Object.keys(fieldGroups).length)
export const outcomeSchema = z.object({
  state: z.enum(['open', 'accepted', 'declined', 'withdrawn']),
  at: z.number().optional(),
  reason: z.string().max(1_000).optional(),
})
