/**
 * State resolution v2 (room versions 10, 11) and v2.1 (12). Steps: 1 unconflicted map and conflicted set; 2 full conflicted
 * set (auth difference, and in v2.1 the conflicted subgraph); 3 power events with their auth chain inside it, in reverse
 * topological power order, iterative auth checks from the unconflicted map (v2) or from nothing (v2.1); 4 the rest in
 * mainline order, iterative auth checks; 5 the unconflicted map over the result.
 */
import { authEventTypesFor, checkAuth } from './auth.ts'
import { type Pdu, stateKeyOf } from './events.ts'
import { compareCodePoints } from './json.ts'
import { powerOf } from './power.ts'
import type { RoomVersion } from './versions.ts'

export type StateMap = ReadonlyMap<string, string>
export type GetEvent = (id: string) => Pdu | undefined

export function resolveState(
  v: RoomVersion,
  stateSets: readonly StateMap[],
  getEvent: GetEvent,
): Map<string, string> {
  const unconflicted = new Map<string, string>()
  const conflicted = new Set<string>()
  const keys = new Set(stateSets.flatMap((set) => [...set.keys()]))
  for (const key of keys) {
    const values = new Set(stateSets.map((set) => set.get(key)))
    if (values.size === 1) unconflicted.set(key, stateSets[0]!.get(key)!)
    else for (const id of values) if (id !== undefined) conflicted.add(id)
  }
  if (conflicted.size === 0) return unconflicted

  const full = new Set<string>(conflicted)
  for (const id of authDifference(stateSets, getEvent)) full.add(id)
  if (v.stateResolution === 'v2.1') for (const id of conflictedSubgraph(conflicted, getEvent)) full.add(id)
  for (const id of [...full]) if (!getEvent(id)) full.delete(id)

  const create = v.roomIdIsCreateHash ? createOf(stateSets, getEvent) : undefined
  const power = new Set<string>()
  for (const id of full)
    if (isPowerEvent(getEvent(id)!))
      for (const one of [id, ...authChainOf([id], getEvent)]) if (full.has(one)) power.add(one)
  const sorted = reverseTopologicalPowerOrder(power, getEvent, v, create)
  const partial = iterativeAuthChecks(
    v,
    sorted,
    v.stateResolution === 'v2.1' ? new Map() : unconflicted,
    getEvent,
    create,
  )
  const rest = [...full].filter((id) => !power.has(id))
  const ordered = mainlineOrder(rest, partial.get(stateKeyOf('m.room.power_levels', '')), getEvent)
  const resolved = iterativeAuthChecks(v, ordered, partial, getEvent, create)
  for (const [key, id] of unconflicted) resolved.set(key, id)
  return resolved
}
function createOf(sets: readonly StateMap[], getEvent: GetEvent): Pdu | undefined {
  for (const set of sets) {
    const id = set.get(stateKeyOf('m.room.create', ''))
    const pdu = id === undefined ? undefined : getEvent(id)
    if (pdu) return pdu
  }
  return undefined
}
export function authChainOf(ids: Iterable<string>, getEvent: GetEvent): Set<string> {
  const chain = new Set<string>()
  const stack: string[] = []
  for (const id of ids) stack.push(...(getEvent(id)?.auth_events ?? []))
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (chain.has(id)) continue
    const pdu = getEvent(id)
    if (!pdu) continue
    chain.add(id)
    stack.push(...pdu.auth_events)
  }
  return chain
}
function authDifference(sets: readonly StateMap[], getEvent: GetEvent): Set<string> {
  const chains = sets.map((set) => authChainOf(set.values(), getEvent))
  const count = new Map<string, number>()
  for (const chain of chains) for (const id of chain) count.set(id, (count.get(id) ?? 0) + 1)
  return new Set([...count].filter(([, times]) => times < sets.length).map(([id]) => id))
}
/** Events on an auth path between two conflicted events: reachable from one, and reaching one. */
function conflictedSubgraph(conflicted: ReadonlySet<string>, getEvent: GetEvent): Set<string> {
  const below = authChainOf(conflicted, getEvent)
  for (const id of conflicted) below.add(id)
  const children = new Map<string, string[]>()
  for (const id of below)
    for (const auth of getEvent(id)?.auth_events ?? []) {
      const list = children.get(auth)
      if (list) list.push(id)
      else children.set(auth, [id])
    }
  const above = new Set<string>()
  const stack = [...conflicted]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (above.has(id)) continue
    above.add(id)
    stack.push(...(children.get(id) ?? []))
  }
  return new Set([...above].filter((id) => below.has(id)))
}
function isPowerEvent(pdu: Pdu): boolean {
  if (pdu.state_key === undefined) return false
  if (pdu.type === 'm.room.power_levels' || pdu.type === 'm.room.join_rules') return pdu.state_key === ''
  const membership = pdu.content['membership']
  return (
    pdu.type === 'm.room.member' &&
    (membership === 'leave' || membership === 'ban') &&
    pdu.sender !== pdu.state_key
  )
}
function reverseTopologicalPowerOrder(
  ids: ReadonlySet<string>,
  getEvent: GetEvent,
  v: RoomVersion,
  create: Pdu | undefined,
): string[] {
  const powerBy = new Map<string, number>()
  for (const id of ids) {
    const pdu = getEvent(id)!
    const auths = pdu.auth_events.map(getEvent).filter((one): one is Pdu => one !== undefined)
    powerBy.set(
      id,
      powerOf(
        pdu.sender,
        auths.find((one) => one.type === 'm.room.power_levels'),
        create ?? auths.find((one) => one.type === 'm.room.create'),
        v,
      ),
    )
  }
  const before = (a: string, b: string) => {
    const [x, y] = [powerBy.get(a)!, powerBy.get(b)!]
    return (
      (x === y ? 0 : y > x ? 1 : -1) ||
      getEvent(a)!.origin_server_ts - getEvent(b)!.origin_server_ts ||
      compareCodePoints(a, b)
    )
  }
  const waits = new Map<string, number>()
  const children = new Map<string, string[]>()
  for (const id of ids) {
    const parents = new Set(getEvent(id)!.auth_events.filter((one) => ids.has(one)))
    waits.set(id, parents.size)
    for (const parent of parents) {
      const list = children.get(parent)
      if (list) list.push(id)
      else children.set(parent, [id])
    }
  }
  const heap = new Heap(before)
  for (const [id, count] of waits) if (count === 0) heap.push(id)
  const out: string[] = []
  for (let id = heap.pop(); id !== undefined; id = heap.pop()) {
    out.push(id)
    for (const child of children.get(id) ?? []) {
      const left = waits.get(child)! - 1
      waits.set(child, left)
      if (left === 0) heap.push(child)
    }
  }
  return out
}
function iterativeAuthChecks(
  v: RoomVersion,
  ids: readonly string[],
  base: StateMap,
  getEvent: GetEvent,
  create: Pdu | undefined,
): Map<string, string> {
  const state = new Map(base)
  for (const id of ids) {
    const pdu = getEvent(id)!
    if (pdu.state_key === undefined) continue
    const own = new Map<string, Pdu>()
    for (const auth of pdu.auth_events) {
      const one = getEvent(auth)
      if (one?.state_key !== undefined) own.set(stateKeyOf(one.type, one.state_key), one)
    }
    for (const [type, key] of authEventTypesFor(pdu, v)) {
      const at = state.get(stateKeyOf(type, key))
      const one = at === undefined ? undefined : getEvent(at)
      if (one) own.set(stateKeyOf(type, key), one)
    }
    const lookup = (type: string, key: string) =>
      type === 'm.room.create' && create ? create : own.get(stateKeyOf(type, key))
    if (checkAuth(pdu, lookup, v).allowed) state.set(stateKeyOf(pdu.type, pdu.state_key), id)
  }
  return state
}
function mainlineOrder(
  ids: readonly string[],
  powerLevelsId: string | undefined,
  getEvent: GetEvent,
): string[] {
  const position = new Map<string, number>()
  const parentOf = (id: string) =>
    getEvent(id)?.auth_events.find((auth) => {
      const one = getEvent(auth)
      return one?.type === 'm.room.power_levels' && one.state_key === ''
    })
  for (let id = powerLevelsId, index = 0; id !== undefined && !position.has(id); id = parentOf(id), index++)
    position.set(id, index)
  const at = new Map<string, number>()
  for (const id of ids) {
    const seen = new Set<string>()
    let one = parentOf(id)
    while (one !== undefined && !position.has(one) && !seen.has(one)) {
      seen.add(one)
      one = parentOf(one)
    }
    at.set(id, one === undefined ? Number.POSITIVE_INFINITY : (position.get(one) ?? Number.POSITIVE_INFINITY))
  }
  return [...ids].sort((a, b) => {
    const [x, y] = [at.get(a)!, at.get(b)!]
    return (
      (x === y ? 0 : y > x ? 1 : -1) ||
      getEvent(a)!.origin_server_ts - getEvent(b)!.origin_server_ts ||
      compareCodePoints(a, b)
    )
  })
}
class Heap {
  #items: string[] = []
  #before: (a: string, b: string) => number
  constructor(before: (a: string, b: string) => number) {
    this.#before = before
  }
  push(item: string): void {
    const items = this.#items
    items.push(item)
    for (let i = items.length - 1; i > 0; ) {
      const p = (i - 1) >> 1
      if (this.#before(items[i]!, items[p]!) >= 0) break
      ;[items[i], items[p]] = [items[p]!, items[i]!]
      i = p
    }
  }
  pop(): string | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (items.length > 0 && last !== undefined) {
      items[0] = last
      for (let i = 0; ; ) {
        let m = i
        for (const c of [2 * i + 1, 2 * i + 2])
          if (c < items.length && this.#before(items[c]!, items[m]!) < 0) m = c
        if (m === i) break
        ;[items[i], items[m]] = [items[m]!, items[i]!]
        i = m
      }
    }
    return top
  }
}
