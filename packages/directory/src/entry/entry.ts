import { z } from 'zod'
import { type Row, type TableName, type Tables, tableNames } from '../hsds/tables.ts'
import { institutionSchema } from '../institution.ts'

/**
 * One institution's directory entry: its HSDS records as rows, each table by name. It is one document, so that the
 * institution can sign it, a node can keep it, and a change of it is a change of named fields.
 */

/** Tables an entry may have. Vocabularies are everybody's; the record of changes is kept beside an entry, not in it. */
export const entryTables = tableNames.filter(
  (name) => !['taxonomies', 'taxonomy_terms', 'metadata', 'meta_table_descriptions'].includes(name),
)

const maxRows = 2_000
const maxFields = 60

const rowSchema = z
  .looseObject({ id: z.uuid() })
  .refine((row) => Object.keys(row).length <= maxFields, `a record has at most ${maxFields} fields`)

const rowsSchema = z.array(rowSchema).max(maxRows)

export const directoryEntrySchema = z.strictObject({
  key: institutionSchema.shape.key,
  /** invented, for a demonstration: nothing in it may be dialled */
  example: z.literal(true).optional(),
  records: z
    .strictObject(Object.fromEntries(entryTables.map((name) => [name, rowsSchema.optional()])))
    .refine(
      (records) => Object.values(records).reduce((sum, rows) => sum + (rows?.length ?? 0), 0) <= maxRows,
      `an entry has at most ${maxRows} records`,
    ),
})

export interface DirectoryEntry {
  key: string
  example?: true
  records: Partial<Record<TableName, Row[]>>
}

export function tablesOfEntry(entry: DirectoryEntry): Tables {
  const tables: Tables = {}
  for (const name of tableNames) {
    const rows = entry.records[name]
    if (rows && rows.length > 0) tables[name] = new Map(rows.map((row) => [row.id, row]))
  }
  return tables
}

/** The entry with other records. */
export function withTables(entry: DirectoryEntry, tables: Tables): DirectoryEntry {
  const records: DirectoryEntry['records'] = {}
  for (const name of entryTables) {
    const rows = [...(tables[name]?.values() ?? [])]
    if (rows.length > 0) records[name] = rows
  }
  return { ...entry, records }
}
