import type { CaseState } from '@enlace/coordination'
import {
  type EventTimeline,
  type EventTimelineSet,
  type MatrixEvent,
  MatrixEventEvent,
  type Room,
  RoomEvent,
  RoomMemberEvent,
} from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { annotationsOn, reactionsOf } from '../../model/timeline/reactions.ts'
import { buildTimeline, messageStates } from '../../model/timeline/timeline-items.ts'
import type { EventView, MessageState } from '../../model/timeline/types.ts'
import { kindOf } from '../channels/channel-list.ts'
import type { TimelineModel, TimelineState } from './types.ts'

const START_INDEX = 1_000_000
const PAGE = 30
const NO_CASES: ReadonlyMap<string, CaseState> = new Map()

export function createTimeline(session: Session, room: Room): TimelineModel {
  const { client, userId, outbox, gestures, threads, escalations, cases, people } = session
  const roomId = room.roomId
  let anchor: EventTimeline | undefined
  let loadingOlder = false
  let failure: Failure | undefined
  let typing: readonly string[] = []
  let firstIndex = START_INDEX
  let first: { key: string; at: number } | undefined
  let closed = false
  const readUpTo =
    room.getAccountData('m.fully_read')?.getContent()['event_id'] ?? room.getEventReadUpTo(userId)
  const openedAtRead = typeof readUpTo === 'string' && somethingNewAfter(readUpTo) ? readUpTo : undefined
  const toEnd = createStore(0)
  const state = createStore<TimelineState>(build())

  /** Whether others have written since: only then is there a line above the new messages. */
  function somethingNewAfter(eventId: string): boolean {
    const events = room.getLiveTimeline().getEvents()
    const at = events.findIndex((event) => event.getId() === eventId)
    return at >= 0 && events.slice(at + 1).some((event) => !event.isState() && event.getSender() !== userId)
  }

  /** The chain of loaded timelines around the one shown, oldest event first. */
  function shown(): { events: MatrixEvent[]; oldest: EventTimeline; newest: EventTimeline } {
    const start = anchor ?? room.getLiveTimeline()
    const chain = [start]
    for (
      let one = start.getNeighbouringTimeline('b' as never);
      one;
      one = one.getNeighbouringTimeline('b' as never)
    )
      chain.unshift(one)
    for (
      let one = start.getNeighbouringTimeline('f' as never);
      one;
      one = one.getNeighbouringTimeline('f' as never)
    )
      chain.push(one)
    return { events: chain.flatMap((one) => one.getEvents()), oldest: chain[0]!, newest: chain.at(-1)! }
  }

  function build(): TimelineState {
    const { events, oldest, newest } = shown()
    const live = newest === room.getLiveTimeline()
    const views: EventView[] = []
    const order: string[] = []
    for (const event of events) {
      const view = viewOf(event, room)
      const id = event.getId()
      if (id && event.status === null) order.push(id)
      if (view) views.push(view)
    }
    const mine = views.filter((view) => view.sender === userId).map((view) => view.id)
    const states = messageStates(mine, order, receipts())
    const its = gestures.all.get().filter((one) => one.roomId === roomId)
    const items = buildTimeline(views, {
      me: userId,
      outbox: live ? outbox.entries.get().filter((entry) => entry.roomId === roomId) : [],
      escalations: escalations.all.get(),
      // Cases live in channels of the network; in a room that only says it is one there are none.
      cases: kindOf(session, room).kind === 'channel' ? cases.known.get() : NO_CASES,
      gestures: its,
      threadUnread: (id) => threads.unread(room, id),
      ...(live ? {} : { threadCount: (id: string) => bundledCount(room.findEventById(id)) }),
      reactionsTo: (id) =>
        reactionsOf(
          annotationsOn(room, id),
          its.filter((one) => one.act.kind === 'remove' || one.eventId === id),
          userId,
        ),
      stateOf: (id): MessageState => states.get(id) ?? { kind: 'sent' },
      ...(openedAtRead ? { readUpTo: openedAtRead } : {}),
      canAsk: ['ready', 'unsaved'].includes(session.encryption.state.get()),
      atStart: oldest.getPaginationToken('b' as never) === null,
    })
    // Virtuoso keeps its place when older items come, as long as the index of the first one falls by their number.
    if (first) {
      const now = items.findIndex((item) => item.key === first?.key)
      firstIndex = now < 0 ? START_INDEX : firstIndex - (now - first.at)
    }
    const at = items.findIndex(
      (item) =>
        item.kind === 'message' ||
        item.kind === 'members' ||
        item.kind === 'escalation' ||
        item.kind === 'case' ||
        item.kind === 'thing' ||
        item.kind === 'closed' ||
        item.kind === 'hidden',
    )
    first = at < 0 ? undefined : { key: items[at]!.key, at }
    return {
      items,
      firstIndex,
      newest: live ? order.at(-1) : undefined,
      live,
      loadingOlder,
      ...(failure ? { failure } : {}),
      typing,
    }
  }

  function receipts(): Map<string, string> {
    const found = new Map<string, string>()
    for (const member of room.getJoinedMembers()) {
      if (member.userId === userId) continue
      const eventId = room.getEventReadUpTo(member.userId)
      if (eventId) found.set(member.userId, eventId)
    }
    return found
  }

  const refresh = coalesce(() => !closed && state.set(build()), 40, 160)
  const here = (event: MatrixEvent) => {
    if (event.getRoomId() !== roomId) return
    refresh()
  }
  const onRoom = (_event: MatrixEvent, its: Room) => its.roomId === roomId && refresh()
  const onReset = (its: Room | undefined) => its?.roomId === roomId && refresh()
  const onTyping = () => {
    typing = room
      .getMembers()
      .filter((member) => member.typing && member.userId !== userId)
      .map((member) => member.userId)
    refresh()
  }
  const listeners = [
    [RoomEvent.Timeline, here],
    [RoomEvent.LocalEchoUpdated, here],
    [RoomEvent.Redaction, here],
    [RoomEvent.Receipt, onRoom],
    [RoomEvent.TimelineReset, onReset],
    [MatrixEventEvent.Decrypted, here],
    [MatrixEventEvent.Replaced, here],
    [RoomMemberEvent.Typing, onTyping],
  ] as const
  for (const [event, listener] of listeners) client.on(event as never, listener as never)
  const stops = [
    outbox.entries,
    gestures.all,
    threads.version,
    escalations.all,
    cases.known,
    people.version,
    session.trust.version,
    session.encryption.state,
  ].map((one) => one.subscribe(refresh))
  people.need(roomId)
  void room.loadMembersIfNeeded().then(refresh, () => undefined)
  if (state.get().items.filter((item) => item.kind === 'message').length < 12) void loadOlder()

  async function loadOlder(): Promise<void> {
    const { oldest } = shown()
    if (loadingOlder || oldest.getPaginationToken('b' as never) === null) return
    loadingOlder = true
    failure = undefined
    state.set(build())
    try {
      await client.paginateEventTimeline(oldest, { backwards: true, limit: PAGE })
    } catch (error) {
      failure = failureOf(error)
    } finally {
      loadingOlder = false
      if (!closed) state.set(build())
    }
  }

  return {
    state,
    toEnd,
    loadOlder,
    async loadNewer() {
      const { newest } = shown()
      if (newest === room.getLiveTimeline() || newest.getPaginationToken('f' as never) === null) return
      await client.paginateEventTimeline(newest, { backwards: false, limit: PAGE }).catch(() => false)
      refresh()
    },
    async show(eventId) {
      const set: EventTimelineSet = room.getUnfilteredTimelineSet()
      try {
        const timeline = await client.getEventTimeline(set, eventId)
        if (!timeline) return false
        anchor = timeline === room.getLiveTimeline() ? undefined : timeline
        const { newest } = shown()
        if (newest === room.getLiveTimeline()) anchor = undefined
        first = undefined
        firstIndex = START_INDEX
        state.set(build())
        return state.get().items.some((item) => item.key === eventId)
      } catch (error) {
        failure = failureOf(error)
        refresh()
        return false
      }
    },
    backToLive() {
      toEnd.update((n) => n + 1)
      if (!anchor) return
      anchor = undefined
      first = undefined
      firstIndex = START_INDEX
      state.set(build())
    },
    markRead() {
      void threads.markChannelRead(room, (rootId) => !cases.known.get().has(rootId)).catch(() => undefined)
    },
    close() {
      closed = true
      refresh.cancel()
      for (const [event, listener] of listeners) client.off(event as never, listener as never)
      for (const stop of stops) stop()
    },
  }
}

/** How many messages the server says a thread has, where it said so with the first. */
function bundledCount(event: MatrixEvent | undefined): number {
  const bundle = event?.getServerAggregatedRelation<{ count?: unknown }>('m.thread')
  return typeof bundle?.count === 'number' ? bundle.count : 0
}
