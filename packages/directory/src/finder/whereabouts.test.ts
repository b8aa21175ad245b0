import { expect, test } from 'vitest'
import { markOf } from '../entry/marks.ts'
import { publicView } from '../entry/visibility.ts'
import { exampleEntries, exampleInstitutions } from '../examples.ts'
import { runSteps } from '../steps.ts'
import { whereaboutsOf } from './whereabouts.ts'

const now = Date.UTC(2026, 10, 10, 15)
/** An example with an invented position. */
const entry = structuredClone(exampleEntries.find(({ records }) => (records.locations?.length ?? 0) > 0)!)
for (const [at, location] of entry.records.locations!.entries())
  Object.assign(location, { latitude: 15.7 + at / 10, longitude: -88.6 })
const institution = exampleInstitutions.find(({ key }) => key === entry.key)!
const of = (given: typeof entry) =>
  runSteps(whereaboutsOf([{ institution, entry: given, lastModified: '2026-11-02T00:00:00.000Z' }], now))

test('a place is hidden when its position, its address or all of it is for the network alone', () => {
  const all = of(entry)
  const places = all.hidden.length + all.open.length
  expect(places).toBeGreaterThan(0)
  for (const location of entry.records.locations!)
    for (const field of ['*', 'latitude']) {
      const hidden = structuredClone(entry)
      hidden.records.attributes = [
        ...(hidden.records.attributes ?? []),
        { ...markOf('locations', location.id, 'network_only', field) },
      ]
      const found = of(hidden)
      expect(found.hidden.length + found.open.length).toBe(places)
      const at = { latitude: location['latitude'], longitude: location['longitude'] }
      expect(found.hidden).toContainEqual(at)
      expect(found.open).not.toContainEqual(at)
      // Whoever has the public view alone knows nothing of it.
      expect(of(publicView(hidden)).hidden).not.toContainEqual(at)
    }
})
