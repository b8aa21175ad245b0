/**
 * One order of the steps of a case or an escalation on every node and client. Clocks of institutions differ and jump,
 * so time alone cannot order what people did: each step names the newest steps its sender had seen (`after`).
 * A step comes after all that its sender had seen; steps made without knowledge of each other come by claimed time,
 * then event ID. The same set of events gives the same order, whatever order they arrived in.
 */

/** A timeline event as both a server and a client hold it. */
export interface TimelineEvent {
  event_id: string
  room_id?: string
  type: string
  sender: string
  /** milliseconds since the Unix epoch, as the sender's server claims */
  origin_server_ts: number
  content: unknown
}

/** Most `after` a step may name: more concurrent steps than that are not made by people. */
export const maxHeads = 10

export interface CausalOrder {
  ordered: TimelineEvent[]
  /** events that name a step not among the events: they wait for it and are not applied */
  waiting: TimelineEvent[]
  /** newest steps: those no ordered step names; what the next one names as `after` */
  heads: string[]
}

/** `after` of the next step: the newest ones its sender had seen beside the first event. */
export function afterHeads(of: { id: string; heads: readonly string[] }): { after?: string[] } {
  const heads = of.heads.filter((head) => head !== of.id)
  return heads.length > 0 ? { after: heads } : {}
}

/** How a step says what it belongs to and what its sender had seen of it. */
export const stepRelation = (of: { id: string; heads: readonly string[] }) => ({
  'm.relates_to': { rel_type: 'm.reference' as const, event_id: of.id },
  ...afterHeads(of),
})

export function byTimeThenId(a: TimelineEvent, b: TimelineEvent): number {
  return a.origin_server_ts - b.origin_server_ts || compareIds(a.event_id, b.event_id)
}

export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * One copy of each event. A copy without content (redacted) always wins, so that all agree that it is gone; between
 * copies that differ otherwise, which no honest server makes, the choice does not depend on their order.
 */
export function distinct(events: Iterable<TimelineEvent>): Map<string, TimelineEvent> {
  const byId = new Map<string, TimelineEvent>()
  for (const event of events) {
    const known = byId.get(event.event_id)
    if (!known || (known !== event && wins(event, known))) byId.set(event.event_id, event)
  }
  return byId
}

function wins(a: TimelineEvent, b: TimelineEvent): boolean {
  if (isEmpty(a.content) !== isEmpty(b.content)) return isEmpty(a.content)
  return compareIds(JSON.stringify(a), JSON.stringify(b)) < 0
}

function isEmpty(content: unknown): boolean {
  return typeof content !== 'object' || content === null || Object.keys(content).length === 0
}

/** Reads `after` of a content; anything malformed counts as none, its event then follows the root alone. */
export function afterOf(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return []
  const after = (content as Record<string, unknown>)['after']
  if (!Array.isArray(after) || after.length > maxHeads) return []
  return after.every((one) => typeof one === 'string') ? (after as string[]) : []
}

/**
 * Orders the steps that follow a root event.
 *
 * @param rootId the case or escalation event; every step follows it, named or not
 * @param steps distinct events, the root not among them
 */
export function causalOrder(rootId: string, steps: Iterable<TimelineEvent>): CausalOrder {
  const byId = new Map<string, TimelineEvent>()
  for (const step of steps) byId.set(step.event_id, step)
  const missing = new Map<string, number>()
  const followers = new Map<string, string[]>()
  const ready = new Heap()
  for (const step of byId.values()) {
    const parents = new Set(afterOf(step.content))
    parents.delete(rootId)
    missing.set(step.event_id, parents.size)
    for (const parent of parents) {
      const list = followers.get(parent)
      if (list) list.push(step.event_id)
      else followers.set(parent, [step.event_id])
    }
    if (parents.size === 0) ready.push(step)
  }
  const ordered: TimelineEvent[] = []
  const heads = new Set<string>([rootId])
  for (let next = ready.pop(); next; next = ready.pop()) {
    ordered.push(next)
    missing.delete(next.event_id)
    heads.delete(rootId)
    for (const parent of afterOf(next.content)) heads.delete(parent)
    heads.add(next.event_id)
    for (const follower of followers.get(next.event_id) ?? []) {
      const left = missing.get(follower)! - 1
      missing.set(follower, left)
      if (left === 0) ready.push(byId.get(follower)!)
    }
  }
  const waiting = [...missing.keys()].map((id) => byId.get(id)!).sort(byTimeThenId)
  return { ordered, waiting, heads: [...heads].sort(compareIds).slice(-maxHeads) }
}

/** A small binary heap by (time, ID): a case may gather thousands of steps from a hostile partner. */
class Heap {
  readonly #items: TimelineEvent[] = []

  push(item: TimelineEvent): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (byTimeThenId(items[parent]!, item) <= 0) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  pop(): TimelineEvent | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (items.length === 0 || last === undefined) return top
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= items.length) break
      if (child + 1 < items.length && byTimeThenId(items[child + 1]!, items[child]!) < 0) child += 1
      if (byTimeThenId(last, items[child]!) <= 0) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
    return top
  }
}
