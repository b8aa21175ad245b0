import type { Role } from '@enlace/coordination'
import type { ReadableStore } from '../../lib/store.ts'

/** A person as the client shows one. */
export interface Person {
  userId: string
  name: string
  /** The name and whom they speak for, which nobody chooses for themselves: for wherever a name stands alone. */
  title: string
  membership: string
  institution?: string
  institutionName?: string
  country?: string
  role?: Role
}

/** Who people are: what the node vouches for (institution, country, role), over the name Matrix has. */
export interface People {
  /** Rises whenever something new is known; views then read `person` again. */
  readonly version: ReadableStore<number>
  person(userId: string, roomId?: string): Person
  members(roomId: string): Person[]
  roleOf(userId: string): Role | undefined
  /** Asks the node about a room's members, unless it has been asked in this session. */
  need(roomId: string): void
  /** Asks what somebody is called who may be in no room with this person, once. */
  meet(userId: string): void
  refresh(roomId: string): Promise<void>
  close(): void
}
