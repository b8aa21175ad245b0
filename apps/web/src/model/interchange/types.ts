import type {
  ColumnKey,
  ImportPlan,
  InstitutionPlan,
  KnownInstitution,
  Mapping,
  Sheet,
  TableRead,
} from '@enlace/directory/lists'

export type {
  CellFault,
  ColumnKey,
  FieldChange,
  InstitutionPlan,
  KnownInstitution,
  Mapping,
  RowPreview,
  Sheet,
  TableRefusal,
} from '@enlace/directory/lists'

/** A plan as it leaves the worker: without the entries, which nobody needs there. */
export interface Plan extends Omit<ImportPlan, 'institutions'> {
  institutions: Array<Omit<InstitutionPlan, 'entry'>>
}

export interface PlanRequest {
  sheet: Sheet
  mapping: Mapping
  institutions: readonly KnownInstitution[]
  own?: string
  blankClears: boolean
  now: number
  corrections: Readonly<Record<string, string>>
  leftOut: readonly number[]
  remove: readonly string[]
}

/** What takes long, done apart from the page. */
export interface TableDesk {
  read(bytes: ArrayBuffer): Promise<TableRead>
  plan(request: PlanRequest, onProgress: (done: number, of: number) => void): Promise<Plan>
  /** Stops what is under way. */
  close(): void
}

/** How an institution's headings were mapped before; `null`: left out. */
export type Remembered = Record<string, ColumnKey | null>

/** An import under way, as the device keeps it. */
export interface KeptImport {
  /** what the proposals are called, the same after a reload */
  id: string
  fileName: string
  sheets: Sheet[]
  sheet: number
  mapping: Mapping
  step: 'columns' | 'faults' | 'preview' | 'sent'
  blankClears: boolean
  corrections: Record<string, string>
  leftOut: number[]
  remove: string[]
  /** institutions whose proposal was taken, by key */
  sent: Record<string, 'draft' | 'suggestion'>
}
