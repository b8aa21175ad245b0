import fc from 'fast-check'
import { expect, test } from 'vitest'
import { marked } from '../search/highlight.ts'
import { safeHref, segments } from './rich-text.ts'

test('addresses become links, without the full stop behind them', () => {
  expect(segments('Vea https://example.org/a?b=1.')).toEqual([
    { kind: 'text', text: 'Vea ' },
    { kind: 'link', text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
    { kind: 'text', text: '.' },
  ])
})

test('only web addresses are links, and none that hides its host', () => {
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'https://banco.hn@malo.example/', 'no es']) {
    expect(safeHref(bad)).toBeUndefined()
  }
})

test('names that were mentioned stand out', () => {
  expect(segments('Hola @Registro civil, RENAP: urge', ['Registro civil, RENAP'])).toContainEqual({
    kind: 'mention',
    text: '@Registro civil, RENAP',
  })
})

test('whatever was written is shown whole', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }), (text, names) => {
      const shown = segments(text, names).map((one) => one.text)
      expect(shown.join('')).toBe(text)
    }),
  )
})

test('search marks the hit whatever its accents, and cuts around it', () => {
  const text = `${'relleno '.repeat(40)}Niñez migrante ${'cola '.repeat(80)}`
  const pieces = marked(text, 'ninez')
  expect(pieces.find((one) => one.hit)?.text).toBe('Niñez')
  expect(pieces[0]?.text).toBe('…')
  expect(pieces.at(-1)?.text).toBe('…')
})
