export {
  type AppliedCaseStep,
  applyCaseStep,
  type Believe,
  type CaseReduction,
  type CaseRefusalReason,
  type CaseState,
  type CaseTimes,
  possibleSteps,
  type RefusedCaseStep,
  reduceCase,
  reduceCases,
  refusalOf,
} from './cases/case.ts'
export { answered, answerText, personText } from './cases/case-answers.ts'
export {
  almostDueFrom,
  type BoardFilter,
  boardCsv,
  byUrgency,
  type CaseFlag,
  type CaseRow,
  caseRow,
  type DueFor,
  flagsOf,
  inOrderOfUrgency,
  isMine,
  matches,
  nextDue,
  partiesOf,
  toCsv,
} from './cases/case-board.ts'
export {
  type Actor,
  actorSchema,
  type CaseContent,
  type CaseLink,
  type CaseStepDraft,
  type CaseUpdateContent,
  caseContentSchema,
  caseDetailsEventType,
  caseEventType,
  caseUpdateContent,
  caseUpdateContentSchema,
  caseUpdateEventType,
  prefixOf,
  referenceSchema,
} from './cases/case-events.ts'
export {
  type CaseExport,
  type CaseExportContent,
  caseExportEventType,
  type ExportPurpose,
  type ExportWithholding,
  exportPurposes,
  exportWithholdings,
  reduceCaseExports,
} from './cases/case-exports.ts'
export {
  type CaseFamily,
  type CaseFamilyEntry,
  type CaseStatus,
  caseFamilies,
  caseStatuses,
  finalStatuses,
  fulfilledStatuses,
  type Priority,
  priorities,
} from './cases/case-families.ts'
export {
  answers,
  askedFields,
  type CaseDetails,
  caseDetailsSchema,
  checkForm,
  expectedArrival,
  type FormAdvice,
  type FormProblem,
  type FormValues,
  formAdvice,
  type GroupCounts,
  groupCountKeys,
  groupCounts,
  initialValues,
  isMinor,
  majority,
} from './cases/case-form-check.ts'
export { absentKey, caseForms, type FormField, type FormSection, formSections } from './cases/case-forms.ts'
export { type CaseFromText, readCaseText } from './cases/case-from-text.ts'
export {
  type CaseKind,
  caseKindKeys,
  caseKinds,
  defaultPriority,
  familyEntry,
  familyOf,
  firstStatus,
  kindsOfFamily,
} from './cases/case-kinds.ts'
export {
  type CaseStep,
  caseStepKeys,
  type Party,
  type StepField,
  type StepRule,
  stepLabel,
  stepsOf,
} from './cases/case-steps.ts'
export {
  type CaseTargets,
  caseTargetsEventType,
  caseTargetsSchema,
  deadlinesFor,
  dueAt,
  receptionLimit,
  stageTargets,
  type Target,
  type TargetSources,
  targetFor,
} from './cases/case-targets.ts'
export {
  type DeliveryCapacity,
  type DocumentType,
  deliveryCapacities,
  documentTypes,
  type IdentityCheck,
  identityChecks,
  type Reason,
  type Route,
  reasons,
  routes,
  type Transport,
  transports,
} from './cases/case-words.ts'
export {
  type EscalationTimes,
  type Measure,
  type MeasureGroup,
  type MeasureOptions,
  measure,
  measuresCsv,
  percentile,
  type Spread,
} from './cases/measures.ts'
export {
  afterHeads,
  afterOf,
  byTimeThenId,
  type CausalOrder,
  causalOrder,
  distinct,
  maxHeads,
  type TimelineEvent,
} from './causal-order.ts'
export {
  type Escalation,
  type EscalationEntry,
  type EscalationReduction,
  escalationRefusal,
  isCalledUpon,
  nextStepAt,
  officialsToAlert,
  type RefusalReason,
  type RefusedStep,
  reduceEscalations,
  stageAt,
  type WhoIsWho,
} from './escalations/escalation.ts'
export {
  type ChainTarget,
  chainFor,
  chainSettingsProblem,
  type EscalationChainSettings,
  type EscalationLevel,
  type EscalationStage,
  escalationChainEventType,
  escalationChainSchema,
  escalationChainSettingsSchema,
  escalationLevels,
  maxWithinMs,
  minWithinMs,
  sharedLevels,
  stageBounds,
  stageSelects,
} from './escalations/escalation-chain.ts'
export {
  type EscalationAcknowledgementContent,
  type EscalationAction,
  type EscalationAlertedContent,
  type EscalationContent,
  type EscalationStepContent,
  type EscalationUpdateContent,
  escalationAcknowledgementContent,
  escalationAcknowledgementContentSchema,
  escalationAcknowledgementEventType,
  escalationActions,
  escalationAlertedEventType,
  escalationContent,
  escalationContentSchema,
  escalationEventType,
  escalationEventTypes,
  escalationStepEventType,
  escalationUpdateContentSchema,
  escalationUpdateEventType,
  maxSnoozeMs,
  type SnoozeReason,
  snoozeReasons,
} from './escalations/escalation-events.ts'
export {
  confirmationText,
  type IdentityConfirmation,
  identityConfirmationSchema,
  identityConfirmationType,
  restartCode,
} from './identities/identity-confirmation.ts'
export { isSameCode, spokenCode } from './identities/spoken-code.ts'
export {
  believedMember,
  institutionKeySchema,
  type Member,
  type MemberInstitution,
  type MemberSources,
  memberProfileSchema,
  profileFields,
  type Role,
  readMemberProfile,
  roleSchema,
  roles,
} from './members.ts'
export {
  type CountryChoices,
  corridorCountries,
  countryAnswerText,
  countryChoices,
  countryName,
} from './people/countries.ts'
export { type IdentityReading, identityDigits, readIdentityNumber } from './people/identity-number.ts'
export { isNoName } from './people/name-sounds.ts'
export { maybeSamePerson } from './people/same-person.ts'
export { type Hold, type HoldReduction, reduceHolds, stops } from './retention/holds.ts'
export { type RulesReduction, reduceRetentionRules } from './retention/institution-rules.ts'
export { type RetentionReceipt, receiptSchema, WHAT_STAYS } from './retention/receipts.ts'
export {
  type HoldContent,
  type HoldReason,
  holdContentSchema,
  holdEventType,
  holdReasons,
  type RetentionContent,
  retentionContentSchema,
  retentionEventType,
  retentionEventTypes,
} from './retention/retention-events.ts'
export {
  DAY_MS,
  dueAfter,
  type EffectivePeriod,
  effectivePeriod,
  MIN_DAYS,
  networkDefault,
  type RetentionSubject,
  retentionSubjects,
  subjectLabel,
} from './retention/retention-rules.ts'
export {
  borderOffsetMs,
  localDate,
  localDateTime,
  localMonth,
  localYear,
  momentOf,
} from './time/border-time.ts'
export {
  type Majority,
  monthNames,
  type PartialDate,
  parsePartialDate,
  partialDateKinds,
  partialDateText,
  readPartialDate,
  writePartialDate,
} from './time/partial-date.ts'
export {
  addWorkingTime,
  type CalendarChange,
  officeWeek,
  type WorkCalendar,
  workCalendar,
  workingTimeBetween,
} from './time/work-calendar.ts'
export {
  type ChannelFault,
  type ChannelRecognition,
  type ChannelSources,
  channelEncryptionSchema,
  channelFaultText,
  channelJoinRules,
  corridorEventType,
  corridorSchema,
  isCorridor,
  recogniseChannel,
  recogniseFounding,
  type StateLookup,
  weakensEncryption,
} from './topics/channel-recognition.ts'
export {
  checkChannelState,
  encryptionVerdict,
  plainMembership,
} from './topics/channel-state.ts'
export {
  type ChannelTeam,
  type CorridorSpaceOptions,
  type CreateRoomRequest,
  corridorMark,
  corridorSpaceRequest,
  type PowerLevelContent,
  type StateEventContent,
  spaceChild,
  type TopicChannelOptions,
  topicChannelPowerLevels,
  topicChannelRequest,
} from './topics/channels.ts'
export { checkClearEvent, envelopeSchemas, joiningEventType } from './topics/clear-events.ts'
export type { ClearEventVerdict } from './topics/clear-verdict.ts'
export {
  type ContactGround,
  type ContactRule,
  type ContactVerdict,
  contactPolicy,
  contactVerdict,
  groupLimit,
  sharedTopics,
} from './topics/contact-policy.ts'
export {
  type Conversation,
  checkConversationState,
  conversationEventType,
  conversationNameEventType,
  conversationNameSchema,
  conversationSchema,
  directBetween,
  groupNameLength,
  isOutsideConversation,
  recogniseConversation,
  saysConversation,
} from './topics/conversation.ts'
export {
  type Admission,
  type AdmissionRule,
  admission,
  admissionUnder,
  defaultPolicy,
  type PolicyContact,
  parseTopicPolicy,
  type TopicPolicy,
  topicPolicyEventType,
  topicPolicySchema,
} from './topics/policy.ts'
export { reactionSchema } from './topics/reaction.ts'
export { type RedactionRule, redactionRule, redactionRuleText } from './topics/redactable.ts'
export { type AclGround, aclAfterSuspension, aclVersion, suspendedAclField } from './topics/suspended-acl.ts'
export {
  caseKindsFor,
  corridorTopics,
  corridorTopicsText,
  isGuarded,
  type Topic,
  type TopicWithPolicy,
  topicLabel,
  topics,
} from './topics/topics.ts'
export type { TopicEntry, TopicTable } from './topics/types.ts'
