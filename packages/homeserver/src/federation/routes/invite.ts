/** An invitation for somebody of this server (server-server API, "Inviting to a room"). */
import { topicPolicyEventType } from '@enlace/coordination'
import {
  addSignature,
  type Pdu,
  type RoomVersion,
  readPdu,
  roomVersion,
  serverNameOf,
} from '@enlace/room-model'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { badJson, forbidden, invalidParam, MatrixError, notFound } from '../../errors.ts'
import { type Route, route } from '../../http/route.ts'
import { strip } from '../remote/handshake.ts'
import { anyObject, checkShape, eventParams, V1, V2 } from './access.ts'

const incompatible = (version: string) =>
  new MatrixError(400, 'M_INCOMPATIBLE_ROOM_VERSION', 'This server does not know the version of that room.', {
    room_version: version.slice(0, 100),
  })

const inviteBody = z.looseObject({
  room_version: z.string(),
  event: anyObject,
  invite_room_state: z.unknown().optional(),
})

async function takeInvite(
  ctx: Context,
  origin: string,
  params: { roomId: string; eventId: string },
  given: Record<string, unknown>,
): Promise<Pdu> {
  const room = await ctx.rooms.room(params.roomId)
  if (room && !(await ctx.rooms.serverAllowed(params.roomId, origin)))
    throw forbidden('The access control list of the room refuses that server.')
  // Who may speak in the room at all comes before what is said.
  const body = checkShape(inviteBody, given)
  const version = roomVersion(body.room_version)
  if (!version) throw incompatible(body.room_version)
  const event = readPdu(body.event, version)
  if (!event.ok) throw badJson(`The event is not valid: ${event.reason}.`)
  const { pdu } = event
  const invited = pdu.state_key ?? ''
  // This server signs what it is given: it must be an invitation and nothing else.
  if (pdu.type !== 'm.room.member' || pdu.content['membership'] !== 'invite')
    throw invalidParam('The event is no invitation.')
  if (pdu.room_id !== params.roomId) throw invalidParam('The event is of another room.')
  if (event.eventId !== params.eventId) throw invalidParam('The event ID in the path is another one.')
  if (serverNameOf(pdu.sender) !== origin) throw forbidden('The sender is of another server.')
  if (!ctx.accounts.isLocal(invited)) throw invalidParam('The invited person is of another server.')
  const signed = await ctx.keyRing.verifyEvent(event)
  if (!signed.ok) throw forbidden(`The invitation is not accepted: ${signed.reason}.`)
  await checkRoomState(ctx, params.roomId, version, body.invite_room_state)
  const account = await ctx.accounts.get(invited)
  if (!account || account.deactivated) throw notFound('There is no such person on this server.')
  const both = addSignature(event, ctx.serverName, ctx.signingKey)
  // A room that others here are in takes the invitation as its next event: who is invited may join at once. Where events
  // before it have not arrived yet, it comes with them.
  if (room?.joinedLocally) {
    const refusal = await ctx.policy.checkMembership({
      roomId: params.roomId,
      userId: invited,
      actor: pdu.sender,
      action: 'invite',
    })
    if (refusal) throw refusal
    const outcome = await ctx.rooms.receive(both)
    if (outcome.outcome === 'refused' || outcome.outcome === 'rejected' || outcome.outcome === 'soft-failed')
      throw forbidden(`The invitation is not allowed: ${outcome.reason}.`)
  } else {
    const strippedState = strip(body.invite_room_state)
    // What the room says of itself without being asked; where it hides its policy, the join sees it (importJoin).
    const policy = strippedState.find(
      ({ type, state_key }) => type === topicPolicyEventType && state_key === '',
    )
    const refusal = policy && (await ctx.policy.refuses(params.roomId, invited, policy['content']))
    if (refusal) throw refusal
    const uninvited = await ctx.policy.contacts.againstInvitation({
      roomId: params.roomId,
      sender: pdu.sender,
      userId: invited,
      stripped: strippedState,
    })
    if (uninvited) throw uninvited
    await ctx.rooms.storeOutOfRoomMembership({
      event: both,
      strippedState: [...strippedState, ...strip([both.pdu])],
    })
  }
  return both.pdu
}

/** From room version 12 on, the create event proves what room it is. Older rooms' state may come without proof. */
async function checkRoomState(
  ctx: Context,
  roomId: string,
  version: RoomVersion,
  raw: unknown,
): Promise<void> {
  if (!version.roomIdIsCreateHash) return
  const events = (Array.isArray(raw) ? raw.slice(0, 100) : []).map((one) => readPdu(one, version))
  let created = false
  for (const one of events) {
    if (!one.ok) throw invalidParam('invite_room_state: an entry is not a complete event')
    if (one.roomId !== roomId) throw invalidParam('invite_room_state: an event of another room')
    if (!(await ctx.keyRing.verifyEvent(one)).ok)
      throw invalidParam('invite_room_state: an event that is not signed by its sender’s server')
    if (one.pdu.type === 'm.room.create') created = true
  }
  if (!created) throw invalidParam('invite_room_state: the create event is missing')
}

export const inviteRoutes: Route[] = [
  route({
    method: 'PUT',
    path: `${V2}/invite/:roomId/:eventId`,
    auth: 'server',
    entryPoint: 'invite',
    params: eventParams,
    body: anyObject,
    handler: async ({ ctx, origin, params, body }) => ({
      event: await takeInvite(ctx, origin, params, body),
    }),
  }),
  route({
    method: 'PUT',
    path: `${V1}/invite/:roomId/:eventId`,
    auth: 'server',
    entryPoint: 'invite',
    params: eventParams,
    body: anyObject,
    handler() {
      // Version 1 of the endpoint is for rooms of versions 1 and 2, which this server does not know.
      throw incompatible('1')
    },
  }),
]
