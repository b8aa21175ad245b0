import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { Departure, DeparturePlan } from '../../model/departures/departures-api.ts'
import type { OfficeModel, PublishOutcome } from '../institution/types.ts'
import type { Proof, ProofOutcome } from '../session/with-proof.ts'

// What views show of the model.
export type {
  Appointment,
  Departure,
  DeparturePlan,
} from '../../model/departures/departures-api.ts'

export interface Chosen {
  shiftsTo?: string
  casesTo?: string
  /** by case, where it is not `casesTo` */
  cases: Readonly<Record<string, string>>
  successor?: string
  /** the successor has the institution's key, by the word of whoever leaves */
  keyGiven: boolean
}

export interface DepartureState {
  userId: string
  own: boolean
  loading: boolean
  failure?: Failure
  plan?: DeparturePlan
  departure?: Departure
  chosen: Chosen
  /** This device can sign the roster without the person. */
  signs: boolean
  /** What still has to be chosen before it can begin. */
  missing: readonly ('shifts' | 'cases' | 'successor' | 'key' | 'signature')[]
}

export type StartProblem = Exclude<ProofOutcome, undefined>
/** `problem`: it did not begin. `unsigned`: why the roster could not be signed, where this device was to sign it. */
export type StartOutcome = { problem?: StartProblem; unsigned?: PublishOutcome }

export interface DepartureModel {
  readonly state: ReadableStore<DepartureState>
  load(): Promise<void>
  choose(part: Partial<Chosen>): void
  /** The act, for whoever shows again that it is them. */
  start(proof: Proof): Promise<StartOutcome>
  /** Goes on with one that has begun: signs the roster that it waits for, names somebody else for what is left. */
  sign(): Promise<PublishOutcome | undefined>
  undo(): Promise<void>
  /** The institution's key, to be handed over or changed. */
  office(): OfficeModel | undefined
  close(): void
}
