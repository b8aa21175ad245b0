import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginning, legible, within } from './picture-size.ts'

test('a photo is made smaller; a long screenshot stays as wide as it can be read', () => {
  expect(legible(4000, 3000)).toEqual({ width: 2560, height: 1920 })
  expect(legible(1080, 12000)).toEqual({ width: 1080, height: 12000 })
  expect(legible(640, 480)).toEqual({ width: 640, height: 480 })
})

test('of a long picture the small one shows the beginning', () => {
  const part = beginning(1080, 12000)
  expect(part).toEqual({ width: 1080, height: 2160 })
  expect(within(part.width, part.height, 640)).toEqual({ width: 320, height: 640 })
  expect(beginning(4000, 3000)).toEqual({ width: 4000, height: 3000 })
})

test('whatever its shape, a picture stays within what a phone can draw, and keeps its shape', () => {
  const side = fc.integer({ min: 1, max: 60_000 })
  fc.assert(
    fc.property(side, side, (width, height) => {
      const size = legible(width, height)
      expect(size.width * size.height).toBeLessThanOrEqual(14_000_000)
      expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(16_384)
      expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(1)
      expect(size.width).toBeLessThanOrEqual(width)
    }),
  )
})
