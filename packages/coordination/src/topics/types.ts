import type { BilingualText } from '@enlace/directory/text'
import type { InstitutionKind } from '@enlace/directory/words'
import type { CaseFamily } from '../cases/case-families.ts'

/** All that the network knows of a topic. */
export interface TopicEntry {
  label: BilingualText
  /**
   * Kinds of institution that the policy of a new channel admits, in any role and of any country; its owners may change the
   * policy later. Absent: there is no default policy, and a channel of this topic needs one of its own.
   */
  admits?: readonly InstitutionKind[]
  /** families of the cases usually opened here, offered first, in this order */
  cases: readonly CaseFamily[]
  /** newcomers see nothing from before they came, and keys change daily */
  guarded?: boolean
  /** every corridor starts with a channel of this topic, in the order of the table */
  inEveryCorridor?: boolean
}

export type TopicTable = Readonly<Record<string, TopicEntry>>
