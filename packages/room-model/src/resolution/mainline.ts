import { compareCodePoints } from '../json.ts'
import type { GetEvent } from './auth-chain.ts'

/**
 * Mainline ordering based on a power levels event: first what hangs off its oldest ancestors (or none of them), then by
 * time, then by event ID. Each power levels event is walked once, however many events lead to it.
 */
export function mainlineOrder(
  ids: Iterable<string>,
  powerLevelsId: string | undefined,
  getEvent: GetEvent,
): string[] {
  const positions = new Map<string, number>()
  let index = 0
  for (
    let id = powerLevelsId;
    id !== undefined && !positions.has(id);
    id = citedPowerLevels(id, getEvent), index++
  )
    positions.set(id, index)

  const placed: { id: string; position: number; ts: number }[] = []
  for (const id of ids) {
    const pdu = getEvent(id)
    if (pdu === undefined) continue
    const position = positionOf(citedPowerLevels(id, getEvent), positions, getEvent)
    placed.push({ id, position, ts: pdu.origin_server_ts })
  }
  placed.sort((x, y) => {
    if (x.position !== y.position) return x.position > y.position ? -1 : 1
    return x.ts - y.ts || compareCodePoints(x.id, y.id)
  })
  return placed.map(({ id }) => id)
}

/** The mainline position of a power levels event: that of the first of the mainline on its way back; remembered for all passed. */
function positionOf(start: string | undefined, positions: Map<string, number>, getEvent: GetEvent): number {
  const passed = new Set<string>()
  let id = start
  while (id !== undefined && !positions.has(id) && !passed.has(id)) {
    passed.add(id)
    id = citedPowerLevels(id, getEvent)
  }
  const position = (id === undefined ? undefined : positions.get(id)) ?? Number.POSITIVE_INFINITY
  for (const one of passed) positions.set(one, position)
  return position
}

function citedPowerLevels(id: string, getEvent: GetEvent): string | undefined {
  return getEvent(id)?.auth_events.find((auth) => {
    const pdu = getEvent(auth)
    return pdu?.type === 'm.room.power_levels' && pdu.state_key === ''
  })
}
