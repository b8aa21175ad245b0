/** Who newly shares a room with somebody is told whether that person is there now, over federation too. */
import { serverOfUser } from '../accounts/user-ids.ts'
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'

/** People told of in one EDU. */
const AT_ONCE = 100

export type PresenceOf = {
  /** Presence as partners are told it; undefined for those who are not there. */
  present(userId: string): Record<string, unknown> | undefined
  /** Tells those here who share a room with the user. */
  announce(userId: string): Promise<void>
}

export function introducePresence(ctx: Context, presence: PresenceOf): { close(): void } {
  async function tell(servers: readonly string[], users: readonly string[]): Promise<void> {
    if (servers.length === 0) return
    const push = users.flatMap((user_id) => {
      const content = presence.present(user_id)
      return content ? [{ user_id, ...content }] : []
    })
    for (let at = 0; at < push.length; at += AT_ONCE) {
      const content = { push: push.slice(at, at + AT_ONCE) }
      await ctx.federation.sendEdu(servers, { edu_type: 'm.presence', content }, { durable: false })
    }
  }

  async function joined(event: StoredEvent): Promise<void> {
    const before = event.replaces === undefined ? undefined : await ctx.rooms.event(event.replaces)
    if (before?.pdu.content['membership'] === 'join') return
    const userId = event.pdu.state_key ?? ''
    const server = serverOfUser(userId)
    if (ctx.accounts.isLocal(userId)) {
      const servers = await ctx.rooms.joinedServers(event.roomId)
      await tell(
        servers.filter((one) => one !== ctx.serverName),
        [userId],
      )
    } else if (server !== undefined) {
      await tell([server], [...ctx.rooms.localJoined(event.roomId)])
    }
    if (presence.present(userId)) await presence.announce(userId)
  }

  const unsubscribe = ctx.stream.subscribe((entries) => {
    for (const entry of entries) {
      if (entry.kind !== 'event' || entry.event.outlier) continue
      const { type, content } = entry.event.pdu
      if (type !== 'm.room.member' || content['membership'] !== 'join') continue
      joined(entry.event).catch((error: unknown) =>
        ctx.log.warn({ err: error, room: entry.roomId }, 'presence not told to who came into a room'),
      )
    }
  })
  return { close: unsubscribe }
}
