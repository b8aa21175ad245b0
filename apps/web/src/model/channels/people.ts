import { type MatrixClient, type Room, type RoomMember, RoomStateEvent } from 'matrix-js-sdk'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { plainName } from '../../lib/plain-name.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { localpartOf, serverNameOf } from '../../lib/user-id.ts'
import type { MemberRecord } from '../session/records.ts'
import type { EnlaceApi } from '../session/types.ts'
import type { People, Person } from './types.ts'

export function createPeople(client: MatrixClient, api: EnlaceApi, database: OwnDatabase): People {
  const version = createStore(0)
  const known = new Map<string, MemberRecord>()
  const asked = new Set<string>()
  /** By what they say of themselves: of whom no room tells. */
  const met = new Map<string, string>()
  const stale = new Set<string>()
  const changed = () => version.update((n) => n + 1)

  async function refresh(roomId: string): Promise<void> {
    asked.add(roomId)
    try {
      const members = await api.members(roomId)
      if (members === undefined) return
      await database.put('facts', `people:${roomId}`, members)
      learn(members)
    } catch {
      // Offline: the copy kept on this device serves, and the next change or connection asks again.
      asked.delete(roomId)
    }
  }

  function learn(members: readonly MemberRecord[]): void {
    for (const member of members) known.set(member.user_id, member)
    changed()
  }

  function need(roomId: string): void {
    if (asked.has(roomId)) return
    asked.add(roomId)
    void database
      .get('facts', `people:${roomId}`)
      .then((kept) => Array.isArray(kept) && learn(kept as MemberRecord[]))
      .finally(() => refresh(roomId))
  }

  function meet(userId: string): void {
    if (known.has(userId) || met.has(userId) || client.getUser(userId)?.displayName) return
    met.set(userId, '')
    client.getProfileInfo(userId, 'displayname').then(
      ({ displayname }) => {
        if (!displayname) return
        met.set(userId, displayname)
        changed()
      },
      // Not reached: the next view that names them asks again.
      () => met.delete(userId),
    )
  }

  const refreshStale = coalesce(() => {
    for (const roomId of stale) void refresh(roomId)
    stale.clear()
  }, 800)
  const onMembers = (_event: unknown, _state: unknown, member: RoomMember) => {
    if (asked.has(member.roomId)) {
      stale.add(member.roomId)
      refreshStale()
    }
    changed()
  }
  client.on(RoomStateEvent.Members, onMembers)

  function person(userId: string, roomId?: string): Person {
    const record = known.get(userId)
    const member = roomId ? client.getRoom(roomId)?.getMember(userId) : undefined
    const own = member?.rawDisplayName
    const name =
      [
        record?.display_name,
        own === userId ? undefined : own,
        client.getUser(userId)?.displayName,
        met.get(userId),
      ]
        .map((one) => plainName(one ?? ''))
        .find((one) => one !== '') ?? localpartOf(userId)
    const institution = plainName(record?.institution_name ?? '')
    return {
      userId,
      name,
      title: `${name} · ${institution || serverNameOf(userId)}`,
      membership: member?.membership ?? record?.membership ?? 'leave',
      ...(record?.institution ? { institution: record.institution } : {}),
      ...(institution ? { institutionName: institution } : {}),
      ...(record?.country ? { country: record.country } : {}),
      ...(record?.role ? { role: record.role } : {}),
    }
  }

  return {
    version,
    person,
    members: (roomId) => membersOf(client.getRoom(roomId)).map((member) => person(member.userId, roomId)),
    roleOf: (userId) => known.get(userId)?.role ?? undefined,
    need,
    meet,
    refresh,
    close() {
      client.off(RoomStateEvent.Members, onMembers)
      refreshStale.cancel()
    },
  }
}

function membersOf(room: Room | null): RoomMember[] {
  return room?.getMembers().filter((one) => one.membership === 'join' || one.membership === 'invite') ?? []
}
