import type { Position } from '../entry/plus-code.ts'

/** Whether a place is in the area a service is given in, where that is drawn (GeoJSON polygons, RFC 7946). */

type Ring = ReadonlyArray<readonly number[]>

/** @returns undefined when the text draws no area */
export function areaContains(geoJson: unknown, at: Position): boolean | undefined {
  if (typeof geoJson !== 'string') return undefined
  let content: unknown
  try {
    content = JSON.parse(geoJson)
  } catch {
    return undefined
  }
  const polygons = polygonsIn(content, 0)
  return polygons.length === 0 ? undefined : polygons.some((rings) => isInside(rings, at))
}

function polygonsIn(value: unknown, depth: number): Ring[][] {
  if (typeof value !== 'object' || value === null || depth > 4) return []
  const { type, coordinates, geometry, geometries, features } = value as Record<string, unknown>
  if (type === 'Polygon' && isRings(coordinates)) return [coordinates]
  if (type === 'MultiPolygon' && Array.isArray(coordinates)) return coordinates.filter(isRings)
  const inside = type === 'Feature' ? [geometry] : type === 'FeatureCollection' ? features : geometries
  return Array.isArray(inside) ? inside.flatMap((each) => polygonsIn(each, depth + 1)) : []
}

const isRings = (value: unknown): value is Ring[] =>
  Array.isArray(value) &&
  value.every(
    (ring) =>
      Array.isArray(ring) &&
      ring.every(
        (point) => Array.isArray(point) && typeof point[0] === 'number' && typeof point[1] === 'number',
      ),
  )

/** In the outer ring and in no hole: a line from the place crosses the rings an odd number of times. */
function isInside(rings: readonly Ring[], { latitude, longitude }: Position): boolean {
  let inside = false
  for (const ring of rings) {
    for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
      const [x = 0, y = 0] = ring[at]!
      const [px = 0, py = 0] = ring[before]!
      if (y > latitude !== py > latitude && longitude < ((px - x) * (latitude - y)) / (py - y) + x)
        inside = !inside
    }
  }
  return inside
}
