import { isValidUserId } from '../ids.ts'
import { isObject, own } from '../json.ts'
import { levelOf, userPower } from '../power.ts'
import { serverNameOf } from '../server-name.ts'
import { type AuthContext, joinRuleOf, membershipOf } from './context.ts'
import { checkInvite } from './rule-invite.ts'
import { checkJoin } from './rule-join.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

/** Rule 5 (4 before version 12): `m.room.member`. */
export function checkMember(context: AuthContext): AuthVerdict {
  const { pdu } = context
  const target = pdu.state_key
  const membership = own(pdu.content, 'membership')
  // 5.1
  if (target === undefined || membership === undefined)
    return reject('5.1', 'a member event has a state key and a membership')
  // NOTSPEC: the rules leave it open; a member that is no user could only serve to confuse.
  if (!isValidUserId(target)) return reject('5.1', 'the state key is not a user ID')
  // 5.2
  if (!isSignedByAuthoriser(context)) return reject('5.2.1', 'the authorising server has not signed')
  switch (membership) {
    case 'join':
      return checkJoin(context, target)
    case 'invite':
      return checkInvite(context, target)
    case 'leave':
      return checkLeave(context, target)
    case 'ban':
      return checkBan(context, target)
    case 'knock':
      return checkKnock(context, target)
    // 5.8
    default:
      return reject('5.8', 'the membership is not known')
  }
}

/**
 * Rule 5.2, its pure part: the authorising server's signature is there. Whether it is valid is checked with the server's
 * keys on receipt (`serversThatMustSign`). A template has no signatures yet and is let through.
 */
function isSignedByAuthoriser({ pdu }: AuthContext): boolean {
  const authoriser = own(pdu.content, 'join_authorised_via_users_server')
  if (authoriser === undefined || (pdu.signatures as unknown) === undefined) return true
  const server = isValidUserId(authoriser) ? serverNameOf(authoriser) : undefined
  return server !== undefined && isObject(own(pdu.signatures, server))
}

/** Rule 5.5. */
function checkLeave({ pdu, state, v }: AuthContext, target: string): AuthVerdict {
  const targetMembership = membershipOf(state, target)
  // 5.5.1
  if (pdu.sender === target)
    return targetMembership === 'invite' || targetMembership === 'join' || targetMembership === 'knock'
      ? allow
      : reject('5.5.1', 'the user is not in the room')
  // 5.5.2
  if (membershipOf(state, pdu.sender) !== 'join') return reject('5.5.2', 'the sender is not in the room')
  const levels = state('m.room.power_levels', '')
  const power = userPower(state, pdu.sender, v)
  // 5.5.3
  if (targetMembership === 'ban' && power < levelOf(levels, 'ban'))
    return reject('5.5.3', 'not enough power to lift the ban')
  // 5.5.4
  if (power >= levelOf(levels, 'kick') && userPower(state, target, v) < power) return allow
  // 5.5.5
  return reject('5.5.5', 'not enough power to remove the user')
}

/** Rule 5.6. */
function checkBan({ pdu, state, v }: AuthContext, target: string): AuthVerdict {
  // 5.6.1
  if (membershipOf(state, pdu.sender) !== 'join') return reject('5.6.1', 'the sender is not in the room')
  const power = userPower(state, pdu.sender, v)
  // 5.6.2
  if (power >= levelOf(state('m.room.power_levels', ''), 'ban') && userPower(state, target, v) < power)
    return allow
  // 5.6.3
  return reject('5.6.3', 'not enough power to ban the user')
}

/** Rule 5.7. */
function checkKnock({ pdu, state }: AuthContext, target: string): AuthVerdict {
  // 5.7.1
  const rule = joinRuleOf(state)
  if (rule !== 'knock' && rule !== 'knock_restricted') return reject('5.7.1', 'the room takes no knocks')
  // 5.7.2
  if (pdu.sender !== target) return reject('5.7.2', 'nobody knocks for another user')
  // 5.7.3
  const membership = membershipOf(state, pdu.sender)
  if (membership !== 'ban' && membership !== 'invite' && membership !== 'join') return allow
  // 5.7.4
  return reject('5.7.4', 'the user is banned, invited or in the room')
}
