import { caseEventType, caseUpdateEventType } from '@enlace/coordination'
import {
  ClientEvent,
  type MatrixEvent,
  MatrixEventEvent,
  NotificationCountType,
  type Room,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from 'matrix-js-sdk'
import { failureOf } from '../../lib/failure.ts'
import { plainName } from '../../lib/plain-name.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { type RoomKind, roomKind } from '../../model/channels/room-kind.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { excerptOf } from '../../model/timeline/timeline-items.ts'
import type { Channel, ChannelsModel, ChannelsState, Corridor } from './types.ts'

export function createChannels(session: Session): ChannelsModel {
  const { client, escalations, people } = session
  const state = createStore<ChannelsState>(read(session))
  const refresh = coalesce(() => state.set(read(session)), 80)
  const events = [
    [RoomEvent.Timeline, refresh],
    [RoomEvent.MyMembership, refresh],
    [RoomEvent.Name, refresh],
    [RoomEvent.UnreadNotifications, refresh],
    [RoomEvent.Receipt, refresh],
    [RoomEvent.Redaction, refresh],
    [RoomStateEvent.Events, refresh],
    [RoomMemberEvent.Name, refresh],
    [MatrixEventEvent.Decrypted, refresh],
    [ClientEvent.Room, refresh],
    [ClientEvent.Sync, refresh],
  ] as const
  for (const [event, listener] of events) client.on(event as never, listener as never)
  const stops = [
    escalations.all.subscribe(refresh),
    session.cases.known.subscribe(refresh),
    people.version.subscribe(refresh),
    session.trust.version.subscribe(refresh),
  ]

  return {
    state,
    async accept(roomId) {
      try {
        // Whoever invited may have shared what was written before.
        await client.joinRoom(roomId, { acceptSharedHistory: true })
        people.need(roomId)
        return undefined
      } catch (error) {
        return failureOf(error)
      }
    },
    async decline(roomId) {
      try {
        await client.leave(roomId)
        return undefined
      } catch (error) {
        return failureOf(error)
      }
    },
    close() {
      for (const [event, listener] of events) client.off(event as never, listener as never)
      for (const stop of stops) stop()
      refresh.cancel()
    },
  }
}

function read(session: Session): ChannelsState {
  const rooms = session.client.getRooms()
  const spaces = rooms.filter((room) => room.isSpaceRoom() && room.getMyMembership() === 'join')
  const placed = new Set<string>()
  const corridors: Corridor[] = spaces.map((space) => {
    const children = space.currentState
      .getStateEvents('m.space.child')
      .filter((event) => Array.isArray(event.getContent()['via']))
      .map((event) => ({ roomId: event.getStateKey()!, order: String(event.getContent()['order'] ?? '~') }))
      .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    const channels = children.flatMap(({ roomId }) => {
      const room = session.client.getRoom(roomId)
      if (room?.getMyMembership() !== 'join' || placed.has(roomId)) return []
      placed.add(roomId)
      return [channelOf(session, room)]
    })
    return { roomId: space.roomId, name: plainName(space.name), channels }
  })
  const others = rooms.filter(
    (room) => room.getMyMembership() === 'join' && !room.isSpaceRoom() && !placed.has(room.roomId),
  )
  if (others.length > 0)
    corridors.push({ name: '', channels: others.map((room) => channelOf(session, room)) })
  return {
    corridors,
    invites: rooms
      .filter((room) => room.getMyMembership() === 'invite')
      .map((room) => channelOf(session, room)),
  }
}

/** A topic is what a room is recognised for, never what it says of itself. */
export function topicOf(session: Session, room: Room): { topic: string; known: boolean; kind: RoomKind } {
  const kind = kindOf(session, room)
  if (kind.kind === 'channel') return { topic: kind.topic, known: true, kind }
  const alias = room.getCanonicalAlias()?.split(':')[0]?.slice(1) ?? plainName(room.name)
  return { topic: alias, known: false, kind }
}

export const kindOf = (session: Session, room: Room): RoomKind =>
  roomKind(session.client, session.trust.encryptionOf, room)

const LOOK_BACK = 300

/** Cases opened, and notes and documents in them, since the channel was last read: the SDK counts neither. */
function unreadOfCases(session: Session, room: Room): number {
  const events = room.getLiveTimeline().getEvents()
  const readUpTo = room.getEventReadUpTo(session.userId)
  const known = session.cases.known.get()
  let unread = 0
  for (let at = events.length - 1; at >= 0 && at > events.length - LOOK_BACK; at -= 1) {
    const event = events[at]!
    if (event.getId() === readUpTo) return unread
    if (event.getSender() === session.userId) continue
    if (event.getType() === caseEventType) unread += 1
    else if (
      event.isEncrypted() &&
      event.getType() === 'm.room.message' &&
      known.has(event.threadRootId ?? '')
    )
      unread += 1
  }
  return unread
}

/** The case an event opens or moves. */
function caseEventOf(event: MatrixEvent): string | undefined {
  if (event.getType() === caseEventType) return event.getId()
  if (event.getType() !== caseUpdateEventType) return undefined
  return event.getContent()['m.relates_to']?.event_id
}

function channelOf(session: Session, room: Room): Channel {
  const membership = room.getMyMembership() === 'invite' ? 'invite' : 'join'
  const invitedBy =
    membership === 'invite' ? room.getMember(session.userId)?.events.member?.getSender() : undefined
  const urgent = [...session.escalations.all.get().values()].filter(
    (one) => one.roomId === room.roomId && one.state === 'open',
  ).length
  const events = room.getLiveTimeline().getEvents()
  const kind = kindOf(session, room)
  let last: Channel['last']
  let lastTs = 0
  for (let at = events.length - 1; at >= 0 && at > events.length - 40; at -= 1) {
    const event = events[at]!
    const view = viewOf(event, room)
    const caseId = caseEventOf(event) ?? view?.thread
    const reference =
      caseId === undefined || kind.kind !== 'channel'
        ? undefined
        : session.cases.known.get().get(caseId)?.reference
    if (reference !== undefined) {
      const sender = event.getSender() ?? ''
      last = { sender, mine: sender === session.userId, kind: 'case', text: reference }
      lastTs = event.getTs()
      break
    }
    if (!view?.body || view.redacted || view.body.type === 'unencrypted') continue
    const text = excerptOf(view)
    last = {
      sender: view.sender,
      mine: view.sender === session.userId,
      kind:
        view.body.type === 'undecryptable' || view.body.type === 'unsupported'
          ? 'hidden'
          : view.body.type === 'video'
            ? 'file'
            : view.body.type,
      ...(text ? { text } : {}),
    }
    lastTs = view.ts
    break
  }
  return {
    roomId: room.roomId,
    ...topicOf(session, room),
    name: plainName(room.name),
    membership,
    ...(invitedBy ? { invitedBy } : {}),
    unread:
      (room.getUnreadNotificationCount(NotificationCountType.Total) ?? 0) + unreadOfCases(session, room),
    mentions: room.getUnreadNotificationCount(NotificationCountType.Highlight) ?? 0,
    urgent,
    lastTs,
    ...(last ? { last } : {}),
  }
}
