import type { Entry } from '../types.ts'

/** Where entries are passed on to. */
export interface EntrySink {
  /** Resolves when all were taken. @throws Error otherwise: they are given again */
  give(entries: readonly Entry[]): Promise<void>
  close(): Promise<void>
}
