import { expect, test } from 'vitest'
import { z } from 'zod'
import { faultsIn, halvesOf, inBoth } from './both-languages.ts'

test('a line has its halves, also one that came without being made here; one in one language has none', () => {
  expect(halvesOf(inBoth('uno / otro', 'one / other'))).toEqual({ es: 'uno / otro', en: 'one / other' })
  expect(halvesOf('debe ser así / must be so')).toEqual({ es: 'debe ser así', en: 'must be so' })
  for (const line of ['must be so', 'a / b / c', ' / ', '']) expect(halvesOf(line)).toBeUndefined()
})

test('all that a schema has against something is said in each language, with its place', () => {
  const schema = z.strictObject({
    key: z.string().regex(/^a/, inBoth('debe empezar con a', 'must begin with a')),
    n: z.int(),
  })
  const { es, en } = faultsIn(schema, { key: 'b', n: 'x', more: 1 })
  expect(es).toContain('key: debe empezar con a; n: ')
  expect(en).toContain('key: must begin with a; n: ')
  expect(es).not.toMatch(/must|Invalid|Unrecognized/)
  expect(en).not.toMatch(/debe|inválid|desconocid/i)
  expect(es).toContain('more: esta clave no se conoce')
  expect(en).toContain('more: this key is not known')
  expect(faultsIn(schema, 'x').es).toMatch(/^el archivo: /)
  expect(faultsIn(schema, { key: 'a', n: 1 })).toEqual({ es: '', en: '' })
})
