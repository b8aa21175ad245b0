import { type MatrixClient, type MatrixEvent, type Room, RoomEvent, RoomStateEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { createStore } from '../../lib/store.ts'
import { viewOf } from './event-view.ts'
import type { EventView, Marked } from './types.ts'

const PINNED = 'm.room.pinned_events'
/** What somebody keeps for themselves, by room. Account data is not encrypted: it holds event ids and times alone. */
const STARRED = 'org.enlace.starred'
const MOST = 200

const pinnedSchema = z.object({ pinned: z.array(z.string()) })
const starredSchema = z.object({ events: z.record(z.string(), z.number()) })

/** Messages that were pinned for all of a channel, and those that this person starred. */
export function createMarked(client: MatrixClient, userId: string): Marked {
  const version = createStore(0)
  const rise = () => version.update((n) => n + 1)
  const onState = (event: MatrixEvent) => event.getType() === PINNED && rise()
  const onAccountData = (event: MatrixEvent) => event.getType() === STARRED && rise()
  client.on(RoomStateEvent.Events, onState)
  client.on(RoomEvent.AccountData, onAccountData)

  const pinned = (room: Room): string[] => {
    const parsed = pinnedSchema.safeParse(room.currentState.getStateEvents(PINNED, '')?.getContent())
    return parsed.success ? [...new Set(parsed.data.pinned)].slice(-MOST) : []
  }
  const stars = (room: Room): Record<string, number> => {
    const parsed = starredSchema.safeParse(room.getAccountData(STARRED)?.getContent())
    return parsed.success ? parsed.data.events : {}
  }
  return {
    version,
    pinned,
    mayPin: (room) => room.currentState.maySendStateEvent(PINNED, userId),
    async pin(room, eventId, on) {
      const rest = pinned(room).filter((id) => id !== eventId)
      const content = { pinned: on ? [...rest, eventId].slice(-MOST) : rest }
      await client.sendStateEvent(room.roomId, PINNED as never, content as never, '')
    },
    starred: (room) =>
      Object.entries(stars(room))
        .sort((a, b) => b[1] - a[1])
        .map(([id]) => id),
    async star(room, eventId, on) {
      const { [eventId]: _before, ...rest } = stars(room)
      const kept = Object.entries(rest).sort((a, b) => a[1] - b[1])
      const next = on ? [...kept.slice(1 - MOST), [eventId, Date.now()]] : kept
      await client.setRoomAccountData(
        room.roomId,
        STARRED as never,
        { events: Object.fromEntries(next) } as never,
      )
    },
    async look(room, eventId): Promise<EventView | undefined> {
      const here = room.findEventById(eventId)
      if (here) return viewOf(here, room)
      const event = client.getEventMapper()(await client.fetchRoomEvent(room.roomId, eventId))
      await client.decryptEventIfNeeded(event)
      return viewOf(event, room)
    },
    close() {
      client.off(RoomStateEvent.Events, onState)
      client.off(RoomEvent.AccountData, onAccountData)
    },
  }
}
