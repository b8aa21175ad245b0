/** Faces of departures: one act by which somebody leaves their institution, done step by step and taken up again after a crash. */
import type { HeldDuty } from '@enlace/coordination/duty'
import type { BilingualText } from '@enlace/directory/text'
import type { Model } from 'mongoose'

/** In their order. Each is persisted when it is done, and harmless when it is done again. */
export const departureSteps = ['sessions', 'shifts', 'cases', 'calls', 'rooms', 'roster', 'account'] as const
export type DepartureStep = (typeof departureSteps)[number]

/** `owner`: assigned to the person. `requesting`: they follow it up for the institution that asks. */
export type CaseSide = 'owner' | 'requesting'
export type HeldCase = { case_id: string; room_id: string; reference: string; side: CaseSide }
/** A call that the person answers and that is not resolved. */
export type HeldCall = { escalation_id: string; room_id: string }

export type Colleague = { user_id: string; name: string; role?: string }

/** What would happen, before anything does. */
export type DeparturePlan = {
  user_id: string
  name: string
  institution: string
  role?: string
  /** The account ends, or goes on because another institution's roster names the person too. */
  account: 'closes' | 'stays'
  shifts: HeldDuty
  cases: (HeldCase & { members: string[] })[]
  calls: HeldCall[]
  /** Channels and conversations they are in, or invited to. */
  rooms: { channels: number; conversations: number }
  /** To whom shifts and cases may go. */
  colleagues: Colleague[]
  /** Nobody else coordinates the institution: a successor has to be named. */
  last_coordinator: boolean
  /** They keep, or may keep, the institution's key: it has to be changed. */
  had_key: boolean
  /** Under way already. */
  departure?: DepartureView
}

export type DepartureWishes = {
  shifts_to?: string | undefined
  /** For all cases that are not named one by one. */
  cases_to?: string | undefined
  cases?: Readonly<Record<string, string>> | undefined
  successor?: string | undefined
  /** What the institution signed: the roster without the person. */
  publication?: unknown
}

export type DepartureView = {
  id: string
  user_id: string
  name: string
  institution: string
  by: string
  own: boolean
  started_ts: number
  state: 'open' | 'done' | 'undone'
  account: 'closes' | 'stays'
  had_key: boolean
  successor?: string
  shifts_to?: string
  cases: { case_id: string; reference: string; to: string }[]
  steps: { step: DepartureStep; done_ts?: number; problem?: BilingualText }[]
  /** It can still be taken back: nobody has signed the roster without the person. */
  undoable: boolean
}

export interface Departures {
  /** @throws M_NOT_FOUND for who is none of the requester's people, M_FORBIDDEN */
  plan(requester: string, userId: string): Promise<DeparturePlan>
  /** Begins it, or names others in one under way. @throws as `plan`; M_INVALID_PARAM naming what would be left without an owner */
  start(requester: string, userId: string, wishes: DepartureWishes): Promise<DepartureView>
  undo(requester: string, id: string): Promise<DepartureView>
  /** Of the requester's institution: those under way, and those of the last ninety days. */
  list(requester: string): Promise<DepartureView[]>
  /** Takes up what a crash, a partner or a signature held up. */
  resume(): Promise<void>
  close(): Promise<void>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

export type DepartureDoc = {
  _id: string
  user_id: string
  name: string
  institution: string
  /** Theirs when it began: in whose name the node sends for them at the end. */
  role?: string
  by: string
  started_ts: number
  state: 'open' | 'done' | 'undone'
  account: 'closes' | 'stays'
  had_key: boolean
  successor?: string
  shifts_to?: string
  cases_to?: string
  cases: (HeldCase & { to: string })[]
  /** JSON of what was signed; gone when the registry took or refused it. */
  publication?: string
  /** When each was done. */
  steps: Partial<Record<DepartureStep, number>>
  /** Why each could not be done when it was tried last. */
  problems: Partial<Record<DepartureStep, BilingualText>>
}
export type DepartureModel = Model<DepartureDoc>

/** One step: done, or why it waits; `refused`: what was signed is of no use any more. */
export type StepOutcome = 'done' | BilingualText | { refused: BilingualText }
export type StepWork = (departure: DepartureDoc) => Promise<StepOutcome>
