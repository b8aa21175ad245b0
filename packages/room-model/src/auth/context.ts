import { own } from '../json.ts'
import type { Pdu } from '../pdu.ts'
import type { StateLookup } from '../power.ts'
import type { RoomVersion } from '../versions.ts'

/** What every rule after the second may look at. */
export type AuthContext = {
  readonly pdu: Pdu
  readonly create: Pdu
  readonly state: StateLookup
  readonly v: RoomVersion
}

export function membershipOf(state: StateLookup, userId: string): unknown {
  return own(state('m.room.member', userId)?.content, 'membership')
}

/** Without a join rules event a room is for the invited. */
export function joinRuleOf(state: StateLookup): unknown {
  return own(state('m.room.join_rules', '')?.content, 'join_rule') ?? 'invite'
}
