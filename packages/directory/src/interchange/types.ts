import type { DirectoryEntry } from '../entry/entry.ts'
import type { BilingualText } from '../text.ts'
import type { Edit } from '../upkeep/changes.ts'
import type { ColumnKey } from './columns.ts'
import type { CellFaultCode, TableRefusal } from './faults.ts'

/** A sheet as it was read: texts by row and column, every row of the file, also the empty ones, so that rows keep their numbers. */
export interface Sheet {
  name: string
  rows: string[][]
  /** what a cell holds that is no text to read: by `row:column`, counted from 0 */
  broken?: Record<string, 'formula_error' | 'formula_without_value'>
}

export type Separator = ',' | ';' | '\t' | '|'

export interface TableFile {
  format: 'csv' | 'xlsx'
  sheets: Sheet[]
  /** of a text file: how it was written */
  encoding?: 'utf-8' | 'utf-16' | 'windows-1252'
  separator?: Separator
}

/** Nothing is taken from a file that is refused. */
export type TableRead = { ok: true; file: TableFile } | { ok: false; refusal: TableRefusal }

/** Which column of a sheet is which, by position; and the row its headings are in, counted from 0. */
export interface Mapping {
  headerRow: number
  columns: Partial<Record<ColumnKey, number>>
}

/** An institution as far as a table has to name it. */
export interface KnownInstitution {
  key: string
  name: string
  country: string
  example?: true
  /** its entry; `startingEntry` where it has none yet */
  entry: DirectoryEntry
}

/** What is wrong in a cell. Rows and columns are counted as spreadsheets do: the first row is 1, the first column A. */
export interface CellFault {
  row: number
  /** undefined: the row as a whole */
  column?: ColumnKey
  /** the column's letters, where the table has it */
  letters?: string
  code: CellFaultCode
  found: string
  /** what would be right, to be taken as it is */
  suggestion?: string
  /** the other row it contradicts, or the institutions it may mean */
  detail?: string
}

/** A row that was read: its values by column, each as its reader made it. */
export interface ImportedRow {
  number: number
  institution: string
  values: RowValues
}

export interface PhoneValue {
  number: string
  extension?: number
  /** what it is for: "Recepción" */
  description?: string
  type?: string
  whatsapp?: boolean
  night?: boolean
}

/** Hours of one or more days of the week. */
export interface HoursValue {
  /** HSDS weekday codes from Monday on, with commas between */
  byday: string
  opens: string
  closes: string
}

export interface CostValue {
  option?: string
  amount: number
  currency: string
  note?: string
}

export interface ContactValue {
  title?: string
  name?: string
  email?: string
  phone?: PhoneValue
}

/** Absent: the row does not say. `null` and an empty list: the row says that there is nothing. */
export interface RowValues {
  id?: string
  website?: string | null
  institution_email?: string | null
  service?: string
  category?: string[]
  description?: string | null
  status?: string
  application?: string | null
  wait_time?: string | null
  eligibility?: string | null
  minimum_age?: number | null
  maximum_age?: number | null
  sexes?: string[]
  nationalities?: string[]
  situations?: string[]
  documents?: string[]
  cost?: CostValue[]
  languages?: string[]
  service_area?: string[]
  beds_free?: number
  beds_total?: number | null
  beds_updated?: string
  place?: string
  address?: string | null
  landmark?: string | null
  city?: string | null
  department?: string | null
  country?: string
  postal_code?: string | null
  latitude?: number | null
  longitude?: number | null
  plus_code?: string | null
  accessibility?: string[]
  transport?: string | null
  phone?: PhoneValue[]
  hours?: HoursValue[]
  holidays?: 'as_usual' | 'closed' | null
  contact?: ContactValue
}

export interface FieldChange {
  column: ColumnKey
  /** as the table writes it; empty where there was nothing */
  from: BilingualText
  to: BilingualText
}

/** What becomes of a service at a place. */
export interface RowPreview {
  /** rows of the table, none for what the table does not have */
  rows: number[]
  /** the ID of the service at its place */
  target: string
  service: string
  place: string
  state: 'added' | 'changed' | 'unchanged' | 'missing' | 'removed'
  changes: FieldChange[]
}

export interface InstitutionPlan {
  institution: string
  name: string
  previews: RowPreview[]
  edits: Edit[]
  /** the entry as it would be */
  entry: DirectoryEntry
  /** why it cannot be proposed; undefined: it can */
  problem?: BilingualText
}
