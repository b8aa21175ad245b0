/** Who shares a room with whom: what device list updates go by. */
import type { Context } from '../context.ts'

/** Rooms the user is joined to, as this node sees them. */
export async function joinedRooms(ctx: Context, userId: string): Promise<string[]> {
  const rooms = await ctx.rooms.roomsOf(userId)
  return rooms.filter(({ membership }) => membership === 'join').map(({ roomId }) => roomId)
}

/** Answers "does `userId` share a room with …" for many others, reading each room's members once. */
export async function sharingWith(ctx: Context, userId: string): Promise<(other: string) => boolean> {
  const others = new Set<string>()
  for (const roomId of await joinedRooms(ctx, userId)) {
    for (const member of await ctx.rooms.members(roomId, 'join')) others.add(member)
  }
  return (other) => others.has(other)
}

/** True when somebody of that server is in a room with the user. */
export async function sharesRoomWith(ctx: Context, userId: string, server: string): Promise<boolean> {
  for (const roomId of await joinedRooms(ctx, userId)) {
    if ((await ctx.rooms.joinedServers(roomId)).includes(server)) return true
  }
  return false
}

/** True when somebody of this node is in a room with the (remote) user. */
export const sharesRoomWithUs = (ctx: Context, userId: string): Promise<boolean> =>
  sharesRoomWith(ctx, userId, ctx.serverName)
