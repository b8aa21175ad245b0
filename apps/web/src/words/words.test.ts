import { expect, test } from 'vitest'
import { en } from './en/index.ts'
import { es } from './es/index.ts'

/** Every leaf's path, so that a sentence missing in one language is named. */
function leaves(words: object, path = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? leaves(value, `${path}${key}.`) : [`${path}${key}`],
  )
}

test('both languages say the same things', () => {
  expect(leaves(en).sort()).toEqual(leaves(es).sort())
})

test('no sentence is empty, and none speaks of cryptography', () => {
  const sentences = (words: object): string[] =>
    Object.values(words).flatMap((value) =>
      typeof value === 'string'
        ? [value]
        : typeof value === 'object' && value !== null
          ? sentences(value)
          : [],
    )
  for (const sentence of [...sentences(es), ...sentences(en)]) {
    expect(sentence).not.toBe('')
    expect(sentence).not.toMatch(/megolm|olm\b|cross-signing|firma cruzada|secret storage|criptogr/i)
  }
})
