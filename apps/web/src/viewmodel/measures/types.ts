import type { CaseFamily, Measure, MeasureGroup } from '@enlace/coordination'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'

export interface MeasuresChoice {
  group: MeasureGroup | 'all'
  /** of the last so many days; 0: since the beginning */
  days: number
  family?: CaseFamily
}

export interface MeasuresState {
  choice: MeasuresChoice
  /** undefined while they are asked for */
  measures?: readonly Measure[]
  failure?: Failure
}

export interface MeasuresModel {
  readonly state: ReadableStore<MeasuresState>
  choose(change: Partial<MeasuresChoice>): void
  load(): Promise<void>
  /** @returns undefined when it could not be had; `state` says why */
  csv(): Promise<{ content: Blob; name: string } | undefined>
  close(): void
}
