/** Directories for tests: what is shipped, the examples, and institutions that write what they should not. */
import type { MaterialContent } from '@enlace/coordination/materials/published'
import type { ShownRisk } from '@enlace/coordination/risks/published'
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

/** An invented leaflet. */
export const leaflet = (more: Partial<MaterialContent> = {}): MaterialContent => ({
  institution: directory.find(({ institution }) => institution.confirmed)!.institution.key,
  slug: 'ejemplo-sus-derechos',
  language: 'es',
  number: 1,
  topic: 'rights',
  level: 'easy',
  place: { country: 'HN', department: 'Cortés', municipality: 'Omoa' },
  title: 'Ejemplo: sus derechos en el camino',
  summary: 'Hoja inventada para pruebas.',
  blocks: [
    {
      kind: 'text',
      markdown:
        '# Puede pedir ayuda\n\nNadie le **cobra** por *orientar*. [Más](https://example.org/a?b=1&c=2)\n\n1. Pida hablar.\n2. Pida su acta.\n\n> Una cita.\n\n---',
    },
    { kind: 'notice', tone: 'warning', markdown: 'No entregue su documento.' },
    {
      kind: 'picture',
      media: { mxc: 'mxc://hn.example/a1', sha256: '0'.repeat(64), mimetype: 'image/png', size: 9 },
      alt: 'Una persona en una ventanilla.',
    },
    {
      kind: 'audio',
      media: { mxc: 'mxc://hn.example/a2', sha256: '0'.repeat(64), mimetype: 'audio/ogg', size: 9 },
      seconds: 9,
      transcript: 'Usted tiene derechos.\n\nPida ayuda.',
    },
  ],
  names: [],
  valid_until: Date.UTC(2027, 2, 1, 15),
  live_at: 'https://registro.example',
  ...more,
})

export const materials: readonly MaterialContent[] = [
  leaflet(),
  leaflet({ language: 'kek', title: 'Example kek', topic: 'rights' }),
  leaflet({ language: 'en', title: 'Example: your rights' }),
  leaflet({ slug: 'ejemplo-riesgos', topic: 'risks', title: 'Ejemplo: riesgos' }),
]

/** An invented risk. */
export const risk = (more: Partial<ShownRisk> = {}): ShownRisk => ({
  kind: 'extortion',
  place: { coarse: 'cell_10', row: 31, column: 46 },
  when: '2026-10',
  until: '2027-01',
  source: 'migrant',
  reliability: 'probable',
  reports: 2,
  endsAt: Date.UTC(2027, 1, 1, 6),
  ...more,
})

export const risks: readonly ShownRisk[] = [
  risk(),
  risk({
    kind: 'weather',
    place: { coarse: 'cell_5', row: 62, column: 92 },
    when: '2026-11-08',
    until: '2026-11-20',
    endsAt: Date.UTC(2026, 10, 21, 6),
    reports: 1,
  }),
  risk({ kind: 'health', place: { coarse: 'municipality', key: 'puerto-barrios' }, when: '2026-11' }),
  risk({ kind: 'trafficking', place: undefined, when: '2026-11' }),
]
