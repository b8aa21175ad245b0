import type { Escalation } from '@enlace/coordination'
import { type CaseState, caseEventType, escalationEventType } from '@enlace/coordination'
import { outgoingBody } from '../media/attachment-body.ts'
import { textBody } from './event-view.ts'
import { excerptOf } from './message-excerpt.ts'
import { sharedOutgoing } from './shared-things.ts'
import { thingOf } from './things.ts'
import type {
  EventView,
  Gesture,
  MemberChange,
  MemberLine,
  MessageItem,
  MessageState,
  OutboxEntry,
  Reaction,
  TimelineItem,
} from './types.ts'

export interface TimelineContext {
  me: string
  outbox: readonly OutboxEntry[]
  escalations: ReadonlyMap<string, Escalation>
  /** those known here; their threads are shown on their own pages */
  cases: ReadonlyMap<string, CaseState>
  /** for a message of mine that the server has */
  stateOf(eventId: string): MessageState
  reactionsTo?(eventId: string): readonly Reaction[]
  gestures?: readonly Gesture[]
  /** Only the thread that begins with this event. */
  thread?: string
  threadUnread?(rootId: string): number
  /** how many messages a thread has, as the server said with its first */
  threadCount?(rootId: string): number
  /** the last event that was read when the channel was opened */
  readUpTo?: string
  atStart: boolean
  /** this device can ask colleagues for what it cannot open */
  canAsk?: boolean
}

const CONTINUED_MS = 5 * 60_000

/** Why something is shut that others can open. */
export const askable: readonly string[] = ['before_device', 'before_joining', 'this_device']

/** The rows of a channel's timeline, oldest first. Pure. */
export function buildTimeline(events: readonly EventView[], context: TimelineContext): TimelineItem[] {
  const items: TimelineItem[] = []
  const byId = new Map(events.map((event) => [event.id, event]))
  const about = new Map<string, Escalation[]>()
  for (const escalation of context.escalations.values()) {
    const list = about.get(escalation.aboutEventId)
    if (list) list.push(escalation)
    else about.set(escalation.aboutEventId, [escalation])
  }
  const threads = threadsIn(events)
  if (context.atStart) items.push({ kind: 'start', key: 'start' })
  let day = ''
  let last: MessageItem | undefined
  const newDay = (ts: number) => {
    const its = dayOf(ts)
    if (its === day) return
    day = its
    last = undefined
    items.push({ kind: 'day', key: `day-${its}`, ts })
  }
  let unreadPlaced = context.readUpTo === undefined || !byId.has(context.readUpTo)
  let pastRead = false
  const push = (item: MessageItem) => {
    newDay(item.ts)
    if (!unreadPlaced && pastRead && !item.mine) {
      items.push({ kind: 'unread', key: 'unread' })
      unreadPlaced = true
      last = undefined
    }
    const continued = last !== undefined && last.sender === item.sender && item.ts - last.ts < CONTINUED_MS
    const next = { ...item, continued }
    items.push(next)
    last = next
  }

  for (const event of events) {
    const item = itemOf(event)
    const before = items.at(-1)
    if (item?.kind === 'message') push(item)
    else if (item?.kind === 'closed' && before?.kind === 'closed') {
      // Over days too: nobody can tell them apart. The key is that of the last, because older events are added in front.
      items[items.length - 1] = { ...item, ts: before.ts, count: before.count + 1 }
    } else if (item) {
      newDay(item.ts)
      const before = items.at(-1)
      if (item.kind === 'members' && before?.kind === 'members') {
        // The row has the key of its last event, because older events are added in front.
        items[items.length - 1] = { ...item, changes: joinChanges(before.changes, item.changes[0]!) }
      } else if (item.kind === 'hidden' && before?.kind === 'hidden') {
        items[items.length - 1] = { ...item, count: before.count + 1 }
      } else items.push(item)
      last = undefined
    }
    if (event.id === context.readUpTo) pastRead = true
  }
  for (const entry of context.outbox) {
    const relation = entry.content['m.relates_to']
    if (relation?.rel_type === 'm.replace') continue
    if ((relation?.rel_type === 'm.thread' ? relation.event_id : undefined) !== context.thread) continue
    if (entry.eventId !== undefined && byId.has(entry.eventId)) continue
    push(outgoing(entry))
  }
  return items

  function itemOf(event: EventView): Exclude<TimelineItem, { kind: 'day' | 'unread' | 'start' }> | undefined {
    if (event.type === escalationEventType) {
      const escalation = context.escalations.get(event.id)
      if (!escalation) return undefined
      const excerpt = excerptOf(byId.get(escalation.aboutEventId))
      return { kind: 'escalation', key: event.id, ts: event.ts, escalation, ...(excerpt ? { excerpt } : {}) }
    }
    if (event.type === caseEventType) {
      const state = context.cases.get(event.id)
      return state && { kind: 'case', key: event.id, ts: event.ts, state }
    }
    const thing = thingOf(event.type)
    if (thing) return { kind: 'thing', key: event.id, ts: event.ts, thing, sender: event.sender }
    if (event.thread !== undefined && context.cases.has(event.thread)) return undefined
    if (context.thread === undefined ? event.thread !== undefined : !isInThread(event, context.thread))
      return undefined
    if (event.membership) {
      const change = memberChange(event)
      return (
        change && {
          kind: 'members',
          key: event.id,
          ts: event.ts,
          changes: [{ userId: event.membership.userId, by: event.sender, change }],
        }
      )
    }
    if (!event.body && !event.redacted) return undefined
    if (event.body?.type === 'unencrypted') return { kind: 'hidden', key: event.id, ts: event.ts, count: 1 }
    if (context.canAsk && event.body?.type === 'undecryptable' && askable.includes(event.body.reason))
      return { kind: 'closed', key: event.id, ts: event.ts, count: 1 }
    const mine = event.sender === context.me
    const pendingEdit = context.outbox.find(
      (entry) =>
        entry.content['m.relates_to']?.rel_type === 'm.replace' &&
        entry.content['m.relates_to'].event_id === event.id,
    )
    const thread = context.thread === undefined ? threads.get(event.id) : undefined
    const count = context.thread === undefined ? (context.threadCount?.(event.id) ?? 0) : 0
    const removal = context.gestures?.find((one) => one.act.kind === 'remove' && one.eventId === event.id)
    const edit = pendingEdit && editedText(pendingEdit)
    return {
      kind: 'message',
      key: event.id,
      eventId: event.id,
      sender: event.sender,
      ts: event.ts,
      mine,
      continued: false,
      body: event.redacted ? { type: 'deleted' } : edit !== undefined ? edit : event.body!,
      edited: event.edited || edit !== undefined,
      ...(event.mentions ? { mentions: event.mentions } : {}),
      ...(event.forwarded && !event.redacted ? { forwarded: event.forwarded } : {}),
      ...(event.groups ? { groups: event.groups } : {}),
      ...(event.replyTo && !event.redacted ? { reply: replyTo(event.replyTo) } : {}),
      ...(mine && !event.redacted
        ? { state: pendingEdit ? stateOfEntry(pendingEdit) : context.stateOf(event.id) }
        : {}),
      escalations: about.get(event.id) ?? [],
      reactions: event.redacted ? [] : (context.reactionsTo?.(event.id) ?? []),
      ...(thread || count > 0
        ? {
            thread: {
              count: Math.max(thread?.count ?? 0, count),
              sender: thread?.sender ?? event.sender,
              ts: thread?.ts ?? event.ts,
              unread: context.threadUnread?.(event.id) ?? 0,
            },
          }
        : {}),
      ...(removal && !event.redacted
        ? {
            removal: {
              id: removal.id,
              state: removal.state,
              ...(removal.failure ? { failure: removal.failure } : {}),
            },
          }
        : {}),
    }
  }

  function replyTo(eventId: string): { eventId: string; sender?: string; excerpt?: string } {
    const found = byId.get(eventId)
    // Nobody said what came unencrypted: it is no answer to anybody.
    const target = found?.body?.type === 'unencrypted' ? undefined : found
    const excerpt = excerptOf(target)
    return { eventId, ...(target ? { sender: target.sender } : {}), ...(excerpt ? { excerpt } : {}) }
  }

  function outgoing(entry: OutboxEntry): MessageItem {
    const relation = entry.content['m.relates_to']
    const answers = relation?.rel_type !== 'm.thread' || relation.is_falling_back === false
    const target = answers ? relation?.['m.in_reply_to']?.event_id : undefined
    const file = entry.attachment !== undefined || 'file' in entry.content
    return {
      kind: 'message',
      key: entry.txnId,
      txnId: entry.txnId,
      ...(entry.eventId ? { eventId: entry.eventId } : {}),
      sender: context.me,
      ts: entry.createdAt,
      mine: true,
      continued: false,
      body: file
        ? outgoingBody(entry.content)
        : (sharedOutgoing(entry.content) ?? textBody(entry.content.body, entry.content)),
      edited: false,
      ...(target ? { reply: replyTo(target) } : {}),
      state: stateOfEntry(entry),
      escalations: [],
      reactions: [],
    }
  }
}

const isInThread = (event: EventView, rootId: string) => event.id === rootId || event.thread === rootId

/** Of each thread how many messages are here, and the newest. */
function threadsIn(events: readonly EventView[]): Map<string, { count: number; sender: string; ts: number }> {
  const found = new Map<string, { count: number; sender: string; ts: number }>()
  for (const { thread, body, sender, ts } of events) {
    if (thread === undefined || !body || body.type === 'unencrypted') continue
    found.set(thread, { count: (found.get(thread)?.count ?? 0) + 1, sender, ts })
  }
  return found
}

function stateOfEntry(entry: OutboxEntry): MessageState {
  switch (entry.state) {
    case 'queued':
      return { kind: 'queued' }
    case 'sending':
      return { kind: 'sending', ...(entry.progress === undefined ? {} : { progress: entry.progress }) }
    case 'failed':
      return { kind: 'failed', failure: entry.failure ?? { kind: 'server' } }
    case 'accepted':
      return { kind: 'sent' }
  }
}

function editedText(entry: OutboxEntry) {
  const next = entry.content['m.new_content']
  return typeof next === 'object' && next !== null && 'body' in next && typeof next.body === 'string'
    ? textBody(next.body, next)
    : undefined
}

/** Somebody who was invited and then joined is told of once, as having joined. */
function joinChanges(before: readonly MemberLine[], next: MemberLine): MemberLine[] {
  const kept =
    next.change === 'joined'
      ? before.filter((one) => !(one.change === 'invited' && one.userId === next.userId))
      : [...before]
  return [...kept, next]
}

function memberChange(event: EventView): MemberChange | undefined {
  const { now, before, userId } = event.membership!
  if (now === before) return undefined
  if (now === 'join') return 'joined'
  if (now === 'invite') return 'invited'
  if (now === 'ban') return 'banned'
  if (now === 'leave') {
    if (before === 'invite') return event.sender === userId ? 'declined' : 'removed'
    return event.sender === userId ? 'left' : 'removed'
  }
  return undefined
}

/** The local calendar day of a time. */
export function dayOf(ts: number): string {
  const date = new Date(ts)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

/**
 * How far my messages have come, as far as this device knows: read, when somebody's receipt is at the message or later. `order`
 * is the timeline's event ids, oldest first.
 */
export function messageStates(
  mine: readonly string[],
  order: readonly string[],
  receipts: ReadonlyMap<string, string>,
): Map<string, MessageState> {
  const position = new Map(order.map((id, index) => [id, index]))
  const readersAt = [...receipts].flatMap(([user, eventId]) => {
    const at = position.get(eventId)
    return at === undefined ? [] : [{ user, at }]
  })
  const states = new Map<string, MessageState>()
  for (const id of mine) {
    const at = position.get(id) ?? Number.POSITIVE_INFINITY
    const readers = readersAt.filter((reader) => reader.at >= at).map((reader) => reader.user)
    if (readers.length > 0) states.set(id, { kind: 'read', readers })
    else states.set(id, { kind: 'sent' })
  }
  return states
}
