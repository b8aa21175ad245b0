import { describe, expect, test } from 'vitest'
import { fetchedByItself } from './auto-download.ts'

const KB = 1024
const MB = 1024 * KB

describe('a picture is fetched before anybody asks for it', () => {
  test.each([
    ['on Wi-Fi, however large', 'wifi', 20 * MB, { type: 'wifi' }, true],
    ['on a cable', 'wifi', 20 * MB, { type: 'ethernet' }, true],
    ['on Wi-Fi whose owner saves data, not', 'wifi', 20 * MB, { type: 'wifi', saveData: true }, false],
    ['on a contract, when small', 'wifi', 80 * KB, { type: 'cellular', effectiveType: '4g' }, true],
    ['on a contract, not when large', 'wifi', 3 * MB, { type: 'cellular', effectiveType: '4g' }, false],
    ['on 2G, hardly', 'wifi', 100 * KB, { type: 'cellular', effectiveType: '2g' }, false],
    ['on a slow line that is not named, hardly', 'wifi', 100 * KB, { effectiveType: 'slow-2g' }, false],
    ['where the browser says nothing, by its size', 'wifi', 1 * MB, undefined, true],
    ['where the browser says nothing, not when large', 'wifi', 5 * MB, undefined, false],
    ['not when nobody said how large it is', 'wifi', undefined, undefined, false],
    ['always, if the person says so', 'always', undefined, { type: 'cellular', saveData: true }, true],
    ['never, if the person says so', 'never', 1 * KB, { type: 'wifi' }, false],
  ] as const)('%s', (_what, rule, size, line, expected) => {
    expect(fetchedByItself(rule, size, line)).toBe(expected)
  })
})
