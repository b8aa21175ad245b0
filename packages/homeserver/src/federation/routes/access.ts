/** What a partner server may see and touch. One answer for "not there" and "not yours". */
import { serverNameOf } from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { badJson, forbidden, notFound } from '../../errors.ts'
import type { RoomRecord, StoredEvent } from '../../rooms/types.ts'

export const V1 = '/_matrix/federation/v1'
export const V2 = '/_matrix/federation/v2'
export const id = z.string().max(255)
export const roomParams = z.object({ roomId: id })
export const eventParams = z.object({ roomId: id, eventId: id })
export const anyObject = z.record(z.string(), z.unknown())

/** The room, for a server that is in it. @throws M_FORBIDDEN */
export async function accessRoom(ctx: Context, origin: string, roomId: string): Promise<RoomRecord> {
  const room = await ctx.rooms.room(roomId)
  const inside = room?.joinedLocally && (await ctx.rooms.joinedServers(roomId)).includes(origin)
  if (!room || !inside || !(await ctx.rooms.serverAllowed(roomId, origin)))
    throw forbidden('That server is not in such a room.')
  return room
}

/** The room, for a server that wants to come in or go out. @throws M_NOT_FOUND, M_FORBIDDEN */
export async function enterRoom(ctx: Context, origin: string, roomId: string): Promise<RoomRecord> {
  const room = await ctx.rooms.room(roomId)
  if (!room?.joinedLocally) throw notFound('There is no such room here.')
  if (!(await ctx.rooms.serverAllowed(roomId, origin)))
    throw forbidden('The access control list of the room refuses that server.')
  return room
}

/** An event, for a server that is in its room. @throws M_NOT_FOUND */
export async function accessEvent(ctx: Context, origin: string, eventId: string): Promise<StoredEvent> {
  const event = await ctx.rooms.event(eventId)
  if (!event || event.verdict === 'reject') throw notFound('There is no such event.')
  try {
    await accessRoom(ctx, origin, event.roomId)
  } catch {
    throw notFound('There is no such event.')
  }
  return event
}

/** An event of a room, for a server that is in it. @throws M_FORBIDDEN, M_NOT_FOUND */
export async function accessRoomEvent(
  ctx: Context,
  origin: string,
  roomId: string,
  eventId: string,
): Promise<StoredEvent> {
  await accessRoom(ctx, origin, roomId)
  const event = await ctx.rooms.event(eventId)
  if (event?.roomId !== roomId || event.verdict === 'reject') throw notFound('There is no such event.')
  return event
}

/** For bodies that are looked at only after whoever sent them may ask. @throws M_BAD_JSON */
export function checkShape<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw badJson(`${path.map(String).join('.')}: ${message}`)
}

/** @throws M_FORBIDDEN when the user is not the asking server's */
export function checkOwner(origin: string, userId: string): void {
  if (serverNameOf(userId) !== origin) throw forbidden('The user is of another server.')
}
