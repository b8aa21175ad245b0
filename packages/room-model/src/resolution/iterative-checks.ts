import { checkAuth } from '../auth/check.ts'
import { type Pdu, stateKeyOf } from '../pdu.ts'
import type { StateLookup } from '../power.ts'
import type { RoomVersion } from '../versions.ts'
import type { GetEvent, StateMap } from './auth-chain.ts'

/**
 * The iterative auth checks algorithm: each event in turn is applied to the state if the rules allow it there. A key the
 * state lacks is looked up among the event's own auth events.
 * @param create the create event, where `auth_events` do not name it (room version 12)
 */
export function iterativeAuthChecks(
  v: RoomVersion,
  ids: Iterable<string>,
  base: StateMap,
  getEvent: GetEvent,
  isRejected: (id: string) => boolean,
  create: Pdu | undefined,
): Map<string, string> {
  const state = new Map(base)
  for (const id of ids) {
    const pdu = getEvent(id)
    if (pdu?.state_key === undefined) continue
    const lookup: StateLookup = (type, stateKey) => {
      const current = state.get(stateKeyOf(type, stateKey))
      const event = current === undefined ? undefined : getEvent(current)
      if (event !== undefined) return event
      if (v.roomIdIsCreateHash && type === 'm.room.create') return create
      for (const auth of pdu.auth_events) {
        const cited = getEvent(auth)
        if (cited?.type === type && cited.state_key === stateKey && !isRejected(auth)) return cited
      }
      return undefined
    }
    if (checkAuth(pdu, lookup, v).allowed) state.set(stateKeyOf(pdu.type, pdu.state_key), id)
  }
  return state
}
