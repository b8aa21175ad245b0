/** When a person came into a room and left it, along their own membership events. */
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'

/** Comings and goings between two syncs that are looked at; beyond, the room is told as if new. */
const MAX_HOPS = 50

type Rooms = Pick<Context, 'rooms'>

const joins = (event: StoredEvent | undefined) => event?.pdu.content['membership'] === 'join'

async function replacedBy(ctx: Rooms, event: StoredEvent): Promise<StoredEvent | undefined> {
  return event.replaces === undefined ? undefined : ctx.rooms.event(event.replaces)
}

/** Whether the person was out of the room at some time after `since`, up to this membership event of theirs. */
export async function wasOut(ctx: Rooms, eventId: string, since: number): Promise<boolean> {
  let event = await ctx.rooms.event(eventId)
  for (let hop = 0; event && hop < MAX_HOPS; hop++) {
    const before = await replacedBy(ctx, event)
    if (!joins(before)) return true
    if (before!.pos !== undefined && before!.pos <= since) return false
    event = before
  }
  return true
}

/** The event by which a person who is out of a room left it; undefined when they never were in. */
export async function leftAt(ctx: Rooms, own: StoredEvent): Promise<StoredEvent | undefined> {
  let event: StoredEvent | undefined = own
  for (let hop = 0; event && hop < MAX_HOPS; hop++) {
    const before: StoredEvent | undefined = await replacedBy(ctx, event)
    if (joins(before)) return event
    event = before
  }
  return undefined
}

/** What the person was at each of the events, which come in the order of the log. */
export async function membershipsAt(
  ctx: Rooms,
  own: StoredEvent | undefined,
  events: readonly StoredEvent[],
): Promise<Map<string, string>> {
  const out = new Map<string, string>()
  let current = own
  for (const event of events.toReversed()) {
    for (let hop = 0; current && (current.pos ?? 0) > (event.pos ?? 0) && hop < MAX_HOPS; hop++)
      current = await replacedBy(ctx, current)
    const membership = current?.pdu.content['membership']
    out.set(event.eventId, typeof membership === 'string' ? membership : 'leave')
  }
  return out
}
