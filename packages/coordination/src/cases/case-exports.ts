/**
 * What left a case for a court or a person. Encrypted, in the case's thread: purpose and recipient are nobody's but the
 * members'. Read from any set of events in any order, it is the same list for everybody.
 */
import { z } from 'zod'
import { byTimeThenId, distinct, type TimelineEvent } from '../causal-order.ts'

export const caseExportEventType = 'org.enlace.case.export'

export const exportPurposes = {
  court: { es: 'Juzgado o autoridad', en: 'Court or authority' },
  person: { es: 'La persona del caso', en: 'The person of the case' },
  other: { es: 'Otro destinatario', en: 'Another recipient' },
} as const
export type ExportPurpose = keyof typeof exportPurposes

export const exportWithholdings = {
  notes: { es: 'Notas del personal', en: 'Notes of staff' },
  documents: { es: 'Documentos adjuntos', en: 'Attached documents' },
  others: { es: 'Datos de otras personas', en: 'Data of other people' },
} as const
export type ExportWithholding = keyof typeof exportWithholdings

const keysOf = <T extends object>(record: T) =>
  Object.keys(record) as [keyof T & string, ...(keyof T & string)[]]

export const caseExportSchema = z.object({
  export_id: z.string().min(1).max(64),
  purpose: z.enum(keysOf(exportPurposes)),
  recipient: z.string().max(200).optional(),
  manifest_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Who signed the list of files: the institution with its key as well, or the server alone. */
  signed_by: z.enum(['institution', 'server']),
  withheld: z.array(z.enum(keysOf(exportWithholdings))).max(10),
})
export type CaseExportContent = z.output<typeof caseExportSchema>

export type CaseExport = CaseExportContent & { eventId: string; sender: string; at: number }

/**
 * @param events decrypted events of the case's thread; who sent them is what the decryption vouches for
 * @returns oldest first; an export that was said twice stands once, as it was said first
 */
export function reduceCaseExports(events: Iterable<TimelineEvent>): CaseExport[] {
  const found = new Map<string, CaseExport>()
  const ordered = [...distinct(events).values()]
    .filter((event) => event.type === caseExportEventType)
    .sort(byTimeThenId)
  for (const event of ordered) {
    const parsed = caseExportSchema.safeParse(event.content)
    if (!parsed.success) continue
    // Ids are given out by nodes; somebody else's words under the same one are another export.
    const key = `${event.sender}|${parsed.data.export_id}`
    if (!found.has(key))
      found.set(key, {
        ...parsed.data,
        eventId: event.event_id,
        sender: event.sender,
        at: event.origin_server_ts,
      })
  }
  return [...found.values()]
}
