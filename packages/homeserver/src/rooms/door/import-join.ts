/** A room of other servers becomes one of this node: what send_join answered (server-server API, "Joining Rooms"). */
import { topicPolicyEventType } from '@enlace/coordination'
import { checkAuth, stateKeyOf } from '@enlace/room-model'
import { forbidden, MatrixError } from '../../errors.ts'
import { groupOf, lookupIn, preload } from '../room.ts'
import type { Door } from '../types.ts'
import { rememberRoom } from './outliers.ts'
import type { Steps } from './types.ts'

export function createImportJoin(steps: Steps, receiveOutliers: Door['receiveOutliers']): Door['importJoin'] {
  const { ctx, store, open, persist } = steps
  return async ({ join, state, authChain }) => {
    const { pdu, eventId, roomId, version } = join
    await rememberRoom(steps, roomId, version)
    await receiveOutliers(roomId, version, [...authChain, ...state])
    const stateEvents = (await store.events.getMany(state.map((event) => event.eventId))).filter(
      (event) => event.verdict === 'accept' && event.roomId === roomId,
    )
    const create = stateEvents.find((event) => event.pdu.type === 'm.room.create')
    if (!create) throw new MatrixError(502, 'M_UNKNOWN', 'The other server did not give a complete room.')
    const room = (await open(roomId))!
    return room.enqueue(async () => {
      const ids = stateEvents.map((event) => event.eventId)
      const before = await groupOf(ids, store)
      const stateMap = await store.groups.get(before)
      const own = stateMap.get(stateKeyOf('m.room.member', pdu.sender))
      await preload(stateMap, store, own === undefined ? [] : [own])
      const verdict = checkAuth(pdu, lookupIn(stateMap, store), version)
      if (!verdict.allowed) throw forbidden(`The join is not allowed: ${verdict.reason}.`)
      // The other server let our person in; whether the policy does is seen here, with the room's state.
      const policy = lookupIn(stateMap, store)(topicPolicyEventType, '')?.content
      const refusal = await ctx.policy.refuses(roomId, pdu.sender, policy)
      if (refusal) throw refusal
      // Nobody here was in the room: what was known of it is history of another time, and this node begins again.
      const begins = !room.servers.has(ctx.serverName)
      return (await persist(room, { id: eventId, pdu, verdict: 'accept', before, begins })).durable
    })
  }
}
