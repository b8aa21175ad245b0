import { type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { threadOf as rootOf, viewOf } from '../../model/timeline/event-view.ts'
import { annotationsOn, reactionsOf } from '../../model/timeline/reactions.ts'
import { buildTimeline } from '../../model/timeline/timeline-items.ts'
import type { MessageState } from '../../model/timeline/types.ts'
import type { ThreadModel, ThreadState } from './types.ts'

const PAGE = 50
const MOST_PAGES = 20

/** One thread: what of it is in the channel's timeline here, and what the server has of it before that. */
export function createThread(session: Session, room: Room, rootId: string): ThreadModel {
  const { client, userId, outbox, gestures, threads, escalations, people, cases } = session
  const { roomId } = room
  const fetched = new Map<string, MatrixEvent>()
  let loading = false
  let failure: Failure | undefined
  let closed = false
  const state = createStore<ThreadState>(build())

  function build(): ThreadState {
    const known = new Map(fetched)
    for (const event of room.getLiveTimeline().getEvents())
      if (event.getId() === rootId || rootOf(event) === rootId) known.set(event.getId()!, event)
    const root = room.findEventById(rootId)
    if (root) known.set(rootId, root)
    const events = [...known.values()].sort((a, b) =>
      a.getId() === rootId ? -1 : b.getId() === rootId ? 1 : a.getTs() - b.getTs(),
    )
    const its = gestures.all.get().filter((one) => one.roomId === roomId)
    const items = buildTimeline(
      events.flatMap((event) => viewOf(event, room) ?? []),
      {
        me: userId,
        thread: rootId,
        outbox: outbox.entries.get().filter((entry) => entry.roomId === roomId),
        escalations: escalations.all.get(),
        cases: new Map(),
        gestures: its,
        reactionsTo: (id) =>
          reactionsOf(
            annotationsOn(room, id),
            its.filter((one) => one.act.kind === 'remove' || one.eventId === id),
            userId,
          ),
        stateOf: (): MessageState => ({ kind: 'sent' }),
        atStart: false,
      },
    )
    return { items, loading, ...(failure ? { failure } : {}), follows: threads.follows(room, rootId) }
  }

  const refresh = coalesce(() => !closed && state.set(build()), 40, 160)
  const here = (event: MatrixEvent) => event.getRoomId() === roomId && refresh()
  const listeners = [
    [RoomEvent.Timeline, here],
    [RoomEvent.Redaction, here],
    [MatrixEventEvent.Decrypted, here],
    [MatrixEventEvent.Replaced, here],
  ] as const
  for (const [event, listener] of listeners) client.on(event as never, listener as never)
  const stops = [outbox.entries, gestures.all, threads.version, people.version, cases.known].map((one) =>
    one.subscribe(refresh),
  )

  /** All of it: whoever opens a thread wants to read it from its first message. */
  async function load(): Promise<void> {
    if (loading) return
    loading = true
    failure = undefined
    state.set(build())
    try {
      let from: string | undefined
      for (let page = 0; page < MOST_PAGES && !closed; page++) {
        const found = await client.relations(roomId, rootId, 'm.thread', null, {
          limit: PAGE,
          ...(from ? { from } : {}),
        })
        for (const event of [found.originalEvent, ...found.events]) {
          const id = event?.getId()
          if (event && id && !fetched.has(id)) fetched.set(id, room.findEventById(id) ?? event)
        }
        from = found.nextBatch ?? undefined
        if (!from) break
      }
    } catch (error) {
      failure = failureOf(error)
    } finally {
      loading = false
      if (!closed) state.set(build())
    }
  }
  void load()

  return {
    state,
    retry: () => void load(),
    markRead: () => void threads.markRead(room, rootId).catch(() => undefined),
    follow: (on) => threads.follow(room, rootId, on),
    close() {
      closed = true
      refresh.cancel()
      for (const [event, listener] of listeners) client.off(event as never, listener as never)
      for (const stop of stops) stop()
    },
  }
}

/** The first message of the thread a message is in. */
export const threadOf = (event: MatrixEvent | undefined): string | undefined => event && rootOf(event)
