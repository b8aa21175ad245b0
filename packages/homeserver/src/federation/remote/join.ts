/** Joining a room of other servers (server-server API, "Joining Rooms", "Restricted rooms"). */
import { type PduReading, type RoomVersion, readPdu } from '@enlace/room-model'
import { z } from 'zod'
import { forbidden } from '../../errors.ts'
import { MalformedAnswer } from '../errors.ts'
import type { Missing } from '../inbound/types.ts'
import type { Federation } from '../types.ts'
import { type Deps, finishTemplate, makeTemplate, tryEach, v2 } from './handshake.ts'

const MAX_JOIN_BYTES = 64 * 1024 * 1024
const JOIN_TIMEOUT_MS = 120_000

const sendJoinAnswer = z.looseObject({
  state: z.array(z.unknown()).max(100_000),
  auth_chain: z.array(z.unknown()).max(100_000),
  /** Required for restricted rooms only. */
  event: z.unknown().optional(),
  // The whole state was asked for: an answer without members is none.
  members_omitted: z.literal(false).default(false),
})

export function createRemoteJoin(deps: Deps, missing: Missing) {
  const { ctx, client } = deps
  /** One handshake per room at a time; events that come meanwhile wait for it. */
  const underWay = new Map<string, Promise<unknown>>()

  async function join(server: string, roomId: string, userId: string, content: Record<string, unknown>) {
    const template = await makeTemplate(deps, server, 'join', roomId, userId)
    const { version } = template
    const authoriser = template.event.content['join_authorised_via_users_server']
    const own = finishTemplate(
      deps,
      server,
      template.event,
      {
        ...content,
        membership: 'join',
        ...(typeof authoriser === 'string' ? { join_authorised_via_users_server: authoriser } : {}),
      },
      version,
    )
    const answer = await client.requestJson(
      server,
      {
        entryPoint: 'join',
        method: 'PUT',
        path: v2('send_join', roomId, own.eventId),
        query: { omit_members: 'false' },
        body: own.pdu,
        timeoutMs: JOIN_TIMEOUT_MS,
        maxBytes: MAX_JOIN_BYTES,
      },
      sendJoinAnswer,
    )
    // For restricted rooms the resident server has added the signature that authorises the join.
    const returned = readPdu(answer.event, version)
    const same = returned.ok && returned.eventId === own.eventId
    if (typeof authoriser === 'string' && !same)
      throw new MalformedAnswer(server, 'the join it authorises is not in the answer')
    const signed = same ? returned : own
    const room = await ctx.rooms.room(roomId)
    if (room?.joinedLocally) {
      // Others of this node are in the room: the join is one more event of it.
      const outcome = await missing.fill(server, signed)
      if (outcome.outcome === 'accepted' || outcome.outcome === 'known') return { roomId }
      throw forbidden('The join was not accepted by this server’s copy of the room.')
    }
    if (room) await missing.catchUp(server, signed)
    const state = readAll(answer.state, version)
    const authChain = readAll(answer.auth_chain, version)
    await missing.ensureKeys([...authChain, ...state], server)
    await ctx.rooms.importJoin({ join: signed, state, authChain })
    return { roomId }
  }

  const joinRemote: Federation['joinRemote'] = async ({ roomId, userId, via, content }) => {
    const before = (await ctx.rooms.room(roomId))?.joinedLocally ?? false
    const running = underWay.get(roomId)
    const work = (async () => {
      await running?.catch(() => undefined)
      const current = await ctx.rooms.membership(roomId, userId)
      const room = await ctx.rooms.room(roomId)
      if (room?.joinedLocally && current?.membership === 'join') return { roomId }
      if (room?.joinedLocally && !before && !(await needsAuthoriser(roomId))) {
        // Somebody else of this node came in while this one waited.
        await ctx.rooms.send({
          roomId,
          sender: userId,
          type: 'm.room.member',
          stateKey: userId,
          content: { ...content, membership: 'join' },
        })
        return { roomId }
      }
      return tryEach(deps, via, 'join', (server) => join(server, roomId, userId, content))
    })()
    underWay.set(roomId, work)
    try {
      const joined = await work
      await ctx.cases.joined(joined.roomId)
      return joined
    } finally {
      if (underWay.get(roomId) === work) underWay.delete(roomId)
    }
  }

  async function needsAuthoriser(roomId: string): Promise<boolean> {
    const rules = (await ctx.rooms.currentState(roomId)).get('m.room.join_rules')?.pdu.content['join_rule']
    return rules === 'restricted' || rules === 'knock_restricted'
  }

  return { joinRemote, joinsUnderWay: (roomId: string) => underWay.get(roomId) }
}

/** Those that are events; what is none is left out, and missed where something builds on it. */
const readAll = (raw: readonly unknown[], version: RoomVersion): PduReading[] =>
  raw.map((one) => readPdu(one, version)).filter((one) => one.ok)
