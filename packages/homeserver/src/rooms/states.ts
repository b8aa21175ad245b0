/** Events and states by their ids. */
import { loadAuthChains, preload, type Room, stateView } from './room.ts'
import type { RoomStore, States } from './types.ts'

export function createStates(deps: {
  serverName: string
  store: RoomStore
  open(roomId: string): Promise<Room | undefined>
  requireRoom(roomId: string): Promise<Room>
}): States {
  const { store } = deps

  async function viewOf(state: ReadonlyMap<string, string>) {
    await preload(state, store)
    return stateView(state, store)
  }

  return {
    async room(roomId) {
      const room = await deps.open(roomId)
      if (!room || room.extremities.size === 0) return undefined
      return {
        roomId,
        version: room.version,
        joinedLocally: room.servers.has(deps.serverName),
        extremities: [...room.extremities.keys()],
      }
    },
    event: (id) => store.events.get(id),
    events: (ids) => store.events.getMany(ids),
    currentState: async (roomId) => viewOf((await deps.requireRoom(roomId)).state),
    async stateBefore(id) {
      const event = await store.events.get(id)
      if (!event || event.outlier) return undefined
      return viewOf(event.before === undefined ? new Map() : await store.groups.get(event.before))
    },
    async stateAfter(id) {
      const event = await store.events.get(id)
      return event?.after === undefined ? undefined : viewOf(await store.groups.get(event.after))
    },
    async authChain(ids) {
      const chain = [...(await loadAuthChains(ids, store)).values()]
      const named = new Set(chain.flatMap((event) => event.pdu.auth_events))
      return chain.filter((event) => named.has(event.eventId))
    },
  }
}
