/** Patterns on the linear-time engine, against JavaScript's own where both languages mean the same. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilePattern, literalPrefix } from './regex.ts'

const letter = fc.constantFrom(
  'a',
  'b',
  '🙂',
  '𝒳',
  'é',
  '\\.',
  '\\d',
  '\\w',
  '.',
  '[ab]',
  '[^a🙂]',
  '[a-c]',
  '\\s',
)
const atom: fc.Arbitrary<string> = fc.letrec<{ atom: string; group: string }>((tie) => ({
  atom: fc.oneof({ depthSize: 'small' }, { weight: 6, arbitrary: letter }, tie('group')),
  group: fc
    .tuple(
      fc.constantFrom('(', '(?:'),
      fc.array(tie('atom'), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '|b', '|🙂+'),
    )
    .map(([open, atoms, other]) => `${open}${atoms.join('')}${other})`),
})).atom
const pattern = fc
  .tuple(
    fc.constantFrom('', '^', '\\A'),
    fc.array(fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,2}', '*?')), { maxLength: 4 }),
    fc.constantFrom('', '$', '\\z'),
  )
  .map(([start, parts, end]) => start + parts.map(([part, times]) => part + times).join('') + end)
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '🙂', '🙃', '𝒳', 'é', '1', '.', ' ', '\n'), { maxLength: 8 })
  .map((parts) => parts.join(''))

/** The same in JavaScript's language. */
const oracle = (source: string, flags: string): RegExp =>
  new RegExp(
    source
      .replaceAll('\\s', '[ \\t\\n\\v\\f\\r]')
      .replace(/^\\A/, '^')
      .replace(/\\z$/, '(?![\\s\\S])')
      .replace(/\$$/, '(?=\\n?(?![\\s\\S]))'),
    `u${flags}`,
  )

test.each(['', 'i', 's'])('the same texts match, with options %j', (options) => {
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      expect([source, given, compilePattern(source, options)(given)]).toEqual([
        source,
        given,
        oracle(source, options).test(given),
      ])
    }),
    { numRuns: 3000 },
  )
})

test('every text that matches begins with the literal prefix', () => {
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      if (compilePattern(source, '')(given)) expect(given.startsWith(literalPrefix(source, ''))).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

test.each<[string, string, string, boolean]>([
  ['^b', 'm', 'a\nb', true],
  ['a$', 'm', 'a\nb', true],
  ['a$', '', 'a\nb', false],
  ['a$', '', 'a\n', true],
  ['a\\z', '', 'a\n', false],
  ['a\\Z', '', 'a\n', true],
  ['a b # note', 'x', 'ab', true],
  ['(?i)ñ', '', 'Ñ', true],
  ['STRASSE', 'i', 'strasse', true],
  ['[]a]', '', ']', true],
  ['a{,2}', '', 'a{,2}', true],
  ['\\x41\\x{1F642}', '', 'A🙂', true],
  ['a.c', 's', 'a\nc', true],
  ['\\bcat\\b', '', 'a cat.', true],
])('%j with %j on %j: %s', (source, options, given, expected) => {
  expect(compilePattern(source, options)(given)).toBe(expected)
})

test.each([
  '(',
  'a++',
  '(?>a)',
  '(a)\\1',
  'a(?=b)',
  '(?<!a)b',
  '[[:alpha:]]',
  '\\p{L}',
  '(*FAIL)',
  'a$\\s',
  '\\K',
])('%j is refused', (source) => {
  expect(() => compilePattern(source, '')).toThrow(expect.objectContaining({ code: 51091 }))
})
