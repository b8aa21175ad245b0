/** Faces of what follows the log. */
import type { StoredEvent } from '../rooms/types.ts'

/** A follower of the log: its contract heads `projection.ts`. */
export interface Projection {
  /** Begins to follow. Resolves when everything of the log up to now is handed over; its work may be under way. */
  start(): Promise<void>
  /** Brings a key up to date that the log did not ask for: a clock did. */
  ask(key: string): void
  /** Events of the past that were fetched now: their keys are asked for. */
  revisit(events: readonly StoredEvent[]): Promise<void>
  /** Resolves when what was asked for until now was worked on once. For `keysOf`: an event may need what came before it. */
  worked(): Promise<void>
  /** Everything of the log up to now was handed over, and worked on once; what failed then is tried again later. */
  caughtUp(): Promise<void>
  /** Nothing waits or runs. */
  settled(): Promise<void>
  readonly idle: boolean
  /** Positions of the log between its end and what is done; 0 when everything is. Counts those that do not concern it. */
  lag(): number
  close(): Promise<void>
}
