import type {
  DutyOverride,
  DutyPlan,
  DutyPosition,
  DutySwapAction,
  DutyTurn,
  HandOverItem,
} from '@enlace/coordination/duty'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { DutyPage, Feed, WantedSwap } from '../../model/duty/duty-api.ts'

// What views show of the model.
export type { DutyNow, DutyPage } from '../../model/duty/duty-api.ts'

/** A stretch of a day as the week shows it. */
export interface Stretch {
  position: string
  from_ts: number
  to_ts: number
  /** nobody, and somebody should be */
  gap: boolean
  people: readonly string[]
}

export interface DutyDay {
  /** local date */
  date: string
  start: number
  today: boolean
  /** names of its days off */
  off: readonly { es: string; en: string }[]
  stretches: readonly Stretch[]
}

export interface DutyState {
  /** undefined while it is asked for; `none` on a server that keeps no duty */
  page: DutyPage | 'none' | undefined
  /** what is being edited */
  plan: DutyPlan
  dirty: boolean
  /** what the node would refuse: a turn without days, one that ends before it begins, a position without a name */
  wrong: boolean
  /** local midnight of the Monday that is shown */
  from: number
  days: readonly DutyDay[]
  feeds: readonly Feed[]
  /** the address of the calendar that was just made: told once */
  freshFeed?: { id: string; url: string }
  saving: boolean
  saved: boolean
  loadFailure?: Failure
  saveFailure?: Failure
}

export interface DutyModel {
  readonly state: ReadableStore<DutyState>
  load(): Promise<void>
  week(steps: number): void
  thisWeek(): void
  addPosition(): void
  changePosition(at: number, fields: Partial<DutyPosition>): void
  removePosition(at: number): void
  addTurn(): void
  changeTurn(at: number, fields: Partial<DutyTurn>): void
  /** @param day 1 Monday to 7 Sunday */
  setWeekday(at: number, day: number, on: boolean): void
  removeTurn(at: number): void
  addOverride(): void
  /** `user_id` null: nobody */
  changeOverride(
    at: number,
    fields: Partial<Omit<DutyOverride, 'user_id'>> & { user_id?: string | null },
  ): void
  removeOverride(at: number): void
  discard(): void
  save(): Promise<void>
  // These throw what went wrong.
  askSwap(wanted: WantedSwap): Promise<void>
  answerSwap(id: string, action: DutySwapAction): Promise<void>
  addFeast(feast: { date: string; name: string; municipality?: string; from_noon?: true }): Promise<void>
  removeFeast(date: string, name: string): Promise<void>
  setWorked(date: string, worked: boolean): Promise<void>
  confirmYear(year: number): Promise<void>
  handOver(position: string, items: readonly HandOverItem[]): Promise<void>
  addFeed(position?: string): Promise<void>
  removeFeed(id: string): Promise<void>
  close(): void
}
