import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { NodeStatus } from '../../model/status/status-api.ts'

export type { NodeStatus, PartnerStatus } from '../../model/status/status-api.ts'

export type StatusState = { status?: NodeStatus; failure?: Failure; looking: boolean }

/** How the institution's server stands; looked at again by itself while the page is open. */
export interface StatusModel {
  state: ReadableStore<StatusState>
  load(): Promise<void>
  close(): void
}
