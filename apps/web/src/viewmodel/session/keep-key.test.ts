import { describe, expect, test } from 'vitest'
import { groupsOf, isKept, pickGroups } from './keep-key.ts'

const KEY = 'EsTa bCdE fGhJ kLmN pQrS tUvW xYz1 2345 6789 AbCd EfGh JkLm'

describe('a key is asked back', () => {
  test('two different groups, in the order of the paper, whatever chance says', () => {
    for (const dice of [0, 0.1, 0.5, 0.93, 0.9999]) {
      const [a, b] = pickGroups(KEY, () => dice)
      expect(a).toBeLessThan(b!)
      expect(b).toBeLessThan(groupsOf(KEY).length)
    }
  })

  test('right groups, also with spaces around', () => {
    expect(isKept(KEY, [2, 8], ['fGhJ', ' 6789 '])).toBe(true)
  })

  test('the whole key, as a scan or a copy gives it', () => {
    expect(isKept(KEY, [2, 8], [KEY, ''])).toBe(true)
    expect(isKept(KEY, [2, 8], ['', KEY.replaceAll(' ', '')])).toBe(true)
  })

  test('upper and lower case are not the same; others, none and swapped ones are no proof', () => {
    for (const typed of [['fghj', '6789'], ['6789', 'fGhJ'], ['', ''], ['fGhJ'], [], ['fGhJ', '678']])
      expect(isKept(KEY, [2, 8], typed)).toBe(false)
    expect(isKept(KEY, [], [])).toBe(false)
  })
})
