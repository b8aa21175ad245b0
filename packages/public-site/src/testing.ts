/** Directories for tests: what is shipped, the examples, and institutions that write what they should not. */
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { exampleEntries, exampleInstitutions } from '@enlace/directory/examples'
import { institutions } from '@enlace/directory/institutions'
import { markOf } from '@enlace/directory/marks'

const lastModified = '2026-11-02T00:00:00.000Z'

export const directory: readonly CatalogueEntry[] = [...institutions, ...exampleInstitutions].map(
  (institution) => {
    const entry = exampleEntries.find(({ key }) => key === institution.key)
    return { institution, lastModified, ...(entry ? { entry } : {}) }
  },
)

/** The first example with other words in its records, each made by `write` from what stood there. */
export function rewritten(write: (field: string, text: string) => string): CatalogueEntry {
  const source = directory.find(({ institution }) => institution.key === exampleEntries[0]!.key)!
  const entry = structuredClone(source.entry!)
  const kept =
    /(?:^id$|_id$|^link_|_type$|_at$|^freq$|^byday$|^status$|^country$|^value$|^dtstart$|^until$|^valid_)/
  for (const rows of Object.values(entry.records))
    for (const row of rows!)
      for (const [field, value] of Object.entries(row))
        if (typeof value === 'string' && !kept.test(field)) row[field] = write(field, value)
  const institution = { ...source.institution, name: write('name', source.institution.name) }
  return { ...source, institution, entry }
}

/** The example with a mark on the first record of a table. */
export function marked(
  table: 'services' | 'addresses' | 'locations' | 'phones',
  field: string,
): CatalogueEntry {
  const source = directory.find(({ institution }) => institution.key === exampleEntries[0]!.key)!
  const entry: DirectoryEntry = structuredClone(source.entry!)
  entry.records.attributes!.push({ ...markOf(table, entry.records[table]![0]!.id, 'network_only', field) })
  return { ...source, entry }
}
