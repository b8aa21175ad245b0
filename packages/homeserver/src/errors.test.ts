import { expect, test } from 'vitest'
import { limitExceeded, MatrixError, notFound, refusal } from './errors.ts'

test('a sentence in both languages is told in each; one for programs stays as it is; what was said beside it wins', () => {
  expect(notFound('No existe ese puesto. / There is no such position.').toJSON()).toEqual({
    errcode: 'M_NOT_FOUND',
    error: 'No existe ese puesto. / There is no such position.',
    'org.enlace.message': { es: 'No existe ese puesto.', en: 'There is no such position.' },
  })
  expect(notFound('There is no such filter.').toJSON()).toEqual({
    errcode: 'M_NOT_FOUND',
    error: 'There is no such filter.',
  })
  const message = { es: 'Signos . _ = - / +', en: 'Signs . _ = - / +' }
  expect(refusal(400, 'M_INVALID_USERNAME', message).toJSON()).toMatchObject({
    'org.enlace.message': message,
  })
  expect(new MatrixError(400, 'X', 'a / b', { 'org.enlace.message': message }).extra).toEqual({
    'org.enlace.message': message,
  })
  expect(limitExceeded(5).extra).toMatchObject({
    retry_after_ms: 5,
    'org.enlace.message': { es: expect.stringContaining('Espere'), en: expect.stringContaining('Wait') },
  })
})
