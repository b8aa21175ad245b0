import type { ReadableStore } from '../../lib/store.ts'

export type DeviceAddress = { userId: string; deviceId: string }

/** A to-device message that came in Olm, and who it came from. */
export interface SealedNote {
  type: string
  content: unknown
  sender: string
  senderDevice: string | undefined
  senderKey: string
}

/** What the encryption does for us: keys of a room go out as one bundle (MSC4268), never to a device its owner has not signed. */
export interface KeyDesk {
  /** Devices of these people that their own identity signs, as the server lists them now. */
  devicesOf(userIds: readonly string[]): Promise<DeviceAddress[]>
  /** The device a note came from; undefined unless its owner's identity signs exactly that device. */
  senderOf(note: SealedNote): Promise<DeviceAddress | undefined>
  send(type: string, devices: readonly DeviceAddress[], content: Record<string, unknown>): Promise<void>
  /** To all signed devices of the person: what the room's history visibility lets be shared. */
  give(roomId: string, userId: string): Promise<'given' | 'nothing' | 'too_large'>
  /** The key of one session as it is exported; it does not leave this device. */
  sessionKey(roomId: string, sessionId: string): Promise<string | undefined>
  /** What somebody has sent for the room. @returns whether there was something */
  take(roomId: string, from: string): Promise<boolean>
  /** Notes as they come, until the function returned is called. */
  onNote(listener: (note: SealedNote) => void): () => void
}

/** What is known of a room and its people at the moment somebody asks. */
export interface HistoryGround {
  /** Whether this device is confirmed by its own person. */
  confirmed(): boolean
  /** People who are members now; empty for a room this person is not in. */
  membersOf(roomId: string): Promise<readonly string[]>
  institutionOf(userId: string): string | undefined
  /** Whose invitation this person came by, as the room says. */
  inviterOf(roomId: string): string | undefined
  /** Whether newcomers may read what was written before, by the rules of the room. */
  sharesHistory(roomId: string): boolean
  /** Whether the node stands for the person in that room, asked anew. @throws without a network */
  vouched(roomId: string, userId: string): Promise<boolean>
  /** Whether the person's identity is the one this device knows, or a change that was accepted. */
  identityHolds(roomId: string, userId: string): Promise<boolean>
}

/** What the signed roster of an institution says of a person; `unknown` where the institution has none that this device could check. */
export type RosterWord = 'member' | 'not_member' | 'unknown'

/** How it stands with what this device cannot open in a room. */
export interface HistoryAsked {
  state: 'asked' | 'declined' | 'came' | 'nobody'
  since: number
  /** Of how many colleagues, and whether of other institutions too. */
  people: number
  others: boolean
}

/** Somebody asks this person for what was written before in a channel. */
export interface HistoryAsk {
  id: string
  roomId: string
  userId: string
  since: number
}

export interface History {
  readonly asked: ReadableStore<ReadonlyMap<string, HistoryAsked>>
  /** Those that a person has to answer. */
  readonly asks: ReadableStore<readonly HistoryAsk[]>
  /** Who could open the room's history for this device. */
  helpers(roomId: string): Promise<{ own: string[]; others: string[] }>
  /** How many other devices of this person are confirmed: each of them has what this one has. @throws without a network */
  ownDevices(): Promise<number>
  /** Whether newcomers may read what was written before, by the rules of the room. */
  shares(roomId: string): boolean
  /** Asks devices of colleagues; of the own institution first, of others only when the person says so. */
  ask(roomId: string, reach: 'own' | 'others'): Promise<void>
  /** As `ask` of the own institution, unless that was done within a day. */
  askQuietly(roomId: string): Promise<void>
  give(id: string): Promise<'given' | 'nothing' | 'too_large' | 'not_now'>
  decline(id: string): Promise<void>
  /**
   * To somebody whom this person has just invited: what newcomers may read, for the devices they have. A device that they add
   * within 30 days gets it when it asks.
   */
  shareWithInvited(
    roomId: string,
    userId: string,
  ): Promise<'given' | 'nothing' | 'too_large' | 'not_now' | 'not_shared'>
  /** Until this is set nothing is given without a tap, because nobody could check it. */
  readRosters(read: (userId: string, institution: string) => Promise<RosterWord>): void
  /** Something that was in the way may have changed. */
  wake(): void
  close(): void
}
