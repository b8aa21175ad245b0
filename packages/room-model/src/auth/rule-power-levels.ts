import { isValidUserId } from '../ids.ts'
import { isObject, own } from '../json.ts'
import { creatorsOf } from '../power.ts'
import type { AuthContext } from './context.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

const LEVELS = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value)
const areIntegers = (value: unknown): value is Record<string, number> =>
  isObject(value) && Object.values(value).every(isInteger)
const exceeds = (level: unknown, power: number): boolean => isInteger(level) && level > power

/** Rule 10 (9 before version 12): `m.room.power_levels`. `power` is the sender's. */
export function checkPowerLevels({ pdu, create, state, v }: AuthContext, power: number): AuthVerdict {
  const next = pdu.content
  // 10.1
  for (const name of LEVELS) {
    const level = own(next, name)
    if (level !== undefined && !isInteger(level)) return reject('10.1', `${name} must be an integer`)
  }
  // 10.2
  for (const name of ['events', 'notifications']) {
    const levels = own(next, name)
    if (levels !== undefined && !areIntegers(levels)) return reject('10.2', `${name} must hold integers`)
  }
  // 10.3
  const users = own(next, 'users')
  if (users !== undefined && !(areIntegers(users) && Object.keys(users).every(isValidUserId)))
    return reject('10.3', 'users must hold integers by user ID')
  // 10.4, since version 12.
  if (v.creatorsHavePower && creatorsOf(create).some((creator) => own(users, creator) !== undefined))
    return reject('10.4', "a creator's power is not set")
  // 10.5
  const current = state('m.room.power_levels', '')?.content
  if (current === undefined) return allow
  // 10.6
  for (const name of LEVELS) {
    const [was, willBe] = [own(current, name), own(next, name)]
    if (was === willBe) continue
    if (exceeds(was, power)) return reject('10.6.1', `${name} is above the sender's power`)
    if (exceeds(willBe, power)) return reject('10.6.2', `${name} would be above the sender's power`)
  }
  for (const name of ['events', 'notifications'])
    for (const [key, was, willBe] of changes(own(current, name), own(next, name))) {
      // 10.7
      if (exceeds(was, power)) return reject('10.7.1', `${name} ${key} is above the sender's power`)
      // 10.8
      if (exceeds(willBe, power)) return reject('10.8.1', `${name} ${key} would be above the sender's power`)
    }
  for (const [user, was, willBe] of changes(own(current, 'users'), users)) {
    // 10.9
    if (user !== pdu.sender && isInteger(was) && was >= power)
      return reject('10.9.1', `the power of ${user} is not below the sender's`)
    // 10.10
    if (exceeds(willBe, power)) return reject('10.10.1', `the power of ${user} would be above the sender's`)
  }
  return allow
}

/** Entries added, changed or removed. */
function* changes(before: unknown, after: unknown): Generator<[key: string, was: unknown, willBe: unknown]> {
  const keys = new Set([
    ...Object.keys(isObject(before) ? before : {}),
    ...Object.keys(isObject(after) ? after : {}),
  ])
  for (const key of keys) {
    const [was, willBe] = [own(before, key), own(after, key)]
    if (was !== willBe) yield [key, was, willBe]
  }
}
