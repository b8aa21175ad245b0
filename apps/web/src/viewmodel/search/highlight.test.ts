import { expect, test } from 'vitest'
import { marked } from './highlight.ts'

test('search marks the hit whatever its accents, and cuts around it', () => {
  const text = `${'relleno '.repeat(40)}Niñez migrante ${'cola '.repeat(80)}`
  const pieces = marked(text, 'ninez')
  expect(pieces.find((one) => one.hit)?.text).toBe('Niñez')
  expect(pieces[0]?.text).toBe('…')
  expect(pieces.at(-1)?.text).toBe('…')
})

test('a short text is shown whole, without marks of a cut', () => {
  expect(marked('Juzgado de la Niñez', 'ninez')).toEqual([
    { text: 'Juzgado de la ', hit: false },
    { text: 'Niñez', hit: true },
  ])
})

test('search marks a number however it was written', () => {
  const hit = (text: string, query: string) =>
    marked(text, query)
      .filter((one) => one.hit)
      .map((one) => one.text)
  expect(hit('DNI 0801-1990-12345, Omoa', '0801199012345')).toEqual(['0801-1990-12345'])
  expect(hit('llame al 99887766 hoy', '+504 9988-7766')).toEqual(['99887766'])
  expect(hit("habla q'eqchi' y español", 'qʼeqchiʼ')).toEqual(["q'eqchi'"])
})
