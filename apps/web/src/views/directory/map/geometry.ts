/** The map's plane and what stands on it. Pure: what is drawn where. */

/** Web Mercator: the world is one unit wide, north is up at 0. */
export interface Spot {
  x: number
  y: number
}

/** What the window shows: its middle, and how many pixels a unit is. */
export interface MapView extends Spot {
  scale: number
}

export interface Size {
  width: number
  height: number
}

const TAU = Math.PI * 2
const EARTH_METRES = 40_075_016.7

export function spotOf(latitude: number, longitude: number): Spot {
  const sine = Math.sin((latitude * Math.PI) / 180)
  return { x: longitude / 360 + 0.5, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (2 * TAU) }
}

export function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh((0.5 - y) * TAU)) * 180) / Math.PI
}

export const longitudeOf = (x: number): number => (x - 0.5) * 360

/** Metres a pixel is at the middle of the view. */
export const metresPerPixel = ({ y, scale }: MapView): number =>
  (EARTH_METRES * Math.cos((latitudeOf(y) * Math.PI) / 180)) / scale

export const toPixel = (spot: Spot, view: MapView, size: Size): Spot => ({
  x: (spot.x - view.x) * view.scale + size.width / 2,
  y: (spot.y - view.y) * view.scale + size.height / 2,
})

export const fromPixel = (pixel: Spot, view: MapView, size: Size): Spot => ({
  x: (pixel.x - size.width / 2) / view.scale + view.x,
  y: (pixel.y - size.height / 2) / view.scale + view.y,
})

export interface Limits {
  low: Spot
  high: Spot
  minScale: number
  maxScale: number
}

/** Nobody gets lost outside the map, or so near that there is nothing to see. */
export function limited(view: MapView, limits: Limits, size: Size): MapView {
  const least = Math.max(limits.minScale, size.width / (limits.high.x - limits.low.x) / 1.4)
  const scale = Math.min(Math.max(view.scale, least), limits.maxScale)
  return {
    scale,
    x: Math.min(Math.max(view.x, limits.low.x), limits.high.x),
    y: Math.min(Math.max(view.y, limits.low.y), limits.high.y),
  }
}

/** Nearer or farther, so that what is under `pixel` stays there. */
export function zoomed(view: MapView, factor: number, pixel: Spot, limits: Limits, size: Size): MapView {
  const under = fromPixel(pixel, view, size)
  const next = limited({ ...view, scale: view.scale * factor }, limits, size)
  const moved = fromPixel(pixel, next, size)
  return limited({ ...next, x: next.x + under.x - moved.x, y: next.y + under.y - moved.y }, limits, size)
}

/** The view that shows all of these; undefined for none. */
export function fitting(
  spots: Iterable<Spot>,
  size: Size,
  padding: number,
  most: number,
): MapView | undefined {
  let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of spots) {
    west = Math.min(west, x)
    east = Math.max(east, x)
    north = Math.min(north, y)
    south = Math.max(south, y)
  }
  if (west === Infinity) return undefined
  const room = {
    width: Math.max(size.width - padding * 2, 40),
    height: Math.max(size.height - padding * 2, 40),
  }
  const scale = Math.min(
    room.width / Math.max(east - west, 1e-9),
    room.height / Math.max(south - north, 1e-9),
  )
  return { x: (west + east) / 2, y: (north + south) / 2, scale: Math.min(scale, most) }
}

/** Points that stand so close that they are drawn as one. */
export interface Cluster extends Spot {
  /** positions in the list of points */
  members: number[]
}

const CELL_PIXELS = 46

/** Coarse steps, so that clusters do not jump about while somebody zooms. */
export const clusterLevel = (scale: number): number => Math.round(Math.log2(scale) * 2) / 2

/** Each point goes to the cell it is in; then cells that would overlap are joined. NaN is nowhere. */
export function clustersOf(points: Float32Array | Float64Array, level: number): Cluster[] {
  const cell = CELL_PIXELS / 2 ** level
  const cells = new Map<string, Cluster>()
  for (let at = 0; at < points.length / 2; at++) {
    const x = points[at * 2]!
    const y = points[at * 2 + 1]!
    if (Number.isNaN(x) || Number.isNaN(y)) continue
    const key = `${Math.floor(x / cell)} ${Math.floor(y / cell)}`
    const cluster = cells.get(key)
    if (!cluster) {
      cells.set(key, { x, y, members: [at] })
      continue
    }
    const count = cluster.members.push(at)
    cluster.x += (x - cluster.x) / count
    cluster.y += (y - cluster.y) / count
  }
  const joined: Cluster[] = []
  const taken = new Map<string, Cluster>()
  const all = [...cells.values()].sort((a, b) => b.members.length - a.members.length)
  for (const cluster of all) {
    const [column, row] = [Math.floor(cluster.x / cell), Math.floor(cluster.y / cell)]
    const near = neighbours(column, row)
      .flatMap((key) => taken.get(key) ?? [])
      .find((other) => Math.hypot(other.x - cluster.x, other.y - cluster.y) < cell * 0.8)
    if (near) {
      for (const member of cluster.members) near.members.push(member)
      continue
    }
    joined.push(cluster)
    taken.set(`${column} ${row}`, cluster)
  }
  return joined
}

function neighbours(column: number, row: number): string[] {
  const keys: string[] = []
  for (let x = column - 1; x <= column + 1; x++)
    for (let y = row - 1; y <= row + 1; y++) keys.push(`${x} ${y}`)
  return keys
}

export interface Label {
  text: string
  x: number
  y: number
  width: number
  size: number
}

interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** Labels in order of weight, each only where there is room left. */
export function placeLabels(wanted: Iterable<Label>, taken: Box[], window: Size): Label[] {
  const boxes = [...taken]
  const placed: Label[] = []
  for (const label of wanted) {
    const box = {
      left: label.x - 3,
      top: label.y - label.size / 2 - 3,
      right: label.x + label.width + 3,
      bottom: label.y + label.size / 2 + 3,
    }
    if (box.left < 0 || box.top < 0 || box.right > window.width || box.bottom > window.height) continue
    const free = boxes.every(
      (other) =>
        box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom,
    )
    if (!free) continue
    boxes.push(box)
    placed.push(label)
  }
  return placed
}

/** A round length for the scale bar that is at most `pixels` wide. */
export function scaleBar(metresOfPixel: number, pixels: number): { metres: number; width: number } {
  const most = metresOfPixel * pixels
  const power = 10 ** Math.floor(Math.log10(most))
  const metres = [5, 2, 1].map((step) => step * power).find((step) => step <= most) ?? power
  return { metres, width: metres / metresOfPixel }
}

/** "x y" steps from point to point, as the map's file has them. */
export function decodeLine(line: string, scale: number): Spot[] {
  const steps = line.split(' ').map(Number)
  const spots: Spot[] = []
  let [longitude, latitude] = [0, 0]
  for (let at = 0; at + 1 < steps.length; at += 2) {
    longitude += steps[at]!
    latitude += steps[at + 1]!
    spots.push(spotOf(latitude / scale, longitude / scale))
  }
  return spots
}
