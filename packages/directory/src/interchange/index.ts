export { type ColumnKey, columnKeys, columnLabel, columnLetters, columns, writtenColumns } from './columns.ts'
export { type CellFaultCode, cellFaults, type TableRefusal, tableRefusals } from './faults.ts'
export { type ImportOptions, type ImportPlan, planImport } from './import-table.ts'
export { columnNamed, guessMapping, missingColumns, toRemember, unmapped } from './mapping.ts'
export { readTable } from './read-table.ts'
export { readDelimited } from './text-table.ts'
export type {
  CellFault,
  FieldChange,
  InstitutionPlan,
  KnownInstitution,
  Mapping,
  RowPreview,
  Sheet,
  TableFile,
  TableRead,
} from './types.ts'
