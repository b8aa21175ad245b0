/** Who may see which event: room history visibility for users (client-server API) and for servers (server-server API). */
import { type Pdu, redact, serverNameOf, stateKeyOf } from '@enlace/room-model'
import type { Standing } from './members.ts'
import { membershipIn, type Room } from './room.ts'
import type { Membership, RoomStore, StoredEvent, Visible } from './types.ts'

type Visibility = 'world_readable' | 'shared' | 'invited' | 'joined'

function visibilityIn(event: StoredEvent | undefined): Visibility {
  const value = event?.pdu.content['history_visibility']
  return value === 'world_readable' || value === 'invited' || value === 'joined' ? value : 'shared'
}

export function createVisibility(
  store: RoomStore,
  standing: (roomId: string, userId: string) => Promise<Standing>,
  isErased: (userId: string) => boolean,
  open: (roomId: string) => Promise<Room | undefined>,
): Pick<Visible, 'visibleTo' | 'accessEvent' | 'visibleToServer'> {
  async function stateEvent(
    group: string | undefined,
    type: string,
    key: string,
  ): Promise<StoredEvent | undefined> {
    if (group === undefined) return undefined
    const id = (await store.groups.get(group)).get(stateKeyOf(type, key))
    return id === undefined ? undefined : store.events.get(id)
  }

  /** The more permissive of the visibility before and after the event: the event that changes it is judged by both. */
  async function visibilityAt(event: StoredEvent): Promise<Visibility> {
    const order: Visibility[] = ['joined', 'invited', 'shared', 'world_readable']
    const [before, after] = await Promise.all(
      [event.before, event.after].map((group) => stateEvent(group, 'm.room.history_visibility', '')),
    )
    if (event.pdu.type !== 'm.room.history_visibility' || !before) return visibilityIn(after ?? before)
    const [a, b] = [visibilityIn(before), visibilityIn(after)]
    return order.indexOf(a) > order.indexOf(b) ? a : b
  }

  async function membershipAt(event: StoredEvent, userId: string): Promise<Membership | undefined> {
    const own = event.pdu.type === 'm.room.member' && event.pdu.state_key === userId
    const before = await stateEvent(event.before, 'm.room.member', userId)
    const was = before && membershipIn(before)
    if (!own) return was
    const is = membershipIn(event)
    // One's own joining and leaving can both be seen.
    return was === 'join' || is === 'join' ? 'join' : (is ?? was)
  }

  /** @param now how the user stands with the event's room */
  async function sees(userId: string, now: Standing, event: StoredEvent): Promise<boolean> {
    const visibility = await visibilityAt(event)
    if (visibility === 'world_readable') return true
    const then = await membershipAt(event, userId)
    const ofOwn = event.pdu.type === 'm.room.member' && event.pdu.state_key === userId
    if (ofOwn && then !== undefined) return true
    // Also what a server wrote that had not heard of the leaving yet: here it came after.
    if (now.left && (now.left.pos === undefined || (event.pos ?? 0) > now.left.pos)) return false
    if (then === 'join') return true
    if (visibility === 'invited') return then === 'invite' && now.joinedEver
    if (visibility !== 'shared') return false
    // Shared: whoever joined at some time sees what came before, but nothing after leaving.
    if (now.membership === 'join') return true
    return now.left !== undefined
  }

  /**
   * What an erased account said is redacted for whoever was not in the room then (client-server API, "Account deactivation").
   * NOTSPEC: also for those who came between the words and the erasure; when they came is not kept.
   */
  async function asShown(event: StoredEvent, userId: string): Promise<StoredEvent> {
    if (!isErased(event.pdu.sender) || (await membershipAt(event, userId)) === 'join') return event
    return { ...event, pdu: redact(event.pdu, event.version) }
  }

  async function visibleTo(userId: string, events: readonly StoredEvent[]): Promise<StoredEvent[]> {
    const out: StoredEvent[] = []
    const standings = new Map<string, Standing>()
    for (const event of events) {
      const now = standings.get(event.roomId) ?? (await standing(event.roomId, userId))
      standings.set(event.roomId, now)
      if (await sees(userId, now, event)) out.push(await asShown(event, userId))
    }
    return out
  }

  return {
    visibleTo,

    async accessEvent(userId, id) {
      const event = await store.events.get(id)
      if (!event || event.outlier || event.verdict !== 'accept') return undefined
      return (await visibleTo(userId, [event]))[0]
    },

    async visibleToServer(serverName, events) {
      const out: Pdu[] = []
      for (const event of events) {
        const visibility = await visibilityAt(event)
        const open =
          !isErased(event.pdu.sender) && (visibility === 'world_readable' || visibility === 'shared')
        out.push(
          open || (await holdsFor(event, serverName)) || (await hadMember(event, serverName, visibility))
            ? event.pdu
            : redact(event.pdu, event.version),
        )
      }
      return out
    },
  }

  /** State that holds now is no secret from a server in the room: it decides by it, and is told all of it at any time. */
  async function holdsFor({ eventId, roomId, pdu }: StoredEvent, serverName: string): Promise<boolean> {
    if (pdu.state_key === undefined) return false
    const room = await open(roomId)
    return (
      room?.servers.has(serverName) === true &&
      room.state.get(stateKeyOf(pdu.type, pdu.state_key)) === eventId
    )
  }

  async function hadMember(event: StoredEvent, serverName: string, visibility: Visibility): Promise<boolean> {
    if (serverNameOf(event.pdu.sender) === serverName) return true
    const group = event.after ?? event.before
    if (group === undefined) return false
    const ids: string[] = []
    for (const [key, id] of await store.groups.get(group)) {
      if (
        key.startsWith('m.room.member\u0000') &&
        serverNameOf(key.slice('m.room.member\u0000'.length)) === serverName
      )
        ids.push(id)
    }
    return (await store.events.getMany(ids)).some((member) => {
      const membership = membershipIn(member)
      return membership === 'join' || (visibility === 'invited' && membership === 'invite')
    })
  }
}
