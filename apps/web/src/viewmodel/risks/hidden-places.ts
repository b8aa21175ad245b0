/** What of this device's directory keeps a report from telling where a hidden place is. */
import { anything } from '@enlace/directory/finder'
import type { Position } from '@enlace/directory/plus-code'
import type { DeviceDirectory } from '../../model/directory/types.ts'

const AT_ONCE = 40

export interface DirectoryPlaces {
  /** of places whose address is the network's alone */
  hidden: Position[]
  /** of places anybody may find */
  open: Position[]
}

/** @returns undefined while this device has no copy of the directory: then nothing may leave the network */
export async function directoryPlaces(
  directory: Pick<DeviceDirectory, 'state' | 'refresh' | 'find' | 'rows' | 'entry'>,
  now = Date.now(),
): Promise<DirectoryPlaces | undefined> {
  if (directory.state.get().phase !== 'ready') await directory.refresh()
  if (directory.state.get().phase !== 'ready') return undefined
  const { found } = await directory.find(anything, now)
  const rows = await directory.rows([...found], now)
  const keys = [...new Set(rows.filter((row) => row.position && !row.townOnly).map((row) => row.key))]
  const places: DirectoryPlaces = { hidden: [], open: [] }
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const entries = await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => directory.entry(key, now)))
    for (const entry of entries)
      for (const { position, townOnly, addressNetworkOnly } of entry?.places ?? [])
        if (position && !townOnly) (addressNetworkOnly ? places.hidden : places.open).push(position)
  }
  return places
}
