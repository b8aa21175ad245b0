/** Leaving, knocking and inviting across servers (server-server API, "Leaving Rooms", "Knocking", "Inviting to a room"). */
import { type Pdu, type PduReading, readPdu, writePdu } from '@enlace/room-model'
import { z } from 'zod'
import { badJson, MatrixError } from '../../errors.ts'
import { accessMembership } from '../../rooms/access.ts'
import type { StoredEvent } from '../../rooms/types.ts'
import { reasonOf } from '../client.ts'
import { FederationError, MalformedAnswer } from '../errors.ts'
import type { Federation } from '../types.ts'
import { type Deps, finishTemplate, makeTemplate, strip, tryEach, v1, v2 } from './handshake.ts'

type PartnerVersions = { noteRefusal(server: string, version: string): void }
type Remote = Pick<Federation, 'leaveRemote' | 'knockRemote' | 'inviteRemote'>

const inviteAnswer = z.looseObject({ event: z.record(z.string(), z.unknown()) })
/** The state is for showing only; a room that says nothing of itself can be knocked on too. */
const knockAnswer = z.looseObject({ knock_room_state: z.array(z.unknown()).default([]) })

export function createRemoteMembership(deps: Deps, versions: PartnerVersions): Remote {
  const { ctx, client, list } = deps

  /** Refusing without anybody's help: for this server's users alone, when no server of the room can be asked. */
  function leaveAlone(current: StoredEvent, userId: string, content: Record<string, unknown>): PduReading {
    const written = writePdu(
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
    )
    if (!written.ok) throw badJson(`The event is not valid: ${written.reason}.`)
    return written
  }

  return {
    async leaveRemote({ roomId, userId, via, content: more }) {
      const current = await accessMembership(ctx, roomId, userId)
      const content = { ...more, membership: 'leave' }
      let event: PduReading
      try {
        event = await tryEach(deps, via, 'leave', async (server) => {
          const template = await makeTemplate(deps, server, 'leave', roomId, userId)
          const finished = finishTemplate(deps, server, template.event, content, template.version)
          const request = {
            entryPoint: 'leave',
            method: 'PUT',
            path: v2('send_leave', roomId, finished.eventId),
            body: finished.pdu,
            timeoutMs: 20_000,
          } as const
          await client.requestJson(server, request, z.looseObject({}))
          return finished
        })
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
        ctx.log.info({ room: roomId, reason: reasonOf(error) }, 'invitation refused without its server')
        event = leaveAlone(current.event, userId, content)
      }
      await ctx.rooms.storeOutOfRoomMembership({ event, strippedState: [] })
    },

    knockRemote: ({ roomId, userId, via, content: more }) =>
      tryEach(deps, via, 'knock', async (server) => {
        const template = await makeTemplate(deps, server, 'knock', roomId, userId)
        const content = { ...more, membership: 'knock' }
        const event = finishTemplate(deps, server, template.event, content, template.version)
        const request = {
          entryPoint: 'knock',
          method: 'PUT',
          path: v1('send_knock', roomId, event.eventId),
          body: event.pdu,
          timeoutMs: 20_000,
        } as const
        const answer = await client.requestJson(server, request, knockAnswer)
        const strippedState = [...strip(answer.knock_room_state), ...strip([event.pdu])]
        await ctx.rooms.storeOutOfRoomMembership({ event, strippedState })
        return { roomId }
      }),

    async inviteRemote({ event, inviteState, destination }) {
      list.check(destination, 'invite')
      const { pdu, eventId, version } = event
      let answer: z.output<typeof inviteAnswer>
      try {
        const request = {
          entryPoint: 'invite',
          method: 'PUT',
          path: v2('invite', event.roomId, eventId),
          body: { room_version: version.id, event: pdu, invite_room_state: inviteState },
          timeoutMs: 30_000,
        } as const
        answer = await client.requestJson(destination, request, inviteAnswer)
      } catch (error) {
        const code = error instanceof FederationError ? (error.partnerCode ?? '') : ''
        if (/^M_(INCOMPATIBLE|UNSUPPORTED)_ROOM_VERSION$/.test(code)) {
          versions.noteRefusal(destination, version.id)
          const message = {
            es: `El servidor ${destination} no admite la versión ${version.id} de salas, que es la de esta. Para escribir con esa persona cree una sala nueva: se hará en una versión que su servidor admita.`,
            en: `The server ${destination} does not take room version ${version.id}, which this room has. To write with that person make a new room: it will be made in a version their server takes.`,
          }
          throw new MatrixError(400, 'M_INCOMPATIBLE_ROOM_VERSION', message.es, {
            room_version: version.id,
            'org.enlace.message': message,
          })
        }
        // What this server sent was not good enough: nothing the person did.
        const ours =
          error instanceof FederationError && /^M_(MISSING|INVALID)_PARAM$/.test(error.partnerCode ?? '')
        if (ours)
          throw new MatrixError(502, 'M_UNKNOWN', `The server ${destination} did not take the invitation.`)
        throw error
      }
      const returned = readPdu(answer.event, version)
      const theirs = returned.ok ? returned.pdu.signatures[destination] : undefined
      if (!returned.ok || returned.eventId !== eventId || !theirs)
        throw new MalformedAnswer(destination, 'it did not sign the invitation')
      return { ...event, pdu: { ...pdu, signatures: { ...pdu.signatures, [destination]: theirs } } }
    },
  }
}
