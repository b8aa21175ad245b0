import type { Pdu } from './events.ts'
import type { RoomVersion } from './versions.ts'

export type StateLookup = (type: string, stateKey: string) => Pdu | undefined
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
const int = (value: unknown, fallback: number) => (Number.isSafeInteger(value) ? (value as number) : fallback)
function intMap(value: unknown): Map<string, number> {
  const out = new Map<string, number>()
  if (typeof value === 'object' && value !== null)
    for (const [key, level] of Object.entries(value))
      if (Number.isSafeInteger(level)) out.set(key, level as number)
  return out
}
export function powerLevelsFrom(event: Pdu | undefined): PowerLevels {
  const content = event?.content ?? {}
  return {
    users: intMap(content['users']),
    usersDefault: int(content['users_default'], 0),
    events: intMap(content['events']),
    eventsDefault: int(content['events_default'], 0),
    stateDefault: int(content['state_default'], event ? 50 : 0),
    ban: int(content['ban'], 50),
    kick: int(content['kick'], 50),
    redact: int(content['redact'], 50),
    invite: int(content['invite'], 0),
    notifications: intMap(content['notifications']),
  }
}
export const powerLevelsOf = (state: StateLookup, _v?: RoomVersion): PowerLevels =>
  powerLevelsFrom(state('m.room.power_levels', ''))
export function creatorsOf(create: Pdu | undefined): string[] {
  if (!create) return []
  const more = create.content['additional_creators']
  return [
    create.sender,
    ...(Array.isArray(more) ? more.filter((one): one is string => typeof one === 'string') : []),
  ]
}
export function powerOf(
  user: string,
  levels: Pdu | undefined,
  create: Pdu | undefined,
  v: RoomVersion,
): number {
  if (v.creatorsHavePower && creatorsOf(create).includes(user)) return Number.POSITIVE_INFINITY
  if (!levels) return !v.creatorsHavePower && create?.sender === user ? 100 : 0
  const parsed = powerLevelsFrom(levels)
  return parsed.users.get(user) ?? parsed.usersDefault
}
export const userPower = (state: StateLookup, userId: string, v: RoomVersion): number =>
  powerOf(userId, state('m.room.power_levels', ''), state('m.room.create', ''), v)
export function requiredPower(state: StateLookup, type: string, isState: boolean, _v?: RoomVersion): number {
  const levels = powerLevelsOf(state)
  const own = levels.events.get(type)
  if (own !== undefined) return own
  return isState ? levels.stateDefault : levels.eventsDefault
}
