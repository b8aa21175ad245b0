/** What is done to a picture before it leaves, one thing after another: turned, straightened, whitened, places on it covered. */

export interface Point {
  x: number
  y: number
}

/** A place on a picture, in parts of its width and height (0..1). */
export interface Area extends Point {
  width: number
  height: number
}

/** The corners of a sheet as it was photographed, in parts of the picture: top left, top right, bottom right, bottom left. */
export type Corners = readonly [Point, Point, Point, Point]

/** Each on the picture as the one before left it. */
export type EditStep =
  | { kind: 'turn' }
  | { kind: 'cover'; area: Area }
  | { kind: 'straighten'; corners: Corners }
  | { kind: 'whiten' }
export type PictureEdit = readonly EditStep[]

export const UNEDITED: PictureEdit = []

const LEAST = 0.01
const inside = (value: number) => Math.min(1, Math.max(0, value))

/** Between two points of a finger, in whatever direction it went. Undefined for a mere touch. */
export function areaBetween(from: Point, to: Point): Area | undefined {
  const x = inside(Math.min(from.x, to.x))
  const y = inside(Math.min(from.y, to.y))
  const width = inside(Math.max(from.x, to.x)) - x
  const height = inside(Math.max(from.y, to.y)) - y
  return width < LEAST || height < LEAST ? undefined : { x, y, width, height }
}

/** So few fields that no face, and no name, comes back out of them. */
const FIELDS = 6

/** How many fields an area becomes: never so fine that something could be read. */
export function fieldsOf(width: number, height: number): { across: number; down: number } {
  const longer = Math.max(width, height)
  return {
    across: Math.max(1, Math.round((width / longer) * FIELDS)),
    down: Math.max(1, Math.round((height / longer) * FIELDS)),
  }
}

/** Where a sheet is looked for before the person says so. */
export const FIRST_CORNERS: Corners = [
  { x: 0.08, y: 0.08 },
  { x: 0.92, y: 0.08 },
  { x: 0.92, y: 0.92 },
  { x: 0.08, y: 0.92 },
]

/** One corner moved; it stays on the picture. */
export function moved(corners: Corners, at: number, to: Point): Corners {
  const [a, b, c, d] = corners.map((corner, index) =>
    index === at ? { x: inside(to.x), y: inside(to.y) } : corner,
  )
  return [a!, b!, c!, d!]
}

/** Whether they go around a sheet: no corner inside the others, no line across another. */
export function isSheet(corners: Corners): boolean {
  const turns = corners.map((corner, at) => {
    const next = corners[(at + 1) % 4]!
    const after = corners[(at + 2) % 4]!
    return (next.x - corner.x) * (after.y - next.y) - (next.y - corner.y) * (after.x - next.x)
  })
  return turns.every((turn) => turn > LEAST / 10)
}

/** How large a sheet is, laid flat: by its longer edges, in the picture's own pixels. */
export function flatSize(corners: Corners, width: number, height: number): { width: number; height: number } {
  const [a, b, c, d] = corners
  const between = (one: Point, other: Point) =>
    Math.hypot((one.x - other.x) * width, (one.y - other.y) * height)
  return {
    width: Math.max(1, Math.round(Math.max(between(a, b), between(d, c)))),
    height: Math.max(1, Math.round(Math.max(between(a, d), between(b, c)))),
  }
}

/** From a place on the flat sheet (0..1) to the one on the picture (Heckbert, “Fundamentals of Texture Mapping”, 1989). */
export function flatten(corners: Corners): (u: number, v: number) => Point {
  const [p0, p1, p2, p3] = corners
  const [dx1, dx2] = [p1.x - p2.x, p3.x - p2.x]
  const [dy1, dy2] = [p1.y - p2.y, p3.y - p2.y]
  const sx = p0.x - p1.x + p2.x - p3.x
  const sy = p0.y - p1.y + p2.y - p3.y
  const all = dx1 * dy2 - dx2 * dy1
  const g = (sx * dy2 - dx2 * sy) / all
  const h = (dx1 * sy - sx * dy1) / all
  return (u, v) => {
    const w = g * u + h * v + 1
    return {
      x: ((p1.x - p0.x + g * p1.x) * u + (p3.x - p0.x + h * p3.x) * v + p0.x) / w,
      y: ((p1.y - p0.y + g * p1.y) * u + (p3.y - p0.y + h * p3.y) * v + p0.y) / w,
    }
  }
}

/**
 * Paper becomes white, whatever light fell on it; ink, stamps and seals keep their colour.
 *
 * @param paper how bright the paper is around each point, as many values as `data`
 */
export function whiten(data: Uint8ClampedArray, paper: Uint8ClampedArray): void {
  for (let at = 0; at < data.length; at += 1) {
    if (at % 4 === 3) continue
    const lit = data[at]! / Math.max(24, paper[at]!)
    // What is nearly as bright as the paper is paper.
    data[at] = 255 * Math.min(1, Math.max(0, (lit - 0.12) / 0.76)) ** 1.15
  }
}
