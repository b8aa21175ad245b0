import {
  type CaseKind,
  type CaseTargets,
  caseTargetsEventType,
  caseTargetsSchema,
  chainSettingsProblem,
  type EscalationChainSettings,
  type EscalationLevel,
  escalationChainEventType,
  escalationChainSettingsSchema,
  type Priority,
  type Target,
} from '@enlace/coordination'
import type { Room } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import type { Session } from '../../model/session/types.ts'
import { type Length, type LengthUnit, targetLength } from '../cases/case-time.ts'

/** What a channel's coordinators set: times for cases, and the chain of its calls. `key`: '' or an institution's. */
export interface ChannelRules {
  targets: CaseTargets
  chain: EscalationChainSettings
}

export const lengthUnits: readonly LengthUnit[] = [
  'minutes',
  'hours',
  'days',
  'workingMinutes',
  'workingHours',
  'workingDays',
]
const minutesOf: Record<LengthUnit, number> = {
  minutes: 1,
  hours: 60,
  days: 1440,
  workingMinutes: 1,
  workingHours: 60,
  workingDays: 420,
}

export const lengthOf = (target: Target): Length => targetLength(target)
export const targetOf = ({ n, unit }: Length): Target => ({
  minutes: n * minutesOf[unit],
  time: unit.startsWith('working') ? 'working' : 'clock',
})

export function readRules(room: Room, key: string): ChannelRules {
  const content = (type: string) => room.currentState.getStateEvents(type, key)?.getContent()
  const targets = caseTargetsSchema.safeParse(content(caseTargetsEventType))
  const chain = escalationChainSettingsSchema.safeParse(content(escalationChainEventType))
  return { targets: targets.success ? targets.data : {}, chain: chain.success ? chain.data : {} }
}

/** @param key '' or the institution whose rules they are: each one's are its own coordination's */
export function mayChangeRules(room: Room, userId: string, key: string, own: string | undefined): boolean {
  return (
    (key === '' || key === own) &&
    room.currentState.maySendStateEvent(caseTargetsEventType, userId) &&
    room.currentState.maySendStateEvent(escalationChainEventType, userId)
  )
}

/** @param target undefined: back to the default */
export function withTarget(
  rules: ChannelRules,
  what: 'acknowledge' | 'fulfil',
  kind: CaseKind,
  priority: Priority,
  target: Target | undefined,
): ChannelRules {
  const { [priority]: _before, ...others } = rules.targets[what]?.[kind] ?? {}
  const byPriority = target ? { ...others, [priority]: target } : others
  const { [kind]: _kind, ...kinds } = rules.targets[what] ?? {}
  const of = Object.keys(byPriority).length > 0 ? { ...kinds, [kind]: byPriority } : kinds
  return { ...rules, targets: { ...rules.targets, [what]: of } }
}

export function withChain(
  rules: ChannelRules,
  level: EscalationLevel,
  change: { skip?: boolean; priority?: Priority; minutes?: number | undefined },
): ChannelRules {
  const before = rules.chain[level] ?? {}
  const { skip = before.skip, priority, minutes } = change
  const within = { ...before.within_minutes }
  if (priority && minutes !== undefined) within[priority] = minutes
  else if (priority) delete within[priority]
  const { skip: _skip, within_minutes: _within, ...rest } = before
  const next = {
    ...rest,
    ...(skip ? { skip: true } : {}),
    ...(Object.keys(within).length > 0 ? { within_minutes: within } : {}),
  }
  return { ...rules, chain: { ...rules.chain, [level]: next } }
}

/** Days off beyond the national ones, one a line, `YYYY-MM-DD`; others are left out. */
export function withHolidays(rules: ChannelRules, text: string): ChannelRules {
  const days = [...new Set(text.split(/[\s,;]+/).filter((day) => /^\d{4}-\d\d-\d\d$/.test(day)))].slice(
    0,
    100,
  )
  const { holidays_added: _before, ...calendar } = rules.targets.calendar ?? {}
  return {
    ...rules,
    targets: {
      ...rules.targets,
      calendar: { ...calendar, ...(days.length > 0 ? { holidays_added: days } : {}) },
    },
  }
}

export type RulesProblem = 'chain' | 'targets'

/** What cannot be sent as it is: a time out of bounds. */
export function rulesProblem(rules: ChannelRules, key: string): RulesProblem | undefined {
  if (!caseTargetsSchema.safeParse(rules.targets).success) return 'targets'
  const isChain = escalationChainSettingsSchema.safeParse(rules.chain).success
  return isChain && !chainSettingsProblem(rules.chain, key) ? undefined : 'chain'
}

/** Sends what changed. */
export async function saveRules(
  session: Session,
  room: Room,
  key: string,
  rules: ChannelRules,
): Promise<Failure | undefined> {
  const before = readRules(room, key)
  try {
    for (const [type, was, now] of [
      [caseTargetsEventType, before.targets, rules.targets],
      [escalationChainEventType, before.chain, rules.chain],
    ] as const)
      if (JSON.stringify(was) !== JSON.stringify(now))
        await session.client.sendStateEvent(room.roomId, type as never, now as never, key)
    return undefined
  } catch (error) {
    return failureOf(error)
  }
}
