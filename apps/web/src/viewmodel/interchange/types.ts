import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { ColumnKey, Mapping, Plan, Sheet, TableRefusal } from '../../model/interchange/types.ts'

// What views show of the model.
export type {
  CellFault,
  ColumnKey,
  FieldChange,
  Mapping,
  Plan,
  RowPreview,
  Sheet,
  TableRefusal,
} from '../../model/interchange/types.ts'

export type ImportStep = 'choose' | 'columns' | 'faults' | 'preview' | 'sent'

export interface ImportState {
  step: ImportStep
  /** what is being done; nothing else can be asked for meanwhile */
  busy?: 'opening' | 'reading' | 'checking' | 'sending'
  progress?: { done: number; of: number }
  refusal?: TableRefusal
  failure?: Failure
  fileName: string
  sheets: readonly Sheet[]
  sheet: number
  mapping: Mapping
  /** the institution this person speaks for */
  own?: { key: string; name: string }
  blankClears: boolean
  corrections: Readonly<Record<string, string>>
  leftOut: readonly number[]
  remove: readonly string[]
  plan?: Plan
  sent: Readonly<Record<string, 'draft' | 'suggestion'>>
  /** what the node answered to each proposal that it did not take, by institution */
  refused: Readonly<Record<string, Failure>>
  /** it was there before, and goes on */
  restored: boolean
}

export interface ImportModel {
  readonly state: ReadableStore<ImportState>
  openFile(file: Blob, name: string): Promise<void>
  openText(text: string): Promise<void>
  chooseSheet(sheet: number): void
  setHeaderRow(row: number): void
  /** @param column undefined: the column is not imported */
  mapColumn(position: number, column: ColumnKey | undefined): void
  setBlankClears(clears: boolean): void
  /** Checks with these columns, and goes to what was found. */
  check(): Promise<void>
  /** @param text undefined: as it was in the file */
  correct(row: number, column: ColumnKey, text: string): Promise<void>
  /** Several at once, such as all suggestions. */
  correctAll(cells: ReadonlyArray<{ row: number; column: ColumnKey; text: string }>): Promise<void>
  leaveOut(rows: readonly number[], out: boolean): Promise<void>
  setRemoved(target: string, removed: boolean): Promise<void>
  show(step: ImportStep): void
  send(): Promise<void>
  discard(): void
  close(): void
}
