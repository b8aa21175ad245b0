import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checkGiven,
  isPartial,
  pageToken,
  parseSyncToken,
  positionSchema,
  readSyncToken,
  syncToken,
} from './token.ts'

const position = fc.integer({ min: 0, max: 999_999_999_999_999 })

test('what is written is read back', () => {
  fc.assert(
    fc.property(position, position, (a, b) => {
      const [pos, toDevice] = [Math.max(a, b), Math.min(a, b)]
      const token = syncToken(pos, toDevice)
      expect(readSyncToken(token)).toEqual({ pos, toDevice })
      expect(parseSyncToken(token)).toBe(pos)
      expect(isPartial(token)).toBe(toDevice < pos)
      // Where a page token goes a sync token does, partial or not.
      expect(positionSchema.parse(token)).toBe(pos)
      for (const page of [pos, -pos])
        expect(positionSchema.parse(pageToken(page))).toBe(page === 0 ? 0 : page)
    }),
  )
})

test('messages to the device are never ahead of the log', () => {
  expect(syncToken(5, 9)).toBe('s5')
  expect(readSyncToken('s5_9')).toEqual({ pos: 5, toDevice: 5 })
})

test.each(['', 's', 's-1', 's1_', 's1_2_3', 't1', '1', 's1 ', ' s1', 's1.5', 's0x10', `s${'9'.repeat(16)}`])(
  '%o is no sync token',
  (token) => expect(() => readSyncToken(token)).toThrow('since'),
)

test.each(['', 't', 't--1', 't1_2', 's-1', 's1x', 't1x', 'x1', `t${'9'.repeat(16)}`])(
  '%o is no position',
  (token) => expect(positionSchema.safeParse(token).success).toBe(false),
)

test('a token from the future is refused', () => {
  const ctx = { stream: { stable: 10 } } as Parameters<typeof checkGiven>[0]
  checkGiven(ctx, 's10_3')
  expect(() => checkGiven(ctx, 's11')).toThrow('since')
})
