import { expect, test } from 'vitest'
import { suggestPassphrase } from './passphrase.ts'
import { sameContent } from './same-content.ts'

test('two values say the same whatever the order of their members, and no more than that', () => {
  expect(sameContent({ a: 1, b: [{ c: null }], d: undefined }, { b: [{ c: null }], a: 1 })).toBe(true)
  for (const [a, b] of [
    [{ a: 1 }, { a: '1' }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [
      { a: undefined, b: 1 },
      { a: 1, b: 1 },
    ],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [null, {}],
    [{ 0: 1 }, [1]],
  ])
    expect(sameContent(a, b)).toBe(false)
})

test('a suggested passphrase can be read on the telephone, and is another each time', () => {
  expect(suggestPassphrase()).toMatch(/^([bcdfgklmnprstv][aeiou]){2}(-([bcdfgklmnprstv][aeiou]){2}){5}$/)
  expect(new Set(Array.from({ length: 50 }, () => suggestPassphrase())).size).toBe(50)
})
