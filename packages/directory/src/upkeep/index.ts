export {
  assuredDates,
  entryFreshness,
  freshnessCount,
  groupFreshness,
  groupsInUse,
  withAssurance,
} from './assurance.ts'
export {
  type Actor,
  type BookEvent,
  type BookRefusal,
  type BookResult,
  bookRefusals,
  dayAtBorder,
  type EntryBook,
  newBook,
  type Proposal,
  reduceBook,
} from './book.ts'
export { applyEdits, type Change, type Edit, editsBetween, metadataOf, reverse } from './changes.ts'
export { documentsOf, type EntryDocument, entryTargets } from './documents.ts'
export { type FieldGroup, fieldGroupOf, fieldGroups } from './field-groups.ts'
export { adoptSigned, unsignedGroups } from './signed.ts'
export { startingEntry } from './starting-entry.ts'
