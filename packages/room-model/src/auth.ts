/** Authorisation rules of room versions 10 to 12, in the spec's order; rule numbers are those of version 12. */
import { eventId, type Pdu, roomIdOf, stateKeyOf } from './events.ts'
import { isValidUserId, serverNameOf } from './ids.ts'
import { creatorsOf, powerLevelsOf, requiredPower, type StateLookup, userPower } from './power.ts'
import { verifyJson } from './signing.ts'
import { type RoomVersion, roomVersion } from './versions.ts'

export type AuthVerdict = { allowed: true } | { allowed: false; rule: string; reason: string }
const allow: AuthVerdict = { allowed: true }
const reject = (rule: string, reason: string): AuthVerdict => ({ allowed: false, rule, reason })
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function authEventTypesFor(
  event: Pick<Pdu, 'type' | 'sender' | 'state_key' | 'content'>,
  v: RoomVersion,
): [string, string][] {
  if (event.type === 'm.room.create') return []
  const out = new Map<string, [string, string]>()
  const add = (type: string, key: string) => out.set(stateKeyOf(type, key), [type, key])
  if (!v.roomIdIsCreateHash) add('m.room.create', '')
  add('m.room.power_levels', '')
  add('m.room.member', event.sender)
  if (event.type === 'm.room.member') {
    if (event.state_key !== undefined) add('m.room.member', event.state_key)
    const membership = event.content['membership']
    if (membership === 'join' || membership === 'invite' || membership === 'knock')
      add('m.room.join_rules', '')
    if (membership === 'invite') {
      const invite = event.content['third_party_invite']
      const signed = isObject(invite) ? invite['signed'] : undefined
      if (isObject(signed) && typeof signed['token'] === 'string')
        add('m.room.third_party_invite', signed['token'])
    }
    const authoriser = event.content['join_authorised_via_users_server']
    if (membership === 'join' && typeof authoriser === 'string') add('m.room.member', authoriser)
  }
  return [...out.values()]
}
export function checkAuthSelection(
  pdu: Pdu,
  authEvents: readonly { id: string; pdu: Pdu; rejected: boolean }[],
  v: RoomVersion,
): AuthVerdict {
  if (pdu.type === 'm.room.create')
    return authEvents.length === 0 ? allow : reject('1', 'a create event has no auth events')
  const expected = new Set(authEventTypesFor(pdu, v).map(([type, key]) => stateKeyOf(type, key)))
  const seen = new Set<string>()
  for (const { pdu: auth, rejected } of authEvents) {
    if (auth.state_key === undefined) return reject('3.2', 'an auth event is not a state event')
    const key = stateKeyOf(auth.type, auth.state_key)
    if (seen.has(key)) return reject('3.1', 'duplicate auth events')
    seen.add(key)
    if (!expected.has(key)) return reject('3.2', `unexpected auth event ${auth.type}`)
    if (rejected) return reject('3.3', 'an auth event was rejected')
    if (roomIdOf(auth, v) !== pdu.room_id) return reject('3.5', 'an auth event is of another room')
  }
  if (!v.roomIdIsCreateHash && !seen.has(stateKeyOf('m.room.create', '')))
    return reject('3.4', 'no create event among the auth events')
  return allow
}
export function checkAuth(pdu: Pdu, state: StateLookup, v: RoomVersion): AuthVerdict {
  if (pdu.type === 'm.room.create') return checkCreate(pdu, v)
  const create = state('m.room.create', '')
  if (!create) return reject('2', 'no create event')
  if (v.roomIdIsCreateHash && roomIdOf(create, v) !== pdu.room_id)
    return reject('2', 'the room ID is not the create event')
  if (create.content['m.federate'] === false && serverNameOf(pdu.sender) !== serverNameOf(create.sender))
    return reject('4', 'the room does not federate')
  if (pdu.type === 'm.room.member') return checkMember(pdu, state, v, create)
  const power = userPower(state, pdu.sender, v)
  if (membershipOf(state, pdu.sender) !== 'join') return reject('6', 'the sender is not in the room')
  if (pdu.type === 'm.room.third_party_invite')
    return power >= powerLevelsOf(state).invite ? allow : reject('7', 'not enough power to invite')
  if (requiredPower(state, pdu.type, pdu.state_key !== undefined, v) > power)
    return reject('8', `not enough power to send ${pdu.type}`)
  if (pdu.state_key?.startsWith('@') && pdu.state_key !== pdu.sender)
    return reject('9', 'the state key is another user')
  if (pdu.type === 'm.room.power_levels' && pdu.state_key !== undefined)
    return checkPowerLevels(pdu, state, v, power, create)
  return allow
}
function checkCreate(pdu: Pdu, v: RoomVersion): AuthVerdict {
  if (pdu.prev_events.length > 0) return reject('1.1', 'a create event has no previous events')
  if (v.roomIdIsCreateHash) {
    if (pdu.room_id !== undefined) return reject('1.2', 'a create event has no room ID')
  } else if (serverNameOf(pdu.room_id ?? '') !== serverNameOf(pdu.sender))
    return reject('1.2', "the room ID's server is not the sender's")
  const version = pdu.content['room_version']
  if (version !== undefined && (typeof version !== 'string' || !roomVersion(version)))
    return reject('1.3', 'the room version is not recognised')
  const more = pdu.content['additional_creators']
  if (v.creatorsHavePower && more !== undefined && !(Array.isArray(more) && more.every(isValidUserId)))
    return reject('1.4', 'additional_creators are not user IDs')
  return allow
}
function membershipOf(state: StateLookup, user: string): string | undefined {
  const membership = state('m.room.member', user)?.content['membership']
  return typeof membership === 'string' ? membership : undefined
}
function joinRule(state: StateLookup): unknown {
  return state('m.room.join_rules', '')?.content['join_rule'] ?? 'invite'
}

function checkMember(pdu: Pdu, state: StateLookup, v: RoomVersion, create: Pdu): AuthVerdict {
  const target = pdu.state_key
  const membership = pdu.content['membership']
  if (target === undefined || typeof membership !== 'string')
    return reject('5.1', 'no state key or membership')
  if (!isValidUserId(target)) return reject('5.1', 'the state key is not a user ID')
  const senderIn = membershipOf(state, pdu.sender)
  const targetIn = membershipOf(state, target)
  const levels = powerLevelsOf(state)
  const senderPower = () => userPower(state, pdu.sender, v)
  const targetPower = () => userPower(state, target, v)
  switch (membership) {
    case 'join': {
      if (
        pdu.prev_events.length === 1 &&
        pdu.prev_events[0] === eventId(create, v) &&
        target === create.sender
      )
        return pdu.sender === target ? allow : reject('5.3.2', 'the sender is another user')
      if (pdu.sender !== target) return reject('5.3.2', 'the sender is another user')
      if (senderIn === 'ban') return reject('5.3.3', 'the sender is banned')
      const rule = joinRule(state)
      if (rule === 'invite' || rule === 'knock')
        return targetIn === 'invite' || targetIn === 'join' ? allow : reject('5.3.4', 'not invited')
      if (rule === 'restricted' || rule === 'knock_restricted') {
        if (targetIn === 'invite' || targetIn === 'join') return allow
        const authoriser = pdu.content['join_authorised_via_users_server']
        if (
          typeof authoriser !== 'string' ||
          membershipOf(state, authoriser) !== 'join' ||
          userPower(state, authoriser, v) < levels.invite
        )
          return reject('5.3.5.2', 'the join is not authorised by a member who may invite')
        return allow
      }
      return rule === 'public' ? allow : reject('5.3.7', 'not invited')
    }
    case 'invite': {
      if (pdu.content['third_party_invite'] !== undefined)
        return checkThirdPartyInvite(pdu, state, target, targetIn)
      if (senderIn !== 'join') return reject('5.4.2', 'the sender is not in the room')
      if (targetIn === 'join' || targetIn === 'ban')
        return reject('5.4.3', targetIn === 'ban' ? 'the user is banned' : 'the user is in the room already')
      return senderPower() >= levels.invite ? allow : reject('5.4.5', 'not enough power to invite')
    }
    case 'leave': {
      if (pdu.sender === target)
        return targetIn === 'invite' || targetIn === 'join' || targetIn === 'knock'
          ? allow
          : reject('5.5.1', 'the user is not in the room')
      if (senderIn !== 'join') return reject('5.5.2', 'the sender is not in the room')
      if (targetIn === 'ban' && senderPower() < levels.ban)
        return reject('5.5.3', 'not enough power to unban')
      return senderPower() >= levels.kick && targetPower() < senderPower()
        ? allow
        : reject('5.5.5', 'not enough power to remove the user')
    }
    case 'ban': {
      if (senderIn !== 'join') return reject('5.6.1', 'the sender is not in the room')
      return senderPower() >= levels.ban && targetPower() < senderPower()
        ? allow
        : reject('5.6.3', 'not enough power to ban the user')
    }
    case 'knock': {
      const rule = joinRule(state)
      if (rule !== 'knock' && rule !== 'knock_restricted') return reject('5.7.1', 'the room takes no knocks')
      if (pdu.sender !== target) return reject('5.7.2', 'the sender is another user')
      return senderIn === 'ban' || senderIn === 'invite' || senderIn === 'join'
        ? reject('5.7.4', 'banned, invited or in the room')
        : allow
    }
    default:
      return reject('5.8', 'unknown membership')
  }
}
function checkThirdPartyInvite(
  pdu: Pdu,
  state: StateLookup,
  target: string,
  targetIn: string | undefined,
): AuthVerdict {
  if (targetIn === 'ban') return reject('5.4.1.1', 'the user is banned')
  const invite = pdu.content['third_party_invite']
  const signed = isObject(invite) ? invite['signed'] : undefined
  if (!isObject(signed)) return reject('5.4.1.2', 'not signed')
  if (typeof signed['mxid'] !== 'string' || typeof signed['token'] !== 'string')
    return reject('5.4.1.3', 'no mxid or token')
  if (signed['mxid'] !== target) return reject('5.4.1.4', 'signed for another user')
  const original = state('m.room.third_party_invite', signed['token'])
  if (!original) return reject('5.4.1.5', 'no such third-party invite')
  if (original.sender !== pdu.sender) return reject('5.4.1.6', 'another sender')
  const keys: string[] = []
  if (typeof original.content['public_key'] === 'string') keys.push(original.content['public_key'])
  const list = original.content['public_keys']
  if (Array.isArray(list))
    for (const one of list.slice(0, 50))
      if (isObject(one) && typeof one['public_key'] === 'string') keys.push(one['public_key'])
  const signatures = signed['signatures']
  if (isObject(signatures))
    for (const [server, byKey] of Object.entries(signatures)) {
      if (!isObject(byKey)) continue
      for (const keyId of Object.keys(byKey))
        if (keyId.startsWith('ed25519:') && keys.some((key) => verifyJson(signed, server, keyId, key)))
          return allow
    }
  return reject('5.4.1.8', 'no valid signature')
}

const SCALARS = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const
function checkPowerLevels(
  pdu: Pdu,
  state: StateLookup,
  v: RoomVersion,
  power: number,
  create: Pdu,
): AuthVerdict {
  const next = pdu.content
  const isInt = Number.isSafeInteger
  for (const key of SCALARS)
    if (next[key] !== undefined && !isInt(next[key])) return reject('10.1', `${key} is not an integer`)
  for (const key of ['events', 'notifications'])
    if (next[key] !== undefined && !(isObject(next[key]) && Object.values(next[key]).every(isInt)))
      return reject('10.2', `${key} is not an object of integers`)
  const users = next['users']
  if (
    users !== undefined &&
    !(isObject(users) && Object.entries(users).every(([user, level]) => isValidUserId(user) && isInt(level)))
  )
    return reject('10.3', 'users is not an object of integers by user ID')
  if (v.creatorsHavePower && isObject(users) && creatorsOf(create).some((one) => Object.hasOwn(users, one)))
    return reject('10.4', 'a creator is among the users')
  const current = state('m.room.power_levels', '')
  if (!current) return allow
  const old = current.content
  for (const key of SCALARS) {
    if (old[key] === next[key]) continue
    if (isInt(old[key]) && (old[key] as number) > power) return reject('10.6.1', `${key} is above the sender`)
    if (isInt(next[key]) && (next[key] as number) > power)
      return reject('10.6.2', `${key} would be above the sender`)
  }
  for (const key of ['events', 'notifications', 'users']) {
    const before = isObject(old[key]) ? old[key] : {}
    const after = isObject(next[key]) ? next[key] : {}
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const was = Object.hasOwn(before, name) ? before[name] : undefined
      const will = Object.hasOwn(after, name) ? after[name] : undefined
      if (was === will) continue
      if (isInt(was)) {
        if (key === 'users' ? name !== pdu.sender && (was as number) >= power : (was as number) > power)
          return reject('10.9', `${key} ${name} is not below the sender`)
      }
      if (isInt(will) && (will as number) > power)
        return reject('10.10', `${key} ${name} would be above the sender`)
    }
  }
  return allow
}
