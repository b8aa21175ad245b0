import { compareCodePoints, own } from '../json.ts'
import type { Pdu } from '../pdu.ts'
import { powerOf } from '../power.ts'
import type { RoomVersion } from '../versions.ts'
import type { GetEvent } from './auth-chain.ts'
import { Heap } from './heap.ts'

/**
 * "Power events": events that might take from someone the ability to do something in the room.
 * NOTSPEC: power levels and join rules with a state key of their own mean nothing to the rules; like the other servers, we
 * do not let them pull their auth chain forward.
 */
export function isPowerEvent(pdu: Pdu): boolean {
  if (pdu.type === 'm.room.power_levels' || pdu.type === 'm.room.join_rules') return pdu.state_key === ''
  if (pdu.type !== 'm.room.member' || pdu.state_key === undefined) return false
  const membership = own(pdu.content, 'membership')
  return (membership === 'leave' || membership === 'ban') && pdu.sender !== pdu.state_key
}

type Ranked = { readonly id: string; readonly power: number; readonly ts: number }

/** Greater power first, then the earlier, then the smaller event ID. */
function compareRanked(x: Ranked, y: Ranked): number {
  if (x.power !== y.power) return x.power > y.power ? -1 : 1
  return x.ts - y.ts || compareCodePoints(x.id, y.id)
}

/**
 * Reverse topological power ordering: what is cited comes before what cites it; among the free, `compareRanked`.
 * Kahn's algorithm over a heap: O((events + edges) log events).
 * @param create the create event, where `auth_events` do not name it (room version 12)
 */
export function reverseTopologicalPowerOrder(
  ids: ReadonlySet<string>,
  getEvent: GetEvent,
  v: RoomVersion,
  create: Pdu | undefined,
): string[] {
  const ranked = new Map<string, Ranked>()
  const waitingFor = new Map<string, number>()
  const citedBy = new Map<string, string[]>()
  for (const id of ids) {
    const pdu = getEvent(id)
    if (pdu === undefined) continue
    ranked.set(id, { id, power: senderPower(pdu, getEvent, v, create), ts: pdu.origin_server_ts })
    const cited = new Set(pdu.auth_events.filter((auth) => ids.has(auth) && getEvent(auth) !== undefined))
    waitingFor.set(id, cited.size)
    for (const auth of cited) {
      const citing = citedBy.get(auth)
      if (citing) citing.push(id)
      else citedBy.set(auth, [id])
    }
  }
  const free = new Heap<Ranked>(compareRanked)
  for (const [id, count] of waitingFor) if (count === 0) free.push(ranked.get(id)!)
  const order: string[] = []
  for (let next = free.pop(); next !== undefined; next = free.pop()) {
    order.push(next.id)
    for (const id of citedBy.get(next.id) ?? []) {
      const left = waitingFor.get(id)! - 1
      waitingFor.set(id, left)
      if (left === 0) free.push(ranked.get(id)!)
    }
  }
  return order
}

/** The sender's power as the event's own auth events have it. */
function senderPower(pdu: Pdu, getEvent: GetEvent, v: RoomVersion, create: Pdu | undefined): number {
  let levels: Pdu | undefined
  let cited: Pdu | undefined
  for (const id of pdu.auth_events) {
    const auth = getEvent(id)
    if (auth?.type === 'm.room.power_levels' && auth.state_key === '') levels ??= auth
    if (auth?.type === 'm.room.create' && auth.state_key === '') cited ??= auth
  }
  return powerOf(pdu.sender, levels, v.roomIdIsCreateHash ? create : cited, v)
}
