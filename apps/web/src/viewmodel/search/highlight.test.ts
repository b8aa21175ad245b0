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
