export {
  isApproved,
  type MaterialReading,
  type MaterialStatus,
  materialRefusal,
  materialStatus,
  needsReview,
  publicationItem,
  type ReadMaterialRecord,
  reduceMaterial,
} from './material.ts'
export {
  type MaterialStep,
  type MaterialStepDraft,
  type MaterialUpdate,
  materialEventSchema,
  materialEventType,
  materialRecordEventType,
  materialUpdate,
  materialUpdateEventType,
  materialUpdateSchema,
  type WithdrawalReason,
  withdrawalReasons,
} from './material-events.ts'
export { type MaterialRecord, type MaterialRecordOf, materialRecordSchema } from './material-records.ts'
export type {
  MaterialComment,
  MaterialPublication,
  MaterialRefusal,
  MaterialStance,
  MaterialState,
  MaterialVersion,
} from './material-state.ts'
