import { Direction, Filter, type MatrixClient, type MatrixEvent, type Room } from 'matrix-js-sdk'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { createStore } from '../../lib/store.ts'
import { viewOf } from '../timeline/event-view.ts'
import { indexView } from './follow-words.ts'
import { type LookedSpan, readLookedBack, writeLookedBack } from './looked-back.ts'
import { MAX_KEPT } from './search-index.ts'
import type { LookBack, LookBackState, SearchIndex } from './types.ts'

const AT_ONCE = 100

/** A walk through one channel, from what the page has to its beginning. */
interface Walk {
  room: Room
  token: string | undefined
  /** everything since then has been looked at */
  to: number
  /** from an earlier day, not reached yet */
  earlier?: LookedSpan
  /** since when it is looked at without a gap */
  from: number
}

export interface Page {
  events: MatrixEvent[]
  next: string | undefined
}

/** One page of a channel, opened as far as this device can. Nothing of it stays in the timelines: it would fill the memory. */
export function pagesOf(client: MatrixClient): (room: Room, token: string) => Promise<Page> {
  const filter = new Filter(client.getUserId())
  filter.setDefinition({ room: { timeline: { types: ['m.room.encrypted'] } } })
  return async (room, token) => {
    const { chunk, end } = await client.createMessagesRequest(
      room.roomId,
      token,
      AT_ONCE,
      Direction.Backward,
      filter,
    )
    // What cannot be opened yet is found once its key comes: the client tells whoever follows the words.
    const events = chunk.map(client.getEventMapper({ decrypt: false }))
    for (const event of events) await client.decryptEventIfNeeded(event)
    return { events, next: end }
  }
}

export function createLookBack(args: {
  client: Pick<MatrixClient, 'getRoom'>
  page: (room: Room, token: string) => Promise<Page>
  searchIndex: Pick<SearchIndex, 'put' | 'remove' | 'has' | 'load' | 'size'>
  database: Pick<OwnDatabase, 'get' | 'put'>
  maxKept?: number
}): LookBack {
  const { client, page, searchIndex, database, maxKept = MAX_KEPT } = args
  const state = createStore<LookBackState>({
    running: false,
    looked: 0,
    closed: 0,
    done: false,
    full: false,
    failed: false,
  })
  let stopped = true

  function begin(room: Room, earlier: LookedSpan | undefined): Walk {
    const timeline = room.getLiveTimeline()
    const events = timeline.getEvents()
    const from = events.at(-1)?.getTs() ?? Date.now()
    const to = events[0]?.getTs() ?? from
    const token = timeline.getPaginationToken(Direction.Backward) ?? undefined
    if (earlier && to <= earlier.from)
      return { room, from, to: Math.min(to, earlier.to), token: earlier.token }
    return { room, from, to, token, ...(earlier ? { earlier } : {}) }
  }

  /** @returns whether the walk goes on */
  async function step(walk: Walk): Promise<boolean> {
    const { events, next } = await page(walk.room, walk.token!)
    if (stopped) return false
    const edits = new Map<string, MatrixEvent>()
    for (const event of events) {
      const target = event.isRelation('m.replace') ? event.relationEventId : undefined
      // The newest comes first.
      if (target && !edits.has(target)) edits.set(target, event)
    }
    let closed = 0
    for (const event of events) {
      const id = event.getId()
      if (!id || searchIndex.has(id)) continue
      const edit =
        edits.get(id) ??
        walk.room.relations
          .getChildEventsForEvent(id, 'm.replace', event.getType())
          ?.getRelations()
          .sort((a, b) => b.getTs() - a.getTs())[0]
      if (edit && !event.replacingEvent()) event.makeReplaced(edit)
      const view = viewOf(event, walk.room)
      if (view?.body?.type === 'undecryptable') closed += 1
      if (view) indexView(searchIndex, walk.room.roomId, view)
    }
    walk.to = Math.min(walk.to, events.at(-1)?.getTs() ?? walk.to)
    walk.token = next
    const { earlier } = walk
    if (earlier && walk.to <= earlier.from) {
      walk.token = earlier.token
      walk.to = earlier.to
      delete walk.earlier
    }
    state.update((before) => ({
      ...before,
      looked: before.looked + events.length,
      closed: before.closed + closed,
    }))
    return true
  }

  return {
    state,
    async start(roomIds) {
      if (state.get().running) return
      stopped = false
      state.set({ running: true, looked: 0, closed: 0, done: false, full: false, failed: false })
      try {
        await searchIndex.load()
        const spans = await readLookedBack(database)
        const walks = roomIds.flatMap((roomId) => {
          const room = client.getRoom(roomId)
          return room?.getMyMembership() === 'join' ? [begin(room, spans[roomId])] : []
        })
        const tell = () => {
          const open = walks.filter((one) => one.token !== undefined)
          const since = Math.max(...(open.length > 0 ? open : walks).map((one) => one.to))
          state.update((before) => ({
            ...before,
            ...(walks.length > 0 ? { since } : {}),
            done: open.length === 0,
          }))
          return open
        }
        for (;;) {
          // The channel that is least far back goes next, so that they are looked at evenly.
          const walk = tell().sort((a, b) => b.to - a.to)[0]
          if (!walk || stopped) break
          if ((await searchIndex.size()) >= maxKept) {
            state.update((before) => ({ ...before, full: true }))
            break
          }
          if (!(await step(walk))) break
          // Of what is still parted from an earlier day's only the earlier one is remembered.
          if (!walk.earlier) {
            const { from, to, token, room } = walk
            spans[room.roomId] = { from, to, ...(token === undefined ? {} : { token }) }
            await writeLookedBack(database, spans)
          }
        }
      } catch {
        state.update((before) => ({ ...before, failed: true }))
      } finally {
        stopped = true
        state.update((before) => ({ ...before, running: false }))
      }
    },
    stop() {
      stopped = true
    },
  }
}
