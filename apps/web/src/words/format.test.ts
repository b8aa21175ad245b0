import { describe, expect, test } from 'vitest'
import { failureOf, RequestError } from '../lib/failure.ts'
import { en } from './en/index.ts'
import { es } from './es/index.ts'
import { brief, day, dayWithin, decimal, failureText, moment, month } from './format.ts'

describe('the sentence of a failure', () => {
  test("is the server's own, in the person's language", () => {
    const failure = failureOf(
      new RequestError(403, {
        errcode: 'M_FORBIDDEN',
        'org.enlace.message': { es: 'El canal no admite albergues.', en: 'The channel admits no shelters.' },
      }),
    )
    expect(failureText(failure, 'es', es)).toBe('El canal no admite albergues.')
    expect(failureText(failure, 'en', en)).toBe('The channel admits no shelters.')
  })

  test('is there when the server gave none, or strange ones', () => {
    for (const data of [undefined, 'texto', { 'org.enlace.message': 'plano' }])
      expect(failureText(failureOf(new RequestError(403, data)), 'es', es)).toBe(es.failure.refused)
  })

  test('says how long to wait', () => {
    const failure = failureOf(new RequestError(429, { retry_after_ms: 7_000 }))
    expect(failureText(failure, 'es', es)).toContain('7')
  })
})

describe('times', () => {
  test('days by name near now, by date before', () => {
    const now = new Date(2026, 4, 4, 9).getTime()
    const ago = (days: number) => now - days * 86_400_000
    expect(day(ago(0), 'es', es, now)).toBe('Hoy')
    expect(day(ago(1), 'es', es, now)).toBe('Ayer')
    expect(day(ago(3), 'es', es, now)).toContain('mayo')
    expect([0, 1].map((days) => dayWithin(ago(days), 'es', es, now))).toEqual(['hoy', 'ayer'])
    expect(dayWithin(ago(1), 'en', en, now)).toBe('yesterday')
    expect(dayWithin(ago(3), 'en', en, now)).toBe(day(ago(3), 'en', en, now))
    expect(brief(ago(400), 'es', es, now)).toMatch(/\d{2}\/\d{2}\/\d{2}/)
  })

  test('months and numbers are written as the language writes them', () => {
    expect(month('2026-03', 'es')).toBe('marzo de 2026')
    expect(month('2026-03', 'en')).toBe('March 2026')
    expect([decimal(2.25, 'en'), decimal(1, 'es')]).toEqual(['2.3', '1'])
  })

  test('deadlines are told in the time of the border, whatever the device is set to', () => {
    expect(moment(Date.UTC(2026, 0, 16, 3, 30), 'es')).toMatch(/15 .*2026.* 21:30/)
    expect(moment(Date.UTC(2026, 0, 16, 3, 30), 'en')).toMatch(/15 .*2026.* 21:30/)
  })
})

test('what is still to come is not said by the name of a day that was, and midnight is 00', () => {
  const now = new Date(2026, 2, 2, 23, 0).getTime()
  const inDays = (days: number) => now + days * 86_400_000
  for (const days of [2, 5, 40]) expect(brief(inDays(days), 'es', es, now)).toMatch(/^\d{2}\/\d{2}\/\d{2}$/)
  for (const language of ['es', 'en'] as const)
    expect(brief(new Date(2026, 2, 2, 0, 5).getTime(), language, es, now)).toBe('00:05')
})
