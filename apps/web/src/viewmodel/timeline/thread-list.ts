import { type MatrixEvent, type Room, RoomEvent } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { threadOf, viewOf } from '../../model/timeline/event-view.ts'
import { excerptOf } from '../../model/timeline/message-excerpt.ts'
import type { ThreadLine, ThreadListModel } from './types.ts'

const PAGE = 30

/** The threads of a channel, the one written in last first: the server's list, over what is here. Those of cases stay with the cases. */
export function createThreadList(session: Session, room: Room): ThreadListModel {
  const { client, threads, cases } = session
  const { roomId } = room
  const roots = new Map<string, MatrixEvent>()
  let from: string | undefined
  let whole = false
  let loading = false
  let failure: Failure | undefined
  let closed = false
  const state = createStore(build())

  function build(): ReturnType<ThreadListModel['state']['get']> {
    const ids = new Set([...threads.rootsIn(room), ...roots.keys()])
    const lines = [...ids].flatMap((id) => line(id) ?? []).sort((a, b) => b.lastTs - a.lastTs)
    return { lines, loading, more: !whole, ...(failure ? { failure } : {}) }
  }

  function line(rootId: string): ThreadLine | undefined {
    if (cases.known.get().has(rootId)) return undefined
    const root = room.findEventById(rootId) ?? roots.get(rootId)
    const view = root && viewOf(root, room)
    // The forms and notes of a case hang on its envelope, which is no message.
    if (root && (!view || (!view.body && !view.redacted) || view.body?.type === 'unencrypted'))
      return undefined
    const here = room
      .getLiveTimeline()
      .getEvents()
      .filter((event) => event.status === null && threadOf(event) === rootId && viewOf(event, room)?.body)
    const bundle = (root ?? roots.get(rootId))?.getServerAggregatedRelation<{
      count?: unknown
      latest_event?: { origin_server_ts?: unknown }
    }>('m.thread')
    const told = bundle?.latest_event?.origin_server_ts
    const count = Math.max(here.length, typeof bundle?.count === 'number' ? bundle.count : 0)
    if (count === 0) return undefined
    return {
      rootId,
      sender: root?.getSender() ?? '',
      excerpt: excerptOf(view),
      count,
      lastTs: here.at(-1)?.getTs() ?? (typeof told === 'number' ? told : (root?.getTs() ?? 0)),
      unread: threads.unread(room, rootId),
      follows: threads.follows(room, rootId),
    }
  }

  async function load(): Promise<void> {
    if (loading || whole) return
    loading = true
    failure = undefined
    state.set(build())
    try {
      const found = await client.createThreadListMessagesRequest(roomId, from ?? null, PAGE)
      const map = client.getEventMapper()
      for (const raw of found.chunk ?? []) {
        const event = map(raw as never)
        await client.decryptEventIfNeeded(event)
        const id = event.getId()
        if (id) roots.set(id, event)
      }
      from = found.end
      whole = from === undefined
    } catch (error) {
      failure = failureOf(error)
    } finally {
      loading = false
      if (!closed) state.set(build())
    }
  }
  const refresh = coalesce(() => !closed && state.set(build()), 60, 240)
  const here = (event: MatrixEvent) => event.getRoomId() === roomId && refresh()
  client.on(RoomEvent.Timeline, here as never)
  const stops = [threads.version, cases.known].map((one) => one.subscribe(refresh))
  void load()

  return {
    state,
    loadMore: () => void load(),
    async markAllRead() {
      for (const { rootId, unread } of state.get().lines)
        if (unread > 0) await threads.markRead(room, rootId).catch(() => undefined)
    },
    close() {
      closed = true
      refresh.cancel()
      client.off(RoomEvent.Timeline, here as never)
      for (const stop of stops) stop()
    },
  }
}
