import { expect, test } from 'vitest'
import { failureOf, isTemporary, RequestError } from './failure.ts'

test("a refusal carries the server's own sentence, its rule and whom to ask", () => {
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
  expect(failure).toHaveProperty('message', {
    es: 'El canal no admite albergues.',
    en: 'The channel admits no shelters.',
  })
})

test('a refusal without words, or with strange ones, is a refusal all the same', () => {
  for (const data of [undefined, 'texto', { 'org.enlace.message': 'plano' }])
    expect(failureOf(new RequestError(403, data))).toEqual({ kind: 'refused' })
})

test("nonsense of a partner's server is no lost connection", () => {
  const message = { es: 'El servidor gt contestó mal.', en: 'The server gt answered badly.' }
  const data = { errcode: 'ORG.ENLACE.MALFORMED_ANSWER', 'org.enlace.message': message }
  const failure = failureOf(new RequestError(502, data))
  expect(failure).toEqual({ kind: 'refused', message })
  expect(isTemporary(failure)).toBe(false)
})

test('what is too large is told in our words, what is too many of something in the server’s', () => {
  expect(failureOf(new RequestError(413, { errcode: 'M_TOO_LARGE' }))).toEqual({ kind: 'too_large' })
  const message = { es: 'Diez navegadores a lo más.', en: 'Ten browsers at most.' }
  const data = { errcode: 'M_TOO_LARGE', 'org.enlace.message': message }
  expect(failureOf(new RequestError(413, data))).toEqual({ kind: 'refused', message })
})

test('what passes by itself is tried again; what somebody must change is not', () => {
  expect(isTemporary(failureOf(new TypeError('fetch failed')))).toBe(true)
  expect(isTemporary(failureOf(new RequestError(502, undefined)))).toBe(true)
  expect(isTemporary(failureOf(new RequestError(429, { retry_after_ms: 1 })))).toBe(true)
  expect(isTemporary(failureOf(new RequestError(403, {})))).toBe(false)
  expect(isTemporary(failureOf(new RequestError(413, {})))).toBe(false)
  expect(failureOf(new DOMException('', 'AbortError')).kind).toBe('cancelled')
})
