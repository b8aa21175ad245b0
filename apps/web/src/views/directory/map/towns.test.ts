import { expect, test } from 'vitest'
import { findTowns, isOnMap, nearestTown } from './towns.ts'

test('a town is found by a part of its name, without accents, and is the nearest to itself', () => {
  expect(findTowns('puerto cort', 3)[0]).toMatchObject({ name: 'Puerto Cortés', country: 'HN' })
  expect(findTowns('  ', 3)).toEqual([])
  expect(findTowns('zzzz', 3)).toEqual([])
  for (const town of findTowns('san', 20)) {
    expect(nearestTown(town)).toMatchObject({ town, metres: 0 })
    expect(isOnMap(town)).toBe(true)
  }
})

test('what is beside a town is near it, and the other side of the world is not on the map', () => {
  const [town] = findTowns('Omoa', 1)
  const beside = { latitude: town!.latitude + 0.005, longitude: town!.longitude }
  const { metres, town: found } = nearestTown(beside)
  expect(found).toEqual(town)
  expect(metres).toBeGreaterThan(500)
  expect(metres).toBeLessThan(600)
  for (const far of [
    { latitude: 51.5, longitude: 0.12 },
    { latitude: -90, longitude: 180 },
  ])
    expect(isOnMap(far)).toBe(false)
})
