export { meetingRefusal, reduceMeeting } from './meeting.ts'
export {
  type MeetingContent,
  type MeetingStep,
  type MeetingStepDraft,
  type MeetingUpdateContent,
  meetingContentSchema,
  meetingEventType,
  meetingRecordEventType,
  meetingUpdateContent,
  meetingUpdateContentSchema,
  meetingUpdateEventType,
} from './meeting-events.ts'
export {
  type MeetingRecord,
  meetingRecordSchema,
  type ReadRecord,
  type RecordOf,
} from './meeting-records.ts'
export type {
  AgendaItem,
  Commitment,
  Decision,
  MeetingRefusal,
  MeetingState,
  Paragraph,
} from './meeting-state.ts'
export {
  type CommitmentStatus,
  canonicalMinutes,
  commitmentCounts,
  commitmentStatus,
  commitmentStatusKeys,
  type DecisionOutcome,
  decisionOutcome,
  type MinutesStatement,
  minutesStatement,
  type Signature,
  signaturesOf,
} from './minutes.ts'
export { basesOf, recordRefusal } from './record-steps.ts'
