import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { Shift, WeeklyTurn } from '../../model/duty/duty-api.ts'

// What views show of the model.
export type { Shift, WeeklyTurn } from '../../model/duty/duty-api.ts'

export interface Colleague {
  userId: string
  name: string
}

/** The roster being edited, with who may be put on it. */
export interface Roster {
  weekly: readonly WeeklyTurn[]
  shifts: readonly Shift[]
  colleagues: readonly Colleague[]
  /** names of those on duty now, as the node says */
  onDuty: readonly string[]
  /** names of those whom nothing reaches but an open Enlace */
  onlyHere: readonly string[]
  changedBy?: string
  changedAt?: number
}

export interface DutyState {
  /** undefined while it is asked for; `none` on a server that keeps no roster */
  roster: Roster | 'none' | undefined
  /** whether this person may change it */
  mayChange: boolean
  /** a turn without days, or one that ends before it begins */
  wrong: boolean
  saving: boolean
  saved: boolean
  /** it could not be had */
  loadFailure?: Failure
  saveFailure?: Failure
}

export interface DutyModel {
  readonly state: ReadableStore<DutyState>
  load(): Promise<void>
  addWeekly(): void
  changeWeekly(at: number, fields: Partial<WeeklyTurn>): void
  /** @param day 1 Monday to 7 Sunday */
  setWeekday(at: number, day: number, on: boolean): void
  removeWeekly(at: number): void
  addShift(): void
  changeShift(at: number, fields: Partial<Shift>): void
  removeShift(at: number): void
  save(): Promise<void>
  close(): void
}
