import type { AuditVerdict } from '@enlace/trust/audit'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { ActivityChain, ActivityEntry } from '../../model/activity/activity-api.ts'

export type { ActivityChain, ActivityEntry } from '../../model/activity/activity-api.ts'

export interface ActivityFilter {
  group: string
  person: string
  outcome: '' | 'done' | 'refused'
  case: string
  /** Days as the field for dates has them: 2026-11-28. */
  from: string
  to: string
}

type Text = { es: string; en: string }

export interface ActivityState {
  filter: ActivityFilter
  /** absent: still loading */
  entries?: readonly ActivityEntry[]
  next?: number
  acts: Readonly<Record<string, Text & { group: string }>>
  groups: Readonly<Record<string, Text>>
  chain?: ActivityChain
  verdict?: AuditVerdict
  failure?: Failure
}

export interface ActivityModel {
  readonly state: ReadableStore<ActivityState>
  choose(change: Partial<ActivityFilter>): void
  clear(): void
  load(): Promise<void>
  older(): Promise<void>
  verify(): Promise<void>
  file(format: 'csv' | 'jsonl', language: 'es' | 'en'): Promise<{ content: Blob; name: string }>
  close(): void
}
