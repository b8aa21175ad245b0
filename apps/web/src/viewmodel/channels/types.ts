import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { RoomKind } from '../../model/channels/room-kind.ts'

// What views show of the model.
export type { RoomKind } from '../../model/channels/room-kind.ts'
export type { Person } from '../../model/channels/types.ts'

export interface Channel {
  roomId: string
  /** `documentation`, `returns`, `minors` ...; for another room its alias or name */
  topic: string
  /** whether `topic` is a topic of the network, with a label of its own */
  known: boolean
  kind: RoomKind
  name: string
  membership: 'join' | 'invite'
  invitedBy?: string
  unread: number
  mentions: number
  urgent: number
  lastTs: number
  last?: {
    sender: string
    mine: boolean
    text?: string
    kind: 'text' | 'file' | 'image' | 'voice' | 'case' | 'hidden'
  }
}

export interface Corridor {
  /** undefined for channels outside any corridor */
  roomId?: string
  name: string
  channels: Channel[]
}

export interface ChannelsState {
  corridors: readonly Corridor[]
  invites: readonly Channel[]
}

export interface ChannelsModel {
  readonly state: ReadableStore<ChannelsState>
  accept(roomId: string): Promise<Failure | undefined>
  decline(roomId: string): Promise<Failure | undefined>
  close(): void
}
