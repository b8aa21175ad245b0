/** First step of a local event: it is built on the room's newest ones, hashed, signed. */
import {
  authEventTypesFor,
  isTooLarge,
  type Pdu,
  type PduReading,
  type RoomVersion,
  serverNameOf,
  stateKeyOf,
  writePdu,
} from '@enlace/room-model'
import { badJson, tooLarge } from '../../errors.ts'
import { carriesPolicy, type Room } from '../room.ts'
import type { UnsignedPdu } from '../types.ts'
import type { DoorDeps, Draft } from './types.ts'
import { draftWithoutText } from './without-text.ts'

const MAX_PREV_EVENTS = 20

export function createDraft({ ctx, store }: Pick<DoorDeps, 'ctx' | 'store'>): Draft {
  return {
    async template(room, given) {
      const draft = carriesPolicy(room.state) ? draftWithoutText(given) : given
      const prev = [...room.extremities].sort((a, b) => b[1] - a[1]).slice(0, MAX_PREV_EVENTS)
      const depth = Math.min(Math.max(0, ...prev.map(([, at]) => at)) + 1, Number.MAX_SAFE_INTEGER)
      const shape = {
        type: draft.type,
        sender: draft.sender,
        state_key: draft.stateKey,
        content: draft.content as Pdu['content'],
      }
      const auth = authEventTypesFor(shape, room.version).flatMap(
        ([type, key]) => room.state.get(stateKeyOf(type, key)) ?? [],
      )
      await store.events.getMany(auth)
      const create = room.version.roomIdIsCreateHash && draft.type === 'm.room.create'
      return {
        ...(create ? {} : { room_id: draft.roomId }),
        type: draft.type,
        sender: draft.sender,
        ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
        ...(draft.redacts !== undefined && !room.version.updatedRedaction ? { redacts: draft.redacts } : {}),
        content:
          draft.redacts !== undefined && room.version.updatedRedaction
            ? ({ ...draft.content, redacts: draft.redacts } as Pdu['content'])
            : shape.content,
        origin_server_ts: draft.originServerTs ?? Date.now(),
        depth,
        prev_events: prev.map(([id]) => id),
        auth_events: auth,
      }
    },

    finish: (unsigned, version) => finish(ctx, unsigned, version),
  }
}

function finish(
  ctx: Pick<DoorDeps['ctx'], 'serverName' | 'signingKey'>,
  unsigned: UnsignedPdu,
  version: RoomVersion,
): PduReading {
  const written = writePdu(unsigned, version, ctx.serverName, ctx.signingKey)
  if (written.ok) return written
  if (written.fault === 'not_canonical') throw badJson(`The content cannot be sent: ${written.reason}.`)
  const sentence = `The event is not valid: ${written.reason}.`
  throw isTooLarge(written.fault) ? tooLarge(sentence) : badJson(sentence)
}

/** Remote servers to send a local event to: those joined before or after it, and that of an invitation it ends. */
export function destinations(serverName: string, room: Room, pdu: Pdu): string[] | undefined {
  const servers = new Set(room.servers.keys())
  const target = pdu.type === 'm.room.member' ? (pdu.state_key ?? '') : ''
  const was = room.members.get(target)
  const waiting = was === 'invite' || was === 'knock'
  if (pdu.content['membership'] === 'join' || waiting) {
    const server = serverNameOf(target)
    if (server) servers.add(server)
  }
  servers.delete(serverName)
  return servers.size > 0 ? [...servers] : undefined
}
