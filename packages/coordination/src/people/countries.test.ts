import { expect, test } from 'vitest'
import { countryAnswerText, countryChoices, countryCodes, countryName, isCountryAnswer } from './countries.ts'

test('the list is whole: 249 codes, each once, each with a name in both languages', () => {
  expect(new Set(countryCodes).size).toBe(249)
  expect(countryCodes).toHaveLength(249)
  for (const code of countryCodes) {
    expect(code).toMatch(/^[A-Z]{2}$/)
    for (const text of Object.values(countryName(code))) expect(text).not.toBe(code)
  }
  for (const code of ['HT', 'VE', 'CU', 'EC', 'AO', 'CD', 'PS', 'TW', 'SS', 'BQ'])
    expect(countryCodes).toContain(code)
})

test('the corridor’s come first, none comes twice, the others are in the order of the reader’s alphabet', () => {
  for (const language of ['es', 'en'] as const)
    for (const of of ['country', 'nationality'] as const) {
      const { corridor, none, others } = countryChoices(of, language)
      expect(corridor).toEqual(['HN', 'GT', 'SV', 'NI', 'MX', 'US'])
      expect(none.includes('stateless')).toBe(of === 'nationality')
      expect(new Set([...corridor, ...others]).size).toBe(249)
      expect(corridor.length + others.length).toBe(249)
      for (const one of [...corridor, ...none, ...others]) expect(isCountryAnswer(of, one)).toBe(true)
    }
  const { others } = countryChoices('country', 'es')
  expect(others.indexOf('DE')).toBeLessThan(others.indexOf('AR'))
  expect(countryChoices('country', 'en').others.indexOf('DE')).toBeGreaterThan(
    countryChoices('country', 'en').others.indexOf('AR'),
  )
})

test('answers have words, those of older forms too', () => {
  expect(countryAnswerText('HT').es).toBe('Haití')
  expect(countryAnswerText('stateless').es).toMatch(/Apátrida/)
  expect(countryAnswerText('unknown').en).toBe('Not known')
  expect(countryAnswerText('other').es).toBe('Otro país')
  expect(countryAnswerText('XX').es).toBe('XX')
  expect(isCountryAnswer('country', 'stateless')).toBe(false)
  expect(isCountryAnswer('country', 'XX')).toBe(false)
  expect(isCountryAnswer('country', '')).toBe(false)
})
