import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inTime, sizeDrawn } from './pdf-limits.ts'

test('whatever size a page claims, what is drawn fits a small phone, or nothing is drawn', () => {
  expect(sizeDrawn(612, 792)).toEqual({ width: 612, height: 792 })
  fc.assert(
    fc.property(fc.double(), fc.double(), (width, height) => {
      try {
        const drawn = sizeDrawn(width, height)
        expect(drawn.width * drawn.height).toBeLessThanOrEqual(8_010_000)
        expect(Math.max(drawn.width, drawn.height)).toBeLessThanOrEqual(4_096)
        expect(Math.min(drawn.width, drawn.height)).toBeGreaterThanOrEqual(1)
      } catch (error) {
        expect(error).toMatchObject({ message: 'The page has no size.' })
      }
    }),
  )
  for (const [width, height] of [
    [0, 1],
    [-3, 4],
    [Number.NaN, 1],
    [1, Number.POSITIVE_INFINITY],
    [1e308, 1e-308],
  ] as const)
    expect(() => sizeDrawn(width, height), `${width} ${height}`).toThrow('no size')
})

test('what does not answer is given up', async () => {
  await expect(inTime(new Promise(() => undefined), 5)).rejects.toThrow('too long')
  expect(await inTime(Promise.resolve('acta'), 5_000)).toBe('acta')
})
