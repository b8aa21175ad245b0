import type { ChannelRecognition, Member, StateLookup } from '@enlace/coordination'
import type { MatrixError } from '../errors.ts'

/** policy/: topic policy of a channel, enforced when a local user acts and against what partners send. */
export interface Policy {
  /** Institution and role of a person, as far as they are believed here. */
  memberOf(userId: string): Promise<Member>
  /** May this user become (or stay) a member of the room? Undefined: yes. */
  checkMembership(args: {
    roomId: string
    userId: string
    actor: string
    action: 'invite' | 'join' | 'knock'
  }): Promise<MatrixError | undefined>
  /**
   * Whether a partner's person may come into the room at all: false when no institution their server hosts is admitted
   * in any role. For joins that reach this node finished; nobody is asked.
   */
  mayEnter(roomId: string, userId: string): Promise<boolean>
}

/** An event that wants into a room, as the rules of channels see it. */
export type ChannelEvent = {
  roomId: string
  sender: string
  type: string
  stateKey?: string
  content: Readonly<Record<string, unknown>>
}

/** Which rooms are topic channels, and what may be in them. */
export interface Channels {
  /** Whether a room of this node is a topic channel: references, cases and forms are for those. */
  recognise(roomId: string): Promise<ChannelRecognition>
  /** What speaks against an event that the room's own rules allow: it would make a false channel, or spoil one. */
  against(event: ChannelEvent, state: StateLookup): Promise<MatrixError | undefined>
}
