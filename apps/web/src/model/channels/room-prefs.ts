/**
 * How a person wants a channel in their list. All of it is in their account, as the specification has it, so that it is the same on
 * every device and in other Matrix clients: tags, `m.marked_unread`, push rules. How long a channel is muted is beside its rule.
 */
import { EventType, type MatrixClient, type Room } from 'matrix-js-sdk'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import type { AuthedRequest } from '../../lib/request.ts'

export const muteType = 'org.enlace.mute'
export const markedUnreadType = 'm.marked_unread'
const archiveTag = 'm.lowpriority'

/** `until` 0: until it is taken back. */
export type Mute = { until: number }

const muteSchema = z.object({ until: z.number().int().nonnegative() })
const ruleSchema = z.object({ rule_id: z.string(), enabled: z.boolean(), actions: z.array(z.unknown()) })
const rulesSchema = z.object({
  global: z.object({ override: z.array(z.unknown()).catch([]), room: z.array(z.unknown()).catch([]) }),
})

const contentOf = (room: Room, type: string): unknown => room.getAccountData(type)?.getContent()

export const isArchived = (room: Room): boolean => room.tags[archiveTag] !== undefined

export const isMarkedUnread = (room: Room): boolean =>
  z.object({ unread: z.literal(true) }).safeParse(contentOf(room, markedUnreadType)).success

/** A rule that notifies of nothing mutes, whoever made it; for how long, the person's note says. */
export function muteOf(client: MatrixClient, room: Room, now: number): Mute | undefined {
  if (!hasMuteRule(client, room.roomId)) return undefined
  const noted = muteSchema.safeParse(contentOf(room, muteType))
  const until = noted.success ? noted.data.until : 0
  return until !== 0 && until <= now ? undefined : { until }
}

/** Of what in a channel one is told. `urgent`: of urgent calls alone, which ring whatever is chosen here. */
export const noticeLevels = ['all', 'mentions', 'urgent'] as const
export type NoticeLevel = (typeof noticeLevels)[number]

export function noticeLevelOf(client: MatrixClient, room: Room): NoticeLevel {
  if (muteOf(client, room, Date.now())?.until === 0) return 'urgent'
  return rulesOf(client).room.some((one) => silences(one, room.roomId)) ? 'mentions' : 'all'
}

function rulesOf(client: MatrixClient): { override: unknown[]; room: unknown[] } {
  const parsed = rulesSchema.safeParse(client.getAccountData(EventType.PushRules)?.getContent())
  return parsed.success ? parsed.data.global : { override: [], room: [] }
}

function silences(given: unknown, roomId: string): boolean {
  const rule = ruleSchema.safeParse(given)
  return (
    rule.success && rule.data.rule_id === roomId && rule.data.enabled && !rule.data.actions.includes('notify')
  )
}

const hasMuteRule = (client: MatrixClient, roomId: string): boolean =>
  rulesOf(client).override.some((one) => silences(one, roomId))

/** A mute that has run out and whose rule is still there. */
export function isMuteOver(client: MatrixClient, room: Room, now: number): boolean {
  return hasMuteRule(client, room.roomId) && muteOf(client, room, now) === undefined
}

export interface RoomPrefs {
  archive(roomId: string, yes: boolean): Promise<void>
  markUnread(roomId: string, yes: boolean): Promise<void>
  /** undefined: not muted. */
  mute(roomId: string, mute: Mute | undefined): Promise<void>
  setLevel(roomId: string, level: NoticeLevel): Promise<void>
}

export function createRoomPrefs(client: MatrixClient, request: AuthedRequest): RoomPrefs {
  const user = encodeURIComponent(client.getUserId() ?? '')
  const room = (roomId: string) => `/_matrix/client/v3/user/${user}/rooms/${encodeURIComponent(roomId)}`
  const note = (roomId: string, type: string, content: object) =>
    request('PUT', `${room(roomId)}/account_data/${type}`, content)
  const ruleOf = (kind: 'override' | 'room', roomId: string) =>
    `/_matrix/client/v3/pushrules/global/${kind}/${encodeURIComponent(roomId)}`

  /** Gone is gone, also where another device was quicker. */
  async function removeRule(kind: 'override' | 'room', roomId: string): Promise<void> {
    try {
      await request('DELETE', ruleOf(kind, roomId))
    } catch (error) {
      if (!(error instanceof RequestError && error.httpStatus === 404)) throw error
    }
  }

  async function mute(roomId: string, wanted: Mute | undefined): Promise<void> {
    if (!wanted) return removeRule('override', roomId)
    // How long comes first: a rule without it would mute for ever.
    await note(roomId, muteType, wanted)
    await request('PUT', ruleOf('override', roomId), {
      conditions: [{ kind: 'event_match', key: 'room_id', pattern: roomId }],
      actions: [],
    })
  }

  return {
    mute,
    async setLevel(roomId, level) {
      await mute(roomId, level === 'urgent' ? { until: 0 } : undefined)
      if (level === 'mentions') await request('PUT', ruleOf('room', roomId), { actions: [] })
      else await removeRule('room', roomId)
    },
    async archive(roomId, yes) {
      await request(yes ? 'PUT' : 'DELETE', `${room(roomId)}/tags/${archiveTag}`, yes ? {} : undefined)
    },
    async markUnread(roomId, yes) {
      await note(roomId, markedUnreadType, { unread: yes })
    },
  }
}
