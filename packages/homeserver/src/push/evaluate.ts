/** Which push rule an event meets, and what follows (client-server API, "Push Rules"). Pure. */
import { containsWords, matchesWhole, matchesWords } from '@enlace/room-model'
import type { Condition, PushRule, Ruleset } from './default-rules.ts'
import type { Outcome } from './types.ts'

/** What the rules look at: the event in client format, and the facts about the room they need. */
export type Facts = {
  event: Record<string, unknown>
  roomId: string
  sender: string
  memberCount: number
  /** The reader's display name in the room. */
  displayName: string | undefined
  /** May the sender set off notifications of this kind (`room`)? */
  senderMayNotify: (key: string) => boolean
}

const NOTHING: Outcome = { notify: false, highlight: false, actions: [] }

export function evaluate(rules: Ruleset, facts: Facts): Outcome {
  const rule =
    rules.override.find((one) => one.enabled && holdsAll(one, facts)) ??
    rules.content.find((one) => one.enabled && matchesBody(facts.event, one.pattern)) ??
    rules.room.find((one) => one.enabled && one.rule_id === facts.roomId) ??
    rules.sender.find((one) => one.enabled && one.rule_id === facts.sender) ??
    rules.underride.find((one) => one.enabled && holdsAll(one, facts))
  if (!rule) return NOTHING
  const highlight = rule.actions.some(
    (action) => typeof action === 'object' && action.set_tweak === 'highlight' && action.value !== false,
  )
  const notify = rule.actions.includes('notify')
  const ofRoom = !notify && rule.rule_id === facts.roomId && rules.room.includes(rule)
  return {
    notify,
    highlight: notify && highlight,
    actions: rule.actions,
    ...(ofRoom ? { mentionsAlone: true } : {}),
  }
}

const holdsAll = (rule: PushRule, facts: Facts) =>
  (rule.conditions ?? []).every((condition) => holds(condition, facts))

export function holds(condition: Condition, facts: Facts): boolean {
  const { event } = facts
  switch (condition.kind) {
    case 'event_match': {
      const { key, pattern } = condition
      if (typeof key !== 'string' || typeof pattern !== 'string') return false
      if (key === 'content.body') return matchesBody(event, pattern)
      const value = propertyAt(event, key)
      return typeof value === 'string' && matchesWhole(value, pattern)
    }
    case 'event_property_is':
      return (
        typeof condition['key'] === 'string' &&
        isScalar(condition['value']) &&
        propertyAt(event, condition['key']) === condition['value']
      )
    case 'event_property_contains': {
      const list = typeof condition['key'] === 'string' ? propertyAt(event, condition['key']) : undefined
      return Array.isArray(list) && isScalar(condition['value']) && list.includes(condition['value'])
    }
    case 'contains_display_name':
      return (
        facts.displayName !== undefined &&
        facts.displayName !== '' &&
        typeof propertyAt(event, 'content.body') === 'string' &&
        containsWords(propertyAt(event, 'content.body') as string, facts.displayName)
      )
    case 'room_member_count': {
      const match = /^(==|<=|>=|<|>)?(\d{1,9})$/.exec(String(condition['is']))
      if (!match) return false
      const wanted = Number(match[2])
      const count = facts.memberCount
      switch (match[1]) {
        case '<':
          return count < wanted
        case '>':
          return count > wanted
        case '<=':
          return count <= wanted
        case '>=':
          return count >= wanted
        default:
          return count === wanted
      }
    }
    case 'sender_notification_permission':
      return typeof condition['key'] === 'string' && facts.senderMayNotify(condition['key'])
    default:
      return false
  }
}

const isScalar = (value: unknown) =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isSafeInteger(value))

function matchesBody(event: Record<string, unknown>, pattern: string | undefined): boolean {
  const body = propertyAt(event, 'content.body')
  return typeof body === 'string' && pattern !== undefined && matchesWords(body, pattern)
}

/** The value at a dot-separated property path (appendices, "Dot-separated property paths"). */
export function propertyAt(event: Record<string, unknown>, path: string): unknown {
  let value: unknown = event
  for (const one of keysOf(path)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, one)) {
      return undefined
    }
    value = (value as Record<string, unknown>)[one]
  }
  return value
}

const parsedPaths = new Map<string, readonly string[]>()
const MAX_PATHS = 1_000

/** Splits a path at its dots; `\\.` and `\\\\` stand for the characters themselves. */
function keysOf(path: string): readonly string[] {
  const known = parsedPaths.get(path)
  if (known) return known
  const keys: string[] = []
  let key = ''
  for (let index = 0; index < path.length; index++) {
    const char = path[index]!
    const next = path[index + 1]
    if (char === '\\' && (next === '.' || next === '\\')) {
      key += next
      index++
    } else if (char === '.') {
      keys.push(key)
      key = ''
    } else key += char
  }
  keys.push(key)
  if (parsedPaths.size >= MAX_PATHS) parsedPaths.clear()
  parsedPaths.set(path, keys)
  return keys
}
