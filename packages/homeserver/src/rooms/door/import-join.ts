/** A room of other servers becomes one of this node: what send_join answered (server-server API, "Joining Rooms"). */
import { checkAuth, eventId as eventIdOf, type Pdu, stateKeyOf } from '@enlace/room-model'
import { forbidden, MatrixError } from '../../errors.ts'
import { groupOf, lookupIn, preload } from '../room.ts'
import type { Door } from '../types.ts'
import { type ReceiveOf, rememberRoom } from './outliers.ts'
import type { Steps } from './types.ts'

export function createImportJoin(steps: Steps, receiveOf: ReceiveOf): Door['importJoin'] {
  const { ctx, store, open, persist } = steps
  return async ({ roomId, version, join, state, authChain }) => {
    await rememberRoom(steps, roomId, version)
    await receiveOf([...authChain, ...state], roomId, version)
    const ids = state.flatMap((raw) => {
      try {
        return [eventIdOf(raw as Pdu, version)]
      } catch {
        return []
      }
    })
    const stateEvents = (await store.events.getMany(ids)).filter(
      (event) => event.verdict === 'accept' && event.roomId === roomId,
    )
    const create = stateEvents.find((event) => event.pdu.type === 'm.room.create')
    if (!create) throw new MatrixError(502, 'M_UNKNOWN', 'The other server did not give a complete room.')
    const room = (await open(roomId))!
    return room.enqueue(async () => {
      const before = await groupOf(
        stateEvents.map((event) => event.eventId),
        store,
      )
      const stateMap = await store.groups.get(before)
      const own = stateMap.get(stateKeyOf('m.room.member', join.sender))
      await preload(stateMap, store, own === undefined ? [] : [own])
      const verdict = checkAuth(join, lookupIn(stateMap, store), version)
      if (!verdict.allowed) throw forbidden(`The join is not allowed: ${verdict.reason}.`)
      // Nobody here was in the room: what was known of it is history of another time, and this node begins again.
      const begins = !room.servers.has(ctx.serverName)
      const id = eventIdOf(join, version)
      return (await persist(room, { id, pdu: join, verdict: 'accept', before, begins })).durable
    })
  }
}
