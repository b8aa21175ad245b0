import { expect, test } from 'vitest'
import { en } from '../words/en/index.ts'
import { es } from '../words/es/index.ts'
import { failureText } from '../words/format.ts'
import { failureOf, isTemporary, RequestError } from './failure.ts'

test("a refusal carries the server's own sentence in the person's language", () => {
  const failure = failureOf(
    new RequestError(403, {
      errcode: 'M_FORBIDDEN',
      'org.enlace.rule': 'institution_kinds',
      'org.enlace.contact': '@coordinacion.hn:hn',
      'org.enlace.message': { es: 'El canal no admite albergues.', en: 'The channel admits no shelters.' },
    }),
  )
  expect(failure).toMatchObject({
    kind: 'refused',
    rule: 'institution_kinds',
    contact: '@coordinacion.hn:hn',
  })
  expect(failureText(failure, 'es', es)).toBe('El canal no admite albergues.')
  expect(failureText(failure, 'en', en)).toBe('The channel admits no shelters.')
})

test('a refusal without words, or with strange ones, still has a sentence', () => {
  for (const data of [undefined, 'texto', { 'org.enlace.message': 'plano' }]) {
    expect(failureText(failureOf(new RequestError(403, data)), 'es', es)).toBe(es.failure.refused)
  }
})

test('what passes by itself is tried again; what somebody must change is not', () => {
  expect(isTemporary(failureOf(new TypeError('fetch failed')))).toBe(true)
  expect(isTemporary(failureOf(new RequestError(502, undefined)))).toBe(true)
  expect(isTemporary(failureOf(new RequestError(429, { retry_after_ms: 1 })))).toBe(true)
  expect(isTemporary(failureOf(new RequestError(403, {})))).toBe(false)
  expect(isTemporary(failureOf(new RequestError(413, {})))).toBe(false)
  expect(failureOf(new DOMException('', 'AbortError')).kind).toBe('cancelled')
})
