import fc from 'fast-check'
import { expect, test } from 'vitest'
import { containsWords, matchesWhole, matchesWords } from './glob.ts'

test.each([
  ['gt.example', '*', true],
  ['gt.example', 'GT.*', true],
  ['gt.example', '?t.example', true],
  ['agt.example', '?t.example', false],
  ['a', '**a**', true],
  ['', '', true],
  ['', '*', true],
  ['', '?', false],
  ['😀', '?', true],
  ['a.c', 'a?c', true],
  ['ab', 'a', false],
  ['ÑANDÚ', 'ñ*ú', true],
])('%j is wholly %j: %s', (text, pattern, matches) => {
  expect(matchesWhole(text, pattern)).toBe(matches)
})

test('matches what the regular expression of the pattern matches', () => {
  const piece = fc.constantFrom('a', 'b', '.', '*', '?', '😀', 'ñ')
  const text = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (subject, pattern) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
      expect(matchesWhole(subject, pattern)).toBe(new RegExp(`^${source}$`, 'su').test(subject))
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['hola ana', 'ana', true],
  ['hola banana', 'ana', false],
  ['hola ana!', 'an?', true],
  ['hola anabel', 'ana*', true],
  ['una niña', 'ni*a', true],
  ['', '', true],
])('%j has the words %j: %s', (text, pattern, matches) => {
  expect(matchesWords(text, pattern)).toBe(matches)
})

test('a literal has no wildcards', () => {
  expect([containsWords('¿qué*?', 'qu'), containsWords('a * b', '*'), containsWords('a c b', '*')]).toEqual([
    true,
    true,
    false,
  ])
})

test('a pattern made to be slow is not', () => {
  expect(matchesWhole('a'.repeat(2_000), `${'*a'.repeat(200)}b`)).toBe(false)
  expect(matchesWords('a'.repeat(2_000), `${'*a'.repeat(200)}b`)).toBe(false)
})
