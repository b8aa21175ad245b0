import type { Escalation } from '@enlace/coordination'
import type { ReadableStore } from '../../lib/store.ts'

/** The urgent calls that ring for this person: those of a channel they are in that call upon them, and not their own. */
export interface Alerts {
  readonly open: ReadableStore<readonly Escalation[]>
  /** how many cases the node told this person of that wait for them: new, or almost due */
  readonly waitingCases: ReadableStore<number>
  close(): void
}
