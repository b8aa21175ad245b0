import { anything } from '@enlace/directory/finder'
import type { Position } from '@enlace/directory/plus-code'
import type { DeviceDirectory } from '../../model/directory/types.ts'

/** As near as somebody would find the door. */
const NEAR_METRES = 500
const DEGREE_METRES = 111_320

/** Flat, which is near enough for streets. */
export function metresBetween(a: Position, b: Position): number {
  const east = (a.longitude - b.longitude) * Math.cos((a.latitude * Math.PI) / 180)
  return Math.hypot(a.latitude - b.latitude, east) * DEGREE_METRES
}

/** Whether this device's directory has a place there whose address is not for everybody: such a point is not sent. */
export async function isGuarded(
  directory: Pick<DeviceDirectory, 'state' | 'refresh' | 'find' | 'rows' | 'entry'>,
  at: Position,
  now = Date.now(),
): Promise<boolean> {
  if (directory.state.get().phase !== 'ready') await directory.refresh()
  if (directory.state.get().phase !== 'ready') return false
  const { found, positions } = await directory.find(anything, now)
  const near = [...found].filter((_, index) => {
    const position = { latitude: positions[index * 2]!, longitude: positions[index * 2 + 1]! }
    return metresBetween(at, position) < NEAR_METRES
  })
  const keys = new Set((await directory.rows(near, now)).map((row) => row.key))
  for (const key of keys) {
    const details = await directory.entry(key, now)
    const places = details?.places ?? []
    if (
      places.some(
        (one) =>
          one.addressNetworkOnly &&
          !one.townOnly &&
          one.position &&
          metresBetween(at, one.position) < NEAR_METRES,
      )
    )
      return true
  }
  return false
}
