import fc from 'fast-check'
import { expect, test } from 'vitest'
import map from './corridor.json' with { type: 'json' }
import {
  clusterLevel,
  clustersOf,
  decodeLine,
  fitting,
  fromPixel,
  type Limits,
  latitudeOf,
  metresPerPixel,
  placeLabels,
  scaleBar,
  spotOf,
  toPixel,
  zoomed,
} from './geometry.ts'

const size = { width: 800, height: 600 }
const limits: Limits = { low: spotOf(18, -93), high: spotOf(12.5, -83), minScale: 1e3, maxScale: 1e7 }

test('a place is where it is, there and back', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 12, max: 19, noNaN: true }),
      fc.double({ min: -93, max: -82, noNaN: true }),
      (latitude, longitude) => {
        const { x, y } = spotOf(latitude, longitude)
        expect(latitudeOf(y)).toBeCloseTo(latitude, 6)
        expect((x - 0.5) * 360).toBeCloseTo(longitude, 6)
      },
    ),
  )
})

test('what is under the finger stays there while somebody zooms', () => {
  const view = { ...spotOf(15.7, -88.5), scale: 40_000 }
  const pixel = { x: 200, y: 450 }
  const before = fromPixel(pixel, view, size)
  const after = toPixel(before, zoomed(view, 2, pixel, limits, size), size)
  expect(after.x).toBeCloseTo(200, 3)
  expect(after.y).toBeCloseTo(450, 3)
})

test('nobody leaves the map', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.nat(800), fc.nat(600), (factor, x, y) => {
      const view = zoomed({ ...spotOf(15.7, -88.5), scale: 40_000 }, factor, { x, y }, limits, size)
      expect(view.scale).toBeLessThanOrEqual(limits.maxScale)
      expect(view.x).toBeGreaterThanOrEqual(limits.low.x)
      expect(view.y).toBeLessThanOrEqual(limits.high.y)
    }),
  )
})

test('every point is in one cluster, clusters do not lie upon each other, and nowhere is in none', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.double({ min: 0.24, max: 0.27, noNaN: true }),
          fc.double({ min: 0.45, max: 0.46, noNaN: true }),
        ),
        { maxLength: 200 },
      ),
      (points) => {
        const list = Float64Array.from([...points.flat(), Number.NaN, Number.NaN])
        const level = clusterLevel(40_000)
        const clusters = clustersOf(list, level)
        const members = clusters.flatMap((cluster) => cluster.members).sort((a, b) => a - b)
        expect(members).toEqual(points.map((_, at) => at))
      },
    ),
  )
})

test('twenty thousand points are a few hundred marks at most', () => {
  const points = new Float64Array(40_000)
  for (let at = 0; at < 20_000; at++) {
    points[at * 2] = 0.24 + ((at * 7919) % 20_000) / 700_000
    points[at * 2 + 1] = 0.45 + ((at * 104_729) % 20_000) / 1_000_000
  }
  const clusters = clustersOf(points, clusterLevel(size.width / 0.03))
  expect(clusters.length).toBeLessThan(300)
  expect(clusters.reduce((sum, { members }) => sum + members.length, 0)).toBe(20_000)
})

test('labels never overlap, and the weightier stands', () => {
  const label = (text: string, x: number) => ({ text, x, y: 50, width: 60, size: 12 })
  expect(
    placeLabels([label('a', 10), label('b', 40), label('c', 100), label('d', 900)], [], size).map(
      ({ text }) => text,
    ),
  ).toEqual(['a', 'c'])
})

test('the view shows all that was found', () => {
  const spots = [spotOf(15.7, -88.6), spotOf(14.1, -87.2)]
  const view = fitting(spots, size, 40, 1e7)!
  for (const spot of spots) {
    const { x, y } = toPixel(spot, view, size)
    expect(x).toBeGreaterThanOrEqual(39)
    expect(x).toBeLessThanOrEqual(size.width - 39)
    expect(y).toBeGreaterThanOrEqual(39)
  }
  expect(fitting([], size, 40, 1e7)).toBeUndefined()
})

test('the scale bar is a round length that fits', () => {
  expect(scaleBar(90, 100)).toEqual({ metres: 5000, width: 5000 / 90 })
  expect(scaleBar(metresPerPixel({ ...spotOf(15, -88), scale: 40_000 }), 100).width).toBeLessThanOrEqual(100)
})

test('the base map is the corridor: its towns lie on its land', () => {
  const rings = map.land.map((line) => decodeLine(line, map.scale))
  const inside = (latitude: number, longitude: number) => {
    const { x, y } = spotOf(latitude, longitude)
    return rings.some((ring) => {
      let within = false
      for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
        const [a, b] = [ring[at]!, ring[before]!]
        if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) within = !within
      }
      return within
    })
  }
  for (const [name, latitude, longitude] of map.towns as [string, number, number][])
    if (['Tegucigalpa', 'San Pedro Sula', 'Ciudad de Guatemala', 'Chiquimula', 'Cobán'].includes(name))
      expect([name, inside(latitude, longitude)]).toEqual([name, true])
  expect(inside(17, -86)).toBe(false)
})
