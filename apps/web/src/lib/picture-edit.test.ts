import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  areaBetween,
  type Corners,
  FIRST_CORNERS,
  fieldsOf,
  flatSize,
  flatten,
  isSheet,
  moved,
  whiten,
} from './picture-edit.ts'

const part = fc.double({ min: 0, max: 1, noNaN: true })
const corner = (x: number, y: number) =>
  fc.record({ x: part, y: part }).map((off) => ({ x: x + off.x * 0.35, y: y + off.y * 0.35 }))
const sheets: fc.Arbitrary<Corners> = fc
  .tuple(corner(0, 0), corner(0.65, 0), corner(0.65, 0.65), corner(0, 0.65))
  .filter((corners) => isSheet(corners))

describe('a picture before it leaves', () => {
  test('a finger may go in any direction and beyond the edge; a mere touch marks nothing', () => {
    fc.assert(
      fc.property(part, part, part, part, (ax, ay, bx, by) => {
        const [a, b] = [
          { x: ax * 3 - 1, y: ay * 3 - 1 },
          { x: bx * 3 - 1, y: by * 3 - 1 },
        ]
        expect(areaBetween(a, b)).toEqual(areaBetween(b, a))
        const area = areaBetween(a, b)
        if (!area) return
        expect(Math.min(area.x, area.y)).toBeGreaterThanOrEqual(0)
        expect(Math.max(area.x + area.width, area.y + area.height)).toBeLessThanOrEqual(1 + 1e-9)
      }),
    )
    expect(areaBetween({ x: 0.5, y: 0.5 }, { x: 0.502, y: 0.9 })).toBeUndefined()
  })

  test('of what is covered six fields by six are left at most, however large it is', () => {
    for (const [width, height] of [
      [10, 10],
      [4000, 3000],
      [3000, 10],
      [1, 9000],
    ] as const) {
      const { across, down } = fieldsOf(width, height)
      expect([across >= 1, down >= 1, across <= 6, down <= 6]).toEqual([true, true, true, true])
    }
  })
})

describe('a sheet that was photographed askew', () => {
  test('lies flat: its corners are the picture’s, and what was on a line is on a line', () => {
    fc.assert(
      fc.property(sheets, part, (corners, along) => {
        const place = flatten(corners)
        const at = [place(0, 0), place(1, 0), place(1, 1), place(0, 1)]
        for (const [index, { x, y }] of at.entries()) {
          expect(x).toBeCloseTo(corners[index]!.x, 6)
          expect(y).toBeCloseTo(corners[index]!.y, 6)
        }
        const [a, b, c] = [place(0, along), place(0.4, along), place(1, along)]
        expect((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)).toBeCloseTo(0, 6)
      }),
    )
  })

  test('that was straight already stays as it is', () => {
    const whole: Corners = [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
      { x: 1, y: 1 },
      { x: 0, y: 1 },
    ]
    expect(flatten(whole)(0.25, 0.75)).toEqual({ x: 0.25, y: 0.75 })
    expect(flatSize(whole, 1200, 900)).toEqual({ width: 1200, height: 900 })
  })

  test('is none when its corners are crossed, folded in or on one line', () => {
    expect(isSheet(FIRST_CORNERS)).toBe(true)
    const [a, b, c, d] = FIRST_CORNERS
    expect(isSheet([b, a, c, d])).toBe(false)
    expect(isSheet(moved(FIRST_CORNERS, 2, { x: 0.1, y: 0.1 }))).toBe(false)
    expect(isSheet([a, a, a, a])).toBe(false)
    expect(moved(FIRST_CORNERS, 0, { x: -3, y: 7 })[0]).toEqual({ x: 0, y: 1 })
  })

  test('is white where it was paper in the shade or in yellow light, and ink stays ink', () => {
    const pixels = [
      [255, 255, 255, 255],
      [90, 85, 70, 255],
      [20, 18, 15, 255],
      [90, 20, 20, 255],
    ]
    const paper = [
      [255, 255, 255, 255],
      [92, 86, 72, 255],
      [92, 86, 72, 255],
      [92, 86, 72, 255],
    ]
    const data = Uint8ClampedArray.from(pixels.flat())
    whiten(data, Uint8ClampedArray.from(paper.flat()))
    const at = (index: number) => [...data.subarray(index * 4, index * 4 + 3)]
    expect([at(0), at(1)]).toEqual([
      [255, 255, 255],
      [255, 255, 255],
    ])
    expect(Math.max(...at(2))).toBeLessThan(40)
    const [red, green] = at(3)
    expect([red! > 240, green! < 60]).toEqual([true, true])
  })
})
