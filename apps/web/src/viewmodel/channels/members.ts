import type { MatrixClient, Room } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { typedUserId } from '../../lib/user-id.ts'
import type { Person } from '../../model/channels/types.ts'
import type { Session } from '../../model/session/types.ts'

export interface MemberGroup {
  key: string
  institutionName?: string
  country?: string
  people: Person[]
}

/** People of a channel by institution: by country and name, those without a known institution last. */
export function groupMembers(people: readonly Person[]): MemberGroup[] {
  const groups = new Map<string, MemberGroup>()
  for (const person of people) {
    const key = person.institution ?? ''
    const group = groups.get(key) ?? {
      key,
      ...(person.institutionName ? { institutionName: person.institutionName } : {}),
      ...(person.country ? { country: person.country } : {}),
      people: [],
    }
    group.people.push(person)
    groups.set(key, group)
  }
  const order = (group: MemberGroup) => `${group.country ?? ''} ${group.institutionName ?? ''}`
  const unknown = (group: MemberGroup) => Number(group.key === '')
  for (const group of groups.values()) group.people.sort((a, b) => a.name.localeCompare(b.name, 'es'))
  return [...groups.values()].sort(
    (a, b) => unknown(a) - unknown(b) || order(a).localeCompare(order(b), 'es'),
  )
}

/** Rights by the room's power levels; from room version 12 on, its creators stand above all levels. */
export function rightsIn(
  room: Room,
  userId: string,
): { invite: boolean; remove(target: string): boolean; redactOthers: boolean } {
  const levels = room.currentState.getStateEvents('m.room.power_levels', '')?.getContent() ?? {}
  const own = powerOf(room, userId)
  const need = (key: string, fallback: number) => (typeof levels[key] === 'number' ? levels[key] : fallback)
  return {
    invite: room.canInvite(userId),
    remove: (target) => target !== userId && own >= need('kick', 50) && own > powerOf(room, target),
    redactOthers: own >= need('redact', 50),
  }
}

function powerOf(room: Room, userId: string): number {
  return room.getMember(userId)?.powerLevel ?? 0
}

export interface Candidate {
  userId: string
  name: string
}

export async function findPeople(client: MatrixClient, term: string, room: Room): Promise<Candidate[]> {
  if (term.trim().length < 2) return []
  const answer = await client.searchUserDirectory({ term: term.trim(), limit: 12 })
  return answer.results
    .filter((one) => !['join', 'invite'].includes(room.getMember(one.user_id)?.membership ?? ''))
    .map((one) => ({ userId: one.user_id, name: one.display_name ?? one.user_id }))
}

/** A whole address, with or without the `@`; a name alone is of this server. */
export function addressOf(typed: string, ownServer: string): string | undefined {
  // Names of people have spaces; addresses have none but those around them.
  if (/\S\s+\S/.test(typed.replace(/[\p{Cc}\p{Cf}]/gu, ''))) return undefined
  const text = typedUserId(typed)
  if (/^@[^:@]+:[^@]+$/.test(text)) return text
  if (/^@?[a-z0-9._=/+-]+$/.test(text)) return `@${text.replace(/^@/, '')}:${ownServer}`
  return undefined
}

/** What became of what was written before; `not_shared`: the channel's rule keeps it from newcomers. */
export type SharedBefore = Awaited<ReturnType<Session['history']['shareWithInvited']>> | 'failed'

/** Invites, and shares with them what newcomers may read (MSC4268). */
export async function invite(
  session: Session,
  roomId: string,
  userId: string,
): Promise<{ shared: SharedBefore } | Failure> {
  try {
    await session.request('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`, {
      user_id: userId,
    })
    return { shared: await session.history.shareWithInvited(roomId, userId).catch(() => 'failed' as const) }
  } catch (error) {
    return failureOf(error)
  }
}

/** Removes a member. No reason is asked for: memberships travel unencrypted, and a name in one would be readable. */
export async function removeMember(
  session: Session,
  roomId: string,
  userId: string,
): Promise<Failure | undefined> {
  try {
    await session.request('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/kick`, {
      user_id: userId,
    })
    return undefined
  } catch (error) {
    return failureOf(error)
  }
}
