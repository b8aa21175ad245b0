/** Sending events and reading state (client-server API, "Sending events to a room", "Getting events for a room"). */
import { envelopeSchemas } from '@enlace/coordination'
import { z } from 'zod'
import { checkCaseSettings, checkEnvelope } from '../../cases/door.ts'
import type { Context } from '../../context.ts'
import { badJson, forbidden, MatrixError, notFound } from '../../errors.ts'
import { clientPaths } from '../../http/client-paths.ts'
import { type Route, route } from '../../http/route.ts'
import { accessState, checkJoined } from '../access.ts'
import { clientEvent } from '../client-event.ts'
import { changeMembership, inviteUser, joinRoom, leaveRoom } from './membership-actions.ts'
import { content, reason, roomParams } from './schemas.ts'

const eventType = z.string().min(1).max(255)
const txnId = z.string().min(1).max(255)
const ts = z.object({ ts: z.coerce.number().int().optional() })

/** Member events sent as state take the same way as the membership endpoints. */
async function sendMember(
  ctx: Context,
  args: { roomId: string; sender: string; stateKey: string; content: Record<string, unknown> },
): Promise<string | undefined> {
  const { roomId, sender, stateKey } = args
  const membership = args.content['membership']
  const why = typeof args.content['reason'] === 'string' ? args.content['reason'] : undefined
  const current = (await ctx.rooms.membership(roomId, stateKey))?.membership
  if (membership === 'join' && sender === stateKey && current !== 'join') {
    const { membership: _m, displayname: _d, avatar_url: _a, ...rest } = args.content
    await joinRoom(ctx, sender, roomId, { content: rest })
  } else if (membership === 'invite') {
    await inviteUser(ctx, {
      roomId,
      sender,
      userId: stateKey,
      reason: why,
      isDirect: args.content['is_direct'] === true,
    })
  } else if (membership === 'leave' && sender === stateKey) await leaveRoom(ctx, sender, roomId, why)
  else if (membership === 'leave' || membership === 'ban') {
    const action = membership === 'ban' ? 'ban' : current === 'ban' ? 'unban' : 'kick'
    await changeMembership(ctx, { roomId, sender, userId: stateKey, membership, action, reason: why })
  } else return undefined
  return (await ctx.rooms.membership(roomId, stateKey))?.event.eventId
}

/** A name for one room is a name all the same. */
async function withOwnName(ctx: Context, sender: string, body: Record<string, unknown>) {
  const { displayname } = body
  if (typeof displayname !== 'string') return body
  return { ...body, displayname: await ctx.profiles.nameFor(sender, displayname) }
}

async function checkCanonicalAlias(
  ctx: Context,
  roomId: string,
  body: Record<string, unknown>,
): Promise<void> {
  const alternatives = body['alt_aliases'] ?? []
  if (!Array.isArray(alternatives)) throw badJson('alt_aliases: must be a list of room aliases')
  const previous = (await ctx.rooms.currentState(roomId)).get('m.room.canonical_alias')?.pdu.content ?? {}
  const known = new Set([
    previous['alias'],
    ...(Array.isArray(previous['alt_aliases']) ? previous['alt_aliases'] : []),
  ])
  for (const alias of [body['alias'], ...alternatives]) {
    if (alias === undefined || alias === null || alias === '' || known.has(alias as string)) continue
    if (typeof alias !== 'string' || !/^#[^:]*:.+$/.test(alias)) {
      throw new MatrixError(400, 'M_INVALID_PARAM', 'That is not a room alias.')
    }
    const found = await ctx.aliases.resolve(alias).catch(() => undefined)
    if (found?.roomId !== roomId)
      throw new MatrixError(400, 'M_BAD_ALIAS', `The alias ${alias} does not lead to this room.`)
  }
}

async function putState(
  ctx: Context,
  args: {
    roomId: string
    sender: string
    type: string
    stateKey: string
    content: Record<string, unknown>
    ts?: number
  },
): Promise<{ event_id: string }> {
  const { roomId, sender, type, stateKey } = args
  if (type === 'm.room.member') {
    const done = await sendMember(ctx, args)
    if (done !== undefined) return { event_id: done }
  }
  await checkJoined(ctx, roomId, sender)
  await checkCaseSettings(ctx, sender, { type, stateKey, content: args.content })
  if (type === 'm.room.create') throw forbidden('A room is created once.')
  if (type === 'm.room.canonical_alias') await checkCanonicalAlias(ctx, roomId, args.content)
  const event = await ctx.rooms.send({
    roomId,
    sender,
    type,
    stateKey,
    content: type === 'm.room.member' ? await withOwnName(ctx, sender, args.content) : args.content,
    originServerTs: args.ts,
  })
  return { event_id: event.eventId }
}

export const sendRoutes: Route[] = [
  route({
    method: 'PUT',
    path: clientPaths('/rooms/:roomId/send/:eventType/:txnId'),
    auth: 'user',
    params: roomParams.extend({ eventType, txnId }),
    query: ts,
    body: content,
    handler: async ({ ctx, requester, params, body }) => ({
      event_id: await sendMessage(ctx, requester, params, body),
    }),
  }),
  route({
    method: 'PUT',
    path: clientPaths('/rooms/:roomId/redact/:eventId/:txnId'),
    auth: 'user',
    params: roomParams.extend({ eventId: z.string().max(255), txnId }),
    body: z.looseObject({ reason }),
    handler: async ({ ctx, requester, params, body }) => ({
      event_id: await redactMessage(ctx, requester, params, body),
    }),
  }),
  ...[
    clientPaths('/rooms/:roomId/state/:eventType/:stateKey'),
    clientPaths('/rooms/:roomId/state/:eventType'),
  ].map((path) =>
    route({
      method: 'PUT',
      path,
      auth: 'user',
      params: roomParams.extend({ eventType, stateKey: z.string().max(255).default('') }),
      query: ts,
      body: content,
      handler: ({ ctx, requester, params, body }) =>
        putState(ctx, {
          roomId: params.roomId,
          sender: requester.userId,
          type: params.eventType,
          stateKey: params.stateKey,
          content: body,
        }),
    }),
  ),
  ...[
    clientPaths('/rooms/:roomId/state/:eventType/:stateKey'),
    clientPaths('/rooms/:roomId/state/:eventType'),
  ].map((path) =>
    route({
      method: 'GET',
      path,
      auth: 'user',
      params: roomParams.extend({ eventType, stateKey: z.string().max(255).default('') }),
      query: z.object({ format: z.enum(['content', 'event']).default('content') }),
      async handler({ ctx, requester, params, query }) {
        const state = await accessState(ctx, params.roomId, requester.userId)
        const id = state.ids.get(`${params.eventType}\u0000${params.stateKey}`)
        const event = id === undefined ? undefined : await ctx.rooms.event(id)
        if (!event) throw notFound('The room has no such state.')
        return query.format === 'event' ? clientEvent(ctx, event, requester) : event.pdu.content
      },
    }),
  ),
  route({
    method: 'GET',
    path: clientPaths('/rooms/:roomId/state'),
    auth: 'user',
    params: roomParams,
    async handler({ ctx, requester, params }) {
      const state = await accessState(ctx, params.roomId, requester.userId)
      return Promise.all((await state.all()).map((event) => clientEvent(ctx, event, requester)))
    },
  }),
]

/** Also called by the realtime gateway. @returns the event's id. @throws MatrixError */
export async function sendMessage(
  ctx: Context,
  requester: { userId: string; deviceId: string },
  params: { roomId: string; eventType: string; txnId: string },
  body: Record<string, unknown>,
): Promise<string> {
  const { roomId, eventType: type } = params
  await checkJoined(ctx, roomId, requester.userId)
  if (type === 'm.room.redaction') throw badJson('Use the endpoint for redactions.')
  if (Object.hasOwn(envelopeSchemas, type)) {
    const transaction = { deviceId: requester.deviceId, txnId: params.txnId }
    const before = await ctx.rooms.sentAs({ roomId, sender: requester.userId, transaction })
    // A repetition is answered as before, though the step would not be possible a second time.
    if (before) return before.eventId
    await checkEnvelope(ctx, requester.userId, roomId, type, body)
  }
  const event = await ctx.rooms.send({
    roomId,
    sender: requester.userId,
    type,
    content: body,
    transaction: { deviceId: requester.deviceId, txnId: params.txnId },
  })
  return event.eventId
}

/** Also called by the realtime gateway. */
export async function redactMessage(
  ctx: Context,
  requester: { userId: string; deviceId: string },
  params: { roomId: string; eventId: string; txnId: string },
  body: { reason?: string },
): Promise<string> {
  const { roomId, eventId } = params
  await checkJoined(ctx, roomId, requester.userId)
  const target = await ctx.rooms.accessEvent(requester.userId, eventId)
  if (target?.roomId !== roomId) throw notFound('There is no such event in this room.')
  if (target.pdu.sender !== requester.userId && !(await ctx.rooms.mayRedact(roomId, requester.userId))) {
    throw forbidden('You cannot remove what others wrote in this room.')
  }
  const event = await ctx.rooms.send({
    roomId,
    sender: requester.userId,
    type: 'm.room.redaction',
    content: body.reason === undefined ? {} : { reason: body.reason },
    redacts: eventId,
    transaction: { deviceId: requester.deviceId, txnId: params.txnId },
  })
  return event.eventId
}
