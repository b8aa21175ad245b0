import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cuiCheckDigit, identityDigits, readIdentityNumber } from './identity-number.ts'
import { departments } from './identity-places.ts'

const NOW = Date.parse('2026-05-05T18:00:00Z')
const read = (text: string, country?: 'HN' | 'GT') => readIdentityNumber(text, NOW, country)
const cui = (eight: string, place: string) => `${eight}${cuiCheckDigit(eight)}${place}`

test('the tables are those of both countries', () => {
  const count = (country: 'HN' | 'GT') => departments[country].reduce((n, one) => n + one.municipalities, 0)
  expect([departments.HN.length, count('HN'), departments.GT.length, count('GT')]).toEqual([18, 298, 22, 340])
})

describe('a number of Honduras', () => {
  test.each([
    '0801-1990-12345',
    '0801199012345',
    '0801 1990 12345',
    '０８０１–1990–12345',
    ' DNI: 0801.1990.12345\u200b',
    '(0801) 1990-12345',
    'DNI N° 0801-1990-12345',
    'DNI Nº: 0801-1990-12345',
    'Identidad No. 0801 1990 12345',
    'No. de identidad: 0801\u00a01990\u00a012345',
    "'0801199012345",
    '#0801/1990/12345',
  ])('%j is read', (text) => {
    expect(read(text)).toEqual({
      digits: '0801199012345',
      country: 'HN',
      written: '0801-1990-12345',
      department: 'Francisco Morazán',
      year: 1990,
    })
    expect(read(text, 'HN')?.fault).toBeUndefined()
  })

  test.each([
    ['1901-1990-12345', 'department', /departamento 19 no existe.*01 a 18/],
    ['0001-1990-12345', 'department', /departamento 00/],
    ['0513-1990-12345', 'municipality', /Cortés \(05\) no tiene municipio 13.*01 a 12/],
    ['0800-1990-12345', 'municipality', /municipio 00/],
    ['0829-1990-12345', 'municipality', /Francisco Morazán/],
    ['0512-2027-12345', 'year', /2027 aún no llega/],
    ['0512-1790-12345', 'year', /1790/],
    ['0512-1990-00000', 'sequence', /correlativo/],
  ])('%s: %s', (text, fault, says) => {
    for (const country of ['HN', undefined] as const) {
      const found = read(text, country)
      expect([found?.country, found?.fault]).toEqual(['HN', fault])
      expect(found?.message?.es).toMatch(says)
    }
  })

  test('each department has as many municipalities as it has, and no more', () => {
    for (const [at, { municipalities }] of departments.HN.entries())
      for (const n of [1, municipalities, municipalities + 1]) {
        const place = `${String(at + 1).padStart(2, '0')}${String(n).padStart(2, '0')}`
        expect(read(`${place}-2001-00007`, 'HN')?.fault).toBe(n > municipalities ? 'municipality' : undefined)
      }
  })
})

describe('a number of Guatemala', () => {
  test.each([
    '2780 04210 1901',
    '2780042101901',
    '2780-04210-1901',
    'CUI: 2780 04210 1901',
    'DPI/CUI 2780.04210.1901',
    '２７８０\u202f04210\u202f1901',
  ])('%j is read', (text) => {
    expect(read(text)).toEqual({
      digits: '2780042101901',
      country: 'GT',
      written: '2780 04210 1901',
      department: 'Zacapa',
    })
  })

  test('a digit that is wrong, or two that changed places, are seen', () => {
    const good = '2780042101901'
    for (let at = 0; at < 9; at++)
      for (let more = 1; more < 10; more++) {
        const digit = (Number(good[at]) + more) % 10
        expect(read(`${good.slice(0, at)}${digit}${good.slice(at + 1)}`, 'GT')?.fault).toBe('check_digit')
      }
    expect(read('7280042101901', 'GT')?.fault).toBe('check_digit')
  })

  test.each([
    [cui('27800421', '2301'), 'department', /departamento 23 no existe.*01 a 22/],
    [cui('27800421', '0001'), 'department', /departamento 00/],
    [cui('27800421', '1806'), 'municipality', /Izabal \(18\) no tiene municipio 06.*01 a 05/],
    ['2780 04211 1901', 'check_digit', /novena/],
    ['0000 00000 1901', 'sequence', /cero/],
  ])('%s: %s', (text, fault, says) => {
    for (const country of ['GT', undefined] as const) {
      const found = read(text, country)
      expect([found?.country, found?.fault]).toEqual(['GT', fault])
      expect(found?.message?.es).toMatch(says)
    }
  })

  test('of two that are wrong, the one is explained as which it is written', () => {
    expect(read('1625 89540 1612')).toMatchObject({ country: 'GT', fault: 'check_digit' })
    expect(read('2780 04210 2301')).toMatchObject({ country: 'GT', fault: 'department' })
    expect(read('1901-1890-12345')).toMatchObject({ country: 'HN', fault: 'department' })
    expect(read('1801-2031-00001')).toMatchObject({ country: 'HN', fault: 'year' })
  })

  test('a remainder of ten is never issued', () => {
    const eight = [...Array(2000).keys()]
      .map((n) => String(20_000_000 + n))
      .find((one) => cuiCheckDigit(one) === 10)!
    for (let digit = 0; digit < 10; digit++)
      expect(read(`${eight}${digit}0101`, 'GT')?.fault).toBe('check_digit')
  })

  test('municipalities founded lately exist', () => {
    for (const place of ['0514', '1333', '1230', '1021', '1911', '1714', '1617'])
      expect(read(cui('27800421', place))).toMatchObject({ country: 'GT', written: expect.any(String) })
  })
})

describe('as one types', () => {
  test('what is still missing is counted; a part that is wrong is said at once', () => {
    expect(read('')).toBeUndefined()
    expect(read(' - ')).toBeUndefined()
    expect(read('0801')).toMatchObject({
      fault: 'too_short',
      unfinished: true,
      message: { es: 'Son 13 cifras: faltan 9.' },
    })
    expect(read('080119901234')?.message?.es).toBe('Son 13 cifras: falta 1.')
    expect(read('08011990123456')).toMatchObject({
      fault: 'too_long',
      message: { es: 'Son 13 cifras: sobra 1.' },
    })
    expect(read('19', 'HN')).toMatchObject({ fault: 'department' })
    expect(read('27800421', 'GT')?.unfinished).toBe(true)
    expect(read('278004219', 'GT')).toMatchObject({ fault: 'check_digit' })
    // It may yet become a number of Guatemala.
    expect(read('19')).toMatchObject({ unfinished: true })
  })

  test('letters are shown, and what was meant where they look like digits', () => {
    expect(read('O801-1990-12345')).toMatchObject({
      fault: 'letters',
      message: { es: expect.stringContaining('¿Es un 0?') },
    })
    expect(read('0801-199O-l2345')?.message?.es).toContain('«O»')
    expect(read('C123456')?.message?.es).toBe('Lleva solo cifras, y aquí hay «C».')
  })

  test('the number of the other country is recognised', () => {
    expect(read('0801-1990-12345', 'GT')?.message?.es).toMatch(/DNI de Honduras/)
    expect(read('2780 04210 1901', 'HN')?.message?.en).toMatch(/CUI of Guatemala/)
  })

  test('nothing that is typed fails, and only whole numbers are written out', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[\d -]{0,20}$/)),
        fc.constantFrom('HN', 'GT', undefined),
        (text, country) => {
          const found = read(text, country as 'HN' | 'GT' | undefined)
          if (!found) {
            expect(identityDigits(text)).toBe('')
            return
          }
          if (found.written) expect(identityDigits(found.written)).toBe(identityDigits(text))
          expect(found.fault === undefined).toBe(found.message === undefined)
        },
      ),
    )
  })
})
