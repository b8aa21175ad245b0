/**
 * The authorisation rules of room versions 10, 11 and 12: one rule, one branch, in the spec's order, numbered as in
 * version 12 (rooms/v12, "Authorisation rules"). Rule 3 is `selection.ts`; each long rule has a file of its name.
 */
import { roomIdOf } from '../hashes.ts'
import { own } from '../json.ts'
import type { Pdu } from '../pdu.ts'
import { levelOf, requiredPower, type StateLookup, userPower } from '../power.ts'
import { serverNameOf } from '../server-name.ts'
import type { RoomVersion } from '../versions.ts'
import { type AuthContext, membershipOf } from './context.ts'
import { checkCreate } from './rule-create.ts'
import { checkMember } from './rule-member.ts'
import { checkPowerLevels } from './rule-power-levels.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

/**
 * Judges an event against a state. The state holds the create event in every room version, and no rejected event.
 * Costs one pass over the event's power levels, else a few lookups.
 */
export function checkAuth(pdu: Pdu, state: StateLookup, v: RoomVersion): AuthVerdict {
  // 1
  if (pdu.type === 'm.room.create') return checkCreate(pdu, v)
  const create = state('m.room.create', '')
  // 2, since version 12; before, 2.4 asks for a create event.
  if (create === undefined) return reject('2', 'the room has no create event')
  if (v.roomIdIsCreateHash && pdu.room_id !== createdRoomId(create, v))
    return reject('2', 'the room ID is not of the create event')
  // 4
  if (own(create.content, 'm.federate') === false && serverNameOf(pdu.sender) !== serverNameOf(create.sender))
    return reject('4', 'the room does not federate')
  const context: AuthContext = { pdu, create, state, v }
  // 5
  if (pdu.type === 'm.room.member') return checkMember(context)
  // 6
  if (membershipOf(state, pdu.sender) !== 'join') return reject('6', 'the sender is not in the room')
  const power = userPower(state, pdu.sender, v)
  // 7
  if (pdu.type === 'm.room.third_party_invite')
    return power >= levelOf(state('m.room.power_levels', ''), 'invite')
      ? allow
      : reject('7.1', 'not enough power to invite')
  // 8
  if (requiredPower(state, pdu.type, pdu.state_key !== undefined, v) > power)
    return reject('8', `not enough power to send ${pdu.type}`)
  // 9
  if (pdu.state_key?.startsWith('@') && pdu.state_key !== pdu.sender)
    return reject('9', 'the state key is another user')
  // 10
  if (pdu.type === 'm.room.power_levels') return checkPowerLevels(context, power)
  // 11
  return allow
}

/** Every check of a version 12 event asks for its create event's hash. Stored events do not change, so it is kept. */
const createdRoomIds = new WeakMap<Pdu, string>()

function createdRoomId(create: Pdu, v: RoomVersion): string {
  const known = createdRoomIds.get(create)
  if (known !== undefined) return known
  const roomId = roomIdOf(create, v)
  createdRoomIds.set(create, roomId)
  return roomId
}
