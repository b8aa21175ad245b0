/**
 * The checks an event goes through, in the order of the specification (server-server API, "Checks performed on receipt of
 * a PDU"). The first and the third are made by reading it (`readPdu`): format and size, and the hash. A local event is made
 * so that 1 to 5 hold, and goes through the sixth.
 */
import { authEventTypesFor, checkAuth, checkAuthSelection, type Pdu, stateKeyOf } from '@enlace/room-model'
import { envelopeAgainst } from '../../cases/partner-door.ts'
import { forbidden } from '../../errors.ts'
import { lookupIn, preload, type Room } from '../room.ts'
import type { Checks, DoorDeps } from './types.ts'

const ENTERING = new Set<unknown>(['join', 'invite', 'knock'])

/** Whom a membership event brings into a room, or to its door. */
export const comesIn = (pdu: Pdu): string | undefined =>
  pdu.type === 'm.room.member' && ENTERING.has(pdu.content['membership']) ? pdu.state_key : undefined

export function createChecks({ ctx, store }: Pick<DoorDeps, 'ctx' | 'store'>): Checks {
  /** Ids of the state events that authorisation of the event reads. */
  const authIds = (state: ReadonlyMap<string, string>, pdu: Pdu, room: Room) =>
    authEventTypesFor(pdu, room.version).flatMap(([type, key]) => state.get(stateKeyOf(type, key)) ?? [])

  /** Partners bring whom they like; in a topic channel counts whom the policy admits at this moment. */
  async function policyAgainst(room: Room, pdu: Pdu): Promise<string | undefined> {
    const person = comesIn(pdu)
    if (person === undefined || room.members.get(person) === 'join') return undefined
    return (await ctx.policy.refuses(room.roomId, person))?.message
  }

  return {
    async notSigned(event) {
      const signed = await ctx.keyRing.verifyEvent(event)
      return signed.ok ? undefined : signed.reason
    },

    async rejectedByAuthEvents(roomId, version, pdu, auth) {
      const selection = checkAuthSelection(
        pdu,
        auth.map((event) => ({ id: event.eventId, pdu: event.pdu, rejected: event.verdict === 'reject' })),
        version,
      )
      if (!selection.allowed) return selection.reason
      const own = new Map(
        auth.map((event) => [stateKeyOf(event.pdu.type, event.pdu.state_key ?? ''), event.eventId]),
      )
      if (version.roomIdIsCreateHash) own.set(stateKeyOf('m.room.create', ''), `$${roomId.slice(1)}`)
      await store.events.getMany([...own.values()])
      const verdict = checkAuth(pdu, lookupIn(own, store), version)
      return verdict.allowed ? undefined : verdict.reason
    },

    async rejectedByState(room, pdu, state) {
      await preload(state, store, authIds(state, pdu, room))
      const verdict = checkAuth(pdu, lookupIn(state, store), room.version)
      return verdict.allowed ? undefined : verdict.reason
    },

    async softFailed(room, pdu) {
      await preload(room.state, store, authIds(room.state, pdu, room))
      const verdict = checkAuth(pdu, lookupIn(room.state, store), room.version)
      if (!verdict.allowed) return verdict.reason
      return (await policyAgainst(room, pdu)) ?? envelopeAgainst(ctx, room.roomId, pdu)
    },

    checkCurrent(room, pdu) {
      const verdict = checkAuth(pdu as Pdu, lookupIn(room.state, store), room.version)
      if (!verdict.allowed) throw forbidden(`Not allowed in this room: ${verdict.reason}.`)
    },
  }
}
