import { describe, expect, test } from 'vitest'
import { barsOf, WAVEFORM_MAX, waveformOf } from './waveform.ts'

describe('a waveform', () => {
  test('has integers from nothing to its loudest, however long the recording is', () => {
    for (const length of [1, 7, 99, 100, 101, 6000]) {
      const waveform = waveformOf(Array.from({ length }, (_, at) => 0.1 + (0.4 * at) / length))
      expect(waveform).toHaveLength(100)
      expect(waveform.every((value) => Number.isInteger(value) && value >= 0)).toBe(true)
      expect(Math.max(...waveform)).toBe(WAVEFORM_MAX)
    }
  })

  test('keeps a short loud word in a long silence', () => {
    const levels = Array.from({ length: 6000 }, (_, at) => (at === 3210 ? 0.8 : 0))
    expect(waveformOf(levels).indexOf(WAVEFORM_MAX)).toBe(53)
    expect(waveformOf(levels).filter((value) => value > 0)).toHaveLength(1)
  })

  test('of silence is silent: the noise of a microphone is not made to look like speech', () => {
    expect(Math.max(...waveformOf(Array.from({ length: 50 }, () => 0.001)))).toBeLessThan(60)
    expect(waveformOf([])).toEqual(Array.from({ length: 100 }, () => 0))
  })

  test('is drawn with as many bars as there is room for', () => {
    expect(barsOf([0, 512, 1024], 6)).toEqual([0, 0, 0.5, 0.5, 1, 1])
    expect(barsOf([0, 1024, 0, 512], 2)).toEqual([1, 0.5])
    expect(barsOf([], 3)).toEqual([0, 0, 0])
    expect(barsOf([9_999, -5], 2)).toEqual([1, 0])
  })
})
