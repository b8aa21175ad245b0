/** Leaving, knocking and inviting across servers (server-server API, "Leaving Rooms", "Knocking", "Inviting to a room"). */
import { eventId as eventIdOf, finishEvent, type Pdu, parsePdu } from '@enlace/room-model'
import { forbidden, MatrixError } from '../../errors.ts'
import type { StoredEvent } from '../../rooms/types.ts'
import { reasonOf } from '../client.ts'
import { FederationError } from '../errors.ts'
import type { Federation } from '../types.ts'
import { type Deps, finishTemplate, makeTemplate, strip, tryEach, v1, v2 } from './handshake.ts'

type Remote = Pick<Federation, 'leaveRemote' | 'knockRemote' | 'inviteRemote'>

export function createRemoteMembership(deps: Deps): Remote {
  const { ctx, client, list } = deps

  /** Refusing without anybody's help: for this server's users alone, when no server of the room can be asked. */
  function leaveAlone(current: StoredEvent, userId: string, content: Record<string, unknown>): Pdu {
    return finishEvent(
      {
        type: 'm.room.member',
        room_id: current.roomId,
        sender: userId,
        state_key: userId,
        content: content as Pdu['content'],
        origin_server_ts: Date.now(),
        depth: current.pdu.depth + 1,
        prev_events: [current.eventId],
        auth_events: [...current.pdu.auth_events.slice(0, 9), current.eventId],
      },
      current.version,
      ctx.serverName,
      ctx.signingKey,
    ).pdu
  }

  return {
    async leaveRemote({ roomId, userId, via, content: more }) {
      const current = await ctx.rooms.membership(roomId, userId)
      if (!current) throw forbidden('You are not in this room.')
      const { version } = current.event
      const content = { ...more, membership: 'leave' }
      let pdu: Pdu
      try {
        pdu = await tryEach(deps, via, 'invite', async (server) => {
          const template = await makeTemplate(deps, server, 'leave', roomId, userId)
          const finished = finishTemplate(deps, server, template.event, content, template.version)
          await client.requestJson(server, {
            method: 'PUT',
            path: v2('send_leave', roomId, finished.eventId),
            body: finished.pdu,
            timeoutMs: 20_000,
          })
          return finished.pdu
        })
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
        ctx.log.info({ room: roomId, reason: reasonOf(error) }, 'invitation refused without its server')
        pdu = leaveAlone(current.event, userId, content)
      }
      await ctx.rooms.storeOutOfRoomMembership({ roomId, version, pdu, strippedState: [] })
    },

    knockRemote: ({ roomId, userId, via, content: more }) =>
      tryEach(deps, via, 'knock', async (server) => {
        const { event, version } = await makeTemplate(deps, server, 'knock', roomId, userId)
        const content = { ...more, membership: 'knock' }
        const { pdu, eventId } = finishTemplate(deps, server, event, content, version)
        const answer = (await client.requestJson(server, {
          method: 'PUT',
          path: v1('send_knock', roomId, eventId),
          body: pdu,
          timeoutMs: 20_000,
        })) as { knock_room_state?: unknown } | null
        const strippedState = [...strip(answer?.knock_room_state), ...strip([pdu])]
        await ctx.rooms.storeOutOfRoomMembership({ roomId, version, pdu, strippedState })
        return { roomId }
      }),

    async inviteRemote({ pdu, version, inviteState, destination }) {
      list.check(destination, 'invite')
      const eventId = eventIdOf(pdu, version)
      let answer: { event?: unknown } | null
      try {
        answer = (await client.requestJson(destination, {
          method: 'PUT',
          path: v2('invite', pdu.room_id ?? '', eventId),
          body: { room_version: version.id, event: pdu, invite_room_state: inviteState },
          timeoutMs: 30_000,
        })) as { event?: unknown } | null
      } catch (error) {
        // What this server sent was not good enough: nothing the person did.
        const ours =
          error instanceof FederationError && /^M_(MISSING|INVALID)_PARAM$/.test(error.partnerCode ?? '')
        if (ours)
          throw new MatrixError(502, 'M_UNKNOWN', `The server ${destination} did not take the invitation.`)
        throw error
      }
      const parsed = parsePdu(answer?.event, version)
      const theirs = parsed.ok ? parsed.pdu.signatures[destination] : undefined
      if (!parsed.ok || eventIdOf(parsed.pdu, version) !== eventId || !theirs)
        throw new FederationError(destination, 'did not sign the invitation')
      return { ...pdu, signatures: { ...pdu.signatures, [destination]: theirs } }
    },
  }
}
