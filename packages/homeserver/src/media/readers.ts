/** Who gets a file that is for a room. One that is for none (faces of people and rooms) anybody gets who knows its id. */
import { serverNameOf } from '@enlace/room-model'
import type { Context } from '../context.ts'
import { isJoined } from '../rooms/access.ts'
import type { MediaLink, MediaReader } from './types.ts'

export async function mayRead(
  ctx: Pick<Context, 'rooms'>,
  { roomId, eventId }: MediaLink,
  reader: MediaReader,
): Promise<boolean> {
  if (roomId === undefined) return true
  if ('serverName' in reader) {
    // It answers for its own people as this node does: it is told what the file is for.
    const members = await ctx.rooms.members(roomId, 'join')
    return members.some((userId) => serverNameOf(userId) === reader.serverName)
  }
  const event = eventId === undefined ? undefined : await ctx.rooms.event(eventId)
  // Not told yet which event it is, or the event has not come here.
  if (event?.roomId !== roomId || event.outlier) return isJoined(ctx, roomId, reader.userId)
  if (event.redactedBy !== undefined) return false
  return (await ctx.rooms.accessEvent(reader.userId, event.eventId)) !== undefined
}
