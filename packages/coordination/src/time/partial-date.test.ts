import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localDate } from './border-time.ts'
import {
  comparePartialDates,
  dateRange,
  datesAgree,
  dayAndMonthSwapped,
  majorityOf,
  type PartialDate,
  parsePartialDate,
  partialDateFault,
  partialDateText,
  readPartialDate,
  writePartialDate,
} from './partial-date.ts'

/** 4 May 2026, 21:00 in both countries. */
const NOW = Date.parse('2026-05-05T03:00:00Z')
const of = (text: string) => parsePartialDate(text)!
const anyDate: fc.Arbitrary<PartialDate> = fc.oneof(
  fc
    .integer({ min: -2_000_000_000_000, max: NOW })
    .map((at) => ({ known: 'day' as const, date: localDate(at) })),
  fc.record({
    known: fc.constant('month' as const),
    year: fc.integer({ min: 1900, max: 2026 }),
    month: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ known: fc.constant('year' as const), year: fc.integer({ min: 1900, max: 2026 }) }),
  fc.record({
    known: fc.constant('age' as const),
    years: fc.integer({ min: 0, max: 110 }),
    asOf: fc.integer({ min: 0, max: NOW }).map(localDate),
  }),
  fc.constant({ known: 'nothing' as const }),
)

test('what is written is read back, and a plain date is a date', () => {
  fc.assert(
    fc.property(anyDate, (date) => {
      expect(of(writePartialDate(date))).toEqual(date)
    }),
  )
  expect(of('2017-02-28')).toEqual({ known: 'day', date: '2017-02-28' })
  for (const none of [
    '',
    undefined,
    '2017-02-30',
    '2017-13',
    '~200@2026-01-01',
    '~8@2026-02-30',
    '17',
    'ayer',
  ])
    expect(parsePartialDate(none)).toBeUndefined()
})

test.each([
  ['14/03/2018', '2018-03-14'],
  ['3/4/2018', '2018-04-03'],
  ['14-3-2018', '2018-03-14'],
  ['2018/3/14', '2018-03-14'],
  ['14 de marzo de 2018', '2018-03-14'],
  ['1º de setiembre del 2018', '2018-09-01'],
  ['March 14, 2018', '2018-03-14'],
  ['marzo de 2018', '2018-03'],
  ['mar 2018', '2018-03'],
  ['03/2018', '2018-03'],
  ['2018', '2018'],
  ['año 2018', '2018'],
  ['15-ago-2012', '2012-08-15'],
  ['nació en 2010', '2010'],
  ['nacida el 3/4/2018', '2018-04-03'],
  ['hace 9 años', '~9@2026-05-04'],
  ['unos 9 años', '~9@2026-05-04'],
  ['aproximadamente 9 años de edad', '~9@2026-05-04'],
  ['about 9 years old', '~9@2026-05-04'],
  ['17', '~17@2026-05-04'],
  ['8 meses', '~0@2026-05-04'],
  ['18 meses', '~1@2026-05-04'],
  ['no se sabe', 'unknown'],
  ['Desconocida', 'unknown'],
])('%j is read as %s', (typed, kept) => {
  expect(writePartialDate(readPartialDate(typed, NOW)!)).toBe(kept)
})

test.each(['31/02/2018', '14/13/2018', 'mañana', '3000 años', 'marzo', '14 de foo de 2018', '', '180'])(
  '%j says no date',
  (typed) => {
    expect(readPartialDate(typed, NOW)).toBeUndefined()
  },
)

describe('majority', () => {
  test.each([
    ['2008-05-04', 'adult'],
    ['2008-05-05', 'child'],
    ['2008-05', 'uncertain'],
    ['2008-04', 'adult'],
    ['2008-06', 'child'],
    ['2008', 'uncertain'],
    ['2007', 'adult'],
    ['2009', 'child'],
    ['unknown', 'uncertain'],
    ['~17@2026-05-04', 'uncertain'],
    ['~18@2026-05-04', 'uncertain'],
    ['~19@2026-05-04', 'uncertain'],
    ['~20@2026-05-04', 'adult'],
    ['~12@2026-05-04', 'child'],
    ['~16@2026-05-04', 'uncertain'],
    ['~40@2026-05-04', 'adult'],
    // Guessed two years ago.
    ['~18@2024-05-04', 'adult'],
    ['~17@2024-05-04', 'uncertain'],
  ])('of %s on 4 May 2026: %s', (birth, majority) => {
    expect(majorityOf(of(birth), NOW)).toBe(majority)
  })

  test('is certain only where every day it may be says so', () => {
    expect(majorityOf(undefined, NOW)).toBe('uncertain')
    fc.assert(
      fc.property(anyDate, (date) => {
        const range = dateRange(date)
        const ends = range
          ? [range.first, range.last].map((day) => majorityOf({ known: 'day', date: day }, NOW))
          : ['uncertain']
        expect(majorityOf(date, NOW)).toBe(new Set(ends).size === 1 ? ends[0] : 'uncertain')
      }),
    )
  })

  test('who was born on 29 February comes of age on 1 March', () => {
    expect(majorityOf(of('2008-02-29'), Date.parse('2026-02-28T12:00-06:00'))).toBe('child')
    expect(majorityOf(of('2008-02-29'), Date.parse('2026-03-01T12:00-06:00'))).toBe('adult')
  })
})

test('dates agree where one day may be both', () => {
  for (const [a, b, agree] of [
    ['2018-03-14', '2018', true],
    ['2018-03-14', '2018-03', true],
    ['2018-03-14', '2018-04', false],
    ['2018-03-14', '2017', false],
    ['2018-03-14', '~8@2026-05-04', true],
    ['2018-03-14', '~13@2026-05-04', false],
    ['2018-03-14', 'unknown', true],
    ['2018-03-14', '2018-03-15', false],
  ] as const) {
    expect(datesAgree(of(a), of(b))).toBe(agree)
    expect(datesAgree(of(b), of(a))).toBe(agree)
  }
  expect(dayAndMonthSwapped(of('2018-03-04'), of('2018-04-03'))).toBe(true)
  expect(dayAndMonthSwapped(of('2018-03-04'), of('2018-03-04'))).toBe(false)
  expect(dayAndMonthSwapped(of('2018-03-14'), of('2018-03-15'))).toBe(false)
})

test('they sort by the first day they may be', () => {
  const sorted = ['unknown', '2018', '2017-12', '2018-03-14', '~30@2026-01-01']
    .map(of)
    .sort(comparePartialDates)
  expect(sorted.map(writePartialDate)).toEqual(['~30@2026-01-01', '2017-12', '2018', '2018-03-14', 'unknown'])
})

test('each is said in both languages, without what is not known', () => {
  expect(partialDateText(of('2018-03-14'))).toEqual({ es: '14/03/2018', en: '14/03/2018' })
  expect(partialDateText(of('2018-03')).es).toBe('marzo de 2018 (día no conocido)')
  expect(partialDateText(of('2018')).en).toBe('2018 (only the year is known)')
  expect(partialDateText(of('~9@2026-05-04')).es).toBe('unos 9 años de edad al 04/05/2026')
  expect(partialDateText(of('~0@2026-05-04')).es).toBe('menos de 1 año al 04/05/2026')
  expect(partialDateText(of('unknown')).es).toBe('no se conoce')
})

test('what cannot be is said: days to come, and years nobody alive was born in', () => {
  expect(partialDateFault(of('2026-05-05'), NOW)).toBe('future')
  expect(partialDateFault(of('2026-05-04'), NOW)).toBeUndefined()
  expect(partialDateFault(of('2026-05'), NOW)).toBeUndefined()
  expect(partialDateFault(of('2026-06'), NOW)).toBe('future')
  expect(partialDateFault(of('2027'), NOW)).toBe('future')
  expect(partialDateFault(of('0217'), NOW)).toBe('year')
  expect(partialDateFault(of('~9@2026-05-05'), NOW)).toBe('future')
  expect(partialDateFault(of('unknown'), NOW)).toBeUndefined()
})
