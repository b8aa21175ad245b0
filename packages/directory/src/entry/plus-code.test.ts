import fc from 'fast-check'
import pluscodes from 'pluscodes'
import { expect, it } from 'vitest'
import { isFullPlusCode, metresBetween, plusCodeOf, positionOfPlusCode, wholePlusCode } from './plus-code.ts'

// From the specification's own test data.
it.each([
  [20.375, 2.775, 6, '7FG49Q00+'],
  [20.3700625, 2.7821875, 10, '7FG49QCJ+2V'],
  [20.3701125, 2.782234375, 11, '7FG49QCJ+2VX'],
  [47.0000625, 8.0000625, 10, '8FVC2222+22'],
  [-41.2730625, 174.7859375, 10, '4VCPPQGP+Q9'],
  [0.5, -179.5, 4, '62G20000+'],
  [-89.5, -179.5, 4, '22220000+'],
  [20.5, 2.5, 4, '7FG40000+'],
  [-89.9999375, -179.9999375, 10, '22222222+22'],
  [0.5, 179.5, 4, '6VGX0000+'],
  [1, 1, 11, '6FH32222+222'],
  [90, 1, 4, 'CFX30000+'],
  [92, 1, 4, 'CFX30000+'],
  [1, 180, 4, '62H20000+'],
  [1, 181, 4, '62H30000+'],
  [90, 1, 10, 'CFX3X2X2+X2'],
  [35.6, 3.033, 10, '8F75J22M+26'],
  [-48.71, 142.78, 8, '4R347QRJ+'],
])('%d %d in %d digits is %s', (latitude, longitude, length, code) => {
  expect(plusCodeOf({ latitude, longitude }, length)).toBe(code)
})

const place = fc.record({
  latitude: fc.double({ min: -89.9, max: 89.9, noNaN: true }),
  longitude: fc.double({ min: -180, max: 179.9, noNaN: true }),
})

it('is what another implementation says', () => {
  fc.assert(
    fc.property(place, fc.constantFrom(4, 6, 8, 10), (position, length) => {
      const code = plusCodeOf(position, length)
      const theirs = pluscodes.encode(position, length)
      // On the line between two squares floating point decides; both are right there.
      if (code !== theirs)
        expect(metresBetween(positionOfPlusCode(code)!, pluscodes.decode(theirs!)!)).toBeLessThan(2.3e6)
      const mine = positionOfPlusCode(code)!
      const other = pluscodes.decode(code)!
      expect(mine.latitude).toBeCloseTo(other.latitude, 5)
      expect(mine.longitude).toBeCloseTo(other.longitude, 5)
    }),
  )
})

it('leads back to the place, and stays the same code', () => {
  fc.assert(
    fc.property(place, fc.integer({ min: 10, max: 15 }), (position, length) => {
      const code = plusCodeOf(position, length)
      expect(isFullPlusCode(code)).toBe(true)
      const found = positionOfPlusCode(code)!
      expect(Math.abs(found.latitude - position.latitude)).toBeLessThanOrEqual(found.heightDegrees / 2 + 1e-9)
      expect(Math.abs(found.longitude - position.longitude)).toBeLessThanOrEqual(
        found.widthDegrees / 2 + 1e-9,
      )
      expect(plusCodeOf(found, length)).toBe(code)
    }),
  )
})

it('in short form is made whole near its town', () => {
  const town = { latitude: 15.72778, longitude: -88.59444 }
  const near = fc.record({
    latitude: fc.double({ min: town.latitude - 0.4, max: town.latitude + 0.4, noNaN: true }),
    longitude: fc.double({ min: town.longitude - 0.4, max: town.longitude + 0.4, noNaN: true }),
  })
  fc.assert(
    fc.property(near, fc.constantFrom(10, 11), (position, length) => {
      const code = plusCodeOf(position, length)
      expect(wholePlusCode(code.slice(4), town)).toBe(code)
      expect(wholePlusCode(` ${code.toLowerCase()}`, town)).toBe(code)
    }),
  )
  for (const none of ['', '+', 'Puerto Barrios', 'PCH4', 'AB12+34', '8FVC0000+22'])
    expect(wholePlusCode(none, town)).toBeUndefined()
})

it('refuses what is no code', () => {
  for (const none of [
    '',
    '8FVC2222',
    '8FVC2222+2',
    '8FVC22A2+22',
    'XXXXXXXX+XX',
    '8FVC0022+',
    '8F+',
    '8FVC2222+22222222',
  ])
    expect([none, isFullPlusCode(none), positionOfPlusCode(none)]).toEqual([none, false, undefined])
})

it('Puerto Barrios is some 60 km from Omoa', () => {
  const metres = metresBetween(
    { latitude: 15.72778, longitude: -88.59444 },
    { latitude: 15.76667, longitude: -88.03333 },
  )
  expect(metres).toBeGreaterThan(59_500)
  expect(metres).toBeLessThan(61_000)
})
