import type {
  Escalation,
  EscalationAction,
  EscalationStage,
  EscalationUpdateContent,
} from '@enlace/coordination'
import type { ReadableStore } from '../../lib/store.ts'

/**
 * Urgent calls. The events in the timelines are the truth and are reduced as the node reduces them; what the node lists
 * fills in calls older than what this device has loaded.
 */
export interface Escalations {
  readonly all: ReadableStore<ReadonlyMap<string, Escalation>>
  /** The chain a call would climb, by the settings of the channel. */
  chainOf(roomId: string, institution?: { key: string; country: string }): EscalationStage[]
  /** @param about a message or a case of the room. @returns the escalation's ID */
  raise(
    roomId: string,
    about: string,
    more?: { institution?: { key: string; country: string }; reference?: string },
  ): Promise<void>
  acknowledge(escalation: Escalation): Promise<void>
  act(escalation: Escalation, action: EscalationAction, more?: ActionFields): Promise<void>
  refresh(): Promise<void>
  /** To be called when roles have changed. */
  reduce(): void
  close(): void
}

export type ActionFields = Pick<EscalationUpdateContent, 'to' | 'until_ts' | 'reason'>
