import type { Failure } from '../../lib/failure.ts'
import type { ReadableStore } from '../../lib/store.ts'
import type { GroupNames } from '../../model/channels/group-names.ts'
import type { RoomKind } from '../../model/channels/room-kind.ts'
import type { Mute, NoticeLevel, RoomPrefs } from '../../model/channels/room-prefs.ts'

// What views show of the model.
export type { RoomKind } from '../../model/channels/room-kind.ts'
export type { Mute, NoticeLevel, RoomPrefs } from '../../model/channels/room-prefs.ts'
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
  /** Set by the person, until they open it. */
  markedUnread: boolean
  archived: boolean
  muted?: Mute
  level: NoticeLevel
  lastTs: number
  last?: {
    sender: string
    mine: boolean
    text?: string
    kind: 'text' | 'file' | 'image' | 'voice' | 'place' | 'card' | 'case' | 'hidden'
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
  /** With people of one's choice, or with the duty; newest first. */
  conversations: readonly Channel[]
  archived: readonly Channel[]
  invites: readonly Channel[]
}

export interface ChannelsModel {
  readonly state: ReadableStore<ChannelsState>
  accept(roomId: string): Promise<Failure | undefined>
  decline(roomId: string): Promise<Failure | undefined>
  /** No conversation with them any more: they cannot invite this person, who leaves. Channels are not concerned. */
  block(userId: string, yes: boolean): Promise<Failure | undefined>
  isBlocked(userId: string): boolean
  leave(roomId: string): Promise<Failure | undefined>
  readonly prefs: RoomPrefs
  readonly groupNames: Pick<GroupNames, 'rename'>
  close(): void
}
