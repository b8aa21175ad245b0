/** What institutions have set in a channel, from their events: each one's newest, the same on every node. */
import type { Believe } from '../cases/case.ts'
import { causalOrder, distinct, type TimelineEvent } from '../causal-order.ts'
import { type RetentionContent, retentionContentSchema, retentionEventType } from './retention-events.ts'
import type { InstitutionRules } from './retention-rules.ts'

export type RuleRefusal = 'malformed' | 'not_believed' | 'not_coordinator'
export type RulesReduction = {
  rules: Map<string, InstitutionRules & { eventId: string; at: number; sender: string }>
  refused: { eventId: string; sender: string; at: number; reason: RuleRefusal }[]
  /** newest events of each institution */
  heads: Map<string, string[]>
}

export function reduceRetentionRules(events: Iterable<TimelineEvent>, believe?: Believe): RulesReduction {
  const result: RulesReduction = { rules: new Map(), refused: [], heads: new Map() }
  const own = new Map<string, TimelineEvent[]>()
  for (const event of distinct(events).values()) {
    if (event.type !== retentionEventType) continue
    const parsed = retentionContentSchema.safeParse(event.content)
    const reason = parsed.success ? refusalOfRule(event, parsed.data, believe) : 'malformed'
    if (reason || !parsed.success)
      result.refused.push({
        eventId: event.event_id,
        sender: event.sender,
        at: event.origin_server_ts,
        reason: reason ?? 'malformed',
      })
    else {
      const { institution } = parsed.data.by
      own.set(institution, [...(own.get(institution) ?? []), event])
    }
  }
  for (const [institution, words] of own) {
    const { ordered, heads } = causalOrder(institution, words)
    result.heads.set(
      institution,
      heads.filter((id) => id !== institution),
    )
    const last = ordered.at(-1)
    if (!last) continue
    const { shorter, law = [] } = retentionContentSchema.parse(last.content)
    result.rules.set(institution, {
      institution,
      shorter,
      law,
      eventId: last.event_id,
      at: last.origin_server_ts,
      sender: last.sender,
    })
  }
  result.refused.sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1))
  return result
}

function refusalOfRule(
  event: TimelineEvent,
  { by }: RetentionContent,
  believe: Believe | undefined,
): RuleRefusal | undefined {
  if (believe?.(event, by.institution) === false) return 'not_believed'
  return by.role === 'coordinator' ? undefined : 'not_coordinator'
}
