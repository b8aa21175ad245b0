/** The events of one case as they were signed, as far as the person may see them: envelopes, thread, calls, and what holds them. */
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'
import type { CaseHeader, SignedEvent } from './types.ts'

const PAGE = 500
/** A thread longer than this is no case file any more. */
const MAX_THREAD = 20_000

/** @returns undefined when there is no such case */
export async function caseHeader(ctx: Context, caseId: string): Promise<CaseHeader | undefined> {
  const root = await ctx.rooms.event(caseId)
  return root && { case_id: caseId, room_id: root.roomId, room_version: root.version.id }
}

export async function* caseEvents(
  ctx: Context,
  userId: string,
  { case_id: caseId, room_id: roomId }: CaseHeader,
): AsyncGenerator<SignedEvent> {
  const given = new Set<string>()
  const senders = new Set<string>()
  function* fresh(events: readonly StoredEvent[]): Generator<SignedEvent> {
    for (const { eventId, pdu } of events) {
      if (given.has(eventId)) continue
      given.add(eventId)
      senders.add(pdu.sender)
      yield { event_id: eventId, pdu }
    }
  }
  const state = await ctx.rooms.currentState(roomId)
  const create = state.get('m.room.create')
  if (create) yield* fresh([create])
  const found = await ctx.cases.read(caseId)
  const known = found?.events ?? []
  yield* fresh(await ctx.rooms.visibleTo(userId, [...known, ...(await ctx.escalations.stepsOf(known))]))
  let from: number | undefined
  for (let count = 0; count < MAX_THREAD; ) {
    const page = await ctx.rooms.relations(roomId, caseId, {
      dir: 'f',
      limit: PAGE,
      ...(from === undefined ? {} : { from }),
    })
    if (page.length === 0) break
    count += page.length
    from = page.at(-1)!.pos
    const visible = await ctx.rooms.visibleTo(userId, page)
    yield* fresh(visible)
    // Corrections of what was written in the thread.
    for (const one of visible)
      if (one.pdu.type === 'm.room.encrypted')
        yield* fresh(
          await ctx.rooms.visibleTo(
            userId,
            await ctx.rooms.relations(roomId, one.eventId, { relType: 'm.replace', dir: 'f', limit: PAGE }),
          ),
        )
  }
  // By which event each of them was in the room: signed by their servers as well.
  for (const sender of senders) {
    const member = state.get('m.room.member', sender)
    if (member) yield* fresh(await ctx.rooms.visibleTo(userId, [member]))
  }
}
