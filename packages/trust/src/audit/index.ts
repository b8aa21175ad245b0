/** A node's audit log, as anybody verifies it: on a node, in a browser, or on a machine that is neither. */
export {
  AUDIT_EXPORT,
  AUDIT_GENESIS,
  AUDIT_HEAD,
  AUDIT_PRUNE,
  AUDIT_WITNESS,
  type AuditHead,
  type AuditWitness,
  type ChainHashing,
  signedText,
  sortedJson,
} from './chain.ts'
export type { AuditFaultKind } from './fault-words.ts'
export {
  type AuditFault,
  type AuditKeys,
  type AuditVerdict,
  auditHeadSchema,
  auditWitnessSchema,
  createAuditVerifier,
} from './verify.ts'
