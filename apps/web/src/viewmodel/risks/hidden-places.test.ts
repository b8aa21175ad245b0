import { expect, test } from 'vitest'
import type { DeviceDirectory } from '../../model/directory/types.ts'
import { directoryPlaces } from './hidden-places.ts'

const at = (latitude: number) => ({ latitude, longitude: -88.5 })
/** One institution with an open office, a hidden shelter and a place of which only the town is known. */
const directory = (phase: string, refreshed = phase) => {
  let now = phase
  return {
    state: { get: () => ({ phase: now }) },
    refresh: async () => {
      now = refreshed
    },
    find: async () => ({ found: Uint32Array.of(0, 1) }),
    rows: async () => [
      { key: 'gt-casa', position: at(1), townOnly: false },
      { key: 'gt-casa', position: at(3), townOnly: true },
    ],
    entry: async () => ({
      places: [
        { position: at(1), townOnly: false, addressNetworkOnly: false },
        { position: at(2), townOnly: false, addressNetworkOnly: true },
        { position: at(3), townOnly: true, addressNetworkOnly: false },
        { townOnly: false, addressNetworkOnly: true },
      ],
    }),
  } as unknown as DeviceDirectory
}

test('hidden and open places of the directory, towns for neither', async () => {
  expect(await directoryPlaces(directory('ready'))).toEqual({ hidden: [at(2)], open: [at(1)] })
  expect(await directoryPlaces(directory('none', 'ready'))).toEqual({ hidden: [at(2)], open: [at(1)] })
})

test('without a copy of the directory nothing is known, which is not the same as nothing hidden', async () => {
  expect(await directoryPlaces(directory('none'))).toBeUndefined()
})
