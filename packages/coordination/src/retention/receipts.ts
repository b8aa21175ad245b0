/** What a node says, signed with its key, once it has deleted: so that others and an auditor can check that it said so. */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import { eventIdSchema, roomIdSchema, timestampSchema } from '../cases/case-events.ts'

const count = z.int().min(0)

export const receiptSchema = z.looseObject({
  type: z.literal('org.enlace.retention.receipt'),
  server: z.string().min(1).max(255),
  room_id: roomIdSchema,
  /** The case's event; or `messages` with `until_ts`: everything of the channel outside of cases sent before it. */
  subject: z.union([eventIdSchema, z.literal('messages')]),
  until_ts: timestampSchema.optional(),
  erased_ts: timestampSchema,
  counts: z.strictObject({ events: count, files: count, keys: count }),
  /** How the room they took was overwritten. */
  storage: z.enum(['rewritten', 'left_to_database']),
  /** Until then a backup of this node may still hold it; absent: the node makes none that it knows of. */
  backups_until_ts: timestampSchema.optional(),
  signatures: z.record(z.string(), z.record(z.string(), z.string())),
})
export type RetentionReceipt = z.output<typeof receiptSchema>

/** What stays on every node, because rooms could not be verified without it. */
export const WHAT_STAYS: readonly BilingualText[] = [
  {
    es: 'De cada mensaje: quién lo envió, cuándo y en qué canal, sin contenido. Sin eso no se puede comprobar el resto del canal.',
    en: 'Of each message: who sent it, when and in which channel, without content. The rest of the channel cannot be verified without it.',
  },
  {
    es: 'De un caso: su número, su clase, las instituciones y las fechas de cierre y borrado, para que conste que existió y se borró.',
    en: 'Of a case: its number, kind, institutions and the days of its end and deletion, so that it is on record that it was there and was deleted.',
  },
  {
    es: 'Quién estuvo en el canal, sus reglas, los llamados urgentes (sin datos de la persona), las retenciones y estos comprobantes.',
    en: 'Who was in the channel, its rules, urgent calls (nothing about the person), holds, and these receipts.',
  },
]
