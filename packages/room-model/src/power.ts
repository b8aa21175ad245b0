import { isObject, own } from './json.ts'
import type { Pdu } from './pdu.ts'
import type { RoomVersion } from './versions.ts'

/** The state an event is judged against. It never yields a rejected event. */
export type StateLookup = (type: string, stateKey: string) => Pdu | undefined

/** The levels in force, defaults filled in (client-server API, `m.room.power_levels`). */
export interface PowerLevels {
  users: Map<string, number>
  usersDefault: number
  events: Map<string, number>
  eventsDefault: number
  stateDefault: number
  ban: number
  kick: number
  redact: number
  invite: number
  notifications: Map<string, number>
}

/** What holds for a level that is not given, whether or not there is a power levels event. */
const DEFAULTS = {
  users_default: 0,
  events_default: 0,
  state_default: 50,
  ban: 50,
  kick: 50,
  redact: 50,
  invite: 0,
} as const
type LevelName = keyof typeof DEFAULTS

const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined

function integers(value: unknown): Map<string, number> {
  const out = new Map<string, number>()
  if (!isObject(value)) return out
  for (const [key, level] of Object.entries(value))
    if (Number.isSafeInteger(level)) out.set(key, level as number)
  return out
}

/** One named level: cheaper than all of them where a room has thousands of users. */
export const levelOf = (levels: Pdu | undefined, name: LevelName): number =>
  integer(own(levels?.content, name)) ?? DEFAULTS[name]

export function powerLevelsOf(state: StateLookup, _v?: RoomVersion): PowerLevels {
  const event = state('m.room.power_levels', '')
  return {
    users: integers(own(event?.content, 'users')),
    usersDefault: levelOf(event, 'users_default'),
    events: integers(own(event?.content, 'events')),
    eventsDefault: levelOf(event, 'events_default'),
    stateDefault: levelOf(event, 'state_default'),
    ban: levelOf(event, 'ban'),
    kick: levelOf(event, 'kick'),
    redact: levelOf(event, 'redact'),
    invite: levelOf(event, 'invite'),
    notifications: integers(own(event?.content, 'notifications')),
  }
}

/** Who made the room; before version 11 the create event says so in its content. */
export function creatorOf(create: Pdu, v: RoomVersion): unknown {
  return v.creatorIsSender ? create.sender : own(create.content, 'creator')
}

/** Whose power is infinite in room version 12: the create event's sender and its `additional_creators`. */
export function creatorsOf(create: Pdu): string[] {
  const more = own(create.content, 'additional_creators')
  return [create.sender, ...(Array.isArray(more) ? more.filter((one) => typeof one === 'string') : [])]
}

/** A user's power under given power levels and create events. */
export function powerOf(
  userId: string,
  levels: Pdu | undefined,
  create: Pdu | undefined,
  v: RoomVersion,
): number {
  if (v.creatorsHavePower && create && creatorsOf(create).includes(userId)) return Number.POSITIVE_INFINITY
  if (levels) return integer(own(own(levels.content, 'users'), userId)) ?? levelOf(levels, 'users_default')
  if (!v.creatorsHavePower && create && creatorOf(create, v) === userId) return 100
  return DEFAULTS.users_default
}

/** Infinity for the creators of a version 12 room. */
export const userPower = (state: StateLookup, userId: string, v: RoomVersion): number =>
  powerOf(userId, state('m.room.power_levels', ''), state('m.room.create', ''), v)

/** The power an event type asks for (server-server API, "Required Power Level"). Not for memberships: rule 5 decides those. */
export function requiredPower(state: StateLookup, type: string, isState: boolean, _v?: RoomVersion): number {
  const levels = state('m.room.power_levels', '')
  const named = integer(own(own(levels?.content, 'events'), type))
  return named ?? levelOf(levels, isState ? 'state_default' : 'events_default')
}
