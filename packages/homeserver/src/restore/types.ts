/** Faces of a node that was put back from a backup. */
import type { Model } from 'mongoose'

/** One restore, from the mark that `restore` left to the end of its steps. */
export type RestoreDoc = {
  /** Id of the mark. */
  _id: string
  backup: string
  made_ts: number
  restored_ts: number
  end_sessions: boolean
  /** Positions above this one, up to `upto_pos`, the lost node may have given out for other things. */
  from_pos: number
  upto_pos: number
  /** Local steps that are done. */
  steps: string[]
  /** Partners that were told and caught up with. */
  partners: string[]
  /** Everything is done. Absent meanwhile. */
  finished_ts?: number
}
export type RestoreModel = Model<RestoreDoc>

/** What one partner has that this node may have lost. */
export type PartnerView = {
  rooms: { roomId: string; heads: string[]; members: string[] }[]
}

/** restore/: what the other parts ask of a node that may have been restored. */
export interface Restored {
  /** Set from the first restore on: what makes ids of this life unlike those of an earlier one. */
  readonly epoch: string | undefined
  /** A position that the lost node may have told a client, and that stands for nothing here. */
  isLost(pos: number): boolean
  /** A token signed then is of the lost node: its device may be unknown here through no fault of whoever holds it. */
  isOfLostTime(ts: number): boolean
  /** How many references of a series of that year the lost node may have given. */
  referencesLost(year: number): number
  /** Before anything new is sent in a room: what partners have of it must be here. @throws M_LIMIT_EXCEEDED */
  checkRoom(roomId: string): void
  /** Before a partner's transaction is taken: it builds on what may be missing. @throws M_LIMIT_EXCEEDED */
  checkPartner(serverName: string): void
  /** Tells partners and catches up, when there is something to catch up with. */
  start(): Promise<void>
  /** Resolves when everything is caught up with, or nothing has to be; never before `start`. */
  readonly caughtUp: Promise<void>
  status(): { restoredTs: number; madeTs: number; waitingFor: string[] } | undefined
  close(): Promise<void>
}
