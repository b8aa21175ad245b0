import type { Escalation, EscalationAction } from '@enlace/coordination'
import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type {
  AddressChannel,
  AlertChannel,
  AlertDelivery,
  AlertRecord,
  AlertSettings,
  PushState,
} from '../../model/calls/alert-channels.ts'
import type { ActionFields } from '../../model/calls/types.ts'

// What views show of the model.
export type {
  AddressChannel,
  AlertChannel,
  AlertDelivery,
  AlertSettings,
} from '../../model/calls/alert-channels.ts'

/** The urgent calls that ring for this person: those of a channel they are in that call upon them, and not their own. */
export interface Alerts {
  readonly open: ReadableStore<readonly Escalation[]>
  /** how many cases the node told this person of that wait for them: new, or almost due */
  readonly waitingCases: ReadableStore<number>
  /** key of the institution whose data this person is asked to confirm */
  readonly toConfirm: ReadableStore<string | undefined>
  close(): void
}

export type CallAction = 'acknowledge' | EscalationAction

/** One urgent call, as its dialog shows it. */
export interface CallState {
  /** undefined until this device knows of it */
  call?: Escalation
  /** what this person may do now, in the order of the buttons */
  actions: readonly CallAction[]
  /** whom it can be handed to */
  colleagues: readonly { userId: string; name: string; institutionName?: string }[]
  /** the alerts sent; undefined until the node has answered, and on a server without alerts */
  ledger?: readonly AlertDelivery[]
  busy: boolean
  failure?: Failure
}

export interface CallModel {
  readonly state: ReadableStore<CallState>
  /** @returns whether it was done */
  act(action: CallAction, more?: ActionFields): Promise<boolean>
  snooze(minutes: number, reason: NonNullable<ActionFields['reason']>): Promise<boolean>
  close(): void
}

/** What the form of alert settings holds. */
export interface AlertForm {
  email: string
  phone: string
  /** mail: what waits while one is away, and a coordinator's week */
  digest: boolean
  quiet: boolean
  /** `HH:MM` */
  start: string
  end: string
}

export type AlertFormProblem = 'badEmail' | 'badPhone'

export type AlertNotice = 'tested' | 'saved' | 'codeSent' | 'confirmed'

export interface AlertSettingsState {
  /** undefined while they are asked for; `none` on a server without alerts */
  settings: AlertSettings | 'none' | undefined
  recent: readonly AlertRecord[]
  /** what was just done */
  notice?: AlertNotice
  failure?: Failure
  /** it was about the code of this address, and is said beside it */
  failedAt?: AddressChannel | undefined
  push: { offered: boolean; state?: PushState; busy: boolean }
}

export interface AlertSettingsModel {
  readonly state: ReadableStore<AlertSettingsState>
  load(): Promise<void>
  /** Sends one alert by way of trial. */
  test(channel: AlertChannel): Promise<void>
  /** @returns what is wrong with the form; then nothing is sent */
  save(form: AlertForm): AlertFormProblem | undefined
  turnPush(on: boolean): Promise<void>
  /** Sends another code to the address that waits for one. */
  askForCode(channel: AddressChannel): Promise<void>
  confirm(channel: AddressChannel, code: string): Promise<void>
  close(): void
}
