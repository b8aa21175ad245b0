/** Who leaves a room takes their mark along, and is called to it no more: a follower of the log. */
import type { Context } from '../context.ts'
import { openProjection } from '../stream/projection.ts'
import type { Projection } from '../stream/types.ts'
import type { Acknowledgements, Marks } from './types.ts'

const AT_ONCE = 16

export async function followDepartures(
  ctx: Context,
  marks: Marks,
  acknowledgements: Acknowledgements,
): Promise<Projection> {
  const projection = await openProjection(ctx, {
    name: 'delivery',
    startsAt: 'now',
    atOnce: AT_ONCE,
    concerns: ({ pdu }) => pdu.type === 'm.room.member' && pdu.content['membership'] !== 'join',
    read: (range) => ctx.rooms.stateChangesIn(range, ['m.room.member']),
    keysOf: ({ roomId, pdu }) => [`${roomId}|${pdu.state_key}`],
    async work(_key, events) {
      const newest = events.at(-1)
      const userId = newest?.pdu.state_key
      if (!newest || userId === undefined) return
      const { roomId } = newest
      // Acknowledgements under way began while the person was in the room.
      await acknowledgements.atRest()
      if ((await ctx.rooms.membership(roomId, userId))?.membership === 'join') return
      await marks.remove([{ roomId, userId }])
      if (ctx.accounts.isLocal(userId)) await ctx.alerts.left(userId, roomId)
    },
  })
  void projection.start()
  return projection
}
