import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { areaBetween, fieldsOf, isEdited, turned, UNEDITED } from './picture-edit.ts'

const part = fc.double({ min: 0, max: 1, noNaN: true })

describe('a picture before it leaves', () => {
  test('turned four times is as it was, and what was covered is where it was', () => {
    fc.assert(
      fc.property(part, part, part, part, (x, y, w, h) => {
        const area = { x: x * 0.5, y: y * 0.5, width: w * 0.5, height: h * 0.5 }
        let edit = { ...UNEDITED, covered: [area] }
        for (let turn = 0; turn < 4; turn += 1) {
          edit = { ...turned(edit), covered: [...turned(edit).covered] }
          const [now] = edit.covered
          expect(now!.x).toBeGreaterThan(-1e-9)
          expect(now!.x + now!.width).toBeLessThan(1 + 1e-9)
        }
        expect(edit.turns).toBe(0)
        for (const key of ['x', 'y', 'width', 'height'] as const)
          expect(edit.covered[0]![key]).toBeCloseTo(area[key], 9)
      }),
    )
  })

  test('a face at the top left is at the top right after a turn to the right', () => {
    const { covered } = turned({ turns: 0, covered: [{ x: 0, y: 0, width: 0.2, height: 0.1 }] })
    expect(covered[0]).toEqual({ x: 0.9, y: 0, width: 0.1, height: 0.2 })
  })

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
        expect(Math.max(area.x + area.width, area.y + area.height)).toBeLessThanOrEqual(1)
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

  test('is itself until something is done to it', () => {
    expect([isEdited(UNEDITED), isEdited(turned(UNEDITED))]).toEqual([false, true])
  })
})
