import type { ChannelRecognition, Member, StateLookup } from '@enlace/coordination'
import type { BilingualText } from '@enlace/directory/text'
import type { RosterMember } from '@enlace/trust/institution'
import type { Model } from 'mongoose'
import type { MatrixError } from '../errors.ts'

/** policy/: topic policy of a channel, enforced when a local user acts and against what partners send. */
export interface Policy {
  /** Institution and role of a person, as far as they are believed here. A partner is asked, within limits. */
  memberOf(userId: string): Promise<Member>
  /** The same, and whether it could be found out at all. */
  standingOf(userId: string): Promise<Standing>
  /** Of an account of this node: by the rosters; where there are none, as the operator noted it, known to a directory or not. */
  placeOf(userId: string): Promise<{ institution?: string; role?: string }>
  /** Accounts of this node that are confirmed as an institution's and are not suspended, with their roles. */
  peopleOf(institution: string): Promise<{ userId: string; role?: string }[]>
  /** What an institution's roster says of somebody, whether or not it holds at this moment. */
  rosterEntry(institution: string, userId: string): Promise<RosterMember | undefined>
  /**
   * Whether an account of this node coordinates the institution: by its roster alone, once there is one, also one that has run
   * out; before there is one, as the operator noted it.
   */
  coordinates(institution: string, userId: string): Promise<boolean>
  /** Whether signed rosters say who people are, for everybody alike; otherwise accounts and partners' profiles do. */
  readonly byRosters: boolean
  /**
   * Why somebody of a partner may not speak in a channel at this moment, or not as whom they say they are. Nobody is asked.
   * @param by in whose name it is said
   */
  silences(roomId: string, userId: string, by?: unknown): Promise<string | undefined>
  /** May this user become (or stay) a member of the room? Undefined: yes. Their server is asked who they are, within limits. */
  checkMembership(args: {
    roomId: string
    userId: string
    actor: string
    action: 'invite' | 'join' | 'knock'
  }): Promise<MatrixError | undefined>
  readonly contacts: Contacts
  /** Before a membership goes through the door: asks who the person is, where the room's policy will want to know. */
  prepare(roomId: string, userId: string): Promise<void>
  /**
   * Whether somebody may come in, by what is known now; nobody is asked, so that the room's queue does not wait.
   * `content`: that of the policy, where the room is not here yet.
   * @returns the refusal, when it is a definite one
   */
  refuses(roomId: string, userId: string, content?: unknown): Promise<MatrixError | undefined>
  /** Whom of the members (joined and invited) this node vouches for. */
  vouched(roomId: string): Promise<{ members: ReadonlyMap<string, Verdict>; version: number }>
  /** The version of the list, when it changed in (from, to]. */
  newsBetween(roomId: string, from: number, to: number): number | undefined
  /** Somebody came, went or was invited, or the room's policy changed: its members are judged again. */
  roomChanged(roomId: string): void
  /** Institution, role or the account itself changed: judged again in all their rooms. */
  personChanged(userId: string): Promise<void>
  /** Resolves when nobody waits to be judged. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** Who may begin a conversation with whom, outside of channels (`contactPolicy` of coordination). */
export interface Contacts {
  /** What speaks against a conversation of the two. Servers of both are asked who they are, within limits. */
  check(from: string, to: string): Promise<MatrixError | undefined>
  /** What speaks against an invitation. @param stripped what its server says of a room that is not here */
  againstInvitation(args: {
    roomId: string
    sender: string
    userId: string
    stripped?: readonly Readonly<Record<string, unknown>>[]
  }): Promise<MatrixError | undefined>
  /** The same for a room that is here, by what is known now; nobody is asked. */
  againstMember(args: { roomId: string; sender: string; userId: string }): Promise<MatrixError | undefined>
}

/** Whether this node vouches for a member of a room. */
export type Verdict =
  | { vouched: true }
  | {
      vouched: false
      /** e.g. `topic-policy.role`, `federation-list.suspended` */
      rule: string
      reason: BilingualText
      contact: string
      /**
       * `removes`: nothing will make it better by itself, the person has to go. `refuses`: not let in. `waits`: it could
       * not be found out now.
       */
      weight: 'removes' | 'refuses' | 'waits'
    }

/** Who somebody is, as far as it could be found out. */
export type Standing =
  | { known: true; exists: boolean; member: Member }
  /** Their server did not say, or what it said cannot be checked now. */
  | { known: false; why?: BilingualText }

/** What a partner said of one of its people the last time it was asked. A claim: it is believed by the list and the directory. */
export type PersonDoc = { _id: string; institution?: string; role?: string; at: Date }
export type PersonModel = Model<PersonDoc>

/** One person under one roster's salt. */
export type RosterIdDoc = { _id: string; id: string; user_id: string; at: Date }

/** Ids of people in rosters, each worked out once. */
export interface RosterIds {
  /** Without working it out. */
  known(salt: string, userId: string): Promise<string | undefined>
  /** @param lane those of one take their turn among the lanes */
  find(salt: string, userId: string, lane: string): Promise<string>
  /** Whom of those looked up before these ids stand for. */
  usersOf(ids: readonly string[]): Promise<string[]>
}

/** Who people are, by rosters or by what is claimed. */
export interface Persons {
  /** Called when people may be somebody else than before. @returns the end of it */
  onChange(listener: (userIds: readonly string[]) => void): () => void
  close?(): void
  /** By what is known now. */
  standing(userId: string): Promise<Standing>
  /** Asks the servers of those whose answers are older than `maxAgeMs`; those that are slow or silent are not waited for long. */
  ask(userIds: readonly string[], maxAgeMs: number): Promise<void>
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
