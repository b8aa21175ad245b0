/**
 * State resolution: v2 for room versions 10 and 11 (rooms/v10, "State resolution"), v2.1 for 12 (rooms/v12).
 *
 *   0  split the states: unconflicted state map, conflicted state set             conflicts.ts
 *      full conflicted set = conflicted set + auth difference
 *                            + in v2.1 the conflicted state subgraph              conflicts.ts
 *   1  power events of the full conflicted set, with what of their auth chain is
 *      in it, in reverse topological power order                                  power-order.ts
 *   2  iterative auth checks on them, from the unconflicted state map;
 *      in v2.1 from an empty one                                                  iterative-checks.ts
 *   3  the other events, in mainline order of the power levels found in 2         mainline.ts
 *   4  iterative auth checks on them, from the result of 2                        iterative-checks.ts
 *   5  the unconflicted state map over the result of 4
 *
 * Pure: the result depends neither on the order of the states nor on that of their entries.
 * Cost, with C events in the auth chains of all states and F in the full conflicted set: O(C) to walk the chains once,
 * O(F log F) to sort, F checks of the rules. Memory O(C). No recursion: a chain may be of any length.
 */
import type { Pdu } from '../pdu.ts'
import { stateKeyOf } from '../pdu.ts'
import type { RoomVersion } from '../versions.ts'
import type { GetEvent, StateMap } from './auth-chain.ts'
import { fullConflictedSet, splitState } from './conflicts.ts'
import { iterativeAuthChecks } from './iterative-checks.ts'
import { mainlineOrder } from './mainline.ts'
import { isPowerEvent, reverseTopologicalPowerOrder } from './power-order.ts'

const CREATE = stateKeyOf('m.room.create', '')
const POWER_LEVELS = stateKeyOf('m.room.power_levels', '')

export type ResolutionOptions = {
  /**
   * Says which of the events that `getEvent` gives were rejected for the state before them ("Rejected events"): they take
   * part, but authorise no other event. Without it, `getEvent` must not give rejected events.
   */
  readonly isRejected?: (id: string) => boolean
}

/**
 * @param stateSets the states after each of an event's `prev_events`
 * @param getEvent must know the states' events and their whole auth chains; what it does not know is treated as absent
 * @returns event IDs by `stateKeyOf(type, stateKey)`
 */
export function resolveState(
  v: RoomVersion,
  stateSets: readonly StateMap[],
  getEvent: GetEvent,
  options: ResolutionOptions = {},
): Map<string, string> {
  const { unconflicted, conflicted } = splitState(stateSets)
  if (conflicted.size === 0) return unconflicted
  const isV21 = v.stateResolution === 'v2.1'
  const full = fullConflictedSet(stateSets, unconflicted, conflicted, getEvent, isV21)
  const create = v.roomIdIsCreateHash ? createEventOf(stateSets, full, getEvent) : undefined
  const isRejected = options.isRejected ?? (() => false)

  const power = withAuthChainWithin(
    full,
    [...full].filter((id) => isPowerEvent(getEvent(id)!)),
    getEvent,
  )
  const byPower = reverseTopologicalPowerOrder(power, getEvent, v, create)
  const base: StateMap = isV21 ? new Map() : unconflicted
  const partial = iterativeAuthChecks(v, byPower, base, getEvent, isRejected, create)

  const rest = [...full].filter((id) => !power.has(id))
  const byMainline = mainlineOrder(rest, partial.get(POWER_LEVELS), getEvent)
  const resolved = iterativeAuthChecks(v, byMainline, partial, getEvent, isRejected, create)
  for (const [key, id] of unconflicted) resolved.set(key, id)
  return resolved
}

/**
 * The power events, and what of their auth chains is in the full conflicted set.
 * NOTSPEC: a chain is followed within that set only, as Synapse does. By the letter, an event behind an unconflicted one
 * would be pulled forward as well, and where a member has two memberships that do not know each other, the other would win.
 */
function withAuthChainWithin(
  full: ReadonlySet<string>,
  ids: readonly string[],
  getEvent: GetEvent,
): Set<string> {
  const out = new Set<string>()
  const stack = [...ids]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (out.has(id)) continue
    out.add(id)
    for (const auth of getEvent(id)?.auth_events ?? []) if (full.has(auth)) stack.push(auth)
  }
  return out
}

/** The event every room ID of version 12 names. */
function createEventOf(
  sets: readonly StateMap[],
  full: ReadonlySet<string>,
  getEvent: GetEvent,
): Pdu | undefined {
  for (const id of full) {
    const roomId = getEvent(id)?.room_id
    const create = roomId === undefined ? undefined : getEvent(`$${roomId.slice(1)}`)
    if (create?.type === 'm.room.create') return create
  }
  for (const set of sets) {
    const id = set.get(CREATE)
    const create = id === undefined ? undefined : getEvent(id)
    if (create !== undefined) return create
  }
  return undefined
}
