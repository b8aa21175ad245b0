/** Faces of retention: what is deleted when its time is over, what was deleted, and who has confirmed it. */
import type {
  CaseRow,
  EffectivePeriod,
  Hold,
  HoldReduction,
  RetentionReceipt,
  RetentionSubject,
  RulesReduction,
} from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import type { Model } from 'mongoose'

/** A device of this node that had the words too. */
export type ErasedDevice = {
  user_id: string
  device_id: string
  confirmed_ts?: number
  last_seen_ts?: number
}
/** What a partner says of its devices: it is believed, not signed. */
export type PartnerDevices = { confirmed: number; waiting: number }
export type PartnerState = {
  server: string
  /** since when it is asked */
  since: number
  asked_ts?: number
  receipt?: RetentionReceipt
  /** why there is no receipt yet */
  why?: 'unreachable' | 'held' | 'not_due' | 'working' | 'off' | 'not_understood'
  devices?: PartnerDevices
}

/** A deletion on this node, from when it was decided. What it is about is what stays of a case. */
export type Erasure = {
  id: string
  room_id: string
  /** the case's event, or `messages` */
  subject: string
  until_ts?: number
  about?: Pick<CaseRow, 'reference' | 'kind' | 'requesting' | 'owner'> & { ended_ts: number }
  state: 'erasing' | 'rewriting' | 'done'
  /** a hold came when some of it was gone already: what is left waits for its end */
  held?: boolean
  due_ts: number
  began_ts: number
  /** of a case; messages are looked for again */
  event_ids?: string[]
  sessions: string[]
  /** a session whose last event goes with a later batch is found then */
  counts: { events: number; files: number; keys: number }
  receipt?: RetentionReceipt
  partners: PartnerState[]
  devices: ErasedDevice[]
}

/** Why something is not deleted (yet). */
export type Standing =
  | { state: 'open'; period: EffectivePeriod }
  | { state: 'waits'; due_ts: number; period: EffectivePeriod }
  | { state: 'held'; due_ts: number; period: EffectivePeriod; hold: Hold }
  | { state: 'due'; due_ts: number; period: EffectivePeriod }

export type RoomRetention = { rules: RulesReduction; holds: HoldReduction }

export type UpcomingCase = { row: CaseRow; standing: Exclude<Standing, { state: 'open' }> }
export type PartnerAnswer = {
  /** `off`: it does not delete by itself; `message` says so */
  state: 'done' | 'held' | 'not_due' | 'working' | 'off'
  message?: BilingualText
  receipt?: RetentionReceipt
  devices?: PartnerDevices
}

/** Whether the node deletes by itself; if not, why, and from when it will. */
export type RetentionMode = { deletes: true } | { deletes: false; message: BilingualText; begins_ts?: number }

export interface Retention {
  mode(): RetentionMode
  /**
   * Everything that is due now is deleted, and partners are asked; neither while `mode` says that it does not. One run at a time.
   * @returns what was deleted
   */
  run(): Promise<Erasure[]>
  /** What would be deleted now. */
  due(): Promise<UpcomingCase[]>
  /** Channels (of these rooms) with messages that would be deleted now: those before `until_ts`. */
  dueMessages(roomIds?: ReadonlySet<string>): Promise<{ room_id: string; until_ts: number }[]>
  /** Ended cases of these rooms, in the order in which their time is over. */
  upcoming(roomIds: ReadonlySet<string>, limit: number): Promise<UpcomingCase[]>
  /** What the institution's rules in place of those it has now would delete. */
  preview(
    roomId: string,
    institution: string,
    shorter: Partial<Record<RetentionSubject, number>>,
  ): Promise<{ cases: number; at_once: number; first_ts?: number; messages: number }>
  ofRoom(roomId: string): Promise<RoomRetention>
  standing(row: CaseRow): Promise<Standing>
  erasures(filter: { roomIds?: ReadonlySet<string>; open?: boolean }, limit: number): Promise<Erasure[]>
  erasureOf(roomId: string, subject: string): Promise<Erasure | undefined>
  /** For a partner that is in the room. Deletes what is due and was not yet. */
  answer(roomId: string, subject: string, untilTs?: number): Promise<PartnerAnswer>
  /** What a device has to delete. */
  forDevice(userId: string, deviceId: string): Promise<Erasure[]>
  /**
   * Until then, ms since the epoch, nothing becomes due by time alone: at most to the end of the day (UTC). Undefined: not known.
   * A rule that an institution shortens, or a hold that it lifts, may come before.
   */
  quietUntil(): number | undefined
  /** The device has none of it any more. */
  confirmed(userId: string, deviceId: string, ids: readonly string[]): Promise<void>
  close(): Promise<void>
}

// ---- on disk ------------------------------------------------------------------------------------------------------

export type ErasureDoc = {
  _id: string
  room_id: string
  subject: string
  state: Erasure['state']
  /** partners or devices have not confirmed */
  open: boolean
  began_ts: number
  /** devices that have not confirmed: `user|device` */
  waits_for: string[]
  json: string
}
/** How far a channel's messages were looked through. */
export type SweepDoc = { _id: string; until_ts: number }
/** From when the node deletes by itself. */
export type FirstDayDoc = { _id: string; begins_ts: number }
export type RetentionModels = {
  Erasure: Model<ErasureDoc>
  Sweep: Model<SweepDoc>
  FirstDay: Model<FirstDayDoc>
}
