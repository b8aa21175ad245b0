import { eventId } from '../hashes.ts'
import { own } from '../json.ts'
import { creatorOf, levelOf, userPower } from '../power.ts'
import { type AuthContext, joinRuleOf, membershipOf } from './context.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

/** Rule 5.3: `membership` is `join`. */
export function checkJoin(context: AuthContext, target: string): AuthVerdict {
  const { pdu, create, state, v } = context
  // 5.3.1: the creator's first join.
  if (
    target === creatorOf(create, v) &&
    pdu.prev_events.length === 1 &&
    pdu.prev_events[0] === eventId(create, v)
  )
    return allow
  // 5.3.2
  if (pdu.sender !== target) return reject('5.3.2', 'nobody joins for another user')
  const membership = membershipOf(state, target)
  // 5.3.3
  if (membership === 'ban') return reject('5.3.3', 'the user is banned')
  const isExpected = membership === 'invite' || membership === 'join'
  switch (joinRuleOf(state)) {
    // 5.3.4
    case 'invite':
    case 'knock':
      return isExpected ? allow : reject('5.3.4', 'the user is not invited')
    // 5.3.5
    case 'restricted':
    case 'knock_restricted':
      // 5.3.5.1
      if (isExpected) return allow
      // 5.3.5.2
      if (!isAuthorised(context)) return reject('5.3.5.2', 'no member who may invite has authorised the join')
      // 5.3.5.3
      return allow
    // 5.3.6
    case 'public':
      return allow
    // 5.3.7
    default:
      return reject('5.3.7', 'the join rule lets nobody in')
  }
}

function isAuthorised({ pdu, state, v }: AuthContext): boolean {
  const authoriser = own(pdu.content, 'join_authorised_via_users_server')
  return (
    typeof authoriser === 'string' &&
    membershipOf(state, authoriser) === 'join' &&
    userPower(state, authoriser, v) >= levelOf(state('m.room.power_levels', ''), 'invite')
  )
}
