import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainFileName, plainName } from './plain-name.ts'

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

test('names of files cannot leave their folder, and are what they say', () => {
  expect(plainFileName('../../etc/passwd')).toBe('.._.._etc_passwd')
  expect(plainFileName('acta\u0000\n.pdf')).toBe('acta .pdf')
  for (const nothing of [undefined, '', ' ', '\u200b', '\u202e\u2066', '..', '\u3164'])
    expect(plainFileName(nothing)).toBe('adjunto')
  expect(plainFileName('factura\u202efdp.exe')).toBe('facturafdp.exe')
  expect(plainFileName('acta\u200b de\u00ad nacimiento.pdf')).toBe('acta de nacimiento.pdf')
})

test('a long file name keeps its ending, and no sign is cut in two', () => {
  const family = '👨‍👩‍👧‍👦'
  for (const stem of ['x', 'ñ', 'n\u0303', '😀', family, '🇭🇳', 'e\u0301']) {
    const short = plainFileName(`${stem.repeat(200)}.pdf`)
    expect(short.length).toBeLessThanOrEqual(120)
    expect(short.endsWith('….pdf')).toBe(true)
    const whole = stem.normalize('NFC')
    expect(short.slice(0, -5).replaceAll(whole, '')).toBe('')
  }
  expect(plainFileName(`${'x'.repeat(200)}.tar.gz`)).toMatch(/\.gz$/)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
      const plain = plainFileName(name)
      expect(plain.length).toBeGreaterThan(0)
      expect(plain.length).toBeLessThanOrEqual(120)
      expect(plain.isWellFormed()).toBe(true)
      expect(plainFileName(plain)).toBe(plain)
    }),
  )
})

test('a file name is one on every system: Windows keeps some for itself, and drops dots and spaces at the end', () => {
  for (const [given, kept] of [
    ['acta.exe.', 'acta.exe'],
    ['acta.pdf . . ', 'acta.pdf'],
    ['CON', '_CON'],
    ['aux.pdf', '_aux.pdf'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['constancia.pdf', 'constancia.pdf'],
    ['aux y más.pdf', 'aux y más.pdf'],
    ['\u2068acta\u2069.pdf', 'acta.pdf'],
    ['ac\u200dta\ufe0f.pdf', 'acta.pdf'],
    ['familia 👨‍👩‍👧‍👦 ❤️.jpg', 'familia 👨‍👩‍👧‍👦 ❤️.jpg'],
    ['médica 👩🏽‍⚕️ 1️⃣.jpg', 'médica 👩🏽‍⚕️ 1️⃣.jpg'],
    ['. . .', 'adjunto'],
  ] as const)
    expect(plainFileName(given), given).toBe(kept)
  for (const name of ['lpt9', `${'👨‍👩‍👧‍👦'.repeat(30)}.jpg`])
    expect(plainFileName(plainFileName(name))).toBe(plainFileName(name))
})
