import { type ColumnKey, columnKeys, columns } from './columns.ts'
import type { Mapping, Sheet } from './types.ts'
import { plain } from './value-cells.ts'

/** Which column of a sheet is which, by its heading. A person confirms it, and it is remembered. */

const headings: ReadonlyMap<string, ColumnKey> = (() => {
  const map = new Map<string, ColumnKey>()
  const add = (words: string, key: ColumnKey) => {
    const name = plain(words)
    if (!map.has(name)) map.set(name, key)
  }
  for (const key of columnKeys) {
    add(columns[key].label.es, key)
    add(columns[key].label.en, key)
    add(key, key)
  }
  for (const key of columnKeys) for (const words of columns[key].words.split(',')) add(words, key)
  return map
})()

/** Words that say nothing of which column it is. */
const bare = (heading: string) =>
  plain(heading.replace(/\([^)]*\)|[*:]/g, ' '))
    .split(' ')
    .filter((word) => !['de', 'del', 'la', 'el', 'los', 'las', 'the', 'of', 'no', 'n'].includes(word))
    .join(' ')

const bareHeadings = new Map([...headings].map(([words, key]) => [bare(words), key]))

/** The column a heading means; undefined for one that nobody knows. */
export const columnNamed = (heading: string): ColumnKey | undefined =>
  headings.get(plain(heading)) ??
  headings.get(plain(heading.replace(/\([^)]*\)/g, ' '))) ??
  bareHeadings.get(bare(heading))

const rowsSearched = 30

/** @param remembered how the same institution's headings were mapped before; `null`: it left the column out */
export function guessMapping(
  sheet: Sheet,
  remembered: Readonly<Record<string, ColumnKey | null>> = {},
): Mapping {
  let best: { mapping: Mapping; score: number } = { mapping: { headerRow: 0, columns: {} }, score: -1 }
  for (const [headerRow, row] of sheet.rows.slice(0, rowsSearched).entries()) {
    const found: Mapping['columns'] = {}
    for (const [position, heading] of row.entries()) {
      if (heading.trim() === '') continue
      const known = remembered[plain(heading)]
      const key = known === null ? undefined : (known ?? columnNamed(heading))
      if (key && found[key] === undefined) found[key] = position
    }
    const score = Object.keys(found).length
    // Of rows that name as many columns the first is the heading, the others are data.
    if (score > best.score) best = { mapping: { headerRow, columns: found }, score }
  }
  return best.mapping
}

/** Headings of the sheet that are not imported, by position. */
export function unmapped(
  sheet: Sheet,
  { headerRow, columns: mapped }: Mapping,
): Array<{ position: number; heading: string }> {
  const used = new Set(Object.values(mapped))
  return (sheet.rows[headerRow] ?? []).flatMap((heading, position) =>
    used.has(position) || heading.trim() === '' ? [] : [{ position, heading }],
  )
}

/** What to remember of a mapping that a person confirmed. */
export function toRemember(sheet: Sheet, mapping: Mapping): Record<string, ColumnKey | null> {
  const byPosition = new Map(
    Object.entries(mapping.columns).map(([key, position]) => [position, key as ColumnKey]),
  )
  return Object.fromEntries(
    (sheet.rows[mapping.headerRow] ?? []).flatMap((heading, position) => {
      const name = plain(heading)
      const key = byPosition.get(position) ?? null
      // What is guessed anyway need not be remembered.
      return name === '' || (columnNamed(heading) ?? null) === key ? [] : [[name, key]]
    }),
  )
}

/** Without one of these a table says nothing that could be imported. */
export function missingColumns({ columns: mapped }: Mapping, hasOwnInstitution: boolean): ColumnKey[] {
  const has = (...keys: ColumnKey[]) => keys.some((key) => mapped[key] !== undefined)
  return [
    ...(has('service', 'category', 'id') ? [] : (['service'] as const)),
    ...(has('institution', 'institution_key') || hasOwnInstitution ? [] : (['institution'] as const)),
  ]
}
