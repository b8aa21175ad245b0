import { caseEventType, caseUpdateEventType } from '@enlace/coordination'
import {
  ClientEvent,
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  NotificationCountType,
  type Room,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from 'matrix-js-sdk'
import { z } from 'zod'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { plainName } from '../../lib/plain-name.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { createGroupNames, type GroupNames } from '../../model/channels/group-names.ts'
import { type RoomKind, roomKind } from '../../model/channels/room-kind.ts'
import {
  createRoomPrefs,
  isArchived,
  isMarkedUnread,
  isMuteOver,
  muteOf,
  noticeLevelOf,
} from '../../model/channels/room-prefs.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { excerptOf } from '../../model/timeline/message-excerpt.ts'
import type { Channel, ChannelsModel, ChannelsState, Corridor } from './types.ts'

export function createChannels(session: Session): ChannelsModel {
  const { client, escalations, people } = session
  const names = createGroupNames(session)
  const prefs = createRoomPrefs(client, session.request)
  const state = createStore<ChannelsState>(read(session, names))
  let wake: ReturnType<typeof setTimeout> | undefined
  const refresh = coalesce(() => {
    state.set(read(session, names))
    clearTimeout(wake)
    wake = endMutes()
  }, 80)

  /** Rules whose time is over go; the list is drawn anew when the next one ends. */
  function endMutes(): ReturnType<typeof setTimeout> | undefined {
    const now = Date.now()
    for (const room of client.getRooms())
      if (isMuteOver(client, room, now)) void prefs.mute(room.roomId, undefined).catch(() => undefined)
    const next = Math.min(
      ...client.getRooms().map((room) => muteOf(client, room, now)?.until || Number.POSITIVE_INFINITY),
    )
    return next < now + MAX_TIMER_MS ? setTimeout(refresh, next - now + 50) : undefined
  }

  async function attempt(work: () => Promise<unknown>): Promise<Failure | undefined> {
    try {
      await work()
      return undefined
    } catch (error) {
      return failureOf(error)
    }
  }
  const events = [
    [RoomEvent.Timeline, refresh],
    [RoomEvent.MyMembership, refresh],
    [RoomEvent.Name, refresh],
    [RoomEvent.UnreadNotifications, refresh],
    [RoomEvent.Receipt, refresh],
    [RoomEvent.Redaction, refresh],
    [RoomEvent.Tags, refresh],
    [RoomEvent.AccountData, refresh],
    [ClientEvent.AccountData, refresh],
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
    names.version.subscribe(refresh),
  ]

  return {
    state,
    async accept(roomId) {
      const room = client.getRoom(roomId)
      const kind = room && kindOf(session, room)
      return attempt(async () => {
        // Whoever invited may have shared what was written before.
        await client.joinRoom(roomId, { acceptSharedHistory: true })
        people.need(roomId)
        if (kind?.kind === 'direct') await markDirect(session, kind.other, roomId)
      })
    },
    decline: (roomId) => attempt(() => client.leave(roomId)),
    leave: (roomId) => attempt(() => client.leave(roomId)),
    block: (userId, yes) =>
      attempt(async () => {
        const users = blockedUsers(client).filter((one) => one !== userId)
        await putAccountData(session, blockedType, { users: yes ? [...users, userId] : users })
        if (!yes) return
        for (const room of client.getRooms()) {
          const kind = kindOf(session, room)
          const inside = ['join', 'invite'].includes(room.getMyMembership())
          if (inside && kind.kind === 'direct' && kind.other === userId) await client.leave(room.roomId)
        }
      }),
    isBlocked: (userId) => blockedUsers(client).includes(userId),
    prefs,
    groupNames: names,
    close() {
      clearTimeout(wake)
      for (const [event, listener] of events) client.off(event as never, listener as never)
      for (const stop of stops) stop()
      refresh.cancel()
    },
  }
}

/** As long as timers go. */
const MAX_TIMER_MS = 2_000_000_000
/** As the node reads it (docs/enlace-api.md, "Conversations"). */
const blockedType = 'org.enlace.conversations.blocked'
const blockedSchema = z.object({ users: z.array(z.string()) })
const directSchema = z.record(z.string(), z.array(z.string()).catch([])).catch({})

function blockedUsers(client: MatrixClient): string[] {
  const parsed = blockedSchema.safeParse(client.getAccountData(blockedType as never)?.getContent())
  return parsed.success ? parsed.data.users : []
}

const putAccountData = (session: Pick<Session, 'request' | 'userId'>, type: string, content: object) =>
  session.request(
    'PUT',
    `/_matrix/client/v3/user/${encodeURIComponent(session.userId)}/account_data/${type}`,
    content,
  )

/** So that other Matrix clients show it as a conversation too (client-server API, "Direct Messaging"). */
async function markDirect(
  session: Pick<Session, 'client' | 'request' | 'userId'>,
  other: string,
  roomId: string,
) {
  const before = directSchema.parse(session.client.getAccountData('m.direct' as never)?.getContent() ?? {})
  const rooms = before[other] ?? []
  if (!rooms.includes(roomId))
    await putAccountData(session, 'm.direct', { ...before, [other]: [...rooms, roomId] })
}

function read(session: Session, names: GroupNames): ChannelsState {
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
      return isArchived(room) ? [] : [channelOf(session, names, room)]
    })
    return { roomId: space.roomId, name: plainName(space.name), channels }
  })
  const others = rooms.filter(
    (room) => room.getMyMembership() === 'join' && !room.isSpaceRoom() && !placed.has(room.roomId),
  )
  const shown = others.filter((room) => !isArchived(room)).map((room) => channelOf(session, names, room))
  const rest = shown.filter((one) => !isConversation(one.kind))
  if (rest.length > 0) corridors.push({ name: '', channels: rest })
  return {
    corridors,
    conversations: shown.filter((one) => isConversation(one.kind)).sort((a, b) => b.lastTs - a.lastTs),
    archived: rooms
      .filter((room) => room.getMyMembership() === 'join' && !room.isSpaceRoom() && isArchived(room))
      .map((room) => channelOf(session, names, room)),
    invites: rooms
      .filter((room) => room.getMyMembership() === 'invite')
      .map((room) => channelOf(session, names, room)),
  }
}

export const isConversation = (kind: RoomKind): boolean =>
  kind.kind === 'direct' || kind.kind === 'group' || kind.kind === 'conversation'

/** With whom, or the name that a group's people gave it; of other rooms the name they have. */
export function nameOf(session: Session, names: Pick<GroupNames, 'nameOf'>, room: Room): string {
  const kind = kindOf(session, room)
  if (kind.kind === 'direct') return session.people.person(kind.other, room.roomId).title
  return (kind.kind === 'group' && names.nameOf(room.roomId)) || plainName(room.name)
}

export { isMarkedUnread } from '../../model/channels/room-prefs.ts'

/** A topic is what a room is recognised for, never what it says of itself. */
export function topicOf(session: Session, room: Room): { topic: string; known: boolean; kind: RoomKind } {
  const kind = kindOf(session, room)
  if (kind.kind === 'channel') return { topic: kind.topic, known: true, kind }
  if (kind.kind === 'direct') return { topic: kind.other, known: false, kind }
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

function channelOf(session: Session, names: GroupNames, room: Room): Channel {
  const membership = room.getMyMembership() === 'invite' ? 'invite' : 'join'
  const invitedBy =
    membership === 'invite' ? room.getMember(session.userId)?.events.member?.getSender() : undefined
  const urgent = [...session.escalations.all.get().values()].filter(
    (one) => one.roomId === room.roomId && one.state === 'open',
  ).length
  const events = room.getLiveTimeline().getEvents()
  const kind = kindOf(session, room)
  const muted = muteOf(session.client, room, Date.now())
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
    name: nameOf(session, names, room),
    membership,
    markedUnread: isMarkedUnread(room),
    archived: isArchived(room),
    level: noticeLevelOf(session.client, room),
    ...(muted ? { muted } : {}),
    ...(invitedBy ? { invitedBy } : {}),
    unread:
      (room.getUnreadNotificationCount(NotificationCountType.Total) ?? 0) + unreadOfCases(session, room),
    mentions: room.getUnreadNotificationCount(NotificationCountType.Highlight) ?? 0,
    urgent,
    lastTs,
    ...(last ? { last } : {}),
  }
}
