/**
 * Holds, from their events: the same on every node whatever order they arrived in. Two institutions place one and two lift it.
 * What one alone has asked for stops deletion for a while, so that a second one has the time to agree: deletion cannot be undone.
 */
import type { Believe } from '../cases/case.ts'
import { causalOrder, distinct, type TimelineEvent } from '../causal-order.ts'
import { type HoldContent, type HoldReason, holdContentSchema, holdEventType } from './retention-events.ts'
import { DAY_MS } from './retention-rules.ts'

/** For so long one institution's word alone stops deletion. */
export const ALONE_MS = 14 * DAY_MS

export type HoldRefusal =
  | 'malformed'
  | 'not_believed' // the sender's server does not host the institution
  | 'not_coordinator'
  | 'nothing_to_lift'
  | 'already_said' // by the same institution: a second one is needed

export type HoldWord = { eventId: string; institution: string; sender: string; at: number }
export type Hold = {
  /** the case's event, or the room */
  about: string
  /** `asked`: by one institution, until `alone_until`. `held`: by two */
  state: 'asked' | 'held' | 'lifted'
  reason: HoldReason
  review_ts: number
  placed: HoldWord[]
  lifted: HoldWord[]
  /** of one that is asked for: after this it no longer stops anything */
  alone_until?: number
}

export type HoldReduction = {
  /** by what they are about; the newest of each */
  holds: Map<string, Hold>
  /** those that were lifted before */
  past: Hold[]
  refused: { eventId: string; sender: string; at: number; reason: HoldRefusal }[]
  /** newest words, by what they are about: what the next one names as `after` */
  heads: Map<string, string[]>
}

export function reduceHolds(
  roomId: string,
  events: Iterable<TimelineEvent>,
  believe?: Believe,
): HoldReduction {
  const result: HoldReduction = { holds: new Map(), past: [], refused: [], heads: new Map() }
  const byAbout = new Map<string, TimelineEvent[]>()
  const refuse = (event: TimelineEvent, reason: HoldRefusal) =>
    result.refused.push({ eventId: event.event_id, sender: event.sender, at: event.origin_server_ts, reason })
  for (const event of distinct(events).values()) {
    if (event.type !== holdEventType) continue
    const parsed = holdContentSchema.safeParse(event.content)
    if (!parsed.success) {
      refuse(event, 'malformed')
      continue
    }
    const about = parsed.data['m.relates_to']?.event_id ?? roomId
    byAbout.set(about, [...(byAbout.get(about) ?? []), event])
  }
  for (const [about, words] of byAbout) {
    const { ordered, waiting, heads } = causalOrder(about, words)
    result.heads.set(
      about,
      heads.filter((id) => id !== about),
    )
    // What waits for a word that has not arrived still stops deletion: nothing is lost by keeping a little longer.
    const safely = waiting.filter((event) => (event.content as HoldContent).hold === 'place')
    let hold: Hold | undefined
    for (const event of [...ordered, ...safely]) {
      const content = holdContentSchema.parse(event.content)
      const next = step(hold, about, event, content, believe)
      if (typeof next === 'string') refuse(event, next)
      else {
        if (hold?.state === 'lifted' && next !== hold) result.past.push(hold)
        hold = next
      }
    }
    if (hold) result.holds.set(about, hold)
  }
  result.refused.sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1))
  return result
}

function step(
  hold: Hold | undefined,
  about: string,
  event: TimelineEvent,
  content: HoldContent,
  believe: Believe | undefined,
): Hold | HoldRefusal {
  const { institution, role } = content.by
  if (believe?.(event, institution) === false) return 'not_believed'
  if (role !== 'coordinator') return 'not_coordinator'
  const at = event.origin_server_ts
  const word: HoldWord = { eventId: event.event_id, institution, sender: event.sender, at }
  const said = (words: readonly HoldWord[]) => words.some((one) => one.institution === institution)
  if (content.hold === 'place') {
    const begins = { reason: content.reason!, review_ts: content.review_ts! }
    const lapsed = hold?.state === 'asked' && at > hold.alone_until!
    if (!hold || hold.state === 'lifted' || lapsed)
      return { about, state: 'asked', ...begins, placed: [word], lifted: [], alone_until: at + ALONE_MS }
    if (hold.state === 'asked') {
      if (said(hold.placed)) return 'already_said'
      const { alone_until: _, ...rest } = hold
      return { ...rest, state: 'held', placed: [...hold.placed, word] }
    }
    // Who held it too, or sets another day to look at it; it also takes back that it should end.
    return {
      ...hold,
      review_ts: Math.max(hold.review_ts, begins.review_ts),
      placed: said(hold.placed) ? hold.placed : [...hold.placed, word],
      lifted: hold.lifted.filter((one) => one.institution !== institution),
    }
  }
  if (!hold || hold.state === 'lifted') return 'nothing_to_lift'
  if (hold.state === 'asked')
    // Whoever asked alone may take it back alone; others cannot end it for them.
    return said(hold.placed) ? { ...hold, state: 'lifted', lifted: [word] } : 'nothing_to_lift'
  if (said(hold.lifted)) return 'already_said'
  const lifted = [...hold.lifted, word]
  return { ...hold, lifted, state: lifted.length >= 2 ? 'lifted' : 'held' }
}

/** Whether it stops deletion now. A day to look at it again that has passed does not end it. */
export const stops = (hold: Hold | undefined, now: number): boolean =>
  hold?.state === 'held' || (hold?.state === 'asked' && now <= hold.alone_until!)
