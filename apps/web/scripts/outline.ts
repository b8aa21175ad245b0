/**
 * Makes the outline under the public map of risks, `packages/public-site/src/pages/corridor-outline.json`, from the base map
 * (`src/views/directory/map/corridor.json`): paths of SVG in hundredths of a degree, east of 93° W and south of 18° N. Run by hand after
 * `npm run map`: `npm run outline -w apps/web`.
 */
import { readFile, writeFile } from 'node:fs/promises'

/** As the grid of risks (`riskArea`). */
const [WEST, NORTH, UNITS] = [-93, 18, 100]
/** Points nearer than this to the line between their neighbours are left out, degrees: a phone's map shows no less. */
const TOLERANCE = 0.008
/** Islets smaller than this, width and height together, are left out, degrees. */
const SMALLEST = 0.1

type Point = readonly [longitude: number, latitude: number]

const path = (name: string) => new URL(name, import.meta.url)
const map = JSON.parse(await readFile(path('../src/views/directory/map/corridor.json'), 'utf8')) as {
  scale: number
  land: string[]
  around: string[]
  borders: string[]
}

/** The first point, then steps. */
function pointsOf(line: string): Point[] {
  const numbers = line.split(' ').map(Number)
  const points: Point[] = []
  let [x, y] = [0, 0]
  for (let at = 0; at < numbers.length; at += 2) {
    x += numbers[at]!
    y += numbers[at + 1]!
    points.push([x / map.scale, y / map.scale])
  }
  return points
}

function fromLine([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length))
  return Math.hypot(x - ax - along * dx, y - ay - along * dy)
}

/** Douglas-Peucker. */
function simplify(line: readonly Point[]): Point[] {
  const [first, last] = [line[0]!, line.at(-1)!]
  let [farthest, distance] = [0, 0]
  line.forEach((point, at) => {
    const away = fromLine(point, first, last)
    if (away > distance) [farthest, distance] = [at, away]
  })
  if (distance <= TOLERANCE) return [first, last]
  return [...simplify(line.slice(0, farthest + 1)).slice(0, -1), ...simplify(line.slice(farthest))]
}

const spread = (values: number[]) => Math.max(...values) - Math.min(...values)

function drawn(lines: readonly string[], end: 'z' | ''): string {
  return lines
    .map(pointsOf)
    .filter((line) => spread(line.map(([x]) => x)) + spread(line.map(([, y]) => y)) > SMALLEST)
    .map((line) => {
      // A ring is cut in two, or its ends would be one line.
      const half = Math.floor(line.length / 2)
      const kept = end ? [...simplify(line.slice(0, half)), ...simplify(line.slice(half))] : simplify(line)
      let [x, y] = [0, 0]
      return kept
        .map((point, at) => {
          const [to, down] = [Math.round((point[0] - WEST) * UNITS), Math.round((NORTH - point[1]) * UNITS)]
          const step = at === 0 ? `M${to} ${down}l` : `${to - x} ${down - y} `
          ;[x, y] = [to, down]
          return step
        })
        .join('')
        .trimEnd()
        .concat(end)
    })
    .join('')
}

const outline = {
  about:
    'Natural Earth 1:10m (public domain). Hundredths of a degree east of 93 W and south of 18 N. Made by apps/web/scripts/outline.ts.',
  around: drawn(map.around, 'z'),
  land: drawn(map.land, 'z'),
  borders: drawn(map.borders, ''),
}
await writeFile(
  path('../../../packages/public-site/src/pages/corridor-outline.json'),
  `${JSON.stringify(outline, undefined, 2)}\n`,
)
