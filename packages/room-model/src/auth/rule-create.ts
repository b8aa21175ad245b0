import { isValidUserId } from '../ids.ts'
import { own } from '../json.ts'
import type { Pdu } from '../pdu.ts'
import { serverNameOf } from '../server-name.ts'
import { type RoomVersion, roomVersion } from '../versions.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

/** Rule 1: `m.room.create`. */
export function checkCreate(pdu: Pdu, v: RoomVersion): AuthVerdict {
  // 1.1
  if (pdu.prev_events.length > 0) return reject('1.1', 'a create event has no previous events')
  // 1.2, since version 12: the room ID follows from the event.
  if (v.roomIdIsCreateHash) {
    if (pdu.room_id !== undefined) return reject('1.2', 'a create event has no room ID')
  } else {
    // 1.2, before: the room ID is of the sender's server.
    const server = serverNameOf(pdu.room_id ?? '')
    if (server === undefined || server !== serverNameOf(pdu.sender))
      return reject('1.2', "the room ID is not of the sender's server")
  }
  // 1.3
  const version = own(pdu.content, 'room_version')
  if (version !== undefined && (typeof version !== 'string' || roomVersion(version) === undefined))
    return reject('1.3', 'the room version is not known')
  // 1.4, before version 11.
  if (!v.creatorIsSender && own(pdu.content, 'creator') === undefined)
    return reject('1.4', 'the create event names no creator')
  // 1.4, since version 12.
  const more = own(pdu.content, 'additional_creators')
  if (v.creatorsHavePower && more !== undefined && !(Array.isArray(more) && more.every(isValidUserId)))
    return reject('1.4', 'additional_creators must be user IDs')
  // 1.5
  return allow
}
