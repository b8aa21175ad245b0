import { roomIdOf } from '../hashes.ts'
import { own } from '../json.ts'
import { type Pdu, stateKeyOf } from '../pdu.ts'
import type { RoomVersion } from '../versions.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

/** The state an event's `auth_events` are chosen from (server-server API, "Auth events selection"). At most seven pairs. */
export function authEventTypesFor(
  event: Pick<Pdu, 'type' | 'sender' | 'state_key' | 'content'>,
  v: RoomVersion,
): [type: string, stateKey: string][] {
  if (event.type === 'm.room.create') return []
  const pairs = new Map<string, [string, string]>()
  const add = (type: string, key: string) => pairs.set(stateKeyOf(type, key), [type, key])
  if (!v.roomIdIsCreateHash) add('m.room.create', '')
  add('m.room.power_levels', '')
  add('m.room.member', event.sender)
  if (event.type === 'm.room.member') {
    const membership = own(event.content, 'membership')
    if (event.state_key !== undefined) add('m.room.member', event.state_key)
    if (membership === 'join' || membership === 'invite' || membership === 'knock')
      add('m.room.join_rules', '')
    const token = own(own(own(event.content, 'third_party_invite'), 'signed'), 'token')
    if (membership === 'invite' && typeof token === 'string') add('m.room.third_party_invite', token)
    const authoriser = own(event.content, 'join_authorised_via_users_server')
    if (membership === 'join' && typeof authoriser === 'string') add('m.room.member', authoriser)
  }
  return [...pairs.values()]
}

/** An event named in `auth_events`, and whether the checks on its receipt rejected it. */
export type AuthEvent = { id: string; pdu: Pdu; rejected: boolean }

/** Rule 3 (2 before version 12): whether the event's `auth_events`, all of them given, are a fair choice. */
export function checkAuthSelection(pdu: Pdu, authEvents: readonly AuthEvent[], v: RoomVersion): AuthVerdict {
  if (pdu.type === 'm.room.create')
    return authEvents.length === 0 ? allow : reject('3.2', 'a create event has no auth events')
  const expected = new Set(authEventTypesFor(pdu, v).map(([type, key]) => stateKeyOf(type, key)))
  const seen = new Set<string>()
  for (const { pdu: auth, rejected } of authEvents) {
    if (auth.state_key === undefined) return reject('3.2', `${auth.type} is not a state event`)
    const key = stateKeyOf(auth.type, auth.state_key)
    // 3.1: twice the same type and state key.
    if (seen.has(key)) return reject('3.1', `there are two auth events ${auth.type}`)
    seen.add(key)
    // 3.2: not what the selection algorithm chooses.
    if (!expected.has(key)) return reject('3.2', `${auth.type} does not belong among the auth events`)
    // 3.3: rejected itself.
    if (rejected) return reject('3.3', `the auth event ${auth.type} was rejected`)
    // 3.5: of another room.
    if (roomIdOf(auth, v) !== pdu.room_id)
      return reject('3.5', `the auth event ${auth.type} is of another room`)
  }
  // 3.4, before version 12: the create event must be among them.
  if (!v.roomIdIsCreateHash && !seen.has(stateKeyOf('m.room.create', '')))
    return reject('3.4', 'the create event is not among the auth events')
  return allow
}
