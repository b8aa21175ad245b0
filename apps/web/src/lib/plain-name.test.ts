import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainName } from './plain-name.ts'

test('names of the border stay as they are', () => {
  for (const name of [
    'Ñuñez Güity, Á.',
    'Registro civil, RENAP',
    'Ixchel Tz’utujil',
    'O’Brien-López',
    '王 小明',
  ])
    expect(plainName(name)).toBe(name)
})

test('what cannot be seen, or turns what stands beside it, is not in a name', () => {
  expect(plainName('Oficial\u202e de turno\u2066')).toBe('Oficial de turno')
  expect(plainName('Ofi\u200bcial\u00ad\ufeff')).toBe('Oficial')
  expect(plainName('\u{e0041}Juez\ufe0f\u3164')).toBe('Juez')
  expect(plainName('Juez\n\n · RENAP')).toBe('Juez · RENAP')
  expect(plainName(`a${'\u0301'.repeat(40)}`).length).toBeLessThan(5)
  expect(plainName('\u202e\u200b ')).toBe('')
})

test('two names that look alike for what they hide are one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\u200b', '\u200d', '\u202e', '\u2069', '\u061c'),
      (name, hidden) => {
        const spoiled = [...name].join(hidden)
        expect(plainName(plainName(name))).toBe(plainName(name))
        expect(plainName(spoiled)).not.toMatch(/[\p{Cf}\p{Cc}]/u)
      },
    ),
    { numRuns: 200 },
  )
})

test('a name does not fill the page', () => {
  expect([...plainName('x'.repeat(4000))].length).toBeLessThanOrEqual(80)
})
