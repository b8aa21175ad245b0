/** `org.enlace.delivered`: a partner says up to which event of ours its people have a room on a device. */
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { MAX_USERS_PER_EDU } from './acknowledgements.ts'
import type { Mark, Marks, News } from './types.ts'

/** Of the events newly on a device, so many are looked at for who is to be told. */
const MAX_LOOKED_AT = 100

const claimSchema = z.object({
  room_id: z.string().max(255),
  users: z
    .record(
      z.string().max(255),
      z.object({ event_id: z.string().max(255), ts: z.number().int().nonnegative() }),
    )
    .refine((users) => Object.keys(users).length <= MAX_USERS_PER_EDU),
})

/**
 * Takes what a server in the room says of its own joined people and of events this node has sent; nothing else.
 * @throws Error when it could not be kept
 */
export async function receiveClaim(
  { ctx, marks, news }: { ctx: Context; marks: Marks; news: News },
  origin: string,
  content: Record<string, unknown>,
): Promise<void> {
  const parsed = claimSchema.safeParse(content)
  if (!parsed.success) return
  const { room_id: roomId, users } = parsed.data
  const known = await marks.of(roomId)
  const wanted: { userId: string; eventId: string; ts: number }[] = []
  for (const [userId, { event_id: eventId, ts }] of Object.entries(users)) {
    if (serverNameOf(userId) !== origin || known.get(userId)?.eventId === eventId) continue
    if ((await ctx.rooms.membership(roomId, userId))?.membership === 'join')
      wanted.push({ userId, eventId, ts })
  }
  const events = await ctx.rooms.events([...new Set(wanted.map((one) => one.eventId))])
  const ours = new Map(
    events
      .filter(
        (event) =>
          event.roomId === roomId &&
          event.pos !== undefined &&
          !event.outlier &&
          serverNameOf(event.pdu.sender) === ctx.serverName,
      )
      .map((event) => [event.eventId, event]),
  )
  const now = Date.now()
  const claimed = wanted.flatMap(({ userId, eventId, ts }): Mark[] => {
    const event = ours.get(eventId)
    // A clock that is off, or lies, moves it neither before the event nor into the future.
    return event
      ? [
          {
            roomId,
            userId,
            eventId,
            pos: event.pos!,
            ts: Math.min(Math.max(ts, event.receivedAt), now),
          },
        ]
      : []
  })
  const from = Math.min(...claimed.map(({ userId }) => known.get(userId)?.pos ?? 0))
  const moved = await marks.raise(claimed)
  if (moved.length === 0) return
  const upTo = Math.max(...moved.map(({ pos }) => pos))
  const newly = await ctx.rooms.timeline(roomId, {
    from: upTo + 1,
    to: from,
    dir: 'b',
    limit: MAX_LOOKED_AT,
  })
  news.tell(
    roomId,
    newly.map((event) => event.pdu.sender),
  )
}
