/** Who may go on: the refusals that endpoints of rooms have in common. */
import type { Context } from '../context.ts'
import { forbidden } from '../errors.ts'
import type { Membership, StateView, StoredEvent } from './types.ts'

type WithRooms = Pick<Context, 'rooms'>
type OwnMembership = { membership: Membership; event: StoredEvent }

/** The one answer for a room that is not there and a room that somebody is not in. */
export const notInRoom = () => forbidden('You are not in this room.')

/** Whether somebody is in a room of this node now. */
export const isJoined = async ({ rooms }: WithRooms, roomId: string, userId: string): Promise<boolean> =>
  (await rooms.room(roomId)) !== undefined && (await rooms.membership(roomId, userId))?.membership === 'join'

/** For what only its members may do. @throws M_FORBIDDEN when the room is not here, or the user is not in it now */
export async function checkJoined(ctx: WithRooms, roomId: string, userId: string): Promise<void> {
  if (!(await isJoined(ctx, roomId, userId))) throw notInRoom()
}

/** For what those invited, gone or banned may still do, too. @throws M_FORBIDDEN for all others */
export async function accessMembership(
  { rooms }: WithRooms,
  roomId: string,
  userId: string,
): Promise<OwnMembership> {
  const own = await rooms.membership(roomId, userId)
  if (!own) throw notInRoom()
  return own
}

/**
 * For reading: members, those who were, and everybody where the room is world-readable.
 * @returns where in the log their last stay ended, for those who are out
 * @throws M_FORBIDDEN, the same for "not there" and "not yours"
 */
export async function accessRoom(
  { rooms }: WithRooms,
  roomId: string,
  userId: string,
): Promise<{ leftAt?: number }> {
  const room = await rooms.room(roomId)
  if (room && (await rooms.membership(roomId, userId))?.membership === 'join') return {}
  const left = room && (await rooms.leftWith(roomId, userId))
  if (left?.pos !== undefined) return { leftAt: left.pos }
  if (room && isWorldReadable(await rooms.currentState(roomId))) return {}
  throw notInRoom()
}

/**
 * The state a user may read: the current one for members, the one they left for those who were, and the current one for
 * everybody where the room is world-readable.
 * @throws M_FORBIDDEN, the same for "not there" and "not yours"
 */
export async function accessState({ rooms }: WithRooms, roomId: string, userId: string): Promise<StateView> {
  const room = await rooms.room(roomId)
  if (room && (await rooms.membership(roomId, userId))?.membership === 'join')
    return rooms.currentState(roomId)
  const left = room && (await rooms.leftWith(roomId, userId))
  const then = left && (await rooms.stateAfter(left.eventId))
  if (then) return then
  if (room) {
    const state = await rooms.currentState(roomId)
    if (isWorldReadable(state)) return state
  }
  throw notInRoom()
}

export const isWorldReadable = (state: StateView): boolean =>
  state.get('m.room.history_visibility')?.pdu.content['history_visibility'] === 'world_readable'
