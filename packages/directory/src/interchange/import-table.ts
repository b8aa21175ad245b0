import { checkEntry } from '../entry/check-entry.ts'
import type { DirectoryEntry } from '../entry/entry.ts'
import { maxEdits } from '../upkeep/book.ts'
import { editsBetween } from '../upkeep/changes.ts'
import { type ColumnKey, writtenColumns } from './columns.ts'
import { EntryRows } from './entry-rows.ts'
import { InstitutionNames } from './institutions-named.ts'
import { type MatchedRow, matchRows, sameValue } from './match-rows.ts'
import { mergeRows } from './merge-rows.ts'
import { readRows } from './read-rows.ts'
import { type Target, targetsOf, valuesOf } from './targets.ts'
import type {
  CellFault,
  FieldChange,
  ImportedRow,
  InstitutionPlan,
  KnownInstitution,
  Mapping,
  RowPreview,
  RowValues,
  Sheet,
} from './types.ts'
import { bothTexts } from './value-texts.ts'

/** A table to what it would change. Nothing is changed here: what comes out are proposals, one for each institution. */

export interface ImportOptions {
  institutions: readonly KnownInstitution[]
  /** whose rows are that name no institution */
  own?: string
  blankClears?: boolean
  now: number
  /** cells a person corrected, by `row:column`, from 0 */
  corrections?: Readonly<Record<string, string>>
  /** rows left out, as spreadsheets count them, from 1 */
  leftOut?: ReadonlySet<number>
  /** services at places that are not in the table and are to be removed, by ID */
  remove?: ReadonlySet<string>
  /** told how far it is, for who waits */
  onProgress?(done: number, of: number): void
}

export interface ImportPlan {
  /** rows that say anything, with those left out */
  rows: number
  faults: CellFault[]
  leftOut: number
  /** rows that are whole */
  good: number
  institutions: InstitutionPlan[]
}

export function planImport(sheet: Sheet, mapping: Mapping, options: ImportOptions): ImportPlan {
  const names = new InstitutionNames(options.institutions)
  const read = readRows(sheet, mapping, { ...options, institutions: names })
  const isIn = ({ row }: { row: number }) => !options.leftOut?.has(row)
  const rows = read.rows.filter(({ number }) => isIn({ row: number }))
  const faults = read.faults.filter(isIn)
  const byInstitution = new Map<string, ImportedRow[]>()
  for (const row of rows)
    byInstitution.set(row.institution, [...(byInstitution.get(row.institution) ?? []), row])
  const institutions: InstitutionPlan[] = []
  let good = 0
  for (const [key, own] of byInstitution) {
    const institution = names.byKey(key)!
    const match = matchRows(institution, own, mapping)
    faults.push(...match.faults)
    good += match.matched.length
    // A row with a fault is in the table all the same: what it is about is not missing.
    const named = new Set([
      ...match.matched.map(({ target }) => target.id),
      ...aboutFaulty(institution, read.faults, sheet, mapping, options),
    ])
    institutions.push(planOf(institution, match.matched, named, options))
    options.onProgress?.(institutions.length, byInstitution.size)
  }
  faults.sort((a, b) => a.row - b.row || position(mapping, a.column) - position(mapping, b.column))
  return { rows: read.count, faults, leftOut: options.leftOut?.size ?? 0, good, institutions }
}

const position = ({ columns }: Mapping, column: ColumnKey | undefined) =>
  column === undefined ? -1 : (columns[column] ?? 999)

/** Services at places that faulty or left-out rows name by their code. */
function aboutFaulty(
  institution: KnownInstitution,
  faults: readonly CellFault[],
  sheet: Sheet,
  mapping: Mapping,
  { leftOut }: ImportOptions,
): string[] {
  const at = mapping.columns.id
  if (at === undefined) return []
  const known = new Set(targetsOf(new EntryRows(institution.entry)).map(({ id }) => id))
  return [...new Set([...faults.map(({ row }) => row), ...(leftOut ?? [])])].flatMap((row) => {
    const id = sheet.rows[row - 1]?.[at]?.trim() ?? ''
    return known.has(id) ? [id] : []
  })
}

function planOf(
  institution: KnownInstitution,
  matched: readonly MatchedRow[],
  named: ReadonlySet<string>,
  options: ImportOptions,
): InstitutionPlan {
  const before = new EntryRows(institution.entry)
  const entry = mergeRows(institution, matched, options)
  const after = new EntryRows(entry)
  const edits = editsBetween(institution.entry, entry)
  const numbers = new Map(matched.map(({ target, number }) => [target.id, number]))
  const was = new Map(targetsOf(before).map((target) => [target.id, target]))
  const is = new Map(targetsOf(after).map((target) => [target.id, target]))
  const previews = [...new Set([...is.keys(), ...was.keys()])].map((id): RowPreview => {
    const from = was.get(id)
    const to = is.get(id)
    const fromValues = from ? valuesOf(before, from) : {}
    const toValues = to ? valuesOf(after, to) : {}
    const changes = changesBetween(fromValues, toValues, institution.country)
    const row = numbers.get(id)
    const removed = options.remove?.has(id) === true
    return {
      rows: row === undefined ? [] : [row],
      target: id,
      service: toValues.service ?? fromValues.service ?? '',
      place: placeName(after, to) ?? placeName(before, from) ?? '',
      state: removed
        ? 'removed'
        : !from
          ? 'added'
          : row === undefined && !named.has(id)
            ? 'missing'
            : changes.length > 0
              ? 'changed'
              : 'unchanged',
      changes: removed ? [] : changes,
    }
  })
  const problem = problemOf(institution.entry, entry, edits.length)
  return {
    institution: institution.key,
    name: institution.name,
    previews,
    edits,
    entry,
    ...(problem ? { problem } : {}),
  }
}

function placeName(rows: EntryRows, target: Target | undefined): string | undefined {
  if (target?.location === undefined) return undefined
  const { place, address, city } = valuesOf(rows, target)
  return place ?? address ?? city ?? ''
}

function changesBetween(before: RowValues, after: RowValues, home: string): FieldChange[] {
  return writtenColumns.flatMap((column): FieldChange[] => {
    if (column === 'id') return []
    const from = bothTexts(column, before, home)
    const to = bothTexts(column, after, home)
    if (from.es === to.es && from.en === to.en) return []
    const values = [before[column as keyof RowValues], after[column as keyof RowValues]]
    return values.every((value) => Array.isArray(value)) && sameValue(values[0], values[1])
      ? []
      : [{ column, from, to }]
  })
}

function problemOf(before: DirectoryEntry, after: DirectoryEntry, edits: number): InstitutionPlan['problem'] {
  if (edits > maxEdits)
    return {
      es: `Son demasiados cambios de una vez (${edits}; se admiten ${maxEdits}). Importe primero una parte de las filas.`,
      en: `These are too many changes at once (${edits}; ${maxEdits} are allowed). Import a part of the rows first.`,
    }
  const check = checkEntry(after)
  if (check.ok) return undefined
  const already = checkEntry(before)
  const known = new Set(
    already.ok ? [] : already.faults.map(({ id, field, fault }) => `${id} ${field} ${fault}`),
  )
  const made = check.faults.filter(({ id, field, fault }) => !known.has(`${id} ${field} ${fault}`))
  if (made.some(({ table }) => table === ''))
    return {
      es: 'La institución tendría más registros de los que admite el directorio (2.000). Importe menos filas de ella.',
      en: 'The institution would have more records than the directory allows (2,000). Import fewer of its rows.',
    }
  const [first] = made.length > 0 ? made : check.faults
  return {
    es: `El registro de la institución quedaría con un error (${first!.table}, ${first!.field}). Corríjalo primero en su página.`,
    en: `The institution's entry would have a fault (${first!.table}, ${first!.field}). Correct it on its page first.`,
  }
}
